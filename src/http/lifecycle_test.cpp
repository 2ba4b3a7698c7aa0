// Starting, overload, stopping; event streams and the web app over real sockets.
#include "http/static_files.hpp"
#include "http/test_server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <semaphore>
#include <thread>

namespace reelvault::http::testing {
namespace {

class Lifecycle : public ServerTest {
 protected:
  // A route that says when it has begun, and answers when it may.
  void add_blocking(Cost cost = Cost::read) {
    table_.add(
        raw(Method::get, "/blocking", {.access = everyone(), .cost = cost}, [this](Request&) -> Result<Response> {
          begun_.release();
          go_on_.acquire();
          return Response::text(200, "text/plain", "done");
        }));
  }
  std::counting_semaphore<> begun_{0}, go_on_{0};
};

TEST_F(Lifecycle, FinishesWhatIsInFlightWhenItStops) {
  add_blocking();
  text("/", "root");
  start();
  auto busy = client(), idle = client();
  EXPECT_EQ(idle.call("GET", "/").status, 200);
  busy.send("GET /blocking HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  begun_.acquire();
  std::jthread stopper([&] { server_->stop(); });
  EXPECT_TRUE(idle.closed());
  EXPECT_THROW(client(), std::runtime_error);
  go_on_.release();
  Answer answer = busy.read();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(busy.read().status, 0);
}

TEST_F(Lifecycle, CutsOffWhoeverOutlastsTheGrace) {
  options_.shutdown_grace = std::chrono::seconds(1);
  std::string path = write_file("film", std::string(64 << 20, 'x'));
  table_.add(raw(Method::get, "/film", {.access = everyone()}, [path](Request&) -> Result<Response> {
    Response out;
    out.body = Body(FileRange{.path = path, .length = 64 << 20});
    return out;
  }));
  start();
  auto stuck = client();
  stuck.send("GET /film HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(stuck.read_some().empty());
  server_->stop();
  EXPECT_FALSE(stuck.read().complete);
}

TEST_F(Lifecycle, AFullLaneRefusesAndOthersGoOn) {
  options_.read_lane = 1;
  options_.lane_queue = 1;
  add_blocking();
  text("/write", "w", Cost::write);
  text("/point", "p");
  start();
  auto first = client(), other = client();
  first.send("GET /blocking HTTP/1.1\r\nHost: a\r\n\r\n");
  begun_.acquire();
  // One more may wait; whoever comes after it is refused.
  std::vector<Client> waiting;
  Answer answer;
  while (waiting.size() < 3 && answer.status != 503) {
    waiting.push_back(client());
    waiting.back().send("GET /blocking HTTP/1.1\r\nHost: a\r\n\r\n");
    timeval limit{0, 500'000};
    setsockopt(waiting.back().fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    answer = waiting.back().read();
  }
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(other.call("GET", "/write").body, "w");
  EXPECT_EQ(other.call("GET", "/point").body, "p");
  go_on_.release(10);
  EXPECT_EQ(first.read().body, "done");
}

TEST_F(Lifecycle, LimitsConnections) {
  options_.max_connections = 2;
  text("/", "root");
  start();
  auto first = client(), second = client();
  EXPECT_EQ(first.call("GET", "/").status, 200);
  EXPECT_EQ(second.call("GET", "/").status, 200);
  auto third = client();
  EXPECT_EQ(third.read().status, 503);
  EXPECT_EQ(first.call("GET", "/").status, 200);
}

TEST_F(Lifecycle, ListensOnAUnixSocketForTheOwnerAlone) {
  options_.unix_socket = directory_ / "socket";
  table_.add(raw(Method::get, "/who", {.access = everyone()}, [](Request& request) -> Result<Response> {
    return Response::text(200, "text/plain", request.remote_address);
  }));
  start();
  struct stat found{};
  ASSERT_EQ(stat(options_.unix_socket.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  Client c(options_.unix_socket);
  EXPECT_EQ(c.call("GET", "/who").body, "unix");
  server_->stop();
  EXPECT_FALSE(std::filesystem::exists(options_.unix_socket));
}

TEST_F(Lifecycle, LeavesNoDescriptorsToChildProcesses) {
  text("/", "root");
  start();
  auto c = client();
  EXPECT_EQ(c.call("GET", "/").status, 200);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    int fd = std::stoi(entry.path().filename().string());
    std::error_code fault;
    auto target = std::filesystem::read_symlink(entry.path(), fault).string();
    bool ours = target.starts_with("socket:") || target.starts_with("anon_inode:");
    if (ours) EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC) << target;
  }
}

TEST_F(Lifecycle, SaysWhyAPortCannotBeListenedOn) {
  text("/", "root");
  start();
  ServerOptions again = options_;
  again.port = server_->port();
  auto second = Server::start(again, table_, gate_, nullptr, nullptr);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(again.port)), std::string::npos);
}

class Events : public Lifecycle {
 protected:
  Events() {
    hub_ = EventHub::make(
        [](const Event& event) -> EventHub::Judge {
          return [name = event.name](const Principal& who) { return name == who.username; };
        },
        [this](std::uint64_t cursor, std::size_t limit) -> Result<Replayed> {
          std::lock_guard lock(mutex_);
          Replayed out;
          for (const Event& event : stored_)
            if (event.id > cursor && out.events.size() < limit) out.events.push_back(event);
          return out;
        });
    table_.add(raw(Method::get, "/events", {.access = signed_in()},
                   [](Request& request) -> Result<Response> { return Response::event_stream(request); }));
  }
  void publish(std::uint64_t id, std::string name) {
    Event event{id, std::move(name), "{}"};
    {
      std::lock_guard lock(mutex_);
      stored_.push_back(event);
    }
    hub_->publish(event);
  }
  Client subscribe(const std::string& cursor = "") {
    auto c = client();
    c.send("GET /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ann\r\n" +
           (cursor.empty() ? "" : "Last-Event-ID: " + cursor + "\r\n") + "\r\n");
    return c;
  }
  static std::string read_until(Client& c, std::string_view what) {
    std::string out;
    while (out.find(what) == std::string::npos) {
      std::string more = c.read_some();
      if (more.empty()) break;
      out += more;
    }
    return out;
  }
  void wait_subscribers(std::size_t count) {
    for (int i = 0; i < 2000 && hub_->subscribers() != count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(hub_->subscribers(), count);
  }
  std::mutex mutex_;
  std::vector<Event> stored_;
};

TEST_F(Events, StreamsWhatTheCallerMaySee) {
  start();
  auto c = subscribe();
  std::string head = read_until(c, "retry");
  EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  publish(1, "bob");
  publish(2, "ann");
  std::string text = read_until(c, "id: 2");
  EXPECT_EQ(text.find("id: 1"), std::string::npos);
  auto stranger = client();
  EXPECT_EQ(stranger.call("GET", "/events").status, 401);
}

TEST_F(Events, ResumesFromTheLastEventId) {
  start();
  for (std::uint64_t id = 1; id <= 1200; ++id) publish(id, "ann");
  auto c = subscribe("700");
  std::string text = read_until(c, "id: 1200\n");
  publish(1201, "ann");
  text += read_until(c, "id: 1201\n");
  std::uint64_t expected = 701;
  for (std::size_t at = 0; (at = text.find("id: ", at)) != std::string::npos; ++at)
    EXPECT_EQ(std::stoull(text.substr(at + 4, 20)), expected++);
  EXPECT_EQ(expected, 1202u);
}

TEST_F(Events, BeatsWhileNothingHappensAndForgetsWhoeverLeft) {
  options_.event_heartbeat = std::chrono::milliseconds(100);
  start();
  {
    auto c = subscribe();
    EXPECT_NE(read_until(c, "\n:\n").find("\n:\n"), std::string::npos);
    wait_subscribers(1);
  }
  wait_subscribers(0);
}

TEST_F(Events, EndAfterTheirTimeAndWhenTheServerStops) {
  options_.event_stream_limit = std::chrono::seconds(1);
  start();
  auto c = subscribe();
  read_until(c, "retry");
  EXPECT_TRUE(read_until(c, "never").empty());  // ended by the limit
  auto d = subscribe();
  read_until(d, "retry");
  server_->stop();
  EXPECT_TRUE(read_until(d, "never").empty());
}

TEST_F(Events, EndWithTheRightToHearThem) {
  options_.event_heartbeat = std::chrono::milliseconds(100);
  start();
  auto quiet = subscribe();
  read_until(quiet, "retry");
  gate_.revoked = true;
  read_until(quiet, "never");
  wait_subscribers(0);  // at the next heartbeat

  gate_.revoked = false;
  auto busy = subscribe();
  read_until(busy, "retry");
  publish(1, "ann");
  EXPECT_NE(read_until(busy, "id: 1\n").find("id: 1\n"), std::string::npos);
  gate_.revoked = true;
  publish(2, "ann");
  EXPECT_EQ(read_until(busy, "id: 2\n").find("id: 2\n"), std::string::npos);
}

class StaticFiles : public ServerTest {
 protected:
  StaticFiles() {
    write_file("index.html", "<html>app</html>");
    std::filesystem::create_directory(directory_ / "assets");
    write_file("assets/index-BKx3_f9a.js", "js");
    write_file("assets/plain.css", "css");
    write_file("favicon.svg", "<svg/>");
    write_file("empty.txt", "");
    std::filesystem::create_symlink("/etc/passwd", directory_ / "leak.txt");
    table_.add(static_files("/app", directory_));
    start();
  }
};

TEST_F(StaticFiles, ServesTheAppAndItsRouter) {
  auto c = client();
  Answer page = c.call("GET", "/app/");
  EXPECT_EQ(page.body, "<html>app</html>");
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("cache-control"), "no-cache");
  EXPECT_NE(page.header("content-security-policy").find("default-src 'self'"), std::string::npos);
  EXPECT_EQ(c.call("GET", "/app/folder/0190f3c2").body, "<html>app</html>");
  Answer moved = c.call("GET", "/app");
  EXPECT_EQ(moved.status, 308);
  EXPECT_EQ(moved.header("location"), "/app/");
  EXPECT_EQ(c.call("GET", "/app/", {{"If-None-Match", page.header("etag")}}).status, 304);
}

TEST_F(StaticFiles, CachesHashedNamesForEver) {
  auto c = client();
  Answer script = c.call("GET", "/app/assets/index-BKx3_f9a.js");
  EXPECT_EQ(script.body, "js");
  EXPECT_EQ(script.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(script.header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(c.call("GET", "/app/assets/plain.css").header("cache-control"), "no-cache");
  EXPECT_EQ(c.call("GET", "/app/favicon.svg").header("content-type"), "image/svg+xml");
  EXPECT_EQ(c.call("GET", "/app/empty.txt").status, 200);
}

TEST_F(StaticFiles, StaysInItsDirectory) {
  auto c = client();
  EXPECT_EQ(c.call("GET", "/app/leak.txt").status, 404);
  EXPECT_EQ(c.call("GET", "/app/../../etc/passwd").status, 400);
  EXPECT_EQ(c.call("GET", "/app/%2e%2e/%2e%2e/etc/passwd").status, 400);
  EXPECT_EQ(c.call("GET", "/app/..%2f..%2fetc%2fpasswd").status, 404);
  EXPECT_EQ(c.call("GET", "/app//etc/passwd").status, 404);
  EXPECT_EQ(c.call("GET", "/app/assets/missing.js").status, 404);
  EXPECT_EQ(c.call("GET", "/app/assets").body, "<html>app</html>");  // no listings
}

}  // namespace
}  // namespace reelvault::http::testing
