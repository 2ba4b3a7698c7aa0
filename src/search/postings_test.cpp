#include "search/postings.hpp"

#include "db/testing.hpp"

#include <gmock/gmock.h>

#include <random>
#include <thread>

namespace reelvault::search {
namespace {

constexpr int terms_count = 8;
constexpr std::int64_t rows_max = 3000;

std::string term(int number) { return "t" + std::to_string(number); }

// An index whose rows have few terms, as the database and as the postings know it.
class PostingsTest : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty())
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    holder_.emplace(GetParam(), db::migrations(), false);
    database_ = &**holder_;
    postings_.emplace(*database_, Postings::Limits{.bytes = 1 << 20, .short_list = 200});
    ASSERT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
      repository_.set_rebuilt_to(tx, std::nullopt);  // nothing is to be indexed yet
      return {};
    }));
  }
  // Gives a row other terms. `fails`: the transaction is rolled back.
  void change(std::mt19937& random, int rows, bool fails = false) {
    auto before = model_;
    auto done = database_->write([&](db::Transaction& tx) -> Result<void> {
      model_ = before;
      for (int i = 0; i < rows; ++i) {
        const std::int64_t row = 1 + static_cast<std::int64_t>(random() % rows_max);
        Terms gone = model_[row], come;
        for (int t = 0; t < terms_count; ++t)
          if (random() % static_cast<unsigned>(t + 2) == 0) come.insert(term(t));
        model_[row] = come;
        if (GetParam() == db::Kind::postgres)
          repository_.put_source(tx, row, "", come);
        else
          repository_.change_terms(tx, row, gone, come, come);
        postings_->change(tx, row, text_of(gone), text_of(come));
      }
      if (fails) return fail_not_found();
      return {};
    });
    EXPECT_EQ(done.has_value(), !fails);
    if (fails) model_ = before;
  }
  // Whether it was answered from memory; then as the database answers.
  bool same(const Expression& expression) {
    const auto mark = postings_->mark();
    return database_
        ->read([&](db::Transaction& tx) -> Result<bool> {
          auto rows = postings_->rows(tx, mark, expression);
          if (!rows) return false;
          EXPECT_EQ(rows->above(0, rows_max), repository_.matches(tx, expression, 0, false, rows_max));
          EXPECT_EQ(rows->below(1500, 70), repository_.matches(tx, expression, 1500, true, 70));
          EXPECT_EQ(rows->above(700, 7), repository_.matches(tx, expression, 700, false, 7));
          return true;
        })
        .value();
  }
  // The same, once what it lacks was read.
  bool same_at_last(const Expression& expression) {
    if (same(expression)) return true;
    postings_->settle();
    return same(expression);
  }
  Expression expression(std::mt19937& random) {
    Expression out;
    for (unsigned groups = 1 + random() % 3; groups > 0; --groups) {
      std::vector<std::string> group;
      for (unsigned terms = 1 + random() % 3; terms > 0; --terms) group.push_back(term(static_cast<int>(random() % 8)));
      out.all.push_back(std::move(group));
    }
    if (random() % 3 == 0) out.none.push_back(term(static_cast<int>(random() % 8)));
    return out;
  }

  // Closures run once: what is rolled back takes lists away, and these are to be looked at.
  std::optional<db::TestDatabase> holder_;
  db::Database* database_ = nullptr;
  SearchRepository repository_;
  std::optional<Postings> postings_;
  std::map<std::int64_t, Terms> model_;
};

TEST_P(PostingsTest, IsNotAskedWhileTheIndexIsRebuilt) {
  std::mt19937 random(1);
  change(random, 40);
  const Expression one{{{term(6)}}, {}};
  EXPECT_TRUE(same_at_last(one));
  auto write = [&](auto fn) {
    EXPECT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
      fn(tx);
      return {};
    }));
  };
  write([&](db::Transaction& tx) { repository_.begin_rebuild(tx, words_version); });  // as another process does
  EXPECT_FALSE(same(one));
  write([&](db::Transaction& tx) {
    if (GetParam() == db::Kind::postgres)
      repository_.put_source(tx, 7, "", {term(6)});
    else
      repository_.change_terms(tx, 7, {}, {term(6)}, {});
  });
  EXPECT_FALSE(same(one));
  write([&](db::Transaction& tx) { repository_.set_rebuilt_to(tx, std::nullopt); });
  EXPECT_TRUE(same_at_last(one));
}

TEST_P(PostingsTest, SaysWhatTheDatabaseSaysWhateverChanges) {
  std::mt19937 random(7);
  int at_hand = 0;
  for (int round = 0; round < 150; ++round) {
    change(random, 1 + static_cast<int>(random() % 40), random() % 5 == 0);
    if (round % 10 == 0) postings_->settle();
    for (int i = 0; i < 5; ++i) at_hand += same(expression(random)) ? 1 : 0;
  }
  EXPECT_GT(at_hand, 100);
}

TEST_P(PostingsTest, NoChangeIsLostThatComesWhileAListIsRead) {
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  std::vector<std::thread> readers;
  for (unsigned reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937 random(reader);
      while (!done) {
        const Expression wanted = expression(random);
        const auto mark = postings_->mark();
        auto rows = database_->read(
            [&](db::Transaction& tx) -> Result<bool> { return postings_->rows(tx, mark, wanted).has_value(); });
        answered += rows && *rows ? 1 : 0;
      }
    });
  }
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    change(random, 10, i % 7 == 0);
    if (i % 50 != 49) continue;
    if (GetParam() == db::Kind::postgres) continue;  // there an index is emptied row by row
    EXPECT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
      tx.execute("insert into search_index (search_index) values ('delete-all')");
      postings_->clear(tx);
      return {};
    }));
    model_.clear();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(answered, 0);
  for (int t = 0; t < terms_count; ++t) {
    Expression one{{{term(t)}}, {}};
    EXPECT_TRUE(same_at_last(one)) << term(t);
  }
}

// All of them at once, as after a start: on PostgreSQL in one pass.
TEST_P(PostingsTest, NoChangeIsLostThatComesWhileListsAreReadAhead) {
  std::vector<std::string> terms{"none"};
  for (int t = 0; t < terms_count; ++t) terms.push_back(term(t));
  std::mt19937 random(11);
  change(random, 2000);
  for (int round = 0; round < 5; ++round) {
    postings_.emplace(*database_, Postings::Limits{.bytes = 1 << 20, .short_list = 200, .lists_in_a_pass = 4});
    (void)postings_->mark();
    ASSERT_TRUE(database_->read([&](db::Transaction& tx) -> Result<void> {
      postings_->want(tx, terms);
      return {};
    }));
    for (int i = 0; i < 20; ++i) change(random, 30);
    postings_->settle();
    for (int t = 0; t < terms_count; ++t) EXPECT_TRUE(same({{{term(t)}}, {}})) << term(t);
  }
}

TEST_P(PostingsTest, TermsAreReadAsTheyWereWritten) {
  if (GetParam() == db::Kind::sqlite) GTEST_SKIP() << "there the index does not tell what a row has";
  const Terms odd{"plain", "o'neill", "'", "back\\slash\\", "\xEE\x80\x80s12", "漢字"};
  ASSERT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
    repository_.put_source(tx, 4, "", odd);
    repository_.put_source(tx, 5, "", {"plain"});
    repository_.put_source(tx, 9, "", {});
    return {};
  }));
  std::map<std::int64_t, Terms> read;
  ASSERT_TRUE(database_->read([&](db::Transaction& tx) -> Result<void> {
    const auto note = [&](std::int64_t row, std::string_view term) { read[row].insert(std::string(term)); };
    EXPECT_EQ(repository_.each_term(tx, 3, 2, note), 5);
    EXPECT_EQ(repository_.each_term(tx, 5, 2, note), 9);
    EXPECT_EQ(repository_.each_term(tx, 9, 2, note), std::nullopt);
    return {};
  }));
  EXPECT_EQ(read, (std::map<std::int64_t, Terms>{{4, odd}, {5, {"plain"}}}));
}

TEST_P(PostingsTest, HoldsNoMoreThanItMay) {
  Postings small(*database_, {.bytes = 2000, .short_list = 200});
  std::mt19937 random(1);
  change(random, 40);
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 100; ++i) {
      const auto mark = small.mark();
      Expression wanted{{{"x" + std::to_string(i), term(i % terms_count)}}, {}};
      auto same = database_->read([&](db::Transaction& tx) -> Result<bool> {
        auto rows = small.rows(tx, mark, wanted);
        // Nothing, where one list's coming in took another away.
        return !rows || rows->above(0, rows_max) == repository_.matches(tx, wanted, 0, false, rows_max);
      });
      EXPECT_TRUE(same && *same);
    }
  EXPECT_LE(small.bytes(), 2000U);
  EXPECT_GT(small.bytes(), 0U);
}

// What another node changes, and what was noted too long ago to be known.
TEST_P(PostingsTest, HearsOfWhatOthersChange) {
  if (GetParam() == db::Kind::sqlite) GTEST_SKIP() << "one process has the database";
  Postings other(*database_, {.bytes = 1 << 20, .short_list = 5000});
  std::mt19937 random(5);
  const auto at_hand = [&] {
    const Expression wanted = expression(random);
    const auto mark = other.mark();
    return database_
        ->read([&](db::Transaction& tx) -> Result<bool> {
          auto rows = other.rows(tx, mark, wanted);
          if (rows) EXPECT_EQ(rows->above(0, rows_max), repository_.matches(tx, wanted, 0, false, rows_max));
          return rows.has_value();
        })
        .value();
  };
  int answered = 0;
  for (int round = 0; round < 60; ++round) {
    change(random, 20, round % 9 == 0);
    if (round % 10 == 0) other.settle();
    for (int i = 0; i < 4; ++i) answered += at_hand() ? 1 : 0;
  }
  EXPECT_GT(answered, 100);
  ASSERT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
    EXPECT_EQ(repository_.prune_changes(tx, std::chrono::hours(1), 100), 0);
    EXPECT_EQ(repository_.prune_changes(tx, -std::chrono::hours(1), 100), 100);
    return {};
  }));
  EXPECT_TRUE(other.tidy());
  EXPECT_TRUE(at_hand());

  // A note that says no more than that much changed.
  ASSERT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
    std::string much;
    for (int i = 0; i < 9000; ++i) much += "word" + std::to_string(i) + " ";
    other.change(tx, 1, {}, std::move(much));
    return {};
  }));
  (void)other.mark();
  EXPECT_EQ(other.bytes(), 0U);

  // Notes of another server, from its dump: of transactions that are not begun here.
  ASSERT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
    tx.execute(
        "insert into search_change (xid, at, asset_ids, gone, come) values (cast('90000000000' as xid8), 0, '{1}', "
        "'t1', '')");
    return {};
  }));
  ASSERT_TRUE(database_->write([&](db::Transaction& tx) -> Result<void> {
    repository_.forget_foreign_changes(tx);
    EXPECT_EQ(tx.value<int>("select count(*) from search_change where xid = cast('90000000000' as xid8)"), 0);
    return {};
  }));
}

INSTANTIATE_TEST_SUITE_P(Databases, PostingsTest, ::testing::Values(db::Kind::sqlite, db::Kind::postgres),
                         [](const auto& each) { return each.param == db::Kind::sqlite ? "Sqlite" : "Postgres"; });

}  // namespace
}  // namespace reelvault::search
