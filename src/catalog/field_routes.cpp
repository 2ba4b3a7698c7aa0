#include "catalog/organising_routes.hpp"
#include "http/all_faults.hpp"

namespace reelvault::catalog {

using namespace http;

namespace {

Reply<FieldJson> reply(const Field& field) {
  Reply<FieldJson> out(field_json(field));
  out.headers.add("ETag", etag_of(field));
  return out;
}

Result<Reply<FieldItems>> items(FieldService& fields) {
  RV_TRY(auto all, fields.list());
  FieldItems out;
  for (const Field& field : all) out.items.push_back(field_json(field));
  return out;
}

}  // namespace

void add_field_routes(RouteTable& table, FieldService& fields) {
  table.add(get<NoQuery, FieldItems>(
      "/field", {.summary = "The library's custom fields", .tag = "Custom fields", .access = signed_in()},
      [&](const Call<NoQuery, NoBody>&) { return items(fields); }));
  table.add(get<NoQuery, FieldItems>("/admin/field",
                                     {.summary = "List custom fields", .tag = "Custom fields", .access = admin_only()},
                                     [&](const Call<NoQuery, NoBody>&) { return items(fields); }));
  table.add(post<NoQuery, NewField, FieldJson>("/admin/field",
                                               {.summary = "Define a custom field",
                                                .tag = "Custom fields",
                                                .access = admin_only(),
                                                .cost = Cost::write,
                                                .status = 201,
                                                .errors = {409}},
                                               [&](const Call<NoQuery, NewField>& call) -> Result<Reply<FieldJson>> {
                                                 RV_TRY(Field field, fields.create(call.body));
                                                 Reply<FieldJson> out = reply(field);
                                                 out.headers.add("Location", "/admin/field/" + field.id.text());
                                                 return out;
                                               }));
  table.add(get<NoQuery, FieldJson>("/admin/field/{id}",
                                    {.summary = "Get a custom field", .tag = "Custom fields", .access = admin_only()},
                                    [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<FieldJson>> {
                                      RV_TRY(Field field, fields.get(call.id()));
                                      return reply(field);
                                    }));
  Route change = patch<NoQuery, FieldPatch, FieldJson>(
      "/admin/field/{id}",
      {.summary = "Change a custom field",
       .tag = "Custom fields",
       .access = admin_only(),
       .cost = Cost::write,
       .description = "Its name and type never change. Values that assets have are kept.",
       .errors = {409, 412}},
      [&](const Call<NoQuery, FieldPatch>& call) -> Result<Reply<FieldJson>> {
        RV_TRY(Field field, fields.patch(call.id(), call.body, call.request.headers.get("If-Match")));
        return reply(field);
      });
  table.add(with_all_faults<FieldPatch>(std::move(change), [&](const Request& request, const FieldPatch& given) {
    return fields.check(path_id(request), given);
  }));
  table.add(del<NoQuery, NoBody>("/admin/field/{id}",
                                 {.summary = "Delete a custom field's definition",
                                  .tag = "Custom fields",
                                  .access = admin_only(),
                                  .cost = Cost::write,
                                  .description = "Assets keep their values, as members without a definition.",
                                  .errors = {412}},
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(fields.remove(call.id(), call.request.headers.get("If-Match")));
                                   return Nothing{};
                                 }));
}

}  // namespace reelvault::catalog
