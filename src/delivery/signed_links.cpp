#include "delivery/signed_links.hpp"

namespace reelvault::delivery {

namespace {

bool stays_below(std::string_view link) {
  const std::string_view path = link.substr(0, link.find_first_of("?#"));
  if (path.empty() || path.front() == '/' || path.front() == ' ' || path.contains("..")) return false;
  return std::ranges::none_of(
      path, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == ':' || c == '\\' || c == '%'; });
}

}  // namespace

std::string with_query(std::string_view playlist, std::string_view query) {
  constexpr std::string_view attribute = "URI=\"";
  std::string out;
  out.reserve(playlist.size() * 2);
  auto add = [&](std::string_view link) {
    out += link;
    if (!stays_below(link)) return;
    out += link.find('?') == std::string_view::npos ? '?' : '&';
    out += query;
  };
  while (!playlist.empty()) {
    const std::size_t end = std::min(playlist.find('\n'), playlist.size());
    std::string_view line = playlist.substr(0, end);
    playlist.remove_prefix(std::min(end + 1, playlist.size()));
    if (!line.empty() && line.front() != '#') {
      add(line);
    } else if (const std::size_t at = line.find(attribute); at != std::string_view::npos) {
      const std::size_t from = at + attribute.size(), to = std::min(line.find('"', from), line.size());
      out += line.substr(0, from);
      add(line.substr(from, to - from));
      out += line.substr(to);
    } else {
      out += line;
    }
    out += '\n';
  }
  return out;
}

}  // namespace reelvault::delivery
