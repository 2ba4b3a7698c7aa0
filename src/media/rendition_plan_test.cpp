// Decisions by values alone: each odd film is a MediaInfo.
#include "media/rendition_plan.hpp"

#include "media/ffmpeg_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::media {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Stream sound(std::int64_t index, std::int64_t channels = 2, std::string language = "") {
  Stream stream;
  stream.index = index;
  stream.kind = "audio";
  stream.codec = "aac";
  stream.profile = "LC";
  stream.bitRate = 128'000;
  stream.language = std::move(language);
  stream.audio = AudioProperties{channels, channels == 1 ? "mono" : "stereo", 48000, 0, true};
  return stream;
}

// A film that browsers play as it is.
MediaInfo film(std::int64_t width = 1920, std::int64_t height = 1080) {
  MediaInfo info;
  info.mediaType = "video";
  info.durationMs = 60'000;
  info.container = Container{"mov,mp4,m4a,3gp,3g2,mj2", "QuickTime / MOV", 4'000'000, true, {}};
  Stream stream;
  stream.index = 0;
  stream.kind = "video";
  stream.codec = "h264";
  stream.profile = "High";
  stream.level = 41;
  stream.bitRate = 3'900'000;
  stream.isDefault = true;
  VideoProperties video;
  video.codedWidth = video.displayWidth = width;
  video.codedHeight = video.displayHeight = height;
  video.sampleAspectRatio = "1:1";
  video.pixelFormat = "yuv420p";
  video.chroma = "4:2:0";
  video.colorSpace = video.colorPrimaries = video.colorTransfer = "bt709";
  video.frameRate = "25/1";
  video.scan = "progressive";
  video.keyFrameIntervalMs = 2000;
  video.startsClean = true;
  stream.video = video;
  info.streams = {stream, sound(1)};
  return info;
}
VideoProperties& picture(MediaInfo& info) { return *info.streams[0].video; }

std::vector<std::string> ladder(const MediaInfo& info, const MediaSettings& settings = {}) {
  std::vector<std::string> sizes;
  RenditionPlan plan = plan_renditions(info, settings);
  for (const Rung& rung : plan.rungs)
    sizes.push_back(fmt::format("{}x{}{}", rung.size.width, rung.size.height, rung.copied ? " copied" : ""));
  return sizes;
}
std::string command(const MediaInfo& info, Outputs outputs = {}, const MediaSettings& settings = {}) {
  RenditionPlan plan = plan_renditions(info, settings);
  std::string all;
  for (const std::string& word : rendition_command(plan, settings, outputs, "/in/put", "/out")) all += word + " ";
  return all;
}

TEST(RenditionPlan, DeliversABrowserSafeFilmAsItIs) {
  EXPECT_THAT(ladder(film()), ElementsAre("1920x1080 copied", "1280x720", "854x480", "426x240"));
  std::string words = command(film());
  EXPECT_THAT(words, HasSubstr("-map 0:0 -c:v copy"));
  EXPECT_THAT(words, HasSubstr("-map 0:1 -c:a copy"));
  EXPECT_THAT(words, HasSubstr("-force_key_frames source"));
}

// One picture more than the film has would be a wrong one, and key frames beside those of the copy would not line up.
TEST(RenditionPlan, EncodesAFilmThatBeginsALittleLateFromItsOwnBeginning) {
  MediaInfo info = film();
  picture(info).frameRate = "25/1";
  EXPECT_THAT(command(info), HasSubstr("fps=fps=25/1:start_time=0,"));
  EXPECT_THAT(command(info), Not(HasSubstr("-enc_time_base")));
  info.streams[0].startUs = 21'000;
  EXPECT_EQ(plan_renditions(info, {}).lead_us, 21'000);
  EXPECT_THAT(command(info), HasSubstr("setpts='PTS-round(0.021000/TB)',fps=fps=25/1:start_time=0,settb=1/90000,"
                                       "setpts='PTS+round(0.021000/TB)'"));
  EXPECT_THAT(command(info), HasSubstr("-enc_time_base 1:90000"));
  // Much later, the first picture is shown from the start on, for whole frames.
  info.streams[0].startUs = 412'000;
  EXPECT_EQ(plan_renditions(info, {}).lead_us, 12'000);
  picture(info).frameRate = "2/1";
  EXPECT_EQ(plan_renditions(info, {}).lead_us, 0);
}

TEST(RenditionPlan, SaysTheColoursOfACopyThatDoesNotSayThem) {
  MediaInfo info = film(960, 540);
  VideoProperties& video = picture(info);
  video.colorSpace = video.colorPrimaries = video.colorTransfer = "";
  EXPECT_THAT(command(info),
              HasSubstr("-bsf:v h264_metadata=matrix_coefficients=6:colour_primaries=6:transfer_characteristics=6 "));
  info = film();
  picture(info).colorSpace = picture(info).colorPrimaries = picture(info).colorTransfer = "bt709";
  EXPECT_THAT(command(info), Not(HasSubstr("h264_metadata")));
  picture(info).colorTransfer = "";
  EXPECT_THAT(command(info), HasSubstr("-bsf:v h264_metadata=transfer_characteristics=1 "));
}

TEST(RenditionPlan, EncodesWhateverABrowserMayNotPlay) {
  std::pair<const char*, std::function<void(MediaInfo&)>> odd[] = {
      {"another codec", [](MediaInfo& info) { info.streams[0].codec = "hevc"; }},
      {"10 bit profile", [](MediaInfo& info) { info.streams[0].profile = "High 10"; }},
      {"4:2:2", [](MediaInfo& info) { picture(info).pixelFormat = "yuv422p"; }},
      {"full range", [](MediaInfo& info) { picture(info).colorRange = "pc"; }},
      {"fields", [](MediaInfo& info) { picture(info).scan = "top-field-first"; }},
      {"turned", [](MediaInfo& info) { picture(info).orientation = 6; }},
      {"oblong samples", [](MediaInfo& info) { picture(info).sampleAspectRatio = "64:45"; }},
      {"HDR", [](MediaInfo& info) { picture(info).hdr = "HLG"; }},
      {"rare key frames", [](MediaInfo& info) { picture(info).keyFrameIntervalMs = 20'000; }},
      {"an edit list", [](MediaInfo& info) { picture(info).startsClean = false; }},
      {"a late start", [](MediaInfo& info) { info.streams[0].startUs = 400'000; }},
      {"a wild bit rate", [](MediaInfo& info) { info.streams[0].bitRate = 90'000'000; }},
      {"a high rate", [](MediaInfo& info) { picture(info).frameRate = "120/1"; }},
      {"a transport stream", [](MediaInfo& info) { info.container->format = "mpegts"; }},
  };
  for (auto& [name, change] : odd) {
    MediaInfo info = film();
    change(info);
    EXPECT_FALSE(video_copyable(info, info.streams[0])) << name;
    EXPECT_THAT(ladder(info), ElementsAre("1920x1080", "1280x720", "854x480", "426x240")) << name;
    EXPECT_THAT(command(info), HasSubstr("-force_key_frames expr:gte(t,n_forced*2.000)")) << name;
  }
}

TEST(RenditionPlan, NeverExceedsTheSourceAndGoesByTheShorterSide) {
  auto encoded = [](std::int64_t width, std::int64_t height) {
    MediaInfo info = film(width, height);
    info.streams[0].codec = "hevc";
    return ladder(info);
  };
  EXPECT_THAT(encoded(3840, 2160), ElementsAre("1920x1080", "1280x720", "854x480", "426x240"));
  EXPECT_THAT(encoded(1080, 1920), ElementsAre("1080x1920", "720x1280", "480x854", "240x426"));
  EXPECT_THAT(encoded(1024, 576), ElementsAre("1024x576", "426x240"));
  EXPECT_THAT(encoded(320, 180), ElementsAre("320x180"));
  EXPECT_THAT(encoded(321, 241), ElementsAre("320x240"));
  EXPECT_THAT(encoded(1, 1), ElementsAre("2x2"));
  EXPECT_THAT(encoded(2048, 858), ElementsAre("2048x858", "1146x480", "572x240"));
  EXPECT_THAT(encoded(5000, 100), ElementsAre("5000x100"));
  EXPECT_THAT(ladder(film(3840, 2160)), ElementsAre("3840x2160 copied", "1920x1080", "1280x720", "854x480", "426x240"));
}

TEST(RenditionPlan, FollowsTheConfiguredLadder) {
  MediaInfo info = film();
  info.streams[0].codec = "hevc";
  MediaSettings settings;
  settings.ladder = {720, 360};
  EXPECT_THAT(ladder(info, settings), ElementsAre("1280x720", "640x360"));
}

TEST(RenditionPlan, TurnsFieldsIntoPicturesBeforeScaling) {
  MediaInfo info = film(720, 576);
  picture(info).scan = "bottom-field-first";
  picture(info).displayWidth = 1024;
  EXPECT_THAT(command(info), HasSubstr("[film]bwdif=mode=send_frame:parity=bff:deint=all,scale=w=1024:h=576"));
  MediaSettings settings;
  settings.field_rate = true;
  EXPECT_THAT(command(info, {}, settings), HasSubstr("bwdif=mode=send_field"));
  EXPECT_THAT(command(info, {}, settings), HasSubstr("fps=fps=50/1"));
}

TEST(RenditionPlan, MapsTheLightOfHighDynamicRange) {
  MediaInfo info = film();
  picture(info).hdr = "HDR10";
  picture(info).pixelFormat = "yuv420p10le";
  picture(info).peakNits = 4000;
  EXPECT_THAT(command(info), HasSubstr("tin=smpte2084"));
  EXPECT_THAT(command(info), HasSubstr("peak=40.00"));
  for (std::int64_t absurd : {0, 5, 65535}) {
    picture(info).peakNits = absurd;
    EXPECT_THAT(command(info), HasSubstr("peak=10.00")) << absurd;
  }
  picture(info).hdr = "HLG";
  EXPECT_THAT(command(info), HasSubstr("tin=arib-std-b67"));
  EXPECT_THAT(command(info), HasSubstr("-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"));
}

TEST(RenditionPlan, RefusesColoursThatNobodyCanTell) {
  MediaInfo info = film();
  picture(info).hdr = "Dolby Vision";
  picture(info).dolbyVisionProfile = 5;
  EXPECT_THAT(plan_renditions(info, {}).refusal.value_or(""), HasSubstr("Dolby Vision profile 5"));
  // The others are HDR10 with additions.
  picture(info).dolbyVisionProfile = 8;
  EXPECT_FALSE(plan_renditions(info, {}).refusal);
  EXPECT_THAT(command(info), HasSubstr("tin=smpte2084"));
}

TEST(RenditionPlan, KeepsColoursOfSmallFilmsAndSaysSo) {
  MediaInfo info = film(720, 576);
  info.streams[0].codec = "mpeg2video";
  picture(info).colorSpace = picture(info).colorPrimaries = picture(info).colorTransfer = "";
  EXPECT_THAT(command(info), HasSubstr("-colorspace bt470bg"));
  picture(info).codedHeight = 480;
  EXPECT_THAT(command(info), HasSubstr("-colorspace smpte170m"));
  picture(info).codedWidth = 1920;
  picture(info).codedHeight = 1080;
  EXPECT_THAT(command(info), HasSubstr("-colorspace bt709"));
  picture(info).chroma = "rgb";
  EXPECT_THAT(command(info), HasSubstr("out_color_matrix=bt709"));
}

TEST(RenditionPlan, MakesConstantRatesExactAndKeepsVaryingOnes) {
  MediaInfo info = film();
  info.streams[0].codec = "hevc";
  picture(info).frameRate = "30000/1001";
  EXPECT_THAT(command(info), HasSubstr("fps=fps=30000/1001:start_time=0"));
  picture(info).frameRate = "240/1";
  EXPECT_THAT(command(info), HasSubstr("fps=fps=60/1"));
  picture(info).variableFrameRate = true;
  picture(info).frameRate = "255/13";
  std::string words = command(info);
  EXPECT_THAT(words, HasSubstr("-fps_mode vfr -enc_time_base 1:90000"));
  EXPECT_THAT(words, HasSubstr(":fps=255/13"));
  picture(info).frameRate = "";
  EXPECT_EQ(plan_renditions(info, {}).rate, (Rational{25, 1}));
}

TEST(RenditionPlan, ChoosesWhatPlaysUnasked) {
  MediaInfo info = film();
  info.streams.resize(1);
  Stream commentary = sound(1, 2, "eng"), main = sound(2, 6, "eng"), other = sound(3, 2, "fra");
  commentary.commentary = commentary.isDefault = true;
  main.isDefault = true;
  info.streams.insert(info.streams.end(), {commentary, main, other});
  RenditionPlan plan = plan_renditions(info, {});
  ASSERT_EQ(plan.audio.size(), 3u);
  EXPECT_THAT(plan.audio[0].source_streams, ElementsAre(2));
  EXPECT_FALSE(plan.audio[0].copyable);  // six channels become two
  EXPECT_THAT(plan.audio[1].source_streams, ElementsAre(3));
  EXPECT_THAT(plan.audio[2].source_streams, ElementsAre(1));
}

TEST(RenditionPlan, TellsTracksOfOneLanguageApartByTheirNames) {
  MediaInfo info = film();
  info.streams.resize(1);
  Stream stereo = sound(1, 2, "eng"), surround = sound(2, 6, "eng"), described = sound(3, 2, "eng");
  Stream titled = sound(4, 2, "fra"), other = sound(5, 2, "fra"), twin = sound(6, 2, "fra");
  described.commentary = true;
  described.role = "Audio description";
  titled.title = "Director";
  info.streams.insert(info.streams.end(), {stereo, surround, described, titled, other, twin});
  std::map<std::int64_t, std::string> names;
  for (const AudioTrack& track : plan_renditions(info, {}).audio) names[track.source_streams.front()] = track.name;
  EXPECT_EQ(names[1], "Stereo");
  EXPECT_EQ(names[2], "5.1");
  EXPECT_EQ(names[3], "Audio description");
  EXPECT_EQ(names[4], "Director");
  EXPECT_THAT(names[5], StartsWith("Track "));
  EXPECT_THAT(names[6], StartsWith("Track "));
}

TEST(RenditionPlan, JoinsTracksOfOneChannelInPairs) {
  MediaInfo info = film();
  info.streams.resize(1);
  for (std::int64_t index = 1; index <= 5; ++index) info.streams.push_back(sound(index, 1));
  RenditionPlan plan = plan_renditions(info, {});
  ASSERT_EQ(plan.audio.size(), 3u);
  EXPECT_THAT(plan.audio[0].source_streams, ElementsAre(1, 2));
  EXPECT_THAT(plan.audio[0].filter, HasSubstr("join=inputs=2:channel_layout=stereo"));
  EXPECT_THAT(plan.audio[2].source_streams, ElementsAre(5));
  // Two languages in one channel each are no pair.
  info.streams = {film().streams[0], sound(1, 1, "eng"), sound(2, 1, "fra")};
  EXPECT_EQ(plan_renditions(info, {}).audio.size(), 2u);
  EXPECT_THAT(plan_renditions(info, {}).audio[0].source_streams, ElementsAre(1));
}

TEST(RenditionPlan, CutsSpritesByDuration) {
  auto sprites = [](std::int64_t duration_ms) {
    MediaInfo info = film();
    info.durationMs = duration_ms;
    return *plan_renditions(info, {}).sprites;
  };
  EXPECT_EQ(sprites(100).interval_ms, 250);
  EXPECT_EQ(sprites(100).count, 1);
  EXPECT_EQ(sprites(60'000).interval_ms, 1000);
  EXPECT_EQ(sprites(60'000).count, 60);
  EXPECT_EQ(sprites(2 * 3600'000).interval_ms, 10'000);
  EXPECT_EQ(sprites(100ll * 3600'000).interval_ms, 300'000);
  EXPECT_EQ(sprites(60'000).tile, (PictureSize{160, 90}));
  EXPECT_THAT(command(film()), HasSubstr("fps=fps=1/1:start_time=0,scale=160:90"));
}

TEST(RenditionPlan, MakesPartsAloneWhenAsked) {
  std::string ladder = command(film(), {.ladder = true, .sprites = false});
  EXPECT_THAT(ladder, Not(HasSubstr("sprites")));
  std::string sprites = command(film(), {.ladder = false, .sprites = true, .sounds_to = 0});
  EXPECT_THAT(sprites, HasSubstr("sprites-%d.jpg"));
  EXPECT_THAT(sprites, Not(HasSubstr("libx264")));
  EXPECT_THAT(sprites, Not(HasSubstr("a0.mp4")));
}

TEST(RenditionPlan, OffersSoundAlone) {
  MediaInfo info = film();
  info.streams.erase(info.streams.begin());
  RenditionPlan plan = plan_renditions(info, {});
  EXPECT_TRUE(plan.rungs.empty());
  EXPECT_FALSE(plan.sprites);
  EXPECT_FALSE(plan.refusal);
  info.streams.clear();
  EXPECT_TRUE(plan_renditions(info, {}).refusal);
}

TEST(FfmpegCommand, NeverOpensListsOfFilesOrTheNetwork) {
  std::string list(demuxers());
  for (const char* name : {"hls", "dash", "concat", "image2", "lavfi", "rtsp", "sdp", "tty", "ffmetadata"})
    EXPECT_THAT("," + list + ",", Not(HasSubstr(fmt::format(",{},", name))));
  EXPECT_THAT(command(film()), HasSubstr("-protocol_whitelist file -format_whitelist"));
  EXPECT_THAT(command(film()), HasSubstr("-i file:/in/put"));
  EXPECT_THAT(command(film()), HasSubstr("-nostdin"));
}

TEST(FfmpegCommand, TellsProgressFromChatter) {
  ProgressReader progress;
  EXPECT_TRUE(progress.read("frame=10\nout_time_us=400000\nprogress=continue\n"));
  EXPECT_EQ(progress.out_time_us(), 400'000);
  EXPECT_FALSE(progress.read("frame=10\nout_time_us=400000\nprogress=continue\n"));
  EXPECT_FALSE(progress.read("out_time_us=N/A\n"));
  EXPECT_FALSE(progress.read("out_time_"));
  EXPECT_TRUE(progress.read("us=500000\n"));
}

}  // namespace
}  // namespace reelvault::media
