// Hashes and encodings. CRC-32 is the ISO 3309 polynomial of ZIP and gzip; XXH3-128 is a part's ETag.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reelvault {

using ByteView = std::span<const std::byte>;
inline ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::uint32_t crc32(ByteView data, std::uint32_t seed = 0);
// CRC-32 of a then b from both and the length of b; O(log length).
std::uint32_t crc32_combine(std::uint32_t a, std::uint32_t b, std::uint64_t length_of_b);

std::array<std::byte, 32> sha256(ByteView data);
std::array<std::byte, 32> hmac_sha256(ByteView key, ByteView data);
std::string md5(ByteView data);  // 16 raw bytes

// Streaming digests; not shared between threads.
class Digest {
 public:
  enum class Kind { sha256, md5, sha512, xxh3_128 };
  explicit Digest(Kind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();
  void update(ByteView data);
  std::string finish();  // raw bytes, once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hex(ByteView data);
inline std::string hex(std::string_view raw) { return hex(bytes_of(raw)); }
std::optional<std::string> from_hex(std::string_view text);
std::string base64(std::string_view raw);
std::string base64url(std::string_view raw);  // RFC 4648 section 5, no padding
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

std::string random_bytes(std::size_t count);  // from the kernel; for secrets
std::string random_token();                   // 128 random bits, base64url: what goes into links
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace reelvault
