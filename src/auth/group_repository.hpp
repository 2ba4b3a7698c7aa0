// The only SQL about groups and who is in them.
#pragma once
#include "auth/account_json.hpp"

namespace reelvault::auth {

struct Group {
  std::int64_t row = 0;
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  std::int64_t members = 0;
  Timestamp created_at{}, modified_at{};
  std::int64_t revision = 1;
};

namespace groups {

std::optional<Group> find(db::Transaction& tx, const Uuid& id);
Result<std::int64_t> insert(db::Transaction& tx, const Group& group);  // conflict "group-name-taken"
Result<void> update(db::Transaction& tx, const Group& group);          // by row; revision + 1
void remove(db::Transaction& tx, std::int64_t row);
std::vector<Group> page(db::Transaction& tx, const PageRequest& request);
std::int64_t count(db::Transaction& tx, const PageRequest& request);

bool add_member(db::Transaction& tx, std::int64_t group_row, std::int64_t user_row, Timestamp at);  // false: was one
bool remove_member(db::Transaction& tx, std::int64_t group_row, std::int64_t user_row);             // false: was none
std::vector<User> members(db::Transaction& tx, std::int64_t group_row, const PageRequest& request);
std::int64_t count_members(db::Transaction& tx, std::int64_t group_row, const PageRequest& request);
std::map<std::int64_t, GroupRef> named(db::Transaction& tx, const std::vector<std::int64_t>& rows);  // those that are
std::unordered_map<std::int64_t, std::vector<GroupRef>> of_users(db::Transaction& tx,
                                                                 const std::vector<std::int64_t>& rows);

}  // namespace groups

}  // namespace reelvault::auth
