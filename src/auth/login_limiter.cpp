#include "auth/login_limiter.hpp"

#include "base/hash.hpp"

#include <arpa/inet.h>

namespace reelvault::auth {
namespace {

constexpr std::chrono::minutes kWindow{15};

std::string hashed(std::string_view kind, std::string_view what) {
  std::string text = std::string(kind) + ":" + std::string(what);
  auto sum = sha256(bytes_of(text));
  return std::string(reinterpret_cast<const char*>(sum.data()), sum.size());
}

std::string network_of(std::string_view address) {
  std::string text(address.substr(0, address.find('%')));  // without an IPv6 zone
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  const auto* raw = reinterpret_cast<const char*>(&six);
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    char four[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, raw + 12, four, sizeof four);
    return four;
  }
  return hex(std::string_view(raw, 8));
}

}  // namespace

LoginLimiter::Subjects LoginLimiter::subjects(std::string_view username_key, std::string_view remote_address) {
  return {.account = hashed("account", username_key),
          .address = remote_address.empty() ? std::string() : hashed("address", network_of(remote_address))};
}

Result<void> LoginLimiter::check(const Subjects& subjects, Timestamp at) {
  auto full_since = database_.read([&](db::Transaction& tx) -> Result<std::optional<Timestamp>> {
    std::optional<Timestamp> latest;
    for (const std::string* subject : {&subjects.account, &subjects.address}) {
      auto started = tx.value<Timestamp>(
          "select window_started_at from login_attempt where subject = :subject"
          " and failures >= :limit and window_started_at > :stale",
          {{"subject", db::Blob{*subject}}, {"limit", limit_}, {"stale", at - kWindow}});
      if (started && (!latest || *started > *latest)) latest = started;
    }
    return latest;
  });
  if (!full_since) return std::unexpected(std::move(full_since).error());
  if (!*full_since) return {};
  Error error{Code::too_many, "too-many-attempts", "Too many wrong passwords; try again later.", {}, {}, {}, 0, {}};
  auto wait = std::chrono::ceil<std::chrono::seconds>(**full_since + kWindow - at);
  error.retry_after_seconds = static_cast<int>(std::max<std::int64_t>(1, wait.count()));
  return fail(std::move(error));
}

Result<void> LoginLimiter::failed(const Subjects& subjects, Timestamp at) {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    // The account's row first, always, so that two attempts never wait for each other.
    for (const std::string* subject : {&subjects.account, &subjects.address}) {
      if (subject->empty()) continue;
      tx.execute(
          "insert into login_attempt (subject, failures, window_started_at) values (:subject, 1, :at)"
          " on conflict (subject) do update set"
          " failures = case when login_attempt.window_started_at > :stale then login_attempt.failures + 1 else 1 end,"
          " window_started_at = case when login_attempt.window_started_at > :stale"
          " then login_attempt.window_started_at else :at end",
          {{"subject", db::Blob{*subject}}, {"at", at}, {"stale", at - kWindow}});
    }
    return {};
  });
}

void LoginLimiter::succeeded(db::Transaction& tx, const Subjects& subjects) {
  tx.execute("delete from login_attempt where subject = :subject", {{"subject", db::Blob{subjects.account}}});
}

void LoginLimiter::prune(db::Transaction& tx, Timestamp at) {
  tx.execute("delete from login_attempt where window_started_at <= :stale", {{"stale", at - kWindow}});
}

}  // namespace reelvault::auth
