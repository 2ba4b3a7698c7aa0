// The files that uploads are being written to: one open file description each, shared by the writers of all parts.
//
// Why one, and why it lives as long as it can: the kernel reports a failed write-back once to each open file
// description that was open when it happened, by an error from fdatasync. A description opened later learns of it only
// if nobody was told yet and the inode never left memory. So what was written through a description is synced through
// the same one before it is closed, and a failure is remembered here until the upload ends: the kernel reports it once,
// marks the pages clean, and the next fdatasync would say that all is well. Two threads may ask for a sync at the same
// time and only one of two fdatasync calls is told, so there is never more than one at a time.
#pragma once
#include "base/file.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace reelvault::storage {

class OpenFile {
 public:
  // `direct`: of the same file, opened with O_DIRECT; none: everything goes through the page cache. A failed write
  // through it fails there and then, so that of these bytes, too, `fd` alone has to be asked whether they are durable.
  OpenFile(UniqueFd fd, std::filesystem::path path, UniqueFd direct = {})
      : fd_(std::move(fd)), direct_(std::move(direct)), path_(std::move(path)) {}
  int fd() const { return fd_.get(); }
  const std::filesystem::path& path() const { return path_; }
  bool direct() const { return static_cast<bool>(direct_); }

  Result<void> check();  // fails once a sync or write-back failed
  Result<void> write(ByteView data, std::uint64_t offset);
  // Past the page cache, which spares the copy. All three must be multiples of kDirectBlock: where the bytes lie, their
  // number, and the offset. false: the file system will not, and write() has to.
  static constexpr std::uint64_t kDirectBlock = 4096;
  Result<bool> write_direct(ByteView data, std::uint64_t offset);
  // Starts writing a range to disk without waiting for it, so that a later sync has little left to do.
  Result<void> begin_write_back(std::uint64_t offset, std::uint64_t length);
  // Everything written before the call is durable. Calls that come while another runs share the next one.
  Result<void> sync();

 private:
  Result<void> break_down(Error error);

  const UniqueFd fd_;
  const UniqueFd direct_;
  const std::filesystem::path path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t requested_ = 0;
  std::uint64_t covered_ = 0;
  bool syncing_ = false;
  std::optional<Error> failure_;
};

class OpenFiles {
 public:
  explicit OpenFiles(std::size_t limit = 512) : limit_(limit) {}
  using Opener = std::function<Result<std::shared_ptr<OpenFile>>()>;
  Result<std::shared_ptr<OpenFile>> get(const std::string& key, const Opener& open);
  void add(const std::string& key, std::shared_ptr<OpenFile> file);
  void close(const std::string& key);
  // Syncs and closes what nobody holds and nobody asked for during `idle`. One whose sync fails stays, so that its
  // upload learns of it.
  void tidy(std::chrono::steady_clock::duration idle);
  std::size_t size();

 private:
  struct Entry {
    std::shared_ptr<OpenFile> file;
    std::uint64_t used = 0;  // counts uses, newest highest
    std::chrono::steady_clock::time_point used_at;
  };
  struct Candidate {
    std::string key;
    std::shared_ptr<OpenFile> file;
    std::uint64_t used;
  };
  void touch(Entry& entry);
  std::optional<Candidate> least_recent_when_full();
  void sync_and_drop(const Candidate& candidate);

  const std::size_t limit_;
  std::mutex mutex_;
  std::map<std::string, Entry> files_;
  std::uint64_t uses_ = 0;
};

}  // namespace reelvault::storage
