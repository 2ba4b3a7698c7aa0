// Who is asking. A value made once per request by the gate (auth) and handed down; rooms ask it, never the request.
#pragma once
#include "base/uuid.hpp"

#include <set>
#include <string>
#include <vector>

namespace reelvault {

enum class Role { viewer, editor, admin };
enum class Permission { read, write, manage };  // each includes those before it

struct Principal {
  enum class Kind { anonymous, user, api_key, worker, system };
  Kind kind = Kind::anonymous;
  std::int64_t user_row = 0;  // user_account.id; 0: none
  Uuid user_id;
  std::string username;
  Role role = Role::viewer;
  std::vector<std::int64_t> group_rows;
  bool limited = false;          // an API key with scopes: may do only what `scopes` says
  std::set<std::string> scopes;  // "read", "write", "manage", "admin", "upload"

  bool signed_in() const { return kind == Kind::user || kind == Kind::api_key || kind == Kind::system; }
  static Principal system();  // the program itself: may do everything
};

}  // namespace reelvault
