#include "search/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "search/document.hpp"
#include "search/query.hpp"

namespace reelvault::search {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> out;
  terms_of_folded(folded(text), [&](std::string_view term) { out.emplace_back(term); });
  return out;
}

TEST(Words, FoldCaseWidthLigaturesAndAccents) {
  EXPECT_EQ(folded("Café CAFE\xCC\x81 Straße Łódź Ærø"), "cafe cafe strasse lodz aero");
  EXPECT_EQ(folded("ＦＵＬＬ ﬁlm İstanbul ΣΊΣΥΦΟΣ"), "full film istanbul σισυφοσ");
  EXPECT_EQ(folded("ёлка Йод"), "елка иод");
}

TEST(Words, KeepMarksThatAreLetters) {
  // The vowel signs of Devanagari, and the voicing of Kana.
  EXPECT_EQ(folded("हिन्दी"), "हिन्दी");
  EXPECT_EQ(folded("がぎ ｶﾞ"), "がぎ ガ");
  EXPECT_NE(folded("が"), folded("か"));
}

TEST(Words, AreCutAtEverythingElse) {
  EXPECT_EQ(folded("IMG_1234-final.v2 (copy).MOV"), "img 1234 final v2 copy mov");
  EXPECT_EQ(folded("  \t\n '\"*()--"), "");
  EXPECT_EQ(folded("4K映像テスト2"), "4k 映像テスト 2");
  EXPECT_EQ(folded("a\xFF\xFE"
                   "b"),
            "a b");
}

TEST(Words, RememberWhereTheyStood) {
  auto found = words("¡Olé, Ñandú!");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].text, "ole");
  EXPECT_EQ(std::string("¡Olé, Ñandú!").substr(found[1].begin, found[1].end - found[1].begin), "Ñandú");
}

TEST(Words, AreFoundByThemselvesTheirBeginningsAndTheirParts) {
  EXPECT_THAT(terms("Scene12"),
              ElementsAre("scene12", "\xEE\x80\x81s", "\xEE\x80\x81sc", "\xEE\x80\x81sce", "\xEE\x80\x81scen",
                          "\xEE\x80\x81scene", "\xEE\x80\x81scene1", "scene", "12"));
  EXPECT_THAT(terms("東京都"), ElementsAre("東", "東京", "京", "京都", "都"));
}

TEST(Words, AreCutWhenTheyAreVeryLongOnBothSides) {
  std::string longest(5000, 'a');
  EXPECT_EQ(folded(longest).size(), word_bytes_max);
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "ж";
  EXPECT_EQ(folded(wide).size(), word_bytes_max);
}

TEST(Words, CannotBringTheMarksOfProperties) { EXPECT_EQ(folded("\xEE\x80\x80t2 \xEE\x80\x81x"), "t2 x"); }

TEST(Sources, ChangeByTheTermsOfTheLinesThatDiffer) {
  EXPECT_THAT(change_of("N harbour\nT old", "N harbour\nT old\nT harbour").gone, IsEmpty());
  EXPECT_THAT(change_of("N harbour\nT harbour", "N harbour").gone, IsEmpty());
  EXPECT_THAT(change_of("N old\nT old\nT old", "N old\nT old").gone, IsEmpty());

  std::mt19937 random(11);
  const std::vector<std::string> some = {"N scene12b", "F scene12b mov", "D harbour at dawn",          "D dawn",
                                         "T dawn",     "T harbour",      "C \xE6\xB8\xAF\xE5\x8F\xA3", "C 12"};
  auto source = [&] {
    std::string lines, properties;
    for (const std::string& line : some)
      if (random() % 2 == 0) lines += line + "\n";
    for (int i = 0; i < 6; ++i)
      if (random() % 2 == 0) properties += " " + property::year(2000 + i);
    return lines + "X" + properties;
  };
  auto all_of = [](const std::string& text) {
    Terms out;
    add_source_terms(text, out);
    return out;
  };
  for (int i = 0; i < 500; ++i) {
    const std::string before = source(), after = source();
    const TermChange change = change_of(before, after);
    Terms terms = all_of(before);
    for (const std::string& term : change.gone) EXPECT_EQ(terms.erase(term), 1U) << term << " was not there";
    terms.insert(change.come.begin(), change.come.end());
    EXPECT_EQ(terms, all_of(after)) << before << "\n--\n" << after;
  }
}

TEST(Queries, HaveWordsPhrasesBeginningsAndExclusions) {
  Query query("Harbour \"low tide\" -draft bos* -\"not this\" IMG_12.mov");
  EXPECT_THAT(query.clauses(),
              ElementsAre(Clause{{"harbour"}, false, false}, Clause{{"low", "tide"}, false, false},
                          Clause{{"draft"}, false, true}, Clause{{"bos"}, true, false},
                          Clause{{"not", "this"}, false, true}, Clause{{"img", "12", "mov"}, false, false}));
}

TEST(Queries, AreNeverAnErrorOfSyntax) {
  for (const char* text : {"\"",         "\"\"",
                           "-",          "--",
                           "*",          "-*",
                           "AND OR NOT", "a AND",
                           "NEAR(a b)",  "col:x",
                           "a^2",        "(",
                           ")(",         "'; drop table asset; --",
                           "\\",         "%",
                           "-\"",        "\"a",
                           "a\"b\"c",    "{a b}: c",
                           "+a",         "a -",
                           "\xFF\xFE",   "\xEE\x80\x80t2"}) {
    Query query(text);
    Expression expression;
    query.add_to(expression);
    for (const auto& group : expression.all)
      for (const std::string& term : group) {
        EXPECT_FALSE(term.empty()) << text;
        EXPECT_EQ(term.find_first_of("\"'() *:^-\\"), std::string::npos) << text;
      }
  }
  EXPECT_TRUE(Query("").blank());
  EXPECT_TRUE(Query(" \t").blank());
  EXPECT_TRUE(Query("?!").nothing());
  EXPECT_THAT(Query("AND").clauses(), ElementsAre(Clause{{"and"}, false, false}));
}

TEST(Queries, CheckWhatTheIndexCannotTell) {
  const std::string source = "N low tide harbour\nD the tide is low 東京タワー";
  auto accepts = [&](std::string_view text) {
    return Query(text).accepts(source, [] { return std::string("spoken words\n"); });
  };
  EXPECT_TRUE(accepts("\"low tide\""));
  EXPECT_FALSE(accepts("\"tide low\""));
  EXPECT_FALSE(accepts("\"harbour the\"")) << "a phrase does not go on in another field";
  EXPECT_TRUE(accepts("\"tide harbour\""));
  EXPECT_TRUE(accepts("\"spoken words\""));
  EXPECT_FALSE(accepts("-\"low tide\""));
  EXPECT_TRUE(accepts("-\"tide low\""));
  EXPECT_TRUE(accepts("東京タ"));
  EXPECT_FALSE(accepts("東京タタ"));
  EXPECT_FALSE(accepts("\"ow tide\""));
}

TEST(Queries, MarkWhatTheyFoundAndEscapeTheRest) {
  EXPECT_EQ(Query("cafe").highlighted("<b>Café</b> & \"cafés\"", 500),
            "&lt;b&gt;<mark>Café</mark>&lt;/b&gt; &amp; &quot;cafés&quot;");
  EXPECT_EQ(Query("caf*").highlighted("Café cafés", 500), "<mark>Café</mark> <mark>cafés</mark>");
  EXPECT_EQ(Query("\"low tide\"").highlighted("low Low-Tide tide", 500), "low <mark>Low-Tide</mark> tide");
  EXPECT_EQ(Query("京タ").highlighted("東京タワー", 500), "東<mark>京タ</mark>ワー");
  EXPECT_EQ(Query("-cafe").highlighted("Café", 500), "");
  EXPECT_EQ(Query("12").highlighted("scene12", 500), "<mark>scene12</mark>");
  std::string text(2000, 'x');
  text += " needle ";
  text += std::string(2000, 'y');
  std::string marked = Query("needle").highlighted(text, 100);
  EXPECT_LT(marked.size(), 200u);
  EXPECT_NE(marked.find("<mark>needle</mark>"), std::string::npos);
}

TEST(Queries, RankNamesBeforeAllElse) {
  bool exact = false;
  Query query("low tide");
  const std::string mark = property::whole_name("low tide");
  double same = query.score("N low tide\nX " + mark, exact);
  EXPECT_TRUE(exact);
  // Typed as a beginning too, as long as nothing follows it.
  Query("low tide*").score("N low tide\nX " + mark, exact);
  EXPECT_TRUE(exact);
  Query("low* tide").score("N low tide\nX " + mark, exact);
  EXPECT_FALSE(exact);
  double in_name = query.score("N low tide at the harbour\nX x", exact);
  EXPECT_FALSE(exact);
  double in_tag = query.score("N harbour\nT low tide\nX x", exact);
  double in_description = query.score("N harbour\nD low and tide\nX x", exact);
  double in_speech = query.score("N harbour\nX x", exact);
  EXPECT_GT(same, in_name);
  EXPECT_GT(in_name, in_tag);
  EXPECT_GT(in_tag, in_description);
  EXPECT_GT(in_description, in_speech);
}

}  // namespace
}  // namespace reelvault::search
