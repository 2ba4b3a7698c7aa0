// What is told of uploads through the outbox, in the transactions that change them: started, progress, completed,
// cancelled, failed. Parts may be confirmed many times a second; progress is told once a second and upload at most.
// Thread-safe.
#pragma once
#include "db/outbox.hpp"
#include "upload/upload.hpp"

#include <mutex>
#include <string_view>
#include <unordered_map>

namespace reelvault::upload {

class UploadNews {
 public:
  explicit UploadNews(db::Outbox& outbox) : outbox_(outbox) {}

  // Whether progress of this upload is to be told now. Asked outside the transaction, which may run twice.
  bool progress_due(std::int64_t upload_row);
  void progress(db::Transaction& tx, const Upload& upload, std::int64_t confirmed_parts, std::int64_t confirmed_bytes);
  // "started", "completed", "cancelled", "failed"
  void tell(db::Transaction& tx, const Upload& upload, std::string_view change);

 private:
  void append(db::Transaction& tx, const Upload& upload, boost::json::object payload);

  db::Outbox& outbox_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::chrono::steady_clock::time_point> told_;
};

}  // namespace reelvault::upload
