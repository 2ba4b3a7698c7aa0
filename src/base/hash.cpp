#include "base/hash.hpp"

#include <libdeflate.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // the widest instructions that this processor has, where the library else keeps to SSE2
#else
#include <xxhash.h>
#endif

#include <cerrno>
#include <cstdlib>

namespace reelvault {
namespace {

// Digests fetched once: a fetch by name at each use costs more than hashing a short text.
const EVP_MD* algorithm(Digest::Kind kind) {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
  static EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
  const EVP_MD* found = kind == Digest::Kind::sha256 ? sha256 : kind == Digest::Kind::sha512 ? sha512 : md5;
  if (found == nullptr) std::abort();  // an OpenSSL without its default provider
  return found;
}

// CRC arithmetic: polynomials over GF(2) modulo the CRC-32 polynomial, reflected, so x^0 is the highest bit.
constexpr std::uint32_t kPolynomial = 0xEDB88320;

constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 0x80000000; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ (b & 1 ? kPolynomial : 0);
  }
  return product;
}

// x^(8 * 2^n), n from 0 to 63.
constexpr std::array<std::uint32_t, 64> kPowers = [] {
  std::array<std::uint32_t, 64> powers{};
  std::uint32_t power = 0x00800000;  // x^8
  for (auto& entry : powers) {
    entry = power;
    power = multiply(power, power);
  }
  return powers;
}();

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

std::string encode64(std::string_view raw, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((raw.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (unsigned char byte : raw) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += alphabet[bits >> count & 63];
    }
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
  while (padded && out.size() % 4 != 0) out += '=';
  return out;
}

// Strict: one text for each value, so that a token cannot be written in two ways.
std::optional<std::string> decode64(std::string_view text, const std::array<std::int8_t, 256>& values) {
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (unsigned char c : text) {
    if (values[c] < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(values[c]);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count);
    }
  }
  if (count == 6 || (bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::uint32_t crc32(ByteView data, std::uint32_t seed) { return libdeflate_crc32(seed, data.data(), data.size()); }

std::uint32_t crc32_combine(std::uint32_t a, std::uint32_t b, std::uint64_t length_of_b) {
  for (std::size_t n = 0; length_of_b != 0; ++n, length_of_b >>= 1) {
    if (length_of_b & 1) a = multiply(kPowers[n], a);
  }
  return a ^ b;
}

std::array<std::byte, 32> sha256(ByteView data) {
  std::array<std::byte, 32> out;
  EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
             algorithm(Digest::Kind::sha256), nullptr);
  return out;
}

std::array<std::byte, 32> hmac_sha256(ByteView key, ByteView data) {
  std::array<std::byte, 32> out;
  static const char empty = 0;  // OpenSSL takes a null key for "the key of before"
  HMAC(algorithm(Digest::Kind::sha256), key.empty() ? static_cast<const void*>(&empty) : key.data(),
       static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

std::string md5(ByteView data) {
  std::string out(16, '\0');
  EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
             algorithm(Digest::Kind::md5), nullptr);
  return out;
}

struct Digest::State {
  EVP_MD_CTX* openssl = nullptr;
  XXH3_state_t* xxh3 = nullptr;
  ~State() {
    EVP_MD_CTX_free(openssl);
    XXH3_freeState(xxh3);
  }
};

Digest::Digest(Kind kind) : state_(std::make_unique<State>()) {
  if (kind == Kind::xxh3_128) {
    state_->xxh3 = XXH3_createState();
    XXH3_128bits_reset(state_->xxh3);
  } else {
    state_->openssl = EVP_MD_CTX_new();
    EVP_DigestInit_ex(state_->openssl, algorithm(kind), nullptr);
  }
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(ByteView data) {
  if (state_->xxh3 != nullptr) {
    XXH3_128bits_update(state_->xxh3, data.data(), data.size());
  } else {
    EVP_DigestUpdate(state_->openssl, data.data(), data.size());
  }
}

std::string Digest::finish() {
  if (state_->xxh3 != nullptr) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->xxh3));
    return {reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest};
  }
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->openssl, reinterpret_cast<unsigned char*>(out.data()), &size);
  out.resize(size);
  return out;
}

std::string hex(ByteView data) {
  std::string out;
  out.reserve(data.size() * 2);
  for (std::byte byte : data) {
    out += kHexDigits[std::to_integer<unsigned>(byte) >> 4];
    out += kHexDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int high = value(text[i]);
    int low = value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string base64(std::string_view raw) { return encode64(raw, kBase64, true); }
std::string base64url(std::string_view raw) { return encode64(raw, kBase64Url, false); }

std::optional<std::string> from_base64(std::string_view text) {
  static constexpr auto values = reverse(kBase64);
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode64(text, values);
}

std::optional<std::string> from_base64url(std::string_view text) {
  static constexpr auto values = reverse(kBase64Url);
  return decode64(text, values);
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  for (std::size_t done = 0; done < count;) {
    ssize_t got = ::getrandom(out.data() + done, count - done, 0);
    if (got < 0 && errno != EINTR) std::abort();  // no kernel that this runs on fails here, and no secret may be weak
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  return out;
}

std::string random_token() { return base64url(random_bytes(16)); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace reelvault
