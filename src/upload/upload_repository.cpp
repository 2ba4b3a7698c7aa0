#include "upload/upload_repository.hpp"

namespace reelvault::upload {

namespace {

constexpr std::string_view columns =
    "id, uid, part_base, user_id, username, kind, state, asset_id, asset_uid, related_uid, asset_created, "
    "status_before, parent_uid, blob_id, "
    "store, object_key, multipart, file_name, content_type, size, chunk_size, part_count, checksum, relationship, "
    "language_code, created_at, "
    "touched_at, (select u.uid from user_account u where u.id = user_id)";

Upload read_upload(const db::Row& row) {
  int c = 0;
  Upload upload;
  upload.row = row.get<std::int64_t>(c++);
  upload.id = row.get<Uuid>(c++);
  upload.part_base = row.get<Uuid>(c++);
  upload.user_row = row.get<std::int64_t>(c++);
  upload.username = row.get<std::string>(c++);
  upload.kind = static_cast<UploadKind>(row.get<std::int64_t>(c++));
  upload.state = static_cast<UploadState>(row.get<std::int64_t>(c++));
  upload.asset_row = row.get<std::int64_t>(c++);
  upload.asset_id = row.get<Uuid>(c++);
  upload.related_id = row.get<std::optional<Uuid>>(c++);
  upload.asset_created = row.get<bool>(c++);
  upload.status_before = row.get<std::optional<std::int64_t>>(c++);
  upload.parent_id = row.get<std::optional<Uuid>>(c++);
  upload.blob_row = row.get<std::optional<std::int64_t>>(c++).value_or(0);
  upload.store = row.get<std::string>(c++);
  upload.key = row.get<std::string>(c++);
  upload.multipart = row.get<std::optional<std::string>>(c++);
  upload.file_name = row.get<std::string>(c++);
  upload.content_type = row.get<std::string>(c++);
  upload.size = row.get<std::int64_t>(c++);
  upload.chunk_size = row.get<std::int64_t>(c++);
  upload.part_count = row.get<std::int64_t>(c++);
  upload.checksum = row.get<std::optional<std::string>>(c++);
  upload.relationship = row.get<std::optional<std::string>>(c++);
  upload.language_code = row.get<std::optional<std::string>>(c++);
  upload.created_at = row.get<Timestamp>(c++);
  upload.touched_at = row.get<Timestamp>(c++);
  upload.user_id = row.get<std::optional<Uuid>>(c++).value_or(Uuid{});
  return upload;
}

Part read_part(const db::Row& row) {
  Part part;
  part.number = row.get<std::int64_t>(0);
  part.state = static_cast<PartState>(row.get<std::int64_t>(1));
  part.generation = row.get<std::int64_t>(2);
  part.etag = row.get<std::optional<std::string>>(3);
  if (auto crc = row.get<std::optional<std::int64_t>>(4)) part.crc32 = static_cast<std::uint32_t>(*crc);
  part.boot_id = row.get<std::optional<std::string>>(5);
  return part;
}

constexpr std::string_view part_columns = "number, state, generation, etag, crc32, boot_id";

std::string select_upload(std::string_view where) {
  return fmt::format("select {} from upload where {}", columns, where);
}

}  // namespace

std::optional<Quota> UploadRepository::quota(db::Transaction& tx, std::int64_t bucket_row, bool locked) {
  auto limit = tx.value<std::int64_t>(
      fmt::format("select quota_bytes from bucket where asset_id = :bucket and quota_bytes is not null{}",
                  locked && tx.kind() == db::Kind::postgres ? " for update" : ""),
      {{"bucket", bucket_row}});
  if (!limit) return std::nullopt;
  // One statement, hence one snapshot: an upload that completes meanwhile is seen either as open or as a file.
  auto sums = tx.one(
      "with recursive below (id) as (select cast(:bucket as bigint) union all "
      "select a.id from asset a join below b on a.parent_id = b.id where a.asset_type = 1 and a.deleted_at is null) "
      "select (select coalesce(sum(c.bytes), 0) from folder_counter c join below b on b.id = c.folder_id), "
      "(select coalesce(sum(size), 0) from upload where bucket_id = :bucket and state = 0)",
      {{"bucket", bucket_row}},
      [](const db::Row& row) { return std::pair(row.get<std::int64_t>(0), row.get<std::int64_t>(1)); });
  return Quota{*limit, sums->first, sums->second};
}

std::int64_t UploadRepository::insert(db::Transaction& tx, const Upload& upload) {
  return tx.insert(
      "insert into upload (uid, part_base, user_id, username, kind, state, asset_id, asset_uid, bucket_id, "
      "asset_created, status_before, parent_uid, blob_id, "
      "store, object_key, multipart, file_name, content_type, size, chunk_size, part_count, checksum, relationship, "
      "language_code, created_at, "
      "touched_at) values (:uid, :base, :user, :username, :kind, 0, :asset, :asset_uid, :bucket, :created, :before, "
      ":parent, :blob, :store, :key, :multipart, "
      ":file_name, :content_type, :size, :chunk, :parts, :checksum, :relationship, :language, :at, :at)",
      {{"uid", upload.id},
       {"base", upload.part_base},
       {"user", upload.user_row},
       {"username", upload.username},
       {"kind", upload.kind},
       {"asset", upload.asset_row},
       {"asset_uid", upload.asset_id},
       {"bucket", upload.bucket_row != 0 ? std::optional(upload.bucket_row) : std::nullopt},
       {"created", upload.asset_created},
       {"before", upload.status_before},
       {"parent", upload.parent_id},
       {"blob", upload.blob_row},
       {"store", upload.store},
       {"key", upload.key},
       {"multipart", upload.multipart},
       {"file_name", upload.file_name},
       {"content_type", upload.content_type},
       {"size", upload.size},
       {"chunk", upload.chunk_size},
       {"parts", upload.part_count},
       {"checksum", upload.checksum},
       {"relationship", upload.relationship},
       {"language", upload.language_code},
       {"at", upload.created_at}});
}

std::optional<Upload> UploadRepository::find(db::Transaction& tx, const Uuid& id) {
  static const std::string sql = select_upload("uid = :uid");
  return tx.one(sql, {{"uid", id}}, read_upload);
}

std::optional<Upload> UploadRepository::find_by_part_base(db::Transaction& tx, const Uuid& base) {
  static const std::string sql = select_upload("part_base = :base");
  return tx.one(sql, {{"base", base}}, read_upload);
}

std::optional<Upload> UploadRepository::lock(db::Transaction& tx, std::int64_t row) {
  std::string sql = select_upload("id = :row");
  if (tx.kind() == db::Kind::postgres) sql += " for update";
  return tx.one(sql, {{"row", row}}, read_upload);
}

std::vector<Upload> UploadRepository::open_of_user(db::Transaction& tx, std::int64_t user_row, std::int64_t before_row,
                                                   int limit) {
  static const std::string sql =
      select_upload("user_id = :user and state = 0 and id < :before order by id desc limit :limit");
  return tx.all(sql, {{"user", user_row}, {"before", before_row}, {"limit", limit}}, read_upload);
}

std::int64_t UploadRepository::count_open_of_user(db::Transaction& tx, std::int64_t user_row) {
  return tx.value<std::int64_t>("select count(*) from upload where user_id = :user and state = 0", {{"user", user_row}})
      .value_or(0);
}

std::optional<Upload> UploadRepository::open_of_asset(db::Transaction& tx, std::int64_t asset_row) {
  static const std::string sql = select_upload("asset_id = :asset and state = 0 order by id desc limit 1");
  return tx.one(sql, {{"asset", asset_row}}, read_upload);
}

std::vector<Upload> UploadRepository::idle(db::Transaction& tx, Timestamp before, int limit) {
  static const std::string sql = select_upload("state = 0 and touched_at < :before order by touched_at limit :limit");
  return tx.all(sql, {{"before", before}, {"limit", limit}}, read_upload);
}

std::vector<Upload> UploadRepository::ended_with_multipart(db::Transaction& tx, std::int64_t after_row, int limit) {
  static const std::string sql =
      select_upload("state >= 2 and multipart is not null and id > :after order by id limit :limit");
  return tx.all(sql, {{"after", after_row}, {"limit", limit}}, read_upload);
}

void UploadRepository::forget_multipart(db::Transaction& tx, std::int64_t row) {
  tx.execute("update upload set multipart = null where id = :row and state >= 2", {{"row", row}});
}

void UploadRepository::touch(db::Transaction& tx, std::int64_t row) {
  tx.execute("update upload set touched_at = :at where id = :row", {{"at", now()}, {"row", row}});
}

bool UploadRepository::end(db::Transaction& tx, std::int64_t row, UploadState state,
                           const std::optional<Uuid>& related_id) {
  return tx.execute(
             "update upload set state = :state, ended_at = :at, related_uid = :related where id = :row and state = 0",
             {{"state", state}, {"at", now()}, {"related", related_id}, {"row", row}}) == 1;
}

std::int64_t UploadRepository::forget_ended(db::Transaction& tx, Timestamp before, int limit) {
  return tx.execute(
      "delete from upload where id in (select id from upload where state <> 0 and ended_at < :before order by ended_at "
      "limit :limit)",
      {{"before", before}, {"limit", limit}});
}

std::vector<Part> UploadRepository::parts(db::Transaction& tx, std::int64_t upload_row) {
  static const std::string sql =
      fmt::format("select {} from upload_part where upload_id = :upload order by number", part_columns);
  return tx.all(sql, {{"upload", upload_row}}, read_part);
}

std::optional<Part> UploadRepository::part(db::Transaction& tx, std::int64_t upload_row, std::int64_t number) {
  static const std::string sql =
      fmt::format("select {} from upload_part where upload_id = :upload and number = :number", part_columns);
  return tx.one(sql, {{"upload", upload_row}, {"number", number}}, read_part);
}

bool UploadRepository::hold_open(db::Transaction& tx, std::int64_t row) {
  std::string sql = "select 1 from upload where id = :row and state = 0";
  if (tx.kind() == db::Kind::postgres) sql += " for share";
  return tx.value<int>(sql, {{"row", row}}).has_value();
}

std::optional<std::int64_t> UploadRepository::begin_part(db::Transaction& tx, std::int64_t upload_row,
                                                         std::int64_t number) {
  if (!hold_open(tx, upload_row)) return std::nullopt;
  tx.execute("insert into upload_part (upload_id, number, state) values (:upload, :number, 0) on conflict do nothing",
             {{"upload", upload_row}, {"number", number}});
  std::int64_t changed = tx.execute(
      "update upload_part set state = 1, generation = generation + 1, etag = null, crc32 = null where upload_id = "
      ":upload and number = :number and "
      "state <> 3",
      {{"upload", upload_row}, {"number", number}});
  if (changed == 0) return std::nullopt;
  return tx.value<std::int64_t>("select generation from upload_part where upload_id = :upload and number = :number",
                                {{"upload", upload_row}, {"number", number}});
}

bool UploadRepository::receive_part(db::Transaction& tx, std::int64_t upload_row, const Part& part) {
  if (!hold_open(tx, upload_row)) return false;
  tx.execute(
      "insert into upload_part (upload_id, number, state, generation) values (:upload, :number, 0, :generation) on "
      "conflict do nothing",
      {{"upload", upload_row}, {"number", part.number}, {"generation", part.generation}});
  std::optional<std::int64_t> crc;
  if (part.crc32) crc = *part.crc32;
  return tx.execute(
             "update upload_part set state = 2, etag = :etag, crc32 = :crc, boot_id = :boot, received_at = :at where "
             "upload_id = :upload and "
             "number = :number and generation = :generation and state <> 3",
             {{"etag", part.etag},
              {"crc", crc},
              {"boot", part.boot_id},
              {"at", now()},
              {"upload", upload_row},
              {"number", part.number},
              {"generation", part.generation}}) == 1;
}

bool UploadRepository::confirm_part(db::Transaction& tx, std::int64_t upload_row, std::int64_t number,
                                    std::string_view etag) {
  return tx.execute(
             "update upload_part set state = 3 where upload_id = :upload and number = :number and state in (2, 3) and "
             "etag = :etag",
             {{"upload", upload_row}, {"number", number}, {"etag", etag}}) == 1;
}

UploadRepository::Confirmed UploadRepository::confirmed(db::Transaction& tx, const Upload& upload) {
  auto found =
      tx.one("select count(*), coalesce(max(number), 0) from upload_part where upload_id = :upload and state = 3",
             {{"upload", upload.row}},
             [](const db::Row& row) { return std::pair(row.get<std::int64_t>(0), row.get<std::int64_t>(1)); });
  auto [count, highest] = found.value_or(std::pair<std::int64_t, std::int64_t>{0, 0});
  // All are as long as one another but the last.
  const std::int64_t short_by = highest == upload.part_count ? upload.part_count * upload.chunk_size - upload.size : 0;
  return {count, count * upload.chunk_size - short_by};
}

void UploadRepository::reset_part(db::Transaction& tx, std::int64_t upload_row, std::int64_t number) {
  tx.execute(
      "update upload_part set state = 0, etag = null, crc32 = null, generation = generation + 1 where upload_id = "
      ":upload and number = :number",
      {{"upload", upload_row}, {"number", number}});
}

void UploadRepository::remove_parts(db::Transaction& tx, std::int64_t upload_row) {
  tx.execute("delete from upload_part where upload_id = :upload", {{"upload", upload_row}});
}

}  // namespace reelvault::upload
