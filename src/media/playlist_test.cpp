#include "media/playlist.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace reelvault::media {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Fragments one after the other that begin at those times, in milliseconds; a negative one is no key frame.
FragmentedFile file_of(const std::vector<std::int64_t>& starts, std::int64_t end, std::int64_t scale = 1000) {
  FragmentedFile file{100, scale, "avc1.64001f", {}};
  std::uint64_t at = 100;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    std::int64_t start = std::abs(starts[i]), next = i + 1 < starts.size() ? std::abs(starts[i + 1]) : end;
    file.fragments.push_back({at, 1000, start * scale / 1000, next * scale / 1000, starts[i] >= 0});
    at += 1000;
  }
  return file;
}

TEST(Segments, AreAsLongAsWantedAndBeginWhereAllRenditionsHaveKeyFrames) {
  FragmentedFile a = file_of({0, 2000, 4000, 6000, 8000, 9000}, 11000);
  FragmentedFile b = file_of({0, 4000, 6000, 8000}, 11000, 90000);
  EXPECT_THAT(segment_starts({a, b}), ElementsAre(0, 4, 8));
  auto segments = join_segments(a, segment_starts({a, b}));
  ASSERT_EQ(segments.size(), 3u);
  EXPECT_EQ(segments[0].offset, 100u);
  EXPECT_EQ(segments[0].size, 2000u);
  EXPECT_EQ(segments[2].size, 2000u);
  EXPECT_EQ(segments[2].duration, 3000);
  EXPECT_EQ(join_segments(b, segment_starts({a, b})).size(), 3u);
}

TEST(Segments, GiveAShortRestToTheLast) {
  auto file = file_of({0, 4000, 8000}, 8033);
  EXPECT_THAT(segment_starts({file}), ElementsAre(0, 4));
  EXPECT_EQ(join_segments(file, segment_starts({file})).back().duration, 4033);
  auto tiny = file_of({0}, 40);
  EXPECT_EQ(join_segments(tiny, segment_starts({tiny})).size(), 1u);
}

TEST(Segments, DoNotBeginWithoutAKeyFrame) {
  auto file = file_of({0, -4000, 5000, 9000}, 13000);
  EXPECT_THAT(segment_starts({file}), ElementsAre(0, 5, 9));
}

TEST(MediaPlaylist, NamesByteRangesAndItsLongestSegment) {
  auto file = file_of({0, 4000, 8600}, 12000);
  std::string text = media_playlist(file, join_segments(file, segment_starts({file})), "v0.mp4");
  EXPECT_THAT(text, HasSubstr("#EXT-X-TARGETDURATION:5\n"));
  EXPECT_THAT(text, HasSubstr("#EXT-X-MAP:URI=\"v0.mp4\",BYTERANGE=\"100@0\"\n"));
  EXPECT_THAT(text, HasSubstr("#EXTINF:4.600000,\n#EXT-X-BYTERANGE:1000@1100\nv0.mp4\n"));
  EXPECT_TRUE(text.ends_with("#EXT-X-ENDLIST\n"));
}

TEST(MasterPlaylist, CannotBeBrokenByNames) {
  SoundInfo sound{{"a0.m3u8", "mp4a.40.2", 130'000, 128'000, {}, 0}, "a \"quoted\"\nname", "deu", 2};
  SoundInfo same = sound;
  std::string text =
      master_playlist({{"v0.m3u8", "avc1.64001f", 2'000'000, 1'500'000, {1280, 720}, 25}}, {sound, same});
  EXPECT_THAT(text, HasSubstr("NAME=\"a 'quoted' name\",LANGUAGE=\"de\",DEFAULT=YES"));
  EXPECT_THAT(text, HasSubstr("NAME=\"a 'quoted' name 2\",LANGUAGE=\"de\",DEFAULT=NO"));
  EXPECT_THAT(text, HasSubstr("BANDWIDTH=2130000,AVERAGE-BANDWIDTH=1628000"));
}

TEST(MasterPlaylist, ListsSoundAlone) {
  SoundInfo sound{{"a0.m3u8", "mp4a.40.2", 130'000, 128'000, {}, 0}, "Sound", "", 2};
  std::string text = master_playlist({}, {sound});
  EXPECT_THAT(text, HasSubstr("CODECS=\"mp4a.40.2\"\na0.m3u8\n"));
  EXPECT_THAT(text, Not(HasSubstr("RESOLUTION")));
  EXPECT_THAT(text, Not(HasSubstr("EXT-X-MEDIA")));
}

TEST(SpriteIndex, CoversTheWholeFilmAndNoMoreSheetsThanThereAre) {
  Sprites sprites{1000, {160, 90}, 5, 5, 30};
  std::string text = sprite_index(sprites, 29'500, 3);
  EXPECT_THAT(text, HasSubstr("00:00:00.000 --> 00:00:01.000\nsprites-1.jpg#xywh=640,360,160,90\n"));
  EXPECT_THAT(text, HasSubstr("00:00:01.000 --> 00:00:02.000\nsprites-2.jpg#xywh=0,0,160,90\n"));
  EXPECT_THAT(text, HasSubstr("00:00:25.000 --> 00:00:26.000\nsprites-2.jpg#xywh=640,360,160,90\n"));
  EXPECT_THAT(text, HasSubstr("00:00:29.000 --> 00:00:29.500\nsprites-3.jpg#xywh=480,0,160,90\n"));
  EXPECT_THAT(sprite_index(sprites, 29'500, 2), Not(HasSubstr("sprites-3")));
}

TEST(Fragments, RefuseWhatIsNotAFragmentedFile) {
  auto path = std::filesystem::temp_directory_path() / fmt::format("fragments-{}", getpid());
  auto reading = [&](std::string_view bytes) {
    std::ofstream(path, std::ios::trunc) << bytes;
    return read_fragments(path).has_value();
  };
  using namespace std::literals;
  for (std::string_view bytes :
       {""sv, "text"sv, "\0\0\0\x08moof"sv, "\0\0\0\x08moov"sv, "\0\0\0\x04moov\0\0\0\0"sv, "\xff\xff\xff\xffmoof"sv,
        "\0\0\0\1moof\xff\xff\xff\xff\xff\xff\xff\xff"sv, "\0\0\0\x10moov\0\0\0\x08trak"sv})
    EXPECT_FALSE(reading(bytes));
  std::filesystem::remove(path);
}

TEST(MasterPlaylist, NamesTheGroupOfSubtitlesOnlyWhereAsked) {
  StreamInfo video{"v0.m3u8", "avc1.64001f", 1000, 900, {640, 360}, 25};
  EXPECT_THAT(master_playlist({video}, {}), Not(HasSubstr("SUBTITLES")));
  EXPECT_THAT(master_playlist({video}, {}, true), HasSubstr(",SUBTITLES=\"subtitles\"\nv0.m3u8\n"));
  EXPECT_EQ(
      subtitle_renditions({{"s.m3u8", "A \"b\"\nc", "deu"}, {"t.m3u8", "x", ""}}),
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"A 'b' c\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,"
      "FORCED=NO,URI=\"s.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"x\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"t."
      "m3u8\"\n");
}

}  // namespace
}  // namespace reelvault::media
