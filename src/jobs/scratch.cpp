#include "jobs/scratch.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace reelvault::jobs {

namespace fs = std::filesystem;

bool safe_output_name(std::string_view name) {
  if (name.empty() || name.size() > 1024 || !valid_utf8(name)) return false;
  for (std::string_view part : split(name, '/')) {
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
  }
  return name.find('\0') == std::string_view::npos && name.find('\\') == std::string_view::npos;
}

fs::path Scratch::folder(const Uuid& job, std::int64_t fence) const {
  return root_ / fmt::format("{}-{}", job.text(), fence);
}

fs::path Scratch::out(const Uuid& job, std::int64_t fence) const {
  return exists() ? folder(job, fence) / "out" : fs::path();
}

Result<void> Scratch::make(const Uuid& job, std::int64_t fence) const {
  if (!exists()) return {};
  std::error_code error;
  // Not synced: a power cut ends the attempt anyway.
  fs::create_directories(out(job, fence), error);
  if (!error) fs::create_directories(folder(job, fence) / "partial", error);
  if (error) return fail_errno(error.value(), "making the folder of a job: " + out(job, fence).string());
  return {};
}

void Scratch::remove(const Uuid& job, std::int64_t fence) const {
  if (!exists()) return;
  std::error_code error;
  fs::remove_all(folder(job, fence), error);
  if (error && error != std::errc::no_such_file_or_directory)
    log::warning("the folder of a job is not removed", {{"job", job.text()}, {"detail", error.message()}});
}

Result<fs::path> Scratch::output(const Uuid& job, std::int64_t fence, std::string_view name) const {
  if (!safe_output_name(name)) {
    return fail(Code::invalid, "bad-output-name", "An output's name must be a relative path that leads downwards.");
  }
  if (!exists()) return fail(Code::internal, "", "This server has no scratch folder.");
  fs::path at = out(job, fence);
  std::error_code error;
  const auto parts = split(name, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    at /= parts[i];
    const bool last = i + 1 == parts.size();
    const auto status = fs::symlink_status(at, error);
    const bool absent = status.type() == fs::file_type::not_found;
    if (last && (absent || status.type() == fs::file_type::regular)) break;
    if (!last && absent) {
      error.clear();
      fs::create_directory(at, error);
      if (error) return fail_errno(error.value(), "making a folder for an output: " + at.string());
    } else if (last || status.type() != fs::file_type::directory) {
      return fail(Code::conflict, "bad-output-name", "Something else has the name of an output.", at.string());
    }
  }
  return at;
}

fs::path Scratch::partial(const Uuid& job, std::int64_t fence) const {
  return folder(job, fence) / "partial" / hex(random_bytes(8));
}

std::vector<Scratch::Folder> Scratch::folders() const {
  std::vector<Folder> found;
  if (!exists()) return found;
  std::error_code error;
  for (fs::directory_iterator at(root_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.size() < 38 || name[36] != '-') continue;
    const auto job = Uuid::parse(std::string_view(name).substr(0, 36));
    std::int64_t fence = 0;
    const auto [last, code] = std::from_chars(name.data() + 37, name.data() + name.size(), fence);
    if (job && code == std::errc() && last == name.data() + name.size()) found.push_back({*job, fence});
  }
  return found;
}

}  // namespace reelvault::jobs
