// How the client bears a store that is busy, breaks off, or answers 200 and then fails: a scripted server plays it.
#include "storage/s3_client.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "storage/s3_store.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace reelvault::storage {
namespace {

struct Scripted {
  int status = 200;
  std::string body = {};
  std::string headers = {};  // "Name: value\r\n"…
  bool drop = false;         // the connection breaks instead
  bool hang = false;         // the server says nothing for as long as it lives
};

// Answers one request after another by its script, and remembers what was asked.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Scripted> script) : script_(std::move(script)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no listening socket");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~ScriptedServer() { ::shutdown(listener_.get(), SHUT_RDWR); }

  S3Options options() const {
    S3Options options;
    options.endpoint = "http://127.0.0.1:" + std::to_string(port_);
    options.region = "us-east-1";
    options.bucket = "bucket";
    options.access_key = "key";
    options.secret_key = "secret";
    return options;
  }
  std::vector<std::string> requests() {
    std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (const Scripted& answer : script_) {
      UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
      if (!connection) return;
      std::string request;
      char block[4096];
      std::size_t wanted = std::string::npos;
      while (request.size() < wanted) {
        const ssize_t got = ::recv(connection.get(), block, sizeof block, 0);
        if (got <= 0) break;
        request.append(block, static_cast<std::size_t>(got));
        const std::size_t end = request.find("\r\n\r\n");
        if (wanted != std::string::npos || end == std::string::npos) continue;
        const std::size_t length = request.find("Content-Length: ");
        wanted = end + 4 + (length < end ? std::stoul(request.substr(length + 16)) : 0);
      }
      {
        std::scoped_lock lock(mutex_);
        requests_.push_back(request);
      }
      if (answer.drop) continue;
      if (answer.hang) {
        hung_.push_back(std::move(connection));
        continue;
      }
      const std::string text = fmt::format(
          "HTTP/1.1 {} X\r\n{}Connection: close\r\n{}\r\n{}", answer.status, answer.headers,
          request.starts_with("HEAD") ? "" : fmt::format("Content-Length: {}\r\n", answer.body.size()), answer.body);
      (void)::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
  }

  const std::vector<Scripted> script_;
  UniqueFd listener_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<UniqueFd> hung_;
  std::jthread thread_;
};

std::string error_document(const std::string& code) {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>m</Message></Error>";
}
const std::string kCompleted = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
const std::string kFiveBytes = "Content-Length: 5\r\nETag: \"e-1\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n";

TEST(S3Client, AsksAgainWhenTheStoreIsBusyOrBreaksOff) {
  ScriptedServer server({{503, error_document("SlowDown")}, {.drop = true}, {500, "", ""}, {200, "bytes"}});
  auto response = S3Client(server.options()).send({.method = "GET", .key = "k"});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "bytes");
  EXPECT_TRUE(response->again);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST(S3Client, SendsTheWholeBodyAgain) {
  ScriptedServer server({{503, error_document("SlowDown")}, {200, ""}});
  ASSERT_TRUE(S3Client(server.options()).send({.method = "PUT", .key = "k", .body = "the body"}));
  for (const std::string& request : server.requests()) EXPECT_TRUE(request.ends_with("\r\n\r\nthe body")) << request;
}

TEST(S3Client, GivesUpInTheEnd) {
  ScriptedServer server({{503, error_document("SlowDown")}, {503, error_document("SlowDown")}});
  auto response = S3Client(server.options()).send({.method = "GET", .key = "k", .attempts = 2});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::unavailable);
  EXPECT_FALSE(response.error().detail.contains("secret"));
}

TEST(S3Client, BearsOneSilenceAndNotAllOfAStoreThatHangs) {
  ScriptedServer once({{.hang = true}, {200, "bytes"}});
  auto response = S3Client(once.options(), std::chrono::seconds(1)).send({.method = "GET", .key = "k"});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "bytes");

  for (const std::string method : {"GET", "POST"}) {
    ScriptedServer always(std::vector<Scripted>(5, {.hang = true}));
    response = S3Client(always.options(), std::chrono::seconds(1)).send({.method = method, .key = "k"});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::unavailable);
    EXPECT_EQ(always.requests().size(), method == "GET" ? 2u : 1u);
  }
}

TEST(S3Client, DoesNotAskAgainWhatWasRefused) {
  ScriptedServer server({{403, error_document("AccessDenied")}});
  auto response = S3Client(server.options()).send({.method = "GET", .key = "k"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->code, "AccessDenied");
  EXPECT_EQ(s3_error(*response, "reading").code, Code::unavailable);
}

TEST(S3Client, TakesNoMoreThanItAskedFor) {
  ScriptedServer server({{200, std::string(1000, 'x')}});
  EXPECT_FALSE(S3Client(server.options()).send({.method = "GET", .key = "k", .answer_limit = 999}));
}

TEST(S3Client, SendsPathsAsTheyAreSigned) {
  ScriptedServer server({{200, ""}});
  ASSERT_TRUE(S3Client(server.options()).send({.method = "GET", .key = "a b/ü+%2e", .query = {{"x", "1 2"}}}));
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /bucket/a%20b/%C3%BC%2B%252e?x=1%202 HTTP/1.1\r\n"));
}

TEST(S3Client, PreSignsForTheAddressThatClientsReach) {
  S3Options options;
  options.endpoint = "http://store.internal:9000";
  options.public_endpoint = "https://S3.Example.com:443/";
  options.region = "eu-west-1";
  options.bucket = "bucket";
  options.access_key = "key";
  options.secret_key = "secret";
  const std::string path_style = S3Client(options).presign({.method = "GET", .key = "k/é"}, std::chrono::hours(1000));
  EXPECT_TRUE(path_style.starts_with("https://s3.example.com/bucket/k/%C3%A9?X-Amz-Algorithm=")) << path_style;
  EXPECT_TRUE(path_style.contains("X-Amz-Expires=604800&")) << "S3 admits a week";
  options.path_style = false;
  EXPECT_TRUE(S3Client(options)
                  .presign({.method = "GET", .key = "k"}, std::chrono::hours(1))
                  .starts_with("https://bucket.s3.example.com/k?X-Amz-Algorithm="));
}

TEST(S3Store, TakesAnErrorInA200ForAnError) {
  ScriptedServer server({{200, error_document("InternalError")}, {200, kCompleted}, {200, "", kFiveBytes}});
  S3Store store("s3", server.options());
  auto finished = store.finish("k", "id", {{1, "e", 5}}, 5);
  ASSERT_TRUE(finished) << finished.error().detail;
  EXPECT_EQ(finished->size, 5u);

  ScriptedServer refusing({{200, "   \n" + error_document("InvalidPart")}});
  S3Store other("s3", refusing.options());
  EXPECT_FALSE(other.finish("k", "id", {{1, "e", 5}}, 5));
}

TEST(S3Store, LooksForTheObjectWhenTheUploadIsGone) {
  // The first completion had its effect and its answer was lost.
  ScriptedServer server({{.drop = true}, {404, error_document("NoSuchUpload")}, {200, "", kFiveBytes}});
  S3Store store("s3", server.options());
  auto finished = store.finish("k", "id", {{1, "e", 5}}, 5);
  ASSERT_TRUE(finished) << finished.error().detail;
  EXPECT_EQ(finished->etag, "e-1");

  ScriptedServer another({{404, error_document("NoSuchUpload")}, {200, "", kFiveBytes}});
  EXPECT_EQ(S3Store("s3", another.options()).finish("k", "id", {{1, "e", 6}}, 6).error().code, Code::not_found);

  ScriptedServer gone({{404, error_document("NoSuchUpload")}, {404, ""}});
  EXPECT_EQ(S3Store("s3", gone.options()).finish("k", "id", {{1, "e", 5}}, 5).error().code, Code::not_found);
}

TEST(S3Store, PagesListsAndParts) {
  const std::string first =
      "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>"
      "<Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag><Size>5</Size></Part>"
      "<Part><PartNumber>2</PartNumber><ETag>\"b\"</ETag><Size>6</Size></Part></ListPartsResult>";
  const std::string second =
      "<ListPartsResult><IsTruncated>false</IsTruncated>"
      "<Part><PartNumber>3</PartNumber><ETag>c</ETag><Size>1</Size></Part></ListPartsResult>";
  ScriptedServer server({{200, first}, {200, second}});
  auto parts = S3Store("s3", server.options()).parts("k", "id");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3u);
  EXPECT_EQ((*parts)[0].etag, "a");
  EXPECT_EQ((*parts)[2].number, 3);
  EXPECT_TRUE(server.requests().at(1).contains("part-number-marker=2"));
}

TEST(S3Store, LeavesOutWhatIsNoKeyAndGoesOn) {
  const std::string first =
      "<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>"
      "<Contents><Key>films/</Key><Size>0</Size></Contents></ListBucketResult>";
  const std::string second =
      "<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>"
      "<Contents><Key>films/a+b%2Bc</Key><Size>1099511627776</Size><ETag>\"e\"</ETag>"
      "<LastModified>2026-01-02T03:04:05.678Z</LastModified></Contents></ListBucketResult>";
  ScriptedServer server({{200, first}, {200, second}});
  auto listed = S3Store("s3", server.options()).list("films/", "", 10);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().key, "films/a b+c");
  EXPECT_EQ(listed->front().info.size, 1ull << 40);
  EXPECT_EQ(listed->front().info.mtime_ns % 1'000'000'000, 0);
}

TEST(S3Store, TellsWhatIsLeftOutOfAListAndWhy) {
  auto contents = [](std::string_view key) {
    return fmt::format("<Contents><Key>{}</Key><Size>1</Size></Contents>", key);
  };
  const std::string page = "<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>" +
                           contents("films//a") + contents("films/../b") + contents("films/%C3%A9%FF%00") +
                           contents("films/fine") + contents("films/folder/") +
                           "<Contents><Key>films/empty/</Key><Size>0</Size></Contents></ListBucketResult>";
  ScriptedServer server({{200, page}});
  auto found = S3Store("s3", server.options()).list_with_left_out("films/", "", 10);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->objects.size(), 1u);
  EXPECT_EQ(found->objects.front().key, "films/fine");
  std::vector<std::pair<std::string, std::string>> told;
  for (const auto& each : found->left_out) told.emplace_back(each.key, each.reason);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"films//a", "The object key has an empty component."},
      {"films/../b", "The object key must not have \".\" or \"..\" as a component."},
      {"films/é\\xff\\x00", "The object key is not valid text."},
      {"films/folder/", "The object key has an empty component."},
  };
  EXPECT_EQ(told, expected);
  EXPECT_EQ(found->left_out_count, 4);
}

TEST(S3Store, SaysWhenSomethingElseThanS3Answers) {
  ScriptedServer server({{200, "<html>Welcome</html>"}});
  auto listed = S3Store("s3", server.options()).list("", "", 10);
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, Code::unavailable);
}

TEST(S3Store, DoesNotTakeAMissingBucketForAMissingObject) {
  ScriptedServer server({{404, error_document("NoSuchBucket")}});
  EXPECT_EQ(S3Store("s3", server.options()).read("k", 0, 1).error().code, Code::unavailable);
}

}  // namespace
}  // namespace reelvault::storage
