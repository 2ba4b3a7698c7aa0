#include "catalog/collection_service.hpp"

#include "audit/audit_repository.hpp"
#include "auth/account_json.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/sealed.hpp"
#include "base/text.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

constexpr std::int64_t counted = 10'000;  // items of one collection
constexpr std::int64_t counted_in_lists = 1'000;
constexpr std::int64_t examined_of_page = 50'000;  // items looked at for one page of collections
constexpr int chunk = 500;                         // rows of one statement, and of one transaction
constexpr int page_examines = 2'000;
constexpr std::size_t ids_limit = 1'000;
constexpr std::size_t collections_of_asset = 200;

std::optional<Uuid> user_of(const Principal& by) { return by.user_row != 0 ? std::optional(by.user_id) : std::nullopt; }

Error name_taken(const std::string& name) {
  return {Code::conflict,
          "name-taken",
          fmt::format("You have a collection named \"{}\" already.", name),
          {},
          {},
          {},
          0,
          {}};
}

struct Position {
  std::string name;
  std::int64_t row = 0;
};
std::string position_token(const Position& at) {
  return sealed(json::serialize(json::array{json::string(base64url(at.name)), at.row}));
}
Result<Position> position_of(const std::optional<std::string>& token) {
  if (!token) return Position{};
  auto bad = [] { return fail_field("?pageToken", "was not given by this list"); };
  auto text = unsealed(*token);
  boost::system::error_code fault;
  json::value value = text ? json::parse(*text, fault) : json::value();
  if (fault || !value.is_array() || value.get_array().size() != 2 || !value.get_array()[0].is_string() ||
      !value.get_array()[1].is_int64())
    return bad();
  const json::string& encoded = value.get_array()[0].get_string();
  auto name = from_base64url(std::string_view(encoded.data(), encoded.size()));
  if (!name || !valid_utf8(*name) || name->contains('\0')) return bad();
  return Position{*name, value.get_array()[1].get_int64()};
}

}  // namespace

Result<std::string> valid_collection_name(const std::string& given, const std::string& pointer) {
  if (!valid_utf8(given)) return fail_field(pointer, "must be UTF-8");
  std::string name = nfc(std::string(trim(given)));
  if (name.empty()) return fail_field(pointer, "must not be empty");
  if (name.size() > 255) return fail_field(pointer, "must be at most 255 bytes long");
  for (unsigned char c : name)
    if (c < 0x20 || c == 0x7F) return fail_field(pointer, "must not contain control characters");
  return name;
}

std::span<const dto::Rule> CollectionJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "itemCount", .sentence = "Files and folders in it that the caller may read; a folder counts as one."},
      {.field = "canEdit", .sentence = "Whether the caller may rename and remove it."},
  };
  return rules;
}
std::span<const dto::Rule> CollectionQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "pageSize", .minimum = 1, .maximum = 500},
      {.field = "name", .sentence = "Part of the name, case ignored.", .max_length = 255},
  };
  return rules;
}
std::span<const dto::Rule> CollectionItemQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "pageSize", .minimum = 1, .maximum = 500},
      {.field = "sort", .sentence = "In the order of adding, or the newest first.", .one_of = "added|-added"},
  };
  return rules;
}
std::span<const dto::Rule> NewCollection::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "name",
       .sentence = "Unique among the caller's own, case ignored.",
       .min_length = 1,
       .max_length = 1000,
       .example_json = "\"Spring campaign\""},
      {.field = "description", .max_length = 20000},
  };
  return rules;
}
void NewCollection::check(Faults& faults) const { (void)faults.take(valid_collection_name(name, "/name")); }
std::span<const dto::Rule> CollectionPatch::rules() {
  static constexpr dto::Rule rules[] = {{.field = "name", .max_length = 1000},
                                        {.field = "description", .max_length = 20000}};
  return rules;
}
void CollectionPatch::check(Faults& faults) const {
  using State = dto::Patch<std::string>::State;
  if (name.state == State::null) faults.add("/name", "must not be null");
  if (name.state == State::value) (void)faults.take(valid_collection_name(name.value, "/name"));
}
std::span<const dto::Rule> CollectionIds::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "ids", .sentence = "Of files and folders.", .min_length = 1, .max_length = ids_limit}};
  return rules;
}
std::span<const dto::Rule> CollectionResult::rules() {
  static constexpr dto::Rule rules[] = {{.field = "status", .one_of = "Succeeded|Failed"}};
  return rules;
}

// ---- who sees what -------------------------------------------------------------------------------------------------

bool CollectionService::owns(const Principal& by, const Collection& collection) const {
  return assets_.access().sees_everything(by) || (by.user_row != 0 && collection.owner == by.user_id);
}

CollectionService::Count CollectionService::count(db::Transaction& tx, Readable& readable, std::int64_t row,
                                                  std::int64_t at_most) {
  Count out;
  for (const auto& held : collections_.held(tx, row, at_most))
    if (readable.folder(held.folder_row)) out.items += held.items;
  out.estimate = collections_.has_more(tx, row, at_most);
  return out;
}

bool CollectionService::visible(db::Transaction& tx, const Principal& by, Readable& readable,
                                const Collection& collection, std::int64_t& examined) {
  if (owns(by, collection)) return true;
  std::int64_t after = 0;
  while (true) {
    auto items = collections_.items(tx, collection.row, after, false, chunk);
    for (const CollectionItem& item : items) {
      ++examined;
      if (readable.asset(item.asset_row, item.parent_row, item.type)) return true;
      after = item.row;
    }
    if (static_cast<int>(items.size()) < chunk) return false;
  }
}

Result<Collection> CollectionService::seen(db::Transaction& tx, const Principal& by, const Uuid& id) {
  auto collection = collections_.find(tx, id);
  Readable readable(assets_.tree(), assets_.access(), by);
  std::int64_t examined = 0;
  if (!collection || !visible(tx, by, readable, *collection, examined)) return fail_not_found("collection");
  return std::move(*collection);
}

Result<Collection> CollectionService::owned(db::Transaction& tx, const Principal& by, const Uuid& id,
                                            std::string_view if_match) {
  RV_TRY(Collection collection, seen(tx, by, id));
  if (!owns(by, collection))
    return fail(Code::forbidden, "forbidden", "Only whoever made the collection, or an administrator, may change it.");
  auto locked = collections_.lock(tx, id);
  if (!locked) return fail_not_found("collection");
  RV_CHECK(auth::check_if_match(if_match, locked->revision));
  return std::move(*locked);
}

std::optional<Collection> CollectionService::by_name(db::Transaction& tx, const Principal& by,
                                                     const std::string& name) {
  auto named = collections_.named(tx, fold_case(name));
  for (const Collection& collection : named)
    if (collection.owner == by.user_id) return collection;
  Readable readable(assets_.tree(), assets_.access(), by);
  std::int64_t examined = 0;
  for (const Collection& collection : named)
    if (visible(tx, by, readable, collection, examined)) return collection;
  return std::nullopt;
}

CollectionJson CollectionService::json(db::Transaction& tx, const Principal& by, Readable& readable,
                                       const Collection& collection, std::int64_t at_most) {
  Count held = count(tx, readable, collection.row, at_most);
  return {collection.id,          collection.name,
          collection.description, held.items,
          held.estimate,          owns(by, collection),
          collection.created_at,  collection.owner.nil() ? std::nullopt : std::optional(collection.owner),
          collection.modified_at};
}

// ---- collections themselves ----------------------------------------------------------------------------------------

Result<CollectionPage> CollectionService::list(const Principal& by, const CollectionQuery& query) {
  RV_TRY(Position after, position_of(query.pageToken));
  const auto page_size = static_cast<std::size_t>(query.pageSize.value_or(50));
  const std::string part = fold_case(nfc(query.name.value_or("")));
  return assets_.database().read([&](db::Transaction& tx) -> Result<CollectionPage> {
    CollectionPage page;
    Readable readable(assets_.tree(), assets_.access(), by);
    Position at = after;
    std::int64_t examined = 0;
    while (true) {
      auto found = collections_.page(tx, at.name, at.row, chunk);
      for (const Collection& collection : found) {
        if (page.items.size() == page_size || examined > examined_of_page) {
          page.nextPageToken = position_token(at);
          page.totalItemCount = static_cast<std::int64_t>(page.items.size()) + 1;
          page.totalIsEstimate = true;
          return page;
        }
        at = {name_sort_key(collection.name), collection.row};
        ++examined;
        if (!part.empty() && !fold_case(collection.name).contains(part)) continue;
        if (!visible(tx, by, readable, collection, examined)) continue;
        page.items.push_back(json(tx, by, readable, collection, counted_in_lists));
        examined += std::min(page.items.back().itemCount, counted_in_lists);
      }
      if (static_cast<int>(found.size()) < chunk) break;
    }
    page.totalItemCount = static_cast<std::int64_t>(page.items.size());
    page.totalIsEstimate = query.pageToken.has_value();  // what stood on the pages before is not counted again
    return page;
  });
}

Result<CollectionService::Found> CollectionService::get(const Principal& by, const Uuid& id) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<Found> {
    RV_TRY(Collection collection, seen(tx, by, id));
    Readable readable(assets_.tree(), assets_.access(), by);
    return Found{json(tx, by, readable, collection, counted), etag_of(collection)};
  });
}

Collection CollectionService::made(db::Transaction& tx, const Principal& by, const std::string& name) {
  Collection collection;
  collection.id = Uuid::v7();
  if (by.user_row != 0) collection.owner = by.user_id;
  collection.name = name;
  collection.created_at = collection.modified_at = now();
  if (!collections_.insert(tx, collection)) collection.row = 0;
  return collection;
}

void CollectionService::told(db::Transaction& tx, const Collection& collection, std::string_view change) {
  outbox_.append(tx, {.topic = "collection",
                      .name = "collection",
                      .asset_row = 0,
                      .asset_id = {},
                      .payload = {{"id", collection.id.text()},
                                  {"userId", collection.owner.text()},
                                  {"change", json::string(change)},
                                  {"name", collection.name}}});
  const std::string_view verb = change == "remove" ? "delete" : change;
  audit::append(tx, audit::account(fmt::format("{}-collection", verb), "collection", collection.id, collection.name));
  if (change == "remove")
    tx.after_commit([this, id = collection.id] { assets_.collections().remove(id); });
  else
    tx.after_commit([this, row = collection.row, id = collection.id, name = collection.name] {
      assets_.collections().put(row, id, name);
    });
}

Result<CollectionService::Found> CollectionService::create(const Principal& by, const NewCollection& given) {
  RV_TRY(std::string name, valid_collection_name(given.name, "/name"));
  return assets_.database().write([&](db::Transaction& tx) -> Result<Found> {
    Collection collection = made(tx, by, name);
    if (collection.row == 0) return fail(name_taken(name));
    if (given.description) {
      collection.description = given.description;
      collections_.update(tx, collection);
    }
    told(tx, collection, "create");
    Readable readable(assets_.tree(), assets_.access(), by);
    return Found{json(tx, by, readable, collection, counted), etag_of(collection)};
  });
}

Result<CollectionService::Found> CollectionService::patch(const Principal& by, const Uuid& id,
                                                          const CollectionPatch& given, std::string_view if_match) {
  using State = dto::Patch<std::string>::State;
  RV_CHECK(dto::check(given));
  std::optional<std::string> name;
  if (given.name.state == State::value) {
    RV_TRY(name, valid_collection_name(given.name.value, "/name"));
  }
  return assets_.database().write([&](db::Transaction& tx) -> Result<Found> {
    RV_TRY(Collection collection, owned(tx, by, id, if_match));
    if (name) collection.name = *name;
    if (given.description.state == State::null) collection.description.reset();
    if (given.description.state == State::value) collection.description = given.description.value;
    collection.modified_at = now();
    if (!collections_.update(tx, collection)) return fail(name_taken(collection.name));
    told(tx, collection, "update");
    Readable readable(assets_.tree(), assets_.access(), by);
    return Found{json(tx, by, readable, collection, counted), etag_of(collection)};
  });
}

Result<void> CollectionService::remove(const Principal& by, const Uuid& id, std::string_view if_match) {
  RV_TRY(std::int64_t row, assets_.database().write([&](db::Transaction& tx) -> Result<std::int64_t> {
    RV_TRY(Collection collection, owned(tx, by, id, if_match));
    collections_.mark_removed(tx, collection.row);
    told(tx, collection, "remove");
    return collection.row;
  }));
  // It is gone for everybody; what a failure leaves of it, such as what was put in at this moment, tidy() takes away.
  if (auto emptied = empty_and_remove(row); !emptied)
    log::warning("a removed collection is emptied later",
                 {{"detail", emptied.error().message + " " + emptied.error().detail}});
  return {};
}

Result<void> CollectionService::empty_and_remove(std::int64_t row) {
  while (true) {
    RV_TRY(bool done, assets_.database().write([&](db::Transaction& tx) -> Result<bool> {
      if (collections_.remove_items(tx, row, chunk) == chunk) return false;
      collections_.remove(tx, row);
      return true;
    }));
    if (done) return {};
  }
}

Result<void> CollectionService::tidy() {
  RV_TRY(auto rows, assets_.database().read([&](db::Transaction& tx) -> Result<std::vector<std::int64_t>> {
    return collections_.marked(tx);
  }));
  for (std::int64_t row : rows) RV_CHECK(empty_and_remove(row));
  return {};
}

// ---- what is in them -----------------------------------------------------------------------------------------------

Result<AssetPage> CollectionService::items(const Principal& by, const Uuid& id, const CollectionItemQuery& query) {
  RV_TRY(Position after, position_of(query.pageToken));
  const bool newest_first = query.sort == "-added";
  if (query.pageToken && (after.name == "-") != newest_first)
    return fail_field("?pageToken", "was not given by this list with this sort");
  const auto page_size = static_cast<std::size_t>(query.pageSize.value_or(50));
  return assets_.database().read([&](db::Transaction& tx) -> Result<AssetPage> {
    RV_TRY(Collection collection, seen(tx, by, id));
    Readable readable(assets_.tree(), assets_.access(), by);
    AssetPage page;
    Count held = count(tx, readable, collection.row, counted);
    page.totalItemCount = held.items;
    page.totalIsEstimate = held.estimate;

    std::int64_t at = query.pageToken ? after.row : newest_first ? INT64_MAX : 0;
    std::vector<std::int64_t> rows;
    bool more = false;
    for (int looked = 0; !more;) {
      auto items = collections_.items(tx, collection.row, at, newest_first, chunk);
      for (const CollectionItem& item : items) {
        if (rows.size() == page_size || looked >= page_examines) {
          more = true;
          break;
        }
        ++looked;
        at = item.row;
        if (readable.asset(item.asset_row, item.parent_row, item.type)) rows.push_back(item.asset_row);
      }
      if (static_cast<int>(items.size()) < chunk) break;
    }
    if (more) page.nextPageToken = position_token({newest_first ? "-" : "+", at});
    page.items = assets_.list_json(tx, rows);
    return page;
  });
}

void CollectionService::put_in(db::Transaction& tx, const Principal& by, Asset& asset, const Collection& collection) {
  if (!collections_.add(tx, collection.row, asset.row, now(), user_of(by))) return;
  json::array rows = json::parse(asset.collections_json).as_array();
  rows.emplace_back(collection.row);
  asset.collections_json = json::serialize(rows);
  changed(tx, by, asset, collection, "add-collection");
}

void CollectionService::take_out(db::Transaction& tx, const Principal& by, Asset& asset, const Collection& collection) {
  if (!collections_.take(tx, collection.row, asset.row)) return;
  json::array kept;
  const json::value rows = json::parse(asset.collections_json);
  for (const json::value& row : rows.as_array())
    if (row.to_number<std::int64_t>() != collection.row) kept.push_back(row);
  asset.collections_json = json::serialize(kept);
  changed(tx, by, asset, collection, "remove-collection");
}

void CollectionService::changed(db::Transaction& tx, const Principal& by, Asset& asset, const Collection& collection,
                                std::string_view operation) {
  assets_.repository().write_collections(tx, asset, user_of(by));
  assets_.repository().add_history(tx, {.asset_row = asset.row,
                                        .asset_id = asset.id,
                                        .asset_name = asset.name,
                                        .user_id = user_of(by),
                                        .username = by.username,
                                        .operation = operation,
                                        .from = asset.status,
                                        .to = asset.status,
                                        .reason = collection.name});
  assets_.changed(tx, asset, "update");
}

Result<CollectionResults> CollectionService::add_items(const Principal& by, const Uuid& id,
                                                       const std::vector<Uuid>& assets) {
  return each(by, id, assets, true);
}

Result<CollectionResults> CollectionService::remove_items(const Principal& by, const Uuid& id,
                                                          const std::vector<Uuid>& assets) {
  return each(by, id, assets, false);
}

Result<CollectionResults> CollectionService::each(const Principal& by, const Uuid& id, const std::vector<Uuid>& assets,
                                                  bool in) {
  std::vector<Uuid> distinct;
  std::set<Uuid> known;
  for (const Uuid& asset : assets)
    if (known.insert(asset).second) distinct.push_back(asset);
  constexpr std::size_t at_once = 100;
  CollectionResults out;
  for (std::size_t from = 0; from < distinct.size(); from += at_once) {
    const std::span<const Uuid> some(distinct.begin() + static_cast<std::ptrdiff_t>(from),
                                     std::min(at_once, distinct.size() - from));
    RV_TRY(auto results, assets_.database().write([&](db::Transaction& tx) -> Result<std::vector<CollectionResult>> {
      RV_TRY(Collection collection, seen(tx, by, id));
      // Rows are locked in one order, whatever the order of the request, in which they are then put in.
      std::vector<Uuid> ordered(some.begin(), some.end());
      std::ranges::sort(ordered);
      std::map<Uuid, Result<Asset>> locked;
      for (const Uuid& asset_id : ordered)
        locked.emplace(asset_id, assets_.lock_permitted(tx, by, asset_id, Permission::write));
      std::vector<CollectionResult> results_here;
      for (const Uuid& asset_id : some) {
        Result<Asset>& asset = locked.at(asset_id);
        if (asset && in && json::parse(asset->collections_json).as_array().size() >= collections_of_asset)
          asset = fail(Code::conflict, "too-many-collections", "The asset is in too many collections already.");
        results_here.push_back({asset_id, asset ? "Succeeded" : "Failed", std::nullopt});
        if (!asset)
          results_here.back().error = CollectionFault{asset.error().type, asset.error().message};
        else if (in)
          put_in(tx, by, *asset, collection);
        else
          take_out(tx, by, *asset, collection);
      }
      return results_here;
    }));
    for (CollectionResult& result : results) {
      ++(result.error ? out.failedCount : out.succeededCount);
      out.results.push_back(std::move(result));
    }
  }
  out.totalCount = static_cast<std::int64_t>(distinct.size());
  return out;
}

Result<void> CollectionService::add_by_name(db::Transaction& tx, const Principal& by, Asset& asset,
                                            const std::string& given) {
  RV_TRY(std::string name, valid_collection_name(given, "/collections"));
  RV_TRY(Collection collection, by_name_or_made(tx, by, name));
  put_in(tx, by, asset, collection);
  return {};
}

Result<Collection> CollectionService::by_name_or_made(db::Transaction& tx, const Principal& by,
                                                      const std::string& name) {
  if (auto found = by_name(tx, by, name)) return std::move(*found);
  Collection collection = made(tx, by, name);
  if (collection.row != 0) {
    told(tx, collection, "create");
    return collection;
  }
  if (auto found = by_name(tx, by, name))
    return std::move(*found);  // made by another request of the same user just now
  return fail(name_taken(name));
}

// ---- in batches ----------------------------------------------------------------------------------------------------

Result<std::optional<Collection>> CollectionService::from_arguments(db::Transaction& tx, const BatchCall& call,
                                                                    bool make) {
  const json::value* id = call.arguments.if_contains("collectionId");
  if (id && !id->is_null()) {
    auto parsed = id->is_string() ? Uuid::parse(std::string_view(id->get_string().data(), id->get_string().size()))
                                  : std::nullopt;
    if (!parsed) return fail_field("/collectionId", "must be a UUID");
    RV_TRY(Collection found, seen(tx, call.by, *parsed));
    return std::optional(std::move(found));
  }
  const json::value* given = call.arguments.if_contains("collectionName");
  if (!given || given->is_null()) return fail_field("/collectionId", "or collectionName is required");
  if (!given->is_string()) return fail_field("/collectionName", "must be a string");
  RV_TRY(std::string name, valid_collection_name(std::string(given->get_string()), "/collectionName"));
  if (!make) return by_name(tx, call.by, name);
  RV_TRY(Collection collection, by_name_or_made(tx, call.by, name));
  return std::optional(std::move(collection));
}

std::vector<BatchAction> CollectionService::actions() {
  auto check = [this](bool in) {
    return [this, in](db::Transaction& tx, const BatchCall& call, std::vector<FieldFault>& faults) -> Result<void> {
      auto found = from_arguments(tx, call, false);
      if (found) return in || *found ? Result<void>{} : fail_not_found("collection");
      if (found.error().faults.empty()) return std::unexpected(std::move(found).error());
      faults.insert(faults.end(), found.error().faults.begin(), found.error().faults.end());
      return {};
    };
  };
  BatchAction adding{.name = "AddCollection", .route = {}, .summary = "Add to a collection", .buckets = true};
  adding.check = check(true);
  adding.act = [this](db::Transaction& tx, const BatchCall& call,
                      BatchAction::Step& step) -> Result<std::optional<BatchAction::Made>> {
    if (json::parse(step.asset.collections_json).as_array().size() >= collections_of_asset)
      return fail(Code::conflict, "too-many-collections", "The asset is in too many collections already.");
    RV_TRY(auto collection, from_arguments(tx, call, true));
    put_in(tx, call.by, step.asset, *collection);
    return std::nullopt;
  };
  BatchAction removing{.name = "RemoveCollection", .route = {}, .summary = "Remove from a collection", .buckets = true};
  removing.check = check(false);
  removing.act = [this](db::Transaction& tx, const BatchCall& call,
                        BatchAction::Step& step) -> Result<std::optional<BatchAction::Made>> {
    RV_TRY(auto collection, from_arguments(tx, call, false));
    if (!collection) return fail(Code::conflict, "collection-gone", "The collection was removed meanwhile.");
    take_out(tx, call.by, step.asset, *collection);
    return std::nullopt;
  };
  return {std::move(adding), std::move(removing)};
}

}  // namespace reelvault::catalog
