#include "base/dto.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace reelvault::dto {

void add_fault(std::vector<FieldFault>& faults, std::string pointer, std::string detail) {
  faults.push_back({std::move(pointer), std::move(detail)});
}

void add_faults(std::vector<FieldFault>& faults, std::vector<FieldFault> more) {
  const std::size_t known = faults.size();
  for (FieldFault& fault : more) {
    const bool told = std::ranges::any_of(std::span(faults).first(known), [&](const FieldFault& other) {
      return fault.pointer.starts_with(other.pointer) &&
             (fault.pointer.size() == other.pointer.size() || fault.pointer[other.pointer.size()] == '/');
    });
    if (!told) faults.push_back(std::move(fault));
  }
}

std::string pointer_token(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

void check_choice(const Rule& rule, std::string_view value, const std::string& pointer,
                  std::vector<FieldFault>& faults) {
  if (rule.one_of.empty()) return;
  std::string words;
  for (std::string_view choice : split(rule.one_of, '|')) {
    if (choice == value) return;
    words += words.empty() ? "" : ", ";
    words += choice;
  }
  add_fault(faults, pointer, "must be one of " + words);
}

void check_number(const Rule& rule, double value, const std::string& pointer, std::vector<FieldFault>& faults) {
  if (rule.minimum && value < *rule.minimum)
    add_fault(faults, pointer, fmt::format("must be at least {}", *rule.minimum));
  if (rule.maximum && value > *rule.maximum)
    add_fault(faults, pointer, fmt::format("must be at most {}", *rule.maximum));
  if (!rule.one_of.empty()) check_choice(rule, fmt::format("{}", value), pointer, faults);
}

void check_length(const Rule& rule, std::size_t length, bool text, const std::string& pointer,
                  std::vector<FieldFault>& faults) {
  std::string_view unit = text ? "bytes long" : "items long";
  if (rule.min_length && length < *rule.min_length)
    add_fault(faults, pointer,
              length == 0 ? "must not be empty" : fmt::format("must be at least {} {}", *rule.min_length, unit));
  if (rule.max_length && length > *rule.max_length)
    add_fault(faults, pointer, fmt::format("must be at most {} {}", *rule.max_length, unit));
}

std::optional<std::int64_t> whole_number(const json::value& value) {
  if (auto* number = value.if_int64()) return *number;
  if (auto* number = value.if_uint64()) {
    if (*number <= static_cast<std::uint64_t>(INT64_MAX)) return static_cast<std::int64_t>(*number);
    return std::nullopt;
  }
  if (auto* number = value.if_double()) {
    if (std::trunc(*number) == *number && std::abs(*number) <= 9007199254740992.0)
      return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;
}

json::value query_scalar(std::string_view text, bool number, bool boolean) {
  if (boolean) {
    if (text == "true" || text == "1" || text.empty()) return true;
    if (text == "false" || text == "0") return false;
  }
  if (number) {
    std::int64_t whole = 0;
    auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (fault == std::errc{} && end == text.data() + text.size()) return whole;
    double real = 0;
    auto [real_end, real_fault] = std::from_chars(text.data(), text.data() + text.size(), real);
    if (real_fault == std::errc{} && real_end == text.data() + text.size() && std::isfinite(real)) return real;
  }
  return json::string(text);
}

namespace {
constexpr auto kPlain = [] {
  std::array<bool, 256> out{};
  for (std::size_t c = 0x20; c < 256; ++c) out[c] = c != '"' && c != '\\';
  return out;
}();
}  // namespace

void append_string(std::string& out, std::string_view text) {
  static constexpr char hex_digits[] = "0123456789abcdef";
  out += '"';
  // Whatever came from outside may hold broken UTF-8, which no JSON parser accepts.
  bool valid = valid_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    // Runs that need no escape go over whole.
    std::size_t run = i;
    while (run < text.size() && kPlain[static_cast<unsigned char>(text[run])] &&
           (valid || static_cast<unsigned char>(text[run]) < 0x80))
      ++run;
    out += text.substr(i, run - i);
    i = run;
    if (i == text.size()) break;
    auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (c < 0x20) {
          out += "\\u00";
          out += hex_digits[c >> 4];
          out += hex_digits[c & 15];
        } else if (c >= 0x80 && !valid) {
          std::size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
          if (i + length <= text.size() && valid_utf8(text.substr(i, length))) {
            out += text.substr(i, length);
            i += length - 1;
          } else {
            out += "\xEF\xBF\xBD";
          }
        } else {
          out += static_cast<char>(c);
        }
    }
  }
  out += '"';
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> buffer;
  auto [end, fault] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), end);
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 40> buffer;
  auto [end, fault] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), end);
}

void apply_rule(json::object& schema, const Rule& rule) {
  if (!rule.sentence.empty()) schema["description"] = json::string(rule.sentence);
  bool list = schema.contains("items");
  if (rule.minimum) schema["minimum"] = *rule.minimum;
  if (rule.maximum) schema["maximum"] = *rule.maximum;
  if (rule.min_length) schema[list ? "minItems" : "minLength"] = *rule.min_length;
  if (rule.max_length) schema[list ? "maxItems" : "maxLength"] = *rule.max_length;
  if (!rule.one_of.empty()) {
    const json::value* type = schema.if_contains("type");
    const bool number = type && json::serialize(*type).contains("\"integer\"");
    json::array words;
    for (std::string_view choice : split(rule.one_of, '|'))
      words.push_back(number ? json::parse(choice) : json::value(json::string(choice)));
    if (list)
      schema["items"].as_object()["enum"] = std::move(words);
    else
      schema["enum"] = std::move(words);
  }
  if (!rule.default_json.empty()) schema["default"] = json::parse(rule.default_json);
  if (!rule.example_json.empty()) schema["examples"] = json::array{json::parse(rule.example_json)};
}

std::string schema_name(std::string_view mangled) {
  auto colon = mangled.rfind(':');
  return std::string(colon == std::string_view::npos ? mangled : mangled.substr(colon + 1));
}

}  // namespace reelvault::dto
