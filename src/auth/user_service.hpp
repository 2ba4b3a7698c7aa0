// Managing users. Every change takes the accounts' epoch first, so that "one admin remains" holds whatever happens at
// the same time, and is in memory when it answers.
#pragma once
#include "auth/account_json.hpp"
#include "auth/password.hpp"

namespace reelvault::auth {

class UserService {
 public:
  UserService(db::Database& database, Directory& directory, const Passwords& passwords)
      : database_(database), directory_(directory), passwords_(passwords) {}

  Result<Revised<UserJson>> get(const Uuid& id);
  Result<UserPage> list(const AccountQuery& query);
  Result<Revised<UserJson>> create(const CreateUser& given);
  Result<Revised<UserJson>> patch(const Uuid& id, const PatchUser& given, std::string_view if_match);
  Result<void> remove(const Uuid& id, std::string_view if_match);
  // What is wrong with what is given, whoever it is for; patch begins with it.
  Result<void> check(const Uuid& id, const PatchUser& given) const;

 private:
  db::Database& database_;
  Directory& directory_;
  const Passwords& passwords_;
};

UserJson user_json(const User& user, std::vector<GroupRef> groups);
std::vector<GroupRef> groups_of(db::Transaction& tx, std::int64_t user_row);

}  // namespace reelvault::auth
