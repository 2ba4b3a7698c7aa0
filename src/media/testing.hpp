// For tests of this room: the odd media of tests/media/make.py, steps run on them as a worker would, and what ffprobe
// and libvips see in the results.
#pragma once
#include "media/media_info.hpp"
#include "media/work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::media::testing {

std::filesystem::path sample(std::string_view name);  // made when needed

struct Colour {
  int red = 0, green = 0, blue = 0;
};
std::ostream& operator<<(std::ostream& out, const Colour& colour);
// Within what lossy coding does to a plain colour.
::testing::AssertionResult like(Colour seen, Colour meant, int tolerance = 60);
inline constexpr Colour kRed{255, 0, 0}, kGreen{0, 255, 0}, kBlue{0, 0, 255}, kWhite{255, 255, 255};

// The colours in the middle of the four quarters: top left, top right, bottom left, bottom right.
std::array<Colour, 4> quarters_of(const std::filesystem::path& picture);
// The same of a film's picture at that second.
std::array<Colour, 4> quarters_of_film(const std::filesystem::path& film, double second = 1.0);

std::string output_of(const std::string& command);  // of a shell, for looking at results
boost::json::object ffprobe(const std::filesystem::path& file,
                            const std::string& options = "-show_format -show_streams");

// A step run on one file, with a scratch folder of its own.
class StepTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  using StepFunction = Outcome<boost::json::object> (*)(const Work&);
  Outcome<boost::json::object> run(StepFunction step, const std::filesystem::path& file, boost::json::object more = {});
  MediaInfo probed(const std::filesystem::path& file);
  boost::json::object made(StepFunction step, const std::filesystem::path& file);  // a failure fails the test
  const std::filesystem::path& scratch() const { return scratch_; }

  MediaSettings settings_;

 private:
  std::optional<Sandbox> sandbox_;
  std::filesystem::path scratch_;
};

}  // namespace reelvault::media::testing
