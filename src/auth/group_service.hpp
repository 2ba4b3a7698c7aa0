// Managing groups and who is in them.
#pragma once
#include "auth/account_json.hpp"
#include "auth/directory.hpp"

namespace reelvault::auth {

class GroupService {
 public:
  GroupService(db::Database& database, Directory& directory) : database_(database), directory_(directory) {}

  Result<Revised<GroupJson>> get(const Uuid& id);
  Result<GroupPage> list(const AccountQuery& query);
  Result<Revised<GroupJson>> create(const CreateGroup& given);
  Result<Revised<GroupJson>> patch(const Uuid& id, const PatchGroup& given, std::string_view if_match);
  Result<void> remove(const Uuid& id, std::string_view if_match);

  Result<UserPage> members(const Uuid& id, const AccountQuery& query);
  Result<GroupJson> add_member(const Uuid& id, const Uuid& user);  // repeating is harmless
  Result<void> remove_member(const Uuid& id, const Uuid& user);    // not_found for one who is none

 private:
  db::Database& database_;
  Directory& directory_;
};

}  // namespace reelvault::auth
