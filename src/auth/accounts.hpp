// The room as one thing, for the composition root: made once, in the right order.
#pragma once
#include "auth/access_control.hpp"
#include "auth/access_token.hpp"
#include "auth/api_key.hpp"
#include "auth/api_key_service.hpp"
#include "auth/cookies.hpp"
#include "auth/gate.hpp"
#include "auth/grant_service.hpp"
#include "auth/group_service.hpp"
#include "auth/idempotency.hpp"
#include "auth/keyring.hpp"
#include "auth/login_limiter.hpp"
#include "auth/password.hpp"
#include "auth/session_service.hpp"
#include "auth/user_commands.hpp"
#include "auth/user_service.hpp"
#include "base/config.hpp"
#include "db/epoch_cache.hpp"
#include "http/route.hpp"

namespace reelvault::auth {

class Accounts {
 public:
  // `database` and `tree` must outlive it. `purposes`: keys of other rooms.
  static Result<std::unique_ptr<Accounts>> open(const Config& config, db::Database& database, ResourceTree& tree,
                                                std::vector<KeyPurpose> purposes, PasswordCost cost = {});
  ~Accounts();  // writes what is gathered

  // See user_commands.hpp.
  Result<std::optional<std::string>> ensure_first_admin(const Config& config, std::optional<FirstPassword> ahead = {}) {
    return auth::ensure_first_admin(database_, directory_, passwords_, config, std::move(ahead));
  }
  std::unique_ptr<AccountGate> gate(GateOptions options);
  const AccessControl& access() const { return access_; }
  const GrantedAccess& granted_access() const { return access_; }
  const Passwords& passwords() const { return passwords_; }
  KeyRing& keys() { return keys_; }
  http::IdempotencyStore& idempotency() { return idempotency_; }
  Directory& directory() { return directory_; }
  // The user as they are now; null when gone or disabled, or when the session that is asked about has ended.
  std::shared_ptr<const Principal> principal_of(const Uuid& user, const std::optional<Uuid>& session = {}) const;
  // Likewise who acts with this API key, held to its scopes; null when it has expired, too.
  std::shared_ptr<const Principal> principal_of_key(const Uuid& key);
  // The API key that it is made with; the session of its access token, if that is a good one.
  std::optional<Uuid> shown_key(const http::Request& request);
  std::optional<Uuid> shown_session(const http::Request& request);
  void add_routes(http::RouteTable& table);
  // Keys that are due, and what is out of date. Called every few minutes.
  Result<void> maintain(Timestamp at);
  // Other nodes' changes of accounts; called every second or so. Cheap when nothing is new.
  Result<void> refresh() { return directory_.refresh(database_); }

 private:
  Accounts(const Config& config, db::Database& database, ResourceTree& tree, std::vector<KeyPurpose> purposes,
           PasswordCost cost);

  db::Database& database_;
  Directory directory_;
  KeyRing keys_;
  AccessTokens access_tokens_;
  ApiKeys api_keys_;
  db::EpochCache<Uuid, Identity> keys_now_{1024};  // by the directory's version
  KeyUsage key_usage_;
  Csrf csrf_;
  GrantedAccess access_;
  Passwords passwords_;
  LoginLimiter limiter_;
  Idempotency idempotency_;
  SessionService sessions_;
  UserService users_;
  GroupService groups_;
  ApiKeyService api_key_service_;
  GrantService grants_;
  struct Oidc;  // where an issuer is configured
  std::unique_ptr<Oidc> oidc_;
};

}  // namespace reelvault::auth
