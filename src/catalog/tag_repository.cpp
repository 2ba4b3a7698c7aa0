#include "catalog/tag_repository.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>

#include <map>

namespace reelvault::catalog {

namespace {

// Bytewise above every text that begins with `prefix`.
std::string prefix_end(const std::string& prefix) { return prefix + "\xF4\x8F\xBF\xBF"; }

Tag read_tag(const db::Row& row) {
  return {row.get<std::int64_t>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<std::int64_t>(3)};
}

}  // namespace

void TagRepository::set(db::Transaction& tx, std::int64_t asset_row, const std::vector<std::string>& tags) {
  // Ordered, so that two transactions that use the same tags meet them in the same order.
  std::map<std::string, std::string> wanted;
  for (const std::string& tag : tags) wanted.emplace(fold_case(tag), tag);
  auto has = tx.all(
      "select t.tag_id, g.folded from asset_tag t join tag g on g.id = t.tag_id where t.asset_id = :row order by "
      "g.folded",
      {{"row", asset_row}},
      [](const db::Row& row) { return std::pair(row.get<std::int64_t>(0), row.get<std::string>(1)); });
  for (const auto& [tag_row, folded] : has)
    if (wanted.erase(folded) == 0) remove_rows(tx, {asset_row}, folded, tag_row);
  for (const auto& [folded, name] : wanted) add(tx, std::vector{asset_row}, name);
}

void TagRepository::set_from_json(db::Transaction& tx, std::int64_t asset_row, const std::string& tags_json) {
  std::vector<std::string> tags;
  const boost::json::value parsed = boost::json::parse(tags_json);
  for (const boost::json::value& tag : parsed.as_array()) tags.emplace_back(tag.as_string());
  set(tx, asset_row, tags);
}

// The tag's row, which stays until the transaction ends.
std::int64_t TagRepository::find_or_create(db::Transaction& tx, const std::string& folded, const std::string& name) {
  const std::string_view find = tx.kind() == db::Kind::postgres
                                    ? "select id from tag where folded = :folded for key share"
                                    : "select id from tag where folded = :folded";
  while (true) {  // who took it from its last asset may remove it in between
    if (auto row = tx.value<std::int64_t>(find, {{"folded", folded}})) return *row;
    tx.execute("insert into tag (name, folded, uses) values (:name, :folded, 0) on conflict (folded) do nothing",
               {{"name", name}, {"folded", folded}});
  }
}

void TagRepository::used(db::Transaction& tx, const std::string& folded, std::int64_t tag_row, std::int64_t more) {
  struct Use {
    std::string folded;
    std::int64_t tag_row, more;
  };
  static const char owner = 0;
  tx.gathered<Use>(&owner, [](db::Transaction& last, const std::vector<Use>& all) {
      std::map<std::pair<std::string, std::int64_t>, std::int64_t> by_tag;  // in the order of all, so that no two wait
      for (const Use& use : all) by_tag[{use.folded, use.tag_row}] += use.more;
      for (const auto& [known, uses] : by_tag) {
        if (uses == 0) continue;
        const std::int64_t tag = known.second;
        // Whoever gives it to an asset meanwhile holds it, and comes first: its last use is not gone then.
        if (uses < 0 && last.kind() == db::Kind::postgres)
          last.value<std::int64_t>("select id from tag where id = :tag for update", {{"tag", tag}});
        last.execute("update tag set uses = uses + :uses where id = :tag", {{"uses", uses}, {"tag", tag}});
        if (uses < 0) last.execute("delete from tag where id = :tag and uses <= 0", {{"tag", tag}});
      }
    }).push_back({folded, tag_row, more});
}

void TagRepository::add(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows, const std::string& tag) {
  if (asset_rows.empty()) return;
  const std::string folded = fold_case(tag);
  const std::int64_t tag_row = find_or_create(tx, folded, tag);
  tx.execute(
      "insert into asset_tag (asset_id, tag_id, parent_id, asset_type, sort_name) select id, :tag, "
      "coalesce(parent_id, 0), asset_type, sort_name from asset where id = any(:rows)",
      {{"tag", tag_row}, {"rows", asset_rows}});
  used(tx, folded, tag_row, static_cast<std::int64_t>(asset_rows.size()));
}

void TagRepository::remove(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows, const std::string& tag) {
  auto tag_row = find(tx, fold_case(tag));
  if (tag_row) remove_rows(tx, asset_rows, fold_case(tag), *tag_row);
}

void TagRepository::remove_rows(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows,
                                const std::string& folded, std::int64_t tag_row) {
  const std::int64_t gone = tx.execute("delete from asset_tag where tag_id = :tag and asset_id = any(:rows)",
                                       {{"tag", tag_row}, {"rows", asset_rows}});
  if (gone != 0) used(tx, folded, tag_row, -gone);
}

void TagRepository::placed(db::Transaction& tx, std::int64_t asset_row, std::int64_t parent_row,
                           const std::string& sort_name) {
  tx.execute("update asset_tag set parent_id = :parent, sort_name = :name where asset_id = :row",
             {{"parent", parent_row}, {"name", sort_name}, {"row", asset_row}});
}

std::vector<Tag> TagRepository::page(db::Transaction& tx, const std::string& prefix, const std::string& after,
                                     int limit) {
  return tx.all(
      "select id, name, folded, uses from tag where folded >= :prefix and folded < :end and folded > :after order by "
      "folded limit :limit",
      {{"prefix", prefix}, {"end", prefix_end(prefix)}, {"after", after}, {"limit", limit}}, read_tag);
}

std::optional<std::int64_t> TagRepository::find(db::Transaction& tx, const std::string& folded) {
  return tx.value<std::int64_t>("select id from tag where folded = :folded", {{"folded", folded}});
}

std::vector<Tag> TagRepository::rows(db::Transaction& tx, const std::vector<std::int64_t>& rows) {
  return tx.all("select id, name, folded, uses from tag where id = any(:rows) order by folded", {{"rows", rows}},
                read_tag);
}

std::int64_t TagRepository::count(db::Transaction& tx, const std::string& prefix, std::int64_t at_most) {
  return tx
      .value<std::int64_t>(
          "select count(*) from (select 1 from tag where folded >= :prefix and folded < :end limit :most) counted",
          {{"prefix", prefix}, {"end", prefix_end(prefix)}, {"most", at_most}})
      .value_or(0);
}

void TagRepository::count_in(db::Transaction& tx, const std::vector<std::int64_t>& folders, Counts& counts) {
  // asset_tag's index begins with the tag: from the side of folders, what they hold is asked for its tags one by one.
  tx.each(
      "select t.tag_id, count(*) from asset a join asset_tag t on t.asset_id = a.id where a.parent_id = any(:folders) "
      "and "
      "a.deleted_at is null and a.tags <> '[]' group by t.tag_id",
      {{"folders", folders}},
      [&](const db::Row& row) { counts[row.get<std::int64_t>(0)] += row.get<std::int64_t>(1); });
}

void TagRepository::count_of(db::Transaction& tx, const std::vector<std::int64_t>& assets, Counts& counts) {
  tx.each("select tag_id, count(*) from asset_tag where asset_id = any(:assets) group by tag_id", {{"assets", assets}},
          [&](const db::Row& row) { counts[row.get<std::int64_t>(0)] += row.get<std::int64_t>(1); });
}

TagRepository::Counts TagRepository::uses_below(db::Transaction& tx, const std::vector<std::int64_t>& tags,
                                                const std::vector<std::int64_t>& folders) {
  Counts counts;
  tx.each(
      "select tag_id, count(*) from asset_tag where tag_id = any(:tags) and parent_id = any(:folders) group by tag_id",
      {{"tags", tags}, {"folders", folders}},
      [&](const db::Row& row) { counts[row.get<std::int64_t>(0)] += row.get<std::int64_t>(1); });
  return counts;
}

std::vector<TagRepository::Use> TagRepository::uses_of(db::Transaction& tx, std::int64_t tag_row, std::int64_t limit) {
  return tx.all(
      "select asset_id, parent_id, asset_type from asset_tag where tag_id = :tag order by parent_id, asset_type limit "
      ":limit",
      {{"tag", tag_row}, {"limit", limit}}, [](const db::Row& row) {
        return Use{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2) != 2};
      });
}

}  // namespace reelvault::catalog
