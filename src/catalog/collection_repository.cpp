#include "base/text.hpp"
#include "catalog/collection.hpp"

#include <mutex>
#include <set>

namespace reelvault::catalog {

namespace {

constexpr std::string_view columns = "id, uid, owner, name, description, created_at, modified_at, revision, removed";

Collection read_collection(const db::Row& row) {
  return {.row = row.get<std::int64_t>(0),
          .id = row.get<Uuid>(1),
          .owner = row.get<Uuid>(2),
          .name = row.get<std::string>(3),
          .description = row.get<std::optional<std::string>>(4),
          .created_at = row.get<Timestamp>(5),
          .modified_at = row.get<Timestamp>(6),
          .revision = row.get<std::int64_t>(7),
          .removed = row.get<bool>(8)};
}

std::string select_collection(std::string_view rest) {
  return fmt::format("select {} from collection {}", columns, rest);
}

}  // namespace

std::string etag_of(const Collection& collection) { return fmt::format("\"r{}\"", collection.revision); }

std::optional<Collection> CollectionRepository::find(db::Transaction& tx, const Uuid& id) {
  static const std::string sql = select_collection("where uid = :id and not removed");
  return tx.one(sql, {{"id", id}}, read_collection);
}

std::optional<Collection> CollectionRepository::lock(db::Transaction& tx, const Uuid& id) {
  return tx.one(
      select_collection("where uid = :id and not removed") + (tx.kind() == db::Kind::postgres ? " for update" : ""),
      {{"id", id}}, read_collection);
}

std::vector<Collection> CollectionRepository::named(db::Transaction& tx, const std::string& folded) {
  static const std::string sql = select_collection("where folded = :folded and not removed order by id");
  return tx.all(sql, {{"folded", folded}}, read_collection);
}

std::vector<Collection> CollectionRepository::page(db::Transaction& tx, const std::string& after_name,
                                                   std::int64_t after_row, int limit) {
  static const std::string sql =
      select_collection("where not removed and (sort_name, id) > (:name, :row) order by sort_name, id limit :limit");
  return tx.all(sql, {{"name", after_name}, {"row", after_row}, {"limit", limit}}, read_collection);
}

bool CollectionRepository::insert(db::Transaction& tx, Collection& collection) {
  auto row = tx.try_insert(
      "insert into collection (uid, owner, name, folded, sort_name, description, created_at, modified_at) "
      "values (:uid, :owner, :name, :folded, :sort, :description, :created, :modified)",
      {{"uid", collection.id},
       {"owner", collection.owner},
       {"name", collection.name},
       {"folded", fold_case(collection.name)},
       {"sort", name_sort_key(collection.name)},
       {"description", collection.description},
       {"created", collection.created_at},
       {"modified", collection.modified_at}});
  if (row) collection.row = *row;
  return row.has_value();
}

bool CollectionRepository::update(db::Transaction& tx, Collection& collection) {
  ++collection.revision;
  return tx.try_execute(
      "update collection set name = :name, folded = :folded, sort_name = :sort, description = :description, "
      "modified_at = :modified, "
      "revision = :revision where id = :row",
      {{"name", collection.name},
       {"folded", fold_case(collection.name)},
       {"sort", name_sort_key(collection.name)},
       {"description", collection.description},
       {"modified", collection.modified_at},
       {"revision", collection.revision},
       {"row", collection.row}});
}

void CollectionRepository::mark_removed(db::Transaction& tx, std::int64_t row) {
  tx.execute("update collection set removed = true where id = :row", {{"row", row}});
}

std::vector<std::int64_t> CollectionRepository::marked(db::Transaction& tx) {
  return tx.all("select id from collection where removed", {},
                [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

std::int64_t CollectionRepository::remove_items(db::Transaction& tx, std::int64_t row, int limit) {
  return tx.execute(
      "delete from collection_item where id in (select id from collection_item where collection_id = :row limit "
      ":limit)",
      {{"row", row}, {"limit", limit}});
}

void CollectionRepository::remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from collection where id = :row", {{"row", row}});
}

bool CollectionRepository::add(db::Transaction& tx, std::int64_t row, std::int64_t asset_row, Timestamp at,
                               const std::optional<Uuid>& by) {
  return tx.insert(
             "insert into collection_item (collection_id, asset_id, added_at, added_by) values (:row, :asset, :at, "
             ":by) on conflict do nothing",
             {{"row", row}, {"asset", asset_row}, {"at", at}, {"by", by}}) != 0;
}

bool CollectionRepository::take(db::Transaction& tx, std::int64_t row, std::int64_t asset_row) {
  return tx.execute("delete from collection_item where asset_id = :asset and collection_id = :row",
                    {{"asset", asset_row}, {"row", row}}) > 0;
}

std::vector<CollectionItem> CollectionRepository::items(db::Transaction& tx, std::int64_t row, std::int64_t after,
                                                        bool newest_first, int limit) {
  return tx.all(
      fmt::format(
          "select i.id, a.id, a.parent_id, a.asset_type from collection_item i join asset a on a.id = i.asset_id "
          "where i.collection_id = :row and i.id {} :after and a.deleted_at is null order by i.id{} limit :limit",
          newest_first ? "<" : ">", newest_first ? " desc" : ""),
      {{"row", row}, {"after", after}, {"limit", limit}}, [](const db::Row& r) {
        return CollectionItem{r.get<std::int64_t>(0), r.get<std::int64_t>(1),
                              r.get<std::optional<std::int64_t>>(2).value_or(0),
                              static_cast<AssetType>(r.get<std::int64_t>(3))};
      });
}

std::vector<CollectionRepository::Held> CollectionRepository::held(db::Transaction& tx, std::int64_t row,
                                                                   std::int64_t at_most) {
  return tx.all(
      "select case when a.asset_type = 2 then a.parent_id else a.id end, count(*) from (select asset_id from "
      "collection_item "
      "where collection_id = :row order by id limit :most) i join asset a on a.id = i.asset_id where a.deleted_at is "
      "null group by 1",
      {{"row", row}, {"most", at_most}},
      [](const db::Row& r) { return Held{r.get<std::int64_t>(0), r.get<std::int64_t>(1)}; });
}

bool CollectionRepository::has_more(db::Transaction& tx, std::int64_t row, std::int64_t than) {
  return tx
      .value<std::int64_t>("select id from collection_item where collection_id = :row order by id limit 1 offset :than",
                           {{"row", row}, {"than", than}})
      .has_value();
}

std::vector<std::int64_t> CollectionRepository::members(db::Transaction& tx, const std::vector<std::int64_t>& rows,
                                                        bool containers) {
  std::string sql = "select distinct i.asset_id from collection_item i";
  if (containers) sql += " join asset a on a.id = i.asset_id and a.asset_type <> :file";
  sql += " where i.collection_id = any(:rows)";
  db::Parameters parameters{{"rows", rows}};
  if (containers) parameters.push_back({"file", AssetType::file});
  return tx.all(sql, parameters, [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

void CollectionRepository::each(db::Transaction& tx,
                                const std::function<void(std::int64_t, const Uuid&, const std::string&)>& fn) {
  tx.each("select id, uid, name from collection where not removed", {},
          [&](const db::Row& row) { fn(row.get<std::int64_t>(0), row.get<Uuid>(1), row.get<std::string>(2)); });
}

Result<void> CollectionNames::load() {
  std::unordered_map<std::int64_t, std::string> names;
  std::unordered_map<Uuid, std::int64_t> rows;
  RV_CHECK(database_.read([&](db::Transaction& tx) -> Result<void> {
    CollectionRepository{}.each(tx, [&](std::int64_t row, const Uuid& id, const std::string& name) {
      names[row] = name;
      rows[id] = row;
    });
    return {};
  }));
  std::unique_lock lock(mutex_);
  names_ = std::move(names);
  rows_ = std::move(rows);
  return {};
}

Result<void> CollectionNames::reload(const Uuid& id) {
  RV_TRY(auto found, database_.read([&](db::Transaction& tx) -> Result<std::optional<Collection>> {
    return CollectionRepository{}.find(tx, id);
  }));
  if (found)
    put(found->row, id, found->name);
  else
    remove(id);
  return {};
}

void CollectionNames::put(std::int64_t row, const Uuid& id, std::string name) {
  std::unique_lock lock(mutex_);
  names_[row] = std::move(name);
  rows_[id] = row;
}

void CollectionNames::remove(const Uuid& id) {
  std::unique_lock lock(mutex_);
  if (auto found = rows_.find(id); found != rows_.end()) {
    names_.erase(found->second);
    rows_.erase(found);
  }
}

std::vector<std::string> CollectionNames::of(const std::string& collections_json) const {
  if (collections_json == "[]") return {};
  const boost::json::value rows = boost::json::parse(collections_json);
  std::vector<std::string> out;
  {
    std::shared_lock lock(mutex_);
    for (const boost::json::value& row : rows.as_array())
      if (auto found = names_.find(row.to_number<std::int64_t>()); found != names_.end()) out.push_back(found->second);
  }
  std::ranges::sort(out, {}, [](const std::string& name) { return name_sort_key(name); });
  auto [first, last] = std::ranges::unique(out);
  out.erase(first, last);
  return out;
}

}  // namespace reelvault::catalog
