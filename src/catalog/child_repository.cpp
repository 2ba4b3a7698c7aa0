#include "catalog/child_repository.hpp"

#include "base/text.hpp"

namespace reelvault::catalog {

namespace {

// Of folders and files in one list.
// Names are compared here, folded as no database folds them.
bool named(const ChildFilter& filter, const std::string& name) { return !filter.name_contains || fold_case(name).contains(*filter.name_contains); }

PagePosition read_position(const db::Row& row) {
  return {.type = row.get<std::int64_t>(1), .text = row.get<std::string>(2), .number = row.get<std::int64_t>(3), .row = row.get<std::int64_t>(0)};
}

void range(std::string& sql, db::Parameters& parameters, std::string_view column, const std::optional<Timestamp>& from,
           const std::optional<Timestamp>& until, std::string_view from_name, std::string_view until_name) {
  if (from) {
    sql += fmt::format(" and {} >= :{}", column, from_name);
    parameters.push_back({from_name, *from});
  }
  if (until) {
    sql += fmt::format(" and {} < :{}", column, until_name);
    parameters.push_back({until_name, *until});
  }
}

}  // namespace

bool before(const PagePosition& a, const PagePosition& b, Sort sort) {
  const PagePosition& first = sort.descending ? b : a;
  const PagePosition& second = sort.descending ? a : b;
  if (sort.key == SortKey::name) return std::tie(first.type, first.text, first.row) < std::tie(second.type, second.text, second.row);
  return std::tie(first.number, first.row) < std::tie(second.number, second.row);
}

std::string ChildRepository::number_column() const {
  return sort_.key == SortKey::modified ? "a.modified_at" : sort_.key == SortKey::size ? "a.size" : "a.created_at";
}

bool ChildRepository::walks(ChildDriver driver) const {
  switch (driver) {
    case ChildDriver::folder: return true;
    case ChildDriver::type:
    case ChildDriver::media:
    case ChildDriver::status:
    case ChildDriver::tag: return sort_.key == SortKey::name;
    case ChildDriver::created: return sort_.key == SortKey::created;
    case ChildDriver::modified: return sort_.key == SortKey::modified;
    case ChildDriver::collection: return false;
  }
  return false;
}

ChildRepository::Sql ChildRepository::found_by(ChildDriver driver) const {
  Sql sql{"asset a", "a.parent_id = :parent and a.deleted_at is null", {{"parent", parent_}}};
  // Every index that goes by name has the type before it.
  const bool by_name = driver == ChildDriver::type || driver == ChildDriver::media || driver == ChildDriver::status ||
                       (driver == ChildDriver::folder && sort_.key == SortKey::name);
  if (by_name && filter_.type) {
    sql.where += " and a.asset_type = :type";
    sql.parameters.push_back({"type", *filter_.type});
  }
  switch (driver) {
    case ChildDriver::folder:
    case ChildDriver::type: break;
    case ChildDriver::media:
      sql.where += " and a.media_type = :media";
      sql.parameters.push_back({"media", *filter_.media_type});
      break;
    case ChildDriver::status:
      sql.where += " and a.status = :status";
      sql.parameters.push_back({"status", *filter_.status});
      break;
    case ChildDriver::tag:
      sql.from = "asset_tag t cross join asset a";
      sql.where = "t.tag_id = :tag and t.parent_id = :parent and a.id = t.asset_id and a.deleted_at is null";
      if (filter_.type) {
        sql.where += " and t.asset_type = :type";
        sql.parameters.push_back({"type", *filter_.type});
      }
      sql.parameters.push_back({"tag", *filter_.tag});
      break;
    case ChildDriver::collection:
      sql.where = "a.id in (select i.asset_id from collection_item i where i.collection_id = any(:collections)) and a.parent_id + 0 = :parent "
                  "and a.deleted_at is null";
      sql.parameters.push_back({"collections", *filter_.collections});
      break;
    case ChildDriver::created:
      range(sql.where, sql.parameters, "a.created_at", filter_.created_from, filter_.created_until, "created_from", "created_until");
      break;
    case ChildDriver::modified:
      range(sql.where, sql.parameters, "a.modified_at", filter_.modified_from, filter_.modified_until, "modified_from", "modified_until");
      break;
  }
  return sql;
}

std::string ChildRepository::others(ChildDriver driver, db::Parameters& parameters) const {
  std::string sql;
  auto add = [&](std::string_view clause, std::string_view name, db::Value value) {
    sql += clause;
    parameters.push_back({name, std::move(value)});
  };
  const bool type_done = driver == ChildDriver::type || driver == ChildDriver::media || driver == ChildDriver::status || driver == ChildDriver::tag ||
                         (driver == ChildDriver::folder && sort_.key == SortKey::name);
  if (filter_.type && !type_done) add(" and a.asset_type + 0 = :type", "type", *filter_.type);
  if (filter_.media_type && driver != ChildDriver::media) add(" and a.media_type || '' = :media", "media", *filter_.media_type);
  if (filter_.status && driver != ChildDriver::status) add(" and a.status + 0 = :status", "status", *filter_.status);
  if (filter_.tag && driver != ChildDriver::tag)
    add(" and exists (select 1 from asset_tag t where t.asset_id = a.id and t.tag_id = :tag)", "tag", *filter_.tag);
  if (filter_.collections && driver != ChildDriver::collection)
    add(" and exists (select 1 from collection_item i where i.asset_id = a.id and i.collection_id = any(:collections))", "collections",
        *filter_.collections);
  if (driver != ChildDriver::created)
    range(sql, parameters, "a.created_at + 0", filter_.created_from, filter_.created_until, "created_from", "created_until");
  if (driver != ChildDriver::modified)
    range(sql, parameters, "a.modified_at + 0", filter_.modified_from, filter_.modified_until, "modified_from", "modified_until");
  return sql;
}

std::int64_t ChildRepository::count(ChildDriver driver, std::int64_t at_most) {
  Sql sql = found_by(driver);
  if (driver == ChildDriver::collection) {  // in this folder or not
    sql.from = "collection_item i";
    sql.where = "i.collection_id = any(:collections)";
    std::erase_if(sql.parameters, [](const db::Parameter& parameter) { return parameter.name == "parent"; });
  }
  if (driver == ChildDriver::tag) {
    sql.from = "asset_tag t";
    sql.where = std::string("t.tag_id = :tag and t.parent_id = :parent") + (filter_.type ? " and t.asset_type = :type" : "");
  }
  sql.parameters.push_back({"most", at_most});
  return tx_.value<std::int64_t>(fmt::format("select count(*) from (select 1 from {} where {} limit :most) counted", sql.from, sql.where), sql.parameters)
      .value_or(0);
}

std::vector<PagePosition> ChildRepository::few(ChildDriver driver) {
  Sql sql = found_by(driver);
  sql.where += others(driver, sql.parameters);
  std::vector<PagePosition> found;
  tx_.each(fmt::format("select a.id, a.asset_type, a.sort_name, {}, a.name from {} where {}", number_column(), sql.from, sql.where), sql.parameters,
           [&](const db::Row& row) {
             if (named(filter_, row.get<std::string>(4))) found.push_back(read_position(row));
           });
  std::ranges::sort(found, [&](const PagePosition& a, const PagePosition& b) { return before(a, b, sort_); });
  return found;
}

std::vector<ChildRepository::Examined> ChildRepository::walk(ChildDriver driver, const std::optional<PagePosition>& after, int limit) {
  Sql sql = found_by(driver);
  std::string condition = others(driver, sql.parameters);
  const std::string_view compare = sort_.descending ? "<" : ">";
  const std::string_view direction = sort_.descending ? " desc" : "";
  std::string order;
  if (sort_.key == SortKey::name) {
    const std::string columns = driver == ChildDriver::tag ? "t.asset_type{0}, t.sort_name{0}, t.asset_id{0}" : "a.asset_type{0}, a.sort_name{0}, a.id{0}";
    if (after) {
      sql.where += fmt::format(" and ({}) {} (:after_type, :after_text, :after_row)", fmt::format(fmt::runtime(columns), ""), compare);
      sql.parameters.push_back({"after_type", after->type});
      sql.parameters.push_back({"after_text", after->text});
    }
    order = fmt::format(fmt::runtime(columns), direction);
  } else {
    const std::string column = number_column();
    if (after) {
      sql.where += fmt::format(" and ({}, a.id) {} (:after_number, :after_row)", column, compare);
      sql.parameters.push_back({"after_number", after->number});
    }
    order = fmt::format("{0}{1}, a.id{1}", column, direction);
  }
  if (after) sql.parameters.push_back({"after_row", after->row});
  sql.parameters.push_back({"limit", limit});
  const std::string matches = condition.empty() ? "1" : fmt::format("case when {} then 1 else 0 end", condition.substr(5));
  return tx_.all(fmt::format("select a.id, a.asset_type, a.sort_name, {}, {}, a.name from {} where {} order by {} limit :limit", number_column(),
                             matches, sql.from, sql.where, order),
                 sql.parameters, [&](const db::Row& row) {
                   return Examined{read_position(row), row.get<std::int64_t>(4) != 0 && named(filter_, row.get<std::string>(5))};
                 });
}

}  // namespace reelvault::catalog
