#include "auth/session_repository.hpp"

#include "auth/directory.hpp"
#include "base/hash.hpp"

namespace reelvault::auth::sessions {
std::string new_refresh_token() { return "rvr_" + base64url(random_bytes(32)); }

std::string token_hash(std::string_view token) {
  auto sum = sha256(bytes_of(token));
  return std::string(reinterpret_cast<const char*>(sum.data()), sum.size());
}

std::int64_t insert(db::Transaction& tx, const Uuid& id, std::int64_t user_row, bool cookies, Timestamp at,
                    Timestamp expires_at) {
  return tx.insert(
      "insert into login_session (uid, user_id, cookies, created_at, expires_at)"
      " values (:uid, :user, :cookies, :at, :expires)",
      {{"uid", id}, {"user", user_row}, {"cookies", cookies}, {"at", at}, {"expires", expires_at}});
}

void add_token(db::Transaction& tx, std::int64_t session_row, const std::string& hash, Timestamp at) {
  tx.execute("insert into refresh_token (session_id, token_hash, created_at) values (:session, :hash, :at)",
             {{"session", session_row}, {"hash", db::Blob{hash}}, {"at", at}});
}

std::optional<Found> find(db::Transaction& tx, const std::string& hash) {
  return tx.one(
      "select t.id, s.id, s.uid, u.uid, s.cookies, t.used_at, s.revoked_at, s.expires_at from refresh_token t"
      " join login_session s on s.id = t.session_id join user_account u on u.id = s.user_id"
      " where t.token_hash = :hash",
      {{"hash", db::Blob{hash}}}, [](const db::Row& row) {
        return Found{.token_row = row.get<std::int64_t>(0),
                     .session_row = row.get<std::int64_t>(1),
                     .session = row.get<Uuid>(2),
                     .user = row.get<Uuid>(3),
                     .cookies = row.get<bool>(4),
                     .used = !row.null(5),
                     .revoked = !row.null(6),
                     .expires_at = row.get<Timestamp>(7)};
      });
}

bool use_token(db::Transaction& tx, std::int64_t token_row, Timestamp at) {
  return tx.execute("update refresh_token set used_at = :at where id = :id and used_at is null",
                    {{"at", at}, {"id", token_row}}) == 1;
}

void extend(db::Transaction& tx, std::int64_t session_row, Timestamp expires_at) {
  tx.execute("update login_session set expires_at = :expires where id = :id",
             {{"expires", expires_at}, {"id", session_row}});
}

std::vector<Uuid> revoke(db::Transaction& tx, const Uuid& session, std::string_view why, Timestamp at) {
  auto ended = tx.execute(
      "update login_session set revoked_at = :at, revoked_why = :why"
      " where uid = :uid and revoked_at is null",
      {{"at", at}, {"why", why}, {"uid", session}});
  return ended == 0 ? std::vector<Uuid>() : std::vector<Uuid>{session};
}

std::vector<Uuid> revoke_of_user(db::Transaction& tx, std::int64_t user_row, const std::optional<Uuid>& except,
                                 std::string_view why, Timestamp at) {
  std::vector<Uuid> ended;
  auto open = tx.all("select uid from login_session where user_id = :user and revoked_at is null", {{"user", user_row}},
                     [](const db::Row& row) { return row.get<Uuid>(0); });
  for (const Uuid& session : open) {
    if (session == except) continue;
    for (const Uuid& id : revoke(tx, session, why, at)) ended.push_back(id);
  }
  return ended;
}

std::int64_t prune(db::Transaction& tx, Timestamp at, std::int64_t limit) {
  // Tokens first: a session that lived for a month has thousands, too many to go with it in one transaction.
  db::Parameters parameters{{"at", at}, {"ended", at - kEndedSessionsKept}, {"limit", limit}};
  std::int64_t tokens = tx.execute(
      "delete from refresh_token where id in (select t.id from login_session s join refresh_token t on t.session_id = "
      "s.id"
      " where (s.revoked_at is null and s.expires_at <= :at) or s.revoked_at <= :ended limit :limit)",
      parameters);
  if (tokens == limit) return tokens;
  return tx.execute(
      "delete from login_session where id in (select id from login_session"
      " where (revoked_at is null and expires_at <= :at) or revoked_at <= :ended limit :limit)",
      parameters);
}

}  // namespace reelvault::auth::sessions
