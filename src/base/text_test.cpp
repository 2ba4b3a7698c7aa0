#include "base/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace reelvault {
namespace {

const std::string kFamily = "\U0001F468\u200D\U0001F469\u200D\U0001F467";  // one character, 18 bytes
const std::string kNfc = "caf\u00E9";
const std::string kNfd = "cafe\u0301";
const std::string kHebrew = "\u05E9\u05DC\u05D5\u05DD";

std::string random_name(std::mt19937_64& random) {
  static const std::vector<std::string> pieces{"a",
                                               "B",
                                               "7",
                                               "042",
                                               ".",
                                               "..",
                                               "/",
                                               "\\",
                                               " ",
                                               "C:",
                                               "\n",
                                               "\x7F",
                                               std::string(1, '\0'),
                                               kFamily,
                                               kNfd,
                                               kHebrew,
                                               "\u202E",
                                               "\u200F",
                                               "\xFF",
                                               "\xC3",
                                               "\xED\xA0\x80",
                                               "\u212A:",
                                               "\uFF0F",
                                               "mov",
                                               "\u0301",
                                               "\u0085",
                                               "-",
                                               "~"};
  std::string name;
  for (std::size_t count = random() % 150; count > 0; --count) name += pieces[random() % pieces.size()];
  return name;
}

TEST(Utf8, ToldFromOtherBytes) {
  EXPECT_TRUE(valid_utf8(""));
  EXPECT_TRUE(valid_utf8(kFamily + kHebrew + kNfd));
  for (std::string_view text : {"\xFF", "\xC3", "a\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    EXPECT_FALSE(valid_utf8(text));
    EXPECT_TRUE(valid_utf8(repair_utf8(text)));
    EXPECT_EQ(nfc(text), text);
  }
  EXPECT_EQ(repair_utf8("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(repair_utf8(kFamily), kFamily);
}

TEST(Normalisation, MacNamesAreTheSameAsOthers) {
  EXPECT_NE(kNfc, kNfd);
  EXPECT_EQ(nfc(kNfd), kNfc);
  EXPECT_EQ(nfc(kNfc), kNfc);
  EXPECT_EQ(nfc("\u1100\u1161"), "\uAC00");
  EXPECT_EQ(nfc(std::string("a\0\u0301", 4)).size(), 4u);
}

TEST(FoldCase, MatchesWhatPeopleTakeForEqual) {
  EXPECT_EQ(fold_case("CLIP"), "clip");
  EXPECT_EQ(fold_case("STRASSE"), fold_case("stra\u00DFe"));
  EXPECT_EQ(fold_case("\uFF21\uFF22"), "ab");
  EXPECT_EQ(fold_case(kNfd), fold_case("CAF\u00C9"));
}

TEST(SortKey, OrdersNumbersByValue) {
  std::vector<std::string> names{"clip",     "clip 2",   "Clip 03",  "clip 10",
                                 "clip 10a", "clip 10b", "clip 100", "clip 1" + std::string(100, '0'),
                                 "clip a",   "clip.mov", kNfc};
  std::vector<std::string> shuffled = names;
  std::mt19937_64 random(5);
  std::ranges::shuffle(shuffled, random);
  std::ranges::sort(shuffled, {}, name_sort_key);
  std::vector<std::string> expected{"clip",     "clip 2",   "Clip 03",  "clip 10",
                                    "clip 10a", "clip 10b", "clip 100", "clip 1" + std::string(100, '0'),
                                    "clip a",   "clip.mov", kNfc};
  std::ranges::sort(expected, {}, name_sort_key);
  EXPECT_EQ(shuffled, expected);
  std::vector<std::string> takes{"take 0", "take 1", "take 2", "take 9", "take 10", "take 11", "take 99", "take 100"};
  EXPECT_TRUE(std::ranges::is_sorted(takes, {}, name_sort_key));
}

TEST(SortKey, HoldsForRunsOfAnyLength) {
  std::string last = name_sort_key("0");
  for (int digits = 1; digits <= 250; ++digits) {
    std::string smallest = name_sort_key("1" + std::string(static_cast<std::size_t>(digits - 1), '0'));
    std::string largest = name_sort_key(std::string(static_cast<std::size_t>(digits), '9'));
    ASSERT_LT(last, smallest) << digits;
    ASSERT_LE(smallest, largest) << digits;
    last = largest;
  }
}

TEST(SortKey, IsTextWithoutNulForAnyName) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 2000; ++i) {
    std::string key = name_sort_key(safe_file_name(random_name(random)));
    EXPECT_TRUE(valid_utf8(key));
    EXPECT_EQ(key.find('\0'), std::string::npos);
  }
  EXPECT_EQ(name_sort_key("Clip 007"), name_sort_key("clip 7"));
}

TEST(SafeName, TakesTheLastPartOfAnyPath) {
  EXPECT_EQ(safe_file_name("clip.mov"), "clip.mov");
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\Users\\me\\clip.mov"), "clip.mov");
  EXPECT_EQ(safe_file_name("C:clip.mov"), "clip.mov");
  EXPECT_EQ(safe_file_name("\u212A:clip.mov"), "clip.mov");  // the Kelvin sign is K in NFC
  EXPECT_EQ(safe_file_name("folder/"), "folder");
  EXPECT_EQ(safe_key_name("music/AC\\DC.wav"), "AC\\DC.wav");
  EXPECT_EQ(safe_key_name("music/A:side.wav. "), "A:side.wav");
  EXPECT_EQ(safe_key_name("../.."), "unnamed");
  EXPECT_EQ(safe_file_name("\\\\server\\share\\"), "share");
}

TEST(SafeName, NothingLeftIsUnnamed) {
  for (std::string_view name : {"", ".", "..", "...", " ", ". .", "/", "../", "..\\", "C:", "C:\\", "\n\t", "\u202E"}) {
    EXPECT_EQ(safe_file_name(name), "unnamed") << name;
  }
}

TEST(SafeName, KeepsWhatPeopleWrite) {
  EXPECT_EQ(safe_file_name(kFamily + " holiday.mp4"), kFamily + " holiday.mp4");
  EXPECT_EQ(safe_file_name(kHebrew + ".mov"), kHebrew + ".mov");
  EXPECT_EQ(safe_file_name(".hidden"), ".hidden");
  EXPECT_EQ(safe_file_name("What? <yes> \"no\" | a*b.mov"), "What? <yes> \"no\" | a*b.mov");
  EXPECT_EQ(safe_file_name(kNfd + ".mov"), kNfc + ".mov");
}

TEST(SafeName, DropsControlsAndTrailingDots) {
  EXPECT_EQ(safe_file_name(std::string("a\0b\r\n\x7F.mov", 10)), "ab.mov");
  EXPECT_EQ(safe_file_name("clip.mov. . "), "clip.mov");
  EXPECT_EQ(safe_file_name("clip\u202Evom.exe"), "clipvom.exe");
  EXPECT_EQ(safe_file_name("a\u0085b\u2028c"), "abc");
  EXPECT_EQ(safe_file_name("bad\xFF.mov"), "bad\uFFFD.mov");
}

TEST(SafeName, CutsAtCharactersAndKeepsTheExtension) {
  std::string plain = safe_file_name(std::string(400, 'x') + ".mov");
  EXPECT_EQ(plain, std::string(251, 'x') + ".mov");
  std::string families;
  for (int i = 0; i < 30; ++i) families += kFamily;
  std::string cut = safe_file_name(families + ".mov");
  EXPECT_EQ(cut.size(), 13 * kFamily.size() + 4);
  EXPECT_EQ(cut, families.substr(0, 13 * kFamily.size()) + ".mov");
  std::string accents = "a";
  for (int i = 0; i < 300; ++i) accents += "\u0316";
  EXPECT_EQ(safe_file_name(accents).size(), 255u);
  EXPECT_EQ(safe_file_name("a." + std::string(400, 'x')).size(), 255u);
}

TEST(SafeName, HoldsForAnyBytes) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 20'000; ++i) {
    std::string name = safe_file_name(random_name(random));
    ASSERT_FALSE(name.empty());
    ASSERT_LE(name.size(), 255u);
    ASSERT_TRUE(valid_utf8(name));
    ASSERT_EQ(nfc(name), name);
    ASSERT_EQ(name.find_first_of(std::string_view("/\\\0\n", 4)), std::string::npos);
    ASSERT_FALSE(name.ends_with('.') || name.ends_with(' '));
    ASSERT_EQ(safe_file_name(name), name);
    ASSERT_LE(numbered_name(name, 1234).size(), 255u);
  }
}

TEST(NumberedName, StandsBeforeTheExtension) {
  EXPECT_EQ(numbered_name("clip.mov", 2), "clip (2).mov");
  EXPECT_EQ(numbered_name("folder", 3), "folder (3)");
  EXPECT_EQ(numbered_name(".hidden", 2), ".hidden (2)");
  EXPECT_EQ(numbered_name("rushes.tar.gz", 2), "rushes (2).tar.gz");
  EXPECT_EQ(numbered_name("Rushes.v1.TAR.Bz2", 2), "Rushes.v1 (2).TAR.Bz2");
  EXPECT_EQ(numbered_name("notes.2024.gz", 2), "notes.2024 (2).gz");
  EXPECT_EQ(numbered_name(".tar.gz", 2), ".tar (2).gz");
  EXPECT_EQ(numbered_name(std::string(251, 'x') + ".mov", 10), std::string(246, 'x') + " (10).mov");
}

TEST(Percent, GoesBothWays) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 500; ++i) {
    std::string name = random_name(random);
    EXPECT_EQ(percent_decode(percent_encode(name)), name);
    EXPECT_EQ(percent_decode(percent_encode(name, "/"), true), name);
  }
  EXPECT_EQ(percent_encode("a b/\u00E9~"), "a%20b%2F%C3%A9~");
  EXPECT_EQ(percent_encode("a/b c", "/"), "a/b%20c");
  EXPECT_EQ(percent_decode("a+b%2b", true), "a b+");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  for (std::string_view text : {"%", "%1", "a%2", "%zz", "%1g", "%%41"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(Ascii, SmallThings) {
  EXPECT_EQ(lower_ascii("AbC\u00C9"), "abc\u00C9");
  EXPECT_TRUE(iequals("Content-Type", "content-TYPE"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim("  "), "");
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

}  // namespace
}  // namespace reelvault
