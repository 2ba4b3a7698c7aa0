#include "catalog/child_repository.hpp"

#include "base/text.hpp"

namespace reelvault::catalog {

namespace {

constexpr std::string_view joined = " and a.id = t.asset_id and a.deleted_at is null";
// What asset_tag tells alone: it has no rows of assets in the bin.
void leave_asset_out(std::string& from, std::string& where) {
  from = "asset_tag t";
  if (auto at = where.find(joined); at != std::string::npos) where.erase(at, joined.size());
}

// Of folders and files in one list.
// Names are compared here, folded as no database folds them; `maybe_named` only leaves out what cannot be.
bool named(const ChildFilter& filter, const std::string& name) {
  return !filter.name_contains || fold_case(name).contains(*filter.name_contains);
}

// A pattern for sort keys, which hold numbers in another form: what stands between the digits, and the digits of each
// number without leading zeros, in this order.
std::string maybe_named(std::string_view part) {
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string out = "%";
  for (std::size_t at = 0; at < part.size();) {
    std::size_t end = at;
    const bool number = digit(part[at]);
    while (end < part.size() && digit(part[end]) == number) ++end;
    std::string_view run = part.substr(at, end - at);
    if (number) run.remove_prefix(std::min(run.find_first_not_of('0'), run.size()));
    for (char c : run) {
      if (c == '%' || c == '_' || c == '\\') out += '\\';
      out += c;
    }
    out += '%';
    at = end;
  }
  return out;
}

PagePosition read_position(const db::Row& row) {
  return {.type = row.get<std::int64_t>(1),
          .text = row.get<std::string>(2),
          .number = row.get<std::int64_t>(3),
          .row = row.get<std::int64_t>(0)};
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
  if (sort.key == SortKey::name)
    return std::tie(first.type, first.text, first.row) < std::tie(second.type, second.text, second.row);
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
      sql.where = fmt::format("t.tag_id = :tag and t.parent_id = :parent{}", joined);
      if (filter_.type) {
        sql.where += " and t.asset_type = :type";
        sql.parameters.push_back({"type", *filter_.type});
      }
      sql.parameters.push_back({"tag", *filter_.tag});
      break;
    case ChildDriver::collection:
      sql.where =
          "a.id in (select i.asset_id from collection_item i where i.collection_id = any(:collections)) and "
          "a.parent_id + 0 = :parent "
          "and a.deleted_at is null";
      sql.parameters.push_back({"collections", *filter_.collections});
      break;
    case ChildDriver::created:
      range(sql.where, sql.parameters, "a.created_at", filter_.created_from, filter_.created_until, "created_from",
            "created_until");
      break;
    case ChildDriver::modified:
      range(sql.where, sql.parameters, "a.modified_at", filter_.modified_from, filter_.modified_until, "modified_from",
            "modified_until");
      break;
  }
  return sql;
}

std::string ChildRepository::others(ChildDriver driver, db::Parameters& parameters) const {
  std::string sql;
  maybe_ = filter_.name_contains ? maybe_named(*filter_.name_contains) : "";
  auto add = [&](std::string_view clause, std::string_view name, db::Value value) {
    sql += clause;
    parameters.push_back({name, std::move(value)});
  };
  const bool type_done = driver == ChildDriver::type || driver == ChildDriver::media || driver == ChildDriver::status ||
                         driver == ChildDriver::tag || (driver == ChildDriver::folder && sort_.key == SortKey::name);
  if (filter_.name_contains) add(" and a.sort_name like :maybe escape '\\'", "maybe", db::Value(maybe_));
  if (filter_.type && !type_done) add(" and a.asset_type + 0 = :type", "type", *filter_.type);
  if (filter_.media_type && driver != ChildDriver::media)
    add(" and a.media_type || '' = :media", "media", *filter_.media_type);
  if (filter_.status && driver != ChildDriver::status) add(" and a.status + 0 = :status", "status", *filter_.status);
  if (filter_.tag && driver != ChildDriver::tag)
    add(" and exists (select 1 from asset_tag t where t.asset_id = a.id and t.tag_id = :tag)", "tag", *filter_.tag);
  if (filter_.collections && driver != ChildDriver::collection)
    add(" and exists (select 1 from collection_item i where i.asset_id = a.id and i.collection_id = any(:collections))",
        "collections", *filter_.collections);
  if (driver != ChildDriver::created)
    range(sql, parameters, "a.created_at + 0", filter_.created_from, filter_.created_until, "created_from",
          "created_until");
  if (driver != ChildDriver::modified)
    range(sql, parameters, "a.modified_at + 0", filter_.modified_from, filter_.modified_until, "modified_from",
          "modified_until");
  return sql;
}

std::int64_t ChildRepository::count(ChildDriver driver, std::int64_t at_most) {
  Sql sql = found_by(driver);
  if (driver == ChildDriver::collection) {  // in this folder or not
    sql.from = "collection_item i";
    sql.where = "i.collection_id = any(:collections)";
    std::erase_if(sql.parameters, [](const db::Parameter& parameter) { return parameter.name == "parent"; });
  }
  if (driver == ChildDriver::tag) leave_asset_out(sql.from, sql.where);
  sql.parameters.push_back({"most", at_most});
  return tx_
      .value<std::int64_t>(
          fmt::format("select count(*) from (select 1 from {} where {} limit :most) counted", sql.from, sql.where),
          sql.parameters)
      .value_or(0);
}

std::vector<PagePosition> ChildRepository::few(ChildDriver driver) {
  Sql sql = found_by(driver);
  sql.where += others(driver, sql.parameters);
  std::vector<PagePosition> found;
  tx_.each(fmt::format("select a.id, a.asset_type, a.sort_name, {}, a.name from {} where {}", number_column(), sql.from,
                       sql.where),
           sql.parameters, [&](const db::Row& row) {
             if (named(filter_, row.get<std::string>(4))) found.push_back(read_position(row));
           });
  std::ranges::sort(found, [&](const PagePosition& a, const PagePosition& b) { return before(a, b, sort_); });
  return found;
}

ChildRepository::Sql ChildRepository::in_order(ChildDriver driver, const std::optional<PagePosition>& from, bool up_to,
                                               std::string& order) const {
  Sql sql = found_by(driver);
  const std::string_view direction = sort_.descending ? " desc" : "";
  std::string_view compare = sort_.descending ? "<" : ">";
  if (up_to) compare = sort_.descending ? ">=" : "<=";
  std::string columns, values;
  if (sort_.key == SortKey::name) {
    columns = driver == ChildDriver::tag ? "t.asset_type{0}, t.sort_name{0}, t.asset_id{0}"
                                         : "a.asset_type{0}, a.sort_name{0}, a.id{0}";
    values = ":at_type, :at_text, :at_row";
  } else {
    columns = number_column() + "{0}, a.id{0}";
    values = ":at_number, :at_row";
  }
  order = fmt::format(fmt::runtime(columns), direction);
  if (!from) return sql;
  sql.where += fmt::format(" and ({}) {} ({})", fmt::format(fmt::runtime(columns), ""), compare, values);
  if (sort_.key == SortKey::name) {
    sql.parameters.push_back({"at_type", from->type});
    sql.parameters.push_back({"at_text", from->text});
  } else {
    sql.parameters.push_back({"at_number", from->number});
  }
  sql.parameters.push_back({"at_row", from->row});
  return sql;
}

std::vector<ChildRepository::Match> ChildRepository::walk(ChildDriver driver, const std::optional<PagePosition>& after,
                                                          int examine, int limit) {
  std::string order;
  Sql sql = in_order(driver, after, false, order);
  std::string condition = others(driver, sql.parameters);
  sql.parameters.push_back({"limit", limit});
  std::string text =
      fmt::format("select a.id as id, a.asset_type as kind, a.sort_name as sort_name, {} as number, a.name as name",
                  number_column());
  if (condition.empty()) {
    text += fmt::format(" from {} where {} order by {} limit :limit", sql.from, sql.where, order);
  } else {
    sql.parameters.push_back({"examine", examine});
    text += fmt::format(", case when true{} then 1 else 0 end as fits from {} where {} order by {} limit :examine",
                        condition, sql.from, sql.where, order);
    text = fmt::format("select id, kind, sort_name, number, name from ({}) examined where fits = 1", text);
    // SQLite takes rows from the inner list as they come, and stops with the last one that is wanted; PostgreSQL sees
    // that they are in order.
    if (tx_.kind() == db::Kind::postgres) {
      const std::string_view direction = sort_.descending ? " desc" : "";
      text += sort_.key == SortKey::name ? fmt::format(" order by kind{0}, sort_name{0}, id{0}", direction)
                                         : fmt::format(" order by number{0}, id{0}", direction);
    }
    text += " limit :limit";
  }
  return tx_.all(text, sql.parameters, [&](const db::Row& row) {
    return Match{read_position(row), named(filter_, row.get<std::string>(4))};
  });
}

std::optional<PagePosition> ChildRepository::skip(ChildDriver driver, const std::optional<PagePosition>& after,
                                                  int count) {
  std::string order;
  Sql sql = in_order(driver, after, false, order);
  if (driver == ChildDriver::tag) leave_asset_out(sql.from, sql.where);
  sql.parameters.push_back({"skipped", count - 1});
  const std::string keys = driver == ChildDriver::tag   ? "t.asset_id, t.asset_type, t.sort_name, 0"
                           : sort_.key == SortKey::name ? "a.id, a.asset_type, a.sort_name, 0"
                                                        : "a.id, 0, '', " + number_column();
  return tx_.one(
      fmt::format("select {} from {} where {} order by {} limit 1 offset :skipped", keys, sql.from, sql.where, order),
      sql.parameters, read_position);
}

std::int64_t ChildRepository::rows_to(ChildDriver driver, const PagePosition& last, int at_most) {
  std::string order;
  const std::optional<PagePosition> at = last;  // the statement's parameters point into it
  Sql sql = in_order(driver, at, true, order);
  if (driver == ChildDriver::tag) leave_asset_out(sql.from, sql.where);
  sql.parameters.push_back({"most", at_most});
  return tx_
      .value<std::int64_t>(
          fmt::format("select count(*) from (select 1 from {} where {} limit :most) counted", sql.from, sql.where),
          sql.parameters)
      .value_or(0);
}

}  // namespace reelvault::catalog
