#include "base/text.hpp"
#include "http/test_client.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <stdexcept>

namespace reelvault::http::testing {

std::string Answer::header(const std::string& name) const {
  auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Client::Client(std::uint16_t port, bool tls) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect");
  timeval limit{20, 0};  // a test fails rather than hangs
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (!tls) return;
  static SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  tls_ = SSL_new(context);
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_set_alpn_protos(tls_, kProtocols, sizeof kProtocols - 1);
  SSL_set_fd(tls_, fd_.get());
  if (SSL_connect(tls_) != 1) throw std::runtime_error("handshake");
}

Client::Client(const std::string& unix_socket) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, unix_socket.c_str(), sizeof address.sun_path - 1);
  if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect");
}

Client::~Client() {
  if (tls_) SSL_free(tls_);
}

std::string Client::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string Client::certificate_name() const {
  char name[64] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(tls_)), NID_commonName, name, sizeof name);
  return name;
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t wrote = tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                         : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

std::string Client::read_some() {
  char block[64 << 10];
  ssize_t got = tls_ ? SSL_read(tls_, block, sizeof block) : recv(fd_.get(), block, sizeof block, 0);
  return got > 0 ? std::string(block, static_cast<std::size_t>(got)) : std::string();
}

bool Client::closed() {
  pollfd wait{fd_.get(), POLLIN, 0};
  if (poll(&wait, 1, 10'000) != 1) return false;
  return read_some().empty();
}

Answer Client::read(bool head_only) {
  Answer out;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    std::string more = read_some();
    if (more.empty()) return out;
    buffer_ += more;
  }
  std::string head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  out.status = std::stoi(head.substr(9, 3));
  for (std::string_view line : split(std::string_view(head).substr(head.find("\r\n") + 2), '\n')) {
    auto colon = line.find(':');
    if (colon != std::string_view::npos)
      out.headers.emplace(lower_ascii(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  }
  if (head_only || out.status == 204 || out.status == 304 || out.status == 100) {
    out.complete = true;
    return out;
  }
  std::string length = out.header("content-length");
  std::size_t want = length.empty() ? SIZE_MAX : std::stoull(length);
  while (buffer_.size() < want) {
    std::string more = read_some();
    if (more.empty()) break;
    buffer_ += more;
  }
  out.complete = buffer_.size() >= want;
  out.body = buffer_.substr(0, want);
  buffer_.erase(0, out.body.size());
  return out;
}

Answer Client::call(std::string_view method, std::string_view target, const std::map<std::string, std::string>& headers,
                    std::string_view body) {
  std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n";
  send(request + std::string(body));
  return read(method == "HEAD");
}

}  // namespace reelvault::http::testing
