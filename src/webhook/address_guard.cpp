#include "webhook/address_guard.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace reelvault::webhook {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool begins_with(const Address& address, std::span<const std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}
bool mapped(const Address& address) { return begins_with(address, kMapped); }

std::uint32_t four(const Address& address, std::size_t at) {
  return static_cast<std::uint32_t>(address[at]) << 24 | static_cast<std::uint32_t>(address[at + 1]) << 16 |
         static_cast<std::uint32_t>(address[at + 2]) << 8 | address[at + 3];
}

struct Range4 {
  std::uint32_t network;
  int bits;
};
// RFC 6890 and the registry that grew from it.
constexpr Range4 kSpecial4[] = {
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // carrier-grade NAT
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local, and with it the metadata services of clouds
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // 6to4 relays
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarks
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, broadcast
};

bool is_public4(std::uint32_t address) {
  return std::ranges::none_of(kSpecial4, [&](const Range4& range) {
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - range.bits);
    return (address & mask) == range.network;
  });
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::string whole(text);
  Address out{};
  in_addr four{};
  if (inet_pton(AF_INET, whole.c_str(), &four) == 1) {
    std::ranges::copy(kMapped, out.begin());
    std::memcpy(out.data() + 12, &four, 4);
    return out;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, whole.c_str(), &six) != 1) return std::nullopt;
  std::memcpy(out.data(), &six, 16);
  return out;
}

std::optional<Address> address_of(const sockaddr* from) {
  Address out{};
  if (from->sa_family == AF_INET) {
    std::ranges::copy(kMapped, out.begin());
    std::memcpy(out.data() + 12, &reinterpret_cast<const sockaddr_in*>(from)->sin_addr, 4);
    return out;
  }
  if (from->sa_family != AF_INET6) return std::nullopt;
  std::memcpy(out.data(), &reinterpret_cast<const sockaddr_in6*>(from)->sin6_addr, 16);
  return out;
}

std::string address_text(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (mapped(address))
    inet_ntop(AF_INET, address.data() + 12, text, sizeof text);
  else
    inet_ntop(AF_INET6, address.data(), text, sizeof text);
  return text;
}

bool is_public(const Address& address) {
  if (mapped(address)) return is_public4(four(address, 12));
  // NAT64: the last four bytes are where it leads.
  constexpr std::array<std::uint8_t, 12> nat64{0x00, 0x64, 0xff, 0x9b};
  if (begins_with(address, nat64)) return is_public4(four(address, 12));
  if ((address[0] & 0xe0) != 0x20) return false;                                      // only 2000::/3 is given out
  if (address[0] == 0x20 && address[1] == 0x02) return is_public4(four(address, 2));  // 6to4
  if (address[0] == 0x20 && address[1] == 0x01) {
    if ((address[2] & 0xfe) == 0) return false;                  // 2001::/23, Teredo and protocol assignments
    if (address[2] == 0x0d && address[3] == 0xb8) return false;  // documentation
  }
  return !(address[0] == 0x3f && address[1] == 0xff && (address[2] & 0xf0) == 0);  // documentation
}

Result<AddressGuard> AddressGuard::of(const std::vector<std::string>& allowed) {
  AddressGuard guard;
  for (const std::string& text : allowed) {
    const auto slash = text.find('/');
    auto address = parse_address(trim(std::string_view(text).substr(0, slash)));
    auto bad = [&] {
      return fail(Code::invalid, "",
                  fmt::format("webhook.allowed_networks: \"{}\" is no network such as 10.1.0.0/16.", text));
    };
    if (!address) return bad();
    const int width = mapped(*address) ? 32 : 128;
    int bits = width;
    if (slash != std::string::npos) {
      const std::string_view digits = trim(std::string_view(text).substr(slash + 1));
      auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      if (fault != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > width) return bad();
    }
    guard.allowed_.push_back({*address, bits + (128 - width)});
  }
  return guard;
}

bool AddressGuard::within(const Address& address, const Network& network) {
  const auto whole = static_cast<std::size_t>(network.bits / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), network.address.begin()))
    return false;
  if (network.bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - network.bits % 8));
  return (address[whole] & mask) == (network.address[whole] & mask);
}

bool AddressGuard::allows(const Address& address) const {
  return is_public(address) ||
         std::ranges::any_of(allowed_, [&](const Network& network) { return within(address, network); });
}

}  // namespace reelvault::webhook
