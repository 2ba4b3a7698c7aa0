// Keeps the search index in step with the data, in the transaction of each change, so that what a committed change
// altered is found, or not found, by the next search. Other rooms give it what they find in an asset (speech, text on
// the screen, labels, persons) by put_text and put_texts.
#pragma once
#include "catalog/asset_service.hpp"
#include "search/postings.hpp"
#include "search/search_repository.hpp"

#include <atomic>

namespace reelvault::search {

class Index : public catalog::SearchHook {
 public:
  explicit Index(db::Database& database) : database_(database), postings_(database) {}

  Postings& postings() { return postings_; }

  // At start, before the hook is set: an index made by other rules is begun anew (and filled by `tidy`).
  Result<void> prepare();

  // These two at the end of the transaction, all that it changed together. One in the bin leaves the index.
  void changed(db::Transaction& tx, const catalog::Asset& asset) override;
  void again(db::Transaction& tx, const catalog::Asset& asset) override;
  void removed(db::Transaction& tx, const catalog::Asset& asset) override;  // for good, with its texts

  // A text of an asset, found by its words; with times where it is spoken or shown. `kind` and `key` name it within the
  // asset: the same again replaces it. A search tells its kind ("transcript", "screen", "label", "person").
  void put_text(db::Transaction& tx, std::int64_t asset_row, std::string_view kind, std::string_view key,
                std::string_view text, std::optional<std::int64_t> start_ms = {},
                std::optional<std::int64_t> end_ms = {});
  // All texts of a kind at once, in place of those that were there.
  void put_texts(db::Transaction& tx, std::int64_t asset_row, std::string_view kind, const std::vector<Text>& texts);
  void remove_texts(db::Transaction& tx, std::int64_t asset_row, std::string_view kind);

  // Begins the index anew; searches find what is in it already.
  Result<void> begin_rebuild();
  struct Progress {
    std::int64_t row = 0, newest = 0;
    bool done = true;
  };
  // A chunk of a rebuild, where one is going on. Several processes may work on one.
  Result<Progress> rebuild_some();
  // Terms that a hundredth of all assets or more have, the commonest first, by a sample; none where assets are fewer
  // than `from`, and their lists are read in no time.
  std::vector<std::string> common_terms(db::Transaction& tx, std::int64_t from = 20'000);
  // At start: has the lists of common terms read, for which a search would wait. They are read by a thread of their
  // own.
  Result<void> read_ahead();
  // What is done when nobody waits: rebuilding, merging of segments or sorting in of new terms. For at most about
  // `time`.
  Result<void> tidy(std::chrono::milliseconds time);

 private:
  struct Change {
    std::int64_t row = 0;
    std::optional<std::string> source;  // nothing: it leaves the index
    bool again = false;
  };
  std::vector<Change>& changes(db::Transaction& tx);
  void write_all(db::Transaction& tx, const std::vector<Change>& changes);
  void write(db::Transaction& tx, std::int64_t row, const std::optional<std::string>& before, std::string_view source,
             bool has_texts, std::vector<SearchRepository::Addition>& additions);
  void take_out(db::Transaction& tx, std::int64_t row, std::string_view source);
  void change_terms(db::Transaction& tx, std::int64_t row, const Terms& gone, const Terms& come, const Terms& all);
  void add_terms(db::Transaction& tx, std::int64_t row, const Terms& come);
  void remove_terms(db::Transaction& tx, std::int64_t row, const Terms& all);
  void begin_rebuild(db::Transaction& tx);
  void change_texts(db::Transaction& tx, std::int64_t row, const std::function<void()>& fn);
  Terms text_terms(db::Transaction& tx, std::int64_t row);
  Result<void> sort_in();

  db::Database& database_;
  SearchRepository repository_;
  Postings postings_;
  std::chrono::steady_clock::time_point next_notes_;
  std::int64_t changes_seen_ = 0, sorted_in_ = 0;  // of changes_, on PostgreSQL
  std::chrono::steady_clock::time_point next_sort_;
  // On SQLite since the last merge. A process before this one, or beside it, may have left segments.
  std::atomic<std::int64_t> changes_ = 1'000'000;
};

}  // namespace reelvault::search
