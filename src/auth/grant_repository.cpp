#include "auth/grant_repository.hpp"

namespace reelvault::auth::grants {
namespace {

constexpr std::string_view kColumns =
    "id, uid, user_id, group_id, asset_row, asset_uid, permission, created_at, created_by,"
    " (select uid from user_account where id = access_grant.user_id),"
    " (select uid from user_group where id = access_grant.group_id)";

Grant read_grant(const db::Row& row) {
  Grant grant;
  grant.known.row = row.get<std::int64_t>(0);
  grant.known.id = row.get<Uuid>(1);
  grant.known.user_row = row.get<std::optional<std::int64_t>>(2).value_or(0);
  grant.known.group_row = row.get<std::optional<std::int64_t>>(3).value_or(0);
  grant.known.asset_row = row.get<std::int64_t>(4);
  grant.asset = row.get<Uuid>(5);
  grant.known.permission = static_cast<Permission>(row.get<int>(6));
  grant.created_at = row.get<Timestamp>(7);
  grant.created_by = row.get<std::optional<Uuid>>(8);
  grant.user = row.get<std::optional<Uuid>>(9);
  grant.group = row.get<std::optional<Uuid>>(10);
  return grant;
}

Further further(const GrantFilter& filter) {
  Further out;
  if (filter.user) {
    out.condition += " and user_id = (select id from user_account where uid = :user)";
    out.parameters.push_back({"user", *filter.user});
  }
  if (filter.group) {
    out.condition += " and group_id = (select id from user_group where uid = :group)";
    out.parameters.push_back({"group", *filter.group});
  }
  if (filter.asset) {
    out.condition += " and asset_uid = :asset";
    out.parameters.push_back({"asset", *filter.asset});
  }
  return out;
}

std::optional<std::int64_t> row_or_null(std::int64_t row) { return row == 0 ? std::nullopt : std::optional(row); }

}  // namespace

std::optional<Grant> find(db::Transaction& tx, const Uuid& id) {
  return tx.one(fmt::format("select {} from access_grant where uid = :uid", kColumns), {{"uid", id}}, read_grant);
}

Result<std::int64_t> insert(db::Transaction& tx, const Grant& grant) {
  auto row = tx.try_insert(
      "insert into access_grant (uid, user_id, group_id, asset_row, asset_uid, permission, created_at, created_by)"
      " values (:uid, :user, :group, :row, :asset, :permission, :at, :by)",
      {{"uid", grant.known.id},
       {"user", row_or_null(grant.known.user_row)},
       {"group", row_or_null(grant.known.group_row)},
       {"row", grant.known.asset_row},
       {"asset", grant.asset},
       {"permission", grant.known.permission},
       {"at", grant.created_at},
       {"by", grant.created_by}});
  if (!row) return fail(Code::conflict, "grant-exists", "There is a grant for them on this asset; change that one.");
  return *row;
}

void set_permission(db::Transaction& tx, std::int64_t row, Permission permission) {
  tx.execute("update access_grant set permission = :permission where id = :id",
             {{"permission", permission}, {"id", row}});
}

void remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from access_grant where id = :id", {{"id", row}});
}

std::vector<std::int64_t> on_assets(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows) {
  if (asset_rows.empty()) return {};
  return tx.all("select id from access_grant where asset_row = any(:rows)", {{"rows", asset_rows}},
                [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

std::vector<Grant> page(db::Transaction& tx, const PageRequest& request, const GrantFilter& filter) {
  PageSql sql = page_sql(request, "id", further(filter));
  return tx.all(fmt::format("select {} from access_grant{}{}", kColumns, sql.where, sql.order), sql.parameters,
                read_grant);
}

std::int64_t count(db::Transaction& tx, const PageRequest& request, const GrantFilter& filter) {
  return count_rows(tx, "access_grant", request, "id", further(filter));
}

std::optional<std::int64_t> group_row(db::Transaction& tx, const Uuid& group) {
  return tx.value<std::int64_t>("select id from user_group where uid = :uid", {{"uid", group}});
}

}  // namespace reelvault::auth::grants
