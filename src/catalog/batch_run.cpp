#include "catalog/batch_run.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

json::object principal_json(const Principal& by) {
  json::array scopes;
  for (const std::string& scope : by.scopes) scopes.push_back(json::string(scope));
  return {{"kind", static_cast<int>(by.kind)}, {"userRow", by.user_row},
          {"userId", by.user_id.text()},       {"username", by.username},
          {"role", static_cast<int>(by.role)}, {"limited", by.limited},
          {"scopes", std::move(scopes)}};
}

Principal principal_of(std::string_view text) {
  const json::object object = json::parse(text).as_object();
  Principal by;
  by.kind = static_cast<Principal::Kind>(object.at("kind").as_int64());
  by.user_row = object.at("userRow").as_int64();
  by.user_id = *Uuid::parse(std::string_view(object.at("userId").as_string()));
  by.username = object.at("username").as_string();
  by.role = static_cast<Role>(object.at("role").as_int64());
  by.limited = object.at("limited").as_bool();
  for (const json::value& scope : object.at("scopes").as_array())
    by.scopes.emplace(std::string_view(scope.as_string()));
  return by;
}

std::string words_of(const Error& error) {
  std::string words = error.message;
  for (const FieldFault& fault : error.faults) words += " " + fault.pointer + " " + fault.detail + ".";
  return words;
}

bool passing_trouble(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::no_space || error.code == Code::timeout;
}

std::string type_of(const Error& error) { return error.type.empty() ? "error" : error.type; }

}  // namespace reelvault::catalog
