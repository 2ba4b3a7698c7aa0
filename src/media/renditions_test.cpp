// Real films of every odd kind through the whole step, and what a player gets.
#include "media/renditions.hpp"
#include "media/playlist.hpp"
#include "media/still_steps.hpp"
#include "media/testing.hpp"
#include "media/waveform.hpp"

#include <unistd.h>

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kBlue;
using testing::kGreen;
using testing::kRed;
using testing::kWhite;
using testing::like;
using testing::sample;

class RenditionsTest : public testing::StepTest {
 protected:
  json::object make(std::string_view name) {
    result_ = made(renditions_step, sample(name));
    return result_.at("properties").as_object();
  }
  std::string text(const char* name) { return testing::output_of("cat '" + (scratch() / name).string() + "'"); }
  json::object stream(const char* file) {
    auto streams = testing::ffprobe(scratch() / file).at("streams").as_array();
    return streams.empty() ? json::object() : streams[0].as_object();
  }
  double number(const json::object& object, const char* name) {
    auto* value = object.if_contains(name);
    return value && value->is_string() ? std::stod(std::string(value->get_string())) : -1;
  }
  std::vector<std::string> sizes(const json::object& properties) {
    std::vector<std::string> found;
    for (auto& rung : properties.at("renditions").as_array())
      found.push_back(fmt::format("{}x{}", rung.at("width").as_int64(), rung.at("height").as_int64()));
    return found;
  }
  std::vector<double> key_times(const std::string& file) {
    std::vector<double> times;
    for (auto& packet : testing::ffprobe(scratch() / file, "-select_streams v:0 -show_entries packet=pts_time,flags")
                            .at("packets")
                            .as_array())
      if (packet.at("flags").as_string().starts_with("K"))
        times.push_back(std::stod(std::string(packet.at("pts_time").as_string())));
    return times;
  }
  // What holds for every film, whatever it was.
  void expect_playable(std::string_view name, double seconds = 3.0) {
    SCOPED_TRACE(name);
    auto picture = stream("v0.mp4");
    ASSERT_TRUE(picture.contains("codec_name"));
    EXPECT_EQ(picture.at("codec_name").as_string(), "h264");
    EXPECT_EQ(picture.at("pix_fmt").as_string(), "yuv420p");
    EXPECT_EQ(picture.at("sample_aspect_ratio").as_string(), "1:1");
    EXPECT_EQ(picture.at("field_order").as_string(), "progressive");
    EXPECT_FALSE(picture.contains("side_data_list"));  // turned already, and not told to turn again
    EXPECT_EQ(picture.at("width").as_int64() % 2, 0);
    EXPECT_EQ(picture.at("height").as_int64() % 2, 0);
    EXPECT_NEAR(number(picture, "start_time"), 0, 0.03);
    // By its playlists: every byte range is right, or this fails.
    auto played = testing::ffprobe(scratch() / "master.m3u8", "-show_entries format=duration:stream=codec_type");
    EXPECT_NEAR(std::stod(std::string(played.at("format").at("duration").as_string())), seconds, 0.15);
    EXPECT_THAT(text("v0.m3u8"), HasSubstr("#EXT-X-ENDLIST"));
    EXPECT_THAT(text("master.m3u8"), HasSubstr("avc1.6"));
    for (auto& file : result_.at("files").as_array())
      EXPECT_EQ(std::string_view(file.at("path").as_string()).find('/'), std::string_view::npos);
    EXPECT_TRUE(fs::exists(scratch() / "poster.jpg"));
    auto proxy = testing::ffprobe(scratch() / "proxy.mp4");
    EXPECT_NEAR(std::stod(std::string(proxy.at("format").at("duration").as_string())), seconds, 0.15);
    EXPECT_EQ(testing::output_of("head -c 4096 '" + (scratch() / "proxy.mp4").string() + "' | grep -c moov"), "1\n");
    EXPECT_EQ(
        testing::output_of("ffmpeg -nostdin -v error -i '" + (scratch() / "proxy.mp4").string() + "' -f null - 2>&1"),
        "");
  }
  // How often a channel's wave goes through zero.
  long crossings(const char* file, std::string_view channel) {
    std::string samples = testing::output_of(fmt::format(
        "ffmpeg -nostdin -v error -i '{}' -af 'pan=mono|c0={}' -f s8 -", (scratch() / file).string(), channel));
    long count = 0;
    signed char last = 0;
    for (char c : samples) {
      auto value = static_cast<signed char>(c);
      if (value != 0 && last != 0 && (value < 0) != (last < 0)) ++count;
      if (value != 0) last = value;
    }
    return count;
  }
  void expect_quarters(const char* file, int tolerance = 60) {
    auto seen = testing::quarters_of_film(scratch() / file);
    EXPECT_TRUE(like(seen[0], kRed, tolerance)) << file;
    EXPECT_TRUE(like(seen[1], kGreen, tolerance)) << file;
    EXPECT_TRUE(like(seen[2], kBlue, tolerance)) << file;
    EXPECT_TRUE(like(seen[3], kWhite, tolerance)) << file;
  }

  json::object result_;
};

TEST_F(RenditionsTest, DeliversWhatABrowserPlaysWithoutEncodingIt) {
  auto properties = make("film.mp4");
  expect_playable("film.mp4");
  EXPECT_THAT(sizes(properties), ElementsAre("640x360", "426x240"));
  EXPECT_TRUE(properties.at("renditions").at(0).at("copied").as_bool());
  EXPECT_FALSE(properties.at("renditions").at(1).at("copied").as_bool());
  EXPECT_TRUE(properties.at("sounds").at(0).at("copied").as_bool());
  auto hash = [](const fs::path& file) {
    return testing::output_of("ffmpeg -nostdin -v error -i '" + file.string() + "' -map 0:v -c copy -f hash -");
  };
  EXPECT_EQ(hash(scratch() / "v0.mp4"), hash(sample("film.mp4")));
  EXPECT_EQ(key_times("v0.mp4"), key_times("v1.mp4"));
  // Nothing of the encoder's delay is heard: sound begins with the picture.
  EXPECT_NEAR(number(stream("a0.mp4"), "start_time"), -0.0213, 0.001);
}

TEST_F(RenditionsTest, MakesALadderThatNeverExceedsItsSource) {
  auto properties = make("film.avi");
  expect_playable("film.avi");
  EXPECT_THAT(sizes(properties), ElementsAre("640x360", "426x240"));
  EXPECT_EQ(key_times("v0.mp4").size(), 2u);  // 0 and 2 seconds
  EXPECT_EQ(key_times("v0.mp4"), key_times("v1.mp4"));
  expect_quarters("v0.mp4");
  expect_quarters("v1.mp4");
  EXPECT_THAT(sizes(make("portrait.avi")), ElementsAre("360x640", "240x426"));
  expect_playable("portrait.avi");
  EXPECT_THAT(sizes(make("odd.mkv")), ElementsAre("320x240"));
  expect_playable("odd.mkv");
}

TEST_F(RenditionsTest, ListsWhatThePlayerNeeds) {
  make("film.avi");
  std::string master = text("master.m3u8");
  EXPECT_THAT(master, HasSubstr("RESOLUTION=640x360,FRAME-RATE=25.000,VIDEO-RANGE=SDR,AUDIO=\"sound\"\nv0.m3u8\n"));
  EXPECT_THAT(master, HasSubstr("mp4a.40.2"));
  EXPECT_THAT(master, HasSubstr("TYPE=AUDIO,GROUP-ID=\"sound\""));
  std::string vtt = text("sprites.vtt");
  EXPECT_THAT(vtt, HasSubstr("00:00:00.000 --> 00:00:00.250\nsprites-1.jpg#xywh=640,180,160,90\n"));
  EXPECT_THAT(vtt, HasSubstr("00:00:02.750 --> 00:00:03.000\nsprites-2.jpg#xywh=0,180,160,90\n"));
  auto sheet = stream("sprites-1.jpg");
  EXPECT_EQ(sheet.at("width").as_int64(), 800);
  EXPECT_EQ(sheet.at("height").as_int64(), 270);
  std::map<std::string, int> roles;
  for (auto& file : result_.at("files").as_array()) ++roles[std::string(file.at("role").as_string())];
  EXPECT_EQ(roles, (std::map<std::string, int>{{"stream", 12}, {"proxy", 1}}));
}

TEST_F(RenditionsTest, TurnsFilmsUprightOnce) {
  for (int degrees : {90, 180, 270}) {
    std::string name = fmt::format("rotated_{}.mp4", degrees);
    auto properties = make(name);
    expect_playable(name);
    EXPECT_EQ(sizes(properties)[0], degrees == 180 ? "640x360" : "360x640");
    // As ffmpeg itself turns the source.
    auto meant = testing::quarters_of_film(sample(name)), seen = testing::quarters_of_film(scratch() / "v0.mp4");
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(like(seen[i], meant[i])) << degrees << " " << i;
  }
}

TEST_F(RenditionsTest, KeepsTheTimesOfAVaryingRate) {
  for (const char* name : {"vfr.mp4", "vfr.mkv"}) {
    make(name);
    expect_playable(name, 3.0);
    auto times = [](const fs::path& file) {
      std::vector<double> found;
      for (auto& packet :
           testing::ffprobe(file, "-select_streams v:0 -show_entries packet=pts_time").at("packets").as_array())
        found.push_back(std::stod(std::string(packet.at("pts_time").as_string())));
      std::ranges::sort(found);
      return found;
    };
    auto meant = times(sample(name)), seen = times(scratch() / "v0.mp4");
    ASSERT_EQ(seen.size(), meant.size()) << name;
    EXPECT_NEAR(seen[0], meant[0], 0.002) << name;
    for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_NEAR(seen[i], meant[i], 0.002) << name << " " << i;
  }
}

TEST_F(RenditionsTest, EndsWhereAShortenedFilmDoes) {
  make("shortened.mp4");
  expect_playable("shortened.mp4", 1.5);
  auto counted = testing::ffprobe(scratch() / "v0.mp4", "-count_frames -show_entries stream=nb_read_frames");
  EXPECT_EQ(counted.at("streams").at(0).at("nb_read_frames").as_string(), "38");
}

TEST_F(RenditionsTest, ShowsEveryPictureOnceWhereTheirSizeChanges) {
  make("changing_size.webm");
  auto frames = testing::ffprobe(scratch() / "v0.mp4", "-select_streams v -show_entries frame=pts_time,width");
  const auto& list = frames.at("frames").as_array();
  ASSERT_EQ(list.size(), 100u);
  for (std::size_t i = 0; i < list.size(); ++i)
    EXPECT_NEAR(std::stod(std::string(list[i].at("pts_time").as_string())), 0.04 * static_cast<double>(i), 0.002) << i;
  EXPECT_EQ(list.back().at("width").as_int64(), 640);
}

TEST_F(RenditionsTest, KeepsItsPicturesWhereTheChannelsOfTheSoundChange) {
  make("changing_sound.ts");
  auto frames = testing::ffprobe(scratch() / "v0.mp4", "-select_streams v -show_entries frame=pts_time");
  const auto& list = frames.at("frames").as_array();
  EXPECT_NEAR(static_cast<double>(list.size()), 75, 3);
  for (std::size_t i = 1; i < list.size(); ++i)
    EXPECT_NEAR(std::stod(std::string(list[i].at("pts_time").as_string())) -
                    std::stod(std::string(list[i - 1].at("pts_time").as_string())),
                0.04, 0.002)
        << i;
}

TEST_F(RenditionsTest, MakesWholePicturesOfFields) {
  make("interlaced.mpg");
  expect_playable("interlaced.mpg");
  EXPECT_EQ(stream("v0.mp4").at("avg_frame_rate").as_string(), "25/1");
  EXPECT_EQ(stream("v0.mp4").at("width").as_int64(), 768);
  expect_quarters("v0.mp4");
  settings_.field_rate = true;
  make("interlaced.mpg");
  EXPECT_EQ(stream("v0.mp4").at("avg_frame_rate").as_string(), "50/1");
}

TEST_F(RenditionsTest, ShowsTheRightShape) {
  EXPECT_EQ(sizes(make("anamorphic.mpg"))[0], "1024x576");
  expect_playable("anamorphic.mpg");
  EXPECT_EQ(sizes(make("anamorphic.mp4"))[0], "512x288");
  expect_playable("anamorphic.mp4");
}

TEST_F(RenditionsTest, BringsHighDynamicRangeToOrdinaryScreens) {
  for (const char* name : {"hdr_pq.mp4", "hdr_hlg.mp4"}) {
    make(name);
    expect_playable(name);
    auto picture = stream("v0.mp4");
    EXPECT_EQ(picture.at("color_transfer").as_string(), "bt709");
    EXPECT_EQ(picture.at("color_primaries").as_string(), "bt709");
    EXPECT_EQ(picture.at("color_space").as_string(), "bt709");
    EXPECT_EQ(picture.at("color_range").as_string(), "tv");
    auto seen = testing::quarters_of_film(scratch() / "v0.mp4");
    EXPECT_TRUE(like(seen[3], kWhite, 70)) << name;
    EXPECT_TRUE(seen[0].red > 120 && seen[0].green < 90 && seen[0].blue < 90) << name << seen[0];
  }
}

TEST_F(RenditionsTest, BringsEveryPixelFormatToEightBits) {
  for (const char* name : {"prores.mov", "full_range.avi", "rgb.mkv", "film.webm"}) {
    make(name);
    expect_playable(name);
    expect_quarters("v0.mp4");
    EXPECT_EQ(stream("v0.mp4").at("color_range").as_string(), "tv") << name;
    EXPECT_TRUE(stream("v0.mp4").contains("color_space")) << name;
  }
  make("transparent.mov");
  expect_playable("transparent.mov");
}

TEST_F(RenditionsTest, HalvesRatesThatNoScreenShows) {
  make("high_rate.mp4");
  expect_playable("high_rate.mp4");
  EXPECT_EQ(stream("v0.mp4").at("avg_frame_rate").as_string(), "60/1");
}

TEST_F(RenditionsTest, PlaysFilmsWithoutSoundAndSoundWithoutFilm) {
  make("silent.mp4");
  expect_playable("silent.mp4");
  EXPECT_FALSE(fs::exists(scratch() / "a0.mp4"));
  EXPECT_EQ(text("master.m3u8").find("AUDIO"), std::string::npos);
  for (const char* name : {"cover.mp3", "sound.wav", "sound.ogg", "sound.aac", "cover.m4a"}) {
    auto properties = make(name);
    EXPECT_TRUE(sizes(properties).empty()) << name;
    EXPECT_FALSE(fs::exists(scratch() / "v0.mp4")) << name;
    auto played = testing::ffprobe(scratch() / "master.m3u8");
    EXPECT_NEAR(std::stod(std::string(played.at("format").at("duration").as_string())), 3.0, 0.15) << name;
    EXPECT_EQ(played.at("streams").at(0).at("codec_name").as_string(), "aac");
    EXPECT_EQ(testing::ffprobe(scratch() / "proxy.m4a").at("streams").at(0).at("codec_name").as_string(), "aac");
  }
}

TEST_F(RenditionsTest, OffersEveryLanguageAndNeverSumsThem) {
  auto properties = make("languages.mkv");
  expect_playable("languages.mkv");
  auto sounds = properties.at("sounds").as_array();
  ASSERT_EQ(sounds.size(), 3u);
  EXPECT_EQ(sounds[0].at("sourceStreams").at(0).as_int64(), 2);  // the default one, not the commentary before it
  EXPECT_EQ(sounds[1].at("title").as_string(), "Français");
  EXPECT_EQ(sounds[2].at("title").as_string(), "Commentary");
  EXPECT_THAT(text("master.m3u8"),
              HasSubstr("NAME=\"Français\",LANGUAGE=\"fr\",DEFAULT=NO,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"a1.m3u8\""));
  EXPECT_TRUE(fs::exists(scratch() / "a2.mp4"));

  properties = make("multi_mono.mov");
  expect_playable("multi_mono.mov");
  EXPECT_EQ(properties.at("sounds").as_array().size(), 2u);
  EXPECT_EQ(json::serialize(properties.at("sounds").at(0).at("sourceStreams")), "[1,2]");
  // Left holds 300 Hz and right 500 Hz, each alone.
  EXPECT_NEAR(static_cast<double>(crossings("a0.mp4", "c0")), 2 * 300 * 3, 60);
  EXPECT_NEAR(static_cast<double>(crossings("a0.mp4", "c1")), 2 * 500 * 3, 60);
  EXPECT_EQ(stream("a0.mp4").at("channels").as_int64(), 2);
  make("surround.mp4");
  expect_playable("surround.mp4");
  EXPECT_EQ(stream("a0.mp4").at("channels").as_int64(), 2);
}

TEST_F(RenditionsTest, KeepsPictureAndSoundTogether) {
  for (const char* name : {"start_later.ts", "edit_list.mp4", "picture_later.mkv", "film_opus.mkv"}) {
    make(name);
    expect_playable(name, std::string_view(name) == "edit_list.mp4"       ? 2.5
                          : std::string_view(name) == "picture_later.mkv" ? 3.5
                                                                          : 3.0);
    EXPECT_NEAR(number(stream("a0.mp4"), "start_time"), 0, 0.03) << name;
  }
  // Half a second late: the picture stands until it begins to move, and is as long as its sound.
  make("picture_later.mkv");
  EXPECT_NEAR(number(stream("v0.mp4"), "duration"), 3.5, 0.1);
  // What an edit list hides stays hidden.
  make("edit_list.mp4");
  EXPECT_NEAR(number(stream("v0.mp4"), "duration"), 2.5, 0.1);
}

TEST_F(RenditionsTest, ReadsFilesOfAnyName) {
  make("-dash %d [n=2] 🎬 فيلم שלום.mp4");
  expect_playable("-dash");
}

TEST_F(RenditionsTest, PlaysWhatThereIsOfAFilmThatWasCutOff) {
  for (const char* name : {"cut.mp4", "cut.mkv", "cut.m4a"}) {
    SCOPED_TRACE(name);
    const json::object properties = make(name);
    EXPECT_NEAR(static_cast<double>(properties.at("durationMs").as_int64()), 1500, 400);
    EXPECT_THAT(std::string(properties.at("lack").as_string()), HasSubstr("of the 3.0 seconds that it promises 1."));
    EXPECT_EQ(result_.at("note"), properties.at("lack"));
    const auto played = testing::ffprobe(scratch() / "master.m3u8");
    EXPECT_NEAR(std::stod(std::string(played.at("format").at("duration").as_string())), 1.5, 0.4);
  }
  EXPECT_FALSE(make("film.mp4").contains("lack"));
}

TEST_F(RenditionsTest, RefusesWhatItsDecoderDidNotBringToTheEnd) {
  const fs::path program = scratch().parent_path() / fmt::format("tired-ffmpeg-{}", getpid());
  for (const char* name : {"film.mp4", "film.avi", "cut.mp4"}) {
    SCOPED_TRACE(name);
    const json::object known = {{"mediaProperties", to_json(probed(sample(name)))}};
    settings_.ffmpeg = program.string();
    std::ofstream(program) << "#!/bin/sh\nexec ffmpeg -t 0.4 \"$@\"\n";
    fs::permissions(program, fs::perms::owner_all);
    auto result = run(renditions_step, sample(name), known);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "truncated");
    EXPECT_TRUE(result.error().permanent);
    std::ofstream(program) << "#!/bin/sh\nffmpeg -t 0.4 \"$@\"\nexit 255\n";  // as when it is told to end
    EXPECT_FALSE(run(renditions_step, sample(name), known));
  }
  fs::remove(program);
}

TEST_F(RenditionsTest, RefusesWhatIsNoFilm) {
  auto text = run(renditions_step, sample("text.mp4"));
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().permanent);
}

TEST_F(RenditionsTest, SaysWhyWhenTheDecoderCrashesOrHangs) {
  fs::path program = scratch().parent_path() / fmt::format("broken-ffmpeg-{}", getpid());
  settings_.ffmpeg = program.string();
  json::object known = {{"mediaProperties", to_json(probed(sample("film.avi")))}};
  std::ofstream(program) << "#!/bin/sh\necho 'it went wrong' >&2\nexit 3\n";
  fs::permissions(program, fs::perms::owner_all);
  auto result = run(renditions_step, sample("film.avi"), known);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "cannot-decode");
  EXPECT_THAT(result.error().detail, HasSubstr("it went wrong"));
  std::ofstream(program) << "#!/bin/sh\nexit 0\n";
  result = run(renditions_step, sample("film.avi"), known);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "cannot-decode");
  std::ofstream(program) << "#!/bin/sh\nwhile true; do :; done\n";
  settings_.limits.cpu = std::chrono::seconds(1);
  result = run(renditions_step, sample("film.avi"), known);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "timed-out");
  fs::remove(program);
}

class Waveform : public testing::StepTest {};

TEST_F(Waveform, MeasuresPeaksOfEverySound) {
  for (const char* name : {"sound.wav", "cover.mp3", "film.mp4", "multi_mono.mov", "languages.mkv"}) {
    made(waveform_step, sample(name));
    auto peaks = json::parse(testing::output_of("cat '" + (scratch() / "waveform.json").string() + "'"));
    EXPECT_EQ(peaks.at("version").as_int64(), 2);
    EXPECT_EQ(peaks.at("bits").as_int64(), 8);
    EXPECT_NEAR(static_cast<double>(peaks.at("length").as_int64()), 150, 4) << name;
    EXPECT_EQ(peaks.at("data").as_array().size(), 2 * static_cast<std::size_t>(peaks.at("length").as_int64()));
  }
  made(waveform_step, sample("sound.wav"));
  auto peaks = json::parse(testing::output_of("cat '" + (scratch() / "waveform.json").string() + "'"));
  // Half of full scale on the left, a fifth on the right: the louder one counts.
  EXPECT_NEAR(static_cast<double>(peaks.at("data").at(101).as_int64()), 64, 4);
  EXPECT_NEAR(static_cast<double>(peaks.at("data").at(100).as_int64()), -64, 4);
}

TEST(PeakMeter, KeepsTheNumberOfPointsBounded) {
  PeakMeter meter(1000, 1, 100);
  std::string loud("\xff\x7f", 2), quiet("\0\0", 2);
  for (int i = 0; i < 100'000; ++i) meter.add(i == 70'000 ? loud : quiet);
  Peaks peaks = meter.finish();
  EXPECT_LE(peaks.high.size(), 100u);
  EXPECT_GE(peaks.high.size(), 49u);
  EXPECT_EQ(std::ranges::max(peaks.high), 127);
  EXPECT_EQ(static_cast<std::int64_t>(std::ranges::max_element(peaks.high) - peaks.high.begin()),
            70'000 / peaks.samples_per_pixel);
}

}  // namespace
}  // namespace reelvault::media
