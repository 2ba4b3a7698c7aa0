#include "http/test_server.hpp"

namespace reelvault::http::testing {
namespace {

struct Greeting {
  std::string name;
  std::optional<int> times;
};
BOOST_DESCRIBE_STRUCT(Greeting, (), (name, times))
struct GreetingQuery {
  std::optional<int> limit;
};
BOOST_DESCRIBE_STRUCT(GreetingQuery, (), (limit))

TEST_F(ServerTest, AnswersOnOneConnectionManyTimes) {
  text("/hello", "hi");
  start();
  auto c = client();
  for (int i = 0; i < 3; ++i) {
    Answer answer = c.call("GET", "/hello");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hi");
    EXPECT_EQ(answer.header("content-length"), "2");
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_FALSE(answer.header("x-request-id").empty());
    EXPECT_FALSE(answer.header("date").empty());
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  text("/slow", "slow", Cost::read);
  text("/quick", "quick");
  start();
  auto c = client();
  c.send(
      "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /quick HTTP/1.1\r\nHost: a\r\n\r\nGET /slow HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  EXPECT_EQ(c.read().body, "slow");
  EXPECT_EQ(c.read().body, "quick");
  EXPECT_EQ(c.read().body, "slow");
}

TEST_F(ServerTest, HeadGivesTheHeadersOfGet) {
  text("/hello", "hi");
  start();
  auto c = client();
  Answer answer = c.call("HEAD", "/hello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-length"), "2");
  EXPECT_EQ(c.call("GET", "/hello").body, "hi");
}

TEST_F(ServerTest, BindsJsonAndReportsEveryFault) {
  table_.add(post<GreetingQuery, Greeting, Greeting>(
      "/greet/{id}", {.summary = "Greet", .tag = "Test", .access = everyone(), .status = 201},
      [](const Call<GreetingQuery, Greeting>& call) -> Result<Reply<Greeting>> {
        return Reply<Greeting>(Greeting{call.body.name + "!", call.query.limit});
      }));
  start();
  auto c = client();
  std::string id = Uuid::v7().text();
  Answer answer = c.call("POST", "/api/greet/" + id + "?limit=4", {{"Content-Type", "application/json"}},
                         R"({"name":"Ann","x":1})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"name":"Ann!","times":4})");
  answer = c.call("POST", "/greet/17?limit=many", {{"Content-Type", "application/json"}}, R"({"times":"x"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  auto document = boost::json::parse(answer.body).as_object();
  EXPECT_EQ(document["type"], "invalid-request");
  EXPECT_EQ(document["instance"].as_string(), answer.header("x-request-id"));
  EXPECT_EQ(document["errors"].as_array().size(), 4u) << answer.body;
  EXPECT_EQ(c.call("POST", "/greet/" + id, {{"Content-Type", "application/json"}}, "{\"name\":").status, 400);
  EXPECT_EQ(c.call("POST", "/greet/" + id, {{"Content-Type", "text/plain"}}, "{}").status, 415);
  EXPECT_EQ(
      c.call("POST", "/greet/" + id, {{"Content-Type", "application/vnd.x+json; charset=utf-8"}}, R"({"name":"B"})")
          .status,
      201);
}

TEST_F(ServerTest, SendsFiles) {
  std::string content;
  for (int i = 0; i < 300'000; ++i) content += std::to_string(i);
  std::string path = write_file("film", content);
  table_.add(raw(Method::get, "/film", {.access = everyone(), .cost = Cost::point}, [&](Request&) -> Result<Response> {
    Response out;
    out.body = Body(FileRange{.path = path, .length = content.size()});
    out.headers.add("ETag", "\"1\"");
    return out;
  }));
  start();
  auto c = client();
  EXPECT_TRUE(c.call("GET", "/film").body == content);
  Answer part = c.call("GET", "/film", {{"Range", "bytes=100-199"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, content.substr(100, 100));
}

class Collect final : public Sink {
 public:
  explicit Collect(std::string& into) : into_(into) {}
  Result<void> write(std::string_view block) override {
    into_ += block;
    return {};
  }
  void abort() override { into_ = "aborted"; }

 private:
  std::string& into_;
};

TEST_F(ServerTest, StreamsUploads) {
  std::string got;
  table_.add(streamed(Method::put, "/part", {.access = everyone()}, [&](Request&) -> Result<Streamed> {
    return Streamed{std::make_unique<Collect>(got),
                    [&]() -> Result<Response> { return Response::json(200, std::to_string(got.size())); }};
  }));
  start();
  auto c = client();
  std::string content(5 << 20, 'x');
  for (std::size_t i = 0; i < content.size(); i += 1000) content[i] = static_cast<char>(i / 1000);
  Answer answer = c.call("PUT", "/part", {}, content);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(got == content);
  got.clear();
  c.send("PUT /part HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  c.send("4;x=y\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(c.read().status, 200);
  EXPECT_EQ(got, "abcdefg");
}

}  // namespace
}  // namespace reelvault::http::testing
