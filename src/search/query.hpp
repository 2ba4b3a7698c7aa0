// What a person typed: words, "phrases", beginnings* and -exclusions. Whatever is typed is a query; nothing is an error
// of syntax. Words joined by other characters ("IMG_1234.mov") are a phrase.
#pragma once
#include "search/document.hpp"

namespace reelvault::search {

struct Clause {
  std::vector<std::string> words;  // folded, side by side
  bool prefix = false;             // the last one is a beginning
  bool excluded = false;
  bool operator==(const Clause&) const = default;
};

// Which assets the index gives: those with a term of each group and none of `none`.
struct Expression {
  std::vector<std::vector<std::string>> all;
  std::vector<std::string> none;
  bool rare = false;  // one of the groups has few rows, if any
};

inline constexpr std::size_t query_words_max = 64;

class Query {
 public:
  explicit Query(std::string_view text);

  const std::vector<Clause>& clauses() const { return clauses_; }
  bool blank() const { return blank_; }                         // nothing was asked for: everything
  bool nothing() const { return !blank_ && clauses_.empty(); }  // only characters that are in no word
  std::size_t words() const { return words_; }

  void add_to(Expression& expression) const;
  // Whether the index alone cannot tell and `accepts` must.
  bool needs_text() const { return needs_text_; }
  // `text` gives, once and only if needed, the folded further texts of the asset, a line each.
  bool accepts(std::string_view source, const std::function<std::string()>& text) const;

  // The folded name for which this query would be the very name; empty when it is not plain words.
  const std::string& whole_name() const { return whole_name_; }
  // How well an asset that matches does so; more is better. `exact`: its name is what was typed.
  double score(std::string_view source, bool& exact) const;

  // The parts of a text as it was written that this query marks, in order, apart from each other.
  struct Range {
    std::size_t begin = 0, end = 0;
  };
  std::vector<Range> marks(std::string_view text) const;
  // Marked and HTML-escaped; at most about `length` characters around the first mark. Empty: nothing is marked.
  std::string highlighted(std::string_view text, std::size_t length) const;

 private:
  std::vector<Clause> clauses_;
  std::string whole_name_, whole_term_;
  std::size_t words_ = 0;
  bool blank_ = true;
  bool needs_text_ = false;
};

std::string escape_html(std::string_view text);

}  // namespace reelvault::search
