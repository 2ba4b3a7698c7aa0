#include "search/search_service.hpp"

#include "base/text.hpp"
#include "catalog/collection.hpp"
#include "catalog/field.hpp"
#include "search/candidates.hpp"
#include "search/facets.hpp"
#include "search/place.hpp"
#include "search/shown.hpp"

#include <algorithm>

namespace reelvault::search {

namespace json = boost::json;

namespace {

constexpr std::int64_t rows_max = 20'000;  // candidates that one search looks at
constexpr std::size_t total_max = 10'000;
constexpr std::size_t ranked_max = 500;        // ranked among each other, newest first: each is a row to be read
constexpr std::size_t exact_max = 200;         // of one name
constexpr std::int64_t members_max = 300'000;  // matches whose membership is kept while walking by a sort key
constexpr std::chrono::milliseconds time_max{400};
constexpr std::size_t folders_max = 1000;  // of collections, asked for by terms

// The first matches from some row downwards.
struct Newest {
  std::vector<std::int64_t> rows;
  bool ended = false;
  std::int64_t looked_to = 0;  // the last row that was looked at
};

class Run {
 public:
  Run(db::Transaction& tx, catalog::AssetService& assets, Postings& postings, Postings::Mark mark, const Principal& by,
      const SearchRequest& request, const Query& query, const Filter& filter)
      : tx_(tx),
        assets_(assets),
        postings_(postings),
        mark_(mark),
        by_(by),
        request_(request),
        query_(query),
        filter_(filter) {}

  Result<SearchPage> page() {
    RV_TRY(Scope scope, make_scope());
    if (!filter_.collections().empty()) narrow_to_collections();
    sorting_ = parse_sort(request_.sort);
    // Without words everything is as good: the newest first.
    if (sorting_.by == Sort::relevance && std::ranges::all_of(query_.clauses(), &Clause::excluded))
      sorting_ = {Sort::created, true};
    Wanted wanted{tx_, repository_, postings_, mark_, scope, filter_, query_};
    wanted.details = !request_.facets.empty() || sorting_.by == Sort::name || sorting_.by == Sort::modified ||
                     sorting_.by == Sort::size;
    budget_ = {rows_max, std::chrono::steady_clock::now() + time_max};
    if (request_.pageToken) {
      RV_TRY(place_, decode(request_));
      place_.top = std::clamp<std::int64_t>(place_.top, 0, repository_.newest(tx_));
    } else {
      place_.top = repository_.newest(tx_);
    }
    SearchPage out;
    if (!request_.pageToken || !request_.facets.empty() || by_key()) count(wanted, out);
    std::vector<Hit> hits;
    switch (sorting_.by) {
      case Sort::relevance: hits = by_relevance(wanted); break;
      case Sort::created: hits = by_creation(wanted); break;
      default: hits = place_.walk ? by_walk(wanted) : among_counted(); break;
    }
    if (more_) out.nextPageToken = encode(place_, request_);
    out.totalItemCount = place_.total;
    out.totalIsEstimate = place_.estimate;
    out.items = shown(tx_, assets_, repository_, query_, hits);
    return out;
  }

 private:
  bool by_key() const { return sorting_.by != Sort::relevance && sorting_.by != Sort::created && !place_.walk; }

  Result<Scope> make_scope() {
    std::int64_t below = 0, bucket = 0;
    if (filter_.parent()) {
      auto folder = assets_.tree().folder(*filter_.parent());
      auto line = folder ? assets_.tree().line(folder->row) : std::vector<catalog::FolderTree::Folder>{};
      std::vector<std::int64_t> chain;
      for (const auto& above : line) chain.push_back(above.row);
      if (chain.empty() || !assets_.access().highest(by_, chain)) return fail_not_found("folder");
      below = folder->row;
    }
    bool no_bucket = false;
    if (filter_.bucket()) {
      auto found = assets_.repository().bucket(tx_, *filter_.bucket());
      if (found) bucket = found->row;
      no_bucket = !found;
    }
    // An unknown bucket and one that holds nothing for the caller answer alike.
    return Scope::make(assets_.tree(), assets_.access(), by_, below, no_bucket ? -1 : bucket);
  }

  // A folder in a collection stands for what it holds at the moment.
  void narrow_to_collections() {
    const auto rows = collection_rows();
    catalog::CollectionRepository collections;
    const auto tops = collections.members(tx_, rows, true);
    std::vector<std::int64_t> folders;
    bool few = true;
    for (std::size_t i = 0; i < tops.size() && few; ++i) {
      auto below = assets_.tree().below(tops[i], folders_max - folders.size());
      few = below.has_value();
      if (few) folders.insert(folders.end(), below->begin(), below->end());
    }
    if (few) return filter_.set_collections(rows, folders);
    const auto members = collections.members(tx_, rows, false);
    filter_.set_collections([this, tops = std::set(tops.begin(), tops.end()),
                             members = std::unordered_set(members.begin(), members.end())](const Candidate& candidate) {
      if (members.contains(candidate.row)) return true;
      auto chain = assets_.tree().chain_of_folder(candidate.parent_row);
      return chain && std::ranges::any_of(*chain, [&](std::int64_t row) { return tops.contains(row); });
    });
  }

  // Whoever may read something in a collection sees it, so filtering what they may read tells nothing.
  std::vector<std::int64_t> collection_rows() {
    std::vector<std::int64_t> out;
    catalog::CollectionRepository collections;
    for (const std::string& named : filter_.collections()) {
      if (auto id = Uuid::parse(named)) {
        if (auto found = collections.find(tx_, *id)) out.push_back(found->row);
      } else {
        for (const catalog::Collection& found : collections.named(tx_, fold_case(nfc(named)))) out.push_back(found.row);
      }
    }
    return out;
  }

  // Total and facets, over the newest matches, which are kept for a first page.
  void count(const Wanted& wanted, SearchPage& out) {
    CandidateStream stream(wanted, wanted.expression(), place_.top + 1);
    const bool first = !request_.pageToken;
    if (first && wanted.index_tells_all() && !wanted.details) {
      newest_ = Newest{stream.rows(static_cast<std::int64_t>(total_max) + 1)};
      place_.estimate = newest_->rows.size() > total_max;
      if (place_.estimate) newest_->rows.pop_back();
    } else {
      counted_ = stream.take(total_max, budget_);
      if (first) {
        newest_.emplace();
        for (const Candidate& c : counted_) newest_->rows.push_back(c.row);
        place_.estimate = !stream.ended();
        newest_->looked_to = stream.at();
      }
      budget_.rows = rows_max;
    }
    if (first) {
      newest_->ended = !place_.estimate;
      place_.total = static_cast<std::int64_t>(newest_->rows.size());
      // What does not fit into the count is found along the index of all assets, by the sort key.
      place_.walk = by_key() && place_.estimate;
    }
    out.facets = facets_of(tx_, repository_, request_.facets, counted_);
  }

  // The first `most` matches from `bound` downwards: those that were counted, where they were.
  Newest newest(const Wanted& wanted, std::int64_t bound, std::size_t most) {
    if (newest_) {
      Newest out = std::move(*newest_);
      newest_.reset();
      if (out.rows.size() > most) {
        out.rows.resize(most);
        out.ended = false;
        out.looked_to = 0;
      }
      if (out.looked_to == 0 && !out.rows.empty()) out.looked_to = out.rows.back();
      return out;
    }
    CandidateStream stream(wanted, wanted.expression(), bound);
    Newest out;
    for (const Candidate& c : stream.take(most, budget_)) out.rows.push_back(c.row);
    out.ended = stream.ended();
    out.looked_to = stream.at();
    return out;
  }

  std::size_t page_size() const { return static_cast<std::size_t>(request_.pageSize); }

  std::vector<Hit> by_creation(const Wanted& wanted) {
    std::vector<std::int64_t> rows;
    if (sorting_.descending) {
      Newest found = newest(wanted, place_.after ? place_.row : place_.top + 1, page_size() + 1);
      rows = std::move(found.rows);
      more_ = rows.size() > page_size() || !found.ended;
      place_.row = found.looked_to;
    } else {
      CandidateStream stream(wanted, wanted.expression(), place_.after ? place_.row : 0, false);
      // What came after the first page would be met in the end.
      bool passed_top = false;
      for (const Candidate& c : stream.take(page_size() + 1, budget_)) {
        passed_top = c.row > place_.top;
        if (passed_top) break;
        rows.push_back(c.row);
      }
      more_ = rows.size() > page_size() || (!stream.ended() && !passed_top);
      place_.row = stream.at();
    }
    place_.after = true;
    if (rows.size() > page_size()) {
      rows.resize(page_size());
      place_.row = rows.back();
    }
    std::vector<Hit> out;
    for (std::int64_t row : rows) out.push_back({row, 0});
    return out;
  }

  // Windows of the newest matches, each ranked in itself; names that are just what was typed stand before all.
  std::vector<Hit> by_relevance(const Wanted& wanted) {
    Newest window = newest(wanted, place_.window != 0 ? place_.window : place_.top + 1, ranked_max);
    std::vector<std::int64_t>& rows = window.rows;
    if (place_.window == 0) add_exact_names(wanted, rows);
    std::vector<Hit> hits;
    hits.reserve(rows.size());
    repository_.each_source(tx_, rows, [&](std::int64_t row, std::string_view source) {
      bool exact = false;
      double score = query_.score(source, exact);
      // Shown with the first window already.
      if (exact && place_.window != 0 && row >= place_.exact_floor) return;
      hits.push_back({row, static_cast<std::int64_t>(score * 1000)});
    });
    auto better = [](const Hit& a, const Hit& b) { return a.points != b.points ? a.points > b.points : a.row > b.row; };
    if (place_.after) {
      const Hit last{place_.row, place_.number};
      std::erase_if(hits, [&](const Hit& hit) { return !better(last, hit); });
    }
    const std::size_t shown = std::min(page_size(), hits.size());
    std::ranges::partial_sort(hits, hits.begin() + static_cast<std::ptrdiff_t>(shown), better);
    if (hits.size() > shown) {
      more_ = true;
      place_.after = true;
      hits.resize(shown);
      place_.row = hits.back().row;
      place_.number = hits.back().points;
    } else if (!window.ended) {
      more_ = true;
      place_.after = false;
      place_.window = window.looked_to;
    }
    return hits;
  }

  void add_exact_names(const Wanted& wanted, std::vector<std::int64_t>& rows) {
    if (query_.whole_name().empty()) return;
    // Hardly any query is a name: asked first by itself, since the whole expression walks lists of common words.
    const std::vector<std::string> name{property::whole_name(query_.whole_name())};
    if (Matches(wanted, {{name}, {}, true}).some(place_.top + 1, true, 1).empty()) return;
    Expression exact = wanted.expression();
    exact.all.push_back(name);
    exact.rare = true;
    CandidateStream names(wanted, std::move(exact), place_.top + 1);
    Budget own{2000, budget_.deadline};
    auto found = names.take(exact_max, own);
    for (const Candidate& c : found) rows.push_back(c.row);
    if (!names.ended() && !found.empty()) place_.exact_floor = found.back().row;
    std::ranges::sort(rows);
    rows.erase(std::ranges::unique(rows).begin(), rows.end());
  }

  OrderPosition key_of(const Candidate& c) const {
    if (sorting_.by == Sort::name) return {c.sort_name, 0, c.row};
    return {{}, sorting_.by == Sort::size ? c.size : unix_ms(c.modified_at), c.row};
  }

  void leave_off_at(const Candidate& last) {
    OrderPosition key = key_of(last);
    place_.after = true;
    place_.text = key.text;
    place_.number = key.number;
    place_.row = key.row;
  }

  // All matches are at hand.
  std::vector<Hit> among_counted() {
    auto less = [&](const OrderPosition& a, const OrderPosition& b) {
      auto key = [](const OrderPosition& p) { return std::tie(p.text, p.number, p.row); };
      return sorting_.descending ? key(b) < key(a) : key(a) < key(b);
    };
    if (place_.after) {
      const OrderPosition last{place_.text, place_.number, place_.row};
      std::erase_if(counted_, [&](const Candidate& c) { return !less(last, key_of(c)); });
    }
    const std::size_t shown = std::min(page_size(), counted_.size());
    std::ranges::partial_sort(counted_, counted_.begin() + static_cast<std::ptrdiff_t>(shown),
                              [&](const Candidate& a, const Candidate& b) { return less(key_of(a), key_of(b)); });
    more_ = counted_.size() > shown;
    counted_.resize(shown);
    if (more_) leave_off_at(counted_.back());
    std::vector<Hit> out;
    for (const Candidate& c : counted_) out.push_back({c.row, 0});
    return out;
  }

  // Too many matches to sort: along all assets by the sort key, and of each, whether it is a match.
  std::vector<Hit> by_walk(const Wanted& wanted) {
    const Expression expression = wanted.expression();
    const bool all = expression.none.empty() && expression.all.size() == 1 && expression.all[0].size() == 1 &&
                     expression.all[0][0] == property::any();
    const Matches matches(wanted, expression);
    std::vector<bool> members;
    if (!all && !matches.at_hand()) {
      auto rows = matches.some(place_.top + 1, true, members_max);
      if (static_cast<std::int64_t>(rows.size()) < members_max) {
        members.resize(static_cast<std::size_t>(place_.top) + 1);
        for (std::int64_t row : rows) members[static_cast<std::size_t>(row)] = true;
      }
    }
    auto member = [&](std::int64_t row) {
      if (row > place_.top) return false;
      if (all) return true;
      return members.empty() ? matches.holds(row) : static_cast<bool>(members[static_cast<std::size_t>(row)]);
    };
    const Order order = sorting_.by == Sort::name   ? Order::name
                        : sorting_.by == Sort::size ? Order::size
                                                    : Order::modified;
    std::optional<OrderPosition> after;
    if (place_.after) after = OrderPosition{place_.text, place_.number, place_.row};
    constexpr int at_once = 500;
    std::vector<Hit> out;
    more_ = true;
    while (out.size() < page_size() && more_ && !budget_.spent()) {
      auto walked = repository_.ordered(tx_, order, sorting_.descending, after, at_once);
      budget_.rows -= static_cast<std::int64_t>(walked.size());
      if (walked.empty()) {
        more_ = false;
        break;
      }
      const bool last = walked.size() < at_once;
      const Candidate end = walked.back();
      std::erase_if(walked, [&](const Candidate& c) { return !member(c.row); });
      auto found = wanted.accepted(std::move(walked));
      if (out.size() + found.size() > page_size()) {
        found.resize(page_size() - out.size());
        leave_off_at(found.back());
      } else {
        more_ = !last;
        leave_off_at(end);
      }
      for (const Candidate& c : found) out.push_back({c.row, 0});
      after = OrderPosition{place_.text, place_.number, place_.row};
    }
    return out;
  }

  db::Transaction& tx_;
  catalog::AssetService& assets_;
  Postings& postings_;
  const Postings::Mark mark_;
  const Principal& by_;
  const SearchRequest& request_;
  const Query& query_;
  Filter filter_;
  SearchRepository repository_;
  Sorting sorting_;
  Budget budget_;
  Place place_;
  bool more_ = false;
  std::vector<Candidate> counted_;
  std::optional<Newest> newest_;
};

Filter checked_filter(const SearchRequest& request, const Query& query, Faults& faults) {
  if (query.words() > query_words_max) faults.add("/query", fmt::format("must have at most {} words", query_words_max));
  Filter filter = Filter::make(request.filters.value_or(SearchFilters{}), faults.all());
  for (std::size_t i = 0; i < request.facets.size(); ++i) {
    const std::string& name = request.facets[i];
    if (!is_facet(name))
      faults.add("/facets/" + std::to_string(i),
                 "must be mediaType, contentType, assetType, assetStatus, tags, createdAt or customFields.<name>");
  }
  return filter;
}
}  // namespace

// What a field is defined as. A text that is no choice is fine as long as the caller sees something that has it.
void SearchService::check_custom_fields(db::Transaction& tx, Postings::Mark mark, const Principal& by,
                                        const SearchRequest& request, Faults& faults) {
  if (!request.filters || request.filters->customFields.empty()) return;
  SearchRepository repository;
  const Filter none;
  const Query all("");
  std::optional<Scope> scope;
  for (const catalog::Field& field : catalog::FieldRepository{}.all(tx)) {
    const json::value* wanted = request.filters->customFields.if_contains(field.name);
    if (!wanted) continue;
    auto held = [&](const json::value& value) {
      if (!scope) scope = Scope::make(assets_.tree(), assets_.access(), by, 0, 0);
      Wanted any{tx, repository, postings_, mark, *scope, none, all};
      Expression expression;
      expression.all.push_back({property::custom(field.name, value)});
      Budget budget{rows_max, std::chrono::steady_clock::now() + time_max};
      CandidateStream stream(any, std::move(expression), std::numeric_limits<std::int64_t>::max());
      return !stream.take(1, budget).empty() || !stream.ended();
    };
    catalog::check_filter(field, *wanted, "/filters/customFields/" + dto::pointer_token(field.name), held,
                          faults.all());
  }
}

Result<SearchPage> SearchService::search(const Principal& by, const SearchRequest& request) {
  const Query query(request.query);
  Faults faults;
  const Filter filter = checked_filter(request, query, faults);
  const Postings::Mark mark = postings_.mark();
  return assets_.database().read([&](db::Transaction& tx) -> Result<SearchPage> {
    Faults all = faults;
    check_custom_fields(tx, mark, by, request, all);
    RV_CHECK(all.check());
    return Run(tx, assets_, postings_, mark, by, request, query, filter).page();
  });
}

Result<void> SearchService::check(const Principal& by, const SearchRequest& request) {
  const Query query(request.query);
  Faults faults;
  (void)checked_filter(request, query, faults);
  const Postings::Mark mark = postings_.mark();
  return assets_.database().read([&](db::Transaction& tx) -> Result<void> {
    Faults all = faults;
    check_custom_fields(tx, mark, by, request, all);
    return all.check();
  });
}

Result<SearchSuggestions> SearchService::suggest(const Principal& by, const SuggestQuery& asked) {
  SearchSuggestions out;
  const std::string typed = folded(asked.prefix);
  if (typed.empty()) return out;
  const std::size_t limit = static_cast<std::size_t>(asked.limit.value_or(10));
  const Query query("\"" + typed + "*\"");
  const Filter filter;
  const Postings::Mark mark = postings_.mark();
  return assets_.database().read([&](db::Transaction& tx) -> Result<SearchSuggestions> {
    SearchRepository repository;
    Scope scope = Scope::make(assets_.tree(), assets_.access(), by, 0, 0);
    Budget budget{4000, std::chrono::steady_clock::now() + time_max};
    Wanted wanted{tx, repository, postings_, mark, scope, filter, query};
    // Tags first: they are few, and chosen by people.
    std::vector<FieldFault> none;
    std::string tag_beginning = fold_case(nfc(std::string(trim(asked.prefix))));
    for (const std::string& tag : repository.tags_beginning(tx, tag_beginning, 100)) {
      if (out.items.size() >= std::max<std::size_t>(limit / 2, 1) || budget.spent()) break;
      const Query all("");
      Wanted tagged{tx, repository, postings_, mark, scope, filter, all};
      Expression expression;
      expression.all.push_back({property::tag(tag)});
      if (CandidateStream(tagged, std::move(expression), std::numeric_limits<std::int64_t>::max())
              .take(1, budget)
              .size() == 1)
        out.items.push_back({tag, "tag"});
    }
    CandidateStream stream(wanted, wanted.expression(), std::numeric_limits<std::int64_t>::max());
    std::set<std::string> seen;
    budget.rows = 4000;
    while (out.items.size() < limit && !stream.ended() && !budget.spent()) {
      std::vector<std::int64_t> rows;
      for (const Candidate& c : stream.take(200, budget)) rows.push_back(c.row);
      auto assets = assets_.repository().rows(tx, rows);
      std::ranges::sort(assets, std::greater(), &catalog::Asset::row);
      for (const catalog::Asset& asset : assets) {
        if (out.items.size() >= limit) break;
        std::string name = folded(asset.name);
        if (has_phrase(name, query.clauses().front().words, true) && seen.insert(name).second)
          out.items.push_back({asset.name, "name"});
      }
    }
    return out;
  });
}

}  // namespace reelvault::search
