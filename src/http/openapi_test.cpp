#include "http/openapi.hpp"

#include <gtest/gtest.h>

namespace reelvault::http {
namespace {

namespace json = boost::json;

struct Word {
  std::string text;
  std::optional<double> confidence;
};
BOOST_DESCRIBE_STRUCT(Word, (), (text, confidence))
struct Transcript {
  Uuid id;
  std::vector<Word> words;
};
BOOST_DESCRIBE_STRUCT(Transcript, (), (id, words))
struct PageQuery {
  std::optional<int> pageSize;
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (pageSize))

// Every "$ref" leads somewhere.
void check_references(const json::value& value, const json::object& document) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "$ref") {
        std::string pointer = std::string(std::string_view(member.value().as_string()).substr(1));
        boost::system::error_code fault;
        EXPECT_NE(json::value(document).find_pointer(pointer, fault), nullptr) << pointer;
      }
      check_references(member.value(), document);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) check_references(item, document);
  }
}

json::object sample() {
  RouteTable table;
  table.add(
      post<PageQuery, Transcript, Transcript>("/asset/{id}/transcript",
                                              {.summary = "Update",
                                               .tag = "Transcripts",
                                               .access = permitted(Permission::write, "id"),
                                               .status = 201,
                                               .errors = {202, 409}},
                                              [](const Call<PageQuery, Transcript>& call) -> Result<Reply<Transcript>> {
                                                return Reply<Transcript>(call.body);
                                              }));
  table.add(get<NoQuery, Transcript>(
      "/public", {.summary = "Public", .tag = "Other", .access = everyone()},
      [](const Call<NoQuery, NoBody>&) -> Result<Reply<Transcript>> { return Reply<Transcript>({}); }));
  table.add(
      del<NoQuery, NoBody>("/asset/{assetId}", {.summary = "Delete", .tag = "Assets", .access = admin_only()},
                           [](const Call<NoQuery, NoBody>&) -> Result<Reply<Nothing>> { return Reply<Nothing>({}); }));
  auto nothing = [](Request&) -> Result<Response> { return Response{}; };
  table.add(raw(Method::post, "/asset/{actionName}", {.tag = "Assets", .access = signed_in()}, nothing)
                .with_free({"actionName"}));
  table.add(raw(Method::get, "/media/{id}/{path...}", {.tag = "Media", .access = reader("id")}, nothing));
  table.add(raw(Method::get, "/internal", {.access = worker_only(), .hidden = true}, nothing));
  add_document_routes(table, "1.2.3");
  return json::parse(openapi_document(table, "1.2.3")).as_object();
}

TEST(OpenApi, IsCompleteAndItsReferencesLeadSomewhere) {
  json::object document = sample();
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["info"].as_object()["version"], "1.2.3");
  check_references(document, document);
  auto& paths = document["paths"].as_object();
  EXPECT_TRUE(paths.contains("/docs"));
  EXPECT_FALSE(paths.contains("/internal"));
  EXPECT_TRUE(paths.contains("/media/{id}/{path}"));
  std::set<std::string> ids, shapes;
  for (auto& path : paths) {
    std::string shape;
    bool inside = false;
    for (char c : path.key()) {
      if (!inside) shape += c;
      if (c == '{') inside = true;
      if (c == '}') inside = false;
    }
    EXPECT_TRUE(shapes.insert(shape).second) << path.key() << " has a twin";
    for (auto& operation : path.value().as_object())
      EXPECT_TRUE(ids.insert(std::string(operation.value().as_object()["operationId"].as_string())).second);
  }
  EXPECT_TRUE(ids.contains("postAssetByIdTranscript"));
}

TEST(OpenApi, DerivesErrorsAndSecurityFromTheDeclaration) {
  json::object document = sample();
  auto& paths = document["paths"].as_object();
  auto& update = paths["/asset/{id}/transcript"].as_object()["post"].as_object();
  for (const char* status : {"201", "400", "401", "403", "404", "409", "413", "415", "422"})
    EXPECT_TRUE(update["responses"].as_object().contains(status)) << status;
  const auto& later = update["responses"].as_object()["202"].as_object();
  EXPECT_EQ(later.at("content"), update["responses"].as_object()["201"].as_object()["content"])
      << "another success, not a fault";
  EXPECT_FALSE(update.contains("security"));  // the document's own: bearer or session
  EXPECT_NE(update["description"].as_string().find("permission write on {id}"), json::string::npos);
  auto& open = paths["/public"].as_object()["get"].as_object();
  EXPECT_TRUE(open["security"].as_array().empty());
  EXPECT_FALSE(open["responses"].as_object().contains("401"));
  // Parameters are declared under the name that the path uses.
  auto& batch = paths["/asset/{assetId}"].as_object()["post"].as_object();
  EXPECT_EQ(batch["parameters"].as_array()[0].as_object()["name"], "assetId");
  EXPECT_FALSE(batch["parameters"].as_array()[0].as_object()["schema"].as_object().contains("format"));
}

TEST(Docs, PageIsSelfContained) {
  std::string page = docs_page();
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_NE(page.find("openapi.json"), std::string::npos);
}

}  // namespace
}  // namespace reelvault::http
