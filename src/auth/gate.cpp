#include "auth/gate.hpp"

#include "auth/access_control.hpp"
#include "base/hash.hpp"

namespace reelvault::auth {
namespace {

constexpr std::size_t kShards = 16;
constexpr std::size_t kTokensPerShard = 1024;
constexpr std::chrono::minutes kUsageNoted{30};

const std::shared_ptr<const Principal>& anonymous() {
  static const auto principal = std::make_shared<const Principal>();
  return principal;
}

const std::shared_ptr<const Principal>& worker() {
  static const auto principal = [] {
    auto made = std::make_shared<Principal>();
    made->kind = Principal::Kind::worker;
    made->username = "worker";
    return std::shared_ptr<const Principal>(std::move(made));
  }();
  return principal;
}

bool unsafe(http::Method method) {
  return method != http::Method::get && method != http::Method::head && method != http::Method::options;
}

}  // namespace

// A token that was verified, and what the directory made of it at `version`.
struct AccountGate::Known {
  Identity identity;
  TokenVerifier* verifier = nullptr;
  std::uint64_t version = 0;
  std::shared_ptr<const Principal> principal;
  mutable std::atomic<std::int64_t> noted_ms{0};  // when the use of this API key was last noted
};

struct AccountGate::TokenHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view token) const { return std::hash<std::string_view>()(token); }
};

struct AccountGate::Shard {
  std::shared_mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<const Known>, TokenHash, std::equal_to<>> tokens;
};

AccountGate::AccountGate(const Directory& directory, const AccessControl& access, const Csrf& csrf, KeyUsage& usage,
                         std::vector<TokenVerifier*> verifiers, GateOptions options)
    : directory_(directory),
      access_(access),
      csrf_(csrf),
      usage_(usage),
      verifiers_(std::move(verifiers)),
      options_(std::move(options)),
      waiting_verifiers_(std::ranges::any_of(verifiers_, [](TokenVerifier* v) { return v->may_wait(); })),
      shards_(std::make_unique<Shard[]>(kShards)) {}

AccountGate::~AccountGate() = default;

Result<std::shared_ptr<const AccountGate::Known>> AccountGate::verify(std::string_view token) {
  auto verifier = std::ranges::find_if(verifiers_, [&](TokenVerifier* v) { return v->recognises(token); });
  if (verifier == verifiers_.end()) return fail_bad_token("of no known kind");
  auto fresh = std::make_shared<Known>();
  fresh->verifier = *verifier;
  fresh->version = directory_.version();  // before anything is read, so that a change meanwhile is noticed
  RV_TRY(fresh->identity, (*verifier)->verify(token));
  fresh->principal = directory_.principal(fresh->identity);
  if (!fresh->principal && options_.catch_up && options_.catch_up())
    fresh->principal = directory_.principal(fresh->identity);
  if (!fresh->principal) return fail_bad_token("its user or session has ended");
  return fresh;
}

std::shared_ptr<const AccountGate::Known> AccountGate::seen(std::string_view token) const {
  Shard& shard = shards_[TokenHash()(token) % kShards];
  std::shared_lock lock(shard.mutex);
  auto entry = shard.tokens.find(token);
  return entry == shard.tokens.end() ? nullptr : entry->second;
}

bool AccountGate::may_wait(const http::Request& request) const {
  if (!waiting_verifiers_) return false;
  Shown shown = shown_token(request);
  if (shown.token.empty() || seen(shown.token)) return false;
  auto verifier = std::ranges::find_if(verifiers_, [&](TokenVerifier* v) { return v->recognises(shown.token); });
  return verifier != verifiers_.end() && (*verifier)->may_wait();
}

Result<std::shared_ptr<const AccountGate::Known>> AccountGate::known(std::string_view token) {
  Shard& shard = shards_[TokenHash()(token) % kShards];
  std::shared_ptr<const Known> found = seen(token);
  std::uint64_t version = directory_.version();
  if (found && found->identity.expires_at && *found->identity.expires_at <= now()) {
    std::unique_lock lock(shard.mutex);
    if (auto entry = shard.tokens.find(token); entry != shard.tokens.end()) shard.tokens.erase(entry);
    return fail_expired_token();
  }
  if (found && found->version == version) return found;

  std::shared_ptr<const Known> fresh;
  if (found && !found->verifier->rests_on_database()) {
    // The signature is as good as it was; who the user is may have changed.
    auto again = std::make_shared<Known>();
    again->identity = found->identity;
    again->verifier = found->verifier;
    again->version = version;
    again->principal = directory_.principal(again->identity);
    if (!again->principal) return fail_bad_token("its user or session has ended");
    fresh = std::move(again);
  } else {
    RV_TRY(fresh, verify(token));
  }
  std::unique_lock lock(shard.mutex);
  if (shard.tokens.size() >= kTokensPerShard && !shard.tokens.contains(token)) shard.tokens.clear();
  shard.tokens.insert_or_assign(std::string(token), fresh);
  return fresh;
}

Result<std::shared_ptr<const Principal>> AccountGate::identify(const http::Request& request) {
  Shown shown = shown_token(request);
  switch (shown.kind) {
    case Shown::Kind::nothing: return fail(Code::unauthenticated, "", "This needs an access token or an API key.");
    case Shown::Kind::foreign: return fail(Code::unauthenticated, "", "Authorization must be a bearer token.");
    case Shown::Kind::bearer:
    case Shown::Kind::cookie: break;
  }
  RV_TRY(auto found, known(shown.token));
  if (shown.kind == Shown::Kind::cookie) {
    // A cookie holds an access token and nothing else; what a browser sends of itself must be meant by the app.
    if (!found->identity.session) return fail_bad_token("a cookie that is not a session's");
    if (unsafe(request.method) && !csrf_.claim(request).fits(*found->identity.session))
      return fail(Code::forbidden, "csrf-token", "A request with a session cookie needs its X-CSRF-Token.");
  }
  if (found->identity.api_key_row != 0) {
    Timestamp at = now();
    std::int64_t noted = found->noted_ms.load(std::memory_order_relaxed);
    bool due = unix_ms(at) - noted >= std::chrono::milliseconds(kUsageNoted).count();
    if (due && found->noted_ms.compare_exchange_strong(noted, unix_ms(at)))
      usage_.note(found->identity.api_key_row, at);
  }
  return found->principal;
}

Result<std::shared_ptr<const Principal>> AccountGate::authenticate(const http::Request& request,
                                                                   const http::Access& access) {
  using Who = http::Access::Who;
  if (access.who == Who::worker) {
    if (options_.local_socket) return worker();
    Shown shown = shown_token(request);
    if (!options_.worker_token.empty() && shown.kind == Shown::Kind::bearer &&
        equal_in_constant_time(shown.token, options_.worker_token))
      return worker();
    return fail(Code::unauthenticated, "", "This needs the worker token.");
  }
  auto found = identify(request);
  // Media routes are everyone's, yet a key that may not read is as nobody there.
  if (access.media) return found && scope_allows(**found, access.scope) ? *found : anonymous();
  if (access.who == Who::everyone) return found ? *found : anonymous();
  if (!found) return std::unexpected(std::move(found).error());
  const Principal& principal = **found;
  if (access.who == Who::admin && principal.role != Role::admin)
    return fail(Code::forbidden, "role-missing", "This is for administrators.");
  if (access.who == Who::editor && principal.role == Role::viewer)
    return fail(Code::forbidden, "role-missing", "This is for editors and administrators.");
  if (!scope_allows(principal, access.scope))
    return fail(Code::forbidden, "scope-missing", fmt::format("The API key lacks the scope \"{}\".", access.scope));
  return found;
}

std::function<bool()> AccountGate::standing(const http::Request& request) {
  const Shown shown = shown_token(request);
  if (shown.token.empty()) return {};
  auto first = known(shown.token);
  if (!first) return {};
  return [this, token = std::string(shown.token), found = std::move(*first), version = std::uint64_t{0}]() mutable {
    const std::uint64_t current = directory_.version();
    if (current == version) return true;
    if (found->verifier->rests_on_database()) {
      if (auto again = known(token); !again && again.error().code == Code::unauthenticated) return false;
    } else if (!directory_.principal(found->identity)) {
      return false;
    }
    version = current;
    return true;
  };
}

Result<void> AccountGate::authorize(const Principal& principal, const http::Access& access, const Uuid& resource) {
  if (access.media || !access.permission) return {};
  return access_.require(principal, *access.permission, resource);
}

}  // namespace reelvault::auth
