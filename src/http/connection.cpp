// The request side of a connection: heads, bodies, and the way through the pipeline.
#include "http/connection.hpp"

#include <cstring>

namespace reelvault::http {
namespace {

constexpr std::size_t kFirstBuffer = 4 << 10;
constexpr std::uint64_t kDrainLimit = 64 << 10;  // a refused body up to this is read, so that the connection lives on
constexpr std::size_t kInlineBody = 64 << 10;    // a larger JSON body is not parsed on the loop
constexpr auto kLingerIdle = std::chrono::seconds(5);
constexpr auto kLingerTotal = std::chrono::seconds(30);

constexpr int kClientClosed = 499;  // in the log alone, as nginx has it

}  // namespace

Connection::Connection(Loop& loop, Socket socket, std::string remote_address)
    : loop_(loop),
      core_(loop.core),
      stream_(std::move(socket), loop.core.tls ? loop.core.tls->context().get() : nullptr),
      remote_address_(std::move(remote_address)) {
  loop_.connections.insert(this);
}

Connection::~Connection() {
  loop_.connections.erase(this);
  core_.connection_gauge.Decrement();
  core_.connections.fetch_sub(1);
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  deadline_ = limit == std::chrono::milliseconds::max() ? Clock::time_point::max() : Clock::now() + limit;
  waited_ = {};
}

void Connection::tick(Clock::time_point now) {
  auto elapsed = now - std::exchange(last_tick_, now);
  if (now >= deadline_) {
    timed_out_ = true;
    stream_.cancel();
    return;
  }
  bool rated = phase_ == Phase::body || phase_ == Phase::sending || phase_ == Phase::events;
  if (!rated || core_.options.minimum_rate == 0) return;
  // Only time spent on the peer counts: a slow disk of ours is not its fault.
  if (!stream_.waiting()) return;
  std::uint64_t moved = stream_.received() + stream_.acknowledged();
  if (waited_ == Clock::duration{}) window_mark_ = moved;
  waited_ += elapsed;
  if (waited_ < core_.options.rate_window) return;
  waited_ = {};
  auto wanted = core_.options.minimum_rate * static_cast<std::uint64_t>(core_.options.rate_window.count());
  if (moved - window_mark_ >= wanted) return;
  timed_out_ = true;
  stream_.cancel();
}

void Connection::stop() {
  if (phase_ == Phase::idle || phase_ == Phase::lingering) stream_.cancel();
  if (wake_events_) wake_events_();
}

Task<void> Connection::run() {
  auto self = shared_from_this();
  last_tick_ = Clock::now();
  enter(Phase::opening, core_.options.header_timeout);
  if (!co_await stream_.handshake()) co_return;
  for (bool first = true;; first = false) {
    enter(Phase::idle, first ? core_.options.header_timeout : core_.options.idle_timeout);
    HeadRead read = co_await read_head();
    if (read == HeadRead::closed) break;
    started_ = Clock::now();
    enter(Phase::handling);
    if (read == HeadRead::complete) {
      co_await serve();
    } else {
      request_ = Request{};
      request_.remote_address = remote_address_;
      route_ = nullptr;
      keep_alive_ = false;
      linger_ = true;
      core_.pipeline.identify(request_);
      stream_.rearm();
      co_await respond(problem(refusal(read)));
    }
    if (!keep_alive_ || broken_) break;
  }
  co_await close();
}

Error Connection::refusal(HeadRead read) {
  auto error = [](Code code, std::string type, std::string message) {
    return Error{code, std::move(type), std::move(message), {}, {}, {}, 0, {}};
  };
  if (read == HeadRead::tls)
    return error(Code::invalid, "http-required", "This port speaks plain HTTP; what came is the beginning of HTTPS.");
  if (read == HeadRead::too_large)
    return error(Code::header_too_large, "", "The request's head is larger than this server takes.");
  return error(Code::timeout, "", "The request did not arrive in time.");
}

Task<bool> Connection::fill_buffer() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == capacity_) {
    if (begin_ > 0) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      std::size_t larger = capacity_ == 0 ? kFirstBuffer : capacity_ * 2;
      auto memory = std::make_unique_for_overwrite<char[]>(larger);
      if (end_ > 0) std::memcpy(memory.get(), buffer_.get(), end_);
      buffer_ = std::move(memory);
      capacity_ = larger;
    }
  }
  std::size_t got = co_await stream_.read_some({buffer_.get() + end_, capacity_ - end_});
  end_ += got;
  co_return got > 0;
}

Task<Connection::HeadRead> Connection::read_head() {
  if (begin_ == end_ && capacity_ > kFirstBuffer) {  // a large head's memory is not kept while idle
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
  }
  std::size_t scanned = 0;
  for (;;) {
    // Empty lines in front of a request are ignored (RFC 9112, 2.2).
    while (end_ - begin_ >= 2 && scanned == 0 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') begin_ += 2;
    std::string_view have(buffer_.get() + begin_, end_ - begin_);
    // So a handshake begins. Who speaks TLS waits for an answer, not for an end of the head.
    if (have.starts_with('\x16')) co_return HeadRead::tls;
    auto end = have.find("\r\n\r\n", scanned);
    if (end != std::string_view::npos) {
      head_size_ = end + 4;
      co_return head_size_ > core_.options.header_limit ? HeadRead::too_large : HeadRead::complete;
    }
    if (have.size() >= core_.options.header_limit) co_return HeadRead::too_large;
    scanned = have.size() > 3 ? have.size() - 3 : 0;
    if (!have.empty() && phase_ == Phase::idle) enter(Phase::head, core_.options.header_timeout);
    if (have.empty() && core_.stopping.load(std::memory_order_relaxed)) co_return HeadRead::closed;
    if (!co_await fill_buffer()) co_return timed_out_&& begin_ != end_ ? HeadRead::timed_out : HeadRead::closed;
  }
}

Task<void> Connection::serve() {
  request_ = Request{};
  request_.remote_address = remote_address_;
  request_.public_url = core_.options.public_url;
  request_.tls = core_.tls != nullptr;
  route_ = nullptr;
  auto head = parser_.head({buffer_.get() + begin_, head_size_}, request_);
  begin_ += head_size_;
  core_.pipeline.identify(request_);
  if (!head) {
    keep_alive_ = false;
    linger_ = true;
    co_await respond(problem(head.error()));
    co_return;
  }
  head_ = *head;
  keep_alive_ = head_.keep_alive;
  body_left_ = request_.content_length.value_or(0);
  body_done_ = !head_.chunked && body_left_ == 0;
  invited_ = !head_.expects_continue || body_done_;

  std::optional<Response> response = core_.pipeline.options(request_);
  if (!response) {
    auto admit = [this] { return core_.pipeline.admit(request_, head_.known_method); };
    Result<const Route*> route = nullptr;
    if (core_.pipeline.may_wait(request_)) {
      auto executor = loop_.context.get_executor();
      auto task = LaneTask<Result<const Route*>>::start(core_.lanes.of(Cost::outside), executor, admit);
      if (task)
        route = co_await task->result();
      else
        route =
            fail(Error{Code::unavailable, "busy", "The server has too much to do at the moment.", {}, {}, {}, 1, {}});
    } else {
      route = admit();
    }
    if (!route) {
      response = problem(route.error());
    } else {
      route_ = *route;
      response = route_->stream ? co_await serve_stream(*route_) : co_await serve_json(*route_);
    }
  }
  if (!response) {  // the request's body broke off: there is nobody to answer
    core_.pipeline.record(route_, request_, kClientClosed,
                          std::chrono::duration<double>(Clock::now() - started_).count(), 0);
    keep_alive_ = false;
    broken_ = true;
    co_return;
  }
  bool drains = body_unread() && invited_ && !head_.chunked && body_left_ <= kDrainLimit;
  if (body_unread() && !drains) {
    keep_alive_ = false;
    linger_ = true;
  }
  co_await respond(std::move(*response));
  if (drains && keep_alive_ && !broken_) co_await drain();
}

Task<std::optional<Response>> Connection::serve_json(const Route& route) {
  if (auto fits = core_.pipeline.check_body(route, request_, body_unread()); !fits) co_return problem(fits.error());
  if (body_unread()) {
    enter(Phase::body, core_.options.request_timeout);
    if (!co_await invite_body()) co_return std::nullopt;
    std::string& body = request_.body;
    for (;;) {
      constexpr std::size_t kStep = 64 << 10;
      std::size_t had = body.size();
      std::size_t want =
          head_.chunked ? kStep : static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, kStep * 4));
      body.resize_and_overwrite(had + want, [](char*, std::size_t size) { return size; });
      auto got = co_await read_body({body.data() + had, want});
      body.resize(had + (got ? *got : 0));
      if (!got && broken_) co_return std::nullopt;
      if (!got) co_return problem(got.error());
      if (body_done_) break;
      if (body.size() > core_.options.body_limit)
        co_return problem(Error{Code::too_large,
                                "",
                                "The body is larger than " + std::to_string(core_.options.body_limit) + " bytes.",
                                {},
                                {},
                                {},
                                0,
                                {}});
    }
    if (body.size() > core_.options.body_limit)
      co_return problem(Error{Code::too_large, "", "The body is too large.", {}, {}, {}, 0, {}});
    enter(Phase::handling);
  }
  auto work = [this, &route]() -> Response {
    auto handler = core_.pipeline.bind(route, request_);
    if (!handler) return problem(handler.error());
    return core_.pipeline.run(route, request_, *handler);
  };
  Cost cost = core_.pipeline.cost(route, request_);
  if (cost == Cost::point && request_.body.size() <= kInlineBody) co_return work();
  auto task = LaneTask<Response>::start(core_.lanes.of(cost), loop_.context.get_executor(), work);
  if (!task)
    co_return problem(
        Error{Code::unavailable, "busy", "The server has too much to do at the moment.", {}, {}, {}, 1, {}});
  co_return co_await task->result();
}

Task<std::optional<Response>> Connection::serve_stream(const Route& route) {
  Lane& lane = core_.lanes.of(Cost::write);
  auto executor = loop_.context.get_executor();
  using Opened = Result<Streamed>;
  auto opening =
      LaneTask<Opened>::start(lane, executor, [this, &route] { return core_.pipeline.open(route, request_); });
  if (!opening)
    co_return problem(
        Error{Code::unavailable, "busy", "The server has too much to do at the moment.", {}, {}, {}, 1, {}});
  Opened streamed = co_await opening->result();
  if (!streamed) co_return problem(streamed.error());

  enter(Phase::body);
  std::optional<Error> fault;
  if (!co_await invite_body()) fault.emplace();
  if (!fault && body_unread()) fault = co_await pump(*streamed->sink);
  enter(Phase::handling);
  if (fault) {
    auto aborting = LaneTask<Result<void>>::start(
        lane, executor,
        [&] { return guarded([&]() -> Result<void> { return streamed->sink->abort(), Result<void>(); }); }, true);
    (void)co_await aborting->result();
    if (broken_) co_return std::nullopt;
    co_return problem(*fault);
  }
  auto finishing =
      LaneTask<Response>::start(lane, executor, [&] { return core_.pipeline.finish(request_, *streamed); }, true);
  co_return co_await finishing->result();
}

// While a block is written on the lane the next one is read.
Task<std::optional<Error>> Connection::pump(Sink& sink) {
  Lane& lane = core_.lanes.of(Cost::write);
  auto executor = loop_.context.get_executor();
  bool small = !head_.chunked && body_left_ <= kInlineBody;
  Block filling = small ? Block(kInlineBody) : loop_.take_block();
  Block writing;
  std::optional<LaneTask<Result<void>>> pending;
  std::optional<Error> fault;
  while (!fault && !body_done_) {
    std::size_t filled = 0;
    while (filled < filling.size() && !body_done_) {
      auto got = co_await read_body({filling.data() + filled, filling.size() - filled});
      if (!got) {
        fault = std::move(got).error();
        break;
      }
      filled += *got;
    }
    if (pending) {
      auto wrote = co_await pending->result();
      pending.reset();
      if (!wrote && !fault) fault = std::move(wrote).error();
    }
    if (fault || filled == 0) break;
    if (writing.size() == 0 && !body_done_) writing = loop_.take_block();
    std::swap(filling, writing);
    pending = LaneTask<Result<void>>::start(
        lane, executor,
        [&sink, data = std::string_view(writing.data(), filled)] { return guarded([&] { return sink.write(data); }); },
        true);
  }
  if (pending) {
    auto wrote = co_await pending->result();
    if (!wrote && !fault) fault = std::move(wrote).error();
  }
  loop_.give_block(std::move(filling));
  loop_.give_block(std::move(writing));
  co_return fault;
}

Task<bool> Connection::invite_body() {
  if (std::exchange(invited_, true)) co_return true;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  iovec part{const_cast<char*>(kContinue.data()), kContinue.size()};
  broken_ = !co_await stream_.write({&part, 1}, false);
  co_return !broken_;
}

// Some bytes of the body; sets body_done_ with the last. An error that comes with broken_ cannot be answered.
Task<Result<std::size_t>> Connection::read_body(std::span<char> out) {
  auto gone = [this]() -> std::unexpected<Error> {
    if (timed_out_) {
      stream_.rearm();
      return fail(Code::timeout, "", "The body did not arrive in time.");
    }
    broken_ = true;
    return fail(Code::internal, "", "", "the client ended the body early");
  };
  if (!head_.chunked) {
    std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), body_left_));
    std::size_t got = std::min(want, end_ - begin_);
    if (got > 0) {
      std::memcpy(out.data(), buffer_.get() + begin_, got);
      begin_ += got;
    } else {
      got = co_await stream_.read_some(out.first(want));
      if (got == 0) co_return gone();
    }
    body_left_ -= got;
    body_done_ = body_left_ == 0;
    co_return got;
  }
  for (;;) {
    auto chunk = parser_.chunk({buffer_.get() + begin_, end_ - begin_}, out);
    if (!chunk) co_return std::unexpected(std::move(chunk).error());
    begin_ += chunk->consumed;
    body_done_ = chunk->done;
    if (chunk->produced > 0 || body_done_) co_return chunk->produced;
    // A chunk header or trailer that grows without end.
    if (end_ - begin_ >= core_.options.header_limit)
      co_return fail(Code::invalid, "malformed-request", "The chunked body is malformed.");
    if (!co_await fill_buffer()) co_return gone();
  }
}

// Reads and throws away what is left of a small refused body.
Task<void> Connection::drain() {
  enter(Phase::body, core_.options.request_timeout);
  char scratch[4096];
  while (!body_done_) {
    auto got = co_await read_body(scratch);
    if (!got) {
      keep_alive_ = false;
      broken_ = true;
      co_return;
    }
  }
}

// A close with unread bytes resets the connection, and the client may never see the response: so its end is sent, and
// what still comes is thrown away for a while.
Task<void> Connection::close() {
  if (broken_) {
    linger value{1, 0};  // the peer must not take what it got for the whole
    setsockopt(stream_.fd(), SOL_SOCKET, SO_LINGER, &value, sizeof value);
    co_return;
  }
  stream_.rearm();
  stream_.shut_write();
  if (timed_out_ || (!linger_ && begin_ == end_)) co_return;
  auto until = Clock::now() + kLingerTotal;
  char scratch[4096];
  while (!core_.stopping.load(std::memory_order_relaxed) && Clock::now() < until) {
    enter(Phase::lingering, kLingerIdle);
    if (co_await stream_.read_some(scratch) == 0) break;
  }
}

}  // namespace reelvault::http
