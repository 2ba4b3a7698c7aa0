#include "catalog/asset_routes.hpp"

#include "auth/idempotency.hpp"
#include "base/hash.hpp"
#include "catalog/check.hpp"
#include "http/all_faults.hpp"
#include "jobs/job_routes.hpp"

namespace reelvault::catalog {

using namespace http;

namespace {

struct KeyQuery {
  std::string bucketName, objectKey;
};
BOOST_DESCRIBE_STRUCT(KeyQuery, (), (bucketName, objectKey))

struct AssetItems {
  std::vector<AssetJson> items;
};
BOOST_DESCRIBE_STRUCT(AssetItems, (), (items))

struct HistoryItem {
  Timestamp at;
  std::optional<Uuid> userId;
  std::string username, operation;
  std::optional<std::string> fromStatus, toStatus;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(HistoryItem, (), (at, userId, username, operation, fromStatus, toStatus, reason))

struct HistoryPage {
  std::vector<HistoryItem> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
};
BOOST_DESCRIBE_STRUCT(HistoryPage, (), (items, nextPageToken, totalItemCount))

struct LanguageRequest {
  std::string languageCode;
  static std::span<const dto::Rule> rules() {
    static constexpr dto::Rule rules[] = {
        {.field = "languageCode", .sentence = "BCP 47.", .max_length = 35, .example_json = "\"pt-BR\""},
    };
    return rules;
  }
  void check(Faults& faults) const { (void)faults.take(valid_language(languageCode, "/languageCode")); }
};
BOOST_DESCRIBE_STRUCT(LanguageRequest, (), (languageCode))

struct VersionPage {
  std::vector<VersionJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
};
BOOST_DESCRIBE_STRUCT(VersionPage, (), (items, nextPageToken, totalItemCount))

struct PartQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken;
  static std::span<const dto::Rule> rules() {
    static constexpr dto::Rule rules[] = {
        {.field = "pageSize", .sentence = "1 to 500; without it: all of them.", .minimum = 1, .maximum = 500},
        {.field = "pageToken", .sentence = "nextPageToken of the page before."},
    };
    return rules;
  }
};
BOOST_DESCRIBE_STRUCT(PartQuery, (), (pageSize, pageToken))

struct JobHistoryPage {
  std::vector<jobs::JobJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
};
BOOST_DESCRIBE_STRUCT(JobHistoryPage, (), (items, nextPageToken, totalItemCount))

// Whole, unless a page was asked for: of one asset there are few, so that a page is cut from all of them. `key` ascends
// from 1 and stays with an item.
template <class Page, class T, class Key, class Show>
Result<Page> part_of(std::vector<T> all, const PartQuery& query, Key key, Show show) {
  auto from = all.begin();
  if (query.pageToken) {
    auto text = from_base64url(*query.pageToken);
    std::int64_t after = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), after).ptr != text->data() + text->size() ||
        after < 1)
      return fail_field("?pageToken", "was not given by this list");
    from = std::ranges::find_if(all, [&](const T& item) { return key(item) > after; });
  }
  Page page{.totalItemCount = static_cast<std::int64_t>(all.size())};
  const auto left = all.end() - from;
  const auto most = query.pageSize || query.pageToken ? std::min(left, query.pageSize.value_or(50)) : left;
  if (most < left) page.nextPageToken = base64url(std::to_string(key(*(from + most - 1))));
  for (T& item : std::span(from, from + most)) page.items.push_back(show(std::move(item)));
  return page;
}

HistoryItem history_item(HistoryEntry entry) {
  auto word = [](const std::optional<AssetStatus>& status) {
    return status ? std::optional(std::string(status_name(*status))) : std::nullopt;
  };
  return {entry.at,         entry.user_id,  std::move(entry.username), std::move(entry.operation),
          word(entry.from), word(entry.to), std::move(entry.reason)};
}

Reply<AssetJson> reply(db::Transaction& tx, AssetService& assets, const Asset& asset) {
  Reply<AssetJson> out(assets.json(tx, asset));
  out.headers.add("ETag", etag_of(asset.revision, dto::write(out.value)));
  return out;
}

Result<Reply<AssetJson>> reply(AssetService& assets, const Asset& asset) {
  return assets.database().read(
      [&](db::Transaction& tx) -> Result<Reply<AssetJson>> { return reply(tx, assets, asset); });
}

// A read that is served under both prefixes.
void add_read(RouteTable& table, Route route, const std::string& below) {
  std::string pattern = "/asset" + below;
  Access access = route.info.access;
  access.who = Access::Who::signed_in;
  table.add_alias(route, pattern, access);
  table.add(std::move(route));
}

}  // namespace

void add_asset_routes(RouteTable& table, AssetService& assets, ContentService& content, DetailService& details) {
  add_read(
      table,
      get<NoQuery, AssetJson>(
          "/admin/asset/{id}",
          {.summary = "Get an asset", .tag = "Assets", .access = editor(Permission::read, "id"), .cost = Cost::point},
          [&](const Call<NoQuery, NoBody>& call) -> Result<Response> {
            RV_TRY(auto written, assets.written(call.id()));
            Response response;
            response.headers.add("Content-Type", "application/json");
            response.headers.add("ETag", written->etag);
            response.body = Body(Segment(Bytes{written->json, 0, written->json->size()}));
            return response;
          }),
      "/{id}");

  add_read(table,
           get<KeyQuery, AssetJson>("/admin/asset",
                                    {.summary = "Get an asset by bucket and key",
                                     .tag = "Assets",
                                     .access = editor_only("read"),
                                     .cost = Cost::point},
                                    [&](const Call<KeyQuery, NoBody>& call) -> Result<Reply<AssetJson>> {
                                      RV_TRY(Asset asset, assets.get_by_key(call.principal(), call.query.bucketName,
                                                                            call.query.objectKey));
                                      return reply(assets, asset);
                                    }),
           "");

  add_read(table,
           get<ChildQuery, AssetPage>(
               "/admin/asset/{id}/children",
               {.summary = "List what a folder holds", .tag = "Assets", .access = editor(Permission::read, "id")},
               [&](const Call<ChildQuery, NoBody>& call) { return assets.children(call.id(), call.query); }),
           "/{id}/children");

  add_read(table,
           get<NoQuery, AssetItems>("/admin/asset/{id}/parent-folders",
                                    {.summary = "The folders above an asset, from the root",
                                     .tag = "Assets",
                                     .access = editor(Permission::read, "id")},
                                    [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<AssetItems>> {
                                      RV_TRY(auto items, assets.parent_folders(call.principal(), call.id()));
                                      return AssetItems{std::move(items)};
                                    }),
           "/{id}/parent-folders");

  add_read(table,
           get<NoQuery, DetailJson>(
               "/admin/asset/{id}/detail",
               {.summary = "Everything about an asset", .tag = "Assets", .access = editor(Permission::read, "id")},
               [&](const Call<NoQuery, NoBody>& call) -> Result<Response> {
                 RV_TRY(const DetailJson detail, details.detail(call.principal(), call.id()));
                 std::string text = dto::write(detail);
                 const std::string etag = etag_of(detail.revision, text);
                 Response response = Response::json(200, std::move(text));
                 response.headers.add("ETag", etag);
                 return response;
               }),
           "/{id}/detail");

  add_read(table,
           get<PartQuery, JobHistoryPage>("/admin/asset/{assetId}/job-history",
                                          {.summary = "Processing jobs of an asset, oldest first",
                                           .tag = "Jobs",
                                           .access = editor(Permission::read, "assetId")},
                                          [&](const Call<PartQuery, NoBody>& call) -> Result<Reply<JobHistoryPage>> {
                                            RV_TRY(auto history, details.job_history(call.id("assetId")));
                                            RV_TRY(JobHistoryPage page,
                                                   part_of<JobHistoryPage>(
                                                       std::move(history), call.query,
                                                       [](const jobs::Job& job) { return job.row; },
                                                       [](jobs::Job job) { return jobs::job_json(job); }));
                                            return page;
                                          }),
           "/{assetId}/job-history");

  add_read(
      table,
      get<PartQuery, HistoryPage>(
          "/admin/asset/{id}/history",
          {.summary = "Who changed the asset, when and why", .tag = "Assets", .access = editor(Permission::read, "id")},
          [&](const Call<PartQuery, NoBody>& call) -> Result<Reply<HistoryPage>> {
            RV_TRY(auto entries, assets.database().read([&](db::Transaction& tx) -> Result<std::vector<HistoryEntry>> {
              return assets.repository().history(tx, call.id());
            }));
            const HistoryEntry* first = entries.data();
            const bool writes = assets.access().require(call.principal(), Permission::write, call.id()).has_value();
            RV_TRY(
                HistoryPage page,
                part_of<HistoryPage>(
                    std::move(entries), call.query, [first](const HistoryEntry& entry) { return &entry - first + 1; },
                    [&](HistoryEntry entry) {
                      // To whom it was sent is for those who may list the links.
                      if (!writes && (entry.operation == "share" || entry.operation == "revoke-share"))
                        entry.reason.clear();
                      return history_item(std::move(entry));
                    }));
            return page;
          }),
      "/{id}/history");

  add_read(table,
           get<PartQuery, VersionPage>("/admin/asset/{id}/version",
                                       {.summary = "The contents that an asset has had, oldest first",
                                        .tag = "Assets",
                                        .access = editor(Permission::read, "id")},
                                       [&](const Call<PartQuery, NoBody>& call) -> Result<Reply<VersionPage>> {
                                         RV_TRY(auto items, details.versions(call.id()));
                                         RV_TRY(VersionPage page,
                                                part_of<VersionPage>(
                                                    std::move(items), call.query,
                                                    [](const VersionJson& version) { return version.version; },
                                                    [](VersionJson version) { return version; }));
                                         return page;
                                       }),
           "/{id}/version");

  Route revert = post<NoQuery, NoBody, AssetJson>(
                     "/admin/asset/{id}/version/{number}/revert",
                     {.summary = "Bring back a former content, as the newest version",
                      .tag = "Assets",
                      .access = editor(Permission::write, "id"),
                      .cost = Cost::write,
                      .errors = {409}},
                     [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<AssetJson>> {
                       std::int64_t number = 0;
                       const std::string& text = call.path("number");
                       auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
                       if (fault != std::errc{} || end != text.data() + text.size() || number < 1)
                         return fail_field("{number}", "must be the number of a version");
                       RV_TRY(Asset asset, content.revert(call.principal(), call.id(), number));
                       return reply(assets, asset);
                     })
                     .with_free({"number"});
  table.add_alias(revert, "/asset/{id}/version/{number}/revert", permitted(Permission::write, "id"));
  table.add(std::move(revert));

  Route bin = get<AssetService::BinQuery, AssetPage>(
      "/admin/asset/deleted",
      {.summary = "What is in the bin, newest first",
       .tag = "Assets",
       .access = editor_only("read"),
       .description = "Of what the caller may read. Paths are those from which it was put there, folders that are in "
                      "the bin as well included."},
      [&](const Call<AssetService::BinQuery, NoBody>& call) { return assets.bin(call.principal(), call.query); });
  table.add_alias(bin, "/asset/deleted", signed_in());
  table.add(std::move(bin));

  table.add(get<NoQuery, AssetItems>(
      "/asset/roots",
      {.summary = "The topmost folders that the caller may read", .tag = "Assets", .access = signed_in()},
      [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<AssetItems>> {
        RV_TRY(auto items, assets.roots(call.principal()));
        return AssetItems{std::move(items)};
      }));

  table.add(get<NoQuery, AssetItems>("/admin/bucket",
                                     {.summary = "List buckets", .tag = "Buckets", .access = editor_only("read")},
                                     [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<AssetItems>> {
                                       RV_TRY(auto items, assets.buckets(call.principal()));
                                       return AssetItems{std::move(items)};
                                     }));

  Route make_bucket =
      post<NoQuery, NewBucket, AssetJson>("/admin/bucket",
                                          {.summary = "Make a bucket",
                                           .tag = "Buckets",
                                           .access = admin_only(),
                                           .cost = Cost::write,
                                           .status = 201,
                                           .errors = {409}},
                                          [&](const Call<NoQuery, NewBucket>& call) -> Result<Reply<AssetJson>> {
                                            RV_TRY(Asset asset, assets.database().write([&](db::Transaction& tx) {
                                              return assets.create_bucket(tx, call.principal(), call.body);
                                            }));
                                            return reply(assets, asset);
                                          });
  table.add(with_all_faults<NewBucket>(std::move(make_bucket),
                                       [&](const Request&, const NewBucket& bucket) { return assets.check(bucket); }));

  table.add(get<NoQuery, BucketJson>("/admin/bucket/{id}",
                                     {.summary = "A bucket's settings", .tag = "Buckets", .access = admin_only()},
                                     [&](const Call<NoQuery, NoBody>& call) { return assets.bucket(call.id()); }));

  Route change_bucket = patch<NoQuery, BucketPatch, BucketJson>(
      "/admin/bucket/{id}",
      {.summary = "Change a bucket's settings", .tag = "Buckets", .access = admin_only(), .cost = Cost::write},
      [&](const Call<NoQuery, BucketPatch>& call) -> Result<Reply<BucketJson>> {
        RV_TRY(BucketJson bucket, assets.database().write([&](db::Transaction& tx) {
          return assets.patch_bucket(tx, call.principal(), call.id(), call.body);
        }));
        return Reply<BucketJson>(std::move(bucket));
      });
  table.add(with_all_faults<BucketPatch>(
      std::move(change_bucket),
      [&](const Request& request, const BucketPatch& given) { return assets.check(path_id(request), given); }));

  auto create = [&](std::string pattern, std::string summary, AssetType type, AssetStatus status) {
    Route route = post<NoQuery, NewFolder, AssetJson>(
        std::move(pattern),
        {.summary = std::move(summary),
         .tag = "Assets",
         .access = editor(Permission::write, "parentId"),
         .cost = Cost::write,
         .status = 201,
         .errors = {409}},
        [&assets, type, status](const Call<NoQuery, NewFolder>& call) -> Result<Reply<AssetJson>> {
          return auth::write_with_answer(assets.database(), [&](db::Transaction& tx) -> Result<Reply<AssetJson>> {
            RV_TRY(Asset asset,
                   assets.create_folder(tx, call.principal(), call.id("parentId"), call.body, type, status));
            return reply(tx, assets, asset);
          });
        });
    table.add(with_all_faults<NewFolder>(std::move(route), [&assets, type](const Request&, const NewFolder& folder) {
      return assets.database().read([&](db::Transaction& tx) { return check(tx, folder, type); });
    }));
  };
  create("/admin/asset/{parentId}/create-folder", "Create a folder", AssetType::folder, AssetStatus::available);
  create("/admin/asset/{parentId}/create-placeholder", "Reserve a place for content to come", AssetType::file,
         AssetStatus::placeholder);

  Route patch_route = patch<NoQuery, AssetPatch, AssetJson>(
      "/admin/asset/{id}",
      {.summary = "Change an asset's properties",
       .tag = "Assets",
       .access = editor(Permission::write, "id"),
       .cost = Cost::write,
       .errors = {409, 412}},
      [&](const Call<NoQuery, AssetPatch>& call) -> Result<Reply<AssetJson>> {
        RV_TRY(Asset asset, assets.database().write([&](db::Transaction& tx) {
          return assets.patch(tx, call.principal(), call.id(), call.body, call.request.headers.get("If-Match"));
        }));
        return reply(assets, asset);
      });
  patch_route = with_all_faults<AssetPatch>(std::move(patch_route), [&](const Request&, const AssetPatch& given) {
    return assets.database().read([&](db::Transaction& tx) { return check(tx, given); });
  });
  table.add_alias(patch_route, "/asset/{id}", permitted(Permission::write, "id"));
  table.add(std::move(patch_route));

  Route language = post<NoQuery, LanguageRequest, AssetJson>(
      "/admin/asset/{id}/language",
      {.summary = "Change the language that is spoken in an asset",
       .tag = "Assets",
       .access = editor(Permission::write, "id"),
       .cost = Cost::write,
       .description = "In the asset, its history and the search. Transcripts do not exist yet: nothing is made anew.",
       .errors = {409}},
      [&](const Call<NoQuery, LanguageRequest>& call) -> Result<Reply<AssetJson>> {
        RV_TRY(Asset asset, assets.database().write([&](db::Transaction& tx) -> Result<Asset> {
          AssetPatch patch;
          patch.languageCode = {dto::Patch<std::string>::State::value, call.body.languageCode};
          RV_TRY(const Asset now, assets.lock_permitted(tx, call.principal(), call.id(), Permission::write));
          if (now.type != AssetType::file)
            return fail(Code::conflict, "not-a-file", "Only files have a language that is spoken.");
          RV_CHECK(after(Operation::reprocess, now.status));
          return assets.patch(tx, call.principal(), call.id(), patch, {});
        }));
        return reply(assets, asset);
      });
  table.add_alias(language, "/asset/{id}/language", permitted(Permission::write, "id"));
  table.add(std::move(language));

  table.add(del<NoQuery, NoBody>("/admin/asset/{id}",
                                 {.summary = "Put an asset into the bin",
                                  .tag = "Assets",
                                  .access = editor(Permission::write, "id"),
                                  .cost = Cost::write,
                                  .errors = {409}},
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(assets.database().write([&](db::Transaction& tx) {
                                     return assets.trash(tx, call.principal(), call.id());
                                   }));
                                   return Nothing{};
                                 }));
}

}  // namespace reelvault::catalog
