#include "ingest/register_service.hpp"

#include "base/faults.hpp"
#include "base/text.hpp"
#include "catalog/field.hpp"

#include <thread>

namespace reelvault::ingest {

using catalog::Asset;
using catalog::AssetStatus;
using catalog::AssetType;
using storage::ObjectInfo;

namespace {

constexpr std::size_t kTogether = 50;  // objects a transaction: a dozen statements each
constexpr int kLookers = 8;            // requests to a remote store at one time
constexpr int kAttempts = 5;           // where somebody else was quicker

std::optional<Uuid> user_of(const Principal& principal) {
  return principal.user_row != 0 ? std::optional(principal.user_id) : std::nullopt;
}

std::unexpected<Error> in_bin() {
  return fail(Code::conflict, "in-bin",
              "The object was registered before, and its asset is in the bin: bring it back from there.");
}

// Somebody else was quicker: the same again finds what they made.
bool worth_repeating(const Error& error) {
  return error.type == "constraint" || error.type == "registered-meanwhile" || error.type == "folder-unheard";
}

}  // namespace

// As the rows of new assets keep them.
struct RegisterService::Labels {
  std::string tags_json, fields_json;
};

struct RegisterService::Object {
  const Wanted* wanted;
  std::string full;                  // the key in the store
  std::vector<std::string> folders;  // names in the tree
  std::string name;
  std::optional<Registration> known;
  std::optional<Asset> above;  // what is there of the folders: the last
  std::size_t depth = 0;       // how many of the folders that are
  ObjectInfo info;
  std::optional<Result<Registered>> result;

  bool open() const { return !result; }
  bool fresh() const { return !known || !known->asset_row; }
  void end(Error error) { result.emplace(std::unexpected(std::move(error))); }
};

// Folders of one transaction by their paths, so that a thousand objects of one folder look it up once.
struct RegisterService::Walk {
  db::Transaction& tx;
  catalog::AssetRepository& repository;
  const Asset& bucket;
  const catalog::FolderTree* tree = nullptr;  // a folder that it does not know yet, being committed, is an error
  std::map<std::string, std::optional<Asset>> seen = {};
  std::set<std::int64_t> locked = {};
  std::optional<Asset> stopped = {};  // the folder with a file where one of its folders was looked for

  std::optional<Asset> child(const Asset& parent, const std::string& path, const std::string& name) {
    auto found = seen.find(path);
    if (found == seen.end()) found = seen.emplace(path, repository.child(tx, parent.row, name)).first;
    return found->second;
  }

  // The last folder that is there, and how many of the names lead to it.
  Result<std::pair<Asset, std::size_t>> descend(const std::vector<std::string>& names) {
    Asset at = bucket;
    std::string path;
    for (std::size_t depth = 0; depth < names.size(); ++depth) {
      path += "/" + names[depth];
      auto next = child(at, path, names[depth]);
      if (!next) return std::pair(std::move(at), depth);
      if (!next->folder_like()) {
        stopped = std::move(at);
        return fail(Code::conflict, "not-a-folder",
                    fmt::format("\"{}\" in the tree is a file; it cannot hold anything.", names[depth]));
      }
      at = std::move(*next);
      if (tree && !tree->folder(at.row))
        return fail(Code::conflict, "folder-unheard", "A folder of the key has just been made; try again.");
    }
    return std::pair(std::move(at), names.size());
  }
};

Result<RegisterService::Place> RegisterService::place(const Uuid& bucket) {
  RV_TRY(Place place, assets_.database().read([&](db::Transaction& tx) -> Result<Place> {
    auto found = assets_.repository().find(tx, bucket);
    auto settings = found && found->type == AssetType::bucket && !found->deleted_at
                        ? assets_.repository().bucket_place(tx, found->row)
                        : std::nullopt;
    if (!settings) return fail_not_found("bucket");
    return Place{std::move(*found), std::move(*settings), nullptr};
  }));
  place.store = stores_.find(place.settings.store);
  if (!place.store) return fail(Code::unavailable, "no-store", "The bucket's store is not configured on this server.");
  return place;
}

// Whoever sees nothing in a bucket does not know of it.
bool RegisterService::knows(const Principal& by, const Asset& bucket) const {
  const std::int64_t chain[] = {bucket.row};
  return assets_.access().highest(by, chain) ||
         std::ranges::any_of(assets_.access().granted(by),
                             [&](std::int64_t row) { return assets_.tree().bucket_of(row) == bucket.row; });
}

Result<void> RegisterService::may_write(const Principal& by, const Asset& asset) {
  auto chain = assets_.tree().chain_of(asset);
  auto highest = chain ? assets_.access().highest(by, *chain) : std::nullopt;
  // The same words whatever is there, or keys could be tried until one is.
  if (!highest) return fail_not_found("folder");
  if (*highest < Permission::write) return fail(Code::forbidden, "forbidden", "You have no write permission here.");
  return {};
}

Result<void> RegisterService::may_take(const Principal& by, const Asset& bucket, const Asset& folder) {
  RV_CHECK(may_write(by, folder));
  const std::int64_t chain[] = {bucket.row};
  const auto highest = assets_.access().highest(by, chain);
  if (!highest || *highest < Permission::write)
    return fail(Code::forbidden, "forbidden",
                "What lies in a bucket's store is registered by who may write to the bucket.");
  return {};
}

Result<void> RegisterService::check(const Place& place, Object& object) {
  const std::string& key = object.wanted->key;
  object.full = place.settings.key_prefix + key;
  Faults faults;
  if (key.starts_with('/')) {
    faults.add("/objectKey", "must be relative to the bucket");
  } else if (auto valid = storage::check_key(object.full); !valid) {
    std::string why = valid.error().message;  // "The object key … ."
    if (why.starts_with("The object key ")) why = why.substr(15);
    if (why.ends_with('.')) why.pop_back();
    faults.add("/objectKey", why);
  } else if (own_object(object.full)) {
    faults.add("/objectKey", "names a file of the library itself");
  }
  for (std::string_view part : split(key, '/')) object.folders.push_back(safe_key_name(part));
  object.name = object.folders.back();
  object.folders.pop_back();
  if (const std::string& given = object.wanted->display_name; !given.empty()) {
    // What a person typed is refused or taken, never bent.
    const std::string name = nfc(std::string(trim(given)));
    if (name != safe_key_name(given))
      faults.add("/displayName", "cannot be a name: no slash, control characters or more than 255 bytes");
    object.name = name;
  }
  return faults.check();
}

void RegisterService::look(const Place& place, std::vector<Object>& objects) {
  auto look_at = [&](Object& object) {
    auto info = place.store->store->stat(object.full);
    if (!info) {
      Error& error = info.error();
      if (error.code == Code::not_found)
        object.end(fail(Code::not_found, "no-object", "There is no such object in the bucket's store.").error());
      else if (error.code == Code::invalid)
        object.end(fail_field("/objectKey", "leads outside the bucket's store").error());
      else
        object.end(std::move(error));
      return;
    }
    object.info = std::move(*info);
    const auto& seen = object.wanted->seen;
    if (seen && (!unchanged(*seen, object.info) || seen->ctime_ns != object.info.ctime_ns))
      object.end(fail(Code::conflict, "object-changing", "The object is still changing.").error());
  };
  std::atomic<std::size_t> next = 0;
  auto look_at_some = [&] {
    for (std::size_t index = next++; index < objects.size(); index = next++)
      if (objects[index].open()) look_at(objects[index]);
  };
  // A remote store takes its time to answer; a directory does not.
  std::vector<std::jthread> others;
  if (!place.store->parts)
    for (std::size_t i = 1; i < std::min<std::size_t>(kLookers, objects.size()); ++i) others.emplace_back(look_at_some);
  look_at_some();
}

Result<void> RegisterService::make_folders(const Principal& by, const Place& place, std::vector<Object>& objects) {
  auto path_of = [](const Object& object, std::size_t depth) {
    std::string path;
    for (std::size_t i = 0; i < depth; ++i) path += "/" + object.folders[i];
    return path;
  };
  // Level by level, each committed before the next: who may do what below a folder is known once it is there.
  for (std::size_t depth = 1; depth <= 100; ++depth) {
    std::map<std::string, std::vector<Object*>> wanted;
    for (Object& object : objects)
      if (object.open() && object.fresh() && object.depth < depth && object.folders.size() >= depth)
        wanted[path_of(object, depth)].push_back(&object);
    if (wanted.empty()) {
      if (std::ranges::none_of(objects, [&](const Object& o) { return o.open() && o.folders.size() > depth; })) break;
      continue;
    }
    auto make = [&](db::Transaction& tx, Walk& walk, const Object& object) -> Result<Asset> {
      std::vector<std::string> names(object.folders.begin(),
                                     object.folders.begin() + static_cast<std::ptrdiff_t>(depth));
      RV_TRY(auto found, walk.descend(names));
      if (found.second == depth) return found.first;
      if (found.second + 1 != depth)
        return fail(Code::conflict, "folder-gone", "A folder of the key was moved away meanwhile; try again.");
      return assets_.create_folder(tx, by, found.first.id,
                                   {.displayName = names.back(), .onConflict = {}, .tags = {}, .customFields = {}},
                                   AssetType::folder, AssetStatus::available);
    };
    for (auto& [path, needing] : wanted) {
      for (int attempt = 1;; ++attempt) {
        auto made = assets_.database().write([&](db::Transaction& tx) -> Result<Asset> {
          Walk walk{tx, assets_.repository(), place.bucket, &assets_.tree()};
          return make(tx, walk, *needing.front());
        });
        // Taken since we looked: by a folder, which the next look finds, or by a file, which it then names.
        if (!made && (worth_repeating(made.error()) || made.error().type == "name-taken") && attempt < kAttempts)
          continue;
        for (Object* object : needing) {
          if (!made) {
            object->end(made.error());
            continue;
          }
          object->above = *made;
          object->depth = depth;
        }
        break;
      }
    }
  }
  return {};
}

Result<Registered> RegisterService::register_in(db::Transaction& tx, const Principal& by, const Terms& terms,
                                                const Place& place, const Labels& labels, Object& object, Walk& walk,
                                                bool& touched) {
  catalog::AssetRepository& repository = assets_.repository();
  const storage::Location location{place.settings.store, object.full};
  auto known = registrations_.find(tx, location);
  auto new_blob = [&] {
    storage::Blob blob{.location = location, .size = object.info.size};
    blob.owned = false;
    blob.mtime_ns = object.info.mtime_ns;
    if (!object.info.etag.empty()) blob.etag = object.info.etag;
    return blobs_.insert(tx, blob);
  };
  catalog::ContentService::NewContent content{.blob_row = 0,
                                              .file_name = safe_key_name(object.wanted->key),
                                              .content_type = {},
                                              .size = static_cast<std::int64_t>(object.info.size),
                                              .expected_checksum = {},
                                              .reason = "registered",
                                              .process = terms.process};

  if (known && known->asset_row) {
    auto asset = repository.lock_row(tx, *known->asset_row);
    known = registrations_.find(tx, location);  // as whoever held it before us left it
    if (!asset || !known || known->asset_row != asset->row)
      return fail(Code::conflict, "registered-meanwhile", "The asset was changed meanwhile; try again.");
    if (asset->deleted_at || !assets_.tree().chain_of(*asset)) return in_bin();
    RV_CHECK(may_write(by, *asset));
    if (unchanged(known->found, object.info)) return Registered{Registered::Outcome::unchanged, std::move(*asset)};
    RV_CHECK(catalog::after(catalog::Operation::replace, asset->status));
    touched = true;
    content.blob_row = new_blob();
    blobs_.overwrite(tx, location, content.blob_row);
    content.reason = "the registered object changed";
    known->found = object.info;
    registrations_.update(tx, *known);
    RV_TRY(Asset changed, content_.attach(tx, by, std::move(*asset), content));
    return Registered{Registered::Outcome::refreshed, std::move(changed)};
  }

  RV_TRY(auto place_in_tree, walk.descend(object.folders));
  auto& [parent, depth] = place_in_tree;
  if (depth != object.folders.size())
    return fail(Code::conflict, "folder-gone", "A folder of the key was moved away meanwhile; try again.");
  if (walk.locked.insert(parent.row).second) {
    auto held = repository.lock_row(tx, parent.row);
    if (!held || held->deleted_at)
      return fail(Code::conflict, "folder-gone", "A folder of the key was deleted meanwhile; try again.");
    // Whoever registered the same before us held the folder too, and has left it by now.
    known = registrations_.find(tx, location);
    if (known && known->asset_row)
      return fail(Code::conflict, "registered-meanwhile", "The object was registered meanwhile; try again.");
  }
  RV_CHECK(may_take(by, place.bucket, parent));
  RV_TRY(const std::string name,
         assets_.claim_name(tx, by, parent.row, object.name, terms.rename_on_conflict ? "rename" : ""));
  touched = true;
  Asset asset;
  asset.id = Uuid::v7();
  asset.parent_row = parent.row;
  asset.type = AssetType::file;
  asset.status = AssetStatus::registering;
  asset.name = name;
  asset.file_name = content.file_name;
  asset.source_key = object.wanted->key;
  asset.content_type = catalog::guess_content_type(content.file_name);
  asset.media_type = catalog::guess_media_type(*asset.content_type, content.file_name);
  asset.size = content.size;
  asset.tags_json = labels.tags_json;
  asset.custom_fields_json = labels.fields_json;
  asset.created_at = asset.modified_at = now();
  asset.created_by = asset.modified_by = user_of(by);
  asset.row = repository.insert(tx, asset);
  Registration registration{
      .row = known ? known->row : 0, .asset_row = asset.row, .location = location, .found = object.info};
  if (known)
    registrations_.update(tx, registration);
  else if (!registrations_.insert(tx, registration))
    return fail(Code::conflict, "registered-meanwhile", "The object was registered meanwhile; try again.");
  repository.add_history(
      tx, catalog::first_history(asset, by.username, catalog::operation_name(catalog::Operation::register_object),
                                 object.full));
  content.blob_row = new_blob();
  if (collections_ && !terms.collections.empty()) RV_CHECK(collections_(tx, by, asset, terms.collections));
  RV_TRY(Asset made, content_.attach(tx, by, std::move(asset), content));
  return Registered{Registered::Outcome::registered, std::move(made)};
}

void RegisterService::commit(const Principal& by, const Terms& terms, const Place& place, const Labels& labels,
                             std::span<Object> objects) {
  std::vector<std::optional<Result<Registered>>> results;
  auto together = assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    results.assign(objects.size(), std::nullopt);
    Walk walk{tx, assets_.repository(), place.bucket, &assets_.tree()};
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (!objects[i].open()) continue;
      bool touched = false;
      auto result = register_in(tx, by, terms, place, labels, objects[i], walk, touched);
      // What failed after it had written something must not be committed with the others.
      if (!result && touched) return std::unexpected(std::move(result).error());
      results[i] = std::move(result);
    }
    return {};
  });
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!objects[i].open()) continue;
    if (together && (*results[i] || !worth_repeating(results[i]->error()))) {
      objects[i].result = std::move(results[i]);
      continue;
    }
    for (int attempt = 1; objects[i].open(); ++attempt) {
      auto alone = assets_.database().write([&](db::Transaction& tx) -> Result<Registered> {
        Walk walk{tx, assets_.repository(), place.bucket, &assets_.tree()};
        bool touched = false;
        return register_in(tx, by, terms, place, labels, objects[i], walk, touched);
      });
      if (alone || !worth_repeating(alone.error()) || attempt == kAttempts) objects[i].result = std::move(alone);
    }
  }
}

Result<RegisterService::Labels> RegisterService::checked_labels(db::Transaction& tx, const Terms& terms) {
  Faults faults;
  Labels labels;
  labels.tags_json = catalog::tags_json(faults.take(catalog::normal_tags(terms.tags)));
  const auto fields =
      faults.take(catalog::validated_fields(tx, terms.custom_fields, "/customFields", catalog::FieldUse::taken));
  labels.fields_json = faults.take(catalog::fields_text(fields, "/customFields"));
  for (std::size_t i = 0; i < terms.collections.size(); ++i)
    (void)faults.take(catalog::valid_collection_name(terms.collections[i], fmt::format("/collections/{}", i)));
  RV_CHECK(faults.check());
  return labels;
}

Result<void> RegisterService::check(const Terms& terms, const Wanted* wanted) {
  Faults faults;
  (void)faults.take(assets_.database().read([&](db::Transaction& tx) { return checked_labels(tx, terms); }));
  if (wanted) {
    Object object{.wanted = wanted};
    faults.take(check(Place{}, object));
  }
  return faults.check();
}

Result<std::vector<Result<Registered>>> RegisterService::take(const Principal& by, const Terms& terms,
                                                              const std::vector<Wanted>& wanted) {
  Labels labels;
  RV_TRY(const Uuid bucket, assets_.database().read([&](db::Transaction& tx) -> Result<Uuid> {
    RV_TRY(labels, checked_labels(tx, terms));
    auto found = assets_.repository().bucket(tx, nfc(terms.bucket));
    if (!found || !knows(by, *found)) return fail_not_found("bucket");
    return found->id;
  }));
  RV_TRY(const Place place, this->place(bucket));

  std::vector<Object> objects;
  objects.reserve(wanted.size());
  for (const Wanted& each : wanted) {
    objects.push_back({.wanted = &each});
    if (auto checked = check(place, objects.back()); !checked) objects.back().end(std::move(checked).error());
  }
  // What is there of each: its asset, or the folders that it goes into.
  std::map<std::size_t, Asset> assets;
  RV_CHECK(assets_.database().read([&](db::Transaction& tx) -> Result<void> {
    assets.clear();
    Walk walk{tx, assets_.repository(), place.bucket};
    std::vector<std::string> keys;
    for (const Object& object : objects)
      if (object.open()) keys.push_back(object.full);
    auto known = registrations_.find(tx, place.settings.store, keys);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      Object& object = objects[i];
      if (!object.open()) continue;
      if (auto found = known.find(object.full); found != known.end()) object.known = found->second;
      if (!object.fresh()) {
        if (auto asset = assets_.repository().find_row(tx, *object.known->asset_row))
          assets.emplace(i, std::move(*asset));
        continue;
      }
      auto found = walk.descend(object.folders);
      if (!found) {
        auto seen = may_write(by, *walk.stopped);
        object.end(seen ? std::move(found).error() : std::move(seen).error());
        continue;
      }
      object.above = std::move(found->first);
      object.depth = found->second;
    }
    return {};
  }));
  for (std::size_t i = 0; i < objects.size(); ++i) {
    Object& object = objects[i];
    if (!object.open()) continue;
    Result<void> permitted;
    if (auto asset = assets.find(i); asset != assets.end()) {
      if (asset->second.deleted_at || !assets_.tree().chain_of(asset->second)) {
        // Whether they know of it there is judged by where it was.
        permitted = assets_.access().highest(by, assets_.tree().chain_in_bin(asset->second)) ? Result<void>(in_bin())
                                                                                             : fail_not_found("folder");
      } else {
        permitted = may_write(by, asset->second);
      }
    } else if (object.above) {
      permitted = may_take(by, place.bucket, *object.above);
    }
    if (!permitted) object.end(std::move(permitted).error());
  }
  look(place, objects);
  RV_CHECK(make_folders(by, place, objects));
  for (std::size_t first = 0; first < objects.size(); first += kTogether)
    commit(by, terms, place, labels, std::span(objects).subspan(first, std::min(kTogether, objects.size() - first)));

  std::vector<Result<Registered>> out;
  out.reserve(objects.size());
  for (Object& object : objects) out.push_back(std::move(*object.result));
  return out;
}

Result<Registered> RegisterService::take_one(const Principal& by, const Terms& terms, const Wanted& wanted) {
  auto results = take(by, terms, {wanted});
  if (!results && !results.error().faults.empty()) RV_CHECK(check(terms, &wanted));
  if (!results) return std::unexpected(std::move(results).error());
  return std::move(results->front());
}

Result<std::string> RegisterService::prefix_of(const Place& place, const std::string& below) {
  std::string_view given = below;
  while (given.starts_with("./")) given.remove_prefix(2);
  while (given.size() > 1 && given.ends_with('/')) given.remove_suffix(1);
  if (given.empty() || given == ".") return std::string();
  std::string key(given);
  if (given.starts_with('/')) {
    if (!place.store->parts)
      return fail_field("?below", "must be a key: the bucket's store is not a folder of this machine");
    std::error_code fault;
    const auto root = std::filesystem::weakly_canonical(
        place.store->parts->path(place.settings.key_prefix + "x").parent_path(), fault);
    const auto path = std::filesystem::weakly_canonical(std::filesystem::path(given), fault);
    key = path.lexically_relative(root).string();
    if (fault || key.empty() || key == ".." || key.starts_with("../"))
      return fail_field("?below", "is not in the bucket's folder");
    if (key == ".") return std::string();
  }
  if (!storage::check_key(place.settings.key_prefix + key))
    return fail_field("?below", "must be a relative path without . and ..");
  return key;
}

Result<Listing> RegisterService::list(const Uuid& bucket, const std::string& below, const std::string& after, int limit,
                                      bool pending) {
  RV_TRY(const Place place, this->place(bucket));
  RV_TRY(const std::string key, prefix_of(place, below));
  const std::string& prefix = place.settings.key_prefix;
  Listing out;
  std::vector<storage::ListedObject> page;
  std::string range = prefix;
  if (!key.empty()) {
    range = prefix + key + "/";
    auto info = place.store->store->stat(prefix + key);
    if (info) {
      page.push_back({prefix + key, std::move(*info)});
    } else if (info.error().type == "no-permission") {
      out.failed = 1;
      out.failures.push_back({key, info.error().message});
      return out;
    }
  }
  if (page.empty()) {
    RV_TRY(auto found,
           storage::list_with_left_out(*place.store->store, range, after.empty() ? "" : prefix + after, limit));
    page = std::move(found.objects);
    out.failed = found.left_out_count;
    for (storage::LeftOut& each : found.left_out) {
      each.key.erase(0, prefix.size());
      if (own_object(each.key) || ignored_name(each.key)) {
        ++out.ignored;
        --out.failed;
      } else {
        out.failures.push_back(std::move(each));
      }
    }
    if (std::cmp_greater_equal(page.size(), limit)) out.next = page.back().key.substr(prefix.size());
  }
  if (page.empty()) return out;
  std::map<std::string, Registration> known;
  RV_CHECK(assets_.database().read([&](db::Transaction& tx) -> Result<void> {
    known.clear();
    // From just before the first: everything up to the last is what this page is about.
    if (page.size() == 1)
      known = registrations_.find(tx, place.settings.store, {page.front().key});
    else
      for (Registration& each : registrations_.range(tx, place.settings.store, range,
                                                     after.empty() ? "" : prefix + after, page.back().key, INT32_MAX))
        known.emplace(each.location.key, each);
    return {};
  }));
  for (storage::ListedObject& object : page) {
    const std::string below_bucket = object.key.substr(prefix.size());
    if (own_object(object.key) || ignored_name(below_bucket)) {
      ++out.ignored;
      continue;
    }
    ++out.listed;
    Listing::Object item{.key = below_bucket, .info = std::move(object.info)};
    if (auto found = known.find(object.key); found != known.end() && found->second.asset_row) {
      item.asset = found->second.asset_id;
      item.state = found->second.in_bin || unchanged(found->second.found, item.info)
                       ? Listing::Object::State::registered
                       : Listing::Object::State::changed;
    }
    if (item.state == Listing::Object::State::registered) {
      ++out.unchanged;
      if (pending) continue;
    }
    out.objects.push_back(std::move(item));
  }
  return out;
}

Result<Missing> RegisterService::missing(const Uuid& bucket, const std::string& below, const std::string& after,
                                         int limit) {
  RV_TRY(const Place place, this->place(bucket));
  RV_TRY(const std::string key, prefix_of(place, below));
  const std::string& prefix = place.settings.key_prefix;
  storage::Store& store = *place.store->store;
  if (after.empty()) {
    RV_TRY(const auto anything, store.list(prefix, "", 1));
    if (anything.empty())
      return fail(Code::conflict, "store-empty",
                  "The bucket's store shows nothing at all; is its disk mounted? Nothing is taken for removed.");
  }
  const std::string range = key.empty() ? prefix : prefix + key + "/";
  RV_TRY(const auto page, assets_.database().read([&](db::Transaction& tx) -> Result<std::vector<Registration>> {
    if (!key.empty() && after.empty())
      if (auto exact = registrations_.find(tx, {place.settings.store, prefix + key})) return std::vector{*exact};
    return registrations_.range(tx, place.settings.store, range, after.empty() ? "" : prefix + after, "", limit);
  }));
  Missing out;
  if (std::cmp_greater_equal(page.size(), limit)) out.next = page.back().location.key.substr(prefix.size());
  // Of a remote store one list tells of a thousand objects; a directory is asked for each.
  std::set<std::string> there;
  if (!place.store->parts && !page.empty()) {
    std::string from = after.empty() ? "" : prefix + after;
    for (bool more = true; more;) {
      RV_TRY(const auto listed, store.list(range, from, limit));
      for (const auto& object : listed) there.insert(object.key);
      more = std::cmp_greater_equal(listed.size(), limit) && listed.back().key < page.back().location.key;
      if (more) from = listed.back().key;
    }
  }
  for (const Registration& each : page) {
    if (!each.asset_id || each.in_bin) continue;
    ++out.registered;
    if (there.contains(each.location.key)) continue;
    auto info = store.stat(each.location.key);
    if (info || info.error().type == "no-permission") continue;  // which is there
    if (info.error().code != Code::not_found) return std::unexpected(std::move(info).error());
    out.objects.push_back({each.location.key.substr(prefix.size()), *each.asset_id});
  }
  return out;
}

}  // namespace reelvault::ingest
