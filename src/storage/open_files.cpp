#include "storage/open_files.hpp"

#include "base/log.hpp"

#include <fcntl.h>

#include <cerrno>

namespace reelvault::storage {

Result<void> OpenFile::check() {
  std::scoped_lock lock(mutex_);
  if (failure_) return fail(*failure_);
  return {};
}

Result<void> OpenFile::break_down(Error error) {
  log::error("an upload's bytes could not be written back", {{"path", path_.string()}, {"detail", error.detail}});
  std::scoped_lock lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  return fail(*failure_);
}

Result<void> OpenFile::write(ByteView data, std::uint64_t offset) {
  RV_CHECK(check());
  if (auto written = write_all_at(fd_.get(), data, offset); !written) {
    return fail(std::move(written).error().within(path_.string()));
  }
  return {};
}

Result<bool> OpenFile::write_direct(ByteView data, std::uint64_t offset) {
  RV_CHECK(check());
  while (!data.empty()) {
    const ssize_t done = ::pwrite(direct_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    // EINVAL: blocks of the disk are larger than ours.
    if (done < 0 && (errno == EINVAL || errno == EOPNOTSUPP)) return false;
    if (done < 0) {
      const int error_number = errno;
      return fail(fail_errno(error_number, "writing").error().within(path_.string()));
    }
    // A short write leaves a rest that is not whole blocks: again through the page cache, from its beginning.
    if (static_cast<std::size_t>(done) < data.size() && static_cast<std::uint64_t>(done) % kDirectBlock != 0)
      return false;
    data = data.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
  return true;
}

Result<void> OpenFile::begin_write_back(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return {};
  // Starting write-back consumes no error: what goes wrong later is for fdatasync to tell. It is a mere hint to file
  // systems that do not know it.
  if (::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE) ==
          0 ||
      errno == ENOSYS || errno == EINVAL || errno == ESPIPE || errno == EINTR) {
    return {};
  }
  const int error_number = errno;
  return break_down(fail_errno(error_number, "writing back " + path_.string()).error());
}

Result<void> OpenFile::sync() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++requested_;
  while (true) {
    if (failure_) return fail(*failure_);
    if (covered_ >= mine) return {};
    if (syncing_) {
      changed_.wait(lock);
      continue;
    }
    syncing_ = true;
    const std::uint64_t covers = requested_;
    lock.unlock();
    auto synced = sync_data(fd_.get(), path_);
    if (!synced) (void)break_down(std::move(synced).error());
    lock.lock();
    syncing_ = false;
    covered_ = covers;
    changed_.notify_all();
  }
}

void OpenFiles::touch(Entry& entry) {
  entry.used = ++uses_;
  entry.used_at = std::chrono::steady_clock::now();
}

Result<std::shared_ptr<OpenFile>> OpenFiles::get(const std::string& key, const Opener& open) {
  std::shared_ptr<OpenFile> file;
  std::optional<Candidate> surplus;
  {
    std::scoped_lock lock(mutex_);
    auto found = files_.find(key);
    if (found == files_.end()) {
      // Opened under the lock, or two writers of one upload might get a description each.
      RV_TRY(std::shared_ptr<OpenFile> opened, open());
      found = files_.emplace(key, Entry{std::move(opened), 0, {}}).first;
    }
    touch(found->second);
    file = found->second.file;
    surplus = least_recent_when_full();
  }
  if (surplus) sync_and_drop(*surplus);
  RV_CHECK(file->check());
  return file;
}

void OpenFiles::add(const std::string& key, std::shared_ptr<OpenFile> file) {
  std::optional<Candidate> surplus;
  {
    std::scoped_lock lock(mutex_);
    Entry& entry = files_[key];
    entry.file = std::move(file);
    touch(entry);
    surplus = least_recent_when_full();
  }
  if (surplus) sync_and_drop(*surplus);
}

void OpenFiles::close(const std::string& key) {
  std::scoped_lock lock(mutex_);
  files_.erase(key);
}

std::size_t OpenFiles::size() {
  std::scoped_lock lock(mutex_);
  return files_.size();
}

std::optional<OpenFiles::Candidate> OpenFiles::least_recent_when_full() {
  if (files_.size() <= limit_) return std::nullopt;
  auto oldest = files_.end();
  for (auto it = files_.begin(); it != files_.end(); ++it) {
    if (it->second.file.use_count() > 1 || !it->second.file->check()) continue;
    if (oldest == files_.end() || it->second.used < oldest->second.used) oldest = it;
  }
  if (oldest == files_.end()) return std::nullopt;
  return Candidate{oldest->first, oldest->second.file, oldest->second.used};
}

void OpenFiles::sync_and_drop(const Candidate& candidate) {
  if (!candidate.file->sync()) return;
  std::scoped_lock lock(mutex_);
  auto found = files_.find(candidate.key);
  // Whoever used it meanwhile may have written after the sync.
  if (found != files_.end() && found->second.file == candidate.file && found->second.used == candidate.used) {
    files_.erase(found);
  }
}

void OpenFiles::tidy(std::chrono::steady_clock::duration idle) {
  std::vector<Candidate> candidates;
  {
    std::scoped_lock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [key, entry] : files_) {
      if (entry.file.use_count() == 1 && now - entry.used_at >= idle)
        candidates.push_back({key, entry.file, entry.used});
    }
  }
  for (const Candidate& candidate : candidates) sync_and_drop(candidate);
}

}  // namespace reelvault::storage
