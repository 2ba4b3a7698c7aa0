#include "http/parser.hpp"

#include "base/text.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstring>

namespace reelvault::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t kMaxFields = 200;

std::unexpected<Error> bad_request(std::string sentence) {
  return fail(Code::invalid, "malformed-request", std::move(sentence));
}

class Parser final : public beast::http::basic_parser<true> {
 public:
  Request* request = nullptr;
  std::span<char> out;
  std::size_t produced = 0;
  bool known_method = true;
  bool http_1_0 = false;
  std::size_t fields = 0, hosts = 0;

 private:
  using error_code = beast::error_code;
  using string_view = beast::string_view;

  void on_request_impl(beast::http::verb, string_view method, string_view target, int version, error_code&) override {
    auto parsed = http::parse_method({method.data(), method.size()});
    known_method = parsed.has_value();
    request->method = parsed.value_or(Method::get);
    request->target.assign(target.data(), target.size());
    http_1_0 = version == 10;
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field field, string_view name, string_view value, error_code& fault) override {
    if (is_header_done()) return;  // a trailer
    if (++fields > kMaxFields) {
      fault = beast::http::error::header_limit;
      return;
    }
    if (field == beast::http::field::host) ++hosts;
    request->headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& fault) override {
    std::size_t taken = std::min(body.size(), out.size() - produced);
    if (taken == 0) {
      fault = beast::http::error::need_buffer;
      return 0;
    }
    std::memcpy(out.data() + produced, body.data(), taken);
    produced += taken;
    return taken;
  }
  void on_finish_impl(error_code&) override {}
};

}  // namespace

struct RequestParser::Impl {
  std::optional<Parser> parser;
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

Result<HeadInfo> RequestParser::head(std::string_view head, Request& into) {
  Parser& parser = impl_->parser.emplace();
  parser.request = &into;
  parser.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(head.size() + 1, UINT32_MAX)));
  parser.body_limit(boost::none);
  beast::error_code fault;
  std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), fault);
  if (fault == beast::http::error::header_limit)
    return fail(Code::header_too_large, "", "The request has too many header fields.");
  if (fault || !parser.is_header_done() || used != head.size())
    return bad_request("The request's head is not HTTP: " + (fault ? fault.message() : "it ends early") + ".");

  HeadInfo out;
  out.keep_alive = parser.keep_alive();
  out.http_1_0 = parser.http_1_0;
  out.chunked = parser.chunked();
  out.known_method = parser.known_method;
  if (auto length = parser.content_length()) into.content_length = *length;
  auto encodings = into.headers.all("Transfer-Encoding");
  if (!encodings.empty()) {
    if (parser.http_1_0 || into.headers.find("Content-Length"))
      return bad_request("Transfer-Encoding stands beside Content-Length, or in an HTTP/1.0 request.");
    if (encodings.size() != 1 || !iequals(encodings.front(), "chunked"))
      return fail(Code::not_implemented, "", "Of transfer encodings only chunked is known.");
  }
  if (parser.hosts > 1 || (parser.hosts == 0 && !parser.http_1_0))
    return bad_request("The request needs one Host field.");
  if (!parser.http_1_0) out.expects_continue = iequals(into.headers.get("Expect"), "100-continue");
  RV_CHECK(split_target(into));
  return out;
}

Result<RequestParser::Chunk> RequestParser::chunk(std::string_view data, std::span<char> out) {
  Parser& parser = *impl_->parser;
  Chunk result;
  parser.out = out;
  parser.produced = 0;
  parser.eager(true);
  if (!parser.is_done()) {
    beast::error_code fault;
    result.consumed = parser.put(boost::asio::buffer(data.data(), data.size()), fault);
    bool waits = fault == beast::http::error::need_more || fault == beast::http::error::need_buffer;
    if (fault && !waits) return bad_request("The chunked body is malformed: " + fault.message() + ".");
  }
  result.produced = parser.produced;
  result.done = parser.is_done();
  return result;
}

Result<void> split_target(Request& request) {
  std::string_view target = request.target;
  if (target == "*" && request.method == Method::options) {
    request.path = "*";
    return {};
  }
  if (!target.starts_with('/')) {
    auto scheme = target.find("://");
    if (scheme == std::string_view::npos) return bad_request("The request target is neither a path nor a URL.");
    auto slash = target.find_first_of("/?", scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (target.find('#') != std::string_view::npos) return bad_request("A request target has no fragment.");
  auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (request.path.empty()) request.path = "/";
  if (mark != std::string_view::npos) {
    auto query = parse_query_string(target.substr(mark + 1));
    if (!query) return bad_request("The query string has a malformed percent escape.");
    request.query = std::move(*query);
  }
  return {};
}

}  // namespace reelvault::http
