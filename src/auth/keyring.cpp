#include "auth/keyring.hpp"

#include "auth/changes.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/resource.h>

namespace reelvault::auth {
namespace {

constexpr std::pair<KeyKind, std::string_view> kKinds[] = {
    {KeyKind::ed25519, "ed25519"}, {KeyKind::rsa_2048, "rsa-2048"}, {KeyKind::hmac_256, "hmac-256"}};

std::string_view kind_name(KeyKind kind) {
  return std::ranges::find(kKinds, kind, &std::pair<KeyKind, std::string_view>::first)->second;
}
std::optional<KeyKind> parse_kind(std::string_view name) {
  auto found = std::ranges::find(kKinds, name, &std::pair<KeyKind, std::string_view>::second);
  return found == std::end(kKinds) ? std::nullopt : std::optional(found->first);
}

std::string private_key_der(const char* type, std::size_t bits) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      bits == 0 ? EVP_PKEY_Q_keygen(nullptr, nullptr, type) : EVP_PKEY_Q_keygen(nullptr, nullptr, type, bits),
      EVP_PKEY_free);
  if (!key) throw std::runtime_error("OpenSSL makes no key");
  std::unique_ptr<PKCS8_PRIV_KEY_INFO, decltype(&PKCS8_PRIV_KEY_INFO_free)> info(EVP_PKEY2PKCS8(key.get()),
                                                                                 PKCS8_PRIV_KEY_INFO_free);
  unsigned char* der = nullptr;
  int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : -1;
  if (length <= 0) throw std::runtime_error("OpenSSL writes no key");
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_cleanse(der, static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

void insert_key(db::Transaction& tx, const KeyPurpose& purpose, Timestamp at, const std::string& secret) {
  tx.execute(
      "insert into signing_key (kid, purpose, kind, secret, created_at)"
      " values (:kid, :purpose, :kind, :secret, :at)",
      {{"kid", Uuid::v7().text()},
       {"purpose", purpose.name},
       {"kind", kind_name(purpose.kind)},
       {"secret", db::Blob{secret}},
       {"at", at}});
}

}  // namespace

std::string generate_secret(KeyKind kind) {
  switch (kind) {
    case KeyKind::ed25519: return private_key_der("ED25519", 0);
    case KeyKind::rsa_2048: return private_key_der("RSA", 2048);
    case KeyKind::hmac_256: break;
  }
  return random_bytes(32);
}

KeyRing::KeyRing(db::Database& database, std::vector<KeyPurpose> others)
    : database_(database),
      purposes_{{.name = std::string(kAccessKey), .kind = KeyKind::ed25519},
                {.name = std::string(kCsrfKey), .kind = KeyKind::hmac_256, .overlap = std::chrono::days(367)}} {
  for (KeyPurpose& purpose : others) purposes_.push_back(std::move(purpose));
}

KeyRing::~KeyRing() {
  if (slow_keys_.valid()) slow_keys_.wait();
}

Result<void> KeyRing::open() {
  RV_CHECK(load());
  std::vector<KeyPurpose> slow;
  for (const KeyPurpose& purpose : purposes_) {
    {
      std::shared_lock lock(mutex_);
      if (keys_.contains(purpose.name) && !keys_.find(purpose.name)->second.back()->retired_at) continue;
    }
    // Where an older key still serves there is no hurry either way.
    if (purpose.kind == KeyKind::rsa_2048)
      slow.push_back(purpose);
    else
      RV_CHECK(make(purpose));
  }
  RV_CHECK(load());
  if (slow.empty()) return {};
  slow_keys_ =
      std::async(std::launch::async, [this, slow = std::move(slow)] {
        setpriority(PRIO_PROCESS, 0, 10);  // this thread, which is not to hold up the start
        for (const KeyPurpose& purpose : slow)
          if (auto made = make(purpose); !made)
            log::error("a signing key could not be made", {{"purpose", purpose.name}, {"detail", made.error().detail}});
        if (auto loaded = load(); !loaded) log::error("signing keys not read", {{"detail", loaded.error().detail}});
      }).share();
  return {};
}

Result<void> KeyRing::make(const KeyPurpose& purpose) {
  std::string secret = generate_secret(purpose.kind);
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    (void)next_epoch(tx);  // two nodes that start together make one key
    if (!tx.value<std::int64_t>("select id from signing_key where purpose = :purpose and retired_at is null limit 1",
                                {{"purpose", purpose.name}}))
      insert_key(tx, purpose, now(), secret);
    return {};
  });
}

Result<void> KeyRing::load() {
  auto loaded = database_.read([](db::Transaction& tx) -> Result<Keys> {
    Keys keys;
    tx.each("select purpose, kid, kind, secret, created_at, retired_at from signing_key order by id", {},
            [&](const db::Row& row) {
              auto kind = parse_kind(row.get<std::string_view>(2));
              if (!kind) return;  // of a newer program's
              keys[row.get<std::string>(0)].push_back(std::make_shared<SigningKey>(
                  SigningKey{row.get<std::string>(1), *kind, row.get<db::Blob>(3).bytes, row.get<Timestamp>(4),
                             row.get<std::optional<Timestamp>>(5)}));
            });
    return keys;
  });
  if (!loaded) return std::unexpected(std::move(loaded.error()).within("loading the signing keys"));
  std::unique_lock lock(mutex_);
  keys_ = std::move(*loaded);
  return {};
}

std::shared_ptr<const SigningKey> KeyRing::newest(std::string_view purpose) const {
  std::shared_lock lock(mutex_);
  auto found = keys_.find(purpose);
  return found == keys_.end() ? nullptr : found->second.back();
}

std::shared_ptr<const SigningKey> KeyRing::current(std::string_view purpose) const {
  auto key = newest(purpose);
  if (!key && slow_keys_.valid()) {
    slow_keys_.wait();
    key = newest(purpose);
  }
  if (!key) throw std::logic_error("no signing key for " + std::string(purpose));
  return key;
}

std::shared_ptr<const SigningKey> KeyRing::find(std::string_view purpose, std::string_view id) {
  auto look = [&]() -> std::shared_ptr<const SigningKey> {
    std::shared_lock lock(mutex_);
    auto found = keys_.find(purpose);
    if (found == keys_.end()) return nullptr;
    auto key = std::ranges::find(found->second, id, &SigningKey::id);
    return key == found->second.end() ? nullptr : *key;
  };
  if (auto key = look()) return key;
  {
    // Another node may have rotated. Whoever makes ids up does not get more than this of the database.
    std::unique_lock lock(reload_mutex_);
    auto at = std::chrono::steady_clock::now();
    if (reloaded_at_ != std::chrono::steady_clock::time_point{} && at - reloaded_at_ < std::chrono::seconds(1))
      return nullptr;
    reloaded_at_ = at;
    if (auto loaded = load(); !loaded) {
      log::warning("signing keys not read", {{"detail", loaded.error().detail}});
      return nullptr;
    }
  }
  return look();
}

Result<void> KeyRing::maintain(Timestamp at) {
  if (slow_keys_.valid()) slow_keys_.wait();
  RV_CHECK(load());  // other nodes' keys
  for (const KeyPurpose& purpose : purposes_)
    if (!newest(purpose.name)) RV_CHECK(make(purpose));  // a disk that was full when it was first tried
  RV_CHECK(load());
  bool changed = false;
  for (const KeyPurpose& purpose : purposes_) {
    bool due, lapsed;
    {
      std::shared_lock lock(mutex_);
      const auto& keys = keys_.find(purpose.name)->second;
      due = keys.back()->created_at + purpose.rotate_after <= at;
      lapsed = std::ranges::any_of(
          keys, [&](const auto& key) { return key->retired_at && *key->retired_at + purpose.overlap <= at; });
    }
    if (!due && !lapsed) continue;
    changed = true;
    std::string secret = due ? generate_secret(purpose.kind) : std::string();
    RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
      tx.execute("delete from signing_key where purpose = :purpose and retired_at <= :before",
                 {{"purpose", purpose.name}, {"before", at - purpose.overlap}});
      if (!due) return {};
      (void)next_epoch(tx);
      bool first = tx.execute(
                       "update signing_key set retired_at = :at where purpose = :purpose and retired_at is null"
                       " and created_at <= :before",
                       {{"purpose", purpose.name}, {"at", at}, {"before", at - purpose.rotate_after}}) > 0;
      if (first) insert_key(tx, purpose, at, secret);  // or another node was
      return {};
    }));
  }
  return changed ? load() : Result<void>{};
}

}  // namespace reelvault::auth
