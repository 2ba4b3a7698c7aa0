#include "auth/accounts.hpp"

#include "auth/account_routes.hpp"
#include "auth/admin_routes.hpp"
#include "auth/oidc_routes.hpp"
#include "auth/oidc_tokens.hpp"
#include "auth/session_repository.hpp"
#include "base/log.hpp"

namespace reelvault::auth {
namespace {

constexpr std::int64_t kRowsAtOnce = 200;
constexpr int kRounds = 100;

}  // namespace

struct Accounts::Oidc {
  Oidc(OidcSettings settings, db::Database& database, Directory& directory, SessionService& sessions, KeyRing& keys)
      : issuer(std::move(settings)),
        accounts(database, directory, issuer.settings()),
        tokens(issuer, accounts),
        sign_in(issuer, accounts, sessions, keys) {}

  OidcIssuer issuer;
  OidcAccounts accounts;
  OidcTokens tokens;
  OidcSignIn sign_in;
};

Accounts::Accounts(const Config& config, db::Database& database, ResourceTree& tree, std::vector<KeyPurpose> purposes,
                   PasswordCost cost)
    : database_(database),
      keys_(database, std::move(purposes)),
      access_tokens_(keys_, config.seconds("auth.access_token_s")),
      api_keys_(database),
      csrf_(keys_),
      access_(directory_, tree, [this] { return directory_.catch_up(database_); }),
      passwords_(cost),
      limiter_(database, config.integer("auth.login_attempts")),
      idempotency_(database),
      sessions_(database, directory_, access_tokens_, passwords_, limiter_, config.seconds("auth.refresh_token_s")),
      users_(database, directory_, passwords_),
      groups_(database, directory_),
      api_key_service_(database, directory_),
      grants_(database, directory_, tree, access_) {}

Accounts::~Accounts() {
  if (auto written = key_usage_.flush(database_); !written)
    log::warning("the use of API keys was not written", {{"detail", written.error().detail}});
}

Result<std::unique_ptr<Accounts>> Accounts::open(const Config& config, db::Database& database, ResourceTree& tree,
                                                 std::vector<KeyPurpose> purposes, PasswordCost cost) {
  std::unique_ptr<Accounts> accounts(new Accounts(config, database, tree, std::move(purposes), cost));
  RV_CHECK(accounts->keys_.open());
  RV_CHECK(accounts->directory_.load(database));
  RV_TRY(auto oidc, OidcSettings::from(config));
  if (oidc)
    accounts->oidc_ =
        std::make_unique<Oidc>(std::move(*oidc), database, accounts->directory_, accounts->sessions_, accounts->keys_);
  return accounts;
}

std::unique_ptr<AccountGate> Accounts::gate(GateOptions options) {
  options.catch_up = [this] { return directory_.catch_up(database_); };
  std::vector<TokenVerifier*> verifiers{&api_keys_};
  // Before our own, which take every token in three parts for theirs.
  if (oidc_) verifiers.push_back(&oidc_->tokens);
  verifiers.push_back(&access_tokens_);
  return std::make_unique<AccountGate>(directory_, access_, csrf_, key_usage_, std::move(verifiers),
                                       std::move(options));
}

std::shared_ptr<const Principal> Accounts::principal_of(const Uuid& user, const std::optional<Uuid>& session) const {
  return directory_.principal({.user = user, .session = session});
}

std::shared_ptr<const Principal> Accounts::principal_of_key(const Uuid& key) {
  const std::uint64_t version = directory_.version();
  auto known = keys_now_.find(key, version);
  if (!known) {
    auto stored = api_keys_.stored(key);
    if (!stored || !*stored) return nullptr;
    known = std::make_shared<const Identity>(std::move(**stored));
    keys_now_.put(key, version, known);
  }
  if (known->expires_at && *known->expires_at <= now()) return nullptr;
  return directory_.principal(*known);
}

std::optional<Uuid> Accounts::shown_key(const http::Request& request) {
  auto id = api_keys_.id_of(shown_token(request).token);
  return id ? *id : std::nullopt;
}

std::optional<Uuid> Accounts::shown_session(const http::Request& request) {
  return access_tokens_.session_of(shown_token(request).token);
}

void Accounts::add_routes(http::RouteTable& table) {
  add_account_routes(table, sessions_, users_, access_tokens_, csrf_);
  bool signs_in = oidc_ && !oidc_->issuer.settings().client_id.empty();
  add_oidc_routes(table, signs_in ? &oidc_->sign_in : nullptr, sessions_, csrf_);
  add_user_routes(table, users_);
  add_group_routes(table, groups_);
  add_api_key_routes(table, api_key_service_);
  add_grant_routes(table, grants_);
}

Result<void> Accounts::maintain(Timestamp at) {
  RV_CHECK(keys_.maintain(at));
  RV_CHECK(key_usage_.flush(database_));
  directory_.forget_ended_sessions(at - kEndedSessionsKept);
  for (int round = 0; round < kRounds; ++round) {
    RV_TRY(std::int64_t removed, database_.write([&](db::Transaction& tx) -> Result<std::int64_t> {
      LoginLimiter::prune(tx, at);
      return sessions::prune(tx, at, kRowsAtOnce) + Idempotency::prune(tx, at, kRowsAtOnce);
    }));
    if (removed == 0) break;
  }
  return {};
}

}  // namespace reelvault::auth
