#include "http/io.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cstring>
#include <new>

namespace reelvault::http {

Block::Block(std::size_t size) : size_(size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<char*>(memory);
}

Block::~Block() {
  if (data_) munmap(data_, size_);
}

Stream::Stream(Socket socket, ssl_ctx_st* tls) : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  (void)socket_.native_non_blocking(true, ignored);
  int on = 1;
  setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // refused by Unix sockets, which need none
  if (!tls) return;
  tls_ = SSL_new(tls);
  SSL_set_fd(tls_, fd());
  SSL_set_accept_state(tls_);
}

Stream::~Stream() {
  if (tls_) SSL_free(tls_);
}

void Stream::cancel() {
  cancelled_ = true;
  boost::system::error_code ignored;
  (void)socket_.cancel(ignored);
}

Task<bool> Stream::wait(Socket::wait_type what) {
  if (cancelled_) co_return false;
  boost::system::error_code fault;
  waiting_ = true;
  co_await socket_.async_wait(what, asio::redirect_error(use_task, fault));
  waiting_ = false;
  co_return !fault && !cancelled_;
}

Task<bool> Stream::wait_readable() {
  if (tls_ && SSL_pending(tls_) > 0) co_return true;
  co_return co_await wait(Socket::wait_read);
}

Task<bool> Stream::handshake() {
  if (!tls_) co_return true;
  if (!co_await wait(Socket::wait_read)) co_return false;
  // Every method of HTTP begins with a letter, no message of TLS does.
  char first = 0;
  if (recv(fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
      ((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z'))) {
    refuse_plain();
    co_return false;
  }
  for (;;) {
    ERR_clear_error();
    int result = SSL_do_handshake(tls_);
    if (result == 1) co_return true;
    int why = SSL_get_error(tls_, result);
    bool again = false;
    if (why == SSL_ERROR_WANT_READ)
      again = co_await wait(Socket::wait_read);
    else if (why == SSL_ERROR_WANT_WRITE)
      again = co_await wait(Socket::wait_write);
    if (!again) co_return false;
  }
}

// To a browser that was given http:// instead of https:// an end without a word looks like a server that is broken.
void Stream::refuse_plain() {
  static constexpr std::string_view kBody =
      R"({"type":"https-required","title":"Bad Request","status":400,"detail":"This port speaks HTTPS."})";
  static const std::string answer = fmt::format(
      "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      kBody.size(), kBody);
  char rest[16 << 10];  // unread, it would have the kernel take back the answer
  (void)!recv(fd(), rest, sizeof rest, MSG_DONTWAIT);
  (void)!send(fd(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Task<std::size_t> Stream::read_some(std::span<char> into) {
  if (cancelled_) co_return 0;
  if (!tls_) {
    boost::system::error_code fault;
    waiting_ = true;
    std::size_t got =
        co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), asio::redirect_error(use_task, fault));
    waiting_ = false;
    if (fault || cancelled_) co_return 0;
    received_ += got;
    co_return got;
  }
  for (;;) {
    ERR_clear_error();
    std::size_t got = 0;
    int result = SSL_read_ex(tls_, into.data(), into.size(), &got);
    if (result == 1) {
      received_ += got;
      co_return got;
    }
    int why = SSL_get_error(tls_, result);
    bool again = false;
    if (why == SSL_ERROR_WANT_READ)
      again = co_await wait(Socket::wait_read);
    else if (why == SSL_ERROR_WANT_WRITE)
      again = co_await wait(Socket::wait_write);
    if (!again) co_return 0;
  }
}

bool Stream::write_now(std::span<iovec>& parts, bool more) {
  while (!parts.empty()) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    ssize_t wrote = sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    sent_ += static_cast<std::uint64_t>(wrote);
    auto left = static_cast<std::size_t>(wrote);
    while (!parts.empty() && left >= parts.front().iov_len) {
      left -= parts.front().iov_len;
      parts = parts.subspan(1);
    }
    if (left > 0) {
      parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + left;
      parts.front().iov_len -= left;
    }
  }
  return true;
}

Task<bool> Stream::write(std::span<iovec> parts, bool more) {
  if (tls_) co_return co_await write_tls(parts);
  for (;;) {
    if (!write_now(parts, more)) co_return false;
    if (parts.empty()) co_return true;
    if (!co_await wait(Socket::wait_write)) co_return false;
  }
}

Task<bool> Stream::write_tls(std::span<iovec> parts) {
  // One record for a head and a small body: each SSL_write is a record and a system call of its own.
  std::size_t total = 0;
  for (const iovec& part : parts) total += part.iov_len;
  if (parts.size() > 1 && total <= (16 << 10)) {
    std::string joined;
    joined.reserve(total);
    for (const iovec& part : parts) joined.append(static_cast<const char*>(part.iov_base), part.iov_len);
    co_return co_await write_tls_bytes(joined.data(), joined.size());
  }
  for (const iovec& part : parts)
    if (!co_await write_tls_bytes(static_cast<const char*>(part.iov_base), part.iov_len)) co_return false;
  co_return true;
}

Task<bool> Stream::write_tls_bytes(const char* data, std::size_t size) {
  while (size > 0) {
    ERR_clear_error();
    std::size_t wrote = 0;
    int result = SSL_write_ex(tls_, data, size, &wrote);
    if (result == 1) {
      sent_ += wrote;
      data += wrote;
      size -= wrote;
      continue;
    }
    int why = SSL_get_error(tls_, result);
    bool again = false;
    if (why == SSL_ERROR_WANT_READ)
      again = co_await wait(Socket::wait_read);
    else if (why == SSL_ERROR_WANT_WRITE)
      again = co_await wait(Socket::wait_write);
    if (!again) co_return false;
  }
  co_return true;
}

Task<Stream::Sent> Stream::send_file(int file, std::uint64_t offset, std::uint64_t length) {
  auto at = static_cast<off_t>(offset);
  while (length > 0) {
    ssize_t wrote = ::sendfile(fd(), file, &at, length);
    if (wrote > 0) {
      sent_ += static_cast<std::uint64_t>(wrote);
      length -= static_cast<std::uint64_t>(wrote);
      continue;
    }
    if (wrote == 0) co_return Sent::short_file;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return Sent::broken;
    if (!co_await wait(Socket::wait_write)) co_return Sent::broken;
  }
  co_return Sent::all;
}

void Stream::shut_write() {
  if (tls_) {
    ERR_clear_error();
    SSL_shutdown(tls_);  // sends close_notify; the answer is not waited for
  }
  ::shutdown(fd(), SHUT_WR);
}

std::uint64_t Stream::acknowledged() {
  int waiting = 0;
  if (ioctl(fd(), SIOCOUTQ, &waiting) != 0 || waiting < 0) return sent_;
  // Under TLS the kernel counts records, which are a little longer than what was given to write.
  return sent_ - std::min(sent_, static_cast<std::uint64_t>(waiting));
}

}  // namespace reelvault::http
