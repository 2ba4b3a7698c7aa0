// Paths against a table of routes, and preconditions against a response, from any bytes: nothing leads out of its
// place, and a body is never more than there is.
#include "base/text.hpp"
#include "http/server.hpp"

#include <cstdlib>

using namespace reelvault;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

http::Route route(std::string pattern) {
  return http::raw(http::Method::get, std::move(pattern), {.access = http::everyone()},
                   [](http::Request&) -> Result<http::Response> { return http::Response{}; });
}

const http::RouteTable& table() {
  static const auto* const made = [] {
    auto* out = new http::RouteTable();
    for (const char* pattern : {"/", "/asset/{id}", "/asset/roots", "/asset/{id}/children", "/asset/{a}/{b}/detail",
                                "/media/{a}/{b}/{path...}", "/app/{path...}"})
      out->add(route(pattern));
    return out;
  }();
  return *made;
}

void match(std::string_view path) {
  auto found = table().match(http::Method::get, path);
  auto methods = table().methods(path);
  expect(!found || !methods.empty());
  if (!found) return;
  for (const auto& [name, value] : found->parameters) {
    if (name != "path") continue;
    for (std::string_view segment : split(value, '/')) expect(segment != "." && segment != "..");
    expect(!value.starts_with('/') && value.find("//") == std::string::npos && value.find('\0') == std::string::npos);
  }
}

void precondition(std::string_view name, std::string_view value) {
  http::Request request;
  request.headers.add("Range", "bytes=0-3,6-7");
  request.headers.add(std::string(name), std::string(value));
  http::Response full = http::Response::text(200, "video/mp4", "0123456789");
  full.headers.add("ETag", "\"tag\"");
  full.headers.add("Last-Modified", "Tue, 03 Mar 2026 10:00:00 GMT");
  http::Response answer = http::conditional(request, std::move(full));
  expect(answer.status == 200 || answer.status == 206 || answer.status == 304 || answer.status == 412);
  std::uint64_t at = 0;
  while (at < answer.body.size()) {
    auto segment = answer.body.next(at);
    expect(segment && http::segment_length(*segment) > 0);
    at += http::segment_length(*segment);
  }
  expect(at == answer.body.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  match(text);
  for (std::string_view name : {"If-Match", "If-None-Match", "If-Range", "If-Modified-Since", "If-Unmodified-Since"})
    precondition(name, text);
  (void)http::parse_query_string(text);
  http::Request request;
  request.headers.add("Cookie", std::string(text));
  (void)request.cookie("rv_session");
  std::string disposition = http::content_disposition(text, true);
  expect(disposition.find_first_of("\r\n") == std::string::npos);
  return 0;
}
