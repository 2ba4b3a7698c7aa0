#include "search/index.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace reelvault::search {

namespace {

constexpr int texts_max = 20'000;  // of one asset
constexpr int rebuild_chunk = 200;
constexpr std::size_t source_small = 20'000;
constexpr int merge_pages = 64;           // of work in one transaction: a millisecond or two
constexpr std::int64_t merge_after = 8;   // changes, fewer are not worth it
constexpr std::size_t warmed_most = 256;  // at most some 130 KB each in a library of a million
constexpr int sample_places = 128, sample_in_place = 8;
constexpr std::size_t texts_sampled = 32;

Terms without(const Terms& terms, const Terms& those) {
  Terms out;
  std::ranges::set_difference(terms, those, std::inserter(out, out.end()));
  return out;
}

}  // namespace

Result<void> Index::prepare() {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    if (tx.kind() == db::Kind::postgres) repository_.forget_foreign_changes(tx);
    if (repository_.state(tx).words_version != words_version) {
      begin_rebuild(tx);
      if (repository_.newest(tx) == 0) repository_.set_rebuilt_to(tx, std::nullopt);  // nothing to index yet
    }
    return {};
  });
}

Result<void> Index::begin_rebuild() {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    begin_rebuild(tx);
    return {};
  });
}

void Index::begin_rebuild(db::Transaction& tx) {
  repository_.begin_rebuild(tx, words_version);
  postings_.clear(tx);
}

// The database's index and the lists in memory are changed here alone.
void Index::change_terms(db::Transaction& tx, std::int64_t row, const Terms& gone, const Terms& come,
                         const Terms& all) {
  repository_.change_terms(tx, row, gone, come, all);
  postings_.change(tx, row, text_of(gone), text_of(come));
  changes_.fetch_add(1, std::memory_order_relaxed);
}

void Index::add_terms(db::Transaction& tx, std::int64_t row, const Terms& come) {
  repository_.add_terms(tx, row, come);
  postings_.change(tx, row, {}, text_of(come));
  changes_.fetch_add(1, std::memory_order_relaxed);
}

void Index::remove_terms(db::Transaction& tx, std::int64_t row, const Terms& all) {
  repository_.remove_terms(tx, row, all);
  postings_.change(tx, row, text_of(all), {});
  changes_.fetch_add(1, std::memory_order_relaxed);
}

Terms Index::text_terms(db::Transaction& tx, std::int64_t row) {
  Terms out;
  for (const Text& text : repository_.texts(tx, row, texts_max)) add_text_terms(text.text, out);
  return out;
}

std::vector<Index::Change>& Index::changes(db::Transaction& tx) {
  return tx.gathered<Change>(this,
                             [this](db::Transaction& last, const std::vector<Change>& all) { write_all(last, all); });
}

void Index::changed(db::Transaction& tx, const catalog::Asset& asset) {
  changes(tx).push_back({asset.row, asset.deleted_at ? std::nullopt : std::optional(source_of(asset)), false});
}

void Index::again(db::Transaction& tx, const catalog::Asset& asset) {
  changes(tx).push_back({asset.row, asset.deleted_at ? std::nullopt : std::optional(source_of(asset)), true});
}

void Index::write_all(db::Transaction& tx, const std::vector<Change>& changes) {
  if (changes.empty()) return;
  std::map<std::int64_t, Change> last;  // what an asset came to in the end
  for (const Change& change : changes) {
    Change& kept = last[change.row];
    kept = {change.row, change.source, change.again || kept.again};
  }
  std::vector<std::int64_t> rows;
  for (const auto& [row, change] : last) rows.push_back(row);
  const auto sources = repository_.sources(tx, rows);
  const auto with_texts = repository_.with_texts(tx, rows);
  std::vector<SearchRepository::Addition> additions;  // on PostgreSQL, written together
  for (const auto& [row, change] : last) {
    const auto found = sources.find(row);
    auto before = found == sources.end() ? std::nullopt : std::optional(found->second);
    if (before && (change.again || !change.source)) {
      take_out(tx, row, *before);
      before.reset();
    }
    if (change.source) write(tx, row, before, *change.source, with_texts.contains(row), additions);
  }
  repository_.add_sources(tx, additions);
}

void Index::take_out(db::Transaction& tx, std::int64_t row, std::string_view source) {
  Terms all = text_terms(tx, row);
  add_source_terms(source, all);
  remove_terms(tx, row, all);
  repository_.remove_source(tx, row);
}

void Index::write(db::Transaction& tx, std::int64_t row, const std::optional<std::string>& before,
                  std::string_view source, bool has_texts, std::vector<SearchRepository::Addition>& additions) {
  if (before && *before == source) return;
  TermChange change;
  if (before) {
    change = change_of(*before, source);
  } else {
    add_source_terms(source, change.come);
  }
  // Mostly something is added, and the rest need not be looked at. PostgreSQL's list of terms has an end, see array_of.
  if (before && change.gone.empty() && (tx.kind() == db::Kind::sqlite || source.size() <= source_small)) {
    if (has_texts) change.come = without(change.come, text_terms(tx, row));
    if (tx.kind() == db::Kind::postgres) {
      additions.push_back({row, std::string(source), text_of(change.come)});
      changes_.fetch_add(1, std::memory_order_relaxed);
      return postings_.change(tx, row, {}, text_of(change.come));
    }
    repository_.put_source(tx, row, source, {});
    if (!change.come.empty()) add_terms(tx, row, change.come);
    return;
  }
  Terms all;  // asked for on PostgreSQL alone
  if (tx.kind() != db::Kind::sqlite) add_source_terms(source, all);
  if (has_texts) {
    // What is in a text stays, though it left the name; what is new to the index is all of it.
    Terms further = text_terms(tx, row);
    change.gone = without(change.gone, further);
    all.insert(further.begin(), further.end());
    if (before)
      change.come = without(change.come, further);
    else
      change.come.insert(further.begin(), further.end());
  }
  repository_.put_source(tx, row, source, all);
  if (tx.kind() == db::Kind::postgres) {
    changes_.fetch_add(1, std::memory_order_relaxed);
    return postings_.change(tx, row, text_of(change.gone), text_of(change.come));
  }
  change_terms(tx, row, change.gone, change.come, all);
}

void Index::removed(db::Transaction& tx, const catalog::Asset& asset) {
  std::erase_if(changes(tx), [&](const Change& change) { return change.row == asset.row; });
  Terms all = text_terms(tx, asset.row);
  auto before = repository_.source(tx, asset.row);
  if (before) add_source_terms(*before, all);
  if (before || !all.empty()) remove_terms(tx, asset.row, all);
  repository_.remove_source(tx, asset.row);
  repository_.remove_texts(tx, asset.row, "");
}

// Changes texts of an asset by `fn`, and the index by what that makes of its terms.
void Index::change_texts(db::Transaction& tx, std::int64_t row, const std::function<void()>& fn) {
  auto source = repository_.source(tx, row);
  if (!source) return fn();  // in the bin, or not in the index yet: it comes with its texts
  auto all = [&] {
    Terms out = text_terms(tx, row);
    add_source_terms(*source, out);
    return out;
  };
  const Terms before = all();
  fn();
  const Terms after = all();
  Terms gone = without(before, after), come = without(after, before);
  if (!gone.empty() || !come.empty()) change_terms(tx, row, gone, come, after);
}

void Index::put_text(db::Transaction& tx, std::int64_t asset_row, std::string_view kind, std::string_view key,
                     std::string_view text, std::optional<std::int64_t> start_ms, std::optional<std::int64_t> end_ms) {
  change_texts(tx, asset_row, [&] {
    repository_.put_text(tx, {asset_row, std::string(kind), std::string(key), std::string(text), start_ms, end_ms});
  });
}

void Index::put_texts(db::Transaction& tx, std::int64_t asset_row, std::string_view kind,
                      const std::vector<Text>& texts) {
  change_texts(tx, asset_row, [&] {
    repository_.remove_texts(tx, asset_row, kind);
    for (const Text& text : texts)
      repository_.put_text(tx, {asset_row, std::string(kind), text.key, text.text, text.start_ms, text.end_ms});
  });
}

void Index::remove_texts(db::Transaction& tx, std::int64_t asset_row, std::string_view kind) {
  put_texts(tx, asset_row, kind, {});
}

Result<Index::Progress> Index::rebuild_some() {
  return database_.write([&](db::Transaction& tx) -> Result<Progress> {
    State state = repository_.state(tx);
    if (!state.rebuilt_to) return Progress{};
    auto rows = repository_.assets_after(tx, *state.rebuilt_to, rebuild_chunk);
    catalog::AssetRepository assets;
    // Held against other writers: an older state must not be written over a newer one's.
    for (std::int64_t row : rows)
      if (auto asset = assets.lock_row(tx, row)) changed(tx, *asset);
    if (rows.empty())
      repository_.set_rebuilt_to(tx, std::nullopt);
    else
      repository_.set_rebuilt_to(tx, rows.back());
    return Progress{rows.empty() ? 0 : rows.back(), repository_.newest(tx), rows.empty()};
  });
}

std::vector<std::string> Index::common_terms(db::Transaction& tx, std::int64_t from) {
  const std::int64_t newest = repository_.newest(tx);
  if (newest < from) return {};
  std::vector<std::int64_t> rows;
  for (int place = 0; place < sample_places; ++place) {
    const auto some = repository_.assets_after(tx, newest * place / sample_places, sample_in_place);
    rows.insert(rows.end(), some.begin(), some.end());
  }
  // Of texts, which may be long, a few stand for the others.
  const auto spoken = repository_.with_texts(tx, rows);
  const std::size_t heard = std::min(spoken.size(), texts_sampled);
  std::map<std::string, double, std::less<>> counts;
  for (auto row = spoken.begin(); row != std::next(spoken.begin(), static_cast<std::ptrdiff_t>(heard)); ++row)
    for (const std::string& term : text_terms(tx, *row))
      counts[term] += static_cast<double>(spoken.size()) / static_cast<double>(heard);
  for (const auto& [row, source] : repository_.sources(tx, rows)) {
    Terms terms;
    add_source_terms(source, terms);
    for (const std::string& term : terms) counts[term] += 1;
  }
  std::vector<std::pair<double, std::string_view>> order;
  for (const auto& [term, count] : counts)
    if (count * 100 >= static_cast<double>(rows.size())) order.emplace_back(count, term);
  std::ranges::sort(order, std::greater());
  if (order.size() > warmed_most) order.resize(warmed_most);
  std::vector<std::string> out;
  for (const auto& [count, term] : order) out.emplace_back(term);
  return out;
}

Result<void> Index::read_ahead() {
  return database_.read([&](db::Transaction& tx) -> Result<void> {
    postings_.want(tx, common_terms(tx));
    return {};
  });
}

Result<void> Index::tidy(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  auto left = [&] { return std::chrono::steady_clock::now() < end; };
  // Asked for by this process or another.
  RV_TRY(bool rebuilding, database_.read([&](db::Transaction& tx) -> Result<bool> {
    return repository_.state(tx).rebuilt_to.has_value();
  }));
  while (rebuilding && left()) {
    RV_TRY(Progress progress, rebuild_some());
    rebuilding = !progress.done;
  }
  if (const auto at = std::chrono::steady_clock::now(); at >= next_notes_) {
    next_notes_ = at + std::chrono::minutes(1);
    RV_CHECK(postings_.tidy());
  }
  if (database_.kind() == db::Kind::postgres) return sort_in();
  if (changes_.load(std::memory_order_relaxed) < merge_after) return {};
  bool more = true;
  while (more && left()) {
    RV_TRY(more,
           database_.write([&](db::Transaction& tx) -> Result<bool> { return repository_.merge(tx, merge_pages); }));
  }
  if (!more) changes_ = 0;
  return {};
}

// Once nothing has changed since the last look, or after a minute of changes.
Result<void> Index::sort_in() {
  const std::int64_t changes = changes_.load(std::memory_order_relaxed);
  const auto at = std::chrono::steady_clock::now();
  if (changes == sorted_in_ || (std::exchange(changes_seen_, changes) != changes && at < next_sort_)) return {};
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    repository_.sort_in(tx);
    return {};
  }));
  sorted_in_ = changes;
  next_sort_ = at + std::chrono::minutes(1);
  return {};
}

}  // namespace reelvault::search
