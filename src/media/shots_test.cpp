#include "media/shots.hpp"

#include "media/renditions.hpp"
#include "media/shots_step.hpp"
#include "media/testing.hpp"

namespace reelvault::media {
namespace {

using ::testing::ElementsAre;

TEST(Scores, AreReadFromWhatFfmpegPrints) {
  const auto scores = read_scores(
      "frame:37   pts:1480000 pts_time:1.48\nlavfi.scd.score=28.947\n"
      "frame:38   pts:NOPTS   pts_time:NOPTS\nlavfi.scd.score=9.5\n"
      "junk\nlavfi.scd.score=50\n"
      "frame:39   pts:-40000 pts_time:-0.04\nlavfi.scd.score=8.1");
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_EQ(scores[0].at_us, 1'480'000);
  EXPECT_DOUBLE_EQ(scores[0].score, 28.947);
  EXPECT_EQ(scores[1].at_us, -40'000);
  EXPECT_TRUE(read_scores("").empty());
}

TEST(ShotStarts, BeginWithTheFirstPictureAndAtEachCut) {
  EXPECT_THAT(shot_starts({{2'000'000, 30}, {4'000'000, 9}, {5'000'000, 7.9}}, 0, 10'000'000),
              ElementsAre(0, 2'000'000, 4'000'000));
  EXPECT_THAT(shot_starts({}, 80'000, 10'000'000), ElementsAre(80'000));
}

TEST(ShotStarts, LeaveNoShotTooShortToBeOne) {
  // A flash is two cuts, of which the clearer one counts; the first and the last pictures are no shots of their own.
  EXPECT_THAT(
      shot_starts({{40'000, 30}, {3'000'000, 20}, {3'080'000, 40}, {3'160'000, 10}, {9'900'000, 50}}, 0, 10'000'000),
      ElementsAre(0, 3'080'000));
}

TEST(ShotStarts, AreTheClearestWhereThereAreTooMany) {
  std::vector<PictureScore> scores;
  for (int i = 1; i <= 9; ++i) scores.push_back({i * 1'000'000, 10.0 + i % 3});
  EXPECT_THAT(shot_starts(scores, 0, 10'000'000, 4), ElementsAre(0, 2'000'000, 5'000'000, 8'000'000));
}

MediaInfo film(std::string rate, std::optional<std::string> timecode, bool varies = false, std::int64_t start_us = 0) {
  MediaInfo info;
  info.frameRate = rate;
  info.startTimecode = std::move(timecode);
  Stream stream;
  stream.kind = "video";
  stream.startUs = start_us;
  stream.video.emplace();
  stream.video->frameRate = rate;
  stream.video->variableFrameRate = varies;
  info.streams.push_back(std::move(stream));
  return info;
}

TEST(PictureClock, NamesTheFrameThatIsNearest) {
  const PictureClock drop(film("30000/1001", "00:00:59;20"));
  // Frame 10, as a container with whole milliseconds has it.
  EXPECT_EQ(drop.timecode(334'000), "00:01:00;02");
  EXPECT_EQ(drop.ns(334'000), 333'666'667);
  EXPECT_EQ(drop.ms(334'000), 334);
  const PictureClock late(film("25", "10:00:00:00", false, 80'000));
  EXPECT_EQ(late.timecode(80'000), "10:00:00:00");
  EXPECT_EQ(late.timecode(1'080'000), "10:00:01:00");
  EXPECT_EQ(late.middle_us(80'000, 480'000), 280'000);
}

TEST(PictureClock, KeepsTheTimesOfAVaryingRate) {
  const PictureClock clock(film("25", std::nullopt, true));
  EXPECT_EQ(clock.ms(1'013'000), 1013);
  EXPECT_EQ(clock.timecode(1'013'000), "00:00:01:00");
  EXPECT_EQ(clock.middle_us(1'000'000, 3'000'000), 1'000'000);
}

class ShotsStep : public testing::StepTest {};

TEST_F(ShotsStep, MakesUprightStills) {
  // The stored picture has red, green, blue, white.
  using testing::kBlue, testing::kGreen, testing::kRed, testing::kWhite;
  std::map<std::int64_t, std::array<testing::Colour, 4>> turned = {{90, {kBlue, kRed, kWhite, kGreen}},
                                                                   {270, {kGreen, kWhite, kRed, kBlue}}};
  const auto film = testing::sample("rotated_90.mp4");
  const auto rotation = probed(film).main_video()->video->rotation;
  const auto result = made(shots_step, film);
  ASSERT_EQ(result.at("properties").at("startsUs").as_array().size(), 1u);
  ASSERT_EQ(result.at("files").as_array().size(), 1u);
  const auto& still = result.at("properties").at("stills").at(0);
  const auto shown = testing::ffprobe(scratch() / "00001.jpg").at("streams").at(0);
  EXPECT_EQ(shown.at("width"), still.at("width"));
  EXPECT_EQ(shown.at("height"), still.at("height"));
  const auto seen = testing::quarters_of(scratch() / "00001.jpg");
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(testing::like(seen[i], turned.at(rotation)[i])) << i;
}

TEST_F(ShotsStep, ReadsFilmsOfEveryKind) {
  for (const char* name : {"start_later.ts", "vfr.mkv", "interlaced.mpg", "hdr_pq.mp4", "edit_list.mp4"}) {
    const auto result = made(shots_step, testing::sample(name));
    EXPECT_EQ(result.at("properties").at("startsUs").as_array().size(), 1u) << name;
    EXPECT_EQ(result.at("files").as_array().size(), 1u) << name;
  }
}

TEST_F(ShotsStep, AreFoundByWhateverDecodesTheFilm) {
  for (const char* name : {"start_later.ts", "vfr.mkv", "interlaced.mpg", "rotated_90.mp4"}) {
    const auto on_the_way = shots_of(made(renditions_step, testing::sample(name)).at("shots").as_object());
    ASSERT_TRUE(on_the_way) << name;
    const auto alone = made(shots_step, testing::sample(name));
    EXPECT_EQ(boost::json::value_from(on_the_way->starts_us), alone.at("properties").at("startsUs")) << name;
  }
}

TEST_F(ShotsStep, TakesWhatWasFoundBefore) {
  const FoundShots before{{0, 200'000}, 400'000};
  const auto taken = *run(shots_step, testing::sample("vfr.mkv"), {{"shots", shots_json(before)}});
  EXPECT_EQ(taken.at("properties").at("startsUs"), boost::json::value_from(before.starts_us));
  EXPECT_EQ(taken.at("properties").at("endUs"), 400'000);
  // Found by other rules, or nonsense: looked for anew.
  for (boost::json::object given :
       {boost::json::object{{"cutScore", 1}, {"startsUs", {0, 200'000}}, {"endUs", 400'000}},
        boost::json::object{{"cutScore", kCutScore}, {"startsUs", {200'000, 0}}, {"endUs", 400'000}}}) {
    const auto anew = *run(shots_step, testing::sample("vfr.mkv"), {{"shots", given}});
    EXPECT_EQ(anew.at("properties").at("startsUs").as_array().size(), 1u);
  }
}

TEST_F(ShotsStep, OneWithoutAPictureTakesNoneFromTheOthers) {
  const FoundShots found{{0, 200'000, 60'000'000}, 61'000'000};
  const auto result = *run(shots_step, testing::sample("vfr.mkv"), {{"shots", shots_json(found)}});
  const auto& stills = result.at("properties").at("stills").as_array();
  ASSERT_EQ(stills.size(), 2u);
  EXPECT_EQ(stills[0].at("shot"), 0);
  EXPECT_EQ(stills[1].at("shot"), 1);
  for (const auto& still : stills)
    EXPECT_TRUE(std::filesystem::exists(scratch() / std::string_view(still.at("name").as_string())));
  EXPECT_EQ(result.at("files").as_array().size(), 2u);
}

TEST_F(ShotsStep, FailsForWhatIsNoFilm) {
  const auto result = run(shots_step, testing::sample("quarters.png"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "no-picture");
}

}  // namespace
}  // namespace reelvault::media
