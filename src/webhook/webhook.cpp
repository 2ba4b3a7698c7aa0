#include "webhook/webhook.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace reelvault::webhook {
namespace {

constexpr std::size_t url_length_max = 2000;

// What stands between "://" and the path.
std::string_view authority_of(std::string_view url) {
  const auto begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  std::string_view rest = url.substr(begin + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

// What events are about: the topics that are written to db::Outbox.
constexpr std::array<std::string_view, 5> topics = {"asset", "batch", "collection", "job", "upload"};

bool topic_known(std::string_view topic) { return std::ranges::find(topics, topic) != topics.end(); }

bool word(std::string_view text) {
  return !text.empty() && text.size() <= 50 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

bool Webhook::wants(std::string_view event) const {
  if (events.empty()) return true;
  const std::string_view topic = event.substr(0, event.find('.'));
  return std::ranges::any_of(
      events, [&](const std::string& wanted) { return wanted == "*" || wanted == topic || wanted == event; });
}

std::string_view state_name(DeliveryState state) {
  switch (state) {
    case DeliveryState::waiting: return "Waiting";
    case DeliveryState::delivered: return "Delivered";
    case DeliveryState::dead: return "Dead";
  }
  return "";
}

std::optional<std::string> url_fault(std::string_view url) {
  if (url.size() > url_length_max) return fmt::format("must be at most {} bytes long", url_length_max);
  if (!valid_utf8(url) ||
      std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; }))
    return "must be an address without spaces, control characters or backslashes";
  if (!url.starts_with("https://") && !url.starts_with("http://")) return "must begin with https:// or http://";
  const std::string_view authority = authority_of(url);
  if (authority.contains('@')) return "must not hold a user name or password; the secret signs what is sent";
  if (url.contains('#')) return "must not have a fragment";
  if (authority.empty() || authority.starts_with(':')) return "must name a host";
  return std::nullopt;
}

std::string host_of(std::string_view url) { return std::string(authority_of(url)); }

bool valid_event_filter(std::string_view filter) {
  if (filter == "*") return true;
  const auto dot = filter.find('.');
  return topic_known(filter.substr(0, dot)) && (dot == std::string_view::npos || word(filter.substr(dot + 1)));
}

std::string signature(std::string_view secret, std::int64_t unix_seconds, std::string_view body) {
  const std::string text = fmt::format("{}.{}", unix_seconds, body);
  const auto mac = hmac_sha256(bytes_of(secret), bytes_of(text));
  return fmt::format("t={},v1={}", unix_seconds, hex(ByteView(mac)));
}

}  // namespace reelvault::webhook
