#include "http/all_faults.hpp"
#include "webhook/webhook_service.hpp"

namespace reelvault::webhook {

using namespace http;

namespace {

RouteInfo info(std::string summary, Cost cost, int status = 200, std::vector<int> errors = {}) {
  return {.summary = std::move(summary),
          .tag = "Webhooks",
          .access = admin_only(),
          .cost = cost,
          .status = status,
          .errors = std::move(errors)};
}

Reply<WebhookJson> revised(WebhookService::Revised hook) {
  Reply<WebhookJson> out(std::move(hook.value));
  out.headers.add("ETag", fmt::format("\"{}\"", hook.revision));
  if (out.value.secret) out.headers.add("Cache-Control", "no-store");
  return out;
}

void add_crud(RouteTable& table, WebhookService& webhooks) {
  table.add(
      get<PageQuery, WebhookPage>("/admin/webhook", info("List webhooks", Cost::read),
                                  [&](const Call<PageQuery, NoBody>& call) { return webhooks.list(call.query); }));
  RouteInfo create = info("Make a webhook", Cost::write, 201, {409});
  create.idempotent_key = false;  // its answer may hold a secret, which is not to be stored
  create.description =
      "Events of the topics asset, job, upload, batch and others are POSTed to the address as JSON, at least once "
      "each, those of one "
      "asset in order. Reelvault-Signature: t=<Unix seconds>,v1=<hexadecimal HMAC-SHA256 of \"<t>.<body>\" under the "
      "secret>; "
      "Reelvault-Delivery is the same for each repetition. Any 2xx takes the delivery.";
  Route make = post<NoQuery, CreateWebhook, WebhookJson>(
      "/admin/webhook", create, [&](const Call<NoQuery, CreateWebhook>& call) -> Result<Reply<WebhookJson>> {
        RV_TRY(auto hook, webhooks.create(call.principal(), call.body));
        auto out = revised(std::move(hook));
        out.headers.add("Location", "/admin/webhook/" + out.value.id.text());
        return out;
      });
  table.add(with_all_faults<CreateWebhook>(
      std::move(make), [&](const Request&, const CreateWebhook& given) { return webhooks.check_url(given.url); }));
  table.add(get<NoQuery, WebhookJson>("/admin/webhook/{id}", info("Get a webhook, without its secret", Cost::read),
                                      [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<WebhookJson>> {
                                        RV_TRY(auto hook, webhooks.get(call.id()));
                                        return revised(std::move(hook));
                                      }));
  Route change = patch<NoQuery, PatchWebhook, WebhookJson>(
      "/admin/webhook/{id}", info("Change a webhook", Cost::write, 200, {412}),
      [&](const Call<NoQuery, PatchWebhook>& call) -> Result<Reply<WebhookJson>> {
        RV_TRY(auto hook, webhooks.patch(call.id(), call.body, call.request.headers.get("If-Match")));
        return revised(std::move(hook));
      });
  table.add(with_all_faults<PatchWebhook>(std::move(change), [&](const Request&, const PatchWebhook& given) {
    return given.url ? webhooks.check_url(*given.url) : Result<void>();
  }));
  table.add(del<NoQuery, NoBody>("/admin/webhook/{id}", info("Delete a webhook and its log", Cost::write),
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(webhooks.remove(call.id()));
                                   return Reply<Nothing>(Nothing{});
                                 }));
}

}  // namespace

void add_webhook_routes(RouteTable& table, WebhookService& webhooks) {
  add_crud(table, webhooks);
  table.add(get<DeliveryQuery, DeliveryPage>(
      "/admin/webhook/{id}/delivery", info("The log of deliveries, newest first", Cost::read),
      [&](const Call<DeliveryQuery, NoBody>& call) { return webhooks.deliveries(call.id(), call.query); }));
  table.add(get<NoQuery, DeliveryDetail>(
                "/admin/webhook/{id}/delivery/{number}", info("One delivery with what is sent", Cost::read),
                [&](const Call<NoQuery, NoBody>& call) { return webhooks.delivery(call.id(), call.path("number")); })
                .with_free({"number"}));
  table.add(post<NoQuery, NoBody, DeliveryJson>(
                "/admin/webhook/{id}/delivery/{number}/retry",
                info("Send a delivery (again) now", Cost::write, 202, {409}),
                [&](const Call<NoQuery, NoBody>& call) { return webhooks.retry(call.id(), call.path("number")); })
                .with_free({"number"}));
  table.add(post<NoQuery, ReplayRequest, ReplayAnswer>(
      "/admin/webhook/{id}/replay",
      info("Send the events since a position or time, or what was given up, again", Cost::write, 202, {409}),
      [&](const Call<NoQuery, ReplayRequest>& call) { return webhooks.replay(call.id(), call.body); }));
  table.add(post<NoQuery, NoBody, TestAnswer>(
      "/admin/webhook/{id}/test", info("Send a test now, and say what came of it", Cost::outside),
      [&](const Call<NoQuery, NoBody>& call) { return webhooks.test(call.principal(), call.id()); }));
}

}  // namespace reelvault::webhook
