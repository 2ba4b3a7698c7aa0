#include "jobs/protocol.hpp"

#include "base/file.hpp"
#include "http/openapi.hpp"
#include "jobs/job_routes.hpp"
#include "jobs/protocol_messages.hpp"
#include "jobs/server_link.hpp"
#include "jobs/worker_testing.hpp"

namespace reelvault::jobs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Protocol : public WithServer {
 protected:
  void SetUp() override {
    WithServer::SetUp();
    if (IsSkipped()) return;
    link_options_ = on_socket();
    link_ = std::make_unique<ServerLink>(link_options_);
  }
  LinkAnswer post(const std::string& path, const boost::json::value& body) {
    return link_->post("/internal/worker/" + path, boost::json::serialize(body), std::chrono::seconds(30)).value();
  }
  boost::json::object told(const boost::json::object& job) {
    return {{"id", job.at("id")}, {"fence", job.at("fence")}};
  }
  boost::json::object claim_one() {
    enqueue({.type = "a", .payload = {{"x", 1}}});
    const LinkAnswer answer = post("claim", {{"workerId", "w"}, {"types", boost::json::array{"a"}}, {"waitMs", 0}});
    EXPECT_EQ(answer.status, 200);
    return boost::json::parse(answer.body).as_object();
  }
  int put(const std::string& path) {
    const auto file = folder_ / "to-send";
    std::ofstream(file) << "content";
    return link_->upload("/internal/worker/job/" + path, file, {})->status;
  }

  WorkerOptions link_options_;
  std::unique_ptr<ServerLink> link_;
};

TEST_P(Protocol, RemembersWhoClaimsAndWhatConfinesThem) {
  const auto claim = [&](const char* id) {
    boost::json::object body{{"workerId", id}, {"types", boost::json::array{"none"}}, {"waitMs", 0}};
    if (std::string_view(id) == "a") body["isolation"] = "off: limits only";
    EXPECT_EQ(post("claim", body).status, 204);
  };
  claim("b");
  claim("a");
  claim("a");
  auto known = workers_.all();
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known[0].id, "a");
  EXPECT_EQ(known[0].isolation, "off: limits only");
  EXPECT_TRUE(known[0].local);
  EXPECT_EQ(known[1].isolation, std::nullopt);
  EXPECT_EQ(post("leave", {{"workerId", "a"}}).status, 204);
  known = workers_.all();
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].id, "b");
}

TEST(ForReaders, LeavesOutWhatIsOfTheMachine) {
  const std::pair<const char*, const char*> cases[] = {
      {"/srv/data/x/input: Invalid data found", "input: Invalid data found"},
      {"exit 1\nWarning: using insecure memory!\nbad", "exit 1\nbad"},
      {"open '/a/b c' and \"/d/e.jpg\"", "open 'b c' and \"e.jpg\""},
      {"[in#0 @ 0x1] file:/a/b.mov:12", "[in#0 @ 0x1] file:b.mov:12"},
      {"GET https://s3.test/k?X-Amz-Signature=1 failed", "GET https://s3.test/k failed"},
      {"1/2 of text/plain, 24000/1001", "1/2 of text/plain, 24000/1001"},
      {"a / b, /, //", "a / b, /, //"},
      {"in /srv/data/", "in data/"},
      {"", ""},
  };
  for (const auto& [said, shown] : cases) EXPECT_EQ(for_readers(said), shown);
}

TEST_P(Protocol, ClaimsBeatsAndCompletes) {
  EXPECT_EQ(post("claim", {{"workerId", "w"}, {"types", boost::json::array{"a"}}, {"waitMs", 10}}).status, 204);
  EXPECT_EQ(post("claim", boost::json::object{{"types", boost::json::array{"a"}}}).status, 400);
  const auto job = claim_one();
  EXPECT_EQ(job.at("type"), "a");
  EXPECT_EQ(job.at("attempt"), 1);
  EXPECT_EQ(job.at("payload").at("x"), 1);
  EXPECT_EQ(job.at("leaseMs"), options_.lease.count());
  EXPECT_TRUE(std::filesystem::is_directory(std::string(job.at("scratch").as_string())));

  boost::json::object beat = told(job), stale = told(job);
  beat["progress"] = 12.5;
  stale["fence"] = 99;
  stale["progress"] = 1;
  LinkAnswer answer = post("heartbeat", boost::json::object{{"jobs", boost::json::array{beat}}});
  EXPECT_EQ(answer.body, R"({"cancelled":[]})");
  answer = post("heartbeat", boost::json::object{{"jobs", boost::json::array{stale}}});
  EXPECT_THAT(answer.body, HasSubstr(std::string(job.at("id").as_string())));

  boost::json::object done = told(job);
  done["result"] = boost::json::object{{"n", 1}};
  done["log"] = "";
  EXPECT_EQ(post("complete", done).status, 204);
  EXPECT_EQ(post("complete", done).status, 204);
  done["fence"] = 99;
  EXPECT_EQ(post("complete", done).status, 409);
}

TEST_P(Protocol, TakesFailuresAndLeaving) {
  const auto job = claim_one();
  boost::json::object failed = told(job);
  failed.insert({{"code", "no"}, {"message", "No."}, {"detail", ""}, {"permanent", true}, {"log", "x"}});
  EXPECT_EQ(post("fail", failed).status, 204);
  EXPECT_EQ(engine().list({.status = Status::failed})->total, 1);
  claim_one();
  EXPECT_EQ(post("leave", boost::json::object{{"workerId", "w"}}).status, 204);
  EXPECT_EQ(engine().list({.status = Status::queued})->total, 1);
}

TEST_P(Protocol, TakesOutputsIntoTheJobsOwnFolderOnly) {
  const auto job = claim_one();
  const std::string id(job.at("id").as_string()), scratch(job.at("scratch").as_string());
  EXPECT_EQ(put(id + "/output/hls/one.mp4?fence=1"), 204);
  EXPECT_EQ(*read_whole_file(std::filesystem::path(scratch) / "hls" / "one.mp4"), "content");
  EXPECT_EQ(put(id + "/output/hls/one.mp4?fence=1"), 204) << "again: the last wins";
  EXPECT_EQ(put(id + "/output/hls?fence=1"), 409) << "a folder";
  EXPECT_EQ(put(id + "/output/one?fence=2"), 409);
  EXPECT_EQ(put(id + "/output/one"), 400);
  EXPECT_EQ(put(Uuid::v7().text() + "/output/one?fence=1"), 409);
  for (const char* name : {"..%2F..%2Fescaped", "a/../../escaped", "%2Ftmp%2Fescaped", "a//b", "a%00b", "./x"}) {
    const int status = put(id + "/output/" + name + "?fence=1");
    EXPECT_TRUE(status == 400 || status == 404) << name << " " << status;
  }
  std::filesystem::create_directory_symlink("/tmp", std::filesystem::path(scratch) / "link");
  EXPECT_EQ(put(id + "/output/link/escaped?fence=1"), 409);
  EXPECT_FALSE(std::filesystem::exists("/tmp/escaped"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "escaped"));
}

TEST_P(Protocol, IsNotInTheDocument) {
  http::RouteTable table;
  add_worker_routes(table, engine(), workers_);
  add_job_routes(table, engine());
  const std::string document = http::openapi_document(table, "1");
  EXPECT_THAT(document, Not(HasSubstr("/internal/")));
  EXPECT_THAT(document, HasSubstr("/admin/job/{id}/retry"));
}

class OpenGate : public http::Gate {
 public:
  Result<std::shared_ptr<const Principal>> authenticate(const http::Request&, const http::Access& access) override {
    EXPECT_EQ(access.who, http::Access::Who::admin);
    return std::make_shared<Principal>(Principal::system());
  }
  Result<void> authorize(const Principal&, const http::Access&, const Uuid&) override { return {}; }
};

class JobRoutes : public WithEngine {
 protected:
  void SetUp() override {
    WithEngine::SetUp();
    if (IsSkipped()) return;
    add_job_routes(table_, engine());
    http::ServerOptions options;
    options.port = 0;
    options.threads = 1;
    server_ = http::Server::start(options, table_, gate_, nullptr, nullptr).value();
  }
  void TearDown() override {
    server_.reset();
    WithEngine::TearDown();
  }
  std::pair<int, boost::json::value> call(const std::string& method, const std::string& path) {
    const WorkerOptions options{.server_url = fmt::format("http://127.0.0.1:{}", server_->port())};
    ServerLink link(options);
    if (method == "POST") {
      const LinkAnswer answer = link.post(path, "", std::chrono::seconds(30)).value();
      return {answer.status, boost::json::parse(answer.body)};
    }
    const auto file = scratch_.string() + "-answer";
    const int status = link.download(path, file, {})->status;
    const std::string body = *read_whole_file(file);
    std::filesystem::remove(file);
    return {status, body.empty() ? boost::json::value() : boost::json::parse(body)};
  }

  http::RouteTable table_;
  OpenGate gate_;
  std::unique_ptr<http::Server> server_;
};

TEST_P(JobRoutes, ListPageByPageWithFilters) {
  const Uuid asset = Uuid::v7();
  std::vector<Job> made;
  for (int i = 0; i < 3; ++i)
    made.push_back(enqueue({.type = i == 0 ? "b" : "a", .asset_id = i == 0 ? asset : Uuid{}}));
  auto [status, page] = call("GET", "/admin/job?pageSize=2");
  EXPECT_EQ(status, 200);
  ASSERT_EQ(page.at("items").as_array().size(), 2u);
  EXPECT_EQ(page.at("items").at(0).at("id").as_string(), made[2].id.text());
  EXPECT_EQ(page.at("totalItemCount"), 3);
  EXPECT_EQ(page.at("totalIsEstimate"), false);
  const std::string token(page.at("nextPageToken").as_string());
  page = call("GET", "/admin/job?pageSize=2&pageToken=" + token).second;
  ASSERT_EQ(page.at("items").as_array().size(), 1u);
  EXPECT_TRUE(page.at("nextPageToken").is_null());
  EXPECT_EQ(call("GET", "/admin/job?type=b").second.at("totalItemCount"), 1);
  EXPECT_EQ(call("GET", "/admin/job?status=queued").second.at("totalItemCount"), 3);
  page = call("GET", "/admin/job?assetId=" + asset.text()).second;
  EXPECT_EQ(page.at("items").at(0).at("assetId").as_string(), asset.text());
  for (const char* bad : {"status=never", "pageSize=0", "pageSize=501", "assetId=x", "pageToken=!", "pageToken=AAAA"}) {
    EXPECT_EQ(call("GET", std::string("/admin/job?") + bad).first, 400) << bad;
  }
}

TEST_P(JobRoutes, ShowRetryAndCancel) {
  const Job job = enqueue({.type = "a", .max_attempts = 1});
  const std::string path = "/admin/job/" + job.id.text();
  EXPECT_EQ(call("POST", path + "/retry").first, 409);
  auto claimed = claim("worker-7");
  ASSERT_TRUE(
      engine().fail_attempt(job.id, claimed->job.fence, {.code = "no", .message = "No.", .detail = "d"}, "log"));
  auto [status, shown] = call("GET", path);
  EXPECT_EQ(status, 200);
  EXPECT_EQ(shown.at("status"), "Failed");
  EXPECT_EQ(shown.at("jobType"), "a");
  EXPECT_EQ(shown.at("attempt"), 1);
  EXPECT_EQ(shown.at("workerId"), "worker-7");
  EXPECT_EQ(shown.at("error"), (boost::json::object{{"code", "no"}, {"message", "No."}, {"detail", "d"}}));
  EXPECT_EQ(shown.at("log"), "log");
  EXPECT_TRUE(shown.at("durationMs").is_int64());
  EXPECT_EQ(call("POST", path + "/retry").second.at("status"), "Queued");
  EXPECT_EQ(call("POST", path + "/cancel").second.at("status"), "Cancelled");
  EXPECT_EQ(call("POST", path + "/cancel").first, 200);
  EXPECT_EQ(call("GET", "/admin/job/" + Uuid::v7().text()).first, 404);
  EXPECT_EQ(call("POST", "/admin/job/" + Uuid::v7().text() + "/cancel").first, 404);
  EXPECT_EQ(call("GET", "/admin/job/x").first, 400);
}

INSTANTIATE_TEST_SUITE_P(Databases, Protocol, db::each_backend(), db::backend_name);
INSTANTIATE_TEST_SUITE_P(Databases, JobRoutes, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::jobs
