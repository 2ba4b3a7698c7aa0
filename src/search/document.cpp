#include "search/document.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <iterator>

namespace reelvault::search {

namespace json = boost::json;

namespace property {

namespace {
std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
int bits_of(std::int64_t number) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0))));
}
}  // namespace

std::string any() { return number_term('a', 1); }
std::string type(std::int64_t type) { return number_term('t', type); }
std::string media_type(std::string_view media_type) { return property_term('m', media_type); }
std::string content_type(std::string_view content_type) {
  std::string folded = lower_ascii(content_type);
  if (folded.ends_with("/*")) return property_term('Y', std::string_view(folded).substr(0, folded.size() - 2));
  return property_term('y', folded);
}
std::string language(std::string_view code) {
  std::string folded = lower_ascii(code);
  return property_term(folded.find('-') == std::string::npos ? 'L' : 'l', folded);
}
std::string audio(bool has_audio) { return number_term('h', has_audio ? 1 : 0); }
std::string tag(std::string_view tag) { return property_term('g', fold_case(nfc(std::string(trim(tag))))); }
std::string custom(std::string_view field, const json::value& value) {
  std::string text(field);
  text += '\0';
  if (value.is_string()) {
    text += 's' + fold_case(view(value.get_string()));
  } else if (value.is_bool()) {
    text += value.get_bool() ? "b1" : "b0";
  } else if (value.is_number()) {
    double number = value.to_number<double>();
    text += std::abs(number) < 9e15 && number == std::floor(number)
                ? fmt::format("n{}", static_cast<std::int64_t>(number))
                : fmt::format("n{}", number);
  } else {
    text += 'j' + json::serialize(value);
  }
  return property_term('c', text);
}
std::string custom_field(std::string_view field) { return property_term('C', field); }
std::string year(int year) { return number_term('d', year); }
std::string month(int year, int month) { return number_term('d', year * 100 + month); }
std::string size_bits(int bits) { return number_term('s', bits); }
std::string duration_bits(int bits) { return number_term('u', bits); }
std::string parent(std::int64_t row) { return number_term('p', row); }
std::string collection(std::int64_t row) { return number_term('k', row); }
std::string folder(std::int64_t row) { return number_term('i', row); }
std::string whole_name(std::string_view folded) { return property_term('n', folded); }

}  // namespace property

namespace {

void line(std::string& source, Field field, std::string_view text) {
  if (text.empty()) return;
  if (!source.empty()) source += '\n';
  source += static_cast<char>(field);
  source += ' ';
  source += text;
}

// Strings and numbers of a field's value, however deep.
void each_scalar(const json::value& value, const std::function<void(std::string_view)>& fn, int depth = 0) {
  if (depth > 8) return;
  if (value.is_string()) fn({value.get_string().data(), value.get_string().size()});
  if (value.is_number()) fn(json::serialize(value));
  if (value.is_array())
    for (const json::value& item : value.get_array()) each_scalar(item, fn, depth + 1);
  if (value.is_object())
    for (const auto& member : value.get_object()) each_scalar(member.value(), fn, depth + 1);
}

}  // namespace

std::string source_of(const catalog::Asset& asset) {
  namespace p = property;
  std::string source;
  std::string properties;
  auto add = [&](const std::string& term) {
    if (!properties.empty()) properties += ' ';
    properties += term;
  };

  std::string name = folded(asset.name);
  line(source, Field::name, name);
  if (asset.file_name && *asset.file_name != asset.name) line(source, Field::file_name, folded(*asset.file_name));
  if (asset.description) line(source, Field::description, folded(*asset.description));

  add(p::any());
  add(p::type(static_cast<std::int64_t>(asset.type)));
  add(p::whole_name(name));
  if (asset.type == catalog::AssetType::file) {
    if (auto dot = asset.name.rfind('.'); dot != std::string::npos && dot != 0)
      if (std::string stem = folded(asset.name.substr(0, dot)); !stem.empty() && stem != name) add(p::whole_name(stem));
    add(p::size_bits(p::bits_of(asset.size)));
  }
  if (asset.folder_like()) add(p::folder(asset.row));
  if (asset.parent_row != 0) add(p::parent(asset.parent_row));
  if (asset.media_type) add(p::media_type(*asset.media_type));
  if (asset.content_type) {
    add(p::content_type(*asset.content_type));
    if (auto slash = asset.content_type->find('/'); slash != std::string::npos)
      add(p::content_type(asset.content_type->substr(0, slash) + "/*"));
  }
  if (asset.language_code) {
    add(p::language(*asset.language_code));
    if (auto dash = asset.language_code->find('-'); dash != std::string::npos)
      add(p::language(asset.language_code->substr(0, dash)));
  }
  if (asset.has_audio) add(p::audio(*asset.has_audio));
  if (asset.duration_ms) add(p::duration_bits(p::bits_of(*asset.duration_ms)));
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(asset.created_at)};
  add(p::year(static_cast<int>(day.year())));
  add(p::month(static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month()))));

  if (asset.tags_json != "[]") {
    const json::value tags = json::parse(asset.tags_json);
    for (const json::value& tag : tags.as_array()) {
      std::string_view text(tag.as_string().data(), tag.as_string().size());
      line(source, Field::tag, folded(text));
      add(p::tag(text));
    }
  }
  if (asset.collections_json != "[]") {
    const json::value collections = json::parse(asset.collections_json);
    for (const json::value& row : collections.as_array()) add(p::collection(row.to_number<std::int64_t>()));
  }
  if (asset.custom_fields_json != "{}") {
    const json::value fields = json::parse(asset.custom_fields_json);
    for (const auto& member : fields.as_object()) {
      std::string_view field(member.key().data(), member.key().size());
      if (member.value().is_null()) continue;
      add(p::custom_field(field));
      if (member.value().is_array()) {
        for (const json::value& item : member.value().get_array()) add(p::custom(field, item));
      } else {
        add(p::custom(field, member.value()));
      }
      each_scalar(member.value(), [&](std::string_view text) { line(source, Field::custom, folded(text)); });
    }
  }
  line(source, Field::properties, properties);
  return source;
}

void each_line(std::string_view source, const std::function<void(Field, std::string_view)>& fn) {
  while (!source.empty()) {
    std::size_t end = std::min(source.find('\n'), source.size());
    if (end > 2) fn(static_cast<Field>(source.front()), source.substr(2, end - 2));
    source.remove_prefix(std::min(end + 1, source.size()));
  }
}

void add_source_terms(std::string_view source, Terms& terms) {
  auto add = [&](std::string_view term) {
    if (terms.find(term) == terms.end()) terms.emplace(term);
  };
  each_line(source, [&](Field field, std::string_view text) {
    if (field != Field::properties) return terms_of_folded(text, add);
    for (std::string_view term : split(text, ' ')) add(term);
  });
}

std::string text_of(const Terms& terms) {
  std::string out;
  for (const std::string& term : terms) {
    if (!out.empty()) out += ' ';
    out += term;
  }
  return out;
}

TermChange change_of(std::string_view before, std::string_view source) {
  // Lines and property terms are told apart by their first byte, so each stands for itself.
  auto parts = [](std::string_view text) {
    std::vector<std::string_view> out;
    each_line(text, [&](Field field, std::string_view line) {
      if (field != Field::properties) return out.push_back({line.data() - 2, line.size() + 2});
      for (std::string_view term : split(line, ' '))
        if (!term.empty()) out.push_back(term);
    });
    std::ranges::sort(out);
    return out;
  };
  const auto old_parts = parts(before), new_parts = parts(source);
  std::vector<std::string_view> gone, come, kept;
  std::ranges::set_difference(old_parts, new_parts, std::back_inserter(gone));
  std::ranges::set_difference(new_parts, old_parts, std::back_inserter(come));
  auto each_term = [](const std::vector<std::string_view>& of, const TermSink& fn) {
    for (std::string_view part : of) {
      if (static_cast<unsigned char>(part.front()) >= 0x80) {
        fn(part);
      } else {
        terms_of_folded(part.substr(2), fn);
      }
    }
  };
  TermChange change;
  if (gone.empty() && come.empty()) return change;
  each_term(come, [&](std::string_view term) { change.come.emplace(term); });
  std::vector<std::string_view> both;
  each_term(gone, [&](std::string_view term) {
    if (auto found = change.come.find(term); found != change.come.end())
      both.push_back(*found);
    else
      change.gone.emplace(term);
  });
  std::ranges::set_intersection(old_parts, new_parts, std::back_inserter(kept));
  each_term(kept, [&](std::string_view term) {
    if (auto found = change.gone.find(term); found != change.gone.end()) change.gone.erase(found);
    if (auto found = change.come.find(term); found != change.come.end()) both.push_back(*found);
  });
  std::ranges::sort(both);
  both.erase(std::ranges::unique(both).begin(), both.end());
  for (std::string_view term : both) change.come.erase(change.come.find(term));
  return change;
}

void add_text_terms(std::string_view text, Terms& terms) {
  auto add = [&](std::string_view term) {
    if (terms.find(term) == terms.end()) terms.emplace(term);
  };
  for (const Word& word : words(text)) terms_of(word.text, add);
}

}  // namespace reelvault::search
