#include "ingest/register_routes.hpp"

#include "base/hash.hpp"
#include "http/all_faults.hpp"

namespace reelvault::ingest {

using namespace http;

namespace {

constexpr std::size_t kObjectsAtOnce = 500;

struct RegisterObject {
  std::string bucketName, objectKey;
  std::optional<std::string> displayName;
  std::vector<std::string> tags, collections;
  boost::json::object customFields;
  bool process = true;
  std::optional<std::string> onConflict;
  static std::span<const dto::Rule> rules() {
    static constexpr dto::Rule rules[] = {
        {.field = "bucketName", .min_length = 1, .max_length = 255},
        {.field = "objectKey",
         .sentence = "Where it lies in the bucket's store, below its prefix.",
         .min_length = 1,
         .max_length = 1024,
         .example_json = "\"rushes/day 1/A001.mov\""},
        {.field = "displayName", .sentence = "By default the key's last name.", .min_length = 1, .max_length = 1000},
        {.field = "tags", .max_length = 100},
        {.field = "collections", .sentence = "Names of collections to put it into.", .max_length = 100},
        {.field = "process",
         .sentence = "false: checksum and properties alone, no renditions or pictures.",
         .default_json = "true"},
        {.field = "onConflict",
         .sentence = "When the name is taken in the tree; without it: 409.",
         .one_of = "fail|rename"},
    };
    return rules;
  }
};
BOOST_DESCRIBE_STRUCT(RegisterObject, (),
                      (bucketName, objectKey, displayName, tags, collections, customFields, process, onConflict))

struct RegisterMany {
  std::string bucketName;
  std::vector<std::string> objectKeys, tags, collections;
  boost::json::object customFields;
  bool process = true;
  std::optional<std::string> onConflict;
  static std::span<const dto::Rule> rules() {
    static constexpr dto::Rule rules[] = {
        {.field = "bucketName", .min_length = 1, .max_length = 255},
        {.field = "objectKeys",
         .sentence = "Up to 500, each as objectKey of register.",
         .min_length = 1,
         .max_length = kObjectsAtOnce},
        {.field = "tags", .max_length = 100},
        {.field = "collections", .max_length = 100},
        {.field = "process", .default_json = "true"},
        {.field = "onConflict", .one_of = "fail|rename"},
    };
    return rules;
  }
};
BOOST_DESCRIBE_STRUCT(RegisterMany, (), (bucketName, objectKeys, tags, collections, customFields, process, onConflict))

struct ItemError {
  std::string code, message;
};
BOOST_DESCRIBE_STRUCT(ItemError, (), (code, message))

struct RegisteredItem {
  std::string objectKey, status;
  std::optional<Uuid> id;
  std::optional<ItemError> error;
};
BOOST_DESCRIBE_STRUCT(RegisteredItem, (), (objectKey, status, id, error))

struct RegisteredMany {
  std::int64_t registeredCount = 0, refreshedCount = 0, unchangedCount = 0, failedCount = 0;
  std::vector<RegisteredItem> results;
};
BOOST_DESCRIBE_STRUCT(RegisteredMany, (), (registeredCount, refreshedCount, unchangedCount, failedCount, results))

struct ObjectQuery {
  std::optional<std::string> below, pageToken;
  std::optional<std::int64_t> pageSize;
  std::optional<bool> pending;
  static std::span<const dto::Rule> rules() {
    static constexpr dto::Rule rules[] = {
        {.field = "below",
         .sentence =
             "A folder or an object of the bucket, or, of a local store, its absolute path on the server's machine.",
         .max_length = 4096},
        {.field = "pageSize", .sentence = "Objects to look at; 1,000 by default.", .minimum = 1, .maximum = 10000},
        {.field = "pending", .sentence = "Without those that are registered and unchanged."},
    };
    return rules;
  }
};
BOOST_DESCRIBE_STRUCT(ObjectQuery, (), (below, pageToken, pageSize, pending))

struct ObjectItem {
  std::string objectKey;
  std::int64_t size = 0;
  Timestamp modifiedAt;
  std::string state;
  std::optional<Uuid> assetId;
};
BOOST_DESCRIBE_STRUCT(ObjectItem, (), (objectKey, size, modifiedAt, state, assetId))

struct ObjectFailure {
  std::string objectKey, error;
};
BOOST_DESCRIBE_STRUCT(ObjectFailure, (), (objectKey, error))

struct ObjectPage {
  std::vector<ObjectItem> items;
  std::optional<std::string> nextPageToken;
  std::int64_t listedCount = 0, unchangedCount = 0, ignoredCount = 0, failedCount = 0;
  std::vector<ObjectFailure> failures;
};
BOOST_DESCRIBE_STRUCT(ObjectPage, (),
                      (items, nextPageToken, listedCount, unchangedCount, ignoredCount, failedCount, failures))

struct MissingQuery {
  std::optional<std::string> below, pageToken;
  std::optional<std::int64_t> pageSize;
  static std::span<const dto::Rule> rules() {
    static constexpr dto::Rule rules[] = {
        {.field = "below", .max_length = 4096},
        {.field = "pageSize",
         .sentence = "Registered objects to look at; 1,000 by default.",
         .minimum = 1,
         .maximum = 10000},
    };
    return rules;
  }
};
BOOST_DESCRIBE_STRUCT(MissingQuery, (), (below, pageToken, pageSize))

struct MissingItem {
  std::string objectKey;
  Uuid assetId;
};
BOOST_DESCRIBE_STRUCT(MissingItem, (), (objectKey, assetId))

struct MissingPage {
  std::vector<MissingItem> items;
  std::optional<std::string> nextPageToken;
  std::int64_t registeredCount = 0;
};
BOOST_DESCRIBE_STRUCT(MissingPage, (), (items, nextPageToken, registeredCount))

struct FailureItem {
  std::string objectKey, error;
  std::int64_t attempts = 0;
  Timestamp firstFailedAt, lastFailedAt, nextAttemptAt;
};
BOOST_DESCRIBE_STRUCT(FailureItem, (), (objectKey, error, attempts, firstFailedAt, lastFailedAt, nextAttemptAt))

struct WatchJson {
  bool watched = false;
  std::optional<Timestamp> lastStartedAt, lastEndedAt;
  std::optional<std::string> lastError;
  std::int64_t objectCount = 0, ignoredCount = 0, waitingCount = 0, registeredCount = 0, failedCount = 0;
  std::vector<FailureItem> failures;
};
BOOST_DESCRIBE_STRUCT(WatchJson, (),
                      (watched, lastStartedAt, lastEndedAt, lastError, objectCount, ignoredCount, waitingCount,
                       registeredCount, failedCount, failures))

WatchJson watch_json(const WatchStatus& status) {
  const ScanReport last = status.last.value_or(ScanReport{});
  WatchJson out{.watched = status.watched,
                .lastStartedAt = last.started_at,
                .lastEndedAt = last.ended_at,
                .lastError = last.error,
                .objectCount = last.objects,
                .ignoredCount = last.ignored,
                .waitingCount = last.waiting,
                .registeredCount = last.registered,
                .failedCount = status.failed,
                .failures = {}};
  for (const WatchFailure& each : status.failures)
    out.failures.push_back({each.object_key, each.error, each.attempts, each.first_at, each.last_at, each.next_at});
  return out;
}

Result<std::string> position(const std::optional<std::string>& token) {
  if (!token || token->empty()) return std::string();
  auto key = from_base64url(*token);
  if (!key || !storage::check_key(*key)) return fail_field("?pageToken", "is not one that this list gave");
  return *key;
}

std::optional<std::string> token_of(const std::string& next) {
  return next.empty() ? std::nullopt : std::optional(base64url(next));
}

template <class Body>
Terms terms_of(const Body& body) {
  return {.bucket = body.bucketName,
          .tags = body.tags,
          .collections = body.collections,
          .custom_fields = body.customFields,
          .process = body.process,
          .rename_on_conflict = body.onConflict == "rename"};
}

std::string_view word(Registered::Outcome outcome) {
  switch (outcome) {
    case Registered::Outcome::registered: return "Registered";
    case Registered::Outcome::refreshed: return "Refreshed";
    case Registered::Outcome::unchanged: return "Unchanged";
  }
  return "";
}

std::string_view word(Listing::Object::State state) {
  switch (state) {
    case Listing::Object::State::fresh: return "New";
    case Listing::Object::State::changed: return "Changed";
    case Listing::Object::State::registered: return "Registered";
  }
  return "";
}

RegisteredMany answer(const RegisterMany& body, const std::vector<Result<Registered>>& results) {
  RegisteredMany out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    RegisteredItem item{body.objectKeys[i], "Failed", {}, {}};
    if (const auto& result = results[i]) {
      item.status = word(result->outcome);
      item.id = result->asset.id;
      ++(result->outcome == Registered::Outcome::registered  ? out.registeredCount
         : result->outcome == Registered::Outcome::refreshed ? out.refreshedCount
                                                             : out.unchangedCount);
    } else {
      const Error& error = result.error();
      item.error = ItemError{
          error.type, error.faults.empty() ? error.message : fmt::format("The key {}.", error.faults.front().detail)};
      ++out.failedCount;
    }
    out.results.push_back(std::move(item));
  }
  return out;
}

}  // namespace

void add_register_routes(RouteTable& table, RegisterService& registers, Watcher& watcher,
                         catalog::AssetService& assets) {
  Route one = post<NoQuery, RegisterObject, catalog::AssetJson>(
      "/admin/asset/register",
      {.summary = "Register an object of a bucket's store where it lies",
       .tag = "Register and import",
       .access = editor_only(),
       .cost = Cost::write,
       .status = 201,
       .description = "Nothing is copied. Missing folders along the key are made. Registered before, wherever its "
                      "asset was moved to: 200 and that asset, "
                      "with a new version if the object changed.",
       .errors = {403, 404, 409}},
      [&](const Call<NoQuery, RegisterObject>& call) -> Result<Reply<catalog::AssetJson>> {
        RV_TRY(Registered done,
               registers.take_one(call.principal(), terms_of(call.body),
                                  {.key = call.body.objectKey, .display_name = call.body.displayName.value_or("")}));
        Reply<catalog::AssetJson> reply(assets.json(done.asset),
                                        done.outcome == Registered::Outcome::registered ? 201 : 200);
        reply.headers.add("ETag", catalog::etag_of(done.asset));
        return reply;
      });
  table.add(with_all_faults<RegisterObject>(std::move(one), [&](const Request&, const RegisterObject& body) {
    const Wanted wanted{.key = body.objectKey, .display_name = body.displayName.value_or("")};
    return registers.check(terms_of(body), &wanted);
  }));

  Route many = post<NoQuery, RegisterMany, RegisteredMany>(
      "/admin/asset/register-many",
      {.summary = "Register many objects of one bucket's store",
       .tag = "Register and import",
       .access = editor_only(),
       .cost = Cost::write,
       .description = "Each stands by itself: one result for each key, in order; 200 even if every one failed."},
      [&](const Call<NoQuery, RegisterMany>& call) -> Result<Reply<RegisteredMany>> {
        std::vector<Wanted> wanted;
        for (const std::string& key : call.body.objectKeys) wanted.push_back({.key = key, .display_name = {}});
        RV_TRY(auto results, registers.take(call.principal(), terms_of(call.body), wanted));
        return answer(call.body, results);
      });
  table.add(with_all_faults<RegisterMany>(std::move(many), [&](const Request&, const RegisterMany& body) {
    return registers.check(terms_of(body), nullptr);
  }));

  table.add(get<ObjectQuery, ObjectPage>(
      "/admin/bucket/{id}/object",
      {.summary = "List what lies in a bucket's store, and whether it is registered",
       .tag = "Register and import",
       .access = editor(Permission::write, "id"),
       .cost = Cost::outside,
       .description = "In the order of keys. Dot and temporary names, and the library's own files, are counted as "
                      "ignored. Failures are what lies there and cannot be registered: a name that is not UTF-8 (shown "
                      "with \\xff for each such byte), a link that leads nowhere, out of the store or to a folder, a "
                      "pipe, a folder that may not be read. A page may hold fewer items than it looked at; "
                      "nextPageToken leads on."},
      [&](const Call<ObjectQuery, NoBody>& call) -> Result<Reply<ObjectPage>> {
        RV_TRY(const std::string after, position(call.query.pageToken));
        RV_TRY(Listing listing, registers.list(call.id(), call.query.below.value_or(""), after,
                                               static_cast<int>(call.query.pageSize.value_or(1000)),
                                               call.query.pending.value_or(false)));
        ObjectPage page{.items = {},
                        .nextPageToken = token_of(listing.next),
                        .listedCount = listing.listed,
                        .unchangedCount = listing.unchanged,
                        .ignoredCount = listing.ignored,
                        .failedCount = listing.failed,
                        .failures = {}};
        for (storage::LeftOut& each : listing.failures)
          page.failures.push_back({std::move(each.key), std::move(each.reason)});
        for (Listing::Object& each : listing.objects)
          page.items.push_back({std::move(each.key), static_cast<std::int64_t>(each.info.size),
                                from_unix_ms(each.info.mtime_ns / 1'000'000), std::string(word(each.state)),
                                each.asset});
        return page;
      }));

  table.add(get<MissingQuery, MissingPage>(
      "/admin/bucket/{id}/missing",
      {.summary = "Registered objects that are not in the store any more",
       .tag = "Register and import",
       .access = editor(Permission::write, "id"),
       .cost = Cost::outside,
       .description = "409 where the store shows nothing at all, since its disk may not be mounted.",
       .errors = {409}},
      [&](const Call<MissingQuery, NoBody>& call) -> Result<Reply<MissingPage>> {
        RV_TRY(const std::string after, position(call.query.pageToken));
        RV_TRY(Missing missing, registers.missing(call.id(), call.query.below.value_or(""), after,
                                                  static_cast<int>(call.query.pageSize.value_or(1000))));
        MissingPage page{.items = {}, .nextPageToken = token_of(missing.next), .registeredCount = missing.registered};
        for (Missing::Object& each : missing.objects) page.items.push_back({std::move(each.key), each.asset});
        return page;
      }));

  table.add(get<NoQuery, WatchJson>(
      "/admin/bucket/{id}/watch",
      {.summary = "How looking through a watched bucket's store goes",
       .tag = "Register and import",
       .access = editor(Permission::write, "id"),
       .description =
           "Counts are of the last look. Waiting: new or changed, and not unchanged for long enough. Failures are "
           "tried again later and later, what lies there and can be no object (see the list of objects) at each look; "
           "the latest hundred are named."},
      [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<WatchJson>> {
        RV_TRY(const WatchStatus status, watcher.status(call.id()));
        return watch_json(status);
      }));
}

}  // namespace reelvault::ingest
