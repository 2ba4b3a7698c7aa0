#include "search/query.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace reelvault::search {

namespace {

Lookup lookup(const Clause& clause, std::size_t at) {
  return clause.prefix && at + 1 == clause.words.size() ? lookup_prefix(clause.words[at])
                                                        : lookup_word(clause.words[at]);
}

// One word whose terms say all about it.
bool plain(const Clause& clause) { return clause.words.size() == 1 && lookup(clause, 0).whole; }

bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

}  // namespace

Query::Query(std::string_view text) {
  blank_ = trim(text).empty();
  std::string typed = repair_utf8(text);
  // An ideographic space separates like any other.
  for (std::size_t at = 0; (at = typed.find("\xE3\x80\x80", at)) != std::string::npos;) typed.replace(at, 3, " ");
  std::string_view rest = typed;
  bool only_words = true;
  while (!rest.empty()) {
    if (space(rest.front())) {
      rest.remove_prefix(1);
      continue;
    }
    Clause clause;
    while (rest.starts_with('-')) {
      clause.excluded = true;
      rest.remove_prefix(1);
    }
    std::string_view chunk;
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      std::size_t end = std::min(rest.find('"'), rest.size());
      chunk = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      only_words = false;
    } else {
      std::size_t end = 0;
      while (end < rest.size() && !space(rest[end]) && rest[end] != '"') ++end;
      chunk = rest.substr(0, end);
      rest.remove_prefix(end);
    }
    std::vector<Word> found = search::words(chunk);
    if (found.empty()) continue;
    if (found.back().end < chunk.size() && chunk[found.back().end] == '*') clause.prefix = true;
    for (Word& word : found) clause.words.push_back(std::move(word.text));
    // The very name may have been typed with the mark of a beginning at its end.
    only_words = only_words && !clause.excluded && (!clause.prefix || trim(rest).empty());
    if (std::ranges::find(clauses_, clause) != clauses_.end()) continue;
    words_ += clause.words.size();
    clauses_.push_back(std::move(clause));
  }
  for (const Clause& clause : clauses_) needs_text_ = needs_text_ || !plain(clause);
  // Quotes around all of it do not make it less of a name.
  if (only_words || (clauses_.size() == 1 && !clauses_[0].prefix && !clauses_[0].excluded)) whole_name_ = folded(typed);
  if (!whole_name_.empty()) whole_term_ = property::whole_name(whole_name_);
}

void Query::add_to(Expression& expression) const {
  for (const Clause& clause : clauses_) {
    if (clause.excluded) {
      // Of an excluded phrase the index cannot tell: an asset with all its words may have them in another order.
      if (!plain(clause)) continue;
      Lookup found = lookup(clause, 0);
      if (found.terms.size() == 1) expression.none.push_back(found.terms.front());
      continue;
    }
    for (std::size_t at = 0; at < clause.words.size(); ++at)
      for (std::string& term : lookup(clause, at).terms) expression.all.push_back({std::move(term)});
  }
}

bool Query::accepts(std::string_view source, const std::function<std::string()>& text) const {
  std::optional<std::string> further;
  for (const Clause& clause : clauses_) {
    if (plain(clause)) continue;
    bool found = has_phrase(source, clause.words, clause.prefix);
    if (!found) {
      if (!further) further = text();
      found = has_phrase(*further, clause.words, clause.prefix);
    }
    if (found == clause.excluded) return false;
  }
  return true;
}

double Query::score(std::string_view source, bool& exact) const {
  double total = 0;
  exact = false;
  std::string_view name;
  std::vector<bool> in_name(clauses_.size());
  std::vector<double> best(clauses_.size(), 2);  // in a further text, if nowhere else
  each_line(source, [&](Field field, std::string_view line) {
    if (field == Field::properties) {
      for (std::string_view term : whole_name_.empty() ? std::vector<std::string_view>{} : split(line, ' '))
        exact = exact || term == whole_term_;
      return;
    }
    if (field == Field::name) name = line;
    const double weight = field == Field::name ? 40 : field == Field::tag ? 30 : field == Field::custom ? 15 : 10;
    for (std::size_t i = 0; i < clauses_.size(); ++i) {
      const Clause& clause = clauses_[i];
      if (clause.excluded || best[i] >= weight || !has_phrase(line, clause.words, clause.prefix)) continue;
      best[i] = weight;
      if (field == Field::name) in_name[i] = true;
      // The whole word is better than its beginning.
      if (clause.prefix && !has_phrase(line, clause.words, false)) best[i] -= 5;
    }
  });
  bool all_in_name = !name.empty();
  for (std::size_t i = 0; i < clauses_.size(); ++i) {
    if (clauses_[i].excluded) continue;
    total += best[i];
    all_in_name = all_in_name && in_name[i];
  }
  if (exact) total += 1000;
  if (all_in_name) {
    total += 100;
    if (!whole_name_.empty() && name.starts_with(whole_name_)) total += 50;
    // Of two names that have it, the shorter says less else.
    total -= static_cast<double>(std::min<std::size_t>(name.size(), 100)) / 10;
  }
  return total;
}

std::vector<Query::Range> Query::marks(std::string_view text) const {
  std::vector<Word> found = search::words(text);
  std::vector<Range> out;
  for (const Clause& clause : clauses_) {
    if (clause.excluded) continue;
    const std::size_t count = clause.words.size();
    for (std::size_t at = 0; at + count <= found.size(); ++at) {
      bool same = true;
      for (std::size_t i = 0; i < count && same; ++i) {
        const Word& word = found[at + i];
        const std::string& wanted = clause.words[i];
        const bool last = i + 1 == count;
        if (word.unspaced) {
          same = (count == 1 && word.text.find(wanted) != std::string::npos) ||
                 (i == 0 && !last && word.text.ends_with(wanted)) || (last && i > 0 && word.text.starts_with(wanted)) ||
                 word.text == wanted;
        } else {
          // A number that touches letters was found by itself.
          same = word.text == wanted || (last && clause.prefix && word.text.starts_with(wanted));
          if (!same && count == 1) terms_of(word.text, [&](std::string_view term) { same = same || term == wanted; });
        }
      }
      if (!same) continue;
      if (count == 1 && found[at].unspaced) {
        // Where in the run: by the characters before it, which fold to one each nearly always.
        const Word& word = found[at];
        std::string_view run = text.substr(word.begin, word.end - word.begin);
        std::size_t from = 0;
        bool placed = false;
        const std::string& wanted = clause.words[0];
        while ((from = run.find(wanted, from)) != std::string_view::npos) {
          out.push_back({word.begin + from, word.begin + from + wanted.size()});
          from += wanted.size();
          placed = true;
        }
        if (!placed) out.push_back({word.begin, word.end});
        continue;
      }
      out.push_back({found[at].begin, found[at + count - 1].end});
    }
  }
  std::ranges::sort(out, {}, &Range::begin);
  std::vector<Range> merged;
  for (const Range& range : out) {
    if (!merged.empty() && range.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, range.end);
    else
      merged.push_back(range);
  }
  return merged;
}

std::string Query::highlighted(std::string_view text, std::size_t length) const {
  std::vector<Range> ranges = marks(text);
  if (ranges.empty()) return {};
  auto character_start = [&](std::size_t at) {
    return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
  };
  std::size_t begin = 0, end = text.size();
  if (text.size() > length) {
    begin = ranges.front().begin > length / 4 ? ranges.front().begin - length / 4 : 0;
    while (!character_start(begin)) ++begin;
    // Not in the middle of a word.
    if (begin > 0)
      if (auto blank = text.find(' ', begin); blank != std::string_view::npos && blank < ranges.front().begin)
        begin = blank + 1;
    end = std::min(text.size(), std::max(begin + length, ranges.front().end));
    while (!character_start(end)) --end;
  }
  std::string out = begin > 0 ? "…" : "";
  std::size_t at = begin;
  for (const Range& range : ranges) {
    if (range.begin < at || range.end > end) continue;
    out += escape_html(text.substr(at, range.begin - at));
    out += "<mark>" + escape_html(text.substr(range.begin, range.end - range.begin)) + "</mark>";
    at = range.end;
  }
  out += escape_html(text.substr(at, end - at));
  if (end < text.size()) out += "…";
  return out;
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace reelvault::search
