// What of an asset can be searched, as one text: a line for each name, tag, field and the description, folded,
// beginning with a capital that says which, and a line of property terms. It is kept beside the index: its terms follow
// from it alone, so the next change can write the difference.
#pragma once
#include "catalog/asset.hpp"
#include "search/words.hpp"

#include <set>

namespace reelvault::search {

inline constexpr int words_version = 2;  // raise when the same asset would give other terms: the index is then rebuilt

enum class Field : char { name = 'N', file_name = 'F', description = 'D', tag = 'T', custom = 'C', properties = 'X' };

std::string source_of(const catalog::Asset& asset);

using Terms = std::set<std::string, std::less<>>;
void add_source_terms(std::string_view source, Terms& terms);
std::string text_of(const Terms& terms);  // with spaces between: no term has one
// Of a change, what it brings that was in no line, and takes that is in none.
struct TermChange {
  Terms gone, come;
};
TermChange change_of(std::string_view before, std::string_view source);
void add_text_terms(std::string_view text, Terms& terms);  // of a text as it was written

// fn(field, folded text)
void each_line(std::string_view source, const std::function<void(Field, std::string_view)>& fn);

// Property terms, for filters.
namespace property {
std::string any();
std::string type(std::int64_t type);
std::string media_type(std::string_view media_type);
std::string content_type(std::string_view content_type);  // "video/*" for all of them
std::string language(std::string_view code);              // "pt" for "pt-BR" too
std::string audio(bool has_audio);
std::string tag(std::string_view tag);
std::string custom(std::string_view field, const boost::json::value& value);
std::string custom_field(std::string_view field);  // has it at all
std::string year(int year);
std::string month(int year, int month);
std::string size_bits(int bits);  // std::bit_width of the size
std::string duration_bits(int bits);
std::string parent(std::int64_t row);
std::string collection(std::int64_t row);
std::string folder(std::int64_t row);             // the folder itself
std::string whole_name(std::string_view folded);  // the name, with or without extension
}  // namespace property

}  // namespace reelvault::search
