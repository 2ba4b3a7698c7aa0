#include "catalog/asset_service.hpp"

#include "auth/account_json.hpp"
#include "base/faults.hpp"
#include "base/hash.hpp"
#include "base/language_tag.hpp"
#include "base/sealed.hpp"
#include "base/text.hpp"
#include "catalog/check.hpp"
#include "catalog/display_name.hpp"
#include "catalog/field.hpp"
#include "catalog/paging.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

constexpr std::size_t depth_limit = 100;  // levels below a bucket

}  // namespace

// That there is something of this name cannot be hidden from whoever wants the name; what it is, can.
Error AssetService::name_taken(const Principal& by, const Asset& holder) const {
  Error error{Code::conflict,
              "name-taken",
              fmt::format("There is already something named \"{}\" here.", holder.name),
              {},
              {},
              {},
              0,
              {}};
  auto chain = tree_.chain_of(holder);
  if (chain && access_.highest(by, *chain)) error.extra["assetId"] = holder.id.text();
  return error;
}

std::span<const dto::Rule> NewFolder::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "displayName",
       .sentence = "Unique in its parent (NFC, case counts).",
       .min_length = 1,
       .max_length = 1000,
       .example_json = "\"Rushes\""},
      {.field = "onConflict",
       .sentence = "What to do when the name is taken; without it: 409.",
       .one_of = "|rename",
       .default_json = "\"\""},
      {.field = "tags", .max_length = 100},
  };
  return rules;
}

std::span<const dto::Rule> AssetPatch::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "displayName", .sentence = "Renames.", .max_length = 1000},
      {.field = "description", .max_length = 20000},
      {.field = "availableFrom", .sentence = "Before it, the content is for those who may write alone."},
      {.field = "availableUntil",
       .sentence = "Exclusive: from then on likewise. The asset itself is always shown to its readers."},
      {.field = "tags", .sentence = "All of them; null removes them.", .max_length = 100},
      {.field = "customFields", .sentence = "Merged; a null removes a field, or all of them."},
      {.field = "languageCode", .sentence = "BCP 47.", .max_length = 35, .example_json = "\"pt-BR\""},
  };
  return rules;
}

std::span<const dto::Rule> ChildQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "pageSize", .minimum = 1, .maximum = 500},
      {.field = "sort",
       .sentence = "By name, folders stand first.",
       .one_of = "name|-name|createdAt|-createdAt|modifiedAt|-modifiedAt|size|-size"},
      {.field = "mediaType", .one_of = "video|audio|image|document|other"},
      {.field = "assetType", .sentence = "1 Folder, 2 File, 5 Bucket.", .one_of = asset_types},
      {.field = "assetStatus", .one_of = asset_statuses},
      {.field = "status", .sentence = "The same as assetStatus.", .one_of = asset_statuses},
      {.field = "tag", .sentence = "Case ignored.", .max_length = 200},
      {.field = "collection", .sentence = "The id or the name of a collection.", .max_length = 255},
      {.field = "name", .sentence = "Part of the name, case ignored.", .max_length = 255},
      {.field = "createdUntil", .sentence = "Exclusive, as modifiedUntil."},
  };
  return rules;
}

Result<std::string> valid_language(const std::string& given, const std::string& pointer) {
  auto tag = language_tag(given);
  if (!tag) return fail_field(pointer, "must be a language tag of BCP 47, as en or pt-BR");
  return std::move(*tag);
}

std::string tags_json(const std::vector<std::string>& tags) {
  json::array out;
  for (const std::string& tag : tags) out.push_back(json::string(tag));
  return json::serialize(out);
}

Result<std::vector<std::string>> normal_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  Faults faults;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    std::string tag = nfc(std::string(trim(tags[i])));
    if (tag.empty() || tag.size() > 200)
      faults.add("/tags/" + std::to_string(i), "must be 1 to 200 bytes long");
    else if (seen.insert(fold_case(tag)).second)
      out.push_back(std::move(tag));
  }
  if (out.size() > 100) faults.add("/tags", "must be at most 100 items long");
  RV_CHECK(faults.check());
  return out;
}

void AssetService::changed(db::Transaction& tx, const Asset& asset, std::string_view what) {
  json::object payload{{"id", asset.id.text()},
                       {"change", json::string(what)},
                       {"assetType", static_cast<std::int64_t>(asset.type)},
                       {"assetStatus", static_cast<std::int64_t>(asset.status)},
                       {"assetStatusName", json::string(status_name(asset.status))},
                       {"displayName", json::string(asset.name)},
                       {"version", asset.version}};
  if (auto parent = tree_.folder(asset.parent_row)) payload["parentId"] = parent->id.text();
  outbox_.append(
      tx,
      {.topic = "asset", .name = "asset", .asset_row = asset.row, .asset_id = asset.id, .payload = std::move(payload)});
  if (search_) search_->changed(tx, asset);
  if (asset.folder_like())
    tx.after_commit(
        [this, folder = FolderTree::Folder{asset.row, asset.parent_row, asset.id, asset.type, asset.name,
                                           asset.deleted_at.has_value(), repository_.has_archive_tier(tx, asset)}] {
          tree_.put(folder);
        });
}

Result<void> AssetService::transit(db::Transaction& tx, Asset& asset, Operation operation, const Principal& by,
                                   std::string reason) {
  RV_TRY(AssetStatus to, after(operation, asset.status));
  AssetStatus from = asset.status;
  if (from != to) repository_.set_status(tx, asset, to);
  repository_.add_history(tx, {.asset_row = asset.row,
                               .asset_id = asset.id,
                               .asset_name = asset.name,
                               .user_id = by.user_row != 0 ? std::optional(by.user_id) : std::nullopt,
                               .username = by.username,
                               .operation = operation_name(operation),
                               .from = from,
                               .to = to,
                               .reason = std::move(reason)});
  changed(tx, asset, operation_name(operation));
  return {};
}

Result<Asset> AssetService::lock_permitted(db::Transaction& tx, const Principal& by, const Uuid& id,
                                           Permission permission) {
  auto asset = repository_.lock(tx, id);
  if (!asset) return fail_not_found();
  auto chain = tree_.chain_of(*asset);
  if (!chain) return fail_not_found();
  auto highest = access_.highest(by, *chain);
  if (!highest) return fail_not_found();
  if (*highest < permission)
    return fail(Code::forbidden, "forbidden",
                fmt::format("You have no {} permission here.", permission == Permission::write ? "write" : "manage"));
  return std::move(*asset);
}

Result<void> AssetService::content_open_to(const Principal& by, const Asset& asset) const {
  auto open = available_now(asset.available_from, asset.available_until);
  if (open) return {};
  auto chain = tree_.chain_of(asset);
  if (chain && access_.highest(by, *chain).value_or(Permission::read) >= Permission::write) return {};
  return open;
}

Result<std::string> AssetService::claim_name(db::Transaction& tx, const Principal& by, std::int64_t parent_row,
                                             const std::string& name, std::string_view on_conflict) {
  auto holder = repository_.child(tx, parent_row, name);
  if (!holder) return name;
  if (on_conflict != "rename") return fail(name_taken(by, *holder));
  for (int number = 2; number < 10000; ++number) {
    std::string candidate = numbered_name(name, number);
    if (!repository_.child(tx, parent_row, candidate)) return candidate;
  }
  return fail(name_taken(by, *holder));
}

std::optional<AssetRepository::BucketPlace> AssetService::place_of(db::Transaction& tx, const Asset& asset) {
  std::int64_t row = asset.type == AssetType::bucket ? asset.row : tree_.bucket_of(asset.parent_row);
  // A folder of this very transaction, or of another node, is not in memory yet.
  if (row == 0)
    if (auto above = repository_.ancestors(tx, asset.row); !above.empty()) row = above.back();
  return repository_.bucket_place(tx, row);
}

namespace {
// Of a placeholder, which has nothing but its name to tell what is to come.
void guess_types(Asset& asset) {
  asset.content_type = guess_content_type(asset.name);
  asset.media_type = guess_media_type(*asset.content_type, asset.name);
}

struct CheckedPatch {
  std::string name;
  std::optional<std::string> language;
  std::vector<std::string> tags;
  json::object fields;
};

Result<CheckedPatch> checked_patch(db::Transaction& tx, const AssetPatch& patch) {
  using State = dto::Patch<std::string>::State;
  CheckedPatch out;
  Faults faults;
  if (patch.displayName.state == State::null) faults.add("/displayName", "must not be null");
  if (patch.displayName.state == State::value)
    out.name = faults.take(valid_name(patch.displayName.value, "/displayName"));
  if (patch.languageCode.state == State::value)
    out.language = faults.take(valid_language(patch.languageCode.value, "/languageCode"));
  if (patch.description.state == State::value && !valid_utf8(patch.description.value))
    faults.add("/description", "must be UTF-8");
  const auto &from = patch.availableFrom, &until = patch.availableUntil;
  if (from.state == dto::Patch<Timestamp>::State::value && until.state == from.state && until.value <= from.value)
    faults.add("/availableUntil", "must be after availableFrom");
  out.tags = faults.take(normal_tags(patch.tags.value));
  if (patch.customFields.present())
    out.fields = faults.take(validated_fields(tx, patch.customFields.value, "/customFields", FieldUse::change));
  RV_CHECK(faults.check());
  return out;
}

struct CheckedFolder {
  std::string name, fields_json;
  std::vector<std::string> tags;
};

Result<CheckedFolder> checked_folder(db::Transaction& tx, const NewFolder& folder, AssetType type) {
  Faults faults;
  CheckedFolder out;
  out.name = faults.take(valid_name(folder.displayName, "/displayName"));
  out.tags = faults.take(normal_tags(folder.tags));
  const FieldUse use = type == AssetType::file ? FieldUse::creation : FieldUse::taken;
  const json::object members = faults.take(validated_fields(tx, folder.customFields, "/customFields", use));
  out.fields_json = faults.take(fields_text(members, "/customFields"));
  RV_CHECK(faults.check());
  return out;
}
}  // namespace

Result<void> check(db::Transaction& tx, const AssetPatch& patch) {
  RV_CHECK(checked_patch(tx, patch));
  return {};
}

Result<void> check(db::Transaction& tx, const NewFolder& folder, AssetType type) {
  RV_CHECK(checked_folder(tx, folder, type));
  return {};
}

Result<Asset> AssetService::create_folder(db::Transaction& tx, const Principal& by, const Uuid& parent_id,
                                          const NewFolder& folder, AssetType type, AssetStatus status) {
  RV_TRY(auto checked, checked_folder(tx, folder, type));
  auto& [name, fields, tags] = checked;
  Asset parent;
  if (by.kind == Principal::Kind::system) {
    auto found = repository_.lock(tx, parent_id);
    if (!found) return fail_not_found("folder");
    parent = std::move(*found);
  } else {
    RV_TRY(parent, lock_permitted(tx, by, parent_id, Permission::write));
  }
  RV_CHECK(can_hold(parent));
  RV_CHECK(check_depth(repository_.ancestors(tx, parent.row).size()));
  RV_TRY(name, claim_name(tx, by, parent.row, name, folder.onConflict));
  Asset asset;
  asset.id = Uuid::v7();
  asset.parent_row = parent.row;
  asset.type = type;
  asset.status = status;
  asset.name = name;
  if (type == AssetType::file) guess_types(asset);
  asset.tags_json = tags_json(tags);
  asset.custom_fields_json = std::move(fields);
  asset.created_at = asset.modified_at = now();
  if (by.user_row != 0) asset.created_by = asset.modified_by = by.user_id;
  asset.row = repository_.insert(tx, asset);
  repository_.add_history(tx, first_history(asset, by.username, "create"));
  changed(tx, asset, "create");
  return asset;
}

namespace {
// For the history: which properties, not what they hold.
std::string what_changes(const AssetPatch& patch, const std::string& was, const std::string& is) {
  std::string out;
  auto add = [&](bool present, std::string_view name) {
    if (present) out += (out.empty() ? "" : ", ") + std::string(name);
  };
  add(patch.displayName.present(), was == is ? "displayName" : fmt::format("displayName (was \"{}\")", was));
  add(patch.description.present(), "description");
  add(patch.availableFrom.present(), "availableFrom");
  add(patch.availableUntil.present(), "availableUntil");
  add(patch.tags.present(), "tags");
  add(patch.customFields.present(), "customFields");
  add(patch.languageCode.present(), "languageCode");
  return out;
}
}  // namespace

Result<Asset> AssetService::patch(db::Transaction& tx, const Principal& by, const Uuid& id, const AssetPatch& patch,
                                  std::string_view if_match) {
  RV_TRY(auto checked, checked_patch(tx, patch));
  auto& [name, language, tags, fields] = checked;
  RV_TRY(Asset asset, lock_permitted(tx, by, id, Permission::write));
  RV_CHECK(auth::check_if_match(if_match, asset.revision));
  if (asset.type == AssetType::file) RV_CHECK(after(Operation::update, asset.status));
  const Asset before = asset;
  const std::string was = asset.name;
  const bool renamed = patch.displayName.present() && name != asset.name;
  if (renamed) {
    if (asset.type == AssetType::bucket) {
      if (auto holder = repository_.bucket(tx, name)) return fail(name_taken(by, *holder));
    } else {
      RV_TRY(name, claim_name(tx, by, asset.parent_row, name, ""));
    }
    asset.name = name;
    if (asset.status == AssetStatus::placeholder) guess_types(asset);
  }
  auto set = [](auto& member, const auto& given) {
    using Given = typename std::remove_cvref_t<decltype(given)>::State;
    if (given.state == Given::null) member.reset();
    if (given.state == Given::value) member = given.value;
  };
  set(asset.description, patch.description);
  set(asset.available_from, patch.availableFrom);
  set(asset.available_until, patch.availableUntil);
  if (patch.languageCode.present()) asset.language_code = language;
  if (asset.available_from && asset.available_until && *asset.available_until <= *asset.available_from)
    return patch.availableUntil.present() ? fail_field("/availableUntil", "must be after availableFrom")
                                          : fail_field("/availableFrom", "must be before availableUntil");
  if (patch.tags.present()) asset.tags_json = tags_json(tags);
  if (patch.customFields.present()) {
    const bool all_go = patch.customFields.state == dto::Patch<json::object>::State::null;
    RV_TRY(asset.custom_fields_json, all_go ? without_fields(tx, asset.custom_fields_json, "/customFields")
                                            : merged_fields(asset.custom_fields_json, fields, "/customFields"));
  }
  // Nothing that others would have to look at again.
  const auto described = [](const Asset& of) {
    return std::tie(of.name, of.description, of.available_from, of.available_until, of.language_code, of.tags_json,
                    of.custom_fields_json);
  };
  if (described(asset) == described(before)) return asset;
  repository_.update(tx, asset, by.user_row != 0 ? std::optional(by.user_id) : std::nullopt);
  repository_.add_history(tx, {.asset_row = asset.row,
                               .asset_id = asset.id,
                               .user_id = asset.modified_by,
                               .username = by.username,
                               .operation = "update",
                               .from = asset.status,
                               .to = asset.status,
                               .reason = what_changes(patch, was, asset.name)});
  if (renamed) RV_CHECK(tell_placed(tx, asset, by, Operation::rename));
  changed(tx, asset, "update");
  return asset;
}

Result<void> AssetService::trash(db::Transaction& tx, const Principal& by, const Uuid& id) {
  RV_TRY(Asset asset, lock_permitted(tx, by, id, Permission::write));
  return trash(tx, by, asset);
}

Result<void> AssetService::trash(db::Transaction& tx, const Principal& by, Asset& asset) {
  if (asset.type == AssetType::bucket)
    return fail(Code::conflict, "is-a-bucket", "A bucket cannot be put into the bin; empty it instead.");
  if (asset.type == AssetType::file) RV_CHECK(after(Operation::trash, asset.status));
  repository_.trash(tx, asset, by.user_row != 0 ? std::optional(by.user_id) : std::nullopt);
  repository_.add_history(tx, {.asset_row = asset.row,
                               .asset_id = asset.id,
                               .user_id = by.user_row != 0 ? std::optional(by.user_id) : std::nullopt,
                               .username = by.username,
                               .operation = "trash",
                               .from = asset.status,
                               .to = asset.status,
                               .reason = {}});
  changed(tx, asset, "trash");
  return {};
}

void AssetService::index(db::Transaction& tx, const Asset& asset) {
  if (!search_) return;
  search_->again(tx, asset);
}

void AssetService::tell_removed(db::Transaction& tx, const Asset& asset) {
  for (const auto& hear : removed_) hear(tx, asset);
  if (search_) search_->removed(tx, asset);
  json::object payload{{"id", asset.id.text()},
                       {"change", "delete"},
                       {"assetType", static_cast<std::int64_t>(asset.type)},
                       {"displayName", json::string(asset.name)}};
  if (auto parent = tree_.folder(asset.parent_row)) payload["parentId"] = parent->id.text();
  outbox_.append(
      tx,
      {.topic = "asset", .name = "asset", .asset_row = asset.row, .asset_id = asset.id, .payload = std::move(payload)});
  if (asset.folder_like()) tx.after_commit([this, row = asset.row] { tree_.remove(row); });
}

void AssetService::tell_left(db::Transaction& tx, const Asset& asset, const Asset& folder) {
  json::object payload{{"id", asset.id.text()},
                       {"change", "left"},
                       {"assetType", static_cast<std::int64_t>(asset.type)},
                       {"parentId", folder.id.text()}};
  outbox_.append(
      tx,
      {.topic = "asset", .name = "asset", .asset_row = asset.row, .asset_id = asset.id, .payload = std::move(payload)});
}

Result<void> AssetService::can_hold(const Asset& parent) const {
  if (!parent.folder_like())
    return fail(Code::conflict, "not-a-folder", "The parent is a file; it cannot hold anything.");
  if (parent.status == AssetStatus::deleting)
    return fail(Code::conflict, "asset-status", "The folder is being deleted.");
  return {};
}

Result<void> AssetService::check_depth(std::size_t levels) const {
  if (levels > depth_limit)
    return fail(Code::conflict, "too-deep", fmt::format("Folders may be nested {} levels deep.", depth_limit));
  return {};
}

std::span<const dto::Rule> AssetService::BinQuery::rules() {
  static constexpr dto::Rule rules[] = {{.field = "pageSize", .minimum = 1, .maximum = 500}};
  return rules;
}

// Newest first. Somebody who may read a part only is shown what lies there; a page looks at so many rows at most, and
// may come back short with a token.
Result<AssetPage> AssetService::bin(const Principal& by, const BinQuery& query) {
  constexpr int examined_max = 2000;
  struct Place {
    std::int64_t at = INT64_MAX, row = INT64_MAX;
  } after;
  if (query.pageToken) {
    auto text = unsealed(*query.pageToken);
    boost::system::error_code fault;
    json::value token = text ? json::parse(*text, fault) : json::value();
    if (!text || fault || !token.is_array() || token.get_array().size() != 2 || !token.get_array()[0].is_int64() ||
        !token.get_array()[1].is_int64())
      return fail_field("?pageToken", "was not given by this list");
    after = {token.get_array()[0].get_int64(), token.get_array()[1].get_int64()};
  }
  const auto page_size = static_cast<std::size_t>(query.pageSize.value_or(50));
  return database_.read([&](db::Transaction& tx) -> Result<AssetPage> {
    AssetPage page;
    Place last = after;
    const auto rows = repository_.bin(tx, after.at, after.row, examined_max);
    bool more = rows.size() == examined_max;
    for (const Asset& asset : rows) {
      if (page.items.size() == page_size) {
        more = true;
        break;
      }
      last = {unix_ms(*asset.deleted_at), asset.row};
      if (!access_.highest(by, tree_.chain_in_bin(asset))) continue;
      page.items.push_back(json(tx, asset));
      place_in_bin(page.items.back(), asset, tree_);
    }
    if (more) page.nextPageToken = sealed(json::serialize(json::array{last.at, last.row}));
    page.totalItemCount = static_cast<std::int64_t>(page.items.size());
    page.totalIsEstimate = more || query.pageToken.has_value();
    if (access_.sees_everything(by)) {
      page.totalItemCount = repository_.count_bin(tx, 10001);
      page.totalIsEstimate = page.totalItemCount > 10000;
    }
    return page;
  });
}

Result<std::shared_ptr<const AssetService::Written>> AssetService::written(const Uuid& id) {
  const auto epoch = database_.epoch();
  if (epoch)
    if (auto known = written_.find(id, *epoch)) return known;
  RV_TRY(Written fresh, database_.read([&](db::Transaction& tx) -> Result<Written> {
    auto asset = repository_.find(tx, id);
    if (!asset) return fail_not_found();
    std::string text = dto::write(json(tx, *asset));
    std::string etag = etag_of(asset->revision, text);
    return Written{std::make_shared<const std::string>(std::move(text)), std::move(etag)};
  }));
  auto made = std::make_shared<const Written>(std::move(fresh));
  if (epoch) written_.put(id, *epoch, made);
  return made;
}

AssetJson AssetService::json(db::Transaction& tx, const Asset& asset) {
  AssetJson out = json(asset);
  if (asset.folder_like()) out.childCount = repository_.child_counts(tx, {asset.row})[asset.row];
  return out;
}

Result<Asset> AssetService::get(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<Asset> {
    auto asset = repository_.find(tx, id);
    if (!asset) return fail_not_found();
    return std::move(*asset);
  });
}

Result<Asset> AssetService::get_by_key(const Principal& by, const std::string& bucket_name, const std::string& key) {
  return database_.read([&](db::Transaction& tx) -> Result<Asset> {
    auto bucket = repository_.bucket(tx, nfc(bucket_name));
    if (!bucket) return fail_not_found();
    std::optional<Asset> at = bucket;
    for (std::string_view name : split(key, '/')) {
      if (name.empty()) continue;
      at = repository_.child(tx, at->row, nfc(name));
      if (!at) break;
    }
    if (!at) {
      auto place = repository_.bucket_place(tx, bucket->row);
      if (place) at = repository_.registered(tx, place->store, place->key_prefix + key);
    }
    if (!at) return fail_not_found();
    auto chain = tree_.chain_of(*at);
    if (!chain || !access_.highest(by, *chain)) return fail_not_found();
    return std::move(*at);
  });
}

Result<std::vector<AssetJson>> AssetService::parent_folders(const Principal& by, const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<std::vector<AssetJson>> {
    auto asset = repository_.find(tx, id);
    if (!asset) return fail_not_found();
    auto above = tree_.line(asset->parent_row);
    std::vector<std::int64_t> visible;
    for (auto folder = above.rbegin(); folder != above.rend(); ++folder) {
      std::vector<std::int64_t> chain;
      for (auto up = std::prev(folder.base()); up != above.end(); ++up) chain.push_back(up->row);
      if (access_.highest(by, chain)) visible.push_back(folder->row);
    }
    return list_json(tx, visible);
  });
}

Result<std::vector<AssetJson>> AssetService::roots(const Principal& by) {
  if (access_.sees_everything(by)) return buckets(by);
  return database_.read([&](db::Transaction& tx) -> Result<std::vector<AssetJson>> {
    auto granted = access_.granted(by);
    std::set<std::int64_t> set(granted.begin(), granted.end());
    std::vector<AssetJson> out;
    for (const Asset& asset : repository_.rows(tx, {set.begin(), set.end()})) {
      auto chain = tree_.chain_of(asset);
      if (!chain || !access_.highest(by, *chain)) continue;
      // Topmost only: what stands below another granted folder is reached through it.
      if (std::any_of(chain->begin() + 1, chain->end(), [&](std::int64_t row) { return set.contains(row); })) continue;
      out.push_back(json(tx, asset));
    }
    std::ranges::sort(out, {}, [](const AssetJson& asset) { return name_sort_key(asset.displayName); });
    return out;
  });
}

}  // namespace reelvault::catalog
