#include "delivery/stream_signer.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

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

std::string_view prefix_of(Grantee::Kind kind) {
  switch (kind) {
    case Grantee::Kind::user: return "";
    case Grantee::Kind::session: return "session-";
    case Grantee::Kind::api_key: return "key-";
    case Grantee::Kind::share: return "share-";
    case Grantee::Kind::share_pass: return "pass-";
  }
  return "";
}

std::optional<Grantee> grantee(std::string_view text) {
  for (Grantee::Kind kind : {Grantee::Kind::share, Grantee::Kind::share_pass, Grantee::Kind::api_key,
                             Grantee::Kind::session, Grantee::Kind::user}) {
    const std::string_view prefix = prefix_of(kind);
    if (!text.starts_with(prefix)) continue;
    const auto words = split(text.substr(prefix.size()), '~');
    if (words.size() != (kind == Grantee::Kind::session ? 2 : 1)) continue;
    auto id = Uuid::parse(words.front()), user = words.size() > 1 ? Uuid::parse(words[1]) : Uuid();
    if (id && user) return Grantee{kind, *id, *user};
  }
  return std::nullopt;
}

std::string text_of(const Grantee& to) {
  std::string text = std::string(prefix_of(to.kind)) + to.id.text();
  return to.kind == Grantee::Kind::session ? text + "~" + to.user.text() : text;
}

}  // namespace

StreamSigner::~StreamSigner() = default;

std::shared_ptr<StreamSigner::Key> StreamSigner::key(const auth::SigningKey& from) {
  std::lock_guard lock(mutex_);
  auto& kept = parsed_[from.id];
  if (!kept) {
    auto key = std::make_shared<Key>();
    const auto* der = reinterpret_cast<const unsigned char*>(from.secret.data());
    key->key = d2i_AutoPrivateKey(nullptr, &der, static_cast<long>(from.secret.size()));
    kept = std::move(key);
  }
  return kept;
}

Result<StreamCredentials> StreamSigner::sign(const std::string& base_url, const std::string& prefix,
                                             Timestamp expires) {
  json::object statement{
      {"Resource", base_url + prefix + "*"},
      {"Condition", json::object{{"DateLessThan", json::object{{"AWS:EpochTime", unix_ms(expires) / 1000}}}}}};
  std::string policy = json::serialize(json::object{{"Statement", json::array{std::move(statement)}}});
  auto signing = keys_.current(kStreamKey);
  auto parsed = key(*signing);
  if (!parsed->key) return fail(Code::internal, "stream-key", "The streaming key cannot be read.", signing->id);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_size(parsed->key)), '\0');
  std::size_t length = signature.size();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, EVP_sha1(), nullptr, parsed->key);
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &length,
                 reinterpret_cast<const unsigned char*>(policy.data()), policy.size());
  EVP_MD_CTX_free(context);
  signature.resize(length);
  return StreamCredentials{cloudfront_base64(policy), cloudfront_base64(signature), signing->id};
}

std::optional<StreamSigner::Verified> StreamSigner::check(const StreamCredentials& credentials) {
  if (credentials.key_pair_id.size() > 100 || credentials.policy.size() > 2048 || credentials.signature.size() > 1024)
    return std::nullopt;
  std::string remembered = credentials.key_pair_id + " " + credentials.policy + " " + credentials.signature;
  {
    std::lock_guard lock(mutex_);
    if (auto found = verified_.find(remembered); found != verified_.end()) return found->second;
  }
  auto policy = from_cloudfront_base64(credentials.policy);
  auto signature = from_cloudfront_base64(credentials.signature);
  if (!policy || !signature) return std::nullopt;
  auto verifying = keys_.find(kStreamKey, credentials.key_pair_id);
  auto parsed = verifying ? key(*verifying) : nullptr;
  if (!parsed || !parsed->key) return std::nullopt;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha1(), nullptr, parsed->key);
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

std::string StreamSigner::grant(const Grantee& to, Timestamp expires) {
  auto signing = keys_.current(kGrantKey);
  std::string text = fmt::format("{}.{}.{}", text_of(to), unix_ms(expires) / 1000, signing->id);
  auto mac = hmac_sha256(bytes_of(signing->secret), bytes_of(text));
  return text + "." + base64url(std::string_view(reinterpret_cast<const char*>(mac.data()), mac.size()));
}

std::optional<Grantee> StreamSigner::granted(std::string_view text) {
  if (text.size() > 300) return std::nullopt;
  const std::string whole(text);
  {
    // Keys outlive what they signed, so that a grant once found right stays so until it ends.
    std::lock_guard lock(mutex_);
    if (auto found = grants_.find(whole); found != grants_.end())
      return unix_ms(now()) / 1000 < found->second.expires_s ? std::optional(found->second.to) : std::nullopt;
  }
  auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  auto verifying = keys_.find(kGrantKey, std::string(parts[2]));
  if (!verifying) return std::nullopt;
  auto mac = hmac_sha256(bytes_of(verifying->secret), bytes_of(text.substr(0, text.rfind('.'))));
  if (!equal_in_constant_time(base64url(std::string_view(reinterpret_cast<const char*>(mac.data()), mac.size())),
                              parts[3]))
    return std::nullopt;
  std::int64_t expires = 0;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), expires);
  auto to = grantee(parts[0]);
  if (!to || unix_ms(now()) / 1000 >= expires) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (grants_.size() >= remembered_max) grants_.clear();
  grants_.emplace(whole, Granted{*to, expires});
  return to;
}

}  // namespace reelvault::delivery
