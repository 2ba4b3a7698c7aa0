// DTOs: one declaration of a struct gives parsing with validation (all faults at once), writing and JSON Schema.
//
//   struct CreateFolder {
//     std::string displayName;
//     std::optional<std::string> onConflict;
//     static std::span<const dto::Rule> rules();   // optional: limits and sentences by field
//   };
//   BOOST_DESCRIBE_STRUCT(CreateFolder, (), (displayName, onConflict))
//
// Members: bool, integers, double, std::string, Uuid, Timestamp, std::optional<T> (absent or null: nothing; written as
// null), std::vector<T>, std::map<std::string, T>, boost::json value/object/array, other described structs, and
// Patch<T> where absent, null and a value differ. Unknown members of a request are ignored. A member that is neither
// optional, vector, map nor Patch is required in a request unless its Rule has a default.
//
// What no Rule can say, but the values themselves (a name's characters, a time that is over), the struct says in
// `void check(Faults& faults) const`; parsing asks it and tells it with all else. What could not be read is in it as if
// it had not been sent, and a fault at or below a place that has one already is left out.
#pragma once
#include "base/faults.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <boost/core/type_name.hpp>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::dto {

namespace json = boost::json;

// Limits and words for one field.
struct Rule {
  std::string_view field;
  std::string_view sentence = {};                // for the document
  std::optional<double> minimum = std::nullopt;  // numbers
  std::optional<double> maximum = std::nullopt;
  std::optional<std::size_t> min_length = std::nullopt;  // characters of a string (bytes), items of a list
  std::optional<std::size_t> max_length = std::nullopt;
  std::string_view one_of = {};        // "rename|replace"
  std::string_view default_json = {};  // makes the field optional: its value when absent, e.g. "false"
  std::string_view example_json = {};
};

// A member of a PATCH: absent, null or a value.
template <class T>
struct Patch {
  enum class State { absent, null, value };
  State state = State::absent;
  T value{};
  bool present() const { return state != State::absent; }
};

// Component schemas of the document under construction, by name.
struct Schemas {
  json::object components;
};

template <class T>
concept Described = boost::describe::has_describe_members<T>::value && std::is_class_v<T>;
template <class T>
concept Ruled = requires {
  { T::rules() } -> std::convertible_to<std::span<const Rule>>;
};

template <class T>
concept Checked = requires(const T& value, Faults& faults) { value.check(faults); };

template <class T>
std::span<const Rule> rules_of() {
  if constexpr (Ruled<T>)
    return T::rules();
  else
    return {};
}
inline const Rule* find_rule(std::span<const Rule> rules, std::string_view field) {
  for (const Rule& rule : rules)
    if (rule.field == field) return &rule;
  return nullptr;
}

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type {};
template <class T>
struct is_patch : std::false_type {};
template <class T>
struct is_patch<Patch<T>> : std::true_type {};

template <class T>
constexpr bool is_json =
    std::is_same_v<T, json::value> || std::is_same_v<T, json::object> || std::is_same_v<T, json::array>;

// ---- parsing ---------------------------------------------------------------------------------------------------

void add_fault(std::vector<FieldFault>& faults, std::string pointer, std::string detail);
// Of `more` what is not at or below a place that has a fault already.
void add_faults(std::vector<FieldFault>& faults, std::vector<FieldFault> more);
std::string pointer_token(std::string_view name);  // RFC 6901 escaping
// Checks limits of a parsed value against its rule.
void check_number(const Rule& rule, double value, const std::string& pointer, std::vector<FieldFault>& faults);
void check_length(const Rule& rule, std::size_t length, bool text, const std::string& pointer,
                  std::vector<FieldFault>& faults);
void check_choice(const Rule& rule, std::string_view value, const std::string& pointer,
                  std::vector<FieldFault>& faults);
// Whole numbers also come as 12.0 and within doubles' exact range.
std::optional<std::int64_t> whole_number(const json::value& value);

template <class T>
void parse(const json::value& value, T& out, const std::string& pointer, std::vector<FieldFault>& faults,
           const Rule* rule = nullptr);

template <class T>
void parse_members(const json::object& object, T& out, const std::string& pointer, std::vector<FieldFault>& faults) {
  using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
  auto rules = rules_of<T>();
  boost::mp11::mp_for_each<Members>([&](auto member) {
    auto& field = out.*member.pointer;
    using F = std::remove_cvref_t<decltype(field)>;
    std::string at = pointer + "/" + pointer_token(member.name);
    const Rule* rule = find_rule(rules, member.name);
    const json::value* given = object.if_contains(member.name);
    if constexpr (is_patch<F>::value) {
      if (!given) return;
      if (given->is_null()) {
        field.state = F::State::null;
        return;
      }
      field.state = F::State::value;
      parse(*given, field.value, at, faults, rule);
    } else {
      if (!given || (given->is_null() && !std::is_same_v<F, json::value>)) {
        if (rule && !rule->default_json.empty()) {
          parse(json::parse(rule->default_json), field, at, faults);
        } else if constexpr (!is_optional<F>::value && !is_vector<F>::value && !is_map<F>::value && !is_json<F>) {
          add_fault(faults, at, "is required");
        } else if (rule && rule->min_length && *rule->min_length > 0 && !is_optional<F>::value) {
          add_fault(faults, at, "is required");
        }
        return;
      }
      parse(*given, field, at, faults, rule);
    }
  });
  if constexpr (Checked<T>) {
    Faults own;
    std::as_const(out).check(own);
    for (FieldFault& fault : own.all()) fault.pointer.insert(0, pointer);
    add_faults(faults, std::move(own.all()));
  }
}

template <class T>
void parse(const json::value& value, T& out, const std::string& pointer, std::vector<FieldFault>& faults,
           const Rule* rule) {
  if constexpr (std::is_same_v<T, json::value>) {
    out = value;
  } else if constexpr (std::is_same_v<T, json::object>) {
    if (auto* object = value.if_object())
      out = *object;
    else
      add_fault(faults, pointer, "must be an object");
  } else if constexpr (std::is_same_v<T, json::array>) {
    if (auto* array = value.if_array())
      out = *array;
    else
      add_fault(faults, pointer, "must be a list");
  } else if constexpr (is_optional<T>::value) {
    if (value.is_null()) return;
    out.emplace();
    parse(value, *out, pointer, faults, rule);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (auto* b = value.if_bool())
      out = *b;
    else
      add_fault(faults, pointer, "must be true or false");
  } else if constexpr (std::is_integral_v<T>) {
    auto number = whole_number(value);
    if (!number) return add_fault(faults, pointer, "must be a whole number");
    if (*number < static_cast<std::int64_t>(std::numeric_limits<T>::min()) ||
        (sizeof(T) < 8 && *number > static_cast<std::int64_t>(std::numeric_limits<T>::max())))
      return add_fault(faults, pointer, "is out of range");
    out = static_cast<T>(*number);
    if (rule) check_number(*rule, static_cast<double>(*number), pointer, faults);
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!value.is_number()) return add_fault(faults, pointer, "must be a number");
    out = value.to_number<double>();
    if (rule) check_number(*rule, out, pointer, faults);
  } else if constexpr (std::is_same_v<T, std::string>) {
    auto* text = value.if_string();
    if (!text) return add_fault(faults, pointer, "must be a string");
    if (text->find('\0') != json::string::npos) return add_fault(faults, pointer, "must not contain NUL");
    out.assign(text->data(), text->size());
    if (rule) {
      check_length(*rule, out.size(), true, pointer, faults);
      check_choice(*rule, out, pointer, faults);
    }
  } else if constexpr (std::is_same_v<T, Uuid>) {
    auto* text = value.if_string();
    auto uuid = text ? Uuid::parse(std::string_view(text->data(), text->size())) : std::nullopt;
    if (!uuid) return add_fault(faults, pointer, "must be a UUID");
    out = *uuid;
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    auto* text = value.if_string();
    auto time = text ? parse_rfc3339(std::string_view(text->data(), text->size())) : std::nullopt;
    if (!time) return add_fault(faults, pointer, "must be an RFC 3339 time");
    out = *time;
  } else if constexpr (is_vector<T>::value) {
    auto* array = value.if_array();
    if (!array) return add_fault(faults, pointer, "must be a list");
    if (rule) check_length(*rule, array->size(), false, pointer, faults);
    out.reserve(array->size());
    for (std::size_t i = 0; i < array->size(); ++i) {
      // A rule's choice applies to the items; its length to the list.
      typename T::value_type item{};
      const std::size_t before = faults.size();
      parse((*array)[i], item, pointer + "/" + std::to_string(i), faults);
      if constexpr (std::is_same_v<typename T::value_type, std::string>)
        if (rule && faults.size() == before) check_choice(*rule, item, pointer + "/" + std::to_string(i), faults);
      out.push_back(std::move(item));
    }
  } else if constexpr (is_map<T>::value) {
    auto* object = value.if_object();
    if (!object) return add_fault(faults, pointer, "must be an object");
    for (const auto& [name, member] : *object) {
      std::string key(name.data(), name.size());
      parse(member, out[key], pointer + "/" + pointer_token(key), faults);
    }
  } else {
    static_assert(Described<T>, "a DTO member of a kind that dto.hpp does not know");
    auto* object = value.if_object();
    if (!object) return add_fault(faults, pointer, "must be an object");
    parse_members(*object, out, pointer, faults);
  }
}

// The whole document, or every fault.
template <class T>
Result<T> parse(const json::value& value) {
  T out{};
  std::vector<FieldFault> faults;
  parse(value, out, "", faults);
  if (!faults.empty())
    return fail(Error{Code::invalid,
                      "invalid-request",
                      "The request has fields that are not valid.",
                      {},
                      std::move(faults),
                      {},
                      0,
                      {}});
  return out;
}

// For services, whose callers need not have parsed what they hand over.
template <Checked T>
Result<void> check(const T& value) {
  Faults faults;
  value.check(faults);
  return faults.check();
}

// A query string, whose values are all text (lists: the name repeated, or commas). Pointers are "?name".
json::value query_scalar(std::string_view text, bool number, bool boolean);
template <class F>
json::value query_member(const json::value& given) {
  if constexpr (is_optional<F>::value) {
    return query_member<typename F::value_type>(given);
  } else if constexpr (is_vector<F>::value) {
    json::array out;
    auto add = [&](const json::string& text) {
      std::string_view rest(text.data(), text.size());
      while (!rest.empty()) {
        auto comma = rest.find(',');
        out.push_back(query_member<typename F::value_type>(json::string(rest.substr(0, comma))));
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      }
    };
    if (given.is_array())
      for (const auto& item : given.get_array()) add(item.get_string());
    else
      add(given.get_string());
    return out;
  } else {
    const json::string& text = given.is_array() ? given.get_array().back().get_string() : given.get_string();
    return query_scalar(std::string_view(text.data(), text.size()), std::is_arithmetic_v<F> && !std::is_same_v<F, bool>,
                        std::is_same_v<F, bool>);
  }
}
template <class Q>
void parse_query(const json::object& given, Q& out, std::vector<FieldFault>& faults) {
  using Members = boost::describe::describe_members<Q, boost::describe::mod_public | boost::describe::mod_inherited>;
  json::object typed;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using F = std::remove_cvref_t<decltype(out.*member.pointer)>;
    if (auto* value = given.if_contains(member.name)) typed[member.name] = query_member<F>(*value);
  });
  std::size_t before = faults.size();
  parse_members(typed, out, "", faults);
  for (std::size_t i = before; i < faults.size(); ++i) faults[i].pointer.replace(0, 1, "?");
}

// ---- writing ---------------------------------------------------------------------------------------------------

void append_string(std::string& out, std::string_view text);  // quoted and escaped; invalid UTF-8 becomes U+FFFD
void append_number(std::string& out, std::int64_t number);
void append_number(std::string& out, double number);  // not finite: null

template <class T>
void append(std::string& out, const T& value) {
  if constexpr (is_json<T>) {
    out += json::serialize(value);
  } else if constexpr (is_optional<T>::value) {
    if (value)
      append(out, *value);
    else
      out += "null";
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    append_number(out, static_cast<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    append_number(out, static_cast<double>(value));
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    append_string(out, value);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    out += '"';
    value.append_to(out);
    out += '"';
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    append_string(out, rfc3339(value));
  } else if constexpr (is_vector<T>::value) {
    out += '[';
    bool first = true;
    for (const auto& item : value) {
      if (!std::exchange(first, false)) out += ',';
      append(out, item);
    }
    out += ']';
  } else if constexpr (is_map<T>::value) {
    out += '{';
    bool first = true;
    for (const auto& [name, item] : value) {
      if (!std::exchange(first, false)) out += ',';
      append_string(out, name);
      out += ':';
      append(out, item);
    }
    out += '}';
  } else {
    static_assert(Described<T>, "a DTO member of a kind that dto.hpp does not know");
    using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
    out += '{';
    bool first = true;
    boost::mp11::mp_for_each<Members>([&](auto member) {
      if (!std::exchange(first, false)) out += ',';
      out += '"';
      out += member.name;
      out += "\":";
      append(out, value.*member.pointer);
    });
    out += '}';
  }
}
template <class T>
std::string write(const T& value) {
  std::string out;
  append(out, value);
  return out;
}

// ---- schema (JSON Schema 2020-12, as OpenAPI 3.1 has it) ---------------------------------------------------------

void apply_rule(json::object& schema, const Rule& rule);
std::string schema_name(std::string_view mangled);  // last component of the type's name

template <class T>
json::value schema(Schemas& schemas) {
  if constexpr (std::is_same_v<T, json::value>)
    return json::object{};
  else if constexpr (std::is_same_v<T, json::object>)
    return json::object{{"type", "object"}};
  else if constexpr (std::is_same_v<T, json::array>)
    return json::object{{"type", "array"}};
  else if constexpr (is_patch<T>::value) {
    return json::object{{"anyOf", json::array{schema<decltype(T::value)>(schemas), json::object{{"type", "null"}}}}};
  } else if constexpr (is_optional<T>::value) {
    json::value inner = schema<typename T::value_type>(schemas);
    json::object& object = inner.as_object();
    if (object.contains("$ref")) return json::object{{"anyOf", json::array{inner, json::object{{"type", "null"}}}}};
    if (auto* type = object.if_contains("type"); type && type->is_string()) object["type"] = json::array{*type, "null"};
    return inner;
  } else if constexpr (std::is_same_v<T, bool>)
    return json::object{{"type", "boolean"}};
  else if constexpr (std::is_integral_v<T>)
    return json::object{{"type", "integer"}, {"format", sizeof(T) == 8 ? "int64" : "int32"}};
  else if constexpr (std::is_floating_point_v<T>)
    return json::object{{"type", "number"}};
  else if constexpr (std::is_same_v<T, std::string>)
    return json::object{{"type", "string"}};
  else if constexpr (std::is_same_v<T, Uuid>)
    return json::object{{"type", "string"}, {"format", "uuid"}};
  else if constexpr (std::is_same_v<T, Timestamp>)
    return json::object{{"type", "string"}, {"format", "date-time"}};
  else if constexpr (is_vector<T>::value)
    return json::object{{"type", "array"}, {"items", schema<typename T::value_type>(schemas)}};
  else if constexpr (is_map<T>::value)
    return json::object{{"type", "object"}, {"additionalProperties", schema<typename T::mapped_type>(schemas)}};
  else {
    static_assert(Described<T>, "a DTO member of a kind that dto.hpp does not know");
    std::string name = schema_name(boost::core::type_name<T>());
    if (!schemas.components.contains(name)) {
      schemas.components[name] = json::object{};  // holds the name against recursion
      json::object properties;
      json::array required;
      using Members =
          boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
      boost::mp11::mp_for_each<Members>([&](auto member) {
        using F = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
        json::value property = schema<F>(schemas);
        const Rule* rule = find_rule(rules_of<T>(), member.name);
        if (rule) apply_rule(property.as_object(), *rule);
        properties[member.name] = std::move(property);
        bool optional = is_optional<F>::value || is_patch<F>::value || is_vector<F>::value || is_map<F>::value ||
                        is_json<F> || (rule && !rule->default_json.empty());
        if (!optional) required.push_back(json::string(member.name));
      });
      json::object object{{"type", "object"}, {"properties", std::move(properties)}};
      if (!required.empty()) object["required"] = std::move(required);
      schemas.components[name] = std::move(object);
    }
    return json::object{{"$ref", "#/components/schemas/" + name}};
  }
}

template <class Q>
json::array query_parameters(Schemas& schemas) {
  json::array out;
  using Members = boost::describe::describe_members<Q, boost::describe::mod_public | boost::describe::mod_inherited>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using F = std::remove_cvref_t<decltype(std::declval<Q&>().*member.pointer)>;
    json::value property = schema<F>(schemas);
    const Rule* rule = find_rule(rules_of<Q>(), member.name);
    json::object parameter{{"name", member.name}, {"in", "query"}};
    bool required = !is_optional<F>::value && !is_vector<F>::value && !(rule && !rule->default_json.empty());
    parameter["required"] = required;
    if (rule && !rule->sentence.empty()) parameter["description"] = json::string(rule->sentence);
    if (rule) apply_rule(property.as_object(), *rule);
    parameter["schema"] = std::move(property);
    out.push_back(std::move(parameter));
  });
  return out;
}

}  // namespace reelvault::dto
