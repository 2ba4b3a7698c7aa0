// Which addresses a webhook may be sent to: public ones, and networks that the configuration names. It is asked with
// the address that is about to be connected to, so that no name, redirect or number in disguise gets round it.
#pragma once
#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace reelvault::webhook {

// IPv4 as IPv4-mapped IPv6.
using Address = std::array<std::uint8_t, 16>;
std::optional<Address> parse_address(std::string_view text);  // of the strict forms, without a zone
std::optional<Address> address_of(const sockaddr* from);      // nothing for other families
std::string address_text(const Address& address);

// Public: a unicast address of the internet at large. Not: private, loopback, link-local, carrier-grade NAT, unique
// local, multicast, documentation, benchmarks, reserved, and whatever embeds such a one (mapped, 6to4, NAT64).
bool is_public(const Address& address);

class AddressGuard {
 public:
  // Networks as "10.1.0.0/16", "fd00::/8" or single addresses.
  static Result<AddressGuard> of(const std::vector<std::string>& allowed);
  bool allows(const Address& address) const;

 private:
  struct Network {
    Address address;
    int bits = 0;
  };
  static bool within(const Address& address, const Network& network);
  std::vector<Network> allowed_;
};

}  // namespace reelvault::webhook
