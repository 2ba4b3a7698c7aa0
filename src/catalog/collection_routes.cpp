#include "catalog/organising_routes.hpp"

namespace reelvault::catalog {

using namespace http;

namespace {

constexpr std::string_view tag = "Collections";

Reply<CollectionJson> reply(CollectionService::Found found) {
  Reply<CollectionJson> out(std::move(found.json));
  out.headers.add("ETag", std::move(found.etag));
  return out;
}

}  // namespace

void add_collection_routes(RouteTable& table, CollectionService& collections) {
  const std::string group(tag);
  table.add(get<CollectionQuery, CollectionPage>(
      "/collection",
      {.summary = "List collections",
       .tag = group,
       .access = signed_in(),
       .description = "One's own, and those that hold something that one may read."},
      [&](const Call<CollectionQuery, NoBody>& call) { return collections.list(call.principal(), call.query); }));
  table.add(post<NoQuery, NewCollection, CollectionJson>(
      "/collection",
      {.summary = "Make a collection",
       .tag = group,
       .access = signed_in("write"),
       .cost = Cost::write,
       .status = 201,
       .errors = {409}},
      [&](const Call<NoQuery, NewCollection>& call) -> Result<Reply<CollectionJson>> {
        RV_TRY(auto made, collections.create(call.principal(), call.body));
        Reply<CollectionJson> out = reply(std::move(made));
        out.headers.add("Location", "/collection/" + out.value.id.text());
        return out;
      }));
  table.add(get<NoQuery, CollectionJson>("/collection/{id}",
                                         {.summary = "Get a collection", .tag = group, .access = signed_in()},
                                         [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<CollectionJson>> {
                                           RV_TRY(auto found, collections.get(call.principal(), call.id()));
                                           return reply(std::move(found));
                                         }));
  table.add(patch<NoQuery, CollectionPatch, CollectionJson>(
      "/collection/{id}",
      {.summary = "Rename or describe a collection",
       .tag = group,
       .access = signed_in("write"),
       .cost = Cost::write,
       .errors = {409, 412}},
      [&](const Call<NoQuery, CollectionPatch>& call) -> Result<Reply<CollectionJson>> {
        RV_TRY(auto found,
               collections.patch(call.principal(), call.id(), call.body, call.request.headers.get("If-Match")));
        return reply(std::move(found));
      }));
  table.add(del<NoQuery, NoBody>("/collection/{id}",
                                 {.summary = "Remove a collection",
                                  .tag = group,
                                  .access = signed_in("write"),
                                  .cost = Cost::write,
                                  .description = "What is in it stays where it is.",
                                  .errors = {412}},
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(collections.remove(call.principal(), call.id(),
                                                               call.request.headers.get("If-Match")));
                                   return Nothing{};
                                 }));
  table.add(get<CollectionItemQuery, AssetPage>(
      "/collection/{id}/item", {.summary = "What a collection holds", .tag = group, .access = signed_in()},
      [&](const Call<CollectionItemQuery, NoBody>& call) {
        return collections.items(call.principal(), call.id(), call.query);
      }));
  table.add(post<NoQuery, CollectionIds, CollectionResults>(
      "/collection/{id}/item",
      {.summary = "Add files and folders to a collection",
       .tag = group,
       .access = signed_in("write"),
       .cost = Cost::write,
       .description = "Needs write on each; each stands by itself."},
      [&](const Call<NoQuery, CollectionIds>& call) {
        return collections.add_items(call.principal(), call.id(), call.body.ids);
      }));
  table.add(route<NoQuery, CollectionIds, CollectionResults>(
      Method::del, "/collection/{id}/item",
      {.summary = "Take files and folders out of a collection",
       .tag = group,
       .access = signed_in("write"),
       .cost = Cost::write,
       .description = "Needs write on each; each stands by itself."},
      [&](const Call<NoQuery, CollectionIds>& call) {
        return collections.remove_items(call.principal(), call.id(), call.body.ids);
      }));
}

}  // namespace reelvault::catalog
