#include "auth/api_key.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

std::string sha256_of(std::string_view text) {
  auto sum = sha256(bytes_of(text));
  return std::string(reinterpret_cast<const char*>(sum.data()), sum.size());
}

// Letters and digits alone, so that a double click selects a whole key.
std::string random_letters(std::size_t count) {
  static constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out;
  while (out.size() < count) {
    for (char byte : random_bytes(count)) {
      auto value = static_cast<unsigned char>(byte);
      if (value < 4 * letters.size() && out.size() < count) out += letters[value % letters.size()];
    }
  }
  return out;
}

// Of the key's row, the user's id, scopes and expiry.
Identity identity_of(const db::Row& row) {
  auto scopes = row.get<std::optional<std::string>>(2);
  return {.user = row.get<Uuid>(1),
          .api_key_row = row.get<std::int64_t>(0),
          .expires_at = row.get<std::optional<Timestamp>>(3),
          .limited = scopes.has_value(),
          .scopes = split_scopes(scopes.value_or(""))};
}

constexpr std::size_t kSecret = 43;  // 256 bits
constexpr std::size_t kLength = kApiKeyStart.size() + kApiKeyPrefix + 1 + kSecret;

}  // namespace

NewApiKey make_api_key() {
  NewApiKey key;
  key.prefix = random_letters(kApiKeyPrefix);
  key.text = std::string(kApiKeyStart) + key.prefix + "_" + random_letters(kSecret);
  key.hash = sha256_of(key.text);
  return key;
}

void KeyUsage::note(std::int64_t key_row, Timestamp at) {
  std::unique_lock lock(mutex_);
  used_[key_row] = at;
}

Result<void> KeyUsage::flush(db::Database& database) {
  std::unordered_map<std::int64_t, Timestamp> used;
  {
    std::unique_lock lock(mutex_);
    used.swap(used_);
  }
  for (const auto& [row, at] : used) {
    RV_CHECK(database.write([&](db::Transaction& tx) -> Result<void> {
      tx.execute("update api_key set last_used_at = :at where id = :id", {{"id", row}, {"at", at}});
      return {};
    }));
  }
  return {};
}

bool ApiKeys::recognises(std::string_view token) const { return token.starts_with(kApiKeyStart); }

Result<std::optional<Uuid>> ApiKeys::id_of(std::string_view token) {
  if (!recognises(token) || token.size() != kLength) return std::optional<Uuid>{};
  const std::string_view prefix = token.substr(kApiKeyStart.size(), kApiKeyPrefix);
  return database_.read([&](db::Transaction& tx) -> Result<std::optional<Uuid>> {
    return tx.value<Uuid>("select uid from api_key where prefix = :prefix", {{"prefix", prefix}});
  });
}

Result<std::optional<Identity>> ApiKeys::stored(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<std::optional<Identity>> {
    return tx.one(
        "select k.id, u.uid, k.scopes, k.expires_at from api_key k join user_account u on u.id = k.user_id"
        " where k.uid = :id",
        {{"id", id}}, identity_of);
  });
}

Result<Identity> ApiKeys::verify(std::string_view token) {
  if (token.size() != kLength) return fail_bad_token("not an API key");
  std::string_view prefix = token.substr(kApiKeyStart.size(), kApiKeyPrefix);
  std::string hash = sha256_of(token);
  struct Found {
    Identity identity;
    std::string hash;
  };
  auto found = database_.read([&](db::Transaction& tx) -> Result<std::optional<Found>> {
    if (!valid_utf8(prefix) || prefix.contains('\0')) return std::nullopt;
    return tx.one(
        "select k.id, u.uid, k.scopes, k.expires_at, k.secret_hash"
        " from api_key k join user_account u on u.id = k.user_id where k.prefix = :prefix",
        {{"prefix", prefix}}, [](const db::Row& row) { return Found{identity_of(row), row.get<db::Blob>(4).bytes}; });
  });
  if (!found) return std::unexpected(std::move(found).error());
  if (!*found || !equal_in_constant_time((*found)->hash, hash)) return fail_bad_token("no such API key");
  if ((*found)->identity.expires_at && *(*found)->identity.expires_at <= now()) return fail_expired_token();
  return std::move((*found)->identity);
}

std::set<std::string> split_scopes(std::string_view stored) {
  std::set<std::string> out;
  for (std::string_view scope : split(stored, ','))
    if (!scope.empty()) out.emplace(scope);
  return out;
}

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string out;
  for (const std::string& scope : std::set<std::string>(scopes.begin(), scopes.end()))
    out += (out.empty() ? "" : ",") + scope;
  return out;
}

}  // namespace reelvault::auth
