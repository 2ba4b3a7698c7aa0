#include "catalog/asset_repository.hpp"

#include "audit/audit_repository.hpp"
#include "base/text.hpp"
#include "catalog/tag_repository.hpp"

namespace reelvault::catalog {

namespace {

constexpr std::string_view columns =
    "a.id, a.uid, a.parent_id, a.asset_type, a.status, a.name, a.description, a.file_name, a.source_key, "
    "a.content_type, a.media_type, a.size, a.language_code, a.duration_ms, a.frame_rate, a.width, a.height, "
    "a.has_audio, "
    "a.start_timecode, a.thumbnail_path, a.preview_path, a.stream_path, a.tags, a.custom_fields, a.version, a.error, "
    "a.available_from, a.available_until, a.created_at, a.created_by, a.modified_at, a.modified_by, a.deleted_at, "
    "a.revision, a.collections, "
    "(select b.sha256 from asset_version v join blob b on b.id = v.blob_id where v.asset_id = a.id and v.number = "
    "a.version), a.storage_class";

Asset read_asset(const db::Row& row) {
  int c = 0;
  Asset asset;
  asset.row = row.get<std::int64_t>(c++);
  asset.id = row.get<Uuid>(c++);
  asset.parent_row = row.get<std::optional<std::int64_t>>(c++).value_or(0);
  asset.type = static_cast<AssetType>(row.get<std::int64_t>(c++));
  asset.status = static_cast<AssetStatus>(row.get<std::int64_t>(c++));
  asset.name = row.get<std::string>(c++);
  asset.description = row.get<std::optional<std::string>>(c++);
  asset.file_name = row.get<std::optional<std::string>>(c++);
  asset.source_key = row.get<std::optional<std::string>>(c++);
  asset.content_type = row.get<std::optional<std::string>>(c++);
  asset.media_type = row.get<std::optional<std::string>>(c++);
  asset.size = row.get<std::int64_t>(c++);
  asset.language_code = row.get<std::optional<std::string>>(c++);
  asset.duration_ms = row.get<std::optional<std::int64_t>>(c++);
  asset.frame_rate = row.get<std::optional<std::string>>(c++);
  asset.width = row.get<std::optional<std::int64_t>>(c++);
  asset.height = row.get<std::optional<std::int64_t>>(c++);
  asset.has_audio = row.get<std::optional<bool>>(c++);
  asset.start_timecode = row.get<std::optional<std::string>>(c++);
  asset.thumbnail_path = row.get<std::optional<std::string>>(c++);
  asset.preview_path = row.get<std::optional<std::string>>(c++);
  asset.stream_path = row.get<std::optional<std::string>>(c++);
  asset.tags_json = row.get<std::string>(c++);
  asset.custom_fields_json = row.get<std::string>(c++);
  asset.version = row.get<std::int64_t>(c++);
  asset.error = row.get<std::optional<std::string>>(c++);
  asset.available_from = row.get<std::optional<Timestamp>>(c++);
  asset.available_until = row.get<std::optional<Timestamp>>(c++);
  asset.created_at = row.get<Timestamp>(c++);
  asset.created_by = row.get<std::optional<Uuid>>(c++);
  asset.modified_at = row.get<Timestamp>(c++);
  asset.modified_by = row.get<std::optional<Uuid>>(c++);
  asset.deleted_at = row.get<std::optional<Timestamp>>(c++);
  asset.revision = row.get<std::int64_t>(c++);
  asset.collections_json = row.get<std::string>(c++);
  if (auto sha = row.get<std::optional<db::Blob>>(c++)) asset.sha256 = std::move(sha->bytes);
  asset.storage_class = row.get<std::optional<std::string>>(c++);
  return asset;
}

std::string select_asset(std::string_view where) {
  return fmt::format("select {} from asset a where {}", columns, where);
}

// The same, held against other writers; it is asked for with every change.
class SelectLocked {
 public:
  explicit SelectLocked(std::string_view where)
      : sqlite_(select_asset(where)), postgres_(sqlite_ + " for update of a") {}
  const std::string& operator()(db::Transaction& tx) const {
    return tx.kind() == db::Kind::postgres ? postgres_ : sqlite_;
  }

 private:
  std::string sqlite_, postgres_;
};

std::optional<Asset> one(db::Transaction& tx, std::string_view sql, const db::Parameters& parameters) {
  return tx.one(sql, parameters, read_asset);
}

constexpr std::string_view counter_columns = "folders, files, bytes, duration_ms, videos, audios, images, documents";
Counter read_counter(const db::Row& row) {
  return {row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2), row.get<std::int64_t>(3),
          row.get<std::int64_t>(4), row.get<std::int64_t>(5), row.get<std::int64_t>(6), row.get<std::int64_t>(7)};
}

// What the row as it stands adds to its folder, and what lists go by.
struct Listed {
  Counter counter;
  std::string tags, sort_name;
};
std::optional<Listed> listed(db::Transaction& tx, std::int64_t row) {
  static constexpr std::string_view sql =
      "select asset_type, size, duration_ms, media_type, deleted_at, tags, sort_name from asset where id = :row";
  return tx.one(sql, {{"row", row}}, [](const db::Row& r) {
    Asset asset;
    asset.type = static_cast<AssetType>(r.get<std::int64_t>(0));
    asset.size = r.get<std::int64_t>(1);
    asset.duration_ms = r.get<std::optional<std::int64_t>>(2);
    asset.media_type = r.get<std::optional<std::string>>(3);
    asset.deleted_at = r.get<std::optional<Timestamp>>(4);
    return Listed{Counter::of(asset), r.get<std::string>(5), r.get<std::string>(6)};
  });
}

// What an asset is made with and what changes write again. Views of both arguments.
db::Parameters own_columns(const Asset& asset, const std::string& sort_name) {
  return {{"status", asset.status},
          {"name", asset.name},
          {"sort", sort_name},
          {"description", asset.description},
          {"file_name", asset.file_name},
          {"content_type", asset.content_type},
          {"media_type", asset.media_type},
          {"size", asset.size},
          {"language", asset.language_code},
          {"duration", asset.duration_ms},
          {"rate", asset.frame_rate},
          {"width", asset.width},
          {"height", asset.height},
          {"audio", asset.has_audio},
          {"timecode", asset.start_timecode},
          {"thumbnail", asset.thumbnail_path},
          {"preview", asset.preview_path},
          {"stream", asset.stream_path},
          {"tags", asset.tags_json},
          {"fields", asset.custom_fields_json},
          {"version", asset.version},
          {"error", asset.error},
          {"from", asset.available_from},
          {"until", asset.available_until}};
}

db::Parameters with(db::Parameters parameters, db::Parameters more) {
  std::ranges::move(more, std::back_inserter(parameters));
  return parameters;
}

std::optional<std::int64_t> nullable(std::int64_t row) { return row == 0 ? std::nullopt : std::optional(row); }

}  // namespace

Counter Counter::of(const Asset& asset) {
  if (asset.deleted_at) return {};
  if (asset.folder_like()) return {.folders = 1};
  Counter one{.files = 1, .bytes = asset.size, .duration_ms = asset.duration_ms.value_or(0)};
  if (asset.media_type == "video") one.videos = 1;
  if (asset.media_type == "audio") one.audios = 1;
  if (asset.media_type == "image") one.images = 1;
  if (asset.media_type == "document") one.documents = 1;
  return one;
}

Counter Counter::operator-() const {
  return {-folders, -files, -bytes, -duration_ms, -videos, -audios, -images, -documents};
}

Counter& Counter::operator+=(const Counter& other) {
  folders += other.folders;
  files += other.files;
  bytes += other.bytes;
  duration_ms += other.duration_ms;
  videos += other.videos;
  audios += other.audios;
  images += other.images;
  documents += other.documents;
  return *this;
}

std::optional<Asset> AssetRepository::find(db::Transaction& tx, const Uuid& id) {
  static const std::string sql = select_asset("a.uid = :id");
  return one(tx, sql, {{"id", id}});
}

std::optional<Asset> AssetRepository::find_row(db::Transaction& tx, std::int64_t row) {
  static const std::string sql = select_asset("a.id = :row");
  return one(tx, sql, {{"row", row}});
}

std::optional<Asset> AssetRepository::lock(db::Transaction& tx, const Uuid& id) {
  static const SelectLocked sql("a.uid = :id");
  return one(tx, sql(tx), {{"id", id}});
}

std::optional<Asset> AssetRepository::lock_row(db::Transaction& tx, std::int64_t row) {
  static const SelectLocked sql("a.id = :row");
  return one(tx, sql(tx), {{"row", row}});
}

std::unordered_map<std::int64_t, Asset> AssetRepository::lock_rows(db::Transaction& tx,
                                                                   const std::vector<std::int64_t>& rows) {
  static const SelectLocked sql("a.id = any(:rows) order by a.id");
  std::unordered_map<std::int64_t, Asset> out;
  tx.each(sql(tx), {{"rows", rows}}, [&](const db::Row& row) {
    Asset asset = read_asset(row);
    out.emplace(asset.row, std::move(asset));
  });
  return out;
}

void AssetRepository::claim(db::Transaction& tx, std::vector<std::int64_t> rows) {
  if (tx.kind() != db::Kind::postgres || rows.size() < 2) return;
  tx.each("select id from asset where id = any(:rows) order by id for update", {{"rows", std::move(rows)}},
          [](const db::Row&) {});
}

std::optional<Asset> AssetRepository::child(db::Transaction& tx, std::int64_t parent_row, std::string_view name) {
  static const std::string sql = select_asset("a.parent_id = :parent and a.name = :name and a.deleted_at is null");
  return one(tx, sql, {{"parent", parent_row}, {"name", name}});
}

std::optional<Asset> AssetRepository::bucket(db::Transaction& tx, std::string_view name) {
  static const std::string sql = select_asset("a.parent_id is null and a.name = :name and a.deleted_at is null");
  return one(tx, sql, {{"name", name}});
}

std::optional<Asset> AssetRepository::registered(db::Transaction& tx, std::string_view store,
                                                 std::string_view object_key) {
  // Copies share the blob but were not registered: they have no source_key.
  static const std::string sql = select_asset(
      "a.source_key is not null and a.id in (select v.asset_id from blob b join asset_version v on v.blob_id = b.id "
      "where b.store = :store and b.object_key = :key union all select k.asset_id from blob b join archive_blob k on "
      "k.blob_id = b.id "
      "where b.store = :store and b.object_key = :key and k.state = 2) order by a.deleted_at is not null, a.id limit "
      "1");
  return one(tx, sql, {{"store", store}, {"key", object_key}});
}

std::vector<Asset> AssetRepository::buckets(db::Transaction& tx) {
  static const std::string sql =
      select_asset("a.parent_id is null and a.asset_type = 5 and a.deleted_at is null order by a.sort_name, a.id");
  return tx.all(sql, {}, read_asset);
}

std::vector<Asset> AssetRepository::rows(db::Transaction& tx, const std::vector<std::int64_t>& rows) {
  static const std::string sql = select_asset("a.id = any(:rows)");
  return tx.all(sql, {{"rows", rows}}, read_asset);
}

std::vector<Asset> AssetRepository::find_all(db::Transaction& tx, const std::vector<Uuid>& ids) {
  static const std::string sql = select_asset("a.uid = any(:ids)");
  return tx.all(sql, {{"ids", ids}}, read_asset);
}

std::vector<Asset> AssetRepository::bin(db::Transaction& tx, std::int64_t before_at, std::int64_t before_row,
                                        int limit) {
  static const std::string sql = select_asset(
      "a.deleted_at is not null and (a.deleted_at, a.id) < (:at, :row) order by a.deleted_at desc, a.id desc limit "
      ":limit");
  return tx.all(sql, {{"at", before_at}, {"row", before_row}, {"limit", limit}}, read_asset);
}

std::int64_t AssetRepository::count_bin(db::Transaction& tx, std::int64_t at_most) {
  return tx
      .value<std::int64_t>(
          "select count(*) from (select 1 from asset where deleted_at is not null limit :most) counted",
          {{"most", at_most}})
      .value_or(0);
}

std::vector<Uuid> AssetRepository::bin_before(db::Transaction& tx, Timestamp when, int limit) {
  return tx.all(
      "select uid from asset where deleted_at is not null and deleted_at < :when order by deleted_at, id limit :limit",
      {{"when", when}, {"limit", limit}}, [](const db::Row& row) { return row.get<Uuid>(0); });
}

Counter AssetRepository::counter(db::Transaction& tx, std::int64_t folder_row) {
  static const std::string sql = fmt::format("select {} from folder_counter where folder_id = :row", counter_columns);
  return tx.one(sql, {{"row", folder_row}}, read_counter).value_or(Counter{});
}

Counter AssetRepository::counters(db::Transaction& tx, const std::vector<std::int64_t>& folder_rows) {
  // Summed where they lie. SQLite would first sort the list of `any` into a table of its own.
  auto sum_from = [](std::string_view from) {
    return fmt::format(
        "select {0}(folders){1}, {0}(files){1}, {0}(bytes){1}, {0}(duration_ms){1}, {0}(videos){1}, {0}(audios){1}, "
        "{0}(images){1}, "
        "{0}(documents){1} from {2}",
        "cast(coalesce(sum", ", 0) as bigint)", from);
  };
  static const std::string sqlite =
      sum_from("reelvault_list(:rows) l cross join folder_counter c on c.folder_id = l.value");
  static const std::string postgres = sum_from("folder_counter where folder_id = any(:rows)");
  return tx.one(tx.kind() == db::Kind::sqlite ? sqlite : postgres, {{"rows", folder_rows}}, read_counter)
      .value_or(Counter{});
}

std::unordered_map<std::int64_t, std::int64_t> AssetRepository::child_counts(
    db::Transaction& tx, const std::vector<std::int64_t>& folder_rows) {
  std::unordered_map<std::int64_t, std::int64_t> out;
  if (folder_rows.empty()) return out;
  tx.each("select folder_id, folders + files from folder_counter where folder_id = any(:rows)", {{"rows", folder_rows}},
          [&](const db::Row& row) { out[row.get<std::int64_t>(0)] = row.get<std::int64_t>(1); });
  return out;
}

std::vector<std::int64_t> AssetRepository::ancestors(db::Transaction& tx, std::int64_t row) {
  return tx.all(
      "with recursive up (id, parent_id, depth) as (select id, parent_id, 0 from asset where id = :row "
      "union all select p.id, p.parent_id, up.depth + 1 from asset p join up on p.id = up.parent_id where up.depth < "
      "1000) "
      "select id from up order by depth",
      {{"row", row}}, [](const db::Row& r) { return r.get<std::int64_t>(0); });
}

std::int64_t AssetRepository::insert(db::Transaction& tx, const Asset& asset) {
  std::string sort_name = name_sort_key(asset.name);
  std::int64_t row = tx.insert(
      "insert into asset (uid, parent_id, asset_type, status, name, sort_name, description, file_name, source_key, "
      "content_type, "
      "media_type, size, language_code, duration_ms, frame_rate, width, height, has_audio, start_timecode, "
      "thumbnail_path, preview_path, "
      "stream_path, tags, custom_fields, version, error, available_from, available_until, created_at, created_by, "
      "modified_at, modified_by, storage_class) "
      "values (:uid, :parent, :type, :status, :name, :sort, :description, :file_name, :source_key, :content_type, "
      ":media_type, :size, "
      ":language, :duration, :rate, :width, :height, :audio, :timecode, :thumbnail, :preview, :stream, :tags, :fields, "
      ":version, :error, "
      ":from, :until, :created, :created_by, :modified, :modified_by, :class)",
      with(own_columns(asset, sort_name), {{"uid", asset.id},
                                           {"parent", nullable(asset.parent_row)},
                                           {"type", asset.type},
                                           {"source_key", asset.source_key},
                                           {"created", asset.created_at},
                                           {"created_by", asset.created_by},
                                           {"modified", asset.modified_at},
                                           {"modified_by", asset.modified_by},
                                           {"class", asset.storage_class}}));
  if (asset.folder_like()) tx.execute("insert into folder_counter (folder_id) values (:row)", {{"row", row}});
  if (asset.parent_row != 0) adjust_counter(tx, asset.parent_row, Counter::of(asset));
  if (asset.tags_json != "[]") TagRepository{}.set_from_json(tx, row, asset.tags_json);
  return row;
}

void AssetRepository::update(db::Transaction& tx, Asset& asset, const std::optional<Uuid>& by) {
  asset.modified_at = now();
  asset.modified_by = by;
  ++asset.revision;
  std::string sort_name = name_sort_key(asset.name);
  auto before = listed(tx, asset.row);
  tx.execute(
      "update asset set status = :status, name = :name, sort_name = :sort, description = :description, file_name = "
      ":file_name, "
      "content_type = :content_type, media_type = :media_type, size = :size, language_code = :language, duration_ms = "
      ":duration, "
      "frame_rate = :rate, width = :width, height = :height, has_audio = :audio, start_timecode = :timecode, "
      "thumbnail_path = :thumbnail, "
      "preview_path = :preview, stream_path = :stream, tags = :tags, custom_fields = :fields, version = :version, "
      "error = :error, "
      "available_from = :from, available_until = :until, modified_at = :modified, modified_by = :by, revision = "
      ":revision where id = :row",
      with(own_columns(asset, sort_name), {{"modified", asset.modified_at},
                                           {"by", asset.modified_by},
                                           {"revision", asset.revision},
                                           {"row", asset.row}}));
  if (!before) return;
  if (asset.parent_row != 0) {
    Counter by = -before->counter;
    adjust_counter(tx, asset.parent_row, by += Counter::of(asset));
  }
  if (asset.deleted_at) return;
  if (before->tags != asset.tags_json) TagRepository{}.set_from_json(tx, asset.row, asset.tags_json);
  if (before->sort_name != sort_name && asset.tags_json != "[]")
    TagRepository{}.placed(tx, asset.row, asset.parent_row, sort_name);
}

void AssetRepository::set_status(db::Transaction& tx, Asset& asset, AssetStatus status) {
  asset.status = status;
  asset.modified_at = now();
  ++asset.revision;
  tx.execute("update asset set status = :status, modified_at = :at, revision = :revision where id = :row",
             {{"status", status}, {"at", asset.modified_at}, {"revision", asset.revision}, {"row", asset.row}});
}

void AssetRepository::set_storage_class(db::Transaction& tx, Asset& asset,
                                        const std::optional<std::string>& storage_class) {
  asset.storage_class = storage_class;
  tx.execute("update asset set storage_class = :class where id = :row", {{"class", storage_class}, {"row", asset.row}});
}

void AssetRepository::set_source_key(db::Transaction& tx, Asset& asset, const std::string& source_key) {
  asset.source_key = source_key;
  ++asset.revision;
  tx.execute("update asset set source_key = :key, revision = :revision where id = :row",
             {{"key", source_key}, {"revision", asset.revision}, {"row", asset.row}});
}

void AssetRepository::reparent(db::Transaction& tx, Asset& asset, std::int64_t parent_row, const std::string& name,
                               const std::optional<Uuid>& by) {
  adjust_counter(tx, asset.parent_row, -Counter::of(asset));
  asset.parent_row = parent_row;
  asset.name = name;
  asset.modified_at = now();
  asset.modified_by = by;
  ++asset.revision;
  tx.execute(
      "update asset set parent_id = :parent, name = :name, sort_name = :sort, modified_at = :at, modified_by = :by, "
      "revision = :revision "
      "where id = :row",
      {{"parent", parent_row},
       {"name", name},
       {"sort", name_sort_key(name)},
       {"at", asset.modified_at},
       {"by", by},
       {"revision", asset.revision},
       {"row", asset.row}});
  adjust_counter(tx, parent_row, Counter::of(asset));
  if (asset.tags_json != "[]") TagRepository{}.placed(tx, asset.row, parent_row, name_sort_key(name));
}

void AssetRepository::trash(db::Transaction& tx, Asset& asset, const std::optional<Uuid>& by) {
  if (asset.parent_row != 0) adjust_counter(tx, asset.parent_row, -Counter::of(asset));
  asset.deleted_at = now();
  ++asset.revision;
  tx.execute("update asset set deleted_at = :at, deleted_by = :by, revision = :revision where id = :row",
             {{"at", *asset.deleted_at}, {"by", by}, {"revision", asset.revision}, {"row", asset.row}});
  if (asset.tags_json != "[]") TagRepository{}.set(tx, asset.row, {});  // they come back with it, from its own row
}

void AssetRepository::untrash(db::Transaction& tx, Asset& asset, std::int64_t parent_row, const std::string& name,
                              const std::optional<Uuid>& by) {
  reparent(tx, asset, parent_row, name, by);  // counts nowhere: it is in the bin still
  tx.execute("update asset set deleted_at = null, deleted_by = null where id = :row", {{"row", asset.row}});
  asset.deleted_at.reset();
  adjust_counter(tx, parent_row, Counter::of(asset));
  if (asset.tags_json != "[]") TagRepository{}.set_from_json(tx, asset.row, asset.tags_json);
}

void AssetRepository::remove(db::Transaction& tx, const Asset& asset) {
  if (asset.parent_row != 0) adjust_counter(tx, asset.parent_row, -Counter::of(asset));
  if (asset.tags_json != "[]") TagRepository{}.set(tx, asset.row, {});
  tx.execute("delete from asset where id = :row", {{"row", asset.row}});
}

void AssetRepository::adjust_counter(db::Transaction& tx, std::int64_t folder_row, const Counter& by) {
  if (by == Counter{}) return;
  tx.execute(
      "update folder_counter set folders = folders + :folders, files = files + :files, bytes = bytes + :bytes, "
      "duration_ms = duration_ms + :duration, videos = videos + :videos, audios = audios + :audios, images = images + "
      ":images, "
      "documents = documents + :documents where folder_id = :row",
      {{"folders", by.folders},
       {"files", by.files},
       {"bytes", by.bytes},
       {"duration", by.duration_ms},
       {"videos", by.videos},
       {"audios", by.audios},
       {"images", by.images},
       {"documents", by.documents},
       {"row", folder_row}});
}

void AssetRepository::write_tags(db::Transaction& tx, std::span<Asset* const> assets, const std::optional<Uuid>& by) {
  const Timestamp at = now();
  std::vector<std::int64_t> rows;
  std::vector<std::string> tags;
  for (Asset* asset : assets) {
    asset->modified_at = at;
    asset->modified_by = by;
    ++asset->revision;
    if (tx.kind() == db::Kind::sqlite) {
      tx.execute(
          "update asset set tags = :tags, modified_at = :at, modified_by = :by, revision = revision + 1 "
          "where id = :row",
          {{"tags", asset->tags_json}, {"at", at}, {"by", by}, {"row", asset->row}});
      continue;
    }
    rows.push_back(asset->row);
    tags.push_back(asset->tags_json);
  }
  if (rows.empty()) return;
  tx.execute(
      "update asset set tags = c.tags, modified_at = :at, modified_by = :by, revision = revision + 1 "
      "from unnest(:rows, :tags) c (id, tags) where asset.id = c.id",
      {{"rows", rows}, {"tags", tags}, {"at", at}, {"by", by}});
}

void AssetRepository::write_collections(db::Transaction& tx, Asset& asset, const std::optional<Uuid>& by) {
  asset.modified_at = now();
  asset.modified_by = by;
  ++asset.revision;
  tx.execute(
      "update asset set collections = :collections, modified_at = :at, modified_by = :by, revision = :revision where "
      "id = :row",
      {{"collections", asset.collections_json},
       {"at", asset.modified_at},
       {"by", by},
       {"revision", asset.revision},
       {"row", asset.row}});
}

NewHistory first_history(const Asset& asset, std::string username, std::string_view operation, std::string reason) {
  return {.asset_row = asset.row,
          .asset_id = asset.id,
          .user_id = asset.created_by,
          .username = std::move(username),
          .operation = operation,
          .from = {},
          .to = asset.status,
          .reason = std::move(reason)};
}

void AssetRepository::add_history(db::Transaction& tx, const NewHistory& entry) {
  audit::Entry line;
  line.operation = entry.operation;
  line.user_id = entry.user_id;
  line.username = entry.username;
  line.asset_row = entry.asset_row;
  line.asset_id = entry.asset_id;
  line.asset_name =
      entry.asset_name
          ? *entry.asset_name
          : tx.value<std::string>("select name from asset where id = :row", {{"row", entry.asset_row}}).value_or("");
  if (entry.from) line.from_status = static_cast<std::int64_t>(*entry.from);
  if (entry.to) line.to_status = static_cast<std::int64_t>(*entry.to);
  line.reason = entry.reason;
  audit::append(tx, std::move(line));
}

std::vector<HistoryEntry> AssetRepository::history(db::Transaction& tx, const Uuid& asset) {
  std::vector<HistoryEntry> out;
  for (audit::Entry& line : audit::changes_of(tx, asset)) {
    auto status = [](const std::optional<std::int64_t>& value) {
      return value ? std::optional(static_cast<AssetStatus>(*value)) : std::nullopt;
    };
    out.push_back({line.at, line.user_id, std::move(line.username), std::move(line.operation), status(line.from_status),
                   status(line.to_status), std::move(line.reason)});
  }
  return out;
}

void AssetRepository::insert_bucket(db::Transaction& tx, std::int64_t asset_row, const BucketPlace& place) {
  tx.execute("insert into bucket (asset_id, store, key_prefix) values (:row, :store, :prefix)",
             {{"row", asset_row}, {"store", place.store}, {"prefix", place.key_prefix}});
  update_bucket(tx, asset_row, place);
}

void AssetRepository::update_bucket(db::Transaction& tx, std::int64_t asset_row, const BucketPlace& place) {
  tx.execute(
      "update bucket set managed = :managed, archive_store = :archive_store, archive_class = :archive_class, watched = "
      ":watched, "
      "quota_bytes = :quota where asset_id = :row",
      {{"managed", place.managed},
       {"archive_store", place.archive_store},
       {"archive_class", place.archive_class},
       {"watched", place.watched},
       {"quota", place.quota_bytes},
       {"row", asset_row}});
}

std::optional<Asset> AssetRepository::default_bucket(db::Transaction& tx, std::string_view setting) {
  static const std::string sql =
      select_asset("a.id in (select asset_id from bucket where default_for = :setting) and a.deleted_at is null");
  return one(tx, sql, {{"setting", setting}});
}

void AssetRepository::set_default_bucket(db::Transaction& tx, std::int64_t bucket_row, std::string_view setting) {
  tx.execute("update bucket set default_for = null where default_for = :setting", {{"setting", setting}});
  tx.execute("update bucket set default_for = :setting where asset_id = :row",
             {{"setting", setting}, {"row", bucket_row}});
}

std::optional<AssetRepository::BucketPlace> AssetRepository::bucket_place(db::Transaction& tx,
                                                                          std::int64_t bucket_row) {
  return tx.one(
      "select store, key_prefix, managed, archive_store, archive_class, watched, quota_bytes from bucket where "
      "asset_id = :row",
      {{"row", bucket_row}}, [](const db::Row& row) {
        return BucketPlace{row.get<std::string>(0),
                           row.get<std::string>(1),
                           row.get<bool>(2),
                           row.get<std::optional<std::string>>(3),
                           row.get<std::optional<std::string>>(4),
                           row.get<bool>(5),
                           row.get<std::optional<std::int64_t>>(6)};
      });
}

bool AssetRepository::has_archive_tier(db::Transaction& tx, const Asset& bucket) {
  if (bucket.type != AssetType::bucket) return false;
  auto place = bucket_place(tx, bucket.row);
  return place && (place->archive_store || place->archive_class);
}

namespace {
constexpr std::string_view folder_columns =
    "a.id, a.parent_id, a.uid, a.asset_type, a.name, a.deleted_at is not null, exists (select 1 from bucket b where "
    "b.asset_id = a.id and (b.archive_store is not null or b.archive_class is not null))";

AssetRepository::FolderRow folder_row(const db::Row& row) {
  return {row.get<std::int64_t>(0), row.get<std::optional<std::int64_t>>(1).value_or(0),
          row.get<Uuid>(2),         static_cast<AssetType>(row.get<std::int64_t>(3)),
          row.get<std::string>(4),  row.get<bool>(5),
          row.get<bool>(6)};
}
}  // namespace

void AssetRepository::each_folder(db::Transaction& tx, const std::function<void(const FolderRow&)>& fn) {
  // All of it lies in the index asset_folders: of a million assets not a row is read.
  tx.each(fmt::format("select {} from asset a where a.asset_type <> 2", folder_columns), {},
          [&](const db::Row& row) { fn(folder_row(row)); });
}

void AssetRepository::each_folder_above(db::Transaction& tx, std::string_view where, const db::Parameters& parameters,
                                        const std::function<void(const FolderRow&)>& fn) {
  tx.each(fmt::format("with recursive up (id, depth) as (select id, 0 from asset where {} union all "
                      "select a.parent_id, up.depth + 1 from asset a join up on a.id = up.id "
                      "where a.parent_id is not null and up.depth < 1000) "
                      "select {} from asset a join up on a.id = up.id where a.asset_type <> 2",
                      where, folder_columns),
          parameters, [&](const db::Row& row) { fn(folder_row(row)); });
}

}  // namespace reelvault::catalog
