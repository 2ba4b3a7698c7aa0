// The probe on what people really have.
#include "media/still_steps.hpp"
#include "media/testing.hpp"

namespace reelvault::media {
namespace {

using ::testing::HasSubstr;
using testing::sample;

class Probe : public testing::StepTest {};

TEST_F(Probe, DescribesAnOrdinaryFilm) {
  MediaInfo info = probed(sample("film.mp4"));
  EXPECT_EQ(info.mediaType, "video");
  EXPECT_EQ(info.contentType, "video/mp4");
  EXPECT_EQ(info.durationMs, 3000);
  EXPECT_EQ(info.width, 640);
  EXPECT_EQ(info.height, 360);
  EXPECT_EQ(info.frameRate, "25/1");
  EXPECT_TRUE(info.hasAudio);
  EXPECT_FALSE(info.reason);
  ASSERT_TRUE(info.main_video());
  const VideoProperties& video = *info.main_video()->video;
  EXPECT_EQ(info.main_video()->codec, "h264");
  EXPECT_EQ(video.bitDepth, 8);
  EXPECT_EQ(video.chroma, "4:2:0");
  EXPECT_EQ(video.scan, "progressive");
  EXPECT_FALSE(video.variableFrameRate);
  EXPECT_TRUE(video.startsClean);
  EXPECT_EQ(video.keyFrameIntervalMs, 1000);
  ASSERT_EQ(info.audio_streams().size(), 1u);
  EXPECT_EQ(info.audio_streams()[0]->audio->channelLayout, "stereo");
}

TEST_F(Probe, SwapsSidesOfATurnedFilm) {
  for (int degrees : {90, 270}) {
    MediaInfo info = probed(sample(fmt::format("rotated_{}.mp4", degrees)));
    EXPECT_EQ(info.width, 360);
    EXPECT_EQ(info.height, 640);
    EXPECT_NE(info.main_video()->video->rotation, 0);
  }
  EXPECT_EQ(probed(sample("rotated_180.mp4")).main_video()->video->rotation, 180);
  EXPECT_EQ(probed(sample("rotated_180.mp4")).width, 640);
}

TEST_F(Probe, TellsVariableFromConstantRates) {
  EXPECT_TRUE(probed(sample("vfr.mp4")).main_video()->video->variableFrameRate);
  EXPECT_TRUE(probed(sample("vfr.mkv")).main_video()->video->variableFrameRate);
  // Matroska rounds to milliseconds.
  MediaInfo film = probed(sample("long_gop.mkv"));
  EXPECT_FALSE(film.main_video()->video->variableFrameRate);
  EXPECT_EQ(film.frameRate, "24000/1001");
  EXPECT_GT(film.main_video()->video->keyFrameIntervalMs, 2800);
}

TEST_F(Probe, TellsFieldsFromWholePicturesThatAreFlaggedAsFields) {
  EXPECT_EQ(probed(sample("interlaced.mpg")).main_video()->video->scan, "top-field-first");
  EXPECT_EQ(probed(sample("segmented.mp4")).main_video()->video->scan, "progressive");
}

TEST_F(Probe, GivesTheShapeThatIsSeen) {
  MediaInfo info = probed(sample("anamorphic.mpg"));
  EXPECT_EQ(info.main_video()->video->codedWidth, 720);
  EXPECT_EQ(info.width, 1024);
  EXPECT_EQ(info.height, 576);
  EXPECT_EQ(info.main_video()->video->displayAspectRatio, "16:9");
}

TEST_F(Probe, KnowsHighDynamicRange) {
  const MediaInfo pq = probed(sample("hdr_pq.mp4"));
  EXPECT_EQ(pq.main_video()->video->hdr, "HDR10");
  EXPECT_EQ(pq.main_video()->video->bitDepth, 10);
  EXPECT_EQ(pq.main_video()->video->peakNits, 1000);
  EXPECT_EQ(pq.main_video()->video->colorPrimaries, "bt2020");
  EXPECT_EQ(probed(sample("hdr_hlg.mp4")).main_video()->video->hdr, "HLG");
  const MediaInfo deep = probed(sample("prores.mov"));
  EXPECT_EQ(deep.main_video()->video->hdr, "");
  EXPECT_EQ(deep.main_video()->video->bitDepth, 10);
  EXPECT_EQ(deep.main_video()->video->chroma, "4:2:2");
}

TEST_F(Probe, ReadsStartTimecodesAndLanguages) {
  EXPECT_EQ(probed(sample("timecode.mov")).startTimecode, "01:00:00;00");
  EXPECT_EQ(probed(sample("timecode.mov")).frameRate, "30000/1001");
  MediaInfo info = probed(sample("languages.mkv"));
  ASSERT_EQ(info.audio_streams().size(), 3u);
  EXPECT_TRUE(info.audio_streams()[0]->commentary);
  EXPECT_EQ(info.audio_streams()[0]->role, "Commentary");
  EXPECT_TRUE(info.audio_streams()[1]->isDefault);
  EXPECT_EQ(info.audio_streams()[2]->language, "fra");
  EXPECT_EQ(info.audio_streams()[2]->title, "Français");
}

TEST_F(Probe, TakesACoverForACoverAndNotForAFilm) {
  for (const char* name : {"cover.mp3", "cover.m4a", "cover.flac"}) {
    MediaInfo info = probed(sample(name));
    EXPECT_EQ(info.mediaType, "audio") << name;
    EXPECT_TRUE(info.contentType.starts_with("audio/")) << info.contentType;
    EXPECT_FALSE(info.main_video()) << name;
    ASSERT_TRUE(info.cover()) << name;
    EXPECT_EQ(info.cover()->video->frameRate, "") << name << ": a still has none";
    EXPECT_NEAR(static_cast<double>(info.durationMs.value_or(0)), 3000, 80) << name;
  }
  EXPECT_EQ(probed(sample("sound.ogg")).contentType, "audio/ogg");
  EXPECT_EQ(probed(sample("sound.aac")).contentType, "audio/aac");
}

TEST_F(Probe, MeasuresWhatTheFileDoesNotTellOfItsLength) {
  // Quiet for half of the time: its bit rate at the beginning says nothing of the rest.
  MediaInfo sound = probed(sample("changing_rate.mp3"));
  EXPECT_NEAR(static_cast<double>(sound.durationMs.value_or(0)), 20'040, 1);
  EXPECT_TRUE(sound.container->durationExact);
  EXPECT_EQ(sound.streams[0].durationMs, sound.durationMs);
  EXPECT_NEAR(static_cast<double>(probed(sample("sound.aac")).durationMs.value_or(0)), 3029, 25);
  // 75 pictures, in packets without times or whose last has nothing behind it.
  for (const char* name : {"elementary.h264", "elementary.m2v", "recorded.webm"})
    EXPECT_NEAR(static_cast<double>(probed(sample(name)).durationMs.value_or(0)), 3000, 1) << name;
}

TEST_F(Probe, KeepsPictureAndSoundApartInTime) {
  MediaInfo info = probed(sample("picture_later.mkv"));
  EXPECT_NEAR(static_cast<double>(info.main_video()->startUs), 500'000, 30'000);
  EXPECT_NEAR(static_cast<double>(info.audio_streams()[0]->startUs), 0, 30'000);
  EXPECT_FALSE(probed(sample("edit_list.mp4")).main_video()->video->startsClean);
}

TEST_F(Probe, DescribesPicturesWithTheirMetadata) {
  MediaInfo info = probed(sample("orientation_6.jpg"));
  EXPECT_EQ(info.mediaType, "image");
  EXPECT_EQ(info.width, 400);
  EXPECT_EQ(info.height, 300);
  ASSERT_TRUE(info.picture);
  EXPECT_EQ(info.picture->orientation, 6);
  EXPECT_EQ(info.picture->exif.at("Make"), "Reelcam");
  EXPECT_EQ(info.picture->iptc.at("Caption"), "Four quarters");
  EXPECT_EQ(info.picture->xmp.at("dc.title"), "Quarters");
  EXPECT_EQ(probed(sample("cmyk.tif")).picture->interpretation, "cmyk");
  EXPECT_TRUE(probed(sample("p3.jpg")).picture->iccProfile);
  EXPECT_EQ(probed(sample("sixteen.tif")).picture->bitDepth, 16);
  EXPECT_TRUE(probed(sample("transparent.png")).picture->alpha);
  EXPECT_EQ(probed(sample("animated.gif")).picture->pages, 5);
  EXPECT_EQ(probed(sample("quarters.heic")).mediaType, "image");
  EXPECT_EQ(probed(sample("quarters.svg")).contentType, "image/svg+xml");
  EXPECT_EQ(probed(sample("quarters.bmp")).width, 400);
}

TEST_F(Probe, CountsPagesOfADocument) {
  MediaInfo info = probed(sample("two_pages.pdf"));
  EXPECT_EQ(info.mediaType, "document");
  EXPECT_EQ(info.contentType, "application/pdf");
  EXPECT_EQ(info.document->pageCount, 2);
  EXPECT_EQ(info.document->title, "Two pages");
  EXPECT_THAT(probed(sample("damaged.pdf")).reason.value_or(""), HasSubstr("damaged"));
}

TEST_F(Probe, TakesAPlainFileForWhatItIs) {
  MediaInfo empty = probed(sample("empty.mp4"));
  EXPECT_EQ(empty.mediaType, "video");
  EXPECT_EQ(empty.reason, "The file is empty.");
  MediaInfo text = probed(sample("text.mp4"));
  EXPECT_EQ(text.mediaType, "document");
  EXPECT_EQ(text.contentType, "text/plain");
  EXPECT_EQ(text.reason, "Its name promises a video, but the file is plain text.");
  for (const char* list : {"playlist.mp4", "script.mp4"}) {
    MediaInfo info = probed(sample(list));
    EXPECT_NE(info.mediaType, "video") << list;
    EXPECT_TRUE(info.reason) << list;
    EXPECT_TRUE(info.streams.empty()) << list;
  }
  EXPECT_EQ(probed(sample("noise.bin")).mediaType, "other");
  MediaInfo data = probed(sample("data_only.mov"));
  EXPECT_EQ(data.mediaType, "other");
  EXPECT_THAT(data.reason.value_or(""), HasSubstr("neither a picture nor sound"));
}

TEST_F(Probe, SaysWhyAFilmCannotBeDecoded) {
  auto cut = run(probe_step, sample("no_index.mp4"));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, "cannot-decode");
  EXPECT_TRUE(cut.error().permanent);
  EXPECT_THAT(cut.error().message, HasSubstr("cut off"));
  auto noise = run(probe_step, sample("noise.mp4"));
  ASSERT_FALSE(noise);
  EXPECT_THAT(noise.error().message, HasSubstr("not a video that can be decoded"));
}

TEST_F(Probe, ReadsFilesOfAnyName) {
  EXPECT_EQ(probed(sample("-dash %d [n=2] 🎬 فيلم שלום.mp4")).mediaType, "video");
  EXPECT_EQ(probed(sample("%d[n=2] 🎬 שלום.jpg")).width, 400);
}

TEST_F(Probe, SurvivesTheWayThroughJson) {
  for (const char* name : {"film.mp4", "hdr_pq.mp4", "orientation_6.jpg", "two_pages.pdf"}) {
    MediaInfo info = probed(sample(name));
    auto again = media_info_from(boost::json::parse(boost::json::serialize(to_json(info))));
    ASSERT_TRUE(again) << name;
    EXPECT_TRUE(*again == info) << name;
  }
}

TEST_F(Probe, RefusesPicturesOfAbsurdSizeBeforeDecoding) {
  EXPECT_EQ(probed(sample("bomb.png")).width, 60000);
  auto result = run(thumbnail_step, sample("bomb.png"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "too-large");
  EXPECT_TRUE(result.error().permanent);
}

}  // namespace
}  // namespace reelvault::media
