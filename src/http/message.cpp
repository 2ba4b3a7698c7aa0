#include "http/message.hpp"

#include "base/text.hpp"

#include <charconv>

namespace reelvault::http {

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
  }
  return "GET";
}

std::optional<Method> parse_method(std::string_view name) {
  for (Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del, Method::options})
    if (method_name(method) == name) return method;
  return std::nullopt;
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return iequals(field.first, name); });
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_)
    if (field.size() == name.size() && iequals(field, name)) return &value;
  return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
  const std::string* value = find(name);
  return value ? std::string_view(*value) : std::string_view();
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& [field, value] : fields_)
    if (iequals(field, name)) out.push_back(value);
  return out;
}

const std::string* Request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return &value;
  return nullptr;
}

std::string_view Request::cookie(std::string_view name) const {
  for (const auto& [field, value] : headers.fields()) {
    if (!iequals(field, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      auto end = rest.find(';');
      std::string_view pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      auto equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      std::string_view found = pair.substr(equals + 1);
      if (found.size() >= 2 && found.front() == '"' && found.back() == '"') found = found.substr(1, found.size() - 2);
      return found;
    }
  }
  return {};
}

std::string Request::base_url() const {
  std::string out = public_url;
  if (out.empty()) {
    std::string_view host = headers.get("Host");
    out = (tls ? "https://" : "http://") + std::string(host.empty() ? "localhost" : host);
  }
  while (!out.empty() && out.back() == '/') out.pop_back();
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query_string(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    auto end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : percent_decode(pair.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

namespace {

constexpr CodeEntry kCodes[] = {
    {Code::invalid, 400, "invalid-request", "Bad Request"},
    {Code::unauthenticated, 401, "unauthenticated", "Unauthorized"},
    {Code::forbidden, 403, "forbidden", "Forbidden"},
    {Code::not_found, 404, "not-found", "Not Found"},
    {Code::not_allowed, 405, "method-not-allowed", "Method Not Allowed"},
    {Code::not_acceptable, 406, "not-acceptable", "Not Acceptable"},
    {Code::timeout, 408, "request-timeout", "Request Timeout"},
    {Code::conflict, 409, "conflict", "Conflict"},
    {Code::gone, 410, "gone", "Gone"},
    {Code::length_required, 411, "length-required", "Length Required"},
    {Code::precondition, 412, "precondition-failed", "Precondition Failed"},
    {Code::too_large, 413, "too-large", "Content Too Large"},
    {Code::unsupported_type, 415, "unsupported-media-type", "Unsupported Media Type"},
    {Code::range, 416, "range-not-satisfiable", "Range Not Satisfiable"},
    {Code::unprocessable, 422, "unprocessable", "Unprocessable Content"},
    {Code::too_many, 429, "too-many-requests", "Too Many Requests"},
    {Code::header_too_large, 431, "header-too-large", "Request Header Fields Too Large"},
    {Code::internal, 500, "internal", "Internal Server Error"},
    {Code::not_implemented, 501, "not-implemented", "Not Implemented"},
    {Code::unavailable, 503, "unavailable", "Service Unavailable"},
    {Code::no_space, 507, "no-space", "Insufficient Storage"},
};

}  // namespace

const CodeEntry& code_entry(Code code) {
  for (const CodeEntry& entry : kCodes)
    if (entry.code == code) return entry;
  return code_entry(Code::internal);
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    default: break;
  }
  for (const CodeEntry& entry : kCodes)
    if (entry.status == status) return entry.title;
  return {};
}

std::string content_disposition(std::string_view file_name, bool attachment) {
  // The fallback keeps printable ASCII without the characters that quoting or percent-decoding clients trip over.
  std::string fallback;
  for (char c : file_name) {
    bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%' && c != '/';
    if (plain)
      fallback += c;
    else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)
      fallback += '_';  // one for each character, not each byte
  }
  std::string out = attachment ? "attachment" : "inline";
  out += "; filename=\"" + fallback + "\"; filename*=UTF-8''" + percent_encode(repair_utf8(file_name));
  return out;
}

Response Response::json(int status, std::string text) {
  Response out;
  out.status = status;
  out.headers.add("Content-Type", "application/json");
  out.body = Body(std::move(text));
  return out;
}

Response Response::text(int status, std::string content_type, std::string text) {
  Response out;
  out.status = status;
  out.headers.add("Content-Type", std::move(content_type));
  out.body = Body(std::move(text));
  return out;
}

Response Response::problem(const Error& error, std::string_view instance) {
  const CodeEntry& entry = code_entry(error.code);
  boost::json::object document{
      {"type", error.type.empty() ? entry.slug : std::string_view(error.type)},
      {"title", entry.title},
      {"status", entry.status},
  };
  std::string_view sentence = error.message;
  if (sentence.empty()) {
    sentence =
        entry.status >= 500 ? "The server could not do this; the log has the reason under this instance." : entry.title;
  }
  document["detail"] = sentence;
  if (!instance.empty()) document["instance"] = instance;
  if (!error.faults.empty()) {
    boost::json::array faults;
    for (const FieldFault& fault : error.faults)
      faults.push_back(boost::json::object{{"pointer", fault.pointer}, {"detail", fault.detail}});
    document["errors"] = std::move(faults);
  }
  for (const auto& member : error.extra) document.emplace(member.key(), member.value());

  Response out;
  out.status = entry.status;
  out.headers.add("Content-Type", "application/problem+json");
  out.headers.add("Cache-Control", "no-store");
  if (entry.status == 401) out.headers.add("WWW-Authenticate", "Bearer");
  if (error.code == Code::not_allowed) {
    std::string allow;
    for (const std::string& method : error.allowed) allow += (allow.empty() ? "" : ", ") + method;
    out.headers.add("Allow", std::move(allow));
  }
  int retry = error.retry_after_seconds;
  if (retry == 0 && (error.code == Code::unavailable || error.code == Code::too_many)) retry = 1;
  if (retry > 0) out.headers.add("Retry-After", std::to_string(retry));
  // What a fault quotes may be whatever bytes a client sent.
  out.body = Body(repair_utf8(boost::json::serialize(document)));
  return out;
}

Response Response::redirect(std::string location, int status) {
  Response out;
  out.status = status;
  out.headers.add("Location", std::move(location));
  return out;
}

Response Response::event_stream(const Request& request) {
  Response out;
  out.headers.add("Content-Type", "text/event-stream");
  out.headers.add("Cache-Control", "no-store");
  out.headers.add("X-Accel-Buffering", "no");  // nginx in front would hold events back
  std::string_view last = request.headers.get("Last-Event-ID");
  if (last.empty())
    if (const std::string* given = request.query_value("lastEventId")) last = *given;
  out.events.emplace();
  std::uint64_t cursor = 0;
  auto [end, fault] = std::from_chars(last.data(), last.data() + last.size(), cursor);
  if (!last.empty() && fault == std::errc{} && end == last.data() + last.size()) out.events->cursor = cursor;
  return out;
}

}  // namespace reelvault::http
