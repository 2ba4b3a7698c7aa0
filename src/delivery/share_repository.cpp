#include "delivery/share_repository.hpp"

namespace reelvault::delivery {
namespace {

namespace json = boost::json;

constexpr std::string_view kSelect =
    "select s.id, s.uid, s.token_hash, s.asset_id, a.uid, s.created_by, u.username, s.created_at, s.expires_at, "
    "s.password_hash, s.allow_download, s.allow_annotations, s.message, s.recipients, s.revoked_at, s.opens, "
    "s.last_opened_at from share s join asset a on a.id = s.asset_id left join user_account u on u.uid = s.created_by ";

Share read_share(const db::Row& row) {
  Share share;
  share.row = row.get<std::int64_t>(0);
  share.id = row.get<Uuid>(1);
  share.token_hash = row.get<db::Blob>(2).bytes;
  share.asset_row = row.get<std::int64_t>(3);
  share.asset_id = row.get<Uuid>(4);
  share.created_by = row.get<Uuid>(5);
  share.creator = row.get<std::optional<std::string>>(6);
  share.created_at = row.get<Timestamp>(7);
  share.expires_at = row.get<std::optional<Timestamp>>(8);
  share.password_hash = row.get<std::optional<std::string>>(9);
  share.allow_download = row.get<bool>(10);
  share.allow_annotations = row.get<bool>(11);
  share.message = row.get<std::optional<std::string>>(12);
  for (const json::value& each : json::parse(row.get<std::string>(13)).as_array())
    share.recipients.emplace_back(each.as_string());
  share.revoked_at = row.get<std::optional<Timestamp>>(14);
  share.opens = row.get<std::int64_t>(15);
  share.last_opened_at = row.get<std::optional<Timestamp>>(16);
  return share;
}

}  // namespace

void ShareRepository::insert(db::Transaction& tx, const Share& share) {
  json::array recipients;
  for (const std::string& each : share.recipients) recipients.emplace_back(each);
  tx.insert(
      "insert into share (uid, token_hash, asset_id, created_by, created_at, expires_at, password_hash, "
      "allow_download, allow_annotations, message, recipients) values (:uid, :token, :asset, :by, :at, :expires, "
      ":password, :download, :annotations, :message, :recipients)",
      {{"uid", share.id},
       {"token", db::Blob{share.token_hash}},
       {"asset", share.asset_row},
       {"by", share.created_by},
       {"at", share.created_at},
       {"expires", share.expires_at},
       {"password", share.password_hash},
       {"download", share.allow_download},
       {"annotations", share.allow_annotations},
       {"message", share.message},
       {"recipients", json::serialize(recipients)}});
}

std::optional<Share> ShareRepository::find(db::Transaction& tx, const Uuid& id) {
  static const std::string sql = std::string(kSelect) + "where s.uid = :uid";
  return tx.one(sql, {{"uid", id}}, read_share);
}

std::optional<Share> ShareRepository::by_token(db::Transaction& tx, std::string_view token_hash) {
  static const std::string sql = std::string(kSelect) + "where s.token_hash = :token";
  return tx.one(sql, {{"token", db::Blob{std::string(token_hash)}}}, read_share);
}

std::vector<Share> ShareRepository::of_asset(db::Transaction& tx, std::int64_t asset_row, std::int64_t limit) {
  static const std::string sql =
      std::string(kSelect) + "where s.asset_id = :asset order by s.asset_id, s.id desc limit :limit";
  return tx.all(sql, {{"asset", asset_row}, {"limit", limit}}, read_share);
}

std::int64_t ShareRepository::count_open(db::Transaction& tx, std::int64_t asset_row, Timestamp at) {
  return tx
      .value<std::int64_t>(
          "select count(*) from share where asset_id = :asset and revoked_at is null and (expires_at is null or "
          "expires_at > :at)",
          {{"asset", asset_row}, {"at", at}})
      .value_or(0);
}

bool ShareRepository::revoke(db::Transaction& tx, std::int64_t row, Timestamp at) {
  return tx.execute("update share set revoked_at = :at, mail_link = null where id = :row and revoked_at is null",
                    {{"row", row}, {"at", at}}) > 0;
}

void ShareRepository::set_mails(db::Transaction& tx, const Uuid& share, std::int64_t count, const std::string& link) {
  tx.execute("update share set mails_left = :count, mail_link = :link where uid = :uid",
             {{"uid", share}, {"count", count}, {"link", link}});
}

std::optional<ShareRepository::Mail> ShareRepository::mail(db::Transaction& tx, const Uuid& id) {
  auto share = find(tx, id);
  if (!share) return std::nullopt;
  return tx.one(
      "select s.mail_link, a.name from share s join asset a on a.id = s.asset_id where s.id = :row and s.mail_link is "
      "not null and a.deleted_at is null",
      {{"row", share->row}},
      [&](const db::Row& row) { return Mail{std::move(*share), row.get<std::string>(0), row.get<std::string>(1)}; });
}

void ShareRepository::mailed(db::Transaction& tx, const Uuid& share) {
  tx.execute(
      "update share set mails_left = mails_left - 1, mail_link = case when mails_left > 1 then mail_link end where uid "
      "= :uid and mails_left > 0",
      {{"uid", share}});
}

void ShareRepository::opened(db::Transaction& tx, std::int64_t row, Timestamp at) {
  tx.execute("update share set opens = opens + 1, last_opened_at = :at where id = :row", {{"row", row}, {"at", at}});
}

}  // namespace reelvault::delivery
