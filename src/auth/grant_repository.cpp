#include "auth/grant_repository.hpp"

#include "base/text.hpp"

namespace reelvault::auth::grants {
namespace {

constexpr std::string_view kColumns =
    "id, uid, user_id, group_id, asset_row, asset_uid, permission, created_at, created_by,"
    " (select uid from user_account where id = access_grant.user_id),"
    " (select uid from user_group where id = access_grant.group_id),"
    " (select coalesce(nullif(display_name, ''), username) from user_account where id = access_grant.user_id),"
    " (select name from user_group where id = access_grant.group_id)";
constexpr std::size_t kLeastBeginning = 3;  // characters: fewer would list everybody, letter by letter

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
  auto user_name = row.get<std::optional<std::string>>(11), group_name = row.get<std::optional<std::string>>(12);
  grant.display_name = user_name ? *user_name : group_name.value_or("");
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
  if (filter.asset_rows) {
    out.condition += " and asset_row = any(:asset_rows)";
    out.parameters.push_back({"asset_rows", *filter.asset_rows});
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
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

std::vector<GranteeJson> grantees(db::Transaction& tx, std::string_view search, std::int64_t limit) {
  const std::string typed = nfc(trim(search));
  const std::string folded = fold_case(typed);
  if (folded.empty()) return {};
  const std::string any_end = characters(folded) >= kLeastBeginning ? "%" : "";
  const std::string key = escaped(folded) + any_end, later_word = "% " + key, as_typed = escaped(typed) + any_end;
  const std::string later_as_typed = "% " + as_typed;
  // A word within a name is found by its beginning alone, as a name is.
  auto matches = [&](std::string_view column, std::string_view pattern, std::string_view later) {
    std::string out = fmt::format("{} like :{} escape '\\'", column, pattern);
    if (!any_end.empty()) out += fmt::format(" or {} like :{} escape '\\'", column, later);
    return out;
  };
  auto read = [](std::string_view kind) {
    return [kind](const db::Row& row) {
      return GranteeJson{.kind = std::string(kind), .id = row.get<Uuid>(0), .displayName = row.get<std::string>(1)};
    };
  };
  db::Parameters parameters{{"key", key}, {"limit", limit}};
  if (!any_end.empty()) parameters.push_back({"later", later_word});
  auto out = tx.all(fmt::format("select uid, name from user_group where {} order by name_key limit :limit",
                                matches("name_key", "key", "later")),
                    parameters, read("group"));
  parameters.insert(parameters.end(), {{"typed", as_typed}, {"email", std::string_view(folded)}});
  if (!any_end.empty()) parameters.push_back({"later_typed", later_as_typed});
  // The databases fold ASCII alone: of other letters in a display name the case must be right.
  auto users = tx.all(
      fmt::format("select uid, coalesce(nullif(display_name, ''), username) from user_account where not disabled and"
                  " ({} or {} or {} or lower(email) = :email) order by username_key limit :limit",
                  matches("username_key", "key", "later"), matches("lower(display_name)", "key", "later"),
                  matches("display_name", "typed", "later_typed")),
      parameters, read("user"));
  out.insert(out.end(), std::move_iterator(users.begin()), std::move_iterator(users.end()));
  return out;
}

std::optional<std::int64_t> group_row(db::Transaction& tx, const Uuid& group) {
  return tx.value<std::int64_t>("select id from user_group where uid = :uid", {{"uid", group}});
}

}  // namespace reelvault::auth::grants
