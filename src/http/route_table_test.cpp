#include "http/route.hpp"

#include <gtest/gtest.h>

namespace reelvault::http {
namespace {

Route dummy(Method method, std::string pattern) {
  return raw(method, std::move(pattern), {.access = everyone()},
             [](Request&) -> Result<Response> { return Response{}; });
}

class RouteTableTest : public ::testing::Test {
 protected:
  RouteTableTest() {
    table_.add(dummy(Method::get, "/asset/{id}"));
    table_.add(dummy(Method::patch, "/asset/{id}"));
    table_.add(dummy(Method::get, "/asset/{id}/children"));
    table_.add(dummy(Method::get, "/asset/roots"));
    table_.add(dummy(Method::post, "/asset/{actionName}"));
    table_.add(dummy(Method::get, "/asset/{assetId}/set-cookies/{relatedAssetId}"));
    table_.add(dummy(Method::get, "/media/{a}/{b}/{path...}"));
    table_.add(dummy(Method::get, "/app/{path...}"));
    table_.add(dummy(Method::get, "/"));
  }
  std::string pattern(Method method, std::string_view path) {
    auto match = table_.match(method, path);
    return match ? match->route->pattern : "error " + std::to_string(code_entry(match.error().code).status);
  }
  std::map<std::string, std::string, std::less<>> parameters(std::string_view path) {
    return table_.match(Method::get, path)->parameters;
  }
  RouteTable table_;
};

TEST_F(RouteTableTest, PrefersLiteralsToParameters) {
  EXPECT_EQ(pattern(Method::get, "/asset/roots"), "/asset/roots");
  EXPECT_EQ(pattern(Method::get, "/asset/17"), "/asset/{id}");
  EXPECT_EQ(pattern(Method::get, "/asset/roots/children"), "/asset/{id}/children");
  EXPECT_EQ(pattern(Method::get, "/"), "/");
}

TEST_F(RouteTableTest, NamesParametersAsTheRouteDoes) {
  EXPECT_EQ(table_.match(Method::post, "/asset/Delete")->parameters.at("actionName"), "Delete");
  EXPECT_EQ(parameters("/asset/1/set-cookies/2").at("assetId"), "1");
  EXPECT_EQ(parameters("/asset/1/set-cookies/2").at("relatedAssetId"), "2");
  EXPECT_EQ(parameters("/asset/a%20b%2Fc").at("id"), "a b/c");
}

TEST_F(RouteTableTest, GivesTheRestDecoded) {
  EXPECT_EQ(parameters("/media/1/2/hls/720p/seg%201.m4s").at("path"), "hls/720p/seg 1.m4s");
  EXPECT_EQ(parameters("/app").at("path"), "");
  EXPECT_EQ(parameters("/app/").at("path"), "");
  EXPECT_EQ(parameters("/app/a/").at("path"), "a/");
}

TEST_F(RouteTableTest, RefusesPathsThatMeanTwoThings) {
  for (std::string_view path :
       {"/app/../etc", "/app/%2e%2E/etc", "/app/./x", "/media/1/2/%2e", "/app/a%00b", "/app/%zz", "app"})
    EXPECT_EQ(pattern(Method::get, path), "error 400") << path;
  for (std::string_view path :
       {"/media/1/2//x", "/media/1/2/a//b", "/media/1/2/a%2Fb", "//asset/roots", "/asset//children"})
    EXPECT_EQ(pattern(Method::get, path), "error 404") << path;
}

TEST_F(RouteTableTest, TellsWrongMethodFromWrongPath) {
  EXPECT_EQ(pattern(Method::get, "/nothing"), "error 404");
  EXPECT_EQ(pattern(Method::get, "/asset"), "error 404");
  auto match = table_.match(Method::del, "/asset/1");
  ASSERT_FALSE(match);
  EXPECT_EQ(match.error().code, Code::not_allowed);
  EXPECT_EQ(match.error().allowed, (std::vector<std::string>{"GET", "HEAD", "POST", "PATCH", "OPTIONS"}));
  EXPECT_EQ(pattern(Method::head, "/asset/1"), "/asset/{id}");
}

TEST_F(RouteTableTest, ServesAliasesWithTheirOwnAccess) {
  RouteTable table;
  Route route = dummy(Method::get, "/admin/asset/{id}");
  table.add_alias(route, "/asset/{id}", reader("id"));
  table.add(std::move(route));
  EXPECT_EQ(table.match(Method::get, "/asset/1")->route->info.access.resource, "id");
  EXPECT_EQ(table.match(Method::get, "/admin/asset/1")->route->info.access.who, Access::Who::everyone);
}

using RouteTableDeathTest = RouteTableTest;
TEST_F(RouteTableDeathTest, StopsTheProgramOnContradictions) {
  EXPECT_DEATH(table_.add(dummy(Method::get, "/asset/{other}")), "declared twice");
  EXPECT_DEATH(table_.add(raw(Method::get, "/x/{id}", {.access = reader("asset")},
                              [](Request&) -> Result<Response> { return Response{}; })),
               "no parameter");
}

}  // namespace
}  // namespace reelvault::http
