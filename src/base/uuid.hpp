// UUIDs (RFC 9562). Ids of rows are version 7, so that they sort by time; they are names, never secrets.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  static Uuid v7();                                         // any thread; monotonic within the process
  static std::optional<Uuid> parse(std::string_view text);  // 8-4-4-4-12 hex digits, any case
  std::string text() const;                                 // lower case
  void append_to(std::string& out) const;
  bool nil() const { return bytes == std::array<std::uint8_t, 16>{}; }
  auto operator<=>(const Uuid&) const = default;
};

}  // namespace reelvault

template <>
struct std::hash<reelvault::Uuid> {
  std::size_t operator()(const reelvault::Uuid& uuid) const noexcept {
    std::uint64_t high = 0, low = 0;
    __builtin_memcpy(&high, uuid.bytes.data(), 8);
    __builtin_memcpy(&low, uuid.bytes.data() + 8, 8);
    return high * 0x9E3779B97F4A7C15ull ^ low;
  }
};
