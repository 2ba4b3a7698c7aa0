#include "base/language_tag.hpp"

#include <gtest/gtest.h>

namespace reelvault {
namespace {

TEST(LanguageTag, TakesWhatIsWellFormedInTheUsualCase) {
  const std::pair<const char*, const char*> rows[] = {{"en", "en"},
                                                      {"PT-br", "pt-BR"},
                                                      {"zh-hant-tw", "zh-Hant-TW"},
                                                      {"de-CH-1996", "de-CH-1996"},
                                                      {"es-419", "es-419"},
                                                      {"sl-rozaj-biske", "sl-rozaj-biske"},
                                                      {"x-klingon", "x-klingon"},
                                                      {"und", "und"},
                                                      {"zh-cmn-Hans", "zh-cmn-Hans"},
                                                      {"en-u-ca-gregory", "en-u-ca-gregory"},
                                                      {"haw", "haw"},
                                                      {"en-x-a", "en-x-a"}};
  for (const auto& [given, wanted] : rows) EXPECT_EQ(language_tag(given), wanted) << given;
}

TEST(LanguageTag, RefusesWhatIsNone) {
  for (const char* given :
       {"", "e", "english language", "en_US", "en-", "-en", "en--us", "12", "en-u", "x", "en-x", "de-1996-1996",
        "toolongsubtag", "en-a-bb-a-cc", "\xC3\xA9n", "en-US-GB", "en-abcdefghijklmnopqrstuvwxyz-abcdefg"})
    EXPECT_EQ(language_tag(given), std::nullopt) << given;
}

}  // namespace
}  // namespace reelvault
