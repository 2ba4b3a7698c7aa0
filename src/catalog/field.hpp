// Custom fields: what an administrator says about members of an asset's customFields. A definition's name and type
// never change, so values stay what they were; deleting a definition deletes no value, it is kept as a plain one.
// Members without a definition are taken as they are, as long as they are a text, a number or a boolean.
#pragma once
#include "base/dto.hpp"
#include "db/database.hpp"

#include <functional>

namespace reelvault::catalog {

struct Field {
  std::int64_t row = 0;
  Uuid id;
  std::string name, label, type;  // text, number, date, choice, boolean
  std::vector<std::string> choices;
  bool required = false, multiple = false;
  std::optional<std::string> description;
  Timestamp created_at, modified_at;
  std::int64_t revision = 1;
};

struct FieldJson {
  Uuid id;
  std::string name, label, type;
  std::vector<std::string> choices;
  bool required = false, multiple = false;
  std::optional<std::string> description;
  Timestamp createdAt, modifiedAt;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(FieldJson, (),
                      (id, name, label, type, choices, required, multiple, description, createdAt, modifiedAt))

struct FieldItems {
  std::vector<FieldJson> items;
};
BOOST_DESCRIBE_STRUCT(FieldItems, (), (items))

struct NewField {
  std::string name, type;
  std::optional<std::string> label;
  std::vector<std::string> choices;
  bool required = false, multiple = false;
  std::optional<std::string> description;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(NewField, (), (name, type, label, choices, required, multiple, description))

struct FieldPatch {
  std::optional<std::string> name, type;  // as they are, or a 409
  dto::Patch<std::string> label, description;
  std::optional<std::vector<std::string>> choices;
  std::optional<bool> required, multiple;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(FieldPatch, (), (name, type, label, description, choices, required, multiple))

class FieldRepository {
 public:
  std::vector<Field> all(db::Transaction& tx);  // by label
  std::optional<Field> find(db::Transaction& tx, const Uuid& id, bool lock);
  bool insert(db::Transaction& tx, const Field& field);  // false: the name is taken
  void update(db::Transaction& tx, Field& field);        // raises the revision
  void remove(db::Transaction& tx, std::int64_t row);
};

class FieldService {
 public:
  explicit FieldService(db::Database& database) : database_(database) {}
  Result<std::vector<Field>> list();
  Result<Field> get(const Uuid& id);
  Result<Field> create(const NewField& given);
  Result<Field> patch(const Uuid& id, const FieldPatch& given, std::string_view if_match);
  Result<void> remove(const Uuid& id, std::string_view if_match);
  // What is wrong with a change of this field, if there is one.
  Result<void> check(const Uuid& id, const FieldPatch& given);

 private:
  db::Database& database_;
  FieldRepository fields_;
};

FieldJson field_json(const Field& field);
std::string etag_of(const Field& field);

enum class FieldUse {
  creation,  // whoever makes a file states what is required
  taken,     // folders, and files that are taken as they lie in a store: nothing is asked for
  change,    // a null takes a member away
};
// The members as they are kept, or every fault, at `pointer`/<name>. Under `change` nulls stay in what is given.
Result<boost::json::object> validated_fields(db::Transaction& tx, const boost::json::object& given,
                                             const std::string& pointer, FieldUse use);
// What is wrong with what a search asks of a field (a value, a list, a range), at `pointer`, where nothing is said yet.
// `held`: whether something has this text all the same, as what was a choice once; asked of texts that are no choice.
void check_filter(const Field& field, const boost::json::value& wanted, const std::string& pointer,
                  const std::function<bool(const boost::json::value&)>& held, std::vector<FieldFault>& faults);
// `given` (validated for change) merged into what an asset has.
Result<std::string> merged_fields(const std::string& kept_json, const boost::json::object& given,
                                  const std::string& pointer);
// All gone: a fault for each that is required.
Result<std::string> without_fields(db::Transaction& tx, const std::string& kept_json, const std::string& pointer);
// As a row keeps them.
Result<std::string> fields_text(const boost::json::object& fields, const std::string& pointer);

}  // namespace reelvault::catalog
