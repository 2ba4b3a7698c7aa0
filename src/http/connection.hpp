// Private: one connection of one loop, from accept to close, and what connections of a server share.
#pragma once
#include "http/cold_file.hpp"
#include "http/io.hpp"
#include "http/parser.hpp"
#include "http/pipeline.hpp"
#include "http/tls.hpp"

namespace reelvault::http {

// Shared by all loops of a server.
struct Core {
  ServerOptions options;
  Pipeline pipeline;
  Lanes lanes;
  EventHub* hub;
  std::unique_ptr<TlsCredentials> tls;  // null: plain HTTP
  std::atomic<bool> stopping = false;
  std::atomic<int> connections = 0;
  prometheus::Gauge& connection_gauge;
  prometheus::Counter& received_bytes;

  Core(ServerOptions given, const RouteTable& table, Gate& gate, EventHub* events, IdempotencyStore* idempotency);
};

class Connection;

// One thread's event loop. All but `context` is touched on that thread alone.
struct Loop {
  explicit Loop(Core& shared) : core(shared) {}
  Core& core;
  asio::io_context context{1};
  std::set<Connection*> connections;
  std::vector<Block> spare_blocks;

  std::string_view date();  // for the Date field
  Block take_block();       // kBlockSize long
  void give_block(Block block);
  static constexpr std::size_t kBlockSize = 1 << 20;

 private:
  std::string date_;
  std::int64_t date_second_ = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, Socket socket, std::string remote_address);
  ~Connection();

  Task<void> run();
  // Called by the loop a few times a second: ends what has waited too long or moves too slowly.
  void tick(Clock::time_point now);
  void stop();  // the server stops: ends at once when no request is in flight
  void kill() { stream_.cancel(); }

 private:
  enum class Phase { opening, idle, head, body, handling, sending, events, lingering };
  enum class HeadRead { complete, closed, too_large, timed_out, tls };

  // connection.cpp: requests.
  Task<HeadRead> read_head();
  static Error refusal(HeadRead read);
  Task<void> serve();
  Task<std::optional<Response>> serve_json(const Route& route);
  Task<std::optional<Response>> serve_stream(const Route& route);
  Task<std::optional<Error>> pump(Sink& sink);
  Task<Result<std::size_t>> read_body(std::span<char> out);
  Task<bool> fill_buffer();
  Task<bool> invite_body();
  Task<void> drain();
  Task<void> close();
  bool body_unread() const { return !body_done_; }
  Response problem(const Error& error) { return core_.pipeline.problem(request_, error); }

  // responder.cpp: responses.
  Task<void> respond(Response response);
  void write_head(const Response& response, bool with_length);
  Task<bool> send_body(const Body& body, std::optional<Error>& unsent);
  Task<bool> send_bytes(const Bytes& bytes, bool more);
  Task<Result<void>> look_at(const Body& body);
  Task<Result<ColdFile>> open_file(const FileRange& range);
  Task<bool> send_file(const FileRange& range, bool more, std::optional<Error>& unsent);
  Task<bool> send_file_tls(int file, std::uint64_t offset, std::uint64_t length, bool more);
  Task<bool> send_remote(RemoteRange range, bool more, std::optional<Error>& unsent);
  Task<bool> send_events(const EventSubscription& wanted);
  Task<bool> write(std::string_view data, bool more);  // with the head in front, if it has not left yet

  void enter(Phase phase, std::chrono::milliseconds limit = std::chrono::milliseconds::max());

  Loop& loop_;
  Core& core_;
  Stream stream_;
  const std::string remote_address_;
  RequestParser parser_;
  Request request_;
  HeadInfo head_;
  const Route* route_ = nullptr;

  std::unique_ptr<char[]> buffer_;  // what was read and not yet used is [begin_, end_)
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::size_t head_size_ = 0;

  std::uint64_t body_left_ = 0;  // of a Content-Length body
  bool body_done_ = true;        // the request was read to its end
  bool invited_ = true;          // 100 Continue is not owed
  bool keep_alive_ = false;
  bool broken_ = false;  // nothing more can be sent
  bool linger_ = false;  // unread bytes would reset the connection under the response

  std::string out_;  // the head of the response, until it is sent
  bool head_sent_ = false;

  Phase phase_ = Phase::opening;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  Clock::time_point started_{};
  Clock::time_point last_tick_{};
  Clock::duration waited_{};  // on the peer, in this window of the rate
  std::uint64_t window_mark_ = 0;
  std::uint64_t counted_received_ = 0;
  std::function<void()> wake_events_;
};

}  // namespace reelvault::http
