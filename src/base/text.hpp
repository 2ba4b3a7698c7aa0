// Text of people: UTF-8, names in NFC, percent-encoding, and keys by which names sort.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault {

bool valid_utf8(std::string_view text);
std::string repair_utf8(std::string_view text);  // each byte that fits nowhere becomes U+FFFD
std::string nfc(std::string_view utf8);          // Unicode NFC; invalid UTF-8 is returned as it came
std::string fold_case(std::string_view utf8);    // NFKC_Casefold, for matching and sorting

// A key whose bytewise order is the order people expect of names: case folded, runs of digits by value ("2" < "10").
std::string name_sort_key(std::string_view name);

// What may stand in the tree: basename only, no NUL, control characters, "." or "..", drive prefixes or trailing dots
// and spaces; NFC; at most 255 bytes, cut at a character and keeping the extension. Empty result: "unnamed".
std::string safe_file_name(std::string_view name);
// The same of what is no path of somebody's machine, such as a key of a store: only / separates there, and nothing is a
// drive.
std::string safe_key_name(std::string_view key);
// "clip.mov", 2 -> "clip (2).mov"
std::string numbered_name(std::string_view name, int number);

std::string percent_encode(std::string_view text, std::string_view keep = "");  // RFC 3986 unreserved kept, plus `keep`
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);  // nullopt: malformed

std::string lower_ascii(std::string_view text);
bool iequals(std::string_view a, std::string_view b);  // ASCII
std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace reelvault
