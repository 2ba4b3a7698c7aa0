#include "auth/group_repository.hpp"

namespace reelvault::auth::groups {
namespace {

constexpr std::string_view kColumns =
    "id, uid, name, description, created_at, modified_at, revision,"
    " (select count(*) from group_member where group_id = user_group.id)";

Group read_group(const db::Row& row) {
  Group group;
  group.row = row.get<std::int64_t>(0);
  group.id = row.get<Uuid>(1);
  group.name = row.get<std::string>(2);
  group.description = row.get<std::optional<std::string>>(3);
  group.created_at = row.get<Timestamp>(4);
  group.modified_at = row.get<Timestamp>(5);
  group.revision = row.get<std::int64_t>(6);
  group.members = row.get<std::int64_t>(7);
  return group;
}

std::unexpected<Error> fail_taken() {
  return fail(Code::conflict, "group-name-taken", "There is a group of that name.");
}

constexpr std::string_view kIsMember = " and id in (select user_id from group_member where group_id = :group)";

}  // namespace

std::optional<Group> find(db::Transaction& tx, const Uuid& id) {
  return tx.one(fmt::format("select {} from user_group where uid = :uid", kColumns), {{"uid", id}}, read_group);
}

Result<std::int64_t> insert(db::Transaction& tx, const Group& group) {
  std::string key = username_key(group.name);
  auto row = tx.try_insert(
      "insert into user_group (uid, name, name_key, description, created_at, modified_at)"
      " values (:uid, :name, :key, :description, :at, :at)",
      {{"uid", group.id},
       {"name", group.name},
       {"key", key},
       {"description", group.description},
       {"at", group.created_at}});
  if (!row) return fail_taken();
  return *row;
}

Result<void> update(db::Transaction& tx, const Group& group) {
  std::string key = username_key(group.name);
  bool done = tx.try_execute(
      "update user_group set name = :name, name_key = :key, description = :description,"
      " modified_at = :at, revision = revision + 1 where id = :id",
      {{"name", group.name},
       {"key", key},
       {"description", group.description},
       {"at", group.modified_at},
       {"id", group.row}});
  if (!done) return fail_taken();
  return {};
}

void remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from user_group where id = :id", {{"id", row}});
}

std::vector<Group> page(db::Transaction& tx, const PageRequest& request) {
  PageSql sql = page_sql(request, "name_key");
  return tx.all(fmt::format("select {} from user_group{}{}", kColumns, sql.where, sql.order), sql.parameters,
                read_group);
}

std::int64_t count(db::Transaction& tx, const PageRequest& request) {
  return count_rows(tx, "user_group", request, "name_key");
}

bool add_member(db::Transaction& tx, std::int64_t group_row, std::int64_t user_row, Timestamp at) {
  bool added = tx.try_execute("insert into group_member (group_id, user_id, added_at) values (:group, :user, :at)",
                              {{"group", group_row}, {"user", user_row}, {"at", at}});
  // Whom an administrator puts into a group stays there, whatever an issuer says later.
  if (!added)
    tx.execute("update group_member set from_issuer = :no where group_id = :group and user_id = :user and from_issuer",
               {{"no", false}, {"group", group_row}, {"user", user_row}});
  return added;
}

bool remove_member(db::Transaction& tx, std::int64_t group_row, std::int64_t user_row) {
  return tx.execute("delete from group_member where group_id = :group and user_id = :user",
                    {{"group", group_row}, {"user", user_row}}) > 0;
}

std::vector<User> members(db::Transaction& tx, std::int64_t group_row, const PageRequest& request) {
  return users::page(tx, request, {std::string(kIsMember), {{"group", group_row}}});
}

std::int64_t count_members(db::Transaction& tx, std::int64_t group_row, const PageRequest& request) {
  return users::count(tx, request, {std::string(kIsMember), {{"group", group_row}}});
}

std::map<std::int64_t, GroupRef> named(db::Transaction& tx, const std::vector<std::int64_t>& rows) {
  std::map<std::int64_t, GroupRef> out;
  tx.each("select id, uid, name from user_group where id = any(:rows)", {{"rows", rows}},
          [&](const db::Row& row) { out[row.get<std::int64_t>(0)] = {row.get<Uuid>(1), row.get<std::string>(2)}; });
  return out;
}

std::unordered_map<std::int64_t, std::vector<GroupRef>> of_users(db::Transaction& tx,
                                                                 const std::vector<std::int64_t>& rows) {
  std::unordered_map<std::int64_t, std::vector<GroupRef>> out;
  if (rows.empty()) return out;
  tx.each(
      "select m.user_id, g.uid, g.name from group_member m join user_group g on g.id = m.group_id"
      " where m.user_id = any(:rows) order by g.name_key",
      {{"rows", rows}}, [&](const db::Row& row) {
        out[row.get<std::int64_t>(0)].push_back({row.get<Uuid>(1), row.get<std::string>(2)});
      });
  return out;
}

}  // namespace reelvault::auth::groups
