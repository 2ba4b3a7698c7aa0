// A file that is being put into somebody else's directory: hidden until it is whole, then there under a free name.
#pragma once
#include "base/file.hpp"

#include <functional>
#include <string>
#include <vector>

namespace reelvault::archive {

class RestoredFile {
 public:
  // `owner` names whoever writes it, so that what a former attempt of theirs left is removed first. Room for `size`
  // bytes is taken: no_space. unavailable: the directory is not there.
  static Result<RestoredFile> make(const std::filesystem::path& directory, const std::string& owner,
                                   std::uint64_t size);
  RestoredFile(RestoredFile&&) = default;
  // Whose unfinished files lie in the directory, and their removal.
  static std::vector<std::string> owners(const std::filesystem::path& directory);
  static void remove_left_over(const std::filesystem::path& directory, const std::string& owner);

  ~RestoredFile();  // what was not published goes

  int fd() const { return fd_.get(); }
  std::filesystem::path path() const { return directory_ / hidden_; }

  // Its bytes are durable. Gives the name it got: `name`, or that with a number. `same`: whether a regular file of this
  // size that has the name already holds this very content, which then counts as this one.
  Result<std::string> publish(const std::string& name, std::uint64_t size,
                              const std::function<Result<bool>(int fd)>& same);

 private:
  RestoredFile(std::filesystem::path directory, UniqueFd folder, std::string hidden, UniqueFd fd)
      : directory_(std::move(directory)), folder_(std::move(folder)), hidden_(std::move(hidden)), fd_(std::move(fd)) {}

  std::filesystem::path directory_;
  UniqueFd folder_;
  std::string hidden_;
  UniqueFd fd_;
};

}  // namespace reelvault::archive
