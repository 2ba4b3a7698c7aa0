#include "base/sealed.hpp"

#include "base/hash.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace reelvault {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;

std::string& key() {
  static std::string key = random_bytes(32);
  return key;
}

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* raw(std::string& text, std::size_t at) { return reinterpret_cast<unsigned char*>(text.data()) + at; }

}  // namespace

void seal_with(std::string_view given) {
  if (given.size() == 32) key() = given;
}

std::string sealed(std::string_view text) {
  std::string out = random_bytes(kNonce);
  out.resize(kNonce + text.size() + kTag);
  Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  const bool good =
      context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, raw(key()), raw(out)) == 1 &&
      EVP_EncryptUpdate(context.get(), raw(out, kNonce), &length, raw(text), static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), raw(out, kNonce + text.size()), &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, raw(out, kNonce + text.size())) == 1;
  if (!good) throw std::runtime_error("AES-256-GCM does not work");
  return base64url(out);
}

std::optional<std::string> unsealed(std::string_view text) {
  auto given = from_base64url(text);
  if (!given || given->size() < kNonce + kTag) return std::nullopt;
  std::string out(given->size() - kNonce - kTag, '\0');
  Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  const bool good =
      context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, raw(key()), raw(*given)) == 1 &&
      EVP_DecryptUpdate(context.get(), raw(out, 0), &length, raw(*given) + kNonce, static_cast<int>(out.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, raw(*given, kNonce + out.size())) == 1 &&
      EVP_DecryptFinal_ex(context.get(), raw(out, out.size()), &length) == 1;
  return good ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace reelvault
