#include "jobs/job.hpp"

#include "base/text.hpp"

namespace reelvault::jobs {

constexpr std::string_view kNames[] = {"Queued", "Running", "Succeeded", "Failed", "Cancelled"};

std::string_view status_name(Status status) { return kNames[static_cast<std::size_t>(status)]; }

std::optional<Status> parse_status(std::string_view name) {
  const std::string folded = fold_case(name);
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (folded == fold_case(kNames[i])) return static_cast<Status>(i);
  }
  return std::nullopt;
}

namespace {

bool ends_path(char c) {
  return static_cast<unsigned char>(c) <= ' ' || std::string_view("\"'`()[]{}<>,;|").contains(c);
}

// "/srv/data/x/input: no such file" is "input: no such file".
std::string without_paths(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const bool begins = at == 0 || ends_path(line[at - 1]) || line[at - 1] == '=' || line[at - 1] == ':';
    const bool address = line.substr(at).starts_with("://");
    if (!address && !(begins && line[at] == '/' && !line.substr(at).starts_with("//"))) {
      out += line[at++];
      continue;
    }
    std::size_t end = at + (address ? 3 : 0);
    while (end < line.size() && !ends_path(line[end])) ++end;
    std::string_view word = line.substr(at, end - at);
    if (address) {
      out += word.substr(0, word.find('?'));
    } else {
      // What follows a colon, as in "/a/b:12" and "/a/b:", is no part of the name.
      const std::string_view path = word.substr(0, word.find(':'));
      const auto slash = path.find_last_not_of('/') == std::string_view::npos
                             ? std::string_view::npos
                             : path.rfind('/', path.find_last_not_of('/'));
      out += slash == std::string_view::npos ? path : path.substr(slash + 1);
      out += word.substr(path.size());
    }
    at = end;
  }
  return out;
}

}  // namespace

std::string for_readers(std::string_view said) {
  std::string out;
  for (std::string_view line : split(said, '\n')) {
    if (lower_ascii(line).contains("insecure memory")) continue;
    if (!out.empty()) out += '\n';
    out += without_paths(line);
  }
  return out;
}

}  // namespace reelvault::jobs
