#include "search/postings.hpp"

#include "base/log.hpp"
#include "db/clock.hpp"

#include <algorithm>
#include <map>

namespace reelvault::search {

namespace {

constexpr std::size_t list_overhead = 200;  // bytes: the map's node, the list without its rows
constexpr Postings::Mark no_mark = UINT64_MAX;

// PostgreSQL. Where a node did not catch up for as long as notes are sure to be kept, or with too many of them, it
// begins anew.
constexpr std::chrono::minutes behind_most{5};
constexpr std::chrono::minutes notes_kept{15};
constexpr std::int64_t notes_most = 10'000;
// A note beyond that, such as of a transcript that is indexed anew, says that all may be otherwise.
constexpr std::size_t note_bytes_most = 32 << 10;
constexpr std::string_view everything = "*";  // no term: they hold letters, digits and marks
constexpr std::size_t wanted_most = 1'000;
constexpr std::int64_t notes_at_once = 2'000;
constexpr std::int64_t rows_at_once = 250'000;
constexpr std::int64_t documents_at_once = 10'000;

bool fits(std::int64_t row) { return row >= 0 && row <= std::numeric_limits<std::uint32_t>::max(); }

void each_term(std::string_view terms, const std::function<void(std::string_view)>& fn) {
  while (!terms.empty()) {
    const std::size_t end = std::min(terms.find(' '), terms.size());
    if (end > 0) fn(terms.substr(0, end));
    terms.remove_prefix(std::min(end + 1, terms.size()));
  }
}

}  // namespace

bool RowSet::contains(std::int64_t row) const { return fits(row) && rows_.contains(static_cast<std::uint32_t>(row)); }

std::vector<std::int64_t> RowSet::slice(std::uint64_t first, std::uint64_t end) const {
  std::vector<std::int64_t> out;
  std::uint32_t begin = 0;
  if (first >= end || !rows_.select(static_cast<std::uint32_t>(first), &begin)) return out;
  out.reserve(end - first);
  auto at = rows_.begin();
  at.equalorlarger(begin);
  for (std::uint64_t i = first; i < end; ++i, ++at) out.push_back(*at);
  return out;
}

std::vector<std::int64_t> RowSet::below(std::int64_t bound, std::int64_t limit) const {
  if (bound <= 0) return {};
  const std::int64_t last = std::min<std::int64_t>(bound - 1, std::numeric_limits<std::uint32_t>::max());
  const std::uint64_t end = rows_.rank(static_cast<std::uint32_t>(last));
  auto out = slice(end - std::min(end, static_cast<std::uint64_t>(limit)), end);
  std::ranges::reverse(out);
  return out;
}

std::vector<std::int64_t> RowSet::above(std::int64_t bound, std::int64_t limit) const {
  if (bound >= std::numeric_limits<std::uint32_t>::max()) return {};
  const std::uint64_t first = bound < 0 ? 0 : rows_.rank(static_cast<std::uint32_t>(bound));
  return slice(first, std::min(rows_.cardinality(), first + static_cast<std::uint64_t>(limit)));
}

// A change that is not committed yet. One that never is, or of which nobody can tell (a COMMIT that failed may have
// come through), takes the lists with it that it would have changed.
class Postings::Pending {
 public:
  Pending(Postings& postings, std::int64_t row, std::string gone, std::string come)
      : postings_(postings), row_(row), gone_(std::move(gone)), come_(std::move(come)) {}
  ~Pending() {
    if (!applied_) postings_.forget(gone_, come_);
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  void apply() {
    postings_.apply({&row_, 1}, gone_, come_);
    applied_ = true;
  }

 private:
  Postings& postings_;
  std::int64_t row_;
  std::string gone_, come_;
  bool applied_ = false;
};

Postings::Postings(db::Database& database, Limits limits)
    : database_(database),
      limits_(limits),
      waiting_(metrics::gauge("reelvault_search_lists_waiting", "Lists of search terms that are yet to be read")),
      loader_([this](std::stop_token stop) { load(stop); }) {}

Postings::~Postings() = default;

// What a snapshot shows besides an earlier one: changes are sets of terms that come and go, so one that a list has
// already, since it was read later, does no harm when it is applied again before those that follow it. Who comes while
// others catch up makes do with the next one, which begins after it came.
Result<void> Postings::catch_up() {
  const std::uint64_t begun = catch_ups_begun_;
  const std::lock_guard turn(catching_up_);
  if (caught_up_ > begun) return caught_up_well_ ? Result<void>{} : fail(Code::unavailable, "", "The search waits.");
  const std::uint64_t number = ++catch_ups_begun_;
  auto done = read_news();
  caught_up_ = number;
  caught_up_well_ = done.has_value();
  return done;
}

Result<void> Postings::read_news() {
  const bool first = snapshot_.text.empty();
  using Changes = std::vector<SearchRepository::RowChange>;
  RV_TRY(auto news, database_.read([&](db::Transaction& tx) -> Result<std::pair<SearchRepository::Snapshot, Changes>> {
    Changes changes;
    if (!first) changes = repository_.changes_since(tx, snapshot_, notes_most);
    auto snapshot = repository_.snapshot(tx);
    snapshot.at = db::clock(tx);
    return std::pair(std::move(snapshot), std::move(changes));
  }));
  auto& [snapshot, changes] = news;
  // Another server, or one that went back, gives ids out again.
  const bool other = snapshot.server != snapshot_.server || snapshot.next < snapshot_.next;
  const bool unknown = first || other || snapshot.at - snapshot_.at > behind_most ||
                       static_cast<std::int64_t>(changes.size()) >= notes_most ||
                       std::ranges::any_of(changes, [](const auto& change) { return change.gone == everything; });
  if (unknown) {
    drop_all();
  } else {
    for (const auto& change : changes) apply(change.rows, change.gone, change.come);
  }
  snapshot_ = std::move(snapshot);
  return {};
}

void Postings::drop_all() {
  std::unique_lock lock(mutex_);
  lists_.clear();
  bytes_ = 0;
  ++changes_;
}

Result<void> Postings::tidy() {
  if (database_.kind() == db::Kind::sqlite) return {};
  RV_CHECK(catch_up());
  for (std::int64_t gone = notes_at_once; gone == notes_at_once;) {
    RV_TRY(gone, database_.write([&](db::Transaction& tx) -> Result<std::int64_t> {
      return repository_.prune_changes(tx, notes_kept, notes_at_once);
    }));
  }
  return {};
}

Postings::Mark Postings::mark() {
  if (database_.kind() == db::Kind::postgres && !catch_up()) return no_mark;
  std::shared_lock lock(mutex_);
  return changes_;
}

void Postings::change(db::Transaction& tx, std::int64_t row, std::string gone, std::string come) {
  if (gone.empty() && come.empty()) return;
  if (tx.kind() == db::Kind::postgres) {
    using Noted = SearchRepository::RowChange;
    if (gone.size() + come.size() > note_bytes_most) gone = everything, come.clear();
    auto& notes = tx.gathered<Noted>(
        this, [this](db::Transaction& last, const std::vector<Noted>& all) { repository_.add_changes(last, all); });
    // A batch changes many assets alike.
    if (!notes.empty() && notes.back().gone == gone && notes.back().come == come)
      notes.back().rows.push_back(row);
    else
      notes.push_back({{row}, std::move(gone), std::move(come)});
    return;
  }
  auto pending = std::make_shared<Pending>(*this, row, std::move(gone), std::move(come));
  tx.after_commit([pending] { pending->apply(); });
}

void Postings::clear(db::Transaction& tx) {
  if (tx.kind() != db::Kind::sqlite) return;
  // Whatever becomes of the transaction.
  std::shared_ptr<void> at_last(nullptr, [this](void*) { drop_all(); });
  tx.after_commit([this, at_last] { drop_all(); });
}

void Postings::apply(std::span<const std::int64_t> rows, std::string_view gone, std::string_view come) {
  std::unique_lock lock(mutex_);
  ++changes_;
  if (!std::ranges::all_of(rows, fits)) {
    usable_ = false;
    lists_.clear();
    bytes_ = 0;
    return;
  }
  auto change = [&](std::string_view term, bool comes) {
    auto found = lists_.find(term);
    if (found == lists_.end()) return;
    List& list = *found->second;
    for (std::int64_t row : rows) {
      const auto number = static_cast<std::uint32_t>(row);
      if (list.state == State::reading) {
        list.meanwhile.push_back({number, comes});
      } else if (list.state == State::ready) {
        if (comes)
          list.rows.add(number);
        else
          list.rows.remove(number);
      }
    }
  };
  each_term(gone, [&](std::string_view term) { change(term, false); });
  each_term(come, [&](std::string_view term) { change(term, true); });
}

void Postings::forget(std::string_view gone, std::string_view come) {
  std::unique_lock lock(mutex_);
  ++changes_;
  auto drop = [&](std::string_view term) {
    auto found = lists_.find(term);
    if (found == lists_.end()) return;
    bytes_ -= found->second->bytes;
    lists_.erase(found);
  };
  each_term(gone, drop);
  each_term(come, drop);
}

void Postings::erase(const std::string& term, const ListPtr& list) {
  std::unique_lock lock(mutex_);
  auto found = lists_.find(term);
  if (found == lists_.end() || found->second != list) return;
  bytes_ -= list->bytes;
  lists_.erase(found);
}

// A quarter more than must go, so that it is not done for every list.
void Postings::make_room() {
  if (bytes_ <= limits_.bytes) return;
  std::vector<std::pair<std::uint64_t, std::string_view>> order;
  for (const auto& [term, list] : lists_)
    if (list->state == State::ready) order.emplace_back(list->used.load(std::memory_order_relaxed), term);
  std::ranges::sort(order);
  for (const auto& [used, term] : order) {
    if (bytes_ <= limits_.bytes / 4 * 3) break;
    auto found = lists_.find(term);
    bytes_ -= found->second->bytes;
    lists_.erase(found);
  }
}

// Nothing: a row does not fit.
std::optional<Roaring> Postings::bitmap(std::span<const std::int64_t> rows) {
  Roaring out;
  std::vector<std::uint32_t> numbers;
  numbers.reserve(rows.size());
  for (std::int64_t row : rows) {
    if (!fits(row)) {
      std::unique_lock lock(mutex_);
      usable_ = false;
      return std::nullopt;
    }
    numbers.push_back(static_cast<std::uint32_t>(row));
  }
  out.addMany(numbers.size(), numbers.data());
  return out;
}

// At least `limit`, where there are as many. No list is longer than there are rows.
std::vector<std::int64_t> Postings::first_rows(db::Transaction& tx, const Expression& one, std::int64_t limit) {
  if (tx.kind() == db::Kind::sqlite && repository_.newest(tx) < limits_.short_list)
    return repository_.every_match(tx, one);
  return repository_.matches(tx, one, -1, false, limit);
}

// A part at a time, each in a transaction of its own, so that no list is too long for the time that a read has. What
// changes between them is taken down, and sets it right.
std::optional<Roaring> Postings::read_all(const std::string& term, std::stop_token stop) {
  Roaring out;
  const Expression one{{{term}}, {}};
  const std::int64_t at_once = std::min(limits_.short_list, rows_at_once);
  using Rows = std::vector<std::int64_t>;
  for (std::int64_t last = -1; !stop.stop_requested();) {
    auto some = database_.read([&](db::Transaction& tx) -> Result<std::optional<Rows>> {
      if (!current(tx)) return std::nullopt;
      return last < 0 ? first_rows(tx, one, at_once) : repository_.matches(tx, one, last, false, at_once);
    });
    if (!some) log::warning("a list of the search index is not read", {{"detail", some.error().detail}});
    if (!some || !*some) return std::nullopt;
    auto rows = bitmap(**some);
    if (!rows) return std::nullopt;
    out |= *rows;
    if (static_cast<std::int64_t>((*some)->size()) < at_once) {
      out.runOptimize();
      out.shrinkToFit();
      return out;
    }
    last = (*some)->back();
  }
  return std::nullopt;
}

// GIN gives the rows of a term by way of the rows themselves, 0.4 s a list of a library of a million. Their terms all
// come in ten.
std::vector<Roaring> Postings::read_in_a_pass(const std::vector<std::string>& terms, std::stop_token stop) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < terms.size(); ++i) places.emplace(terms[i], i);
  std::vector<Roaring> out(terms.size());
  struct Part {
    std::optional<std::int64_t> last;
    std::vector<std::vector<std::int64_t>> rows;
  };
  for (std::int64_t after = -1; !stop.stop_requested();) {
    auto part = database_.read([&](db::Transaction& tx) -> Result<std::optional<Part>> {
      if (!current(tx)) return std::nullopt;
      Part found{{}, std::vector<std::vector<std::int64_t>>(terms.size())};
      found.last = repository_.each_term(tx, after, documents_at_once, [&](std::int64_t row, std::string_view term) {
        if (auto place = places.find(term); place != places.end()) found.rows[place->second].push_back(row);
      });
      return found;
    });
    if (!part) log::warning("lists of the search index are not read", {{"detail", part.error().detail}});
    if (!part || !*part) return {};
    for (std::size_t i = 0; i < terms.size(); ++i) {
      auto rows = bitmap((*part)->rows[i]);
      if (!rows) return {};
      out[i] |= *rows;
    }
    if (!(*part)->last) {
      for (Roaring& rows : out) {
        rows.runOptimize();
        rows.shrinkToFit();
      }
      return out;
    }
    after = *(*part)->last;
  }
  return {};
}

// As many as terms, or none.
std::vector<Roaring> Postings::read_all(const std::vector<std::string>& terms, std::stop_token stop) {
  if (terms.size() > 1) return read_in_a_pass(terms, stop);
  std::vector<Roaring> out;
  if (auto rows = read_all(terms.front(), stop)) out.push_back(std::move(*rows));
  return out;
}

void Postings::end_reading(const std::string& term, const ListPtr& list, Roaring rows) {
  std::unique_lock lock(mutex_);
  auto found = lists_.find(term);
  if (found == lists_.end() || found->second != list) return;  // forgotten while it was read
  for (const Change& change : list->meanwhile) {
    if (change.comes)
      rows.add(change.row);
    else
      rows.remove(change.row);
  }
  list->meanwhile = {};
  list->rows = std::move(rows);
  list->state = State::ready;
  list->used = ++clock_;
  list->bytes = list_overhead + term.size() + list->rows.getSizeInBytes();
  bytes_ += list->bytes;
  make_room();
}

// A short list, kept where no change can have come between this transaction's beginning and now. A long one is left to
// the loader.
std::optional<Roaring> Postings::read_short(db::Transaction& tx, Mark mark, const std::string& term) {
  auto list = std::make_shared<List>();
  bool kept = false;
  {
    std::unique_lock lock(mutex_);
    kept = changes_ == mark && lists_.try_emplace(term, list).second;
  }
  std::optional<Roaring> rows;
  try {
    const auto some = first_rows(tx, {{{term}}, {}}, limits_.short_list);
    if (static_cast<std::int64_t>(some.size()) < limits_.short_list) rows = bitmap(some);
  } catch (...) {
    if (kept) erase(term, list);
    throw;
  }
  if (rows) {
    if (kept) end_reading(term, list, *rows);
    return rows;
  }
  leave_to_loader(term, list);
  return std::nullopt;
}

void Postings::leave_to_loader(const std::string& term, const ListPtr& list) {
  std::unique_lock lock(mutex_);
  if (wanted_.size() >= wanted_most) return;  // the next search asks again
  auto [found, inserted] = lists_.try_emplace(term, list);
  if (found->second != list || !usable_) return;
  list->state = State::wanted;
  list->meanwhile = {};
  wanted_.push_front(term);  // before those that nobody waits for
  waiting_.Increment();
  wake_.notify_all();
}

void Postings::want(db::Transaction& tx, const std::vector<std::string>& terms) {
  if (!current(tx)) return;
  std::unique_lock lock(mutex_);
  for (const std::string& term : terms) {
    if (wanted_.size() >= wanted_most) break;
    wanted_.push_back(term);
    waiting_.Increment();
  }
  wake_.notify_all();
}

// `reelvault reindex` may rebuild the index beside this process, of which nobody tells `change`.
bool Postings::current(db::Transaction& tx) {
  const auto [generation, version, rebuilt_to] = repository_.state(tx);
  if (rebuilt_to) return false;
  {
    std::shared_lock lock(mutex_);
    if (generation_ == generation) return true;
    if (generation_ > generation) return false;
  }
  std::unique_lock lock(mutex_);
  if (generation_ < generation) {
    lists_.clear();
    bytes_ = 0;
    ++changes_;
    generation_ = generation;
  }
  return generation_ == generation;
}

std::optional<RowSet> Postings::rows(db::Transaction& tx, Mark mark, const Expression& expression) {
  if (mark == no_mark || expression.all.empty() || !current(tx)) return std::nullopt;
  std::vector<const std::string*> missing;
  auto each = [&](const std::function<void(const std::string&)>& fn) {
    for (const auto& group : expression.all) std::ranges::for_each(group, fn);
    std::ranges::for_each(expression.none, fn);
  };
  {
    std::shared_lock lock(mutex_);
    if (!usable_) return std::nullopt;
    bool others = false;
    each([&](const std::string& term) {
      auto found = lists_.find(term);
      if (found == lists_.end())
        missing.push_back(&term);
      else
        others = others || found->second->state != State::ready;
    });
    if (others && missing.empty()) return std::nullopt;
  }
  std::map<std::string_view, Roaring> own;  // read here: the kept ones may be gone again
  bool all = true;
  for (const std::string* term : missing) {
    if (own.contains(*term)) continue;
    // How long a list is GIN does not tell, and reading one takes longer than the answer.
    if (database_.kind() == db::Kind::postgres && !expression.rare) {
      leave_to_loader(*term, std::make_shared<List>());
      all = false;
    } else if (auto rows = read_short(tx, mark, *term))
      own.emplace(*term, std::move(*rows));
    else
      all = false;
  }
  if (!all) return std::nullopt;

  std::shared_lock lock(mutex_);
  auto list = [&](const std::string& term) -> const Roaring* {
    if (auto read = own.find(term); read != own.end()) return &read->second;
    auto found = lists_.find(term);
    if (found == lists_.end() || found->second->state != State::ready) return nullptr;
    found->second->used.store(++clock_, std::memory_order_relaxed);
    return &found->second->rows;
  };
  std::deque<Roaring> unions;
  std::vector<const Roaring*> factors;
  for (const auto& group : expression.all) {
    std::vector<const Roaring*> lists;
    for (const std::string& term : group) {
      lists.push_back(list(term));
      if (lists.back() == nullptr) return std::nullopt;
    }
    if (lists.size() != 1) {
      unions.push_back(Roaring::fastunion(lists.size(), lists.data()));
      lists = {&unions.back()};
    }
    factors.push_back(lists.front());
  }
  std::ranges::sort(factors, {}, [](const Roaring* rows) { return rows->cardinality(); });
  Roaring out = *factors.front();
  for (std::size_t i = 1; i < factors.size(); ++i) out &= *factors[i];
  for (const std::string& term : expression.none) {
    const Roaring* rows = list(term);
    if (rows == nullptr) return std::nullopt;
    out -= *rows;
  }
  return RowSet(std::move(out));
}

void Postings::load(std::stop_token stop) {
  while (true) {
    std::vector<std::string> terms;
    std::vector<ListPtr> lists;
    std::size_t taken = 1;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [&] { return !wanted_.empty(); })) return;
      if (database_.kind() == db::Kind::postgres && wanted_.size() >= limits_.lists_in_a_pass) taken = wanted_.size();
      for (std::size_t i = 0; i < taken; ++i) {
        std::string term = std::move(wanted_.front());
        wanted_.pop_front();
        // One that is read ahead, and that no search has read meanwhile, is not among them.
        auto [found, inserted] = lists_.try_emplace(term);
        if (inserted) found->second = std::make_shared<List>();
        if (!inserted && found->second->state != State::wanted) continue;
        found->second->state = State::reading;  // what is committed from here on is taken down
        lists.push_back(found->second);
        terms.push_back(std::move(term));
      }
      loading_ = true;
    }
    std::vector<Roaring> read;
    try {
      if (!terms.empty()) read = read_all(terms, stop);
    } catch (const std::exception& exception) {
      log::error("lists of the search index are not read", {{"detail", exception.what()}});
    }
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (read.empty())
        erase(terms[i], lists[i]);
      else
        end_reading(terms[i], lists[i], std::move(read[i]));
    }
    {
      std::unique_lock lock(mutex_);
      loading_ = false;
      waiting_.Decrement(static_cast<double>(taken));
    }
    wake_.notify_all();
  }
}

std::size_t Postings::bytes() const {
  std::shared_lock lock(mutex_);
  return bytes_;
}

void Postings::settle() {
  std::shared_lock lock(mutex_);
  wake_.wait(lock, [&] { return wanted_.empty() && !loading_; });
}

}  // namespace reelvault::search
