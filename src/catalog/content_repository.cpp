#include "catalog/asset_repository.hpp"

#include "base/text.hpp"
#include "storage/blob_repository.hpp"

namespace reelvault::catalog {

namespace {

constexpr std::string_view version_columns =
    "id, asset_id, number, blob_id, file_name, content_type, declared_content_type, media_type, size, "
    "media_properties, settled, error, "
    "expected_checksum, created_at, created_by, start_timecode";

Version read_version(const db::Row& row) {
  return {.row = row.get<std::int64_t>(0),
          .asset_row = row.get<std::int64_t>(1),
          .number = row.get<std::int64_t>(2),
          .blob_row = row.get<std::int64_t>(3),
          .file_name = row.get<std::string>(4),
          .content_type = row.get<std::string>(5),
          .declared_content_type = row.get<std::optional<std::string>>(6),
          .media_type = row.get<std::string>(7),
          .size = row.get<std::int64_t>(8),
          .media_properties_json = row.get<std::string>(9),
          .settled = row.get<bool>(10),
          .error = row.get<std::optional<std::string>>(11),
          .expected_checksum = row.get<std::optional<std::string>>(12),
          .created_at = row.get<Timestamp>(13),
          .created_by = row.get<std::optional<Uuid>>(14),
          .start_timecode = row.get<std::optional<std::string>>(15)};
}

constexpr std::string_view related_columns =
    "id, uid, asset_id, version, relationship, language_code, content_type, size, recipe, label, created_at, "
    "created_by, properties, error";

Related read_related(const db::Row& row) {
  return {.row = row.get<std::int64_t>(0),
          .id = row.get<Uuid>(1),
          .asset_row = row.get<std::int64_t>(2),
          .version = row.get<std::int64_t>(3),
          .relationship = row.get<std::string>(4),
          .language_code = row.get<std::optional<std::string>>(5),
          .content_type = row.get<std::string>(6),
          .size = row.get<std::int64_t>(7),
          .recipe = row.get<std::string>(8),
          .label = row.get<std::optional<std::string>>(9),
          .created_at = row.get<Timestamp>(10),
          .created_by = row.get<std::optional<Uuid>>(11),
          .files = {},
          .properties_json = row.get<std::string>(12),
          .error = row.get<std::optional<std::string>>(13)};
}

RelatedFile read_file(const db::Row& row) {
  return {row.get<std::string>(1), row.get<std::int64_t>(2), row.get<std::string>(3), row.get<std::int64_t>(4)};
}

// A playlist first, so that files.front() is what the related asset's own URL names; else by name, and what was made of
// an uploaded file, in a folder below it, after that file.
void order_files(Related& related) {
  std::ranges::sort(related.files, [](const RelatedFile& a, const RelatedFile& b) {
    auto rank = [](const RelatedFile& file) {
      return file.name == "master.m3u8" ? 0 : file.name.contains('/') ? 2 : 1;
    };
    return std::pair(rank(a), a.name) < std::pair(rank(b), b.name);
  });
}

}  // namespace

std::int64_t VersionRepository::insert(db::Transaction& tx, const Version& version) {
  return tx.insert(
      "insert into asset_version (asset_id, number, blob_id, file_name, content_type, declared_content_type, "
      "media_type, size, "
      "media_properties, expected_checksum, created_at, created_by, start_timecode) values (:asset, :number, :blob, "
      ":file_name, :content_type, :declared, "
      ":media_type, :size, :properties, :checksum, :created, :by, :timecode)",
      {{"asset", version.asset_row},
       {"number", version.number},
       {"blob", version.blob_row},
       {"file_name", version.file_name},
       {"content_type", version.content_type},
       {"declared", version.declared_content_type},
       {"media_type", version.media_type},
       {"size", version.size},
       {"properties", version.media_properties_json},
       {"checksum", version.expected_checksum},
       {"created", version.created_at},
       {"by", version.created_by},
       {"timecode", version.start_timecode}});
}

std::optional<Version> VersionRepository::find(db::Transaction& tx, std::int64_t asset_row, std::int64_t number) {
  static const std::string sql =
      fmt::format("select {} from asset_version where asset_id = :asset and number = :number", version_columns);
  return tx.one(sql, {{"asset", asset_row}, {"number", number}}, read_version);
}

std::vector<Version> VersionRepository::all(db::Transaction& tx, std::int64_t asset_row) {
  static const std::string sql =
      fmt::format("select {} from asset_version where asset_id = :asset order by number", version_columns);
  return tx.all(sql, {{"asset", asset_row}}, read_version);
}

std::int64_t VersionRepository::latest(db::Transaction& tx, std::int64_t asset_row) {
  return tx
      .value<std::optional<std::int64_t>>("select max(number) from asset_version where asset_id = :asset",
                                          {{"asset", asset_row}})
      .value_or(std::nullopt)
      .value_or(0);
}

std::set<std::int64_t> VersionRepository::overwritten(db::Transaction& tx, std::int64_t asset_row) {
  std::set<std::int64_t> out;
  tx.each(
      "select v.number from asset_version v join blob b on b.id = v.blob_id where v.asset_id = :asset and b.state = "
      ":overwritten",
      {{"asset", asset_row}, {"overwritten", storage::BlobState::overwritten}},
      [&](const db::Row& row) { out.insert(row.get<std::int64_t>(0)); });
  return out;
}

void VersionRepository::copy(db::Transaction& tx, const Version& version, std::int64_t to_asset_row,
                             std::int64_t number, const std::optional<Uuid>& by) {
  tx.execute(
      "insert into asset_version (asset_id, number, blob_id, file_name, content_type, declared_content_type, "
      "media_type, size, "
      "media_properties, duration_ms, frame_rate, width, height, has_audio, start_timecode, settled, error, "
      "created_at, created_by) "
      "select :to, :number, blob_id, file_name, content_type, declared_content_type, media_type, size, "
      "media_properties, duration_ms, "
      "frame_rate, width, height, has_audio, start_timecode, settled, error, :now, :by from asset_version where id = "
      ":from",
      {{"to", to_asset_row}, {"number", number}, {"now", now()}, {"by", by}, {"from", version.row}});
}

void VersionRepository::set_properties(db::Transaction& tx, const Version& version, const Asset& measured) {
  tx.execute(
      "update asset_version set media_properties = :properties, content_type = :content_type, media_type = "
      ":media_type, duration_ms = :duration, "
      "frame_rate = :rate, width = :width, height = :height, has_audio = :audio, start_timecode = :timecode where id = "
      ":row",
      {{"properties", version.media_properties_json},
       {"content_type", version.content_type},
       {"media_type", version.media_type},
       {"duration", measured.duration_ms},
       {"rate", measured.frame_rate},
       {"width", measured.width},
       {"height", measured.height},
       {"audio", measured.has_audio},
       {"timecode", measured.start_timecode},
       {"row", version.row}});
}

void VersionRepository::set_duration(db::Transaction& tx, std::int64_t version_row, std::string_view properties_json,
                                     std::int64_t duration_ms) {
  tx.execute("update asset_version set media_properties = :properties, duration_ms = :duration where id = :row",
             {{"properties", properties_json}, {"duration", duration_ms}, {"row", version_row}});
}

void VersionRepository::apply_measures(db::Transaction& tx, const Asset& asset) {
  AssetRepository assets;
  const auto before = assets.find_row(tx, asset.row);
  if (!before) return;
  tx.execute(
      "update asset set (duration_ms, frame_rate, width, height, has_audio, start_timecode) = "
      "(select duration_ms, frame_rate, width, height, has_audio, start_timecode from asset_version where asset_id = "
      ":row and number = :number) "
      "where id = :row",
      {{"row", asset.row}, {"number", asset.version}});
  if (const auto after = assets.find_row(tx, asset.row); after && after->parent_row != 0) {
    Counter by = -Counter::of(*before);
    assets.adjust_counter(tx, after->parent_row, by += Counter::of(*after));
  }
  auto paths = RelatedRepository{}.of_asset(tx, asset.row, asset.version);
  // Of an upload only what was made of it, in a folder beside it: until then, or where nothing can be, it may be
  // anything. Those of former releases, which were not looked at, stay what they were.
  auto shown_of = [](const Related& related) -> const RelatedFile* {
    if (related.files.empty()) return nullptr;
    if (!related.uploaded()) return &related.files.front();
    for (const RelatedFile& file : related.files)
      if (file.name.contains('/')) return &file;
    return related.recipe.starts_with("upload-") ? &related.files.front() : nullptr;
  };
  auto path_of = [&](std::string_view relationship) -> std::optional<std::string> {
    // What somebody uploaded stands before what was made, also when that is made later or again; else the newest wins.
    const Related* best = nullptr;
    for (const Related& related : paths) {
      if (related.relationship != relationship || !shown_of(related)) continue;
      if (!best || related.uploaded() || !best->uploaded()) best = &related;
    }
    return best ? std::optional(best->id.text() + "/" + percent_encode(shown_of(*best)->name, "/")) : std::nullopt;
  };
  tx.execute(
      "update asset set thumbnail_path = :thumbnail, preview_path = :preview, stream_path = :stream where id = :row",
      {{"thumbnail", path_of("thumbnail")},
       {"preview", path_of("preview")},
       {"stream", path_of("stream")},
       {"row", asset.row}});
}

void VersionRepository::settle(db::Transaction& tx, std::int64_t version_row, const std::optional<std::string>& error) {
  tx.execute("update asset_version set settled = true, error = :error where id = :row",
             {{"error", error}, {"row", version_row}});
}

void VersionRepository::unsettle(db::Transaction& tx, std::int64_t version_row) {
  tx.execute("update asset_version set settled = false, error = null where id = :row", {{"row", version_row}});
}

std::int64_t RelatedRepository::insert(db::Transaction& tx, const Related& related) {
  std::int64_t row = tx.insert(
      "insert into related_asset (uid, asset_id, version, relationship, language_code, content_type, size, recipe, "
      "label, created_at, created_by, "
      "properties, error) values (:uid, :asset, :version, :relationship, :language, :content_type, :size, :recipe, "
      ":label, :created, :by, "
      ":properties, :error)",
      {{"uid", related.id},
       {"asset", related.asset_row},
       {"version", related.version},
       {"relationship", related.relationship},
       {"language", related.language_code},
       {"content_type", related.content_type},
       {"size", related.size},
       {"recipe", related.recipe},
       {"label", related.label},
       {"created", related.created_at},
       {"by", related.created_by},
       {"properties", related.properties_json},
       {"error", related.error}});
  for (const RelatedFile& file : related.files)
    tx.execute(
        "insert into related_file (related_id, name, blob_id, content_type, size) values (:related, :name, :blob, "
        ":content_type, :size)",
        {{"related", row},
         {"name", file.name},
         {"blob", file.blob_row},
         {"content_type", file.content_type},
         {"size", file.size}});
  return row;
}

std::optional<Related> RelatedRepository::find(db::Transaction& tx, const Uuid& id) {
  static const std::string sql =
      fmt::format("select {} from related_asset where uid = :uid and not superseded", related_columns);
  auto related = tx.one(sql, {{"uid", id}}, read_related);
  if (related) {
    related->files =
        tx.all("select related_id, name, blob_id, content_type, size from related_file where related_id = :row",
               {{"row", related->row}}, read_file);
    order_files(*related);
  }
  return related;
}

std::optional<std::int64_t> RelatedRepository::put_file(db::Transaction& tx, std::int64_t related_row,
                                                        const RelatedFile& file) {
  auto before = tx.value<std::int64_t>("select blob_id from related_file where related_id = :related and name = :name",
                                       {{"related", related_row}, {"name", file.name}});
  if (before)
    tx.execute("delete from related_file where related_id = :related and name = :name",
               {{"related", related_row}, {"name", file.name}});
  tx.execute(
      "insert into related_file (related_id, name, blob_id, content_type, size) values (:related, :name, :blob, "
      ":content_type, :size)",
      {{"related", related_row},
       {"name", file.name},
       {"blob", file.blob_row},
       {"content_type", file.content_type},
       {"size", file.size}});
  return before;
}

void RelatedRepository::set_outcome(db::Transaction& tx, const Related& related) {
  tx.execute("update related_asset set properties = :properties, error = :error where id = :row",
             {{"properties", related.properties_json}, {"error", related.error}, {"row", related.row}});
}

std::vector<Related> RelatedRepository::of_asset(db::Transaction& tx, std::int64_t asset_row, std::int64_t version) {
  static const std::string sql = fmt::format(
      "select {} from related_asset where asset_id = :asset and version = :version and not superseded order by id",
      related_columns);
  auto all = tx.all(sql, {{"asset", asset_row}, {"version", version}}, read_related);
  std::unordered_map<std::int64_t, Related*> by_row;
  for (Related& related : all) by_row[related.row] = &related;
  tx.each(
      "select f.related_id, f.name, f.blob_id, f.content_type, f.size from related_file f join related_asset r on r.id "
      "= f.related_id "
      "where r.asset_id = :asset and r.version = :version and not r.superseded",
      {{"asset", asset_row}, {"version", version}}, [&](const db::Row& row) {
        if (auto found = by_row.find(row.get<std::int64_t>(0)); found != by_row.end())
          found->second->files.push_back(read_file(row));
      });
  for (Related& related : all) order_files(related);
  return all;
}

namespace {
std::vector<std::int64_t> supersede_where(db::Transaction& tx, std::string_view match, const db::Parameters& which) {
  auto blobs =
      tx.all(fmt::format("select blob_id from related_file where related_id in (select id from related_asset where {})",
                         match),
             which, [](const db::Row& row) { return row.get<std::int64_t>(0); });
  tx.execute(fmt::format("delete from related_file where related_id in (select id from related_asset where {})", match),
             which);
  tx.execute(fmt::format("update related_asset set superseded = true where {}", match), which);
  return blobs;
}
}  // namespace

std::vector<std::int64_t> RelatedRepository::supersede(db::Transaction& tx, std::int64_t asset_row,
                                                       std::int64_t version, std::string_view recipe,
                                                       const std::optional<std::string>& language_code) {
  const std::string language = language_code.value_or("");  // parameters only look at their texts
  return supersede_where(
      tx,
      "asset_id = :asset and version = :version and recipe = :recipe and coalesce(language_code, '') = :language and "
      "not superseded",
      {{"asset", asset_row}, {"version", version}, {"recipe", recipe}, {"language", language}});
}

std::vector<std::int64_t> RelatedRepository::supersede_uploads(db::Transaction& tx, const Related& good,
                                                               std::string_view made) {
  const std::string language = good.language_code.value_or("");
  constexpr std::string_view alike =
      "asset_id = :asset and version = :version and relationship = :relationship and recipe like 'upload%' and "
      "coalesce(language_code, '') = :language and not superseded";
  const db::Parameters which{{"asset", good.asset_row},
                             {"version", good.version},
                             {"relationship", good.relationship},
                             {"language", language},
                             {"row", good.row}};
  auto blobs = supersede_where(tx, fmt::format("{} and id < :row", alike), which);
  db::Parameters later = which;
  later.push_back({"file", made});
  const bool outdated = tx.value<std::int64_t>(fmt::format("select id from related_asset where {} and id > :row and "
                                                           "exists (select 1 from related_file f where f.related_id = "
                                                           "related_asset.id and f.name = :file) limit 1",
                                                           alike),
                                               later)
                            .has_value();
  if (outdated)
    for (std::int64_t blob : supersede_where(tx, "id = :row", {{"row", good.row}})) blobs.push_back(blob);
  return blobs;
}

void RelatedRepository::remove_of_asset(db::Transaction& tx, std::int64_t asset_row) {
  tx.execute("delete from related_file where related_id in (select id from related_asset where asset_id = :asset)",
             {{"asset", asset_row}});
  tx.execute("delete from related_asset where asset_id = :asset", {{"asset", asset_row}});
  tx.execute("delete from asset_version where asset_id = :asset", {{"asset", asset_row}});
}

std::vector<std::int64_t> RelatedRepository::blobs_of_asset(db::Transaction& tx, std::int64_t asset_row) {
  return tx.all(
      "select blob_id from asset_version where asset_id = :asset union all "
      "select f.blob_id from related_file f join related_asset r on r.id = f.related_id where r.asset_id = :asset "
      "union all "
      "select blob_id from archive_blob where asset_id = :asset union all "
      "select blob_id from clip_source where asset_id = :asset union all "
      "select blob_id from clip_subtitle where asset_id = :asset",
      {{"asset", asset_row}}, [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

std::optional<RelatedRepository::FilePlace> RelatedRepository::file(db::Transaction& tx, const Uuid& related,
                                                                    std::string_view name) {
  return tx.one(
      "select f.name, f.blob_id, f.content_type, f.size, r.asset_id, r.version, r.relationship, b.store, b.object_key, "
      "b.size, case when b.owned then 0 else b.mtime_ns end, b.created_at "
      "from related_asset r join related_file f on f.related_id = r.id join blob b on b.id = f.blob_id "
      "where r.uid = :uid and not r.superseded and f.name = :name",
      {{"uid", related}, {"name", name}}, [](const db::Row& row) {
        return FilePlace{.file = {row.get<std::string>(0), row.get<std::int64_t>(1), row.get<std::string>(2),
                                  row.get<std::int64_t>(3)},
                         .asset_row = row.get<std::int64_t>(4),
                         .version = row.get<std::int64_t>(5),
                         .relationship = row.get<std::string>(6),
                         .store = row.get<std::string>(7),
                         .key = row.get<std::string>(8),
                         .blob_size = row.get<std::int64_t>(9),
                         .blob_mtime_ns = row.get<std::int64_t>(10),
                         .blob_created_at = row.get<Timestamp>(11)};
      });
}

}  // namespace reelvault::catalog
