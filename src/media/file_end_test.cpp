#include "media/file_end.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace reelvault::media {
namespace {

using ::testing::HasSubstr;
using namespace std::string_view_literals;

FileEnd end_of(std::string_view type, std::string_view file) {
  return file_end(
      type,
      [&](std::span<std::byte> into, std::uint64_t at) -> std::size_t {
        if (at >= file.size()) return 0;
        const std::size_t there = std::min(into.size(), file.size() - at);
        std::memcpy(into.data(), file.data() + at, there);
        return there;
      },
      file.size());
}

std::string number(std::uint32_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
  return out;
}
std::string chunk(std::string_view name, std::string_view data, std::optional<std::uint32_t> size = {}) {
  std::string out(name);
  out += number(size.value_or(static_cast<std::uint32_t>(data.size())));
  out += data;
  if (data.size() % 2 != 0) out += '\0';
  return out;
}
std::string list(std::string_view type, std::string_view data, std::optional<std::uint32_t> size = {}) {
  return chunk("LIST", std::string(type) + std::string(data), size);
}
std::string stream(std::string_view kind, std::uint32_t scale, std::uint32_t rate, std::uint32_t length) {
  std::string head = std::string(kind) + std::string(16, '\0') + number(scale) + number(rate) + number(0) +
                     number(length) + std::string(20, '\0');
  return list("strl", chunk("strh", head) + chunk("strf", std::string(40, '\0')));
}
// Ten seconds of pictures in one part.
std::string film(std::optional<std::uint32_t> whole = {}, std::optional<std::uint32_t> media = {}) {
  const std::string header = list(
      "hdrl", chunk("avih", std::string(56, '\0')) + stream("auds", 1, 48000, 240000) + stream("vids", 1, 25, 250));
  std::string pictures;
  for (int i = 0; i < 20; ++i) pictures += chunk("00dc", std::string(101, 'x'));
  return chunk("RIFF", "AVI " + header + list("movi", pictures, media) + chunk("idx1", std::string(320, 'i')), whole);
}

TEST(FileEnd, AWholeFilmLacksNothing) {
  const std::string part = chunk("RIFF", "AVIX" + list("movi", std::string(500, 'x')));
  for (const std::string& whole : {film(), film() + part, film() + part + part, film() + "something behind it"}) {
    const FileEnd end = end_of("video/x-msvideo", whole);
    EXPECT_FALSE(end.lack) << *end.lack;
    EXPECT_FALSE(end.open);
  }
  // Its size counted with the eight bytes before it.
  EXPECT_FALSE(end_of("video/x-msvideo", film(static_cast<std::uint32_t>(film().size()))).lack);
}

TEST(FileEnd, AFilmThatWasCutOffSaysHowLongItShouldBe) {
  const std::string whole = film();
  for (std::size_t size : {whole.size() / 2, whole.size() - 330}) {
    const FileEnd end = end_of("video/x-msvideo", whole.substr(0, size));
    ASSERT_TRUE(end.lack) << size;
    EXPECT_THAT(*end.lack, HasSubstr(std::to_string(whole.size())));
    EXPECT_EQ(end.promised_ms, 10'000) << "of its pictures";
  }
  const FileEnd index = end_of("video/x-msvideo", whole.substr(0, whole.size() - 100));
  ASSERT_TRUE(index.lack);
  EXPECT_THAT(*index.lack, HasSubstr("index"));
  const std::string part = chunk("RIFF", "AVIX" + list("movi", std::string(5000, 'x')));
  EXPECT_TRUE(end_of("video/x-msvideo", whole + part.substr(0, 2000)).lack);
}

TEST(FileEnd, AFilmWhoseWriterNeverCameBackPromisesNothing) {
  for (std::uint32_t size : {0u, 0x7F00'0000u, 0x7FFF'FFFFu, 0xFFFF'FFFFu}) {
    for (const std::string& open : {film(size, size), film({}, size), film(size).substr(0, 1500)}) {
      const FileEnd end = end_of("video/x-msvideo", open);
      EXPECT_FALSE(end.lack) << *end.lack;
      EXPECT_TRUE(end.open);
    }
  }
}

TEST(FileEnd, PacketsOfAStreamAreWhole) {
  for (auto [offset, length] : {std::pair<std::size_t, std::size_t>{0, 188}, {4, 192}, {0, 204}}) {
    std::string file;
    for (int i = 0; i < 50; ++i) file += std::string(offset, 't') + 'G' + std::string(length - offset - 1, 'x');
    EXPECT_FALSE(end_of("video/mp2t", file).lack);
    for (std::size_t lost : {std::size_t{1}, length / 2, length - 1})
      EXPECT_TRUE(end_of("video/mp2t", file.substr(0, file.size() - lost)).lack) << length << " " << lost;
    // It lost its step in the middle, and where it ends says nothing.
    EXPECT_FALSE(end_of("video/mp2t", file.substr(0, 30 * length) + "noise" + file.substr(30 * length)).lack);
    EXPECT_FALSE(end_of("video/mp2t", file + "a title behind it").lack);
  }
}

TEST(FileEnd, OddBytesSayNothing) {
  for (std::string_view odd : {""sv, "RIFF"sv, "RIFF\x10\0\0\0"sv, "RIFF\x10\0\0\0AVI LIST"sv, "noise"sv})
    for (std::string_view type : {"video/x-msvideo", "video/mp2t", "audio/wav", "video/mp4"}) (void)end_of(type, odd);
  std::string endless = "RIFF" + number(0x7000'0000) + "AVI ";
  for (int i = 0; i < 100'000; ++i) endless += chunk("JUNK", "");
  (void)end_of("video/x-msvideo", endless);
}

}  // namespace
}  // namespace reelvault::media
