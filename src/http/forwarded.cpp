#include "http/forwarded.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>

namespace reelvault::http {
namespace {

constexpr std::size_t kHopsMost = 100;

// "192.0.2.1", "192.0.2.1:8080", "[2001:db8::1]:8080" and "2001:db8::1" alike.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    auto end = text.find(']');
    return end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
  }
  auto colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos)
    return text.substr(0, colon);
  return text;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

// The node of one element of Forwarded; addresses need no escapes within quotes.
std::string_view for_of(std::string_view element) {
  for (std::string_view pair : split(element, ';')) {
    pair = trim(pair);
    if (auto equals = pair.find('='); equals != std::string_view::npos && iequals(trim(pair.substr(0, equals)), "for"))
      return unquoted(trim(pair.substr(equals + 1)));
  }
  return {};
}

}  // namespace

std::optional<TrustedProxies::Address> TrustedProxies::parse(std::string_view text) {
  std::string z(text.substr(0, text.find('%')));  // without an IPv6 zone
  Address out{};
  if (inet_pton(AF_INET6, z.c_str(), out.data()) == 1) return out;
  out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, z.c_str(), out.data() + 12) == 1) return out;
  return std::nullopt;
}

Result<TrustedProxies> TrustedProxies::from(const std::vector<std::string>& networks, std::string field) {
  TrustedProxies out;
  out.field_ = std::move(field);
  for (const std::string& text : networks) {
    auto slash = text.find('/');
    auto address = parse(trim(std::string_view(text).substr(0, slash)));
    bool four = !text.contains(':');
    int bits = four ? 32 : 128;
    bool good = address.has_value();
    if (slash != std::string::npos) {
      std::string_view length = trim(std::string_view(text).substr(slash + 1));
      int most = bits;
      auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), bits);
      good = good && fault == std::errc() && end == length.data() + length.size() && bits >= 0 && bits <= most;
    }
    if (!good)
      return fail(Code::invalid, "invalid-configuration",
                  fmt::format("http.trusted_proxies: \"{}\" is neither an address nor a network.", text));
    out.networks_.push_back({*address, four ? bits + 96 : bits});
  }
  return out;
}

bool TrustedProxies::trusted(const Address& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) {
    for (int bit = 0; bit < network.bits; ++bit) {
      int mask = 0x80 >> (bit % 8);
      auto byte = static_cast<std::size_t>(bit / 8);
      if ((address[byte] & mask) != (network.address[byte] & mask)) return false;
    }
    return true;
  });
}

std::vector<std::string> TrustedProxies::chain(const Headers& headers) const {
  std::vector<std::string> out;
  bool forwarded = field_ == "forwarded";
  for (std::string_view field : headers.all(forwarded ? "Forwarded" : "X-Forwarded-For"))
    for (std::string_view element : split(field, ','))
      out.emplace_back(without_port(forwarded ? for_of(element) : trim(element)));
  return out;
}

std::string TrustedProxies::client_of(const std::string& peer, const Headers& headers) const {
  if (networks_.empty()) return peer;
  auto address = parse(peer);
  if (!address || !trusted(*address)) return peer;
  std::string client = peer;
  auto told = chain(headers);
  std::size_t hops = 0;
  for (auto each = told.rbegin(); each != told.rend() && hops < kHopsMost; ++each, ++hops) {
    address = parse(*each);
    if (!address) break;  // "unknown": the last proxy that is known stands for it
    client = *each;
    if (!trusted(*address)) break;
  }
  return client;
}

}  // namespace reelvault::http
