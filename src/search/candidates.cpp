#include "search/candidates.hpp"

#include <algorithm>

namespace reelvault::search {

namespace {
constexpr std::int64_t rows_at_once = 2000;
constexpr std::int64_t gathered_max = 100'000;
constexpr int texts_max = 5000;  // of one asset, looked through for a phrase
}  // namespace

Expression Wanted::expression() const {
  Expression out;
  query.add_to(out);
  filter.add_to(out);
  if (out.all.empty()) out.all.push_back({property::any()});
  return out;
}

std::vector<Candidate> Wanted::accepted(std::vector<Candidate> candidates) const {
  std::erase_if(candidates, [&](const Candidate& c) { return c.deleted || !scope.holds(c) || !filter.accepts(c); });
  if (candidates.empty() || (!query.needs_text() && !filter.looks_at_custom_fields())) return candidates;
  std::vector<std::int64_t> rows;
  for (const Candidate& c : candidates) rows.push_back(c.row);
  std::unordered_set<std::int64_t> good;
  auto keep = [&] {
    std::erase_if(candidates, [&](const Candidate& c) { return !good.contains(c.row); });
    rows.assign(good.begin(), good.end());
    good.clear();
  };
  if (filter.looks_at_custom_fields()) {
    repository.each_custom_fields(tx, rows, [&](std::int64_t row, std::string_view fields) {
      if (filter.accepts_custom_fields(fields)) good.insert(row);
    });
    keep();
  }
  if (query.needs_text()) {
    repository.each_source(tx, rows, [&](std::int64_t row, std::string_view source) {
      auto texts = [&] {
        std::string out;
        for (const Text& text : repository.texts(tx, row, texts_max)) {
          out += folded(text.text);
          out += '\n';
        }
        return out;
      };
      if (query.accepts(source, texts)) good.insert(row);
    });
    keep();
  }
  return candidates;
}

Matches::Matches(const Wanted& wanted, Expression expression)
    : wanted_(wanted),
      expression_(std::move(expression)),
      rows_(wanted.postings.rows(wanted.tx, wanted.mark, expression_)) {}

std::vector<std::int64_t> Matches::some(std::int64_t bound, bool descending, std::int64_t limit) const {
  if (rows_) return descending ? rows_->below(bound, limit) : rows_->above(bound, limit);
  return wanted_.repository.matches(wanted_.tx, expression_, bound, descending, limit);
}

bool Matches::holds(std::int64_t row) const {
  return rows_ ? rows_->contains(row) : wanted_.repository.is_match(wanted_.tx, expression_, row);
}

void CandidateStream::gather() {
  gathered_.emplace();
  for (const auto& group : wanted_.scope.groups()) {
    Expression here = expression_;
    here.all.push_back(group);
    auto rows = Matches(wanted_, std::move(here))
                    .some(descending_ ? std::numeric_limits<std::int64_t>::max() : 0, descending_, gathered_max);
    gathered_->insert(gathered_->end(), rows.begin(), rows.end());
  }
  if (descending_)
    std::ranges::sort(*gathered_, std::greater());
  else
    std::ranges::sort(*gathered_);
  gathered_->erase(std::ranges::unique(*gathered_).begin(), gathered_->end());
  position_ = static_cast<std::size_t>(
      std::ranges::find_if(*gathered_, [&](std::int64_t row) { return descending_ ? row < bound_ : row > bound_; }) -
      gathered_->begin());
}

std::vector<std::int64_t> CandidateStream::next(std::int64_t limit) {
  std::vector<std::int64_t> out;
  if (ended_) return out;
  if (wanted_.scope.nothing() || wanted_.query.nothing()) {
    ended_ = true;
    return out;
  }
  if (wanted_.scope.few(wanted_.tx, wanted_.repository)) {
    if (!gathered_) gather();
    std::size_t end = std::min(gathered_->size(), position_ + static_cast<std::size_t>(limit));
    out.assign(gathered_->begin() + static_cast<std::ptrdiff_t>(position_),
               gathered_->begin() + static_cast<std::ptrdiff_t>(end));
    position_ = end;
    ended_ = position_ == gathered_->size();
  } else {
    if (!matches_) matches_.emplace(wanted_, expression_);
    out = matches_->some(bound_, descending_, limit);
    ended_ = static_cast<std::int64_t>(out.size()) < limit;
  }
  if (!out.empty()) bound_ = out.back();
  return out;
}

std::vector<std::int64_t> CandidateStream::rows(std::int64_t limit) { return next(limit); }

std::vector<Candidate> CandidateStream::take(std::size_t count, Budget& budget) {
  std::vector<Candidate> out;
  const bool index_alone = wanted_.index_tells_all() && !wanted_.details;
  while (out.size() < count && !ended_ && !budget.spent()) {
    // No more at once than can be wanted, or rows that were passed over would be looked at again by the next page.
    std::int64_t limit = std::min({rows_at_once, budget.rows, static_cast<std::int64_t>(count - out.size())});
    auto rows = next(limit);
    budget.rows -= static_cast<std::int64_t>(rows.size());
    if (index_alone) {
      for (std::int64_t row : rows) out.push_back({.row = row});
      continue;
    }
    if (rows.empty()) continue;
    auto found = wanted_.repository.candidates(wanted_.tx, rows);
    if (descending_)
      std::ranges::sort(found, std::greater(), &Candidate::row);
    else
      std::ranges::sort(found, {}, &Candidate::row);
    for (Candidate& candidate : wanted_.accepted(std::move(found))) out.push_back(std::move(candidate));
  }
  return out;
}

}  // namespace reelvault::search
