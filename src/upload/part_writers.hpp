// Who is writing which part right now in this process: one writer per part, a newer one ends an older one at once, even
// when the older one's connection is dead and will never say another word.
#pragma once
#include "base/error.hpp"
#include "base/uuid.hpp"
#include "storage/blob_store.hpp"

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace reelvault::upload {

class PartWriters {
 public:
  class Turn {
   public:
    // Writes unless a newer writer took over: then conflict, and nothing of the block was written.
    Result<void> write(std::string_view block);
    Result<storage::PartWriter::Written> finish();
    void end();  // no more writes by this turn; waits for one under way

   private:
    friend class PartWriters;
    std::mutex mutex_;
    bool over_ = false;
    std::unique_ptr<storage::PartWriter> writer_;
  };

  // Ends the older writer of this part, then makes the new one; `open` hears whether there was an older one. The turn
  // stays known until the last copy of what is given goes: keep it until the part's row is committed.
  Result<std::shared_ptr<Turn>> take(
      const Uuid& part, const std::function<Result<std::unique_ptr<storage::PartWriter>>(bool older)>& open);
  // Ends every writer of the upload's parts: it was cancelled or completed.
  void end_all(const Uuid& part_base);

 private:
  void leave(const Uuid& part, const Turn* turn);

  std::array<std::mutex, 64> takeovers_;  // by part
  std::mutex mutex_;
  std::unordered_map<Uuid, std::shared_ptr<Turn>> turns_;
};

}  // namespace reelvault::upload
