// The only SQL about who is who at an issuer, and who is in a group because the issuer says so.
#pragma once
#include "auth/user_repository.hpp"

namespace reelvault::auth::identities {

struct Identified {
  User user;
  std::optional<Timestamp> claims_at;  // of the newest token whose groups and role were taken over
};
std::optional<Identified> find(db::Transaction& tx, std::string_view issuer, std::string_view subject);
void set_claims_at(db::Transaction& tx, std::string_view issuer, std::string_view subject, Timestamp at);
// False where that subject is somebody already.
bool link(db::Transaction& tx, std::string_view issuer, std::string_view subject, std::int64_t user_row, Timestamp at);
// The one user of that address whom nobody of this issuer is yet; nothing where several have it.
std::optional<User> unlinked_by_email(db::Transaction& tx, std::string_view issuer, std::string_view email);

struct Membership {
  std::int64_t group_row = 0;
  bool from_issuer = false;
};
std::vector<Membership> memberships(db::Transaction& tx, std::int64_t user_row);
// Rows of the groups that have these names.
std::vector<std::int64_t> groups_named(db::Transaction& tx, const std::vector<std::string>& names);
void add_membership(db::Transaction& tx, std::int64_t group_row, std::int64_t user_row, Timestamp at);

}  // namespace reelvault::auth::identities
