#include "auth/issuer_key.hpp"

#include "base/hash.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace reelvault::auth {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Number = Owned<BIGNUM, BN_free>;

constexpr int kRsaBitsLeast = 2048;
constexpr int kRsaBitsMost = 16384;
constexpr std::size_t kCoordinate = 32;  // bytes of a P-256 coordinate, and of each half of a signature

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string_view text_of(const boost::json::object& jwk, std::string_view name) {
  const boost::json::value* found = jwk.if_contains(name);
  return found && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

Number number_of(std::string_view big_endian) {
  return Number(BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

Key make_key(const char* kind, OSSL_PARAM_BLD* build) {
  Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(build));
  Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  Key made(key);
  Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> checking(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  // A point that is not on the curve, an even modulus.
  if (!checking || EVP_PKEY_public_check(checking.get()) != 1) return nullptr;
  return made;
}

Key rsa_key(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() * 8 > kRsaBitsMost || exponent.size() > 8) return nullptr;
  Number n = number_of(modulus), e = number_of(exponent);
  Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
  if (!n || !e || !build || BN_num_bits(n.get()) < kRsaBitsLeast ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return make_key("RSA", build.get());
}

Key p256_key(std::string_view x, std::string_view y) {
  if (x.size() != kCoordinate || y.size() != kCoordinate) return nullptr;
  std::string point = "\x04";
  point += x;
  point += y;
  Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
  if (!build || OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return make_key("EC", build.get());
}

// OpenSSL wants DER where JWS has r and s side by side.
std::string der_of(std::string_view signature) {
  Owned<ECDSA_SIG, ECDSA_SIG_free> both(ECDSA_SIG_new());
  Number r = number_of(signature.substr(0, kCoordinate)), s = number_of(signature.substr(kCoordinate));
  if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
  [[maybe_unused]] BIGNUM* const its_own[] = {r.release(), s.release()};  // now
  int length = i2d_ECDSA_SIG(both.get(), nullptr);
  if (length <= 0) return {};
  std::string out(static_cast<std::size_t>(length), '\0');
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  i2d_ECDSA_SIG(both.get(), &at);
  return out;
}

}  // namespace

struct IssuerKey::State {
  Key key;
};

IssuerKey::IssuerKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
IssuerKey::IssuerKey(IssuerKey&&) noexcept = default;
IssuerKey& IssuerKey::operator=(IssuerKey&&) noexcept = default;
IssuerKey::~IssuerKey() = default;

std::optional<IssuerKey> IssuerKey::from_jwk(const boost::json::object& jwk) {
  if (auto use = text_of(jwk, "use"); !use.empty() && use != "sig") return std::nullopt;
  bool rsa = text_of(jwk, "kty") == "RSA";
  bool p256 = text_of(jwk, "kty") == "EC" && text_of(jwk, "crv") == "P-256";
  if (!rsa && !p256) return std::nullopt;
  std::string_view algorithm = rsa ? "RS256" : "ES256";
  if (auto named = text_of(jwk, "alg"); !named.empty() && named != algorithm) return std::nullopt;
  auto first = from_base64url(text_of(jwk, rsa ? "n" : "x"));
  auto second = from_base64url(text_of(jwk, rsa ? "e" : "y"));
  if (!first || !second) return std::nullopt;
  auto state = std::make_unique<State>();
  state->key = rsa ? rsa_key(*first, *second) : p256_key(*first, *second);
  if (!state->key) return std::nullopt;
  IssuerKey out(std::move(state));
  out.id_ = text_of(jwk, "kid");
  out.algorithm_ = algorithm;
  return out;
}

bool IssuerKey::verify(std::string_view data, std::string_view signature) const {
  std::string der;
  if (algorithm_ == "ES256") {
    if (signature.size() != 2 * kCoordinate) return false;
    der = der_of(signature);
    signature = der;
  }
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(data), data.size()) == 1;
}

}  // namespace reelvault::auth
