// Preconditions (RFC 9110, section 13, in the order of 13.2.2) and ranges (section 14) of a response that is ready.
#include "base/hash.hpp"
#include "base/text.hpp"
#include "http/range.hpp"
#include "http/server.hpp"

namespace reelvault::http {
namespace {

struct Tag {
  bool weak = false;
  std::string_view opaque;  // with its quotes
};

// Takes one entity tag off the front of a list; nullopt when what stands there is none.
std::optional<Tag> take_tag(std::string_view& list) {
  Tag tag;
  if (list.starts_with("W/")) {
    tag.weak = true;
    list.remove_prefix(2);
  }
  if (list.empty() || list.front() != '"') return std::nullopt;
  auto end = list.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.opaque = list.substr(0, end + 1);
  list.remove_prefix(end + 1);
  return tag;
}

bool matches(std::string_view list, std::string_view etag, bool strong) {
  std::optional<Tag> own;
  if (!etag.empty()) own = take_tag(etag);
  while (!list.empty()) {
    if (list.front() == ' ' || list.front() == '\t' || list.front() == ',') {
      list.remove_prefix(1);
      continue;
    }
    auto tag = take_tag(list);
    if (!tag) return false;
    if (own && tag->opaque == own->opaque && !(strong && (tag->weak || own->weak))) return true;
  }
  return false;
}

std::string joined(const std::vector<std::string_view>& values) {
  std::string out;
  for (std::string_view value : values) {
    if (!out.empty()) out += ", ";
    out += value;
  }
  return out;
}

Timestamp whole_seconds(Timestamp time) { return std::chrono::floor<std::chrono::seconds>(time); }

bool if_range_holds(std::string_view condition, std::string_view etag, std::optional<Timestamp> modified) {
  condition = trim(condition);
  if (condition.starts_with('"') || condition.starts_with("W/")) {
    std::string_view rest = condition;
    return take_tag(rest) && trim(rest).empty() && matches(condition, etag, true);
  }
  auto date = parse_http_date(condition);
  // A date is a strong validator only when the representation cannot have changed again within its second.
  return date && modified && *date == whole_seconds(*modified) && *modified + std::chrono::seconds(1) <= now();
}

Response not_modified(Response full) {
  Response out;
  out.status = 304;
  for (auto& [name, value] : full.headers.fields()) {
    std::string lower = lower_ascii(name);
    if (lower.starts_with("content-") && lower != "content-location" && lower != "content-security-policy") continue;
    out.headers.add(name, value);
  }
  return out;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.first + range.length - 1) + "/" +
         std::to_string(size);
}

Response multipart(Response full, const std::vector<ByteRange>& ranges) {
  std::string boundary = hex(random_bytes(12));
  std::string type(full.headers.get("Content-Type"));
  std::vector<Body> parts;
  for (const ByteRange& range : ranges) {
    std::string head = (parts.empty() ? "--" : "\r\n--") + boundary + "\r\n";
    if (!type.empty()) head += "Content-Type: " + type + "\r\n";
    head += "Content-Range: " + content_range(range, full.body.size()) + "\r\n\r\n";
    parts.emplace_back(std::move(head));
    parts.push_back(full.body.slice(range.first, range.length));
  }
  parts.emplace_back("\r\n--" + boundary + "--\r\n");
  full.headers.set("Content-Type", "multipart/byteranges; boundary=" + boundary);
  full.body = Body::join(std::move(parts));
  full.status = 206;
  return full;
}

Response ranged(const Request& request, Response full, std::string_view etag, std::optional<Timestamp> modified) {
  const std::string* range = request.headers.find("Range");
  // Range is defined for GET alone.
  if (!range || request.method != Method::get) return full;
  if (const std::string* condition = request.headers.find("If-Range");
      condition && !if_range_holds(*condition, etag, modified))
    return full;
  RangeRequest asked = parse_range(*range, full.body.size());
  if (asked.kind == RangeRequest::Kind::ignored) return full;
  if (asked.kind == RangeRequest::Kind::unsatisfiable) {
    Error error{Code::range, "", "The range lies past the end of " + std::to_string(full.body.size()) + " bytes.",
                {},          {}, {},
                0,           {}};
    Response out = Response::problem(error, request.request_id);
    out.headers.add("Content-Range", "bytes */" + std::to_string(full.body.size()));
    out.headers.add("Accept-Ranges", "bytes");
    return out;
  }
  if (asked.ranges.size() > 1) return multipart(std::move(full), asked.ranges);
  const ByteRange& one = asked.ranges.front();
  full.headers.set("Content-Range", content_range(one, full.body.size()));
  full.body = full.body.slice(one.first, one.length);
  full.status = 206;
  return full;
}

}  // namespace

Response conditional(const Request& request, Response full) {
  if (full.status != 200 || full.events || (request.method != Method::get && request.method != Method::head))
    return full;
  std::string etag(full.headers.get("ETag"));
  std::optional<Timestamp> modified;
  if (const std::string* given = full.headers.find("Last-Modified")) modified = parse_http_date(*given);
  if (etag.empty() && !modified) return full;

  const Headers& asked = request.headers;
  auto precondition_failed = [&] {
    Error error{Code::precondition, "", "What is here now is not what the request expects.", {}, {}, {}, 0, {}};
    return Response::problem(error, request.request_id);
  };
  if (asked.find("If-Match")) {
    std::string list = joined(asked.all("If-Match"));
    if (trim(list) != "*" && !matches(list, etag, true)) return precondition_failed();
  } else if (auto since = parse_http_date(asked.get("If-Unmodified-Since")); since && modified) {
    if (*modified > *since) return precondition_failed();
  }
  if (asked.find("If-None-Match")) {
    std::string list = joined(asked.all("If-None-Match"));
    if (trim(list) == "*" || matches(list, etag, false)) return not_modified(std::move(full));
  } else if (auto since = parse_http_date(asked.get("If-Modified-Since")); since && modified) {
    if (*modified <= *since) return not_modified(std::move(full));
  }
  // JSON is small and changes; ranges are for contents.
  std::string_view type = full.headers.get("Content-Type");
  if (type.starts_with("application/json")) return full;
  if (!full.headers.find("Accept-Ranges")) full.headers.add("Accept-Ranges", "bytes");
  return ranged(request, std::move(full), etag, modified);
}

}  // namespace reelvault::http
