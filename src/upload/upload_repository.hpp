// The only SQL over uploads and their parts.
#pragma once
#include "db/database.hpp"
#include "upload/upload.hpp"

namespace reelvault::upload {

class UploadRepository {
 public:
  std::int64_t insert(db::Transaction& tx, const Upload& upload);
  // Nothing for a bucket without a quota. `locked`: held against other starts until the transaction ends.
  std::optional<Quota> quota(db::Transaction& tx, std::int64_t bucket_row, bool locked);
  std::optional<Upload> find(db::Transaction& tx, const Uuid& id);
  std::optional<Upload> find_by_part_base(db::Transaction& tx, const Uuid& base);
  std::optional<Upload> lock(db::Transaction& tx, std::int64_t row);  // held until the transaction ends
  std::vector<Upload> open_of_user(db::Transaction& tx, std::int64_t user_row, std::int64_t before_row, int limit);
  std::int64_t count_open_of_user(db::Transaction& tx, std::int64_t user_row);
  std::optional<Upload> open_of_asset(db::Transaction& tx, std::int64_t asset_row);
  std::vector<Upload> idle(db::Transaction& tx, Timestamp before, int limit);
  // Cancelled or failed, and the store that took their parts does not know yet.
  std::vector<Upload> ended_with_multipart(db::Transaction& tx, std::int64_t after_row, int limit);
  void forget_multipart(db::Transaction& tx, std::int64_t row);  // it knows
  void touch(db::Transaction& tx, std::int64_t row);
  // open -> another state; false when it was not open any more: somebody else decided.
  bool end(db::Transaction& tx, std::int64_t row, UploadState state, const std::optional<Uuid>& related_id = {});
  std::int64_t forget_ended(db::Transaction& tx, Timestamp before, int limit);

  std::vector<Part> parts(db::Transaction& tx, std::int64_t upload_row);  // those that have a row, by number
  std::optional<Part> part(db::Transaction& tx, std::int64_t upload_row, std::int64_t number);
  // A new generation that is being written; the row is made when missing. Nothing when the part is confirmed, or the
  // upload ended meanwhile: its parts' rows are gone, and none may come after them.
  std::optional<std::int64_t> begin_part(db::Transaction& tx, std::int64_t upload_row, std::int64_t number);
  // False when another generation took over meanwhile, or the upload ended.
  bool receive_part(db::Transaction& tx, std::int64_t upload_row, const Part& part);
  bool confirm_part(db::Transaction& tx, std::int64_t upload_row, std::int64_t number, std::string_view etag);
  struct Confirmed {
    std::int64_t parts = 0, bytes = 0;
  };
  Confirmed confirmed(db::Transaction& tx, const Upload& upload);
  void reset_part(db::Transaction& tx, std::int64_t upload_row, std::int64_t number);
  void remove_parts(db::Transaction& tx, std::int64_t upload_row);

 private:
  bool hold_open(db::Transaction& tx, std::int64_t row);  // whether it is open, and stays so until the commit
};

}  // namespace reelvault::upload
