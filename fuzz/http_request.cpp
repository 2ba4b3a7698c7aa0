// The head of a request, a chunked body and a Range header from any bytes.
#include "http/parser.hpp"
#include "http/range.hpp"

#include <cstdlib>

using namespace reelvault;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void chunked_body(http::RequestParser& parser, std::string_view data) {
  std::array<char, 64> out;
  while (true) {
    auto chunk = parser.chunk(data, out);
    if (!chunk || chunk->done) return;
    expect(chunk->consumed <= data.size() && chunk->produced <= out.size());
    if (chunk->consumed == 0 && chunk->produced == 0) return;
    data.remove_prefix(chunk->consumed);
  }
}

void ranges(std::string_view header) {
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, UINT64_MAX >> 1}) {
    auto request = http::parse_range(header, size);
    expect((request.kind == http::RangeRequest::Kind::satisfiable) == !request.ranges.empty());
    expect(request.ranges.size() <= http::kMaxRanges);
    for (const auto& range : request.ranges) {
      expect(range.length > 0 && range.first < size && range.length <= size - range.first);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ranges(text);
  auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  http::RequestParser parser;
  http::Request request;
  auto head = parser.head(text.substr(0, end + 4), request);
  if (head && head->chunked) chunked_body(parser, text.substr(end + 4));
  return 0;
}
