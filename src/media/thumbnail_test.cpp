// Stills of everything: the right way up, in the right colours.
#include "media/still_steps.hpp"
#include "media/testing.hpp"

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
using testing::Colour;
using testing::kBlue;
using testing::kGreen;
using testing::kRed;
using testing::kWhite;
using testing::like;
using testing::sample;

class Thumbnail : public testing::StepTest {
 protected:
  std::array<Colour, 4> quarters(std::string_view name) {
    auto result = made(thumbnail_step, sample(name));
    EXPECT_EQ(result.at("files").as_array().size(), 2u) << name;
    return testing::quarters_of(scratch() / "thumbnail.jpg");
  }
  void expect_upright(std::string_view name, int tolerance = 60) {
    auto seen = quarters(name);
    EXPECT_TRUE(like(seen[0], kRed, tolerance)) << name;
    EXPECT_TRUE(like(seen[1], kGreen, tolerance)) << name;
    EXPECT_TRUE(like(seen[2], kBlue, tolerance)) << name;
    EXPECT_TRUE(like(seen[3], kWhite, tolerance)) << name;
  }
  std::pair<std::int64_t, std::int64_t> size(const fs::path& picture) {
    auto stream = testing::ffprobe(picture).at("streams").at(0);
    return {stream.at("width").as_int64(), stream.at("height").as_int64()};
  }
};

TEST_F(Thumbnail, TurnsPhotosUprightWhicheverWayTheCameraWasHeld) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    expect_upright(fmt::format("orientation_{}.jpg", orientation));
    EXPECT_EQ(size(scratch() / "preview.jpg"), (std::pair<std::int64_t, std::int64_t>(400, 300))) << orientation;
  }
}

TEST_F(Thumbnail, ConvertsEveryKindOfPixel) {
  for (const char* name : {"sixteen.tif", "quarters.png", "quarters.bmp", "quarters.heic", "animated.gif",
                           "animated.webp", "%d[n=2] 🎬 שלום.jpg"})
    expect_upright(name);
  // Taken for sRGB, its green would be a pale rgb(97, 250, 71).
  EXPECT_TRUE(like(quarters("p3.jpg")[1], kGreen, 30));
  // Print cannot show such green and blue.
  for (const char* name : {"cmyk.jpg", "cmyk.tif"}) expect_upright(name, 200);
  EXPECT_TRUE(like(quarters("quarters.svg")[1], kGreen));
}

TEST_F(Thumbnail, PutsTransparencyOverWhite) {
  auto seen = quarters("transparent.png");
  EXPECT_TRUE(like(seen[0], kRed));
  EXPECT_TRUE(like(seen[1], kWhite));
}

TEST_F(Thumbnail, ShowsFilmsAsTheyPlay) {
  for (const char* name : {"film.mp4", "interlaced.mpg", "anamorphic.mpg", "full_range.avi", "odd.mkv", "rgb.mkv",
                           "prores.mov", "vfr.mp4", "start_later.ts", "elementary.h264"})
    expect_upright(name);
  EXPECT_EQ(size((made(thumbnail_step, sample("anamorphic.mpg")), scratch() / "preview.jpg")),
            (std::pair<std::int64_t, std::int64_t>(1024, 576)));
}

TEST_F(Thumbnail, TurnsFilmsUpright) {
  // The stored picture has red, green, blue, white; turned clockwise: blue, red, white, green.
  std::map<int, std::array<Colour, 4>> turned = {
      {90, {kBlue, kRed, kWhite, kGreen}}, {180, {kWhite, kBlue, kGreen, kRed}}, {270, {kGreen, kWhite, kRed, kBlue}}};
  for (auto& [degrees, meant] : turned) {
    MediaInfo info = probed(sample(fmt::format("rotated_{}.mp4", degrees)));
    auto seen = quarters(fmt::format("rotated_{}.mp4", degrees));
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_TRUE(like(seen[i], turned[static_cast<int>(info.main_video()->video->rotation)][i]))
          << degrees << " " << i;
  }
}

TEST_F(Thumbnail, ShowsHighDynamicRangeOnOrdinaryScreens) {
  for (const char* name : {"hdr_pq.mp4", "hdr_hlg.mp4"}) {
    auto seen = quarters(name);
    EXPECT_TRUE(like(seen[3], kWhite, 70)) << name;
    EXPECT_TRUE(seen[0].red > 120 && seen[0].green < 90 && seen[0].blue < 90) << name << seen[0];
    EXPECT_TRUE(seen[2].blue > 120 && seen[2].red < 90 && seen[2].green < 90) << name << seen[2];
  }
}

TEST_F(Thumbnail, SkipsADarkBeginning) {
  auto seen = quarters("black_start.avi");
  EXPECT_TRUE(like(seen[3], kWhite, 60));
}

// With key frames near each other these alone are looked at.
TEST_F(Thumbnail, ChoosesAmongKeyFramesWhereThereAreMany) {
  fs::path film = fs::temp_directory_path() / "many-key-frames.mp4",
           dark = fs::temp_directory_path() / "dark-key-frames.mp4";
  auto make = [](const fs::path& file, std::string_view filter) {
    testing::output_of(
        fmt::format("ffmpeg -v error -y -i '{}' -vf {} -an -c:v libx264 -preset ultrafast -g 8 "
                    "-keyint_min 8 -sc_threshold 0 '{}'",
                    sample("film.mp4").string(), filter, file.string()));
  };
  make(film, "null");
  make(dark, "drawbox=c=black:t=fill:enable='lt(t\\,0.7)'");
  EXPECT_EQ(probed(film).main_video()->video->keyFrameIntervalMs, 320);
  for (const fs::path& file : {film, dark}) {
    made(thumbnail_step, file);
    auto seen = testing::quarters_of(scratch() / "thumbnail.jpg");
    EXPECT_TRUE(like(seen[0], kRed, 60)) << file << seen[0];
    EXPECT_TRUE(like(seen[1], kGreen, 60)) << file << seen[1];
    EXPECT_TRUE(like(seen[2], kBlue, 60)) << file << seen[2];
    EXPECT_TRUE(like(seen[3], kWhite, 60)) << file << seen[3];
    EXPECT_EQ(size(scratch() / "preview.jpg"), (std::pair<std::int64_t, std::int64_t>(640, 360)));
    EXPECT_EQ(size(scratch() / "thumbnail.jpg"), (std::pair<std::int64_t, std::int64_t>(480, 270)));
    fs::remove(file);
  }
}

TEST_F(Thumbnail, ShowsTheCoverOfSoundOrItsWaveForm) {
  for (const char* name : {"cover.mp3", "cover.m4a", "cover.flac"}) expect_upright(name);
  for (const char* name : {"plain.mp3", "sound.wav", "speech.wav"}) {
    quarters(name);
    EXPECT_EQ(size(scratch() / "preview.jpg"), (std::pair<std::int64_t, std::int64_t>(1600, 900))) << name;
  }
}

TEST_F(Thumbnail, ShowsTheFirstPageOfADocument) {
  EXPECT_TRUE(like(quarters("two_pages.pdf")[0], kRed));
  EXPECT_EQ(size(scratch() / "preview.jpg"), (std::pair<std::int64_t, std::int64_t>(1200, 1600)));
  auto damaged = run(thumbnail_step, sample("damaged.pdf"));
  ASSERT_FALSE(damaged);
  EXPECT_TRUE(damaged.error().permanent);
}

TEST_F(Thumbnail, ShowsWhatIsLeftOfADamagedPhoto) { EXPECT_TRUE(like(quarters("cut.jpg")[0], kRed)); }

TEST_F(Thumbnail, MakesNothingOfPlainText) {
  EXPECT_TRUE(made(thumbnail_step, sample("text.mp4")).at("files").as_array().empty());
}

class Checksum : public testing::StepTest {};

TEST_F(Checksum, AgreesWithTheStandardTools) {
  fs::path file = sample("sixteen.tif");
  auto properties = made(checksum_step, file).at("properties");
  auto word = [](std::string text) { return text.substr(0, text.find(' ')); };
  EXPECT_EQ(properties.at("sha256").as_string(), word(testing::output_of("sha256sum '" + file.string() + "'")));
  EXPECT_EQ(properties.at("md5").as_string(), word(testing::output_of("md5sum '" + file.string() + "'")));
  EXPECT_EQ(
      properties.at("crc32").as_string(),
      word(testing::output_of("python3 -c \"import zlib,sys;print('%08x' % zlib.crc32(open(sys.argv[1],'rb').read()),"
                              "'')\" '" +
                              file.string() + "'")));
}

TEST_F(Checksum, LeavesOutWhatNobodyWaitsFor) {
  fs::path file = sample("sixteen.tif");
  auto all = made(checksum_step, file).at("properties").as_object();
  auto less = run(checksum_step, file, {{"md5", false}});
  ASSERT_TRUE(less);
  EXPECT_FALSE(less->at("properties").as_object().contains("md5"));
  EXPECT_EQ(less->at("properties").at("sha256"), all.at("sha256"));
  auto more = run(checksum_step, file, {{"md5", true}});
  ASSERT_TRUE(more);
  EXPECT_EQ(more->at("properties").at("md5"), all.at("md5"));
}

}  // namespace
}  // namespace reelvault::media
