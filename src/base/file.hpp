// File descriptors and the few durable operations everything builds on. Errors carry the path in `detail`.
#pragma once
#include "base/error.hpp"
#include "base/hash.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

namespace reelvault {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, unsigned mode = 0640);
Result<void> write_all_at(int fd, ByteView data, std::uint64_t offset);
Result<std::size_t> read_at(int fd, std::span<std::byte> into, std::uint64_t offset);  // short only at the end
Result<std::string> read_whole_file(const std::filesystem::path& path, std::uint64_t limit_bytes = 64 << 20);
Result<void> sync_data(int fd, const std::filesystem::path& path_for_errors);  // fdatasync; never retry a failure
Result<void> sync_directory(const std::filesystem::path& directory);
// Makes the directories that are missing and syncs each new entry's parent.
Result<void> make_directories(const std::filesystem::path& directory);
// Writes beside, syncs, renames over, syncs the directory: the file is old or new, never half.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0640);
// Bytes that may still be written to the disk of an open file: what is free less 64 MiB (a hundredth of a small disk),
// which are kept for the database and logs that may lie beside, so that they go on where an upload or a film did not
// fit. Nothing where the file system does not say.
std::optional<std::uint64_t> room_on_disk(int fd);
std::optional<std::uint64_t> room_on_disk(const std::filesystem::path& path);
Result<std::uint64_t> file_size(const std::filesystem::path& path);
std::string boot_id();  // the kernel's, new at each boot; REELVAULT_BOOT_ID overrides it in tests

}  // namespace reelvault
