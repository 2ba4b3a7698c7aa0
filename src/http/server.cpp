// Loops, listeners, TLS contexts, and stopping.
#include "http/server.hpp"

#include "base/log.hpp"
#include "base/time.hpp"
#include "http/connection.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <future>

namespace reelvault::http {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, Executor>;
constexpr auto kTick = std::chrono::milliseconds(250);
constexpr int kBacklog = 1024;

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six))
      inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
    else
      inet_ntop(AF_INET6, &six, text, sizeof text);
  } else {
    return "unix";
  }
  return text;
}

Result<UniqueFd> bind_tcp(const std::string& address, std::uint16_t port, bool shared) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (int fault = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found); fault != 0)
    return fail(Code::internal, "listen", "The address " + address + " cannot be listened on: " + gai_strerror(fault));
  UniqueFd fd(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int on = 1, off = 0;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (found->ai_family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  bool bound = fd && bind(fd.get(), found->ai_addr, found->ai_addrlen) == 0;
  int why = errno;
  freeaddrinfo(found);
  if (bound) return fd;
  return fail(Code::internal, "listen",
              "Port " + std::to_string(port) + " of " + address + " cannot be listened on: " + strerror(why));
}

Result<UniqueFd> bind_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Code::internal, "listen", "The socket's path is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  unlink(path.c_str());  // what a former run left
  bool ready = fd && bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
               chmod(path.c_str(), 0600) == 0;  // nobody can connect before listen()
  if (!ready)
    return fail(Code::internal, "listen", "The socket " + path + " cannot be listened on: " + strerror(errno));
  return fd;
}

}  // namespace

Core::Core(ServerOptions given, const RouteTable& table, Gate& gate, EventHub* events, IdempotencyStore* idempotency)
    : options(std::move(given)),
      pipeline(options, table, gate, idempotency),
      lanes(options),
      hub(events),
      connection_gauge(metrics::gauge("reelvault_http_connections", "Open connections")),
      received_bytes(metrics::counter("reelvault_http_received_bytes_total", "Bytes of requests, headers included")) {}

std::string_view Loop::date() {
  auto time = now();
  std::int64_t second = unix_ms(time) / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(time);
  }
  return date_;
}

Block Loop::take_block() {
  if (spare_blocks.empty()) return Block(kBlockSize);
  Block out = std::move(spare_blocks.back());
  spare_blocks.pop_back();
  return out;
}

void Loop::give_block(Block block) {
  if (block.size() == kBlockSize && spare_blocks.size() < 4) spare_blocks.push_back(std::move(block));
}

namespace {

class RunningServer final : public Server {
 public:
  explicit RunningServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
  ~RunningServer() override { stop(); }

  Result<void> listen() {
    const ServerOptions& options = core_->options;
    bool unix_socket = !options.unix_socket.empty();
    int threads =
        options.threads > 0 ? options.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    if (unix_socket) threads = 1;
    if (!options.tls_certificate.empty() || !options.tls_key.empty()) {
      RV_TRY(core_->tls, TlsCredentials::load(options.tls_certificate, options.tls_key, options.tls_interval));
    }
    port_ = options.port;
    // Sockets that share a port would share it with another server's as well.
    if (!unix_socket && port_ != 0) RV_CHECK(bind_tcp(options.address, port_, false));
    for (int i = 0; i < threads; ++i) {
      UniqueFd fd;
      if (unix_socket) {
        RV_TRY(fd, bind_unix(options.unix_socket));
      } else {
        RV_TRY(fd, bind_tcp(options.address, port_, threads > 1));
      }
      if (::listen(fd.get(), kBacklog) != 0)
        return fail(Code::internal, "listen", std::string("The socket cannot be listened on: ") + strerror(errno));
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
      if (address.ss_family == AF_INET) port_ = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
      if (address.ss_family == AF_INET6) port_ = ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
      auto worker = std::make_unique<Worker>(*core_);
      asio::generic::stream_protocol protocol(address.ss_family, unix_socket ? 0 : IPPROTO_TCP);
      worker->acceptor.assign(protocol, fd.release());
      workers_.push_back(std::move(worker));
    }
    for (auto& worker : workers_) worker->thread = std::thread([raw = worker.get()] { raw->run(); });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void stop() override {
    std::lock_guard once(stopping_);
    if (stopped_) return;
    stopped_ = true;
    core_->stopping = true;
    if (workers_.empty() || !workers_.back()->thread.joinable()) return;  // it never started
    for (auto& worker : workers_)
      on_loop(*worker, [raw = worker.get()] {
        boost::system::error_code ignored;
        (void)raw->acceptor.close(ignored);
      });
    for (auto& worker : workers_)
      on_loop(*worker, [raw = worker.get()] {
        for (Connection* connection : raw->loop.connections) connection->stop();
      });
    if (!core_->options.unix_socket.empty()) unlink(core_->options.unix_socket.c_str());
    auto until = Clock::now() + core_->options.shutdown_grace;
    while (core_->connections.load() > 0 && Clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    // Whoever is still here is cut off; handlers that run are waited for, since they use what outlives this server.
    while (core_->connections.load() > 0) {
      for (auto& worker : workers_)
        on_loop(*worker, [raw = worker.get()] {
          for (Connection* connection : raw->loop.connections) connection->kill();
        });
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    // A fetch that its connection no longer waits for still reports to its loop.
    core_->lanes.close();
    for (auto& worker : workers_) {
      worker->loop.context.stop();
      worker->thread.join();
    }
  }

 private:
  struct Worker {
    explicit Worker(Core& core)
        : loop(core), acceptor(loop.context.get_executor()), ticker(loop.context.get_executor()) {}

    void run() {
      pthread_setname_np(pthread_self(), "http loop");
      auto guard = asio::make_work_guard(loop.context);
      asio::co_spawn(loop.context.get_executor(), accept(), [](std::exception_ptr) {});
      asio::co_spawn(loop.context.get_executor(), tick(), [](std::exception_ptr) {});
      loop.context.run();
    }

    Task<void> accept() {
      for (;;) {
        boost::system::error_code fault;
        co_await acceptor.async_wait(Acceptor::wait_read, asio::redirect_error(use_task, fault));
        if (!acceptor.is_open()) co_return;
        for (int batch = 0; !fault && batch < 64 && accept_one(); ++batch) {}
        if (!starved) continue;
        // Out of descriptors, mostly: the backlog holds the clients until some are free.
        starved = false;
        pause.expires_after(std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::redirect_error(use_task, fault));
      }
    }

    // By hand, since Asio's sockets are inherited by child processes, which would hold connections open.
    bool accept_one() {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      int fd =
          accept4(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) {
        starved = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        return errno == EINTR || errno == ECONNABORTED;
      }
      UniqueFd owned(fd);
      Core& core = loop.core;
      if (core.connections.fetch_add(1) >= core.options.max_connections) {
        core.connections.fetch_sub(1);
        refuse(fd);
        return true;
      }
      core.connection_gauge.Increment();
      auto executor = loop.context.get_executor();
      Socket socket(executor);
      socket.assign({peer.ss_family, peer.ss_family == AF_UNIX ? 0 : IPPROTO_TCP}, owned.release());
      auto connection =
          std::make_shared<Connection>(loop, std::move(socket), address_text(reinterpret_cast<sockaddr*>(&peer)));
      asio::co_spawn(executor, connection->run(), [connection](std::exception_ptr fault) {
        if (!fault) return;
        try {
          std::rethrow_exception(fault);
        } catch (const std::exception& bug) {
          log::error("a connection ended by an exception", {{"detail", bug.what()}});
        }
      });
      return true;
    }

    void refuse(int fd) const {
      if (loop.core.tls) return;  // a handshake is what there is no room for
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      (void)!send(fd, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    Task<void> tick() {
      for (;;) {
        boost::system::error_code ignored;
        ticker.expires_after(kTick);
        co_await ticker.async_wait(asio::redirect_error(use_task, ignored));
        auto now = Clock::now();
        for (Connection* connection : loop.connections) connection->tick(now);
      }
    }

    Loop loop;
    Acceptor acceptor;
    Timer ticker, pause{loop.context.get_executor()};
    bool starved = false;  // of descriptors or memory
    std::thread thread;
  };

  template <class F>
  static void on_loop(Worker& worker, F&& work) {
    std::promise<void> done;
    asio::post(worker.loop.context.get_executor(), [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::unique_ptr<Core> core_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::uint16_t port_ = 0;
  std::mutex stopping_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, const RouteTable& table, Gate& gate, EventHub* hub,
                                              IdempotencyStore* idempotency) {
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return fail(Code::internal, "tls", "TLS needs both a certificate and a key.");
  // sendfile and OpenSSL write to sockets that may be gone.
  std::signal(SIGPIPE, SIG_IGN);
  auto core = std::make_unique<Core>(std::move(options), table, gate, hub, idempotency);
  auto server = std::make_unique<RunningServer>(std::move(core));
  RV_CHECK(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace reelvault::http
