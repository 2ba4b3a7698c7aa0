#include "media/published.hpp"

#include "base/file.hpp"

namespace reelvault::media {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Result<json::object> publish_files(catalog::AssetService& assets, storage::Stores& stores, const jobs::Job& job,
                                   const std::filesystem::path& scratch, json::object result) {
  auto* files = result.if_contains("files");
  if (!files || !files->is_array()) return result;
  RV_TRY(auto store, assets.database().read([&](db::Transaction& tx) -> Result<std::string> {
    auto asset = assets.repository().find_row(tx, job.asset_row);
    if (!asset) return fail(Code::not_found, "asset-gone", "The asset was deleted meanwhile.");
    auto place = assets.place_of(tx, *asset);
    return place ? place->store : "local";
  }));
  const auto* entry = stores.find(store);
  if (!entry) return fail(Code::unavailable, "no-store", "The bucket's store is not configured on this server.");
  for (json::value& each : files->get_array()) {
    json::object& file = each.as_object();
    std::filesystem::path relative(text_of(file, "path"));
    // The worker runs what strangers sent; its word for a path is not taken further than its own folder.
    if (relative.empty() || relative.is_absolute() || std::ranges::find(relative, "..") != relative.end() ||
        !std::filesystem::is_regular_file(std::filesystem::symlink_status(scratch / relative)))
      return fail(Code::internal, "bad-output", "A processing step named a file that it did not make.",
                  relative.string());
    RV_TRY(std::uint64_t size, reelvault::file_size(scratch / relative));
    std::string key = storage::random_key();
    RV_CHECK(entry->store->adopt(scratch / relative, key));
    file["store"] = store;
    file["key"] = key;
    file["size"] = size;
  }
  return result;
}

storage::Blob published_blob(const json::object& file) {
  storage::Blob blob{.location = {text_of(file, "store"), text_of(file, "key")},
                     .size = file.at("size").to_number<std::uint64_t>()};
  blob.id = Uuid::v7();
  return blob;
}

Result<void> add_place(const storage::Stores& stores, const storage::Blob& blob, json::object& input) {
  const auto* entry = stores.find(blob.location.store);
  if (!entry)
    return fail(Code::unavailable, "no-store", "The store that holds this file is not configured on this server.");
  if (entry->parts) {
    input["path"] = entry->parts->path(blob.location.key).string();
  } else if (entry->direct) {
    RV_TRY(auto url, entry->direct->read_url(blob.location.key, std::chrono::hours(12)));
    input["url"] = url;
  }
  return {};
}

}  // namespace reelvault::media
