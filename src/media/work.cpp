#include "media/work.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "media/fetch.hpp"

#include <sys/stat.h>

#include <csignal>
#include <cstring>

namespace reelvault::media {

namespace fs = std::filesystem;
using Stop = ChildResult::Stop;

std::unexpected<jobs::Failure> failure(std::string code, std::string message, std::string detail, bool permanent) {
  return std::unexpected(jobs::Failure{std::move(code), std::move(message), std::move(detail), permanent});
}

std::unexpected<jobs::Failure> failure_of(Error error) {
  const bool away = error.type == jobs::kStoreAway;
  return failure(away ? error.type : "worker-trouble",
                 error.message.empty() ? "The worker could not do its work." : error.message, std::move(error.detail),
                 false);
}

std::unexpected<jobs::Failure> failure_of(const ChildResult& result, std::string code, std::string message) {
  std::string detail = repair_utf8(fmt::format("{}\n{}", result.summary(), result.error_tail));
  switch (result.stop) {
    case Stop::not_started:
      return failure("worker-trouble", "A program that reads media could not be started.", detail, false);
    case Stop::cancelled: return failure("cancelled", "The work was cancelled.", detail, false);
    case Stop::wall_time:
    case Stop::cpu_time: return failure("timed-out", "Reading this file took longer than is allowed.", detail);
    // A machine that is busy elsewhere looks like this as well.
    case Stop::stalled: return failure("stalled", "Reading this file made no progress any more.", detail, false);
    case Stop::memory: return failure("out-of-memory", "Reading this file takes more memory than is allowed.", detail);
    case Stop::output:
      return failure("too-much-output", "What is made of this file is larger than is allowed.", detail);
    case Stop::threads:
      return failure("too-many-threads", "Reading this file takes more threads than is allowed.", detail);
    case Stop::disk: return failure("no-space", "The disk of the worker is full.", detail, false);
    case Stop::none: break;
  }
  if (result.error_tail.contains("No space left on device"))
    return failure("no-space", "The disk of the worker is full.", detail, false);
  if (result.signal)
    return failure("decoder-crashed", "The program that reads this kind of file crashed on it.", detail,
                   result.signal != SIGKILL && result.signal != SIGTERM);
  return failure(std::move(code), std::move(message), std::move(detail));
}

Outcome<Work> Work::open(jobs::StepContext& context, const MediaSettings& settings, const Sandbox& sandbox) {
  Work work;
  work.context_ = &context;
  work.settings_ = &settings;
  work.sandbox_ = &sandbox;
  std::error_code error;
  work.scratch_ = fs::canonical(context.scratch, error);  // as the sandbox shows it
  if (error) return failure_of(std::move(fail_errno(error.value(), context.scratch.string()).error()));
  auto text = [&](std::string_view name) {
    auto* value = context.input.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  work.file_name_ = text("fileName");
  if (std::string path = text("path"); !path.empty()) {
    work.source_ = path;
  } else if (std::string url = text("url"); !url.empty()) {
    work.source_ = work.scratch() / "fetched";
    if (auto fetched = fetch(url, work.source_, settings.limits.output_bytes, context.cancelled); !fetched)
      return failure_of(std::move(fetched.error()));
  }
  auto size = reelvault::file_size(work.source_);
  if (!size) return failure("input-missing", "The file to work on is not there.", size.error().detail, false);
  work.size_ = *size;

  // Programs see a name of ours: libvips reads options out of "a[1].jpg", ffmpeg patterns out of "%d".
  work.input_ = work.scratch() / "input";
  fs::remove(work.input_, error);
  fs::create_symlink(fs::absolute(work.source_), work.input_, error);
  if (error) return failure_of(std::move(fail_errno(error.value(), work.input_.string()).error()));
  return work;
}

std::size_t Work::further_inputs() const {
  const auto* inputs = given().if_contains("inputs");
  return inputs && inputs->is_array() ? inputs->get_array().size() : 0;
}

Outcome<std::string> Work::further_input(std::size_t index, std::uint64_t bytes_max) const {
  const boost::json::object& place = given().at("inputs").as_array().at(index).as_object();
  fs::path path;
  if (const auto* known = place.if_contains("path")) {
    path = std::string_view(known->as_string());
  } else {
    path = scratch() / fmt::format("further-{}", index);
    if (auto fetched = fetch(std::string(place.at("url").as_string()), path, bytes_max, context_->cancelled); !fetched)
      return failure_of(std::move(fetched.error()));
  }
  auto bytes = read_whole_file(path, bytes_max);
  if (!bytes) return failure_of(std::move(bytes.error()));
  return std::move(*bytes);
}

ChildRequest Work::request(std::vector<std::string> argv) const {
  ChildRequest request;
  request.argv = std::move(argv);
  request.inputs = {source_};
  request.output_dir = scratch();
  request.limits = settings_->limits;
  request.cancelled = &context_->cancelled;
  return request;
}

ChildResult Work::run_short(std::vector<std::string> argv) const {
  ChildRequest short_one = request(std::move(argv));
  short_one.limits.cpu = std::min(short_one.limits.cpu, std::chrono::seconds(300));
  short_one.limits.wall = std::min(short_one.limits.wall, std::chrono::seconds(600));
  return run(short_one);
}

ChildResult Work::run_vips(std::vector<std::string> argv, bool any_format) const {
  ChildRequest vips = request(std::move(argv));
  vips.limits.cpu = std::min(vips.limits.cpu, std::chrono::seconds(600));
  vips.limits.wall = std::min(vips.limits.wall, std::chrono::seconds(1200));
  if (!any_format) vips.environment.push_back("VIPS_BLOCK_UNTRUSTED=1");
  return run(vips);
}

void StepResult::add_file(std::string path, std::string name, std::string_view content_type, std::string_view role) {
  files_.push_back(boost::json::object{
      {"path", std::move(path)}, {"name", std::move(name)}, {"contentType", content_type}, {"role", role}});
}

Outcome<boost::json::object> StepResult::finish(const Work& work) {
  for (const auto& file : files_) {
    fs::path path = work.scratch() / std::string_view(file.at("path").as_string());
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1)
      return failure("bad-output", "A program did not make what it should have made.", path.filename().string(), false);
    if (status.st_size == 0)
      return failure("bad-output", "A program made an empty file.", path.filename().string(), false);
  }
  boost::json::object out{{"files", std::move(files_)}, {"properties", std::move(properties_)}};
  if (!note_.empty()) out["note"] = note_;
  return out;
}

}  // namespace reelvault::media
