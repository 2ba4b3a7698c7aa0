// The user whom a verified token of an issuer speaks of: found by issuer and subject, made at first sight, and kept in
// step with what the token says of groups and role. A name or an e-mail address alone never makes somebody a user who
// is there already, unless the configuration says that verified addresses do.
#pragma once
#include "auth/directory.hpp"
#include "auth/oidc_issuer.hpp"
#include "auth/user_repository.hpp"

namespace reelvault::auth {

class OidcAccounts {
 public:
  OidcAccounts(db::Database& database, Directory& directory, const OidcSettings& settings)
      : database_(database), directory_(directory), settings_(settings) {}

  // unauthenticated for a disabled user. One read where nothing is new, else one transaction.
  Result<User> user_of(const OidcClaims& claims);

 private:
  struct Said;
  Said said(const OidcClaims& claims) const;
  Result<User> bring_in_step(db::Transaction& tx, const Said& said, Timestamp at, bool& last_admin);
  Result<User> find_or_make(db::Transaction& tx, const Said& said, Timestamp at);
  void set_groups(db::Transaction& tx, const User& user, const Said& said, Timestamp at, Changes& changes);

  db::Database& database_;
  Directory& directory_;
  const OidcSettings& settings_;
};

}  // namespace reelvault::auth
