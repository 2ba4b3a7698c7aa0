#include "auth/identity_repository.hpp"

#include "base/text.hpp"

namespace reelvault::auth::identities {

std::optional<Identified> find(db::Transaction& tx, std::string_view issuer, std::string_view subject) {
  struct Row {
    Uuid user;
    std::optional<Timestamp> claims_at;
  };
  auto row = tx.one(
      "select u.uid, i.claims_at from user_identity i join user_account u on u.id = i.user_id"
      " where i.issuer = :issuer and i.subject = :subject",
      {{"issuer", issuer}, {"subject", subject}},
      [](const db::Row& found) { return Row{found.get<Uuid>(0), found.get<std::optional<Timestamp>>(1)}; });
  auto user = row ? users::find(tx, row->user) : std::nullopt;
  if (!user) return std::nullopt;
  return Identified{std::move(*user), row->claims_at};
}

void set_claims_at(db::Transaction& tx, std::string_view issuer, std::string_view subject, Timestamp at) {
  tx.execute("update user_identity set claims_at = :at where issuer = :issuer and subject = :subject",
             {{"at", at}, {"issuer", issuer}, {"subject", subject}});
}

bool link(db::Transaction& tx, std::string_view issuer, std::string_view subject, std::int64_t user_row, Timestamp at) {
  return tx.try_execute(
      "insert into user_identity (user_id, issuer, subject, created_at) values (:user, :issuer, :subject, :at)",
      {{"user", user_row}, {"issuer", issuer}, {"subject", subject}, {"at", at}});
}

std::optional<User> unlinked_by_email(db::Transaction& tx, std::string_view issuer, std::string_view email) {
  std::string lower = lower_ascii(email);
  auto found = tx.all("select uid from user_account where lower(email) = :email and email is not null limit 2",
                      {{"email", lower}}, [](const db::Row& row) { return row.get<Uuid>(0); });
  if (found.size() != 1) return std::nullopt;
  auto user = users::find(tx, found.front());
  bool linked =
      user && tx.value<std::int64_t>("select id from user_identity where user_id = :user and issuer = :issuer limit 1",
                                     {{"user", user->row}, {"issuer", issuer}});
  return linked ? std::nullopt : user;
}

std::vector<Membership> memberships(db::Transaction& tx, std::int64_t user_row) {
  return tx.all("select group_id, from_issuer from group_member where user_id = :user", {{"user", user_row}},
                [](const db::Row& row) { return Membership{row.get<std::int64_t>(0), row.get<bool>(1)}; });
}

std::vector<std::int64_t> groups_named(db::Transaction& tx, const std::vector<std::string>& names) {
  std::vector<std::int64_t> out;
  for (const std::string& name : names) {
    std::string key = username_key(name);
    if (auto row = tx.value<std::int64_t>("select id from user_group where name_key = :key", {{"key", key}}))
      out.push_back(*row);
  }
  std::ranges::sort(out);
  auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  return out;
}

void add_membership(db::Transaction& tx, std::int64_t group_row, std::int64_t user_row, Timestamp at) {
  tx.execute("insert into group_member (group_id, user_id, added_at, from_issuer) values (:group, :user, :at, :issuer)",
             {{"group", group_row}, {"user", user_row}, {"at", at}, {"issuer", true}});
}

}  // namespace reelvault::auth::identities
