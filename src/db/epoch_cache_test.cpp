#include "db/epoch_cache.hpp"

#include "db/testing.hpp"

#include <gtest/gtest.h>

namespace reelvault::db {
namespace {

TEST(EpochCache, ForgetsEverythingWithTheNextEpochAndNeverGrows) {
  EpochCache<int, std::string> cache(64);
  cache.put(1, 7, std::make_shared<const std::string>("a"));
  ASSERT_TRUE(cache.find(1, 7));
  EXPECT_EQ(*cache.find(1, 7), "a");
  EXPECT_FALSE(cache.find(1, 8));
  EXPECT_FALSE(cache.find(2, 7));
  int held = 0;
  for (int i = 0; i < 10'000; ++i) cache.put(i, 9, std::make_shared<const std::string>("b"));
  for (int i = 0; i < 10'000; ++i) held += cache.find(i, 9) != nullptr;
  EXPECT_GT(held, 0);
  EXPECT_LE(held, 64);
}

class Epochs : public EachBackend {};
INSTANTIATE_TEST_SUITE_P(, Epochs, each_backend(), backend_name);

TEST_P(Epochs, RiseAfterCallbacksAndBeforeTheWriterHearsOfIt) {
  const auto before = database().epoch();
  if (!sqlite()) {
    EXPECT_FALSE(before) << "other nodes write too";
    return;
  }
  ASSERT_TRUE(before);
  ASSERT_TRUE(database().read([](Transaction& tx) -> Result<int> { return *tx.value<int>("select 1"); }));
  EXPECT_EQ(database().epoch(), before) << "reading changes nothing";
  std::optional<std::uint64_t> in_callback;
  ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
    tx.after_commit([&] { in_callback = database().epoch(); });
    return {};
  }));
  EXPECT_EQ(in_callback, before) << "what is kept in memory is renewed before anybody may rely on the new number";
  EXPECT_GT(*database().epoch(), *before);
}

// Readers that remember under the epoch they saw never answer with what a writer had already been told is past.
TEST_P(Epochs, NeverLetAWriterReadItsPast) {
  if (!sqlite()) return;
  ASSERT_TRUE(database().write([](Transaction& tx) -> Result<void> {
    tx.execute("create table counted (id integer primary key, n bigint not null)");
    tx.execute("insert into counted (id, n) values (1, 0)");
    return {};
  }));
  EpochCache<int, std::int64_t> cache(16);
  auto read = [&]() -> std::int64_t {
    const std::uint64_t epoch = *database().epoch();
    if (auto known = cache.find(1, epoch)) return *known;
    auto n = database().read([](Transaction& tx) -> Result<std::int64_t> {
      return *tx.value<std::int64_t>("select n from counted where id = 1");
    });
    cache.put(1, epoch, std::make_shared<const std::int64_t>(n.value()));
    return n.value();
  };
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) read();
    });
  for (std::int64_t n = 1; n <= 300; ++n) {
    ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
      tx.execute("update counted set n = :n where id = 1", {{"n", n}});
      return {};
    }));
    ASSERT_EQ(read(), n);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace reelvault::db
