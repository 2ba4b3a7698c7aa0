#include "db/data_directory.hpp"

#include "base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace reelvault::db {

Result<UniqueFd> lock_data_directory(const std::filesystem::path& directory) {
  RV_CHECK(make_directories(directory));
  const std::filesystem::path path = directory / "lock";
  RV_TRY(UniqueFd lock, open_file(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno(errno, "flock " + path.string());
    const std::string holder = read_whole_file(path, 64).value_or("");
    const std::string sentence =
        fmt::format("Another reelvault server{} already uses the data directory {}.",
                    holder.empty() ? "" : fmt::format(" (process {})", trim(holder)), directory.string());
    return fail(Code::conflict, "data-directory-in-use", sentence, sentence);
  }
  const std::string process = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0) return fail_errno(errno, "truncating " + path.string());
  RV_CHECK(write_all_at(lock.get(), bytes_of(process), 0));
  return lock;
}

}  // namespace reelvault::db
