#include "base/config.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace reelvault {
namespace {

using Type = Setting::Type;
using FieldFaults = std::vector<FieldFault>;
template <class T>
using Checked = std::expected<T, std::string>;  // the error: what is wrong, after "KEY: "

constexpr std::string_view kPrefix = "REELVAULT_";
constexpr std::string_view kHidden = "***";
constexpr std::array<std::string_view, 3> kTablePrefixes{"stores", "buckets", "restore"};

// Names of the environment that begin like settings and are not: what the subcommands and the tests read.
constexpr std::array<std::string_view, 6> kOtherNames{"REELVAULT_CONFIG",  "REELVAULT_BOOT_ID",  "REELVAULT_URL",
                                                      "REELVAULT_API_KEY", "REELVAULT_USERNAME", "REELVAULT_PASSWORD"};
constexpr std::string_view kTestPrefix = "REELVAULT_TEST_";

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array<Unit, 4> kTimeUnits{{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
constexpr std::array<Unit, 9> kSizeUnits{{{"TiB", std::int64_t{1} << 40},
                                          {"GiB", 1 << 30},
                                          {"MiB", 1 << 20},
                                          {"KiB", 1 << 10},
                                          {"TB", 1'000'000'000'000},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"kB", 1'000},
                                          {"B", 1}}};

std::span<const Unit> units_of(Type type) {
  if (type == Type::duration_s) return kTimeUnits;
  if (type == Type::size_bytes) return kSizeUnits;
  return {};
}

std::string expected_form(Type type) {
  switch (type) {
    case Type::integer: return "an integer";
    case Type::boolean: return "true or false";
    case Type::duration_s: return "a duration, such as 90, \"15m\" or \"7d\"";
    case Type::size_bytes: return "a size, such as 4096 or \"16MiB\"";
    case Type::list: return "a list of texts";
    case Type::text: break;
  }
  return "a text";
}

std::string environment_name(std::string_view key) {
  std::string name(kPrefix);
  for (char c : key) name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

const Setting* find_setting(std::string_view key) {
  auto found = std::ranges::find(settings(), key, &Setting::key);
  return found == settings().end() ? nullptr : &*found;
}

// The value with its unit, in the largest unit that divides it ("16MiB").
std::string with_unit(std::int64_t value, Type type) {
  for (const Unit& unit : units_of(type)) {
    if (value != 0 && unit.factor > 1 && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(value);
}

Checked<std::int64_t> parse_number(std::string_view text, Type type) {
  std::int64_t value = 0;
  auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view rest = trim(text.substr(static_cast<std::size_t>(after - text.data())));
  if (error != std::errc{}) return std::unexpected("must be " + expected_form(type));
  if (rest.empty()) return value;
  for (const Unit& unit : units_of(type)) {
    if (!iequals(rest, unit.name)) continue;
    std::int64_t product = 0;
    if (__builtin_mul_overflow(value, unit.factor, &product)) return std::unexpected("is too large");
    return product;
  }
  return std::unexpected("must be " + expected_form(type));
}

Checked<std::string> check_number(const Setting& setting, std::string_view text) {
  auto value = parse_number(text, setting.type);
  if (!value) return std::unexpected(value.error());
  if (*value < setting.minimum || *value > setting.maximum) {
    return std::unexpected("must be from " + with_unit(setting.minimum, setting.type) + " to " +
                           with_unit(setting.maximum, setting.type));
  }
  return std::to_string(*value);
}

// What the table says of this value: its stored form (numbers without unit, lists joined by commas).
Checked<std::string> check(const Setting& setting, std::string_view raw) {
  switch (setting.type) {
    case Type::integer:
    case Type::duration_s:
    case Type::size_bytes: return check_number(setting, trim(raw));
    case Type::boolean: {
      std::string word = lower_ascii(trim(raw));
      if (word == "true" || word == "1" || word == "yes" || word == "on") return "true";
      if (word == "false" || word == "0" || word == "no" || word == "off") return "false";
      return std::unexpected("must be " + expected_form(setting.type));
    }
    case Type::list: {
      std::string joined;
      for (std::string_view part : split(raw, ',')) {
        if (trim(part).empty()) continue;
        if (!joined.empty()) joined += ',';
        joined += trim(part);
      }
      return joined;
    }
    case Type::text: break;
  }
  if (setting.secret && raw == kHidden) return std::unexpected("is the mark of a hidden secret, not the secret");
  std::vector<std::string_view> choices = split(setting.one_of, '|');
  if (!setting.one_of.empty() && std::ranges::find(choices, raw) == choices.end()) {
    return std::unexpected("must be one of " + std::string(setting.one_of));
  }
  return std::string(raw);
}

// A TOML value as text, if it is of a kind that `type` takes; without a type, any scalar and lists of them.
std::optional<std::string> text_of(const toml::node& node, std::optional<Type> type) {
  bool number = !type || *type == Type::integer || *type == Type::duration_s || *type == Type::size_bytes;
  bool quoted = !type || (*type != Type::integer && *type != Type::boolean);
  if (const auto* value = node.as_string()) return quoted ? std::optional(value->get()) : std::nullopt;
  if (const auto* value = node.as_integer()) return number ? std::optional(std::to_string(value->get())) : std::nullopt;
  if (const auto* value = node.as_boolean()) {
    if (type && *type != Type::boolean) return std::nullopt;
    return value->get() ? "true" : "false";
  }
  const auto* array = node.as_array();
  if (array == nullptr || (type && *type != Type::list)) return std::nullopt;
  std::string joined;
  for (const toml::node& element : *array) {
    auto part = element.is_array() ? std::nullopt : text_of(element, type ? std::optional(Type::text) : std::nullopt);
    if (!part) return std::nullopt;
    if (!joined.empty()) joined += ',';
    joined += *part;
  }
  return joined;
}

std::string joined_key(std::string_view prefix, std::string_view key) {
  return prefix.empty() ? std::string(key) : std::string(prefix) + "." + std::string(key);
}

using Values = std::map<std::string, std::string, std::less<>>;
using NamedTables = std::map<std::string, std::map<std::string, std::string>>;

void read_setting(std::string key, const toml::node& node, Values& values, FieldFaults& faults) {
  const Setting* setting = find_setting(key);
  if (setting == nullptr) {
    faults.push_back({std::move(key), "is not a setting"});
    return;
  }
  auto text = text_of(node, setting->type);
  auto checked =
      text ? check(*setting, *text) : Checked<std::string>(std::unexpected("must be " + expected_form(setting->type)));
  if (checked) {
    values[key] = *checked;
  } else {
    faults.push_back({std::move(key), checked.error()});
  }
}

void read_settings(const std::string& prefix, const toml::table& table, Values& values, FieldFaults& faults) {
  for (const auto& [name, node] : table) {
    std::string key = joined_key(prefix, name.str());
    if (prefix.empty() && std::ranges::find(kTablePrefixes, key) != kTablePrefixes.end()) continue;
    if (const auto* inner = node.as_table()) {
      read_settings(key, *inner, values, faults);
    } else {
      read_setting(std::move(key), node, values, faults);
    }
  }
}

void read_entries(const std::string& path, const std::string& prefix, const toml::table& table,
                  std::map<std::string, std::string>& entries, FieldFaults& faults) {
  for (const auto& [name, node] : table) {
    std::string key = joined_key(prefix, name.str());
    if (const auto* inner = node.as_table()) {
      read_entries(path, key, *inner, entries, faults);
    } else if (auto text = text_of(node, std::nullopt)) {
      entries[key] = *text;
    } else {
      faults.push_back({path + "." + key, "must be a text, a number, true or false, or a list of these"});
    }
  }
}

NamedTables read_tables(const toml::table& root, std::string_view prefix, FieldFaults& faults) {
  NamedTables tables;
  const toml::node* node = root.get(prefix);
  if (node == nullptr) return tables;
  const auto* outer = node->as_table();
  if (outer == nullptr) {
    faults.push_back({std::string(prefix), "must be tables, [" + std::string(prefix) + ".NAME]"});
    return tables;
  }
  for (const auto& [name, inner] : *outer) {
    std::string path = joined_key(prefix, name.str());
    if (const auto* table = inner.as_table()) {
      read_entries(path, "", *table, tables[std::string(name.str())], faults);
    } else {
      faults.push_back({path, "must be a table, [" + path + "]"});
    }
  }
  return tables;
}

void read_environment(const std::map<std::string, std::string>& environment, Values& values, FieldFaults& faults) {
  std::map<std::string, const Setting*> names;
  for (const Setting& setting : settings()) names[environment_name(setting.key)] = &setting;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix) || name.starts_with(kTestPrefix)) continue;
    auto found = names.find(name);
    if (found == names.end()) {
      if (std::ranges::find(kOtherNames, name) == kOtherNames.end()) faults.push_back({name, "is not a setting"});
      continue;
    }
    if (auto checked = check(*found->second, value)) {
      values[std::string(found->second->key)] = *checked;
    } else {
      faults.push_back({name, checked.error()});
    }
  }
}

Values default_values() {
  Values values;
  for (const Setting& setting : settings()) {
    auto checked = check(setting, setting.default_value);
    if (!checked) {
      std::fprintf(stderr, "the default of %s %s\n", std::string(setting.key).c_str(), checked.error().c_str());
      std::abort();
    }
    values[std::string(setting.key)] = *checked;
  }
  return values;
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04X", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_list(std::string_view joined) {
  std::string out;
  for (std::string_view part : split(joined, ',')) {
    if (part.empty()) continue;
    if (!out.empty()) out += ", ";
    out += toml_text(part);
  }
  return "[" + out + "]";
}

std::string printed_value(const Setting& setting, const std::string& value) {
  if (setting.secret) return toml_text(value.empty() ? "" : kHidden);
  switch (setting.type) {
    case Type::integer:
    case Type::boolean: return value;
    case Type::duration_s:
    case Type::size_bytes: {
      std::string text = with_unit(*parse_number(value, setting.type), setting.type);
      return text == value ? text : toml_text(text);
    }
    case Type::list: return toml_list(value);
    case Type::text: break;
  }
  return toml_text(value);
}

std::string_view section_of(const Setting& setting) {
  auto dot = setting.key.find('.');
  return dot == std::string_view::npos ? "" : setting.key.substr(0, dot);
}

bool sounds_secret(std::string_view key) {
  return key.contains("secret") || key.contains("password") || key.contains("token");
}

}  // namespace

Result<Config> Config::load(const std::optional<std::filesystem::path>& file,
                            const std::map<std::string, std::string>& environment) {
  Config config;
  config.values_ = default_values();
  FieldFaults faults;
  if (file) {
    auto content = read_whole_file(*file, 1 << 20);
    if (!content) {
      faults.push_back({file->string(), "cannot be read: " + content.error().detail});
    } else if (auto parsed = toml::parse(*content); !parsed) {
      faults.push_back({file->string() + ":" + std::to_string(parsed.error().source().begin.line),
                        std::string(parsed.error().description())});
    } else {
      read_settings("", parsed.table(), config.values_, faults);
      for (std::string_view prefix : kTablePrefixes) {
        config.tables_[std::string(prefix)] = read_tables(parsed.table(), prefix, faults);
      }
    }
  }
  read_environment(environment, config.values_, faults);
  if (config.text("http.tls_certificate").empty() != config.text("http.tls_key").empty()) {
    faults.push_back({"http.tls_certificate", "and http.tls_key go together"});
  }
  if (faults.empty()) return config;
  Error error{Code::invalid, "invalid-configuration", "The configuration is not valid:", {}, {}, {}, 0, {}};
  for (const FieldFault& fault : faults) error.message += "\n  " + fault.pointer + " " + fault.detail;
  error.faults = std::move(faults);
  return fail(std::move(error));
}

Config Config::defaults(std::map<std::string, std::string> overrides) {
  Config config;
  config.values_ = default_values();
  for (const auto& [key, value] : overrides) {
    const Setting* setting = find_setting(key);
    auto checked = setting ? check(*setting, value) : Checked<std::string>(std::unexpected("is not a setting"));
    if (!checked) {
      std::fprintf(stderr, "Config::defaults: %s %s\n", key.c_str(), checked.error().c_str());
      std::abort();
    }
    config.values_[key] = *checked;
  }
  return config;
}

const std::string& Config::text(std::string_view key) const {
  auto found = values_.find(key);
  if (found == values_.end()) {
    std::fprintf(stderr, "Config: there is no setting %s\n", std::string(key).c_str());
    std::abort();
  }
  return found->second;
}

std::int64_t Config::integer(std::string_view key) const {
  const std::string& value = text(key);
  std::int64_t number = 0;
  auto [after, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || after != value.data() + value.size()) {
    std::fprintf(stderr, "Config: %s is no number\n", std::string(key).c_str());
    std::abort();
  }
  return number;
}

bool Config::boolean(std::string_view key) const { return text(key) == "true"; }

std::vector<std::string> Config::list(std::string_view key) const {
  std::vector<std::string> parts;
  for (std::string_view part : split(text(key), ',')) {
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

std::string Config::print() const {
  std::string out =
      "# Every setting of this server, as it is now. Each can be given in the environment too, where \"http.port\" is\n"
      "# REELVAULT_HTTP_PORT, and the environment comes first.\n";
  // Rows of one section may stand apart in the table; TOML wants each section once, and those without one first.
  std::vector<std::string_view> sections{""};
  for (const Setting& setting : settings()) {
    std::string_view section = section_of(setting);
    if (std::ranges::find(sections, section) == sections.end()) sections.push_back(section);
  }
  for (std::string_view section : sections) {
    if (!section.empty()) out += "\n[" + std::string(section) + "]\n";
    for (const Setting& setting : settings()) {
      if (section_of(setting) != section) continue;
      std::string_view name = section.empty() ? setting.key : setting.key.substr(section.size() + 1);
      out += "# " + std::string(setting.sentence) + "\n";
      out += std::string(name) + " = " + printed_value(setting, text(setting.key)) + "\n";
    }
  }
  for (const auto& [prefix, named] : tables_) {
    for (const auto& [name, entries] : named) {
      out += "\n[" + prefix + "." + toml_text(name) + "]\n";
      for (const auto& [key, value] : entries) {
        out += toml_text(key) + " = " + toml_text(sounds_secret(key) ? kHidden : std::string_view(value)) + "\n";
      }
    }
  }
  return out;
}

const std::map<std::string, std::map<std::string, std::string>>& Config::tables(std::string_view prefix) const {
  static const NamedTables none;
  auto found = tables_.find(prefix);
  return found == tables_.end() ? none : found->second;
}

}  // namespace reelvault
