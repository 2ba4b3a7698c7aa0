#include "media/testing.hpp"

#include "media/probe.hpp"
#include "media/still_steps.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace reelvault::media::testing {

namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return output;
  char buffer[4096];
  for (std::size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
  pclose(pipe);
  return output;
}

fs::path sample(std::string_view name) {
  static const fs::path folder = [] {
    std::string out = output_of(REELVAULT_SOURCE_DIR "/tests/media/make.py");
    return fs::path(out.substr(0, out.find('\n')));
  }();
  EXPECT_TRUE(fs::exists(folder / name)) << name;
  return folder / name;
}

std::ostream& operator<<(std::ostream& out, const Colour& colour) {
  return out << "rgb(" << colour.red << ", " << colour.green << ", " << colour.blue << ")";
}

::testing::AssertionResult like(Colour seen, Colour meant, int tolerance) {
  bool close = std::abs(seen.red - meant.red) <= tolerance && std::abs(seen.green - meant.green) <= tolerance &&
               std::abs(seen.blue - meant.blue) <= tolerance;
  return close ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << seen << " is not like " << meant;
}

std::array<Colour, 4> quarters_of(const fs::path& picture) {
  // Four by four pixels: the middles of the quarters are away from every edge.
  std::string bytes = output_of("ffmpeg -nostdin -v error -noautorotate -i '" + picture.string() +
                                "' -frames:v 1 -vf scale=8:8:flags=area,format=rgb24 -f rawvideo -");
  std::array<Colour, 4> colours;
  if (bytes.size() != 192) return colours;
  auto at = [&](std::size_t x, std::size_t y) {
    auto byte = [&](std::size_t band) { return int{static_cast<unsigned char>(bytes[(y * 8 + x) * 3 + band])}; };
    return Colour{byte(0), byte(1), byte(2)};
  };
  return {at(1, 1), at(6, 1), at(1, 6), at(6, 6)};
}

std::array<Colour, 4> quarters_of_film(const fs::path& film, double second) {
  fs::path frame = fs::temp_directory_path() / fmt::format("frame-{}.png", getpid());
  output_of(fmt::format("ffmpeg -nostdin -v error -y -ss {} -i '{}' -map 0:v:0 -frames:v 1 -update 1 '{}'", second,
                        film.string(), frame.string()));
  auto colours = quarters_of(frame);
  fs::remove(frame);
  return colours;
}

boost::json::object ffprobe(const fs::path& file, const std::string& options) {
  std::error_code error;
  auto parsed =
      boost::json::parse(output_of("ffprobe -v error -of json " + options + " '" + file.string() + "'"), error);
  return parsed.is_object() ? parsed.get_object() : boost::json::object();
}

void StepTest::SetUp() {
  auto found = Sandbox::find("auto");
  ASSERT_TRUE(found) << found.error().detail;
  sandbox_ = *found;
  std::string name = (fs::temp_directory_path() / "step-test-XXXXXX").string();
  ASSERT_TRUE(mkdtemp(name.data()));
  scratch_ = name;
}

void StepTest::TearDown() {
  if (!scratch_.empty()) fs::remove_all(scratch_);
}

Outcome<boost::json::object> StepTest::run(StepFunction step, const fs::path& file, boost::json::object more) {
  fs::remove_all(scratch_);
  fs::create_directories(scratch_);
  static const std::atomic<bool> cancelled = false;
  jobs::StepContext context{{}, "", {}, std::move(more), scratch_, {}, cancelled};
  context.input["path"] = file.string();
  context.input["fileName"] = file.filename().string();
  RV_TRY(Work work, Work::open(context, settings_, *sandbox_));
  return step(work);
}

boost::json::object StepTest::made(StepFunction step, const fs::path& file) {
  auto result = run(step, file);
  if (!result) {
    ADD_FAILURE() << file << ": " << result.error().code << ": " << result.error().message << "\n"
                  << result.error().detail;
    return {{"files", boost::json::array()}, {"properties", boost::json::object()}};
  }
  for (const auto& each : result->at("files").as_array())
    EXPECT_TRUE(fs::is_regular_file(scratch_ / std::string_view(each.at("path").as_string())));
  return *result;
}

MediaInfo StepTest::probed(const fs::path& file) {
  auto info = media_info_from(made(probe_step, file).at("properties"));
  EXPECT_TRUE(info) << file;
  return info.value_or(MediaInfo{});
}

}  // namespace reelvault::media::testing
