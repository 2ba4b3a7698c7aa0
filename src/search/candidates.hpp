// The candidates of one search, in the order of their rows, as far as the budget goes.
#pragma once
#include "search/filter.hpp"
#include "search/postings.hpp"
#include "search/scope.hpp"

namespace reelvault::search {

// How much one search may do.
struct Budget {
  std::int64_t rows = 0;  // candidates that may still be looked at
  std::chrono::steady_clock::time_point deadline;
  bool spent() const { return rows <= 0 || std::chrono::steady_clock::now() >= deadline; }
};

// What every candidate is held against.
struct Wanted {
  db::Transaction& tx;
  SearchRepository& repository;
  Postings& postings;
  Postings::Mark mark;  // from before the transaction
  Scope& scope;
  const Filter& filter;
  const Query& query;
  bool details = false;  // candidates are to be filled, though the index could tell all

  // Of a scope of few folders the rows come by folder, and none from the bin: nothing is left to be asked of each.
  bool index_tells_all() const {
    return (scope.everything() || scope.few(tx, repository)) && !filter.residual() && !query.needs_text();
  }
  // Those that hold, in the order given.
  std::vector<Candidate> accepted(std::vector<Candidate> candidates) const;
  Expression expression() const;  // query and filters
};

// The rows that one expression gives: from the lists in memory, else from the database.
class Matches {
 public:
  Matches(const Wanted& wanted, Expression expression);

  // In memory: any of these costs next to nothing.
  bool at_hand() const { return rows_.has_value(); }
  // Rows below (descending) or above `bound`, in order.
  std::vector<std::int64_t> some(std::int64_t bound, bool descending, std::int64_t limit) const;
  bool holds(std::int64_t row) const;

 private:
  const Wanted& wanted_;
  Expression expression_;
  std::optional<RowSet> rows_;
};

class CandidateStream {
 public:
  CandidateStream(const Wanted& wanted, Expression expression, std::int64_t bound, bool descending = true)
      : wanted_(wanted), expression_(std::move(expression)), bound_(bound), descending_(descending) {}

  // Accepted candidates until there are `count`, the stream ends, or the budget is spent.
  std::vector<Candidate> take(std::size_t count, Budget& budget);
  bool ended() const { return ended_; }
  // The last row that was looked at: a stream bounded by it goes on where this one is.
  std::int64_t at() const { return bound_; }
  // Rows that the index gives from here on, at most `limit`.
  std::vector<std::int64_t> rows(std::int64_t limit);

 private:
  std::vector<std::int64_t> next(std::int64_t limit);
  void gather();

  const Wanted& wanted_;
  Expression expression_;
  std::int64_t bound_;
  bool descending_;
  bool ended_ = false;
  std::optional<Matches> matches_;
  std::optional<std::vector<std::int64_t>> gathered_;  // of few folders: all rows, in order
  std::size_t position_ = 0;
};

}  // namespace reelvault::search
