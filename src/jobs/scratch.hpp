// A folder for each attempt of a job: <root>/<job>-<fence>/ with "out" for what the step makes, and "partial" for
// outputs that are being received. Its name says whose it is, so that what a crash left is found.
#pragma once
#include "base/error.hpp"
#include "base/uuid.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace reelvault::jobs {

class Scratch {
 public:
  explicit Scratch(std::filesystem::path root) : root_(std::move(root)) {}

  bool exists() const { return !root_.empty(); }
  std::filesystem::path out(const Uuid& job, std::int64_t fence) const;  // empty without a root
  Result<void> make(const Uuid& job, std::int64_t fence) const;
  void remove(const Uuid& job, std::int64_t fence) const;

  // A path for one output of a remote worker; `name` is relative, with "/" between folders. Makes the folders.
  Result<std::filesystem::path> output(const Uuid& job, std::int64_t fence, std::string_view name) const;
  std::filesystem::path partial(const Uuid& job, std::int64_t fence) const;  // a new name each time

  struct Folder {
    Uuid job;
    std::int64_t fence;
  };
  std::vector<Folder> folders() const;

 private:
  std::filesystem::path folder(const Uuid& job, std::int64_t fence) const;
  std::filesystem::path root_;
};

// A relative path without "..", empty or hidden-by-dot parts that leads nowhere but down.
bool safe_output_name(std::string_view name);

}  // namespace reelvault::jobs
