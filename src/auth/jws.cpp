#include "auth/jws.hpp"

#include "base/hash.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace reelvault::auth {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Context = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

constexpr std::size_t kEd25519Signature = 64;

}  // namespace

struct JwsKey::State {
  std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key;
};

JwsKey::JwsKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
JwsKey::JwsKey(JwsKey&&) noexcept = default;
JwsKey& JwsKey::operator=(JwsKey&&) noexcept = default;
JwsKey::~JwsKey() = default;

Result<JwsKey> JwsKey::from_private_der(std::string_view pkcs8) {
  auto state = std::make_unique<State>();
  const unsigned char* at = octets(pkcs8);
  state->key.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8.size())));
  if (!state->key || EVP_PKEY_get_base_id(state->key.get()) != EVP_PKEY_ED25519)
    return fail(Code::internal, "", "", "a signing key is not an Ed25519 private key");
  return JwsKey(std::move(state));
}

std::string JwsKey::sign(std::string_view data) const {
  Context context(EVP_MD_CTX_new());
  std::string out(kEd25519Signature, '\0');
  std::size_t length = out.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, state_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length, octets(data), data.size()) !=
          1)
    throw std::bad_alloc();
  return out;
}

bool JwsKey::verify(std::string_view data, std::string_view signature) const {
  if (signature.size() != kEd25519Signature) return false;
  Context context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, state_->key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(data), data.size()) == 1;
}

std::optional<JwsParts> split_jws(std::string_view token) {
  auto first = token.find('.');
  auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  auto header = from_base64url(token.substr(0, first));
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) return std::nullopt;

  boost::system::error_code fault;
  boost::json::value value = boost::json::parse(*header, fault);
  if (fault || !value.is_object()) return std::nullopt;
  const boost::json::object& fields = value.get_object();
  if (fields.contains("crit")) return std::nullopt;  // an extension that must be understood, and is not
  auto text = [&](std::string_view name) {
    const boost::json::value* found = fields.if_contains(name);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  JwsParts parts{.algorithm = text("alg"), .key_id = text("kid"), .type = text("typ")};
  parts.signed_part = token.substr(0, second);
  parts.payload = std::move(*payload);
  parts.signature = std::move(*signature);
  return parts;
}

std::string make_jws(const JwsKey& key, std::string_view key_id, std::string_view type, std::string_view payload) {
  boost::json::object header{{"alg", key.algorithm()}, {"typ", type}, {"kid", key_id}};
  std::string out = base64url(boost::json::serialize(header)) + "." + base64url(payload);
  std::string signature = key.sign(out);
  return out + "." + base64url(signature);
}

}  // namespace reelvault::auth
