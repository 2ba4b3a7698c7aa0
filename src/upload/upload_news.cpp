#include "upload/upload_news.hpp"

namespace reelvault::upload {

namespace json = boost::json;

namespace {
constexpr std::chrono::seconds kBetween{1};
constexpr std::size_t kRemembered = 4096;  // uploads; more than that are told a little more often
}  // namespace

bool UploadNews::progress_due(std::int64_t upload_row) {
  const auto at = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  if (told_.size() >= kRemembered)
    std::erase_if(told_, [&](const auto& entry) { return entry.second + kBetween <= at; });
  if (told_.size() >= kRemembered) told_.clear();
  auto [entry, first] = told_.try_emplace(upload_row, at);
  if (first) return true;
  if (at < entry->second + kBetween) return false;
  entry->second = at;
  return true;
}

void UploadNews::progress(db::Transaction& tx, const Upload& upload, std::int64_t confirmed_parts,
                          std::int64_t confirmed_bytes) {
  append(tx, upload,
         {{"change", "progress"}, {"confirmedParts", confirmed_parts}, {"confirmedBytes", confirmed_bytes}});
}

void UploadNews::tell(db::Transaction& tx, const Upload& upload, std::string_view change) {
  append(tx, upload, {{"change", json::string(change)}});
}

void UploadNews::append(db::Transaction& tx, const Upload& upload, json::object payload) {
  payload["id"] = upload.id.text();
  payload["assetId"] = upload.asset_id.text();
  if (!upload.user_id.nil()) payload["userId"] = upload.user_id.text();
  if (upload.parent_id) payload["parentId"] = upload.parent_id->text();
  payload["fileName"] = upload.file_name;
  payload["fileSize"] = upload.size;
  payload["partCount"] = upload.part_count;
  outbox_.append(tx, {.topic = "upload",
                      .name = "upload",
                      .asset_row = upload.asset_row,
                      .asset_id = upload.asset_id,
                      .payload = std::move(payload)});
}

}  // namespace reelvault::upload
