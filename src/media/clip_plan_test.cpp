// Decisions by values alone: each odd film is a MediaInfo.
#include "media/clip_plan.hpp"
#include "media/frame_times.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::media {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MediaInfo film(std::string codec = "h264", std::string sound = "aac") {
  MediaInfo info;
  info.mediaType = "video";
  info.contentType = "video/mp4";
  info.container = Container{"mov,mp4,m4a,3gp,3g2,mj2", "QuickTime / MOV", {}, true, {}};
  Stream video;
  video.kind = "video";
  video.codec = std::move(codec);
  video.video.emplace();
  video.video->codedWidth = video.video->displayWidth = 1920;
  video.video->codedHeight = video.video->displayHeight = 1080;
  video.video->chroma = "4:2:0";
  video.video->pixelFormat = "yuv420p";
  video.video->frameRate = "30000/1001";
  video.video->scan = "progressive";
  info.streams.push_back(video);
  Stream audio;
  audio.index = 1;
  audio.kind = "audio";
  audio.codec = std::move(sound);
  audio.audio = AudioProperties{2, "stereo", 48000, 0, true};
  info.streams.push_back(audio);
  return info;
}

std::string line(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string exact(const MediaInfo& info, Cut cut = {}) {
  if (!cut.first) cut.first = 1001, cut.end = 3003, cut.frames = 2;
  return line(exact_clip_command(info, MediaSettings{}, cut, "/in", "/out.mp4"));
}

TEST(ClipPlan, CopiesGoIntoWhatHoldsThem) {
  EXPECT_EQ(clip_format(film(), true).extension, ".mp4");
  EXPECT_EQ(clip_format(film(), false).extension, ".mp4");
  EXPECT_EQ(clip_format(film("h264", "pcm_s24le"), false).extension, ".mkv");
  MediaInfo info = film("prores", "pcm_s16le");
  info.contentType = "video/quicktime";
  EXPECT_EQ(clip_format(info, false).extension, ".mov");
  info = film("vp9", "opus");
  info.contentType = "video/webm";
  EXPECT_EQ(clip_format(info, false).extension, ".webm");
  for (auto [codec, extension] :
       {std::pair("mp3", ".mp3"), {"flac", ".mka"}, {"aac", ".m4a"}, {"vorbis", ".ogg"}, {"dts", ".mka"}}) {
    MediaInfo sound = film("", codec);
    sound.streams.erase(sound.streams.begin());
    EXPECT_EQ(clip_format(sound, false).extension, extension);
    EXPECT_EQ(clip_format(sound, true).extension, ".m4a");
  }
}

TEST(ClipPlan, SteadyFilmsAreCountedAndVaryingOnesKeepTheirTimes) {
  MediaInfo info = film();
  EXPECT_THAT(exact(info), HasSubstr("trim=start_pts=1001:end_pts=3003,setpts=PTS-1001,fps=fps=30000/1001:start_time=0,"
                                     "trim=end_frame=2,format=yuv420p[v]"));
  info.streams[0].video->variableFrameRate = true;
  EXPECT_THAT(exact(info), Not(HasSubstr("fps=fps=")));
  EXPECT_THAT(exact(info), HasSubstr("-fps_mode vfr -enc_time_base 1:90000"));
}

TEST(ClipPlan, PicturesStayWhatTheyWere) {
  MediaInfo info = film();
  VideoProperties& video = *info.streams[0].video;
  video.bitDepth = 10;
  video.colorTransfer = "smpte2084";
  video.colorPrimaries = "bt2020";
  EXPECT_THAT(exact(info), HasSubstr("format=yuv420p10le"));
  EXPECT_THAT(exact(info), HasSubstr("-color_primaries bt2020 -color_trc smpte2084 -color_range tv"));
  video = *film().streams[0].video;
  video.scan = "bottom-field-first";
  EXPECT_THAT(exact(info), HasSubstr("-flags:v +ilme+ildct -top 0"));
  video.codedWidth = video.displayWidth = 1919;
  EXPECT_THAT(exact(info), HasSubstr("crop=trunc(iw/2)*2"));
  video.chroma = "rgb";
  EXPECT_THAT(exact(info), HasSubstr("out_color_matrix=bt709:out_range=tv,format=yuv444p"));
  EXPECT_THAT(exact(info), Not(HasSubstr("crop=")));
}

TEST(ClipPlan, LabelsAreWrittenAtSteadyRates) {
  MediaInfo info = film();
  EXPECT_EQ(writable_label(Label{1, 0, 0, 2, true}, info), "01:00:00;02");
  EXPECT_FALSE(writable_label(std::nullopt, info));
  info.streams[0].video->variableFrameRate = true;
  EXPECT_FALSE(writable_label(Label{1, 0, 0, 2, true}, info));
  info = film();
  for (std::string_view rate : {"24000/1001", "15/1", "10/1", "120000/1001"}) {
    info.streams[0].video->frameRate = rate;
    EXPECT_EQ(writable_label(Label{1, 0, 0, 2, false}, info), "01:00:00:02");
  }
  for (std::string_view rate : {"36/5", "1000/1"}) {
    info.streams[0].video->frameRate = rate;
    EXPECT_FALSE(writable_label(Label{1, 0, 0, 2, false}, info)) << rate;
  }
}

TEST(ClipPlan, PointsSurviveTheWayThroughAJob) {
  for (ClipPoint point : {ClipPoint{true, 12}, ClipPoint{false, 1'001'000'000}}) {
    auto again = clip_point_from(to_json(point));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->is_frame, point.is_frame);
    EXPECT_EQ(again->value, point.value);
  }
  EXPECT_FALSE(clip_point_from(boost::json::value("x")));
}

TEST(FrameTimes, AreReadInTheOrderOfShowing) {
  const auto frames = read_frame_times(
      R"({"frames": [{"key_frame": 1, "best_effort_timestamp": 0, "pkt_duration": 512},
          {"key_frame": 0, "best_effort_timestamp": 1024, "pkt_duration": 512},
          {"key_frame": 0, "best_effort_timestamp": "512"}, {"key_frame": 0}, "odd",
          {"key_frame": 0, "best_effort_timestamp": 9223372036854775807}]})");
  EXPECT_THAT(frames,
              ::testing::ElementsAre(FrameTime{0, 512, true}, FrameTime{512, 0, false}, FrameTime{1024, 512, false}));
  EXPECT_TRUE(read_frame_times("not JSON").empty());
  EXPECT_TRUE(read_frame_times("[]").empty());
}

TEST(FrameTimes, ClocksCountFromTheFilesBeginning) {
  const StreamClock clock{.file_start_us = 1'400'000, .tick = {1, 90000}, .first = 132000};
  EXPECT_EQ(clock.ns_of(126000), 0);
  EXPECT_EQ(clock.ticks_of(0), 126000);
  EXPECT_EQ(clock.ns_of(clock.ticks_of(2'000'000'000)), 2'000'000'000);
  EXPECT_EQ(clock.ticks(1'000'000'000), 90000);
}

}  // namespace
}  // namespace reelvault::media
