// For tests: a small blocking HTTP client over a real socket, with or without TLS, that can also misbehave.
#pragma once
#include "base/file.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace reelvault::http::testing {

struct Answer {
  int status = 0;                                   // 0: the connection ended before a whole response
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool complete = false;  // all of Content-Length came
  std::string header(const std::string& name) const;
};

class Client {
 public:
  explicit Client(std::uint16_t port, bool tls = false);
  explicit Client(const std::string& unix_socket);
  Client(Client&& other) noexcept
      : fd_(std::move(other.fd_)), tls_(std::exchange(other.tls_, nullptr)), buffer_(std::move(other.buffer_)) {}
  ~Client();

  bool send(std::string_view bytes);  // false: the server has closed
  // Reads one response; `head_only` for answers to HEAD.
  Answer read(bool head_only = false);
  std::string read_some();  // empty: closed
  bool closed();            // waits for the server to close; false after 10 s, or when bytes come first
  // One exchange: "GET", "/path", {{"Range", "bytes=0-1"}}, body.
  Answer call(std::string_view method, std::string_view target, const std::map<std::string, std::string>& headers = {},
              std::string_view body = {});
  int fd() const { return fd_.get(); }
  std::string alpn() const;
  std::string certificate_name() const;  // the common name that the server showed

 private:
  UniqueFd fd_;
  ssl_st* tls_ = nullptr;
  std::string buffer_;
};

}  // namespace reelvault::http::testing
