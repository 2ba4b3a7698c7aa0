// A directory as a store, and as one whose parts are written in place. Nothing is ever overwritten: a new object comes
// by O_EXCL or a rename that does not replace. An object is durable before its writer is told so: the file, its entry,
// and the entries of folders made for it.
#pragma once
#include "storage/left_out.hpp"
#include "storage/open_files.hpp"
#include "storage/rename_store.hpp"

#include <set>

namespace reelvault::storage {

class LocalStore final : public Store, public PartStore, public RenameStore, public LeftOutStore {
 public:
  // Uploads of files of `direct_bytes` and more are written past the page cache where the file system can; 0: none.
  LocalStore(std::string name, std::filesystem::path root, std::uint64_t direct_bytes = 64 << 20)
      : name_(std::move(name)), root_(std::move(root)), direct_bytes_(direct_bytes) {}

  const std::string& name() const override { return name_; }
  Result<ObjectInfo> stat(const std::string& key) override;
  Result<void> remove(const std::string& key) override;
  http::Segment segment(const std::string& key, std::uint64_t offset, std::uint64_t length, const ObjectInfo& expected,
                        std::shared_ptr<const void> hold) override;
  Result<std::string> read(const std::string& key, std::uint64_t offset, std::uint64_t length) override;
  Result<std::vector<ListedObject>> list(const std::string& prefix, const std::string& after, int limit) override;
  Result<void> adopt(const std::filesystem::path& file, const std::string& key) override;
  std::optional<std::uint64_t> free_bytes() override;
  Result<Found> list_with_left_out(const std::string& prefix, const std::string& after, int limit) override;

  Result<void> allocate(const std::string& key, std::uint64_t size) override;
  Result<std::unique_ptr<PartWriter>> write_part(const std::string& key, std::uint64_t offset,
                                                 std::uint64_t length) override;
  Result<PartWriter::Written> hash_part(const std::string& key, std::uint64_t offset, std::uint64_t length) override;
  Result<void> sync(const std::string& key) override;
  void close(const std::string& key) override { open_files_.close(key); }
  void tidy(std::chrono::seconds idle) override { open_files_.tidy(idle); }
  std::filesystem::path path(const std::string& key) const override { return root_ / key; }

  Result<void> rename(const std::string& from, const std::string& to) override;

 private:
  Result<std::shared_ptr<OpenFile>> open_upload(const std::string& key);
  std::shared_ptr<OpenFile> opened(UniqueFd fd, const std::string& key);
  // Makes the folders of `key` that are missing; the entries of all of them are durable afterwards.
  Result<void> make_folders(const std::string& key);
  // Creates a new, empty file with its folders, which may have been taken away under us.
  Result<UniqueFd> create(const std::string& key);
  // From the object's own folder upwards.
  void remove_empty_folders(const std::string& key);
  Result<UniqueFd> folder_of(const std::string& key);
  Result<void> sync_folder_of(const std::string& key);
  Result<bool> move_in(const std::filesystem::path& file, const std::string& key);
  Result<void> copy_in(int from, std::uint64_t size, const std::string& key);

  const std::string name_;
  const std::filesystem::path root_;
  const std::uint64_t direct_bytes_;
  OpenFiles open_files_;
  std::mutex mutex_;
  std::set<std::string> durable_folders_;  // whose entries this process has seen synced
};

}  // namespace reelvault::storage
