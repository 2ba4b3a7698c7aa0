// Uploads in parts (api.md 4). On a local store each byte is written once, at its final place: completing copies
// nothing. On an S3 store the parts go straight to S3 by its own pre-signed URLs. Thread-safe; methods block.
#pragma once
#include "base/config.hpp"
#include "base/faults.hpp"
#include "catalog/content_service.hpp"
#include "http/message.hpp"
#include "http/route.hpp"
#include "storage/blob_repository.hpp"
#include "storage/blob_store.hpp"
#include "upload/part_writers.hpp"
#include "upload/upload_json.hpp"
#include "upload/upload_news.hpp"
#include "upload/upload_repository.hpp"

namespace reelvault::upload {

class UploadService {
 public:
  struct Options {
    std::string signing_key;  // 32 raw bytes
    std::chrono::seconds url_lifetime{86400};
    std::chrono::seconds idle{7 * 86400};
    std::string default_store = "local";
  };
  UploadService(db::Database& database, db::Outbox& outbox, catalog::AssetService& assets,
                catalog::ContentService& content, storage::Stores& stores, Options options)
      : database_(database),
        assets_(assets),
        content_(content),
        stores_(stores),
        options_(std::move(options)),
        news_(outbox) {}

  Result<UploadJson> start(const Principal& by, const StartUpload& request, const std::string& base_url);
  Result<UploadJson> start_related(const Principal& by, const StartRelated& request, const std::string& base_url);
  // What is wrong with a request in itself, every fault at once; both begin with it.
  Result<void> check(const StartUpload& request);
  Result<void> check(const StartRelated& request);
  Result<UploadJson> get(const Principal& by, const Uuid& id, const std::string& base_url);
  Result<UploadPage> list(const Principal& by, const UploadListQuery& query);

  // The signed PUT of one part.
  Result<http::Streamed> receive(http::Request& request);
  Result<PartJson> confirm(const Principal& by, const Uuid& part, const std::string& etag, const std::string& base_url);
  Result<boost::json::value> complete(const Principal& by, const Uuid& id);
  Result<void> cancel(const Principal& by, const Uuid& id);

  // An asset goes for good: what is on its way to it ends. A store that took parts itself is told by the sweep.
  void asset_removed(db::Transaction& tx, const catalog::Asset& asset);
  // Cancels uploads idle for too long, tells stores of uploads in parts that ended, and forgets ended ones. Called now
  // and then.
  Result<void> sweep();

 private:
  struct Place {
    storage::Location location;
    std::optional<std::string> multipart;
  };
  Result<Upload> mine(const Principal& by, const Uuid& id);
  Result<Place> allocate(const std::string& store, std::int64_t size, const std::string& content_type);
  bool discard(const Place& place);                 // false: not all of it, which the sweep finds
  Result<bool> remove_bytes(const Upload& upload);  // of one that ended without a file; false: as above
  void check_labels(const StartUpload& request, Faults& faults);
  std::int64_t bucket_of(db::Transaction& tx, const catalog::Asset& asset);
  UploadJson json(const Upload& upload, const std::vector<Part>& parts, const std::string& base_url);
  // `etag`: of what was confirmed, if it was.
  PartJson part_json(const Upload& upload, std::int64_t number, std::optional<std::string> etag,
                     const std::string& base_url, Timestamp expires);
  std::string signature(const Uuid& part, std::int64_t expires_s) const;
  Result<void> check_received(const Upload& upload, const Part& part);  // after another boot
  // What completing gives, as often as it is asked for: the asset as it is now, to whoever may still read it.
  Result<boost::json::value> answer(db::Transaction& tx, const Principal& by, const Upload& upload);
  Result<void> assemble(const Upload& upload, const std::vector<Part>& parts, const storage::Stores::Entry& entry);
  Result<void> cancel_upload(const Principal& by, const Upload& upload);
  void fail_upload(const Upload& upload);  // after a sync that failed, which is never tried again
  std::mutex& completing(const Uuid& id);

  db::Database& database_;
  catalog::AssetService& assets_;
  catalog::ContentService& content_;
  storage::Stores& stores_;
  Options options_;
  UploadNews news_;
  UploadRepository repository_;
  storage::BlobRepository blobs_;
  PartWriters writers_;
  // One complete or cancel of an upload at a time in this process; the row's state decides between processes.
  std::array<std::mutex, 64> locks_;
};

void add_upload_routes(http::RouteTable& table, UploadService& uploads);

}  // namespace reelvault::upload
