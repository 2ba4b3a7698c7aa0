// The lists of the index's terms in memory, as compressed bitmaps of rows, so that a search of common words intersects
// bitmaps rather than walk along the database's lists. Short lists are read when a search first asks for them; long
// ones, and most on PostgreSQL, by a thread of their own, while the search at hand is answered by the database. On
// SQLite every change of the index passes through this process, which tells `change`. On PostgreSQL other nodes change
// it too: each change is noted in the database, and each search first catches up with what was committed since the last
// one.
//
// A search may see a change that was committed after its transaction began, never miss one whose writer was told of its
// success before. From any thread.
#pragma once
#include "base/metrics.hpp"
#include "db/database.hpp"
#include "search/search_repository.hpp"

#include <roaring/roaring.hh>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <shared_mutex>
#include <span>
#include <thread>
#include <unordered_map>

namespace reelvault::search {

// Rows in their order.
class RowSet {
 public:
  RowSet() = default;
  explicit RowSet(Roaring rows) : rows_(std::move(rows)) {}

  bool contains(std::int64_t row) const;
  // At most `limit` rows below `bound`, descending, or above it, ascending.
  std::vector<std::int64_t> below(std::int64_t bound, std::int64_t limit) const;
  std::vector<std::int64_t> above(std::int64_t bound, std::int64_t limit) const;

 private:
  std::vector<std::int64_t> slice(std::uint64_t first, std::uint64_t end) const;  // by place in the order
  Roaring rows_;
};

class Postings {
 public:
  struct Limits {
    std::size_t bytes = 40 << 20;  // beyond, the lists go that were not asked for the longest
    // Fewer rows than that are read by a search: 35 ms for a million, which is what the database takes to answer it.
    std::int64_t short_list = 1 << 20;
    // PostgreSQL: as many lists and more that wait to be read are read in one pass over all documents.
    std::size_t lists_in_a_pass = 24;
  };
  explicit Postings(db::Database& database) : Postings(database, Limits{}) {}
  Postings(db::Database& database, Limits limits);
  ~Postings();
  Postings(const Postings&) = delete;
  Postings& operator=(const Postings&) = delete;

  // How many changes there were. A search takes it before its transaction begins, and may wait for the database.
  using Mark = std::uint64_t;
  Mark mark();

  // What the expression gives; nothing where the database is to be asked.
  std::optional<RowSet> rows(db::Transaction& tx, Mark mark, const Expression& expression);

  // In the transaction that changes the index: terms of a row, separated by spaces, that go and that come.
  void change(db::Transaction& tx, std::int64_t row, std::string gone, std::string come);
  void clear(db::Transaction& tx);  // the transaction empties the index

  // Has the loader read these lists before a search asks for them, in this order. A search that comes before it reads a
  // short one itself.
  void want(db::Transaction& tx, const std::vector<std::string>& terms);

  // PostgreSQL, now and then: keeps up where nobody searches, and removes notes of which no node has need any more.
  Result<void> tidy();

  // Waits until every long list that was asked for is in memory; for tests and measurements.
  void settle();
  std::size_t bytes() const;

 private:
  struct Change {
    std::uint32_t row = 0;
    bool comes = false;
  };
  enum class State { reading, wanted, ready };  // `wanted`: too long to be read by a search, the loader's
  struct List {
    State state = State::reading;
    Roaring rows;
    std::vector<Change> meanwhile;  // while it is read: what the reader's transaction may not see
    std::atomic<std::uint64_t> used = 0;
    std::size_t bytes = 0;
  };
  using ListPtr = std::shared_ptr<List>;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  class Pending;

  bool current(db::Transaction& tx);
  void leave_to_loader(const std::string& term, const ListPtr& list);
  std::optional<Roaring> read_short(db::Transaction& tx, Mark mark, const std::string& term);
  std::vector<std::int64_t> first_rows(db::Transaction& tx, const Expression& one, std::int64_t limit);
  std::optional<Roaring> bitmap(std::span<const std::int64_t> rows);
  std::vector<Roaring> read_all(const std::vector<std::string>& terms, std::stop_token stop);
  std::optional<Roaring> read_all(const std::string& term, std::stop_token stop);
  std::vector<Roaring> read_in_a_pass(const std::vector<std::string>& terms, std::stop_token stop);
  void end_reading(const std::string& term, const ListPtr& list, Roaring rows);
  void apply(std::span<const std::int64_t> rows, std::string_view gone, std::string_view come);
  void forget(std::string_view gone, std::string_view come);
  void erase(const std::string& term, const ListPtr& list);
  void make_room();
  void load(std::stop_token stop);
  void drop_all();
  Result<void> catch_up();
  Result<void> read_news();

  db::Database& database_;
  const Limits limits_;
  SearchRepository repository_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, ListPtr, Hash, std::equal_to<>> lists_;
  std::size_t bytes_ = 0;
  Mark changes_ = 0;
  std::int64_t generation_ = -1;  // of the index that the lists are of
  bool usable_ = true;            // no row was beyond 32 bits
  std::atomic<std::uint64_t> clock_ = 0;
  std::mutex catching_up_;               // of these
  SearchRepository::Snapshot snapshot_;  // what the lists are of; empty: of nothing yet
  std::uint64_t caught_up_ = 0;          // the last one that ended,
  bool caught_up_well_ = false;          // and how
  std::atomic<std::uint64_t> catch_ups_begun_ = 0;
  std::deque<std::string> wanted_;  // by searches, then ahead
  prometheus::Gauge& waiting_;      // how many these are, with the one that is read
  bool loading_ = false;
  std::condition_variable_any wake_;
  std::jthread loader_;  // last: it ends before what it uses
};

}  // namespace reelvault::search
