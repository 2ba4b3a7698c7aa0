// Managing webhooks: administrators alone. A secret goes in and never comes out, save one that was made here, once.
#pragma once
#include "base/dto.hpp"
#include "http/route.hpp"
#include "webhook/dispatcher.hpp"

namespace reelvault::webhook {

struct CreateWebhook {
  std::string url;
  std::optional<std::string> secret, description;
  std::vector<std::string> events;
  bool enabled = true;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(CreateWebhook, (), (url, secret, description, events, enabled))

struct PatchWebhook {
  std::optional<std::string> url, secret;
  dto::Patch<std::string> description;
  std::optional<std::vector<std::string>> events;
  std::optional<bool> enabled;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(PatchWebhook, (), (url, secret, description, events, enabled))

struct WebhookJson {
  Uuid id;
  std::string url;
  std::optional<std::string> description;
  std::vector<std::string> events;
  bool enabled = true;
  std::optional<std::string> secret;  // one that was made here, in the answer that made it
  Timestamp createdAt, modifiedAt;
  std::optional<Uuid> createdBy;
};
BOOST_DESCRIBE_STRUCT(WebhookJson, (),
                      (id, url, description, events, enabled, secret, createdAt, modifiedAt, createdBy))

struct PageQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (pageSize, pageToken))

struct WebhookPage {
  std::vector<WebhookJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
};
BOOST_DESCRIBE_STRUCT(WebhookPage, (), (items, nextPageToken, totalItemCount))

struct DeliveryQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken, status;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(DeliveryQuery, (), (pageSize, pageToken, status))

struct DeliveryJson {
  std::int64_t number = 0;
  Uuid id;
  std::string event;
  std::optional<Uuid> assetId;
  std::optional<std::int64_t> position;
  std::string status;
  std::int64_t attempts = 0;
  std::optional<std::int64_t> statusCode;
  std::optional<std::string> error;
  Timestamp createdAt;
  std::optional<Timestamp> nextAttemptAt, endedAt;
  boost::json::array attemptLog;
};
BOOST_DESCRIBE_STRUCT(DeliveryJson, (),
                      (number, id, event, assetId, position, status, attempts, statusCode, error, createdAt,
                       nextAttemptAt, endedAt, attemptLog))

struct DeliveryDetail : DeliveryJson {
  boost::json::value body;
};
BOOST_DESCRIBE_STRUCT(DeliveryDetail, (DeliveryJson), (body))

struct DeliveryPage {
  std::vector<DeliveryJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(DeliveryPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct ReplayRequest {
  std::optional<std::int64_t> afterPosition;
  std::optional<Timestamp> from;
  bool deadOnly = false;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(ReplayRequest, (), (afterPosition, from, deadOnly))

struct ReplayAnswer {
  std::int64_t queuedCount = 0;
  bool complete = true;                       // else again, from lastPosition on
  std::optional<std::int64_t> firstPosition;  // of the events that are still kept
  std::optional<std::int64_t> lastPosition;
};
BOOST_DESCRIBE_STRUCT(ReplayAnswer, (), (queuedCount, complete, firstPosition, lastPosition))

struct TestAnswer {
  bool delivered = false;
  std::int64_t number = 0;
  std::optional<std::int64_t> statusCode;
  std::optional<std::string> error;
  std::int64_t durationMs = 0;
};
BOOST_DESCRIBE_STRUCT(TestAnswer, (), (delivered, number, statusCode, error, durationMs))

class WebhookService {
 public:
  WebhookService(db::Database& database, db::Outbox& outbox, const AddressGuard& guard, const Sender& sender,
                 Dispatcher& dispatcher)
      : database_(database), outbox_(outbox), guard_(guard), sender_(sender), dispatcher_(dispatcher) {}

  struct Revised {
    WebhookJson value;
    std::int64_t revision = 0;
  };
  Result<Revised> create(const Principal& by, const CreateWebhook& given);
  Result<Revised> get(const Uuid& id);
  Result<WebhookPage> list(const PageQuery& query);
  Result<Revised> patch(const Uuid& id, const PatchWebhook& given, std::string_view if_match);
  Result<void> remove(const Uuid& id);
  // Whether events may be sent there, as far as it can be told without asking for the name's address.
  Result<void> check_url(const std::string& url) const;

  Result<DeliveryPage> deliveries(const Uuid& id, const DeliveryQuery& query);
  Result<DeliveryDetail> delivery(const Uuid& id, const std::string& number);
  Result<DeliveryJson> retry(const Uuid& id, const std::string& number);
  Result<ReplayAnswer> replay(const Uuid& id, const ReplayRequest& given);
  Result<TestAnswer> test(const Principal& by, const Uuid& id);

 private:
  Result<Webhook> existing(const Uuid& id);

  db::Database& database_;
  db::Outbox& outbox_;
  const AddressGuard& guard_;
  const Sender& sender_;
  Dispatcher& dispatcher_;
  WebhookRepository repository_;
};

void add_webhook_routes(http::RouteTable& table, WebhookService& webhooks);

}  // namespace reelvault::webhook
