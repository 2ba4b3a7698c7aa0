// Whose address a request that came through reverse proxies has. The field is believed as far as it was written by
// configured proxies: read from the right, each address that is one of theirs is passed over, and the first that is not
// is the client. What stands left of that anybody may have made up. Immutable, any thread.
#pragma once
#include "base/error.hpp"
#include "http/message.hpp"

#include <array>
#include <optional>

namespace reelvault::http {

class TrustedProxies {
 public:
  // Addresses ("10.0.0.1", "::1") and networks ("10.0.0.0/8"); `field`: "x-forwarded-for" or "forwarded" (RFC 7239).
  // Only one is looked at: a client can send the one that the proxy does not know.
  static Result<TrustedProxies> from(const std::vector<std::string>& networks, std::string field);

  // `peer`: the address of the connection, as text.
  std::string client_of(const std::string& peer, const Headers& headers) const;

 private:
  using Address = std::array<unsigned char, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Address address{};
    int bits = 0;
  };
  static std::optional<Address> parse(std::string_view text);
  bool trusted(const Address& address) const;
  std::vector<std::string> chain(const Headers& headers) const;  // addresses as told, from the left

  std::vector<Network> networks_;
  std::string field_;
};

}  // namespace reelvault::http
