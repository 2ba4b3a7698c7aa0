// The protocol's edges over real sockets: what is refused, how, and what becomes of the connection.
#include "http/test_server.hpp"

#include <boost/json.hpp>

namespace reelvault::http::testing {
namespace {

struct Note {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Note, (), (text))

class Protocol : public ServerTest {
 protected:
  void add_notes() {
    table_.add(post<NoQuery, Note, Note>(
        "/note", {.access = everyone(), .status = 201},
        [](const Call<NoQuery, Note>& call) -> Result<Reply<Note>> { return Reply<Note>(call.body); }));
  }
  Answer once(std::string_view bytes) {
    auto c = client();
    c.send(bytes);
    Answer answer = c.read();
    EXPECT_TRUE(c.closed());
    return answer;
  }
  static boost::json::object problem(const Answer& answer) {
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    auto document = boost::json::parse(answer.body).as_object();
    EXPECT_EQ(document["status"].as_int64(), answer.status);
    EXPECT_EQ(document["instance"].as_string(), answer.header("x-request-id"));
    EXPECT_FALSE(document["title"].as_string().empty());
    EXPECT_FALSE(document["detail"].as_string().empty());
    return document;
  }
};

TEST_F(Protocol, RefusesWhatIsNotHttp) {
  text("/", "root");
  start();
  for (std::string_view bytes : {
           "GARBAGE\r\n\r\n",
           "GET /\r\n\r\n",
           "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",  // no Host
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       }) {
    Answer answer = once(bytes);
    EXPECT_EQ(answer.status, 400) << bytes;
    EXPECT_EQ(problem(answer)["type"], "malformed-request") << bytes;
  }
  EXPECT_EQ(once("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").status, 501);
}

TEST_F(Protocol, ReadsEveryFormOfTarget) {
  table_.add(raw(Method::get, "/echo/{name}", {.access = everyone(), .cost = Cost::point},
                 [](Request& request) -> Result<Response> {
                   const std::string* q = request.query_value("q");
                   return Response::text(200, "text/plain", request.path_parameters.at("name") + "|" + (q ? *q : "-"));
                 })
                 .with_free({"name"}));
  start();
  auto c = client();
  EXPECT_EQ(c.call("GET", "/echo/a?q=b%20c+d&&x").body, "a|b c d");
  EXPECT_EQ(c.call("GET", "http://somewhere:80/echo/b?q=1").body, "b|1");
  EXPECT_EQ(c.call("GET", "/api/echo/c").body, "c|-");
  EXPECT_EQ(c.call("GET", "/echo/%C3%A4").body, "ä|-");
  EXPECT_EQ(c.call("GET", "/echo/..").status, 400);
}

TEST_F(Protocol, NamesTheMethodsThatAPathAnswersTo) {
  text("/hello", "hi");
  start();
  auto c = client();
  Answer answer = c.call("DELETE", "/hello");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(problem(answer)["type"], "method-not-allowed");
  EXPECT_EQ(c.call("PROPFIND", "/hello").status, 405);
  EXPECT_EQ(c.call("PROPFIND", "/nothing").status, 404);
  answer = c.call("OPTIONS", "/hello");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(c.call("OPTIONS", "*").status, 204);
  EXPECT_EQ(c.call("OPTIONS", "/nothing").status, 404);
  EXPECT_EQ(problem(c.call("GET", "/nothing"))["type"], "not-found");
}

TEST_F(Protocol, JudgesInTheOrderThatTheApiPromises) {
  table_.add(http::patch<NoQuery, Note, Note>(
      "/asset/{id}", {.access = permitted(Permission::write, "id")},
      [](const Call<NoQuery, Note>& call) -> Result<Reply<Note>> { return Reply<Note>(call.body); }));
  table_.add(http::get<NoQuery, Note>(
      "/admin/thing/{id}", {.access = admin_only()},
      [](const Call<NoQuery, NoBody>&) -> Result<Reply<Note>> { return Reply<Note>(Note{"x"}); }));
  start();
  auto c = client();
  std::string unknown = "/asset/" + gate_.unknown.text(), known = "/asset/" + Uuid::v7().text();
  std::map<std::string, std::string> ann{{"Authorization", "Bearer ann"}, {"Content-Type", "application/json"}};
  std::map<std::string, std::string> reader{{"Authorization", "Bearer reader"}, {"Content-Type", "application/json"}};
  Answer answer = c.call("PATCH", "/asset/bad", {}, "not json");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
  EXPECT_EQ(c.call("GET", "/admin/thing/bad", {{"Authorization", "Bearer ann"}}).status, 403);  // role before id
  EXPECT_EQ(c.call("GET", "/admin/thing/bad", {{"Authorization", "Bearer root"}}).status, 400);
  EXPECT_EQ(c.call("PATCH", unknown, ann, "{}").status, 400);  // body before existence
  EXPECT_EQ(c.call("PATCH", unknown, ann, R"({"text":"a"})").status, 404);
  EXPECT_EQ(c.call("PATCH", known, reader, R"({"text":"a"})").status, 403);
  EXPECT_EQ(c.call("PATCH", known, ann, R"({"text":"a"})").status, 200);
}

TEST_F(Protocol, KeepsSaneRequestIdsAndReplacesOthers) {
  text("/", "");
  start();
  auto c = client();
  EXPECT_EQ(c.call("GET", "/", {{"X-Request-Id", "trace-1.2:3_4"}}).header("x-request-id"), "trace-1.2:3_4");
  EXPECT_TRUE(Uuid::parse(c.call("GET", "/", {{"X-Request-Id", "a b\"<"}}).header("x-request-id")));
  EXPECT_TRUE(Uuid::parse(c.call("GET", "/", {{"X-Request-Id", std::string(500, 'a')}}).header("x-request-id")));
}

TEST_F(Protocol, AllowsConfiguredOriginsOnly) {
  options_.cors_origins = {"https://app.example"};
  text("/hello", "hi");
  start();
  auto c = client();
  Answer answer = c.call("GET", "/hello", {{"Origin", "https://app.example"}});
  EXPECT_EQ(answer.header("access-control-allow-origin"), "https://app.example");
  EXPECT_EQ(answer.header("access-control-allow-credentials"), "true");
  for (const char* exposed : {"ETag", "Location", "X-Request-Id", "Content-Range", "Accept-Ranges"})
    EXPECT_NE(answer.header("access-control-expose-headers").find(exposed), std::string::npos);
  EXPECT_EQ(answer.header("vary"), "Origin");
  answer = c.call("GET", "/hello", {{"Origin", "https://evil.example"}});
  EXPECT_EQ(answer.header("access-control-allow-origin"), "");
  EXPECT_EQ(answer.header("vary"), "Origin");
  // Errors are readable by the page as well.
  EXPECT_EQ(c.call("GET", "/nothing", {{"Origin", "https://app.example"}}).header("access-control-allow-origin"),
            "https://app.example");
  answer = c.call("OPTIONS", "/hello",
                  {{"Origin", "https://app.example"},
                   {"Access-Control-Request-Method", "GET"},
                   {"Access-Control-Request-Headers", "authorization, range"}});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(answer.header("access-control-allow-headers"), "authorization, range");
  EXPECT_EQ(answer.header("access-control-allow-credentials"), "true");
  answer = c.call("OPTIONS", "/hello", {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "GET"}});
  EXPECT_EQ(answer.header("access-control-allow-methods"), "");
}

TEST_F(Protocol, LimitsHeads) {
  options_.header_limit = 8 << 10;
  text("/", "root");
  start();
  auto c = client();
  EXPECT_EQ(c.call("GET", "/", {{"X-Long", std::string(7000, 'a')}}).status, 200);
  Answer answer = once("GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + std::string(100'000, 'a'));
  EXPECT_EQ(answer.status, 431);
  problem(answer);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 300; ++i) many += "a:b\r\n";
  EXPECT_EQ(once(many + "\r\n").status, 431);
}

TEST_F(Protocol, LimitsBodies) {
  options_.body_limit = 100'000;
  add_notes();
  start();
  std::map<std::string, std::string> json{{"Content-Type", "application/json"}};
  auto c = client();
  // Announced too large and small enough to read away: the connection lives on.
  std::string large = R"({"text":")" + std::string(99'000, 'a') + "\"}";
  EXPECT_EQ(c.call("POST", "/note", json, large).status, 201);
  c.send("POST /note HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100001\r\n\r\n");
  Answer answer = c.read();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.header("connection"), "close");
  problem(answer);
  auto chunked = client();
  chunked.send(
      "POST /note HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunk = "8000\r\n" + std::string(0x8000, ' ') + "\r\n";
  for (int i = 0; i < 10; ++i) chunked.send(chunk);
  EXPECT_EQ(chunked.read().status, 413);
}

TEST_F(Protocol, DrainsSmallRefusedBodies) {
  add_notes();
  start();
  auto c = client();
  EXPECT_EQ(c.call("POST", "/nothing", {}, std::string(50'000, 'a')).status, 404);
  EXPECT_EQ(c.call("POST", "/note", {{"Content-Type", "text/plain"}}, std::string(50'000, 'a')).status, 415);
  EXPECT_EQ(c.call("POST", "/note", {{"Content-Type", "application/json"}}, R"({"text":"a"})").status, 201);
}

TEST_F(Protocol, ReadsChunkedJson) {
  add_notes();
  start();
  auto c = client();
  std::string head =
      "POST /note HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body = "5\r\n{\"tex\r\n9;x=\"y\"\r\nt\":\"abc\"}\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (char byte : head + body) c.send({&byte, 1});
  Answer answer = c.read();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"text":"abc"})");
  c.send(head + body + head + body);  // pipelined, and nothing is lost between
  EXPECT_EQ(c.read().status, 201);
  EXPECT_EQ(c.read().status, 201);
  Answer bad = once(head + "zz\r\n\r\n");
  EXPECT_EQ(bad.status, 400);
}

TEST_F(Protocol, InvitesExpectedBodiesOnlyWhenTheyAreWanted) {
  add_notes();
  start();
  auto c = client();
  c.send(
      "POST /note HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(c.read().status, 100);
  c.send(R"({"text":"b"})");
  EXPECT_EQ(c.read().status, 201);
  c.send("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n");
  Answer answer = c.read();
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(Protocol, TimesOutSlowRequests) {
  options_.header_timeout = std::chrono::seconds(1);
  options_.request_timeout = std::chrono::seconds(1);
  options_.idle_timeout = std::chrono::seconds(1);
  add_notes();
  start();
  EXPECT_EQ(once("GET / HTTP/1.1\r\nHost:").status, 408);
  EXPECT_EQ(
      once("POST /note HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{").status,
      408);
  auto silent = client();
  EXPECT_TRUE(silent.closed());
  auto idle = client();
  EXPECT_EQ(idle.call("GET", "/nothing").status, 404);
  EXPECT_TRUE(idle.closed());
}

TEST_F(Protocol, TellsTheBeginningOfTlsAtOnceThatThisIsPlainHttp) {
  text("/", "root");
  start();
  const auto begun = std::chrono::steady_clock::now();
  for (std::string_view hello : {std::string_view("\x16"), std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7)}) {
    Answer answer = once(hello);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(problem(answer)["type"], "http-required");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
}

TEST_F(Protocol, ClosesWhenAskedTo) {
  text("/", "root");
  start();
  Answer answer = once("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.body, "root");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(once("GET / HTTP/1.0\r\n\r\n").body, "root");
  auto old = client();
  for (int i = 0; i < 2; ++i) {
    old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    answer = old.read();
    EXPECT_EQ(answer.header("connection"), "keep-alive");
  }
}

TEST_F(Protocol, HidesWhatWentWrongInside) {
  table_.add(raw(Method::get, "/throws", {.access = everyone()},
                 [](Request&) -> Result<Response> { throw std::runtime_error("secret"); }));
  table_.add(raw(Method::get, "/fails", {.access = everyone()},
                 [](Request&) -> Result<Response> { return fail(Code::internal, "", "", "secret detail"); }));
  table_.add(raw(Method::get, "/full", {.access = everyone()},
                 [](Request&) -> Result<Response> { return fail(Code::no_space, "", "The disk is full."); }));
  table_.add(raw(Method::get, "/inject", {.access = everyone()},
                 [](Request& request) -> Result<Response> { return Response::redirect(*request.query_value("to")); }));
  start();
  auto c = client();
  for (const char* path : {"/throws", "/fails"}) {
    Answer answer = c.call("GET", path);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    problem(answer);
  }
  EXPECT_EQ(c.call("GET", "/full").status, 507);
  EXPECT_EQ(c.call("GET", "/inject?to=/a%0d%0aSet-Cookie:%20x").header("set-cookie"), "");
}

TEST_F(Protocol, GivesTheFirstAnswerAgainForAKey) {
  // The store's own rules are auth's; here: that it is asked, and what it stores is what was sent.
  class Store final : public IdempotencyStore {
   public:
    Result<std::optional<Response>> begin(const Request& request, const Route&) override {
      auto found = stored.find(std::string(request.headers.get("Idempotency-Key")));
      if (found == stored.end()) return std::nullopt;
      return found->second;
    }
    void finish(const Request& request, const Route&, const Response& response) override {
      stored[std::string(request.headers.get("Idempotency-Key"))] = response;
    }
    std::map<std::string, Response> stored;
  };
  idempotency_ = std::make_unique<Store>();
  std::atomic<int> calls = 0;
  table_.add(post<NoQuery, Note, Note>("/note", {.access = everyone(), .cost = Cost::point, .status = 201},
                                       [&](const Call<NoQuery, Note>& call) -> Result<Reply<Note>> {
                                         ++calls;
                                         return Reply<Note>(Note{call.body.text + std::to_string(calls)});
                                       }));
  start();
  auto c = client();
  std::map<std::string, std::string> keyed{{"Content-Type", "application/json"}, {"Idempotency-Key", "k1"}};
  EXPECT_EQ(c.call("POST", "/note", keyed, R"({"text":"n"})").body, R"({"text":"n1"})");
  EXPECT_EQ(c.call("POST", "/note", keyed, R"({"text":"n"})").body, R"({"text":"n1"})");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace reelvault::http::testing
