// Bodies, large and broken, in both directions.
#include "http/test_server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace reelvault::http::testing {
namespace {

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  return 0;
}

// Sanitizers keep freed memory for a while.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kAllowanceKib = 96 << 10;
#else
constexpr std::size_t kAllowanceKib = 8 << 10;
#endif
#endif

// What a sink has seen, and how it ended.
struct Received {
  std::mutex mutex;
  std::condition_variable changed;
  std::string data;
  bool keep = true;
  std::uint64_t size = 0;
  int aborted = 0, finished = 0;
  void wait_aborted() {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(20), [&] { return aborted > 0; });
  }
};

class Recorder final : public Sink {
 public:
  Recorder(Received& to, std::uint64_t fail_after) : to_(to), fail_after_(fail_after) {}
  Result<void> write(std::string_view block) override {
    std::lock_guard lock(to_.mutex);
    to_.size += block.size();
    if (to_.keep) to_.data += block;
    if (to_.size > fail_after_) return fail(Code::conflict, "superseded", "A newer writer has taken this part.");
    return {};
  }
  void abort() override {
    std::lock_guard lock(to_.mutex);
    ++to_.aborted;
    to_.changed.notify_all();
  }

 private:
  Received& to_;
  std::uint64_t fail_after_;
};

class Transfer : public ServerTest {
 protected:
  void serve(const std::string& route, FileRange file) {
    table_.add(
        raw(Method::get, route, {.access = everyone(), .cost = Cost::point}, [file](Request&) -> Result<Response> {
          Response out = Response::text(200, "video/mp4", "");
          out.headers.add("ETag", "\"1\"");
          out.body = Body(file);
          return out;
        }));
  }
  void take(std::uint64_t fail_after = UINT64_MAX) {
    table_.add(streamed(
        Method::put, "/part", {.access = everyone()}, [this, fail_after](Request& request) -> Result<Streamed> {
          if (request.query_value("refuse")) return fail(Code::forbidden, "signature", "The signature does not fit.");
          return Streamed{std::make_unique<Recorder>(received_, fail_after), [this]() -> Result<Response> {
                            ++received_.finished;
                            return Response::json(200, std::to_string(received_.size));
                          }};
        }));
  }
  void make_certificate(const std::string& name = "localhost", const std::string& key_options = "-nodes") {
    options_.tls_certificate = directory_ / "cert.pem";
    options_.tls_key = directory_ / "key.pem";
    std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 " + key_options +
                          " -days 2 -subj /CN=" + name + " -keyout " + options_.tls_key + " -out " +
                          options_.tls_certificate + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  // Whom a new connection is shown, when that is `name` within some seconds.
  std::string shown(const std::string& name) {
    std::string seen;
    for (int i = 0; i < 100 && seen != name; ++i) {
      if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      seen = Client(server_->port(), true).certificate_name();
    }
    return seen;
  }
  Received received_;
};

TEST_F(Transfer, SendsRangesOfFiles) {
  std::string content = pattern(9 << 20);
  std::string path = write_file("film", content);
  serve("/film", {.path = path, .length = content.size(), .expected_size = content.size()});
  serve("/inner", {.path = path, .offset = 1000, .length = 5000});
  start();
  auto c = client();
  EXPECT_TRUE(c.call("GET", "/film").body == content);
  EXPECT_TRUE(c.call("GET", "/film", {{"Range", "bytes=4194300-8388700"}}).body == content.substr(4194300, 4194401));
  EXPECT_EQ(c.call("GET", "/inner", {{"Range", "bytes=-3"}}).body, content.substr(5997, 3));
  EXPECT_EQ(c.call("GET", "/film", {{"Range", "bytes=99999999-"}}).status, 416);
  Answer many = c.call("GET", "/film", {{"Range", "bytes=0-9,5000000-5999999"}});
  EXPECT_EQ(many.status, 206);
  EXPECT_TRUE(many.complete);
  EXPECT_NE(many.body.find(content.substr(0, 10)), std::string::npos);
  EXPECT_NE(many.body.find(content.substr(5000000, 1000000)), std::string::npos);
  Answer head = c.call("HEAD", "/film");
  EXPECT_EQ(head.header("content-length"), std::to_string(content.size()));
  EXPECT_EQ(head.header("accept-ranges"), "bytes");
  EXPECT_EQ(c.call("GET", "/film", {{"If-None-Match", "\"1\""}}).status, 304);
  EXPECT_EQ(c.call("GET", "/film", {{"Range", "bytes=0-1"}}).body, content.substr(0, 2));
}

TEST_F(Transfer, SendsFilesThatAreNotInMemory) {
  std::string content = pattern(13 << 20);
  std::string path = write_file("film", content);
  serve("/film", {.path = path, .length = content.size()});
  start();
  auto forget = [&] {
    UniqueFd file(open(path.c_str(), O_RDONLY));
    fsync(file.get());
    posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  };
  auto c = client();
  forget();
  EXPECT_TRUE(c.call("GET", "/film").body == content);
  forget();
  EXPECT_TRUE(c.call("GET", "/film", {{"Range", "bytes=6000000-12999999"}}).body ==
              content.substr(6'000'000, 7'000'000));
}

TEST_F(Transfer, SendsEverythingUnderTls) {
  make_certificate();
  std::string content = pattern(3 << 20);
  serve("/film", {.path = write_file("film", content), .length = content.size()});
  text("/hello", "hi");
  take();
  start();
  Client c(server_->port(), true);
  EXPECT_EQ(c.alpn(), "http/1.1");
  EXPECT_EQ(c.call("GET", "/hello").body, "hi");
  EXPECT_TRUE(c.call("GET", "/film").body == content);
  EXPECT_TRUE(c.call("GET", "/film", {{"Range", "bytes=500000-2000000"}}).body == content.substr(500000, 1500001));
  EXPECT_EQ(c.call("PUT", "/part", {}, content).status, 200);
  EXPECT_TRUE(received_.data == content);
  for (std::string_view method : {"GET", "POST", "PATCH", "DELETE", "OPTIONS", "CONNECT"}) {
    Client plain(server_->port());
    plain.send(std::string(method) + " /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    Answer refused = plain.read();
    EXPECT_EQ(refused.status, 400) << method;
    EXPECT_NE(refused.body.find("This port speaks HTTPS"), std::string::npos) << method;
    EXPECT_TRUE(plain.closed()) << method;
  }
}

TEST_F(Transfer, TakesUpACertificateThatWasReplaced) {
  make_certificate("first");
  options_.tls_interval = std::chrono::milliseconds(20);
  text("/hello", "hi");
  start();
  Client before(server_->port(), true);
  EXPECT_EQ(before.certificate_name(), "first");
  make_certificate("second");
  EXPECT_EQ(shown("second"), "second");
  EXPECT_EQ(before.call("GET", "/hello").body, "hi") << "what is open goes on";
  // The key of another, then nothing at all: the former ones stay.
  write_file("key.pem", "no key");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(shown("second"), "second");
  std::filesystem::remove(options_.tls_certificate);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(Client(server_->port(), true).certificate_name(), "second");
  make_certificate("third");
  EXPECT_EQ(shown("third"), "third");
}

TEST_F(Transfer, RefusesAKeyWithAPassPhraseRatherThanAskForIt) {
  make_certificate("localhost", "-passout pass:secret");
  auto started = Server::start(options_, table_, gate_, nullptr, nullptr);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("pass phrase"), std::string::npos);
}

TEST_F(Transfer, RefusesToStartWithHalfOfTls) {
  options_.tls_certificate = "/nonexistent.pem";
  EXPECT_FALSE(Server::start(options_, table_, gate_, nullptr, nullptr));
  options_.tls_key = "/nonexistent.pem";
  options_.port = 0;
  EXPECT_FALSE(Server::start(options_, table_, gate_, nullptr, nullptr));
}

TEST_F(Transfer, TellsBeforeTheFirstByteThatAFileIsNotWhatItWas) {
  std::string path = write_file("film", pattern(1000));
  serve("/changed", {.path = path, .length = 1000, .expected_size = 1000, .expected_mtime_ns = 1});
  serve("/short", {.path = path, .length = 2000});
  serve("/gone", {.path = path + "x", .length = 10});
  start();
  auto c = client();
  for (const char* route : {"/changed", "/short", "/gone"}) {
    Answer answer = c.call("GET", route);
    EXPECT_EQ(answer.status, 409) << route;
    EXPECT_NE(answer.body.find("version-gone"), std::string::npos) << answer.body;
    EXPECT_EQ(c.call("HEAD", route).status, 409) << route;
  }
}

TEST_F(Transfer, BreaksTheConnectionWhenAFileChangesUnderIt) {
  std::string content = pattern(64 << 20);
  std::string path = write_file("film", content);
  serve("/film", {.path = path, .length = content.size()});
  start();
  auto c = client();
  int small = 64 << 10;
  setsockopt(c.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  c.send("GET /film HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(c.read_some().empty());
  std::filesystem::resize_file(path, 40 << 20);
  Answer answer = c.read();
  EXPECT_FALSE(answer.complete);
}

TEST_F(Transfer, SendsRemoteObjectsInBlocks) {
  std::string content = pattern(5'000'000);
  table_.add(raw(
      Method::get, "/object", {.access = everyone(), .cost = Cost::point}, [&](Request& request) -> Result<Response> {
        RemoteRange range;
        bool broken = request.query_value("broken") != nullptr, late = request.query_value("late") != nullptr;
        range.read = [&, broken, late](std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
          if (broken || (late && offset > 2'000'000))
            return fail(Code::unavailable, "store", "The store does not answer.");
          return content.substr(offset, length);
        };
        range.length = content.size();
        struct One final : Source {
          RemoteRange range;
          std::uint64_t size() const override { return range.length; }
          Result<Segment> segment_at(std::uint64_t offset) override {
            return segment_slice(Segment(range), offset, size() - offset);
          }
        };
        auto source = std::make_shared<One>();
        source->range = range;
        Response out = Response::text(200, "video/mp4", "");
        out.headers.add("ETag", "\"1\"");
        out.body = Body(std::shared_ptr<Source>(source));
        if (request.query_value("led")) out.body = Body::join({Body(std::string("first line\n")), std::move(out.body)});
        return out;
      }));
  start();
  auto c = client();
  EXPECT_TRUE(c.call("GET", "/object").body == content);
  EXPECT_TRUE(c.call("GET", "/object", {{"Range", "bytes=1000-3999999"}}).body == content.substr(1000, 3'999'000));
  EXPECT_TRUE(c.call("GET", "/object?led=1").body == "first line\n" + content);
  EXPECT_EQ(c.call("GET", "/object?broken=1").status, 503);  // nothing had left yet
  EXPECT_EQ(c.call("GET", "/object?broken=1&led=1").status, 503);
  EXPECT_EQ(c.call("GET", "/object?broken=1", {{"Range", "bytes=0-9,20-29"}}).status, 503);
  EXPECT_FALSE(c.call("GET", "/object?late=1").complete);
}

TEST_F(Transfer, JoinsSegmentsOfEveryKind) {
  std::string content = pattern(300'000);
  std::string path = write_file("member", content);
  table_.add(raw(Method::get, "/zip", {.access = everyone(), .cost = Cost::point}, [&](Request&) -> Result<Response> {
    std::vector<Body> parts;
    for (int i = 0; i < 50; ++i) {
      parts.emplace_back("header " + std::to_string(i));
      parts.emplace_back(FileRange{.path = path, .offset = static_cast<std::uint64_t>(i), .length = 250'000});
    }
    Response out = Response::text(200, "application/zip", "");
    out.headers.add("ETag", "\"1\"");
    out.body = Body::join(std::move(parts));
    return out;
  }));
  start();
  std::string expected;
  for (int i = 0; i < 50; ++i)
    expected += "header " + std::to_string(i) + content.substr(static_cast<std::size_t>(i), 250'000);
  auto c = client();
  EXPECT_TRUE(c.call("GET", "/zip").body == expected);
  EXPECT_TRUE(c.call("GET", "/zip", {{"Range", "bytes=249990-500100"}}).body == expected.substr(249990, 250111));
}

TEST_F(Transfer, SendsAGibibyteInConstantMemory) {
  std::string path = write_file("sparse", "");
  constexpr std::uint64_t kSize = 1ull << 30;
  std::filesystem::resize_file(path, kSize);
  serve("/film", {.path = path, .length = kSize});
  start();
  auto c = client();
  c.send("GET /film HTTP/1.1\r\nHost: a\r\n\r\n");
  std::size_t before = resident_kib(), most = 0;
  std::uint64_t got = 0;
  std::vector<char> block(1 << 20);
  while (got < kSize) {
    ssize_t n = recv(c.fd(), block.data(), block.size(), 0);
    ASSERT_GT(n, 0);
    got += static_cast<std::uint64_t>(n);
    most = std::max(most, resident_kib());
  }
  EXPECT_LT(most, before + kAllowanceKib);
}

TEST_F(Transfer, TakesAGibibyteInConstantMemory) {
  received_.keep = false;
  take();
  start();
  auto c = client();
  constexpr std::uint64_t kSize = 1ull << 30;
  c.send("PUT /part HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n");
  std::string block = pattern(1 << 20);
  std::size_t before = resident_kib();
  for (std::uint64_t sent = 0; sent < kSize; sent += block.size()) ASSERT_TRUE(c.send(block));
  std::size_t after = resident_kib();
  EXPECT_EQ(c.read().body, std::to_string(kSize));
  EXPECT_LT(after, before + kAllowanceKib);
}

TEST_F(Transfer, TakesStreamsOfEverySize) {
  take();
  start();
  auto c = client();
  for (std::size_t size : {0, 1, 100, 65'535, 65'536, 65'537, 1 << 20, (1 << 20) + 1, 3'333'333}) {
    received_.data.clear();
    received_.size = 0;
    std::string content = pattern(size);
    c.send("PUT /part HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + content);
    EXPECT_EQ(c.read().status, 200);
    EXPECT_TRUE(received_.data == content) << size;
    received_.data.clear();
    c.send("PUT /part HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < size; at += 70'000) {
      std::string part = content.substr(at, 70'000);
      char head[32];
      std::snprintf(head, sizeof head, "%zx\r\n", part.size());
      c.send(head + part + "\r\n");
    }
    c.send("0\r\n\r\n");
    EXPECT_EQ(c.read().status, 200);
    EXPECT_TRUE(received_.data == content) << size;
  }
  EXPECT_EQ(received_.aborted, 0);
}

TEST_F(Transfer, AbortsTheSinkOfATruncatedBody) {
  take();
  start();
  {
    auto c = client();
    c.send("PUT /part HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" + pattern(3'000'000));
  }
  received_.wait_aborted();
  EXPECT_EQ(received_.aborted, 1);
  EXPECT_EQ(received_.finished, 0);
}

TEST_F(Transfer, EndsARequestWhoseSinkFails) {
  take(2 << 20);
  start();
  auto c = client();
  std::jthread sender([&] {
    c.send("PUT /part HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
    std::string block = pattern(1 << 20);
    for (int i = 0; i < 47 && c.send(block); ++i) {}
  });
  Answer answer = c.read();
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.header("connection"), "close");
  received_.wait_aborted();
  EXPECT_EQ(received_.aborted, 1);
  EXPECT_EQ(received_.finished, 0);
  EXPECT_LT(received_.size, 10u << 20);
}

TEST_F(Transfer, RefusesBeforeTheBodyIsSent) {
  take();
  start();
  auto c = client();
  c.send("PUT /part?refuse=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\nExpect: 100-continue\r\n\r\n");
  Answer answer = c.read();
  EXPECT_EQ(answer.status, 403);
  EXPECT_TRUE(c.closed());
  // Whoever sends without asking still gets to read the answer, though the body is not wanted.
  auto eager = client();
  EXPECT_EQ(eager.call("PUT", "/part?refuse=1", {}, pattern(8 << 20)).status, 403);
  auto polite = client();
  polite.send("PUT /part HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(polite.read().status, 100);
  polite.send("abc");
  EXPECT_EQ(polite.read().status, 200);
}

TEST_F(Transfer, DropsClientsBelowTheMinimumRate) {
  options_.rate_window = std::chrono::seconds(1);
  options_.minimum_rate = 4096;
  serve("/film", {.path = write_file("film", pattern(64 << 20)), .length = 64 << 20});
  take();
  start();
  auto reader = client();
  reader.send("GET /film HTTP/1.1\r\nHost: a\r\n\r\n");
  std::jthread slow([&] {  // a few bytes a second, which is not enough
    auto writer = client();
    writer.send("PUT /part HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
    for (int i = 0; i < 200 && writer.send("x"); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  received_.wait_aborted();
  EXPECT_EQ(received_.aborted, 1);
  slow.join();
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // the reader reads nothing for longer than the window
  EXPECT_FALSE(reader.read().complete);
}

TEST_F(Transfer, KeepsClientsThatReadSlowlyButEnough) {
  options_.rate_window = std::chrono::seconds(1);
  options_.minimum_rate = 1024;
  std::string content = pattern(12 << 20);
  serve("/film", {.path = write_file("film", content), .length = content.size()});
  start();
  auto c = client();
  int small = 16 << 10;
  setsockopt(c.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  c.send("GET /film HTTP/1.1\r\nHost: a\r\n\r\n");
  // The kernel holds megabytes, so that the server writes nothing for seconds; what it has sent counts.
  std::size_t got = 0;
  for (int i = 0; i < 30; ++i) {
    got += c.read_some().size();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  while (got < content.size()) {
    std::size_t more = c.read_some().size();
    ASSERT_GT(more, 0u);
    got += more;
  }
}

}  // namespace
}  // namespace reelvault::http::testing
