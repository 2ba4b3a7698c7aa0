#include "catalog/batch_routes.hpp"

#include "http/all_faults.hpp"

namespace reelvault::catalog {

using namespace http;

namespace {

Result<Response> single_response(AssetService& assets, const BatchService::Single& done) {
  Response response;
  if (done.asset) {
    RV_TRY(const AssetJson asset, assets.database().read([&](db::Transaction& tx) -> Result<AssetJson> {
      return assets.json(tx, *done.asset);
    }));
    const std::string text = dto::write(asset);
    response = Response::json(done.lasting ? 202 : done.made ? 201 : 200, text);
    response.headers.add("ETag", etag_of(done.asset->revision, text));
    if (done.made) response.headers.add("Location", "/asset/" + done.asset->id.text());
  } else if (done.batch) {
    response = Response::json(done.lasting ? 202 : 200, dto::write(done.batch->batch));
    response.headers.add("Location", "/admin/batch/" + done.batch->batch.batchId.text());
  } else {
    response.status = 204;
  }
  return response;
}

Route single_route(AssetService& assets, BatchService& batches, const BatchAction& action, std::string pattern,
                   Access access) {
  Route route = post<NoQuery, boost::json::object, AssetJson>(
      std::move(pattern),
      {.summary = action.summary,
       .tag = "Assets",
       .access = access,
       .cost = Cost::write,
       .description =
           "The body is what actionArguments are in a batch of \"" + action.name +
           "\". 202 where it goes on behind the answer; of a folder with all below it, the answer is a batch.",
       .errors = {202, 404, 409}},
      [&assets, &batches, &action](const Call<NoQuery, boost::json::object>& call) -> Result<Response> {
        RV_TRY(auto done, batches.run_one(call.principal(), action, call.id(), call.body));
        return single_response(assets, done);
      });
  return with_all_faults<boost::json::object>(
      std::move(route), [&batches, &action](const Request& request, const boost::json::object& arguments) {
        return batches.check(*request.principal, action, arguments, "");
      });
}

}  // namespace

void add_batch_routes(RouteTable& table, AssetService& assets, BatchService& batches) {
  std::string names;
  for (const auto& action : batches.actions()) names += (names.empty() ? "" : ", ") + action->name;
  Route many = post<NoQuery, BatchRequest, BatchJson>(
                   "/admin/asset/{actionName}",
                   {.summary = "Do something to many assets",
                    .tag = "Batches",
                    .access = editor_only(),
                    .cost = Cost::write,
                    .description =
                        "Actions, in any letter case: " + names +
                        ". One result for each distinct id, in the order named; each stands by itself. Over "
                        "1,000 assets, what lies below "
                        "folders included, or where bytes must move (archive, restore, another store), it goes "
                        "on in the background: 202, and GET /admin/batch/{batchId} tells what became of it. Delete is "
                        "for good, of a folder also for what had been put into the bin from below it.",
                    .errors = {202, 404}},
                   [&batches](const Call<NoQuery, BatchRequest>& call) -> Result<Reply<BatchJson>> {
                     RV_TRY(auto outcome, batches.run(call.principal(), call.path("actionName"), call.body));
                     Reply<BatchJson> reply(std::move(outcome.batch), outcome.ended ? 200 : 202);
                     reply.headers.add("Location", "/admin/batch/" + reply.value.batchId.text());
                     return reply;
                   })
                   .with_free({"actionName"});
  table.add(
      with_all_faults<BatchRequest>(std::move(many), [&batches](const Request& request, const BatchRequest& given) {
        return batches.check(*request.principal, request.path_parameters.find("actionName")->second, given);
      }));
  table.add(get<BatchQuery, BatchPage>(
      "/admin/batch",
      {.summary = "Batches, the newest first: one's own, or everybody's for administrators",
       .tag = "Batches",
       .access = editor_only("read"),
       .description = "Without the results of each id, which GET /admin/batch/{id} gives. What has ended is forgotten "
                      "after 7 days."},
      [&batches](const Call<BatchQuery, NoBody>& call) { return batches.list(call.principal(), call.query); }));
  table.add(get<NoQuery, BatchJson>(
      "/admin/batch/{id}",
      {.summary = "A batch and its results so far", .tag = "Batches", .access = editor_only("read")},
      [&batches](const Call<NoQuery, NoBody>& call) { return batches.get(call.principal(), call.id()); }));
  for (const auto& action : batches.actions()) {
    if (action->route.empty()) continue;
    // What is in the bin is unknown to the gate; the action looks itself.
    const bool live = action->where != BatchAction::Where::bin;
    table.add(single_route(assets, batches, *action, "/admin/asset/{id}/" + action->route,
                           live ? editor(action->permission, "id") : editor_only()));
    if (action->outside_admin)
      table.add(
          single_route(assets, batches, *action, "/asset/{id}/" + action->route, editor(action->permission, "id")));
  }
}

}  // namespace reelvault::catalog
