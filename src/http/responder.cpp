// The response side of a connection: heads, bodies of segments, event streams.
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "http/connection.hpp"
#include "http/content_gone.hpp"

#include <unistd.h>

namespace reelvault::http {
namespace {

constexpr std::uint64_t kFirstChunk = 256 << 10;  // of a file: soon on its way
constexpr std::uint64_t kChunk = 4 << 20;         // how far ahead of sendfile a cold file is read
constexpr std::uint64_t kTlsBlock = 256 << 10;
constexpr std::uint64_t kRemoteBlock = 1 << 20;
constexpr std::uint64_t kHeldBytes = 64 << 10;  // of a body, that wait with the head for what follows

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  std::size_t start = out.size();
  out += value;
  // No value, whatever it was made of, can end its line.
  for (std::size_t i = start; i < out.size(); ++i)
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
  out += "\r\n";
}

// The server's own affair, whatever a handler says.
bool reserved(std::string_view name) {
  switch (name.size()) {
    case 4: return iequals(name, "Date");
    case 10: return iequals(name, "Connection");
    case 14: return iequals(name, "Content-Length");
    case 17: return iequals(name, "Transfer-Encoding");
    default: return false;
  }
}

bool bodiless(int status) { return status == 204 || status == 304 || status < 200; }

}  // namespace

void Connection::write_head(const Response& response, bool with_length) {
  out_.clear();
  out_ += "HTTP/1.1 ";
  out_ += std::to_string(response.status);
  out_ += ' ';
  out_ += reason_phrase(response.status);
  out_ += "\r\nDate: ";
  out_ += loop_.date();
  out_ += "\r\n";
  for (const auto& [name, value] : response.headers.fields())
    if (!reserved(name)) append_field(out_, name, value);
  if (with_length && !bodiless(response.status)) {
    out_ += "Content-Length: ";
    out_ += std::to_string(response.body.size());
    out_ += "\r\n";
  }
  if (!keep_alive_)
    out_ += "Connection: close\r\n";
  else if (head_.http_1_0)
    out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";
  head_sent_ = false;
}

Task<void> Connection::respond(Response response) {
  std::uint64_t before = stream_.sent();
  if (core_.stopping.load(std::memory_order_relaxed)) keep_alive_ = false;
  if (response.events && !core_.hub)
    response = problem(Error{Code::not_implemented, "", "This server sends no events.", {}, {}, {}, 0, {}});
  int status = response.status;
  if (response.events && request_.method != Method::head) {
    keep_alive_ = false;
    core_.pipeline.decorate(request_, response);
    write_head(response, false);
    broken_ = !co_await send_events(*response.events);
  } else {
    core_.pipeline.decorate(request_, response);
    bool with_body = request_.method != Method::head && !bodiless(status) && response.body.size() > 0;
    if (request_.method == Method::head && !bodiless(status) && response.body.size() > 0) {
      // What cannot be sent is not promised either.
      if (auto there = co_await look_at(response.body); !there) {
        response = problem(there.error());
        status = response.status;
        core_.pipeline.decorate(request_, response);
      }
    }
    write_head(response, !response.events);
    enter(Phase::sending);
    if (!with_body) {
      broken_ = !co_await write({}, false);
    } else {
      std::optional<Error> unsent;
      broken_ = !co_await send_body(response.body, unsent);
      if (unsent) {  // nothing has left yet, so the reason can be told
        Response instead = problem(*unsent);
        status = instead.status;
        core_.pipeline.decorate(request_, instead);
        write_head(instead, true);
        unsent.reset();
        broken_ = !co_await send_body(instead.body, unsent);
      }
    }
  }
  double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  core_.pipeline.record(route_, request_, status, seconds, stream_.sent() - before);
  core_.received_bytes.Increment(static_cast<double>(stream_.received() - counted_received_));
  counted_received_ = stream_.received();
}

Task<bool> Connection::write(std::string_view data, bool more) {
  iovec parts[2] = {{out_.data(), out_.size()}, {const_cast<char*>(data.data()), data.size()}};
  std::span<iovec> all(parts);
  if (std::exchange(head_sent_, true))
    all = all.subspan(1);
  else if (data.empty())
    all = all.first(1);
  co_return co_await stream_.write(all, more);
}

Task<bool> Connection::send_body(const Body& body, std::optional<Error>& unsent) {
  std::uint64_t position = 0;
  while (position < body.size()) {
    Result<Segment> segment = Segment{};
    if (body.inline_ok()) {
      segment = guarded([&] { return body.next(position); });
    } else {
      auto finding = LaneTask<Result<Segment>>::start(
          core_.lanes.of(Cost::disk), loop_.context.get_executor(),
          [&] { return guarded([&] { return body.next(position); }); }, true);
      segment = co_await finding->result();
    }
    if (!segment) {
      if (!head_sent_)
        unsent = std::move(segment).error();
      else
        (void)problem(segment.error());  // for the log
      co_return false;
    }
    position += segment_length(*segment);
    bool more = position < body.size();
    bool sent = false;
    if (auto* bytes = std::get_if<Bytes>(&*segment); bytes && more && !head_sent_ && bytes->length <= kHeldBytes) {
      // Goes with the head: should what follows not be had, that can still be said.
      out_.append(*bytes->data, bytes->offset, bytes->length);
      sent = true;
    } else if (bytes)
      sent = co_await send_bytes(*bytes, more);
    else if (auto* file = std::get_if<FileRange>(&*segment))
      sent = co_await send_file(*file, more, unsent);
    else
      sent = co_await send_remote(std::get<RemoteRange>(*segment), more, unsent);
    if (!sent) co_return false;
  }
  co_return true;
}

// Whether the first byte could be sent. Of bodies that are made while they are sent it is not asked.
Task<Result<void>> Connection::look_at(const Body& body) {
  if (!body.inline_ok()) co_return Result<void>();
  auto segment = guarded([&] { return body.next(0); });
  if (!segment) co_return std::unexpected(std::move(segment).error());
  if (auto* file = std::get_if<FileRange>(&*segment)) {
    auto opened = co_await open_file(*file);
    if (!opened) co_return std::unexpected(std::move(opened).error());
  } else if (auto* remote = std::get_if<RemoteRange>(&*segment)) {
    auto reading = LaneTask<Result<std::string>>::start(
        core_.lanes.of(Cost::outside), loop_.context.get_executor(),
        [from = *remote] { return guarded([&] { return from.read(from.offset, 1); }); }, true);
    auto read = co_await reading->result();
    if (!read) co_return std::unexpected(std::move(read).error());
  }
  co_return Result<void>();
}

Task<Result<ColdFile>> Connection::open_file(const FileRange& range) {
  Result<ColdFile> opened = ColdFile::open_cached(range.path);
  if (!opened && opened.error().code == Code::unavailable) {
    auto opening = LaneTask<Result<ColdFile>>::start(
        core_.lanes.of(Cost::disk), loop_.context.get_executor(), [&] { return ColdFile::open(range.path); }, true);
    opened = co_await opening->result();
  }
  if (opened && !opened->matches(range))
    opened = fail_content_changed("not what the response was made for: " + range.path);
  if (!opened && opened.error().code == Code::conflict)
    log::warning("a file that was to be sent is not what it was", {{"detail", opened.error().detail}});
  co_return opened;
}

Task<bool> Connection::send_bytes(const Bytes& bytes, bool more) {
  return write(std::string_view(*bytes.data).substr(bytes.offset, bytes.length), more);
}

Task<bool> Connection::send_file(const FileRange& range, bool more, std::optional<Error>& unsent) {
  auto executor = loop_.context.get_executor();
  Lane& disk = core_.lanes.of(Cost::disk);
  auto opened = co_await open_file(range);
  if (!opened) {
    if (!head_sent_)
      unsent = std::move(opened).error();
    else
      (void)problem(opened.error());
    co_return false;
  }
  ColdFile file = std::move(*opened);
  std::uint64_t offset = range.offset, left = range.length;
  bool first = true;
  while (left > 0) {
    std::uint64_t chunk = std::min(left, kChunk);
    bool resident = file.resident(offset, chunk);
    if (!resident && std::exchange(first, false)) chunk = std::min(chunk, kFirstChunk);
    std::uint64_t ahead = std::min(left - chunk, kChunk);
    if (!resident) {
      auto warming = LaneTask<Result<void>>::start(
          disk, executor, [&file, offset, chunk, ahead] { return file.warm(offset, chunk, ahead); }, true);
      auto warmed = co_await warming->result();
      if (!warmed) {
        if (!head_sent_)
          unsent = std::move(warmed).error();
        else
          (void)problem(warmed.error());
        co_return false;
      }
    } else if (ahead > 0 && !file.resident(offset + chunk, 1)) {
      // The disk works while this chunk is sent. A lane that is full has better things to do.
      disk.submit([copy = file, from = offset + chunk, ahead] { copy.advise(from, ahead); });
    }
    // Replaced or cut while it is sent: better a broken download than a mixed one.
    if (!file.unchanged()) co_return false;
    bool follows = more || left > chunk;
    if (!stream_.can_send_file()) {
      if (!co_await send_file_tls(file.fd(), offset, chunk, follows)) co_return false;
    } else {
      if (!head_sent_ && !co_await write({}, true)) co_return false;
      if (co_await stream_.send_file(file.fd(), offset, chunk) != Stream::Sent::all) co_return false;
      // Whoever else waits on this loop has a turn.
      if (left > chunk) co_await asio::post(loop_.context.get_executor(), use_task);
    }
    offset += chunk;
    left -= chunk;
  }
  co_return true;
}

Task<bool> Connection::send_file_tls(int file, std::uint64_t offset, std::uint64_t length, bool more) {
  std::string block;
  while (length > 0) {
    auto want = static_cast<std::size_t>(std::min(length, kTlsBlock));
    block.resize_and_overwrite(want, [](char*, std::size_t size) { return size; });
    ssize_t got = pread(file, block.data(), want, static_cast<off_t>(offset));
    if (got <= 0) co_return false;
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::uint64_t>(got);
    if (!co_await write({block.data(), static_cast<std::size_t>(got)}, more || length > 0)) co_return false;
  }
  co_return true;
}

Task<bool> Connection::send_remote(RemoteRange range, bool more, std::optional<Error>& unsent) {
  // While one block is sent the next one is fetched. A fetch that nobody waits for any more keeps `range` alive itself.
  auto remote = std::make_shared<RemoteRange>(std::move(range));
  auto executor = loop_.context.get_executor();
  Lane& outside = core_.lanes.of(Cost::outside);
  auto fetch = [&](std::uint64_t at) {
    std::uint64_t length = std::min(kRemoteBlock, remote->length - at);
    return LaneTask<Result<std::string>>::start(
        outside, executor,
        [remote, at, length]() -> Result<std::string> {
          RV_TRY(std::string block, guarded([&] { return remote->read(remote->offset + at, length); }));
          if (block.empty() || block.size() > length)
            return fail(Code::internal, "", "", "a remote object gave a wrong length");
          return block;
        },
        true);
  };
  auto pending = fetch(0);
  for (std::uint64_t done = 0; done < remote->length;) {
    Result<std::string> block = co_await pending->result();
    if (!block) {
      if (!head_sent_)
        unsent = std::move(block).error();
      else
        (void)problem(block.error());
      co_return false;
    }
    done += block->size();
    if (done < remote->length) pending = fetch(done);
    if (!co_await write(*block, more || done < remote->length)) co_return false;
  }
  co_return true;
}

Task<bool> Connection::send_events(const EventSubscription& wanted) {
  struct Waker {
    explicit Waker(const Executor& executor) : timer(executor) {}
    Timer timer;
    std::atomic<bool> posted = false;
    bool woken = false, gone = false;
  };
  auto executor = loop_.context.get_executor();
  auto waker = std::make_shared<Waker>(executor);
  auto wake = [waker] {
    waker->woken = true;
    waker->timer.cancel();
  };
  auto stream = core_.hub->subscribe(request_.principal, wanted.cursor, [waker, executor, wake] {
    if (waker->posted.exchange(true)) return;
    asio::post(executor, [waker, wake] {
      waker->posted = false;
      wake();
    });
  });
  wake_events_ = wake;
  const std::function<bool()> standing = core_.pipeline.standing(request_);
  // Nothing is to come from the client any more but its end.
  stream_.socket().async_wait(Socket::wait_read, [waker](boost::system::error_code) {
    waker->gone = true;
    waker->timer.cancel();
  });
  enter(Phase::events);
  auto end = Clock::now() + core_.options.event_stream_limit;
  auto heartbeat = Clock::now() + core_.options.event_heartbeat;
  bool sent = true;
  std::string text;
  while (sent && !waker->gone && !core_.stopping.load(std::memory_order_relaxed) && Clock::now() < end) {
    if (standing && !standing()) break;
    text.clear();
    waker->woken = false;
    auto state = stream->take(text);
    if (text.empty() && Clock::now() >= heartbeat) text = ":\n\n";
    if (!text.empty()) {
      sent = co_await write(text, false);
      heartbeat = Clock::now() + core_.options.event_heartbeat;
    }
    if (state == EventStream::State::dropped) break;
    if (state == EventStream::State::behind) {
      using Done = Result<void>;
      auto replaying = LaneTask<Done>::start(
          core_.lanes.of(Cost::read), executor,
          [&] { return guarded([&]() -> Done { return stream->replay(), Done(); }); }, true);
      auto replayed = co_await replaying->result();
      if (!replayed) {
        (void)problem(replayed.error());
        break;
      }
      continue;
    }
    if (waker->woken || waker->gone) continue;
    waker->timer.expires_at(std::min(heartbeat, end));
    boost::system::error_code ignored;
    co_await waker->timer.async_wait(asio::redirect_error(use_task, ignored));
  }
  wake_events_ = nullptr;
  co_return sent && !waker->gone;
}

}  // namespace reelvault::http
