// A file that is being sent, and whether its bytes are in memory: an event loop must not wait for a disk.
#pragma once
#include "base/file.hpp"
#include "http/body.hpp"

#include <memory>

namespace reelvault::http {

class ColdFile {
 public:
  ColdFile(ColdFile&&) = default;
  ColdFile& operator=(ColdFile&&) = default;
  ColdFile(const ColdFile&) = default;  // shares the descriptor

  // Without waiting for a disk: Code::unavailable when the name's place is not in the kernel's cache.
  static Result<ColdFile> open_cached(const std::string& path);
  static Result<ColdFile> open(const std::string& path);  // may wait

  int fd() const { return file_->get(); }
  bool matches(const FileRange& range) const;  // long enough, and what is expected of size and time
  bool unchanged() const;                      // since it was opened
  // Whether a range can be read without waiting; a guess from samples, right but for rare evictions.
  bool resident(std::uint64_t offset, std::uint64_t length) const;
  // Waits until a range is in memory and starts on `ahead` bytes behind it.
  Result<void> warm(std::uint64_t offset, std::uint64_t length, std::uint64_t ahead) const;
  void advise(std::uint64_t offset, std::uint64_t length) const;

 private:
  ColdFile() = default;
  static Result<ColdFile> from(int fd, const std::string& path);
  std::shared_ptr<UniqueFd> file_;
  std::uint64_t size_ = 0;
  std::int64_t mtime_ns_ = 0;
};

}  // namespace reelvault::http
