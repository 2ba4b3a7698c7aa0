// Private to the few files of this room that know Asio: sockets with or without TLS, event loops, and how a coroutine
// waits for a lane. Everything here belongs to one loop's thread unless it says otherwise.
#pragma once
#include "base/error.hpp"
#include "base/file.hpp"
#include "http/lane.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <span>

#include <sys/uio.h>

struct ssl_st;
struct ssl_ctx_st;

namespace reelvault::http {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;  // concrete: any_io_executor costs a virtual call at each step
template <class T>
using Task = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> use_task{};
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Clock = std::chrono::steady_clock;

// Memory for streamed bodies, given back to the system when a loop has no use for it.
class Block {
 public:
  Block() = default;
  explicit Block(std::size_t size);
  Block(Block&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Block& operator=(Block&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Block();
  char* data() { return data_; }
  std::size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// A connected socket, plain or TLS. Reads and writes end early, as if the peer had gone, when cancel() is called.
class Stream {
 public:
  Stream(Socket socket, ssl_ctx_st* tls);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Task<bool> handshake();
  Task<std::size_t> read_some(std::span<char> into);  // 0: the peer ended, a fault, or cancelled
  // True: all was written. `more`: further bytes follow at once, so that they may share a packet.
  Task<bool> write(std::span<iovec> parts, bool more);
  // As much of that as goes without waiting, plain sockets only; advances `parts`. False: the connection is broken.
  bool write_now(std::span<iovec>& parts, bool more);
  bool can_send_file() const { return tls_ == nullptr; }
  enum class Sent { all, short_file, broken };
  Task<Sent> send_file(int fd, std::uint64_t offset, std::uint64_t length);

  void cancel();  // any pending operation ends, and each later one until rearm()
  void rearm() { cancelled_ = false; }
  void shut_write();  // the peer sees the end of the response
  Task<bool> wait_readable();

  int fd() { return socket_.native_handle(); }
  Socket& socket() { return socket_; }
  std::uint64_t received() const { return received_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t acknowledged();              // sent, less what still waits in the kernel
  bool waiting() const { return waiting_; }  // on the peer, right now

 private:
  Task<bool> wait(Socket::wait_type what);
  void refuse_plain();
  Task<bool> write_tls(std::span<iovec> parts);
  Task<bool> write_tls_bytes(const char* data, std::size_t size);

  Socket socket_;
  ssl_st* tls_ = nullptr;
  std::uint64_t received_ = 0, sent_ = 0;
  bool waiting_ = false;
  bool cancelled_ = false;
};

// Work that was started on a lane and whose result a coroutine of a loop takes later.
template <class T>
class LaneTask {
  struct State {
    std::optional<T> value;
    std::move_only_function<void()> waiter;
  };

 public:
  // `must`: a further step of admitted work, never refused. Empty when the lane is full.
  template <class F>
  static std::optional<LaneTask> start(Lane& lane, const Executor& executor, F work, bool must = false) {
    LaneTask task(std::make_shared<State>());
    auto job = [state = task.state_, executor, work = std::move(work)]() mutable {
      T value = work();
      // The state belongs to the loop: it is handed over, and let go of here.
      asio::post(executor, [state = std::move(state), value = std::move(value)]() mutable {
        state->value.emplace(std::move(value));
        if (auto waiter = std::exchange(state->waiter, nullptr)) waiter();
      });
    };
    if (must)
      lane.must_submit(std::move(job));
    else if (!lane.submit(std::move(job)))
      return std::nullopt;
    return task;
  }

  bool ready() const { return state_->value.has_value(); }
  Task<T> result() {
    auto state = state_;
    if (!state->value)
      co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
          [state](auto handler) { state->waiter = std::move(handler); }, use_task);
    co_return std::move(*state->value);
  }

 private:
  explicit LaneTask(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace reelvault::http
