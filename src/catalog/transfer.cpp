#include "catalog/transfer.hpp"

#include "catalog/batch_repository.hpp"
#include "storage/copy.hpp"
#include "storage/sweep.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

constexpr std::string_view file_job = "transfer";
constexpr std::string_view folder_job = "transfer-folder";
constexpr int page = 100;

jobs::Failure failure_of(const Error& error) {
  return {.code = error.type.empty() ? "transfer-failed" : error.type,
          .message = error.message,
          .detail = error.detail,
          .permanent = error.type == "source-damaged"};
}

}  // namespace

void TransferService::register_type() {
  for (std::string_view name : {file_job, folder_job}) {
    jobs::Type type;
    type.name = name;
    type.in_server = true;
    type.run = [this, name](const jobs::Job& job, const std::function<void(double)>& progress,
                            const std::atomic<bool>& stop) -> std::expected<json::object, jobs::Failure> {
      if (auto done = name == file_job ? bring(job, progress, stop) : spread(job, stop); !done)
        return std::unexpected(done.error());
      return json::object{};
    };
    type.succeeded = [this, name](db::Transaction& tx, const jobs::Job& job, const json::object&) -> Result<void> {
      return name == file_job ? ended(tx, job, "its content is in the bucket's store") : Result<void>{};
    };
    // Nothing is lost: the bytes are where they were.
    type.failed = [this, name](db::Transaction& tx, const jobs::Job& job,
                               const jobs::Failure& failure) -> Result<void> {
      return name == file_job ? ended(tx, job, "its content stays in the store where it was: " + failure.message)
                              : Result<void>{};
    };
    jobs_.add(std::move(type));
  }
}

Result<std::optional<std::int64_t>> TransferService::placed(db::Transaction& tx, Asset& asset, const Principal& by,
                                                            bool moved) {
  if (asset.folder_like())
    return jobs_.enqueue(tx, {.type = std::string(folder_job),
                              .asset_row = asset.row,
                              .asset_id = asset.id,
                              .key = {},
                              .payload = {},
                              .priority = 15,
                              .needs = {}});
  for (const jobs::Job& job : jobs_.history(tx, asset.row))
    if (job.type == file_job && !jobs::ended(job.status)) return job.row;
  // What is in Error stays so, and its bytes go along.
  const bool failed = asset.status == AssetStatus::error;
  if (!(failed || allowed(Operation::transfer_move, asset.status)) || !next_piece(tx, asset)) return std::nullopt;
  if (!failed)
    RV_CHECK(assets_.transit(tx, asset, moved ? Operation::transfer_move : Operation::transfer_copy, by,
                             "its content goes to another store"));
  return jobs_.enqueue(tx, {.type = std::string(file_job),
                            .asset_row = asset.row,
                            .asset_id = asset.id,
                            .version = asset.version,
                            .key = {},
                            .payload = {},
                            .priority = 15,
                            .flow = jobs::flow_of(file_job, by.user_id),
                            .needs = {}});
}

// It was moved or copied here, or its upload began elsewhere, while something was at work in it.
Result<void> TransferService::settled(db::Transaction& tx, Asset& asset) {
  RV_CHECK(placed(tx, asset, Principal::system(), true));
  return {};
}

// Content versions first, then what was made of them. Registered objects stay where they were registered, and what is
// in an archive tier stays there.
std::optional<TransferService::Piece> TransferService::next_piece(db::Transaction& tx, const Asset& asset) {
  auto place = assets_.place_of(tx, asset);
  if (!place) return std::nullopt;
  auto row = tx.value<std::int64_t>(
      "select b.id from asset_version v join blob b on b.id = v.blob_id where v.asset_id = :asset and b.owned and "
      "b.store <> :store and b.store <> :tier "
      "union all select b.id from related_asset r join related_file f on f.related_id = r.id join blob b on b.id = "
      "f.blob_id "
      "where r.asset_id = :asset and b.owned and b.store <> :store and b.store <> :tier limit 1",
      {{"asset", asset.row}, {"store", place->store}, {"tier", place->archive_store.value_or("")}});
  auto blob = row ? blobs_.find(tx, *row) : std::nullopt;
  if (!blob) return std::nullopt;
  return Piece{std::move(*blob), place->store};
}

std::expected<void, jobs::Failure> TransferService::bring(const jobs::Job& job,
                                                          const std::function<void(double)>& progress,
                                                          const std::atomic<bool>& stop) {
  db::Database& database = assets_.database();
  const auto stopped = [] {
    return std::unexpected(
        Failure{.code = std::string(jobs::kWorkerStopped), .message = "The server stopped, or the job was cancelled."});
  };
  while (true) {
    if (stop) return stopped();
    auto piece = database.read([&](db::Transaction& tx) -> Result<std::optional<Piece>> {
      auto asset = assets_.repository().find_row(tx, job.asset_row);
      return asset ? next_piece(tx, *asset) : std::nullopt;
    });
    if (!piece) return std::unexpected(failure_of(piece.error()));
    if (!*piece) return {};
    const storage::Blob& from = (*piece)->blob;
    const storage::Location to{(*piece)->store, storage::random_key()};
    const auto lease = storage::Sweep::lease(from.row);
    const std::filesystem::path scratch = scratch_ / ("transfer-" + job.id.text());
    std::error_code ignored;
    std::filesystem::create_directories(scratch, ignored);
    auto copied = storage::copy_object(
        assets_.stores(),
        {.from = from.location, .size = from.size, .sha256 = from.sha256, .to = to, .scratch = scratch},
        [&](std::uint64_t done, std::uint64_t total) {
          if (total > 0) progress(100.0 * static_cast<double>(done) / static_cast<double>(total));
          return !stop;
        });
    std::filesystem::remove_all(scratch, ignored);
    if (stop) return stopped();
    if (!copied) return std::unexpected(failure_of(copied.error()));
    auto swapped = database.write([&](db::Transaction& tx) -> Result<void> {
      auto asset = assets_.repository().lock_row(tx, job.asset_row);
      if (!asset) return fail(Code::not_found, "asset-gone", "The asset was deleted meanwhile.");
      storage::Blob blob{.location = to, .size = copied->size, .sha256 = copied->sha256, .crc32 = copied->crc32};
      blob.state = storage::BlobState::live;
      const std::int64_t row = blobs_.insert(tx, blob);
      const std::int64_t uses =
          tx.execute("update asset_version set blob_id = :to where asset_id = :asset and blob_id = :from",
                     {{"to", row}, {"asset", asset->row}, {"from", from.row}}) +
          tx.execute(
              "update related_file set blob_id = :to where blob_id = :from and related_id in (select id from "
              "related_asset where asset_id = :asset)",
              {{"to", row}, {"asset", asset->row}, {"from", from.row}});
      if (uses == 0) return fail(Code::not_found, "content-gone", "The content was replaced meanwhile.");
      blobs_.refer(tx, row, static_cast<int>(uses));
      blobs_.release(tx, from.row, static_cast<int>(uses));
      return {};
    });
    if (swapped) continue;
    // Nothing refers to what was brought; where this fails, the sweep finds it.
    if (auto* entry = assets_.stores().find(to.store)) {
      [[maybe_unused]] const auto removed = entry->store->remove(to.key);
    }
    if (swapped.error().type != "content-gone") return std::unexpected(failure_of(swapped.error()));
  }
}

// Of a folder that was moved: each file below it, as if it had been moved alone.
std::expected<void, jobs::Failure> TransferService::spread(const jobs::Job& job, const std::atomic<bool>& stop) {
  db::Database& database = assets_.database();
  std::deque<std::int64_t> folders{job.asset_row};
  while (!folders.empty()) {
    const std::int64_t folder = folders.front();
    folders.pop_front();
    std::int64_t after = 0;
    while (true) {
      if (stop)
        return std::unexpected(Failure{.code = std::string(jobs::kWorkerStopped),
                                       .message = "The server stopped, or the job was cancelled."});
      struct Page {
        std::vector<std::int64_t> folders;
        std::int64_t last = 0;
        std::size_t rows = 0;
      };
      auto done = database.write([&](db::Transaction& tx) -> Result<Page> {
        Page out;
        for (const auto& child : BatchRepository{}.children(tx, folder, after, page, true)) {
          ++out.rows;
          out.last = child.row;
          if (child.type != AssetType::file) {
            out.folders.push_back(child.row);
          } else if (auto asset = assets_.repository().lock_row(tx, child.row)) {
            RV_TRY(const auto brings, placed(tx, *asset, Principal::system(), true));
            if (brings) BatchRepository{}.wait_as(tx, job.row, *brings);
          }
        }
        return out;
      });
      if (!done) return std::unexpected(failure_of(done.error()));
      folders.insert(folders.end(), done->folders.begin(), done->folders.end());
      after = done->last;
      if (done->rows < page) break;
    }
  }
  return {};
}

Result<void> TransferService::ended(db::Transaction& tx, const jobs::Job& job, const std::string& reason) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset || !allowed(Operation::transfer_end, asset->status)) return {};
  return assets_.transit(tx, *asset, Operation::transfer_end, Principal::system(), reason);
}

}  // namespace reelvault::catalog
