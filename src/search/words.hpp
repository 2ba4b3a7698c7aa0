// How text is cut into what can be searched for, the same for both databases, for what is indexed and for what is
// asked.
//
// A word is a run of letters, digits and marks, folded: case, width, ligatures and the accents of Latin, Greek,
// Cyrillic, Hebrew and Arabic go ("Café" is "cafe", "Straße" is "strasse"). Scripts that write no spaces (Chinese,
// Japanese, Thai, Korean, …) make one word of each run, which is found by its characters and pairs of characters. The
// index knows terms and nothing of their order: what needs order (phrases) is checked against the text.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::search {

struct Word {
  std::string text;                // folded
  std::size_t begin = 0, end = 0;  // bytes of the original
  bool unspaced = false;           // a run of a script without spaces
};

inline constexpr std::size_t word_bytes_max = 100;  // longer words are known by their first 100 bytes

std::vector<Word> words(std::string_view text);
// The folded words with single spaces between them.
std::string folded(std::string_view text);

// Terms. Those of words begin with a letter or digit; all others with a mark (U+E000, U+E001) that no text can bring.
using TermSink = std::function<void(std::string_view)>;
// Everything by which a folded word is found: itself, its beginnings, its letters and digits apart; of a run without
// spaces its characters and pairs.
void terms_of(std::string_view word, const TermSink& sink);
// The same for a text of folded words with spaces between, as `folded` makes it.
void terms_of_folded(std::string_view text, const TermSink& sink);

// The terms that an asset has that holds this folded word. `whole`: the terms say it all; else the text is to be looked
// at.
struct Lookup {
  std::vector<std::string> terms;
  bool whole = true;
};
Lookup lookup_word(std::string_view word);
Lookup lookup_prefix(std::string_view beginning);

// Whether a folded text has these folded words side by side; the last one as a beginning where `prefix`. Runs without
// spaces may begin and end in the middle of a run.
bool has_phrase(std::string_view folded_text, const std::vector<std::string>& phrase, bool prefix);

// A term for a property: a letter that says which, and its value, hashed since a value may hold anything.
std::string property_term(char property, std::string_view value);
std::string number_term(char property, std::int64_t number);

}  // namespace reelvault::search
