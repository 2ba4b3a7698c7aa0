#include "ingest/registration.hpp"

#include "base/text.hpp"
#include "storage/blob_repository.hpp"

namespace reelvault::ingest {
namespace {

constexpr std::string_view kColumns =
    "r.id, r.asset_id, r.store, r.object_key, r.size, r.mtime_ns, r.etag, a.uid, a.deleted_at is not null, r.moving_to "
    "from registered_object r left join asset a on a.id = r.asset_id";

// Of files that are being written, by the programs that write them.
constexpr std::array<std::string_view, 12> kPassingSuffixes{"~",        ".tmp",        ".temp",     ".part",
                                                            ".partial", ".crdownload", ".download", ".filepart",
                                                            ".swp",     ".inprogress", ".lock",     ".!qb"};
constexpr std::array<std::string_view, 6> kNobodysNames{"thumbs.db", "desktop.ini",  "lost+found",
                                                        "@eadir",    "$recycle.bin", "system volume information"};

Registration read_registration(const db::Row& row) {
  Registration out;
  out.row = row.get<std::int64_t>(0);
  out.asset_row = row.get<std::optional<std::int64_t>>(1);
  out.location = {row.get<std::string>(2), row.get<std::string>(3)};
  out.found.size = row.get<std::uint64_t>(4);
  out.found.mtime_ns = row.get<std::int64_t>(5);
  out.found.etag = row.get<std::string>(6);
  out.asset_id = row.get<std::optional<Uuid>>(7);
  out.in_bin = row.get<bool>(8);
  out.moving_to = row.get<std::optional<std::string>>(9);
  return out;
}

// The first text after everything that begins with `prefix`; empty: there is none.
std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

bool unchanged(const storage::ObjectInfo& before, const storage::ObjectInfo& now) {
  return !storage::changed(before, now);
}

bool ignored_name(std::string_view key) {
  for (std::string_view part : split(key, '/')) {
    if (part == "." || part == "..") continue;  // on S3, of a key that cannot be taken
    if (part.starts_with('.') || part.starts_with("~$") || (part.starts_with('#') && part.ends_with('#'))) return true;
    const std::string lower = lower_ascii(part);
    if (std::ranges::find(kNobodysNames, lower) != kNobodysNames.end()) return true;
    if (std::ranges::any_of(kPassingSuffixes, [&](std::string_view suffix) { return lower.ends_with(suffix); }))
      return true;
  }
  return false;
}

bool own_object(std::string_view key) {
  if (storage::is_random_key(key)) return true;
  return std::ranges::any_of(split(key, '/'), [](std::string_view part) { return part.starts_with(".reelvault-"); });
}

std::optional<Registration> RegistrationRepository::find(db::Transaction& tx, const storage::Location& location) {
  static const std::string sql = fmt::format("select {} where r.store = :store and r.object_key = :key", kColumns);
  return tx.one(sql, {{"store", location.store}, {"key", location.key}}, read_registration);
}

std::optional<Registration> RegistrationRepository::of_asset(db::Transaction& tx, std::int64_t asset_row) {
  static const std::string sql = fmt::format("select {} where r.asset_id = :asset", kColumns);
  return tx.one(sql, {{"asset", asset_row}}, read_registration);
}

std::map<std::string, Registration> RegistrationRepository::find(db::Transaction& tx, const std::string& store,
                                                                 const std::vector<std::string>& keys) {
  static const std::string sql =
      fmt::format("select {} where r.store = :store and r.object_key = any(:keys)", kColumns);
  std::map<std::string, Registration> out;
  tx.each(sql, {{"store", store}, {"keys", keys}}, [&](const db::Row& row) {
    Registration registration = read_registration(row);
    std::string key = registration.location.key;
    out.emplace(std::move(key), std::move(registration));
  });
  return out;
}

std::vector<Registration> RegistrationRepository::range(db::Transaction& tx, const std::string& store,
                                                        std::string_view prefix, std::string_view after,
                                                        std::string_view until, int limit) {
  std::string sql = fmt::format("select {} where r.store = :store and r.object_key > :after", kColumns);
  db::Parameters parameters{{"store", store}, {"after", after}, {"limit", limit}};
  const std::string end = after_prefix(std::string(prefix));
  if (!prefix.empty()) {
    sql += " and r.object_key >= :prefix";
    parameters.push_back({"prefix", prefix});
  }
  if (!end.empty()) {
    sql += " and r.object_key < :end";
    parameters.push_back({"end", end});
  }
  if (!until.empty()) {
    sql += " and r.object_key <= :until";
    parameters.push_back({"until", until});
  }
  return tx.all(sql + " order by r.object_key limit :limit", parameters, read_registration);
}

bool RegistrationRepository::insert(db::Transaction& tx, const Registration& registration) {
  return tx.insert(
             "insert into registered_object (asset_id, store, object_key, size, mtime_ns, etag) "
             "values (:asset, :store, :key, :size, :mtime, :etag) on conflict (store, object_key) do nothing",
             {{"asset", registration.asset_row},
              {"store", registration.location.store},
              {"key", registration.location.key},
              {"size", registration.found.size},
              {"mtime", registration.found.mtime_ns},
              {"etag", registration.found.etag}}) != 0;
}

void RegistrationRepository::update(db::Transaction& tx, const Registration& registration) {
  tx.execute(
      "update registered_object set asset_id = :asset, store = :store, object_key = :key, size = :size, mtime_ns = "
      ":mtime, etag = :etag, "
      "moving_to = :moving_to where id = :row",
      {{"asset", registration.asset_row},
       {"store", registration.location.store},
       {"key", registration.location.key},
       {"size", registration.found.size},
       {"mtime", registration.found.mtime_ns},
       {"etag", registration.found.etag},
       {"moving_to", registration.moving_to},
       {"row", registration.row}});
}

void RegistrationRepository::remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from registered_object where id = :row", {{"row", row}});
}

}  // namespace reelvault::ingest
