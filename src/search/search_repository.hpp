// The only SQL of the index: SQLite's FTS5 as a bare inverted index, PostgreSQL's tsvector with GIN, both asked by
// term.
#pragma once
#include "catalog/asset.hpp"
#include "db/database.hpp"
#include "search/query.hpp"

#include <unordered_map>
#include <unordered_set>

namespace reelvault::search {

// What a search looks at of a candidate.
struct Candidate {
  std::int64_t row = 0, parent_row = 0;
  catalog::AssetType type = catalog::AssetType::file;
  catalog::AssetStatus status = catalog::AssetStatus::available;
  std::optional<std::string> media_type, content_type;
  std::int64_t size = 0;
  Timestamp created_at, modified_at;
  std::optional<std::int64_t> duration_ms;
  std::string sort_name;
  bool deleted = false;
};

enum class Order { name, modified, size };
struct OrderPosition {
  std::string text;  // by name
  std::int64_t number = 0;
  std::int64_t row = 0;
};

struct Text {
  std::int64_t asset_row = 0;
  std::string kind, key, text;
  std::optional<std::int64_t> start_ms, end_ms;
};

struct State {
  std::int64_t generation = 0;
  int words_version = 0;
  std::optional<std::int64_t> rebuilt_to;  // nothing: every asset is in
};

class SearchRepository {
 public:
  // Rows below (descending) or above `bound` that the expression gives, in order of rows.
  std::vector<std::int64_t> matches(db::Transaction& tx, const Expression& expression, std::int64_t bound,
                                    bool descending, std::int64_t limit);
  std::vector<std::int64_t> every_match(db::Transaction& tx, const Expression& expression);  // SQLite
  // PostgreSQL: fn(row, term) for each term of the `limit` rows after `row`. Gives the last of them; nothing: there are
  // no more.
  std::optional<std::int64_t> each_term(db::Transaction& tx, std::int64_t row, std::int64_t limit,
                                        const std::function<void(std::int64_t, std::string_view)>& fn);
  bool is_match(db::Transaction& tx, const Expression& expression, std::int64_t row);
  std::vector<Candidate> candidates(db::Transaction& tx, const std::vector<std::int64_t>& rows);  // in no order
  // All assets by a sort key, from after a position.
  std::vector<Candidate> ordered(db::Transaction& tx, Order order, bool descending,
                                 const std::optional<OrderPosition>& after, int limit);
  // fn(row, source), in no order.
  void each_source(db::Transaction& tx, const std::vector<std::int64_t>& rows,
                   const std::function<void(std::int64_t, std::string_view)>& fn);
  std::int64_t newest(db::Transaction& tx);  // the highest row of an asset
  std::int64_t files_in(db::Transaction& tx, const std::vector<std::int64_t>& folders);

  struct TagCount {
    std::string tag;
    std::int64_t count = 0;
  };
  std::vector<TagCount> tags_of(db::Transaction& tx, const std::vector<std::int64_t>& rows);
  std::vector<std::string> tags_beginning(db::Transaction& tx, std::string_view folded, int limit);
  void each_custom_fields(db::Transaction& tx, const std::vector<std::int64_t>& rows,
                          const std::function<void(std::int64_t, std::string_view)>& fn);

  // What is indexed of an asset's own, nothing when it is not in the present index.
  std::optional<std::string> source(db::Transaction& tx, std::int64_t row);
  std::unordered_map<std::int64_t, std::string> sources(db::Transaction& tx, const std::vector<std::int64_t>& rows);
  // Its terms take the place of those it has; of SQLite see change_terms.
  void put_source(db::Transaction& tx, std::int64_t row, std::string_view source, const Terms& terms);
  struct Addition {
    std::int64_t row = 0;
    std::string source;
    std::string come;  // terms, separated by spaces
  };
  // Of each asset once, terms that join those it has; PostgreSQL alone.
  void add_sources(db::Transaction& tx, const std::vector<Addition>& additions);
  void remove_source(db::Transaction& tx, std::int64_t row);
  // Changes the terms of an asset: by those it has not any more, and those that it had not. `all`: every one it has
  // now.
  void change_terms(db::Transaction& tx, std::int64_t row, const Terms& gone, const Terms& come, const Terms& all);
  void add_terms(db::Transaction& tx, std::int64_t row, const Terms& come);
  void remove_terms(db::Transaction& tx, std::int64_t row, const Terms& all);

  std::vector<Text> texts(db::Transaction& tx, std::int64_t row, int limit);
  std::optional<std::string> text(db::Transaction& tx, std::int64_t row, std::string_view kind, std::string_view key);
  void put_text(db::Transaction& tx, const Text& text);
  void remove_texts(db::Transaction& tx, std::int64_t row, std::string_view kind);  // empty: of every kind
  std::unordered_set<std::int64_t> with_texts(db::Transaction& tx, const std::vector<std::int64_t>& rows);

  State state(db::Transaction& tx);
  void begin_rebuild(db::Transaction& tx, int version);  // the index is empty afterwards
  void set_rebuilt_to(db::Transaction& tx, std::optional<std::int64_t> row);
  std::vector<std::int64_t> assets_after(db::Transaction& tx, std::int64_t row, int limit);
  void sort_in(db::Transaction& tx);           // PostgreSQL: the terms that its index keeps aside
  bool merge(db::Transaction& tx, int pages);  // SQLite: whether there was something to do

  // PostgreSQL, for what other nodes change. `Snapshot` says what a transaction sees; changes that one sees and an
  // earlier one did not come in an order in which those of one row are right.
  struct Snapshot {
    std::string text;       // pg_snapshot
    std::int64_t next = 0;  // the first transaction id that was not given out
    std::string server;     // when the server started: another one may give ids out again
    Timestamp at;           // by the database's clock
  };
  struct RowChange {
    std::vector<std::int64_t> rows;
    std::string gone, come;  // terms, separated by spaces
  };
  void add_changes(db::Transaction& tx, const std::vector<RowChange>& changes);
  Snapshot snapshot(db::Transaction& tx);
  std::vector<RowChange> changes_since(db::Transaction& tx, const Snapshot& snapshot, std::int64_t limit);
  // Older than that by the database's clock; how many went.
  std::int64_t prune_changes(db::Transaction& tx, std::chrono::milliseconds age, std::int64_t limit);
  void forget_foreign_changes(db::Transaction& tx);  // of another server, restored from its dump
};

}  // namespace reelvault::search
