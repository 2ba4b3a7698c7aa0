// Reads the head of a request and chunked bodies, by Beast's parser, whose headers stay in the .cpp. One connection's;
// not thread-safe.
#pragma once
#include "http/message.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace reelvault::http {

struct HeadInfo {
  bool keep_alive = false;
  bool http_1_0 = false;
  bool chunked = false;
  bool expects_continue = false;
  bool known_method = true;  // false: something like PROPFIND, which no route answers
};

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();

  // `head`: all up to and including the empty line. Fills method, target, path, query, headers and content_length of a
  // fresh request; even when it fails, what could be read is there.
  Result<HeadInfo> head(std::string_view head, Request& into);

  struct Chunk {
    std::size_t consumed = 0;  // of `data`; what is left must come again with more behind it
    std::size_t produced = 0;  // into `out`
    bool done = false;         // the last chunk and the trailers were read
  };
  // Decodes a chunked body, after head().
  Result<Chunk> chunk(std::string_view data, std::span<char> out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Path and query of a request target in origin or absolute form.
Result<void> split_target(Request& request);

}  // namespace reelvault::http
