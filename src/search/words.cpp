#include "search/words.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <utf8proc.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace reelvault::search {

namespace {

constexpr std::string_view property_mark = "\xEE\x80\x80";   // U+E000
constexpr std::string_view beginning_mark = "\xEE\x80\x81";  // U+E001
// Beginnings are indexed at these lengths, in characters; what lies between is looked up by the next shorter one and
// checked against the text. Databases would merge the lists of all words that begin so: 250 ms for a million.
constexpr std::size_t beginnings[] = {1, 2, 3, 4, 5, 6, 8};

enum class Class { none, word, unspaced };

bool between(utf8proc_int32_t c, utf8proc_int32_t first, utf8proc_int32_t last) { return c >= first && c <= last; }

bool unspaced_script(utf8proc_int32_t c) {
  return between(c, 0x0E00, 0x0EFF) ||  // Thai, Lao
         between(c, 0x1000, 0x109F) ||  // Myanmar
         between(c, 0x1100, 0x11FF) ||  // Hangul Jamo
         between(c, 0x1780, 0x17FF) ||  // Khmer
         between(c, 0x2E80, 0x2FDF) ||  // CJK radicals
         between(c, 0x3005, 0x3007) || between(c, 0x3021, 0x3029) || between(c, 0x3031, 0x3035) ||
         between(c, 0x3041, 0x30FF) ||  // Hiragana, Katakana
         between(c, 0x3105, 0x318F) || between(c, 0x31A0, 0x31FF) || between(c, 0x3400, 0x4DBF) ||
         between(c, 0x4E00, 0x9FFF) ||                                // Han
         between(c, 0xAC00, 0xD7FF) ||                                // Hangul
         between(c, 0xF900, 0xFAFF) || between(c, 0xFF66, 0xFFDC) ||  // half-width Katakana and Hangul
         between(c, 0x1B000, 0x1B16F) || between(c, 0x20000, 0x3FFFF);
}

Class class_of(utf8proc_int32_t c) {
  if (c < 0x80) {
    const bool alphanumeric = between(c, '0', '9') || between(c, 'a', 'z') || between(c, 'A', 'Z');
    return alphanumeric ? Class::word : Class::none;
  }
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return unspaced_script(c) ? Class::unspaced : Class::word;
    // Emoji can be searched for like characters of a script without spaces.
    case UTF8PROC_CATEGORY_SO: return Class::unspaced;
    default: return Class::none;
  }
}

std::size_t next(std::string_view text, std::size_t at, utf8proc_int32_t& c) {
  auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) {
    c = byte;
    return 1;
  }
  auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                               static_cast<utf8proc_ssize_t>(text.size() - at), &c);
  if (size > 0) return static_cast<std::size_t>(size);
  c = -1;
  return 1;
}

// Marks that people leave out when they type. Not the vowel signs of Indian scripts nor the voicing of Kana, which are
// letters to those who write them.
bool accent(utf8proc_int32_t c) {
  return between(c, 0x0300, 0x036F) || between(c, 0x0483, 0x0489) || between(c, 0x0591, 0x05C7) ||
         between(c, 0x0610, 0x061A) || between(c, 0x064B, 0x065F) || c == 0x0670 || c == 0x0640 ||
         between(c, 0x06D6, 0x06ED) || between(c, 0x1AB0, 0x1AFF) || between(c, 0x1DC0, 0x1DFF) ||
         between(c, 0x20D0, 0x20FF) || between(c, 0xFE00, 0xFE0F) || c == 0x1F3FB || between(c, 0x1F3FC, 0x1F3FF);
}

// Letters whose stroke is no mark that could be taken off.
std::string_view plain_letter(utf8proc_int32_t c) {
  switch (c) {
    case 0x00E6: return "ae";
    case 0x00F0: return "d";
    case 0x00F8: return "o";
    case 0x00FE: return "th";
    case 0x0111: return "d";
    case 0x0127: return "h";
    case 0x0131: return "i";
    case 0x0142: return "l";
    case 0x0153: return "oe";
    case 0x0167: return "t";
    default: return {};
  }
}

void append(std::string& out, utf8proc_int32_t c) {
  if (std::string_view plain = plain_letter(c); !plain.empty()) {
    out += plain;
    return;
  }
  utf8proc_uint8_t bytes[4];
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(utf8proc_encode_char(c, bytes)));
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

// A run of one class, folded; what folding turns into something that is no part of a word goes.
std::string fold_run(std::string_view run) {
  if (std::ranges::none_of(run, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return lower_ascii(run);
  utf8proc_uint8_t* mapped = nullptr;
  auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(run.data()),
                           static_cast<utf8proc_ssize_t>(run.size()), &mapped,
                           static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                                          UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
  if (size < 0) return {};
  std::string_view decomposed(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  std::string kept;
  for (std::size_t at = 0; at < decomposed.size();) {
    utf8proc_int32_t c = -1;
    at += next(decomposed, at, c);
    if (c >= 0 && !accent(c) && class_of(c) != Class::none) append(kept, c);
  }
  std::free(mapped);
  return nfc(kept);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (count-- == 0) break;
  }
  return text.substr(0, at);
}

bool starts_unspaced(std::string_view word) {
  if (word.empty() || static_cast<unsigned char>(word.front()) < 0x80) return false;
  utf8proc_int32_t c = -1;
  next(word, 0, c);
  return c >= 0 && class_of(c) == Class::unspaced;
}

// fn(character and what follows it, bytes of the character, bytes of the pair)
template <class F>
void each_pair(std::string_view run, F&& fn) {
  for (std::size_t at = 0; at < run.size();) {
    utf8proc_int32_t c = -1;
    std::size_t one = next(run, at, c);
    std::size_t two = at + one < run.size() ? one + next(run, at + one, c) : one;
    fn(run.substr(at), one, two);
    at += one;
  }
}

bool digit(char c) { return c >= '0' && c <= '9'; }

// "scene12b": "scene", "12"; whoever looks for a number should find it where it touches letters.
template <class F>
void each_part(std::string_view word, F&& fn) {
  for (std::size_t at = 0; at < word.size();) {
    std::size_t end = at;
    while (end < word.size() && digit(word[end]) == digit(word[at])) ++end;
    if (at == 0 && end == word.size()) return;
    if (end - at > 1) fn(word.substr(at, end - at));
    at = end;
  }
}

}  // namespace

std::vector<Word> words(std::string_view text) {
  std::vector<Word> out;
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t c = -1;
    std::size_t size = next(text, at, c);
    Class kind = c < 0 ? Class::none : class_of(c);
    if (kind == Class::none) {
      at += size;
      continue;
    }
    std::size_t end = at + size;
    while (end < text.size()) {
      size = next(text, end, c);
      if (c < 0) break;
      // A joiner or a mark stays with what it stands on, whatever that is.
      bool mark =
          c >= 0x300 && (accent(c) || c == 0x200D || c == 0x200C || utf8proc_category(c) == UTF8PROC_CATEGORY_MN);
      if (!mark && class_of(c) != kind) break;
      end += size;
    }
    std::string run = fold_run(text.substr(at, end - at));
    if (!run.empty()) {
      // Runs without spaces can be as long as a page; they are kept whole, for they are searched by pairs.
      if (kind == Class::word) run = cut(run, word_bytes_max);
      out.push_back({std::move(run), at, end, kind == Class::unspaced});
    }
    at = end;
  }
  return out;
}

std::string folded(std::string_view text) {
  std::string out;
  for (const Word& word : words(text)) {
    if (!out.empty()) out += ' ';
    out += word.text;
  }
  return out;
}

void terms_of(std::string_view word, const TermSink& sink) {
  if (word.empty()) return;
  if (starts_unspaced(word)) {
    each_pair(word, [&](std::string_view rest, std::size_t one, std::size_t two) {
      sink(rest.substr(0, one));
      if (two > one) sink(rest.substr(0, two));
    });
    return;
  }
  sink(word);
  std::string beginning(beginning_mark);
  std::size_t length = characters(word);
  for (std::size_t count : beginnings) {
    if (count > length) break;
    beginning.resize(beginning_mark.size());
    beginning += first_characters(word, count);
    sink(beginning);
  }
  each_part(word, sink);
}

void terms_of_folded(std::string_view text, const TermSink& sink) {
  while (!text.empty()) {
    std::size_t end = std::min(text.find(' '), text.size());
    terms_of(text.substr(0, end), sink);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Lookup lookup_word(std::string_view word) {
  if (!starts_unspaced(word)) return {{std::string(word)}, true};
  Lookup out;
  std::size_t count = characters(word);
  each_pair(word, [&](std::string_view rest, std::size_t one, std::size_t two) {
    if (two > one || count == 1) out.terms.emplace_back(rest.substr(0, two));
  });
  std::ranges::sort(out.terms);
  out.terms.erase(std::ranges::unique(out.terms).begin(), out.terms.end());
  out.whole = count <= 2;
  return out;
}

Lookup lookup_prefix(std::string_view beginning) {
  if (starts_unspaced(beginning)) return lookup_word(beginning);
  std::size_t length = characters(beginning);
  std::size_t indexed = 0;
  for (std::size_t count : beginnings)
    if (count <= length) indexed = count;
  return {{std::string(beginning_mark) + std::string(first_characters(beginning, indexed))}, indexed == length};
}

bool has_phrase(std::string_view text, const std::vector<std::string>& phrase, bool prefix) {
  if (phrase.empty()) return true;
  std::string wanted;
  for (const std::string& word : phrase) {
    if (!wanted.empty()) wanted += ' ';
    wanted += word;
  }
  const bool open_start = starts_unspaced(phrase.front());
  const bool open_end = prefix || starts_unspaced(phrase.back());
  auto boundary = [&](std::size_t at) { return at >= text.size() || text[at] == ' ' || text[at] == '\n'; };
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
    bool starts = open_start || at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n';
    if (starts && (open_end || boundary(at + wanted.size()))) return true;
  }
  return false;
}

std::string property_term(char property, std::string_view value) {
  return fmt::format("{}{}{:016x}", property_mark, property,
                     static_cast<std::uint64_t>(XXH3_64bits(value.data(), value.size())));
}

std::string number_term(char property, std::int64_t number) {
  // A minus would part the term in two.
  if (number < 0) return fmt::format("{}{}m{}", property_mark, property, -number);
  return fmt::format("{}{}{}", property_mark, property, number);
}

}  // namespace reelvault::search
