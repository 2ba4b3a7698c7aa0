// The keys that sign access tokens, session cookies' CSRF tokens, links and streaming cookies. They live in the
// database, since every node must verify what another signed, and are made when first needed. Each is for one purpose
// and one algorithm. A newer key takes over after `rotate_after`; the retired one still verifies for `overlap`, which
// must exceed the life of whatever it signed. Thread-safe; current() costs a lock, find() the database only for an id
// that this node has not heard of (at most once a second), so neither may be called inside a transaction's closure.
#pragma once
#include "base/time.hpp"
#include "db/database.hpp"

#include <future>
#include <memory>
#include <mutex>
#include <shared_mutex>

namespace reelvault::auth {

enum class KeyKind { ed25519, rsa_2048, hmac_256 };

struct SigningKey {
  std::string id;  // "kid"
  KeyKind kind;
  std::string secret;  // PKCS #8 DER, or 32 raw bytes of an HMAC key
  Timestamp created_at;
  std::optional<Timestamp> retired_at;
};

struct KeyPurpose {
  std::string name;
  KeyKind kind;
  std::chrono::seconds rotate_after = std::chrono::days(90);
  std::chrono::seconds overlap = std::chrono::days(8);
};
inline constexpr std::string_view kAccessKey = "access";  // ed25519: access tokens
inline constexpr std::string_view kCsrfKey = "csrf";      // hmac_256

class KeyRing {
 public:
  // The purposes above, and those of other rooms.
  explicit KeyRing(db::Database& database, std::vector<KeyPurpose> others = {});
  // Loads the keys and makes those that are missing; before anything else.
  // RSA keys take a core up to half a second: those are made behind, and whoever needs one first waits for it.
  Result<void> open();
  ~KeyRing();

  std::shared_ptr<const SigningKey> current(std::string_view purpose) const;  // an unknown purpose is a bug
  std::shared_ptr<const SigningKey> find(std::string_view purpose, std::string_view id);
  // Rotates what is due, deletes what no one needs, and hears of other nodes' keys.
  Result<void> maintain(Timestamp at);

 private:
  using Keys = std::map<std::string, std::vector<std::shared_ptr<const SigningKey>>, std::less<>>;
  Result<void> load();
  Result<void> make(const KeyPurpose& purpose);
  std::shared_ptr<const SigningKey> newest(std::string_view purpose) const;

  db::Database& database_;
  std::vector<KeyPurpose> purposes_;
  mutable std::shared_mutex mutex_;
  Keys keys_;                           // by purpose, oldest first
  std::shared_future<void> slow_keys_;  // on their way, as a new installation begins
  std::mutex reload_mutex_;
  std::chrono::steady_clock::time_point reloaded_at_{};
};

std::string generate_secret(KeyKind kind);

}  // namespace reelvault::auth
