#include "media/subtitle_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::media {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Subtitles read(std::string_view text, std::string_view language = {}) {
  auto subtitles = read_subtitles(text, language);
  EXPECT_TRUE(subtitles) << (subtitles ? "" : subtitles.error().message);
  return subtitles ? *subtitles : Subtitles{};
}
std::vector<std::string> texts(const Subtitles& subtitles) {
  std::vector<std::string> out;
  for (const Cue& cue : subtitles.cues) out.push_back(cue.text);
  return out;
}

TEST(Srt, ReadsCuesWhateverItsLineEnds) {
  std::string text = "1\n00:00:01,000 --> 00:00:02,500\nHello\nthere\n\n2\n00:01:00,000 --> 01:00:01,000\nAgain\n";
  std::string crlf, cr;
  for (char c : text) {
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
    cr += c == '\n' ? '\r' : c;
  }
  for (const std::string& each : {text, crlf, cr, "\xEF\xBB\xBF" + crlf}) {
    Subtitles subtitles = read(each);
    ASSERT_EQ(subtitles.cues.size(), 2u);
    EXPECT_EQ(subtitles.format, "srt");
    EXPECT_EQ(subtitles.cues[0], (Cue{1000, 2500, "Hello\nthere", "", "", ""}));
    EXPECT_EQ(subtitles.cues[1], (Cue{60'000, 3'601'000, "Again", "", "", ""}));
  }
}

TEST(Srt, KeepsWhatFollowsABlankLineInsideACue) {
  auto subtitles =
      read("1\n00:00:01,000 --> 00:00:02,000\nOne\n\nTwo\n\n\n2\n00:00:03,000 --> 00:00:04,000\n\nThree\n");
  EXPECT_EQ(texts(subtitles), (std::vector<std::string>{"One\nTwo", "Three"}));
}

TEST(Srt, NeedsNoIndexesAndTakesNumbersThatPeopleSay) {
  auto subtitles = read(
      "00:00:01,000 --> 00:00:02,000\nThe year is\n1984\n\n00:00:03,000 --> 00:00:04,000\n42\n\n7\n"
      "00:00:05,000 --> 00:00:06,000\nX\n7\n00:00:07,000 --> 00:00:08,000\nY\n8\n00:00:09,000 --> 00:00:09,500\nZ\n");
  // A 7 right above a time that does not count on belongs to the text; the 8 counts on from 7.
  EXPECT_EQ(texts(subtitles), (std::vector<std::string>{"The year is\n1984", "42", "X\n7", "Y", "Z"}));
}

TEST(Srt, TakesTimesInEveryForm) {
  auto subtitles =
      read("1:02.5 --> 1:03\nA\n\n0:01:04,25-->0:01:05.123456 X1:10 X2:20\nB\n\n120:00:00,000 --> 120:00:01,000\nC\n");
  ASSERT_EQ(subtitles.cues.size(), 3u);
  EXPECT_EQ(subtitles.cues[0].start_ms, 62'500);
  EXPECT_EQ(subtitles.cues[0].end_ms, 63'000);
  EXPECT_EQ(subtitles.cues[1].start_ms, 64'250);
  EXPECT_EQ(subtitles.cues[1].end_ms, 65'123);
  EXPECT_EQ(subtitles.cues[2].start_ms, 432'000'000);
  EXPECT_THAT(write_webvtt(subtitles), HasSubstr("120:00:00.000 --> 120:00:01.000\nC\n"));
}

TEST(Srt, SortsCuesAndMendsThoseThatEndBeforeTheyBegin) {
  auto subtitles = read(
      "2\n00:00:10,000 --> 00:00:09,000\nLater\n\n1\n00:00:01,000 --> 00:00:01,000\nFirst\n\n3\n00:00:11,000 --> "
      "00:00:12,000\nLast\n");
  EXPECT_EQ(texts(subtitles), (std::vector<std::string>{"First", "Later", "Last"}));
  EXPECT_EQ(subtitles.cues[0].end_ms, 3000);
  EXPECT_EQ(subtitles.cues[1].end_ms, 11'000);
}

TEST(Srt, KeepsSimpleTagsAndEscapesTheRest) {
  auto subtitles = read(
      "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<font color=\"#fff\"><I>Tom & Jerry</I></font> 1 < 2 --> <b>bold\n\n"
      "2\n00:00:03,000 --> 00:00:04,000\n{\\an4}{\\fs20}<script>alert(1)</script> &amp; &lt;\n");
  EXPECT_EQ(subtitles.cues[0].text, "<i>Tom &amp; Jerry</i> 1 &lt; 2 --&gt; <b>bold</b>");
  EXPECT_EQ(subtitles.cues[0].settings, "line:0");
  EXPECT_EQ(subtitles.cues[1].text, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;");
  EXPECT_EQ(subtitles.cues[1].settings, "line:50% position:0% align:start");
}

TEST(Vtt, KeepsStylesNotesNamesAndSettings) {
  auto subtitles = read(
      "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:fred\n\nNOTE of the editor\nwho "
      "wrote\n\nintro\n00:01.000 --> 00:02.000 align:start line:10% bogus:1 position:20%,line-left\n<v Bob>Hi "
      "<c.loud>you</c> &nbsp;<00:01.500>now\n\nNOTE\nthe end\n");
  EXPECT_EQ(subtitles.format, "vtt");
  EXPECT_EQ(subtitles.blocks, (std::vector<std::string>{"STYLE\n::cue { color: lime }", "REGION\nid:fred"}));
  ASSERT_EQ(subtitles.cues.size(), 1u);
  EXPECT_EQ(subtitles.cues[0],
            (Cue{1000, 2000, "<v Bob>Hi <c.loud>you</c> &nbsp;<00:01.500>now</v>",
                 "align:start line:10% position:20%,line-left", "intro", "of the editor\nwho wrote"}));
  std::string written = write_webvtt(subtitles);
  EXPECT_EQ(written,
            "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:fred\n\nNOTE\nof the editor\nwho wrote\n\nintro\n"
            "00:00:01.000 --> 00:00:02.000 align:start line:10% position:20%,line-left\n"
            "<v Bob>Hi <c.loud>you</c> &nbsp;<00:01.500>now</v>\n");
  EXPECT_EQ(read(written).cues, subtitles.cues);
}

TEST(Subtitles, AStretchHasItsOwnTimes) {
  const Subtitles whole = read(
      "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nNOTE first\n\na\n00:01.000 --> 00:02.000\nbefore\n\nNOTE of it\n\nb\n"
      "00:02.000 --> 00:06.000 line:1\n<v Bob>1 <00:02.500>2 <00:04.000>3 <00:05.500>4\n\n00:04.999 --> "
      "00:05.000\nlast\n\n"
      "00:05.000 --> 00:06.000\nafter\n");
  const Subtitles part = part_of(whole, 2500, 5000);
  EXPECT_EQ(part.blocks, whole.blocks);
  ASSERT_EQ(part.cues.size(), 2u);
  EXPECT_EQ(part.cues[0], (Cue{0, 2500, "<v Bob>1 2 <00:00:01.500>3 4</v>", "line:1", "b", "of it"}));
  EXPECT_EQ(part.cues[1], (Cue{2499, 2500, "last", "", "", ""}));
  EXPECT_EQ(part_of(whole, 0, 100'000).cues.size(), whole.cues.size());
  EXPECT_TRUE(part_of(whole, 6000, 9000).cues.empty());
  EXPECT_TRUE(part_of(whole, 0, 1000).cues.empty());
}

TEST(Vtt, ArrowsNeverComeOutOfTagsOrText) {
  // A line with an arrow begins a cue, so nothing of that line is text.
  EXPECT_FALSE(read_subtitles("WEBVTT\n\n00:01.000 --> 00:02.000\n<c.-->a</c>\n", ""));
  auto good = read(
      "WEBVTT\n\n00:01.000 --> 00:02.000\n<b>a</i> --&gt; <unknown>b</unknown> & c\n2\n00:03.000 --> 00:04.000\nd\n");
  EXPECT_EQ(texts(good), (std::vector<std::string>{"<b>a --&gt; b &amp; c</b>", "d"}));
}

TEST(Encoding, ReadsUtf16WithAndWithoutAMark) {
  std::u16string text = u"1\n00:00:01,000 --> 00:00:02,000\nŽluťoučký кот 猫\n";
  std::string little, big;
  for (char16_t c : text) {
    little += {static_cast<char>(c & 0xFF), static_cast<char>(c >> 8)};
    big += {static_cast<char>(c >> 8), static_cast<char>(c & 0xFF)};
  }
  for (const std::string& each : {"\xFF\xFE" + little, "\xFE\xFF" + big, little, big}) {
    auto subtitles = read(each);
    EXPECT_EQ(subtitles.encoding, "UTF-16");
    EXPECT_EQ(texts(subtitles), std::vector<std::string>{"Žluťoučký кот 猫"});
  }
}

std::string in_srt(std::string_view bytes) {
  return "1\r\n00:00:01,000 --> 00:00:02,000\r\n" + std::string(bytes) + "\r\n";
}

TEST(Encoding, TellsCodePagesByTheirLetters) {
  struct Case {
    std::string_view bytes, text, encoding;
  };
  const Case cases[] = {
      {"L'\xE9t\xE9 o\xF9 \xE7"
       "a va tr\xE8s bien, c'\xE9tait \xE0 moi",
       "L'été où ça va très bien, c'était à moi", "windows-1252"},
      {"Gr\xFC\xDF"
       "e aus K\xF6ln, sch\xF6n",
       "Grüße aus Köln, schön", "windows-1252"},
      {"Zosta\xB3 s\xB9"
       "d i \x9Cwi\xEAto",
       "Został sąd i święto", "windows-1250"},
      {"\xCF\xF0\xE8\xE2\xE5\xF2, \xEA\xE0\xEA \xE4\xE5\xEB\xE0?", "Привет, как дела?", "windows-1251"},
      {"\xF0\xD2\xC9\xD7\xC5\xD4, \xCB\xC1\xCB \xC4\xC5\xCC\xC1?", "Привет, как дела?", "KOI8-R"},
      {"\xCA\xE1\xEB\xE7\xEC\xDD\xF1\xE1 \xF3\xE1\xF2, \xF4\xE9 \xEA\xDC\xED\xE5\xF4\xE5;", "Καλημέρα σας, τι κάνετε;",
       "windows-1253"},
      {"\x82\xB1\x82\xF1\x82\xC9\x82\xBF\x82\xCD\x81\x41\x8C\xB3\x8B\x43\x82\xC5\x82\xB7\x82\xA9",
       "こんにちは、元気ですか", "Shift_JIS"},
      {"\xC4\xE3\xBA\xC3\xA3\xAC\xCE\xD2\xC3\xC7\xD4\xDA\xD5\xE2\xC0\xEF", "你好，我们在这里", "GB18030"},
      {"\xBE\xC8\xB3\xE7\xC7\xCF\xBC\xBC\xBF\xE4 \xC0\xFA\xB4\xC2 \xC7\xD0\xBB\xFD\xC0\xCC\xBF\xA1\xBF\xE4",
       "안녕하세요 저는 학생이에요", "EUC-KR"},
  };
  for (const Case& each : cases) {
    auto subtitles = read(in_srt(each.bytes));
    EXPECT_EQ(subtitles.encoding, each.encoding);
    EXPECT_EQ(texts(subtitles), std::vector<std::string>{std::string(each.text)});
  }
}

TEST(Encoding, BelievesTheDeclaredLanguageAmongCodePagesOnly) {
  EXPECT_EQ(texts(read(in_srt("\xE8\xE8\xE8"), "ru-RU")), std::vector<std::string>{"иии"});
  EXPECT_EQ(texts(read(in_srt("\xE8\xE8\xE8"), "cs")), std::vector<std::string>{"ččč"});
  EXPECT_EQ(texts(read(in_srt("\xE8\xE8\xE8"), "fr")), std::vector<std::string>{"èèè"});
  EXPECT_EQ(texts(read(in_srt("été"), "ru")), std::vector<std::string>{"été"});
}

TEST(Subtitles, RefuseWhatIsNoneWithASentence) {
  for (std::string_view text :
       {"", "just text\n", "WEBVTT\n\n", "[Script Info]\nTitle: x\n", "1\n00:00:01,000 --> oops\nx\n"}) {
    auto refused = read_subtitles(text, "");
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().type, "no-subtitles");
    EXPECT_THAT(refused.error().message, HasSubstr("-->"));
  }
  auto large = read_subtitles(std::string(kSubtitleBytesMax + 1, 'x'), "");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().type, "too-large");
}

TEST(SubtitlePlaylist, HasOneSegmentOfTheWholeLength) {
  std::string text = subtitle_playlist("a.vtt", 90'499);
  EXPECT_THAT(text, HasSubstr("#EXT-X-TARGETDURATION:90\n"));
  EXPECT_THAT(text, HasSubstr("#EXTINF:90.499,\na.vtt\n#EXT-X-ENDLIST\n"));
}

}  // namespace
}  // namespace reelvault::media
