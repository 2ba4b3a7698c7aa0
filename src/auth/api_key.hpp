// API keys: "rv_" + a prefix by which a key is found + a secret of 256 bits. Shown once; the database has a SHA-256,
// which is enough for a secret that nobody can guess.
#pragma once
#include "auth/token.hpp"

namespace reelvault::auth {

inline constexpr std::string_view kApiKeyStart = "rv_";
inline constexpr std::size_t kApiKeyPrefix = 12;  // characters of the part that is not secret

struct NewApiKey {
  std::string text;  // for the client, once
  std::string prefix;
  std::string hash;  // SHA-256, raw
};
NewApiKey make_api_key();

// When keys were last used, gathered in memory and written now and then, since a request must not wait for a write.
class KeyUsage {
 public:
  void note(std::int64_t key_row, Timestamp at);  // any thread
  Result<void> flush(db::Database& database);

 private:
  std::mutex mutex_;
  std::unordered_map<std::int64_t, Timestamp> used_;
};

class ApiKeys : public TokenVerifier {
 public:
  explicit ApiKeys(db::Database& database) : database_(database) {}
  bool recognises(std::string_view token) const override;
  Result<Identity> verify(std::string_view token) override;
  bool rests_on_database() const override { return true; }
  // The id of the key that a verified token is of; nothing for another token.
  Result<std::optional<Uuid>> id_of(std::string_view token);
  // What a key says now, for who was given something in its name; nothing when it is gone.
  Result<std::optional<Identity>> stored(const Uuid& id);

 private:
  db::Database& database_;
};

std::set<std::string> split_scopes(std::string_view stored);
std::string join_scopes(const std::vector<std::string>& scopes);

}  // namespace reelvault::auth
