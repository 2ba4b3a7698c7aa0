#include "delivery/signed_links.hpp"

#include <gtest/gtest.h>

namespace reelvault::delivery {
namespace {

TEST(SignedLinks, HaveTheQueryOfTheirPlaylist) {
  EXPECT_EQ(with_query("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a0.m3u8\",NAME=\"x\"\n\nv0.m3u8\n", "S=1&K=2"),
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a0.m3u8?S=1&K=2\",NAME=\"x\"\n\nv0.m3u8?S=1&K=2\n");
  EXPECT_EQ(with_query("#EXT-X-MAP:URI=\"v0.mp4\",BYTERANGE=\"7@0\"\nv0.mp4?a=b", "S=1"),
            "#EXT-X-MAP:URI=\"v0.mp4?S=1\",BYTERANGE=\"7@0\"\nv0.mp4?a=b&S=1\n");
  EXPECT_EQ(with_query("#EXT-X-MAP:URI=\"never ends", "S"), "#EXT-X-MAP:URI=\"never ends?S\n");
  EXPECT_EQ(with_query("", "S"), "");
}

TEST(SignedLinks, ThatLeadElsewhereGetNothing) {
  for (const std::string link : {"https://a.example/x", "//a.example/x", "/x", "../x", "a/../../x", "%2e%2e/x",
                                 "data:,x", " //a.example/x", "\\\\a.example\\x", ".\t./x"})
    EXPECT_EQ(with_query(link + "\n", "S=1"), link + "\n");
}

}  // namespace
}  // namespace reelvault::delivery
