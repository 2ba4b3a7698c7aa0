#include "catalog/organising_routes.hpp"

namespace reelvault::catalog {

using namespace http;

void add_organising_routes(RouteTable& table, TagService& tags, CollectionService& collections, FieldService& fields,
                           SummaryService& summaries) {
  table.add(get<TagQuery, TagPage>(
      "/tag",
      {.summary = "Tags, with how many assets have them",
       .tag = "Tags",
       .access = signed_in(),
       .description = "Only what is on something that the caller may read, counted over just that."},
      [&](const Call<TagQuery, NoBody>& call) { return tags.list(call.principal(), call.query); }));
  add_collection_routes(table, collections);
  add_field_routes(table, fields);

  Route summary =
      get<NoQuery, SummaryJson>("/admin/asset/{id}/metadata-summary",
                                {.summary = "What an asset, or all below a folder, consists of",
                                 .tag = "Assets",
                                 .access = editor(Permission::read, "id")},
                                [&](const Call<NoQuery, NoBody>& call) { return summaries.summary(call.id()); });
  table.add_alias(summary, "/asset/{id}/metadata-summary", reader("id"));
  table.add(std::move(summary));
}

}  // namespace reelvault::catalog
