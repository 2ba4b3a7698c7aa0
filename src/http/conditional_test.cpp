#include "base/hash.hpp"
#include "http/server.hpp"

#include <gtest/gtest.h>

namespace reelvault::http {
namespace {

constexpr std::string_view kText = "0123456789abcdefghij";
constexpr const char* kModified = "Tue, 03 Mar 2026 10:00:00 GMT";

std::string read_all(const Body& body) {
  std::string out;
  while (out.size() < body.size()) {
    auto segment = body.next(out.size());
    const auto& bytes = std::get<Bytes>(*segment);
    out += bytes.data->substr(bytes.offset, bytes.length);
  }
  return out;
}

Response ask(std::initializer_list<std::pair<const char*, const char*>> headers, Method method = Method::get,
             const char* etag = "\"v1\"", const char* type = "video/mp4") {
  Request request;
  request.method = method;
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  Response full = Response::text(200, type, std::string(kText));
  if (*etag) full.headers.add("ETag", etag);
  full.headers.add("Last-Modified", kModified);
  full.headers.add("Cache-Control", "private");
  return conditional(request, std::move(full));
}

TEST(Conditional, AnswersPlainRequestsInFull) {
  Response response = ask({});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Accept-Ranges"), "bytes");
  EXPECT_EQ(read_all(response.body), kText);
}

TEST(Conditional, KnowsWhatTheClientHas) {
  struct Case {
    std::initializer_list<std::pair<const char*, const char*>> headers;
    int status;
  };
  for (const Case& c : std::initializer_list<Case>{
           {{{"If-None-Match", "\"v1\""}}, 304},
           {{{"If-None-Match", "W/\"v1\""}}, 304},  // weak comparison
           {{{"If-None-Match", "\"v0\", \"v1\""}}, 304},
           {{{"If-None-Match", "*"}}, 304},
           {{{"If-None-Match", "\"v2\""}}, 200},
           {{{"If-None-Match", "v1"}}, 200},
           {{{"If-Modified-Since", kModified}}, 304},
           {{{"If-Modified-Since", "Tue, 03 Mar 2026 09:59:59 GMT"}}, 200},
           {{{"If-Modified-Since", "yesterday"}}, 200},
           {{{"If-None-Match", "\"v2\""}, {"If-Modified-Since", kModified}}, 200},  // the tag decides alone
           {{{"If-Match", "\"v1\""}}, 200},
           {{{"If-Match", "*"}}, 200},
           {{{"If-Match", "W/\"v1\""}}, 412},  // strong comparison
           {{{"If-Match", "\"v2\""}}, 412},
           {{{"If-Unmodified-Since", kModified}}, 200},
           {{{"If-Unmodified-Since", "Tue, 03 Mar 2026 09:59:59 GMT"}}, 412},
           {{{"If-Match", "\"v1\""}, {"If-Unmodified-Since", "Tue, 03 Mar 2026 09:59:59 GMT"}}, 200},
       })
    EXPECT_EQ(ask(c.headers).status, c.status) << c.headers.begin()->first << ": " << c.headers.begin()->second;
}

TEST(Conditional, Keeps304Small) {
  Response response = ask({{"If-None-Match", "\"v1\""}});
  EXPECT_EQ(response.body.size(), 0u);
  EXPECT_EQ(response.headers.get("ETag"), "\"v1\"");
  EXPECT_EQ(response.headers.get("Cache-Control"), "private");
  EXPECT_EQ(response.headers.find("Content-Type"), nullptr);
}

TEST(Conditional, GivesOneRange) {
  Response response = ask({{"Range", "bytes=0-1"}});  // what Safari probes with
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.headers.get("Content-Range"), "bytes 0-1/20");
  EXPECT_EQ(read_all(response.body), "01");
  response = ask({{"Range", "bytes=-5"}});
  EXPECT_EQ(response.headers.get("Content-Range"), "bytes 15-19/20");
  EXPECT_EQ(read_all(response.body), "fghij");
}

TEST(Conditional, GivesManyRangesAsParts) {
  Response response = ask({{"Range", "bytes=0-1,-2"}});
  EXPECT_EQ(response.status, 206);
  std::string type(response.headers.get("Content-Type"));
  ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary="));
  std::string boundary = type.substr(type.find('=') + 1);
  EXPECT_EQ(response.headers.find("Content-Range"), nullptr);
  EXPECT_EQ(read_all(response.body),
            "--" + boundary + "\r\nContent-Type: video/mp4\r\nContent-Range: bytes 0-1/20\r\n\r\n01\r\n--" + boundary +
                "\r\nContent-Type: video/mp4\r\nContent-Range: bytes 18-19/20\r\n\r\nij\r\n--" + boundary + "--\r\n");
}

TEST(Conditional, RefusesRangesPastTheEnd) {
  Response response = ask({{"Range", "bytes=20-"}});
  EXPECT_EQ(response.status, 416);
  EXPECT_EQ(response.headers.get("Content-Range"), "bytes */20");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
}

TEST(Conditional, IgnoresRangesOfHeadAndJson) {
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}}, Method::head).status, 200);
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}}, Method::get, "\"v1\"", "application/json").status, 200);
}

TEST(Conditional, HonoursIfRange) {
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}, {"If-Range", "\"v1\""}}).status, 206);
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}, {"If-Range", "\"v0\""}}).status, 200);
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}, {"If-Range", "W/\"v1\""}}).status, 200);
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}, {"If-Range", "\"v1\""}}, Method::get, "W/\"v1\"").status, 200);
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}, {"If-Range", kModified}}).status, 206);
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}, {"If-Range", "Tue, 03 Mar 2026 10:00:01 GMT"}}).status, 200);
  EXPECT_EQ(ask({{"Range", "bytes=99-"}, {"If-Range", "\"v0\""}}).status, 200);
}

TEST(Conditional, LeavesOtherResponsesAlone) {
  Request request;
  request.headers.add("Range", "bytes=0-1");
  EXPECT_EQ(conditional(request, Response::text(200, "text/plain", "no validator")).status, 200);
  Response created = Response::json(201, "{}");
  created.headers.add("ETag", "\"1\"");
  request.headers.add("If-None-Match", "\"1\"");
  EXPECT_EQ(conditional(request, std::move(created)).status, 201);
}

TEST(Body, SlicesAndJoins) {
  Body joined = Body::join({Body(std::string("abc")), Body(), Body(std::string("defg")), Body(std::string("h"))});
  EXPECT_EQ(joined.size(), 8u);
  EXPECT_EQ(read_all(joined), "abcdefgh");
  EXPECT_EQ(read_all(joined.slice(2, 4)), "cdef");
  EXPECT_EQ(read_all(joined.slice(2, 4).slice(1, 2)), "de");
  EXPECT_EQ(joined.slice(7, 100).size(), 1u);
  EXPECT_EQ(joined.slice(100, 1).size(), 0u);
}

}  // namespace
}  // namespace reelvault::http
