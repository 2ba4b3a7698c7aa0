#include "delivery/stream_signer.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace reelvault::delivery {

namespace json = boost::json;

struct StreamSigner::Key {
  EVP_PKEY* key = nullptr;
  ~Key() { EVP_PKEY_free(key); }
};

namespace {

std::string cloudfront_base64(std::string_view raw) {
  std::string out = base64(raw);
  for (char& c : out) c = c == '+' ? '-' : c == '=' ? '_' : c == '/' ? '~' : c;
  return out;
}

std::optional<std::string> from_cloudfront_base64(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) c = c == '-' ? '+' : c == '_' ? '=' : c == '~' ? '/' : c;
  return from_base64(plain);
}

constexpr std::size_t remembered_max = 20000;

}  // namespace

StreamSigner::StreamSigner(std::unique_ptr<Key> key, std::string grant_key, std::string key_pair_id)
    : key_(std::move(key)), grant_key_(std::move(grant_key)), key_pair_id_(std::move(key_pair_id)) {}
StreamSigner::~StreamSigner() = default;

std::string StreamSigner::new_private_key() {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  long length = BIO_get_mem_data(out, &data);
  std::string pem(data, static_cast<std::size_t>(length));
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}

Result<std::unique_ptr<StreamSigner>> StreamSigner::make(const std::string& private_key_pem, std::string grant_key) {
  BIO* in = BIO_new_mem_buf(private_key_pem.data(), static_cast<int>(private_key_pem.size()));
  auto key = std::make_unique<Key>();
  key->key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  if (!key->key || EVP_PKEY_base_id(key->key) != EVP_PKEY_RSA)
    return fail(Code::internal, "stream-key", "The streaming key cannot be read.", "not an RSA private key in PEM");
  // The id is the public key's own fingerprint, so that it changes with the key.
  unsigned char* der = nullptr;
  int length = i2d_PUBKEY(key->key, &der);
  auto digest = sha256(std::as_bytes(std::span(der, static_cast<std::size_t>(length))));
  OPENSSL_free(der);
  std::string id = "K" + hex(digest).substr(0, 19);
  return std::unique_ptr<StreamSigner>(new StreamSigner(std::move(key), std::move(grant_key), std::move(id)));
}

StreamCredentials StreamSigner::sign(const std::string& base_url, const std::string& prefix, Timestamp expires) {
  json::object statement{{"Resource", base_url + prefix + "*"},
                         {"Condition", json::object{{"DateLessThan", json::object{{"AWS:EpochTime", unix_ms(expires) / 1000}}}}}};
  std::string policy = json::serialize(json::object{{"Statement", json::array{std::move(statement)}}});
  std::string signature(static_cast<std::size_t>(EVP_PKEY_size(key_->key)), '\0');
  std::size_t length = signature.size();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, EVP_sha1(), nullptr, key_->key);
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &length, reinterpret_cast<const unsigned char*>(policy.data()),
                 policy.size());
  EVP_MD_CTX_free(context);
  signature.resize(length);
  return {cloudfront_base64(policy), cloudfront_base64(signature), key_pair_id_};
}

std::optional<StreamSigner::Verified> StreamSigner::check(const StreamCredentials& credentials) {
  if (credentials.key_pair_id != key_pair_id_ || credentials.policy.size() > 2048 || credentials.signature.size() > 1024) return std::nullopt;
  std::string remembered = credentials.policy + "." + credentials.signature;
  {
    std::lock_guard lock(mutex_);
    if (auto found = verified_.find(remembered); found != verified_.end()) return found->second;
  }
  auto policy = from_cloudfront_base64(credentials.policy);
  auto signature = from_cloudfront_base64(credentials.signature);
  if (!policy || !signature) return std::nullopt;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha1(), nullptr, key_->key);
  int good = EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature->data()), signature->size(),
                              reinterpret_cast<const unsigned char*>(policy->data()), policy->size());
  EVP_MD_CTX_free(context);
  if (good != 1) return std::nullopt;
  // Signed by us, so its form is ours.
  json::value document = json::parse(*policy);
  const json::object& statement = document.at("Statement").at(0).as_object();
  std::string resource(statement.at("Resource").as_string());
  std::size_t path = resource.find('/', resource.find("://") == std::string::npos ? 0 : resource.find("://") + 3);
  if (path == std::string::npos || !resource.ends_with("/*")) return std::nullopt;
  Verified out{resource.substr(path, resource.size() - path - 1),
               statement.at("Condition").at("DateLessThan").at("AWS:EpochTime").to_number<std::int64_t>()};
  std::lock_guard lock(mutex_);
  if (verified_.size() >= remembered_max) verified_.clear();
  verified_.emplace(std::move(remembered), out);
  return out;
}

bool StreamSigner::verify(const StreamCredentials& credentials, std::string_view path) {
  auto verified = check(credentials);
  return verified && unix_ms(now()) / 1000 < verified->expires_s && path.starts_with(verified->prefix);
}

std::string StreamSigner::grant(const Uuid& user, Timestamp expires) {
  std::string text = fmt::format("{}.{}", user.text(), unix_ms(expires) / 1000);
  auto mac = hmac_sha256(bytes_of(grant_key_), bytes_of(text));
  return text + "." + base64url(std::string_view(reinterpret_cast<const char*>(mac.data()), mac.size()));
}

std::optional<Uuid> StreamSigner::granted(std::string_view text) {
  auto parts = split(text, '.');
  if (parts.size() != 3) return std::nullopt;
  auto mac = hmac_sha256(bytes_of(grant_key_), bytes_of(text.substr(0, parts[0].size() + 1 + parts[1].size())));
  if (!equal_in_constant_time(base64url(std::string_view(reinterpret_cast<const char*>(mac.data()), mac.size())), parts[2])) return std::nullopt;
  std::int64_t expires = 0;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), expires);
  if (unix_ms(now()) / 1000 >= expires) return std::nullopt;
  return Uuid::parse(parts[0]);
}

}  // namespace reelvault::delivery
