#include "catalog/field.hpp"

#include "audit/audit_repository.hpp"
#include "auth/account_json.hpp"
#include "base/faults.hpp"
#include "base/text.hpp"

#include <cmath>

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

constexpr std::string_view types = "text|number|date|choice|boolean";
constexpr std::size_t text_limit = 10'000;
constexpr std::size_t values_limit = 100;       // of a field that takes several
constexpr std::size_t fields_limit = 64 << 10;  // all of an asset's, as text
constexpr std::size_t definitions_limit = 500;

constexpr std::string_view columns =
    "id, uid, name, label, field_type, choices, required, multiple, description, created_at, modified_at, revision";

Field read_field(const db::Row& row) {
  Field field{.row = row.get<std::int64_t>(0),
              .id = row.get<Uuid>(1),
              .name = row.get<std::string>(2),
              .label = row.get<std::string>(3),
              .type = row.get<std::string>(4),
              .choices = {},
              .required = row.get<bool>(6),
              .multiple = row.get<bool>(7),
              .description = row.get<std::optional<std::string>>(8),
              .created_at = row.get<Timestamp>(9),
              .modified_at = row.get<Timestamp>(10),
              .revision = row.get<std::int64_t>(11)};
  const json::value choices = json::parse(row.get<std::string_view>(5));
  for (const json::value& choice : choices.as_array()) field.choices.emplace_back(choice.as_string());
  return field;
}

std::string choices_text(const std::vector<std::string>& choices) {
  json::array out;
  for (const std::string& choice : choices) out.push_back(json::string(choice));
  return json::serialize(out);
}

bool identifier(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!letter(name[0])) return false;
  return std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Result<std::vector<std::string>> valid_choices(const std::vector<std::string>& given, std::string_view type) {
  if (type != "choice") {
    if (!given.empty()) return fail_field("/choices", "belongs to fields of type choice");
    return std::vector<std::string>{};
  }
  if (given.empty()) return fail_field("/choices", "must name at least one");
  if (given.size() > 1000) return fail_field("/choices", "must be at most 1000 items long");
  std::vector<std::string> out;
  Faults faults;
  for (std::size_t i = 0; i < given.size(); ++i) {
    std::string choice = nfc(std::string(trim(given[i])));
    if (choice.empty() || choice.size() > 255)
      faults.add(fmt::format("/choices/{}", i), "must be 1 to 255 bytes long");
    else if (std::ranges::find(out, choice) == out.end())
      out.push_back(std::move(choice));
  }
  RV_CHECK(faults.check());
  return out;
}

Result<std::string> valid_label(std::string_view given) {
  std::string label = nfc(std::string(trim(given)));
  if (label.empty()) return fail_field("/label", "must not be empty");
  return label;
}

// RFC 3339 full-date: a day that exists.
bool full_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
  auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + length, value);
    return value;
  };
  return std::chrono::year_month_day(std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

// What is wrong with one value; empty: nothing.
std::string fault_of_text(const json::value& value) {
  if (!value.is_string()) return "must be a text";
  if (value.get_string().size() > text_limit) return fmt::format("must be at most {} bytes long", text_limit);
  if (view(value.get_string()).contains('\0')) return "must not contain NUL";
  return {};
}

std::string fault_of_value(const Field& field, const json::value& value) {
  if (field.type == "number") {
    if (!value.is_number() || !std::isfinite(value.to_number<double>())) return "must be a number";
  } else if (field.type == "boolean") {
    if (!value.is_bool()) return "must be true or false";
  } else if (field.type == "date") {
    if (!value.is_string() || !full_date(view(value.get_string()))) return "must be a date, as 2026-11-27";
  } else if (field.type == "choice") {
    if (!value.is_string() || std::ranges::find(field.choices, view(value.get_string())) == field.choices.end())
      return fmt::format(
          "must be one of: {}",
          fmt::join(std::span(field.choices).first(std::min<std::size_t>(field.choices.size(), 20)), ", "));
  } else {
    return fault_of_text(value);
  }
  return {};
}

std::string fault_of_plain(const std::string& name, const json::value& value) {
  if (name.empty() || name.size() > 100) return "must have a name of 1 to 100 bytes";
  for (unsigned char c : name)
    if (c < 0x20 || c == 0x7F) return "must have a name without control characters";
  if (value.is_string()) return fault_of_text(value);
  if (value.is_bool() || (value.is_number() && std::isfinite(value.to_number<double>()))) return {};
  return "must be a text, a number or a boolean; lists are for defined fields that take several values";
}

// What is wrong with one end of a range in a filter.
std::string fault_of_bound(const Field& field, const json::value& value) {
  if (value.is_null()) return {};
  if (field.type == "boolean") return "is of no use for a field that is true or false";
  return field.type == "choice" ? fault_of_text(value) : fault_of_value(field, value);
}

bool empty_value(const json::value& value) {
  return value.is_null() || (value.is_string() && trim(view(value.get_string())).empty()) ||
         (value.is_array() && value.get_array().empty());
}

}  // namespace

std::span<const dto::Rule> FieldJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "name", .sentence = "The member of customFields; it never changes."},
      {.field = "type", .one_of = types},
      {.field = "required", .sentence = "Whoever makes a file states it, and nobody takes it away."},
      {.field = "multiple", .sentence = "The value is a list."},
  };
  return rules;
}

std::span<const dto::Rule> NewField::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "name",
       .sentence = "A letter, then letters, digits or _; unique, case ignored.",
       .min_length = 1,
       .max_length = 64,
       .example_json = "\"rights\""},
      {.field = "type", .one_of = types},
      {.field = "label", .sentence = "What people read; by default the name.", .max_length = 255},
      {.field = "choices", .sentence = "Of a choice."},
      {.field = "required", .default_json = "false"},
      {.field = "multiple", .default_json = "false"},
      {.field = "description", .max_length = 2000},
  };
  return rules;
}

std::span<const dto::Rule> FieldPatch::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "label", .max_length = 255},
      {.field = "description", .max_length = 2000},
      {.field = "choices", .sentence = "Assets keep a value that is not among them any more, until it is changed."},
      {.field = "multiple", .sentence = "Assets keep the values they have, until they are changed."},
  };
  return rules;
}

FieldJson field_json(const Field& field) {
  return {field.id,       field.name,     field.label,       field.type,       field.choices,
          field.required, field.multiple, field.description, field.created_at, field.modified_at};
}

std::string etag_of(const Field& field) { return fmt::format("\"r{}\"", field.revision); }

std::vector<Field> FieldRepository::all(db::Transaction& tx) {
  static const std::string sql = fmt::format("select {} from custom_field order by folded", columns);
  return tx.all(sql, {}, read_field);
}

std::optional<Field> FieldRepository::find(db::Transaction& tx, const Uuid& id, bool lock) {
  return tx.one(fmt::format("select {} from custom_field where uid = :id{}", columns,
                            lock && tx.kind() == db::Kind::postgres ? " for update" : ""),
                {{"id", id}}, read_field);
}

bool FieldRepository::insert(db::Transaction& tx, const Field& field) {
  return tx
      .try_insert(
          "insert into custom_field (uid, name, folded, label, field_type, choices, required, multiple, description, "
          "created_at, modified_at) "
          "values (:uid, :name, :folded, :label, :type, :choices, :required, :multiple, :description, :created, "
          ":modified)",
          {{"uid", field.id},
           {"name", field.name},
           {"folded", lower_ascii(field.name)},
           {"label", field.label},
           {"type", field.type},
           {"choices", choices_text(field.choices)},
           {"required", field.required},
           {"multiple", field.multiple},
           {"description", field.description},
           {"created", field.created_at},
           {"modified", field.modified_at}})
      .has_value();
}

void FieldRepository::update(db::Transaction& tx, Field& field) {
  ++field.revision;
  tx.execute(
      "update custom_field set label = :label, choices = :choices, required = :required, multiple = :multiple, "
      "description = :description, "
      "modified_at = :modified, revision = :revision where id = :row",
      {{"label", field.label},
       {"choices", choices_text(field.choices)},
       {"required", field.required},
       {"multiple", field.multiple},
       {"description", field.description},
       {"modified", field.modified_at},
       {"revision", field.revision},
       {"row", field.row}});
}

void FieldRepository::remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from custom_field where id = :row", {{"row", row}});
}

Result<std::vector<Field>> FieldService::list() {
  return database_.read([&](db::Transaction& tx) -> Result<std::vector<Field>> { return fields_.all(tx); });
}

Result<Field> FieldService::get(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<Field> {
    auto field = fields_.find(tx, id, false);
    if (!field) return fail_not_found("field");
    return std::move(*field);
  });
}

void NewField::check(Faults& faults) const {
  if (!identifier(name)) faults.add("/name", "must be a letter, then letters, digits or _, at most 64");
  if (label) (void)faults.take(valid_label(*label));
  // Of a type that is none, nobody can say which choices it has.
  const auto known = split(types, '|');
  if (std::ranges::find(known, type) != known.end()) (void)faults.take(valid_choices(choices, type));
}

Result<Field> FieldService::create(const NewField& given) {
  RV_CHECK(dto::check(given));
  Field field{.id = Uuid::v7(),
              .name = given.name,
              .label = {},
              .type = given.type,
              .choices = {},
              .required = given.required,
              .multiple = given.multiple,
              .description = given.description,
              .created_at = now(),
              .modified_at = now()};
  RV_TRY(field.label, valid_label(given.label.value_or(given.name)));
  RV_TRY(field.choices, valid_choices(given.choices, given.type));
  return database_.write([&](db::Transaction& tx) -> Result<Field> {
    if (fields_.all(tx).size() >= definitions_limit)
      return fail(Code::conflict, "too-many-fields", fmt::format("There are {} fields already.", definitions_limit));
    if (!fields_.insert(tx, field))
      return fail(Code::conflict, "name-taken", fmt::format("There is a field named \"{}\" already.", field.name));
    audit::append(tx, audit::account("create-field", "field", field.id, field.name));
    return field;
  });
}

namespace {
struct CheckedChange {
  std::optional<std::string> label;
  std::optional<std::vector<std::string>> choices;
};

// `type`: the field's own; empty: there is none, of which something could be said.
Result<CheckedChange> checked(const FieldPatch& given, std::string_view type) {
  CheckedChange out;
  Faults faults;
  if (given.label.state == dto::Patch<std::string>::State::value)
    out.label = faults.take(valid_label(given.label.value));
  if (given.choices && !type.empty()) out.choices = faults.take(valid_choices(*given.choices, type));
  RV_CHECK(faults.check());
  return out;
}
}  // namespace

Result<void> FieldService::check(const Uuid& id, const FieldPatch& given) {
  return database_.read([&](db::Transaction& tx) -> Result<void> {
    auto field = fields_.find(tx, id, false);
    RV_CHECK(checked(given, field ? std::string_view(field->type) : ""));
    return {};
  });
}

Result<Field> FieldService::patch(const Uuid& id, const FieldPatch& given, std::string_view if_match) {
  using State = dto::Patch<std::string>::State;
  return database_.write([&](db::Transaction& tx) -> Result<Field> {
    auto field = fields_.find(tx, id, true);
    if (!field) return fail_not_found("field");
    RV_CHECK(auth::check_if_match(if_match, field->revision));
    if ((given.name && *given.name != field->name) || (given.type && *given.type != field->type))
      return fail(Code::conflict, "field-is-fixed", "A field's name and type never change; make another field.");
    RV_TRY(auto changed, checked(given, field->type));
    if (changed.label) field->label = std::move(*changed.label);
    if (given.label.state == State::null) field->label = field->name;
    if (changed.choices) field->choices = std::move(*changed.choices);
    if (given.description.state == State::null) field->description.reset();
    if (given.description.state == State::value) field->description = given.description.value;
    if (given.required) field->required = *given.required;
    if (given.multiple) field->multiple = *given.multiple;
    field->modified_at = now();
    fields_.update(tx, *field);
    audit::append(tx, audit::account("update-field", "field", field->id, field->name));
    return std::move(*field);
  });
}

Result<void> FieldService::remove(const Uuid& id, std::string_view if_match) {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    auto field = fields_.find(tx, id, true);
    if (!field) return fail_not_found("field");
    RV_CHECK(auth::check_if_match(if_match, field->revision));
    fields_.remove(tx, field->row);
    audit::append(tx, audit::account("delete-field", "field", field->id, field->name));
    return {};
  });
}

Result<json::object> validated_fields(db::Transaction& tx, const json::object& given, const std::string& pointer,
                                      FieldUse use) {
  json::object out;
  if (given.empty() && use != FieldUse::creation) return out;
  std::vector<FieldFault> faults;
  auto fault = [&](std::string_view name, std::string detail) {
    faults.push_back({pointer + "/" + dto::pointer_token(name), std::move(detail)});
  };
  const std::vector<Field> fields = FieldRepository{}.all(tx);
  auto definition = [&](std::string_view name) {
    auto found = std::ranges::find(fields, name, &Field::name);
    return found == fields.end() ? nullptr : &*found;
  };
  for (const auto& [key, value] : given) {
    const std::string name(key.data(), key.size());
    const Field* field = definition(name);
    if (field && field->required && empty_value(value)) {
      fault(name, "is required");
    } else if (value.is_null()) {
      if (use == FieldUse::change) out[name] = nullptr;
    } else if (!field) {
      std::string detail = fault_of_plain(name, value);
      if (detail.empty())
        out[name] = value;
      else
        fault(name, std::move(detail));
    } else if (field->multiple) {
      json::array values = value.is_array() ? value.get_array() : json::array{value};
      if (values.size() > values_limit) fault(name, fmt::format("must be at most {} items long", values_limit));
      json::array kept;
      for (std::size_t i = 0; i < values.size() && i < values_limit; ++i) {
        std::string detail = fault_of_value(*field, values[i]);
        if (!detail.empty())
          fault(name, value.is_array() ? fmt::format("item {}: {}", i, detail) : std::move(detail));
        else if (std::ranges::find(kept, values[i]) == kept.end())
          kept.push_back(values[i]);
      }
      out[name] = std::move(kept);
    } else {
      std::string detail = fault_of_value(*field, value);
      if (detail.empty())
        out[name] = value;
      else
        fault(name, std::move(detail));
    }
  }
  if (use == FieldUse::creation)
    for (const Field& field : fields)
      if (field.required && !given.contains(field.name)) fault(field.name, "is required");
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

void check_filter(const Field& field, const json::value& wanted, const std::string& pointer,
                  const std::function<bool(const json::value&)>& held, std::vector<FieldFault>& faults) {
  auto fault = [&](std::string at, std::string detail) {
    if (!detail.empty() && std::ranges::find(faults, at, &FieldFault::pointer) == faults.end())
      faults.push_back({std::move(at), std::move(detail)});
  };
  if (const json::object* range = wanted.if_object()) {
    for (std::string_view bound : {"min", "max", "from", "until"})
      if (const json::value* value = range->if_contains(bound))
        fault(fmt::format("{}/{}", pointer, bound), fault_of_bound(field, *value));
    return;
  }
  auto check = [&](const json::value& value, std::string at) {
    std::string detail = fault_of_value(field, value);
    // Searching ignores the case.
    const bool text = field.type == "choice" && value.is_string();
    auto same = [&](const std::string& choice) { return fold_case(choice) == fold_case(view(value.get_string())); };
    if (!detail.empty() && text && (std::ranges::any_of(field.choices, same) || held(value))) return;
    fault(std::move(at), std::move(detail));
  };
  if (const json::array* values = wanted.if_array())
    for (std::size_t i = 0; i < values->size(); ++i) check((*values)[i], fmt::format("{}/{}", pointer, i));
  else if (!wanted.is_null())
    check(wanted, pointer);
}

Result<std::string> fields_text(const json::object& fields, const std::string& pointer) {
  std::string text = json::serialize(fields);
  if (text.size() > fields_limit) return fail_field(pointer, "is too large");
  return text;
}

Result<std::string> without_fields(db::Transaction& tx, const std::string& kept_json, const std::string& pointer) {
  const json::object kept = json::parse(kept_json).as_object();
  for (const Field& field : FieldRepository{}.all(tx))
    if (field.required && kept.contains(field.name)) return fail_field(pointer + "/" + field.name, "is required");
  return std::string("{}");
}

Result<std::string> merged_fields(const std::string& kept_json, const json::object& given, const std::string& pointer) {
  json::object fields = json::parse(kept_json).as_object();
  for (const auto& [name, value] : given) {
    if (value.is_null())
      fields.erase(name);
    else
      fields[name] = value;
  }
  return fields_text(fields, pointer);
}

}  // namespace reelvault::catalog
