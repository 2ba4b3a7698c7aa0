#include "audit/audit_repository.hpp"

#include "base/origin.hpp"

#include <array>

namespace reelvault::audit {
namespace {

constexpr std::int64_t kExaminedMost = 20'000;  // lines that a filter without an index looks at for one page

constexpr std::string_view kColumns =
    "id, at, kind, operation, user_id, username, via, address, asset_id, asset_uid, asset_name, subject_type, "
    "subject_uid, subject_name, from_status, to_status, reason";

Entry read_entry(const db::Row& row) {
  auto text = [&](int column) { return row.get<std::optional<std::string>>(column).value_or(""); };
  Entry entry;
  entry.row = row.get<std::int64_t>(0);
  entry.at = row.get<Timestamp>(1);
  entry.kind = row.get<Kind>(2);
  entry.operation = row.get<std::string>(3);
  entry.user_id = row.get<std::optional<Uuid>>(4);
  entry.username = text(5);
  entry.via = text(6);
  entry.address = text(7);
  entry.asset_row = row.get<std::optional<std::int64_t>>(8).value_or(0);
  entry.asset_id = row.get<std::optional<Uuid>>(9);
  entry.asset_name = text(10);
  entry.subject_type = text(11);
  entry.subject_id = row.get<std::optional<Uuid>>(12);
  entry.subject_name = text(13);
  entry.from_status = row.get<std::optional<std::int64_t>>(14);
  entry.to_status = row.get<std::optional<std::int64_t>>(15);
  entry.reason = text(16);
  return entry;
}

std::optional<std::string_view> some(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::string_view via_of(const Principal& principal) {
  switch (principal.kind) {
    case Principal::Kind::user: return "session";
    case Principal::Kind::api_key: return "api-key";
    default: return "";
  }
}

// What an index serves stands inside, where lines are counted; the rest is looked at line by line.
struct Sql {
  std::string inside, outside;
  db::Parameters parameters;
};

Sql sql_of(const Filter& filter) {
  Sql sql;
  auto add = [&](std::string& where, std::string_view clause, std::string_view name, db::Value value) {
    where += clause;
    sql.parameters.push_back({name, std::move(value)});
  };
  if (filter.asset_id) add(sql.inside, " and asset_uid = :asset", "asset", *filter.asset_id);
  if (filter.user_id) add(sql.inside, " and user_id = :user", "user", *filter.user_id);
  if (filter.from) add(sql.inside, " and at >= :from", "from", *filter.from);
  if (filter.until) add(sql.inside, " and at < :until", "until", *filter.until);
  if (filter.kind) add(sql.outside, " and kind = :kind", "kind", *filter.kind);
  if (!filter.operations.empty())
    add(sql.outside, " and operation = any(:operations)", "operations", filter.operations);
  return sql;
}

void write_all(db::Transaction& tx, const std::vector<Entry>& entries) {
  static constexpr std::array<std::string_view, 16> columns = {
      "at",        "kind",       "operation",    "user_id",     "username",     "via",         "address",   "asset_id",
      "asset_uid", "asset_name", "subject_type", "subject_uid", "subject_name", "from_status", "to_status", "reason"};
  db::insert_rows(tx, "audit_entry", columns, entries.size(), [&](std::size_t i, std::vector<db::Value>& values) {
    const Entry& entry = entries[i];
    values.emplace_back(entry.at);
    values.emplace_back(entry.kind);
    values.emplace_back(entry.operation);
    values.emplace_back(entry.user_id);
    values.emplace_back(some(entry.username));
    values.emplace_back(some(entry.via));
    values.emplace_back(some(entry.address));
    values.emplace_back(entry.asset_row != 0 ? std::optional(entry.asset_row) : std::nullopt);
    values.emplace_back(entry.asset_id);
    values.emplace_back(some(entry.asset_name));
    values.emplace_back(some(entry.subject_type));
    values.emplace_back(entry.subject_id);
    values.emplace_back(some(entry.subject_name));
    values.emplace_back(entry.from_status);
    values.emplace_back(entry.to_status);
    values.emplace_back(some(entry.reason));
  });
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::change: return "change";
    case Kind::read: return "read";
    case Kind::account: return "account";
  }
  return "";
}

void append(db::Transaction& tx, Entry entry) {
  if (const Origin* origin = Origin::current(); origin && origin->principal) {
    const Principal& by = *origin->principal;
    const bool unsaid = !entry.user_id && entry.username.empty();
    if (unsaid && by.user_row != 0) entry.user_id = by.user_id;
    if (unsaid) entry.username = by.username;
    // Work for somebody else, which a request happens to set off, did not come from this address.
    const bool own =
        unsaid || entry.user_id == (by.user_row != 0 ? std::optional(by.user_id) : std::nullopt) || !by.signed_in();
    if (own && entry.address.empty()) entry.address = origin->address;
    if (own && entry.via.empty()) entry.via = via_of(by);
  }
  if (entry.at == Timestamp{}) entry.at = now();
  static constexpr char gatherer = 0;
  tx.gathered<Entry>(&gatherer, write_all).push_back(std::move(entry));
}

Entry account(std::string operation, std::string subject_type, const std::optional<Uuid>& subject_id,
              std::string subject_name, std::string reason) {
  Entry entry;
  entry.kind = Kind::account;
  entry.operation = std::move(operation);
  entry.subject_type = std::move(subject_type);
  entry.subject_id = subject_id;
  entry.subject_name = std::move(subject_name);
  entry.reason = std::move(reason);
  return entry;
}

Found page(db::Transaction& tx, const Filter& filter, const Place& before, std::int64_t limit) {
  Sql sql = sql_of(filter);
  const bool narrowed = !sql.outside.empty();
  const std::int64_t examined = narrowed ? std::max(kExaminedMost, limit + 1) : limit + 1;
  sql.parameters.insert(sql.parameters.end(), {{"before", before.at}, {"before_row", before.row}});
  const std::string lines = fmt::format(
      "select {{}} from audit_entry where (at, id) < (:before, :before_row){} order by at desc, id desc limit {}",
      sql.inside, examined);
  Found found;
  found.entries = tx.all(fmt::format("select * from ({}) lines where true{} order by at desc, id desc limit {}",
                                     fmt::format(fmt::runtime(lines), kColumns), sql.outside, limit + 1),
                         sql.parameters, read_entry);
  if (static_cast<std::int64_t>(found.entries.size()) > limit) {
    found.entries.resize(static_cast<std::size_t>(limit));
    found.next = Place{unix_ms(found.entries.back().at), found.entries.back().row};
  } else if (narrowed) {
    db::Parameters inside = sql.parameters;
    std::erase_if(inside, [](const db::Parameter& p) { return p.name == "kind" || p.name == "operations"; });
    tx.each(fmt::format("select at, id, count(*) over () from ({}) lines order by at, id limit 1",
                        fmt::format(fmt::runtime(lines), "at, id")),
            inside, [&](const db::Row& row) {
              if (row.get<std::int64_t>(2) == examined)
                found.next = Place{row.get<std::int64_t>(0), row.get<std::int64_t>(1)};
            });
  }
  return found;
}

std::int64_t count(db::Transaction& tx, const Filter& filter, std::int64_t most, bool& exact) {
  Sql sql = sql_of(filter);
  auto lines = [&](std::string_view columns) {
    return fmt::format("(select {} from audit_entry where true{} order by at desc, id desc limit {}) lines", columns,
                       sql.inside, most + 1);
  };
  db::Parameters inside = sql.parameters;
  std::erase_if(inside, [](const db::Parameter& p) { return p.name == "kind" || p.name == "operations"; });
  const auto seen = tx.value<std::int64_t>("select count(*) from " + lines("1"), inside).value_or(0);
  exact = seen <= most;
  if (sql.outside.empty()) return std::min(seen, most);
  return tx
      .value<std::int64_t>(fmt::format("select count(*) from {} where true{}", lines("kind, operation"), sql.outside),
                           sql.parameters)
      .value_or(0);
}

std::vector<Entry> changes_of(db::Transaction& tx, const Uuid& asset) {
  static const std::string sql =
      fmt::format("select {} from audit_entry where asset_uid = :asset and kind = 0 order by at, id", kColumns);
  return tx.all(sql, {{"asset", asset}}, read_entry);
}

std::int64_t prune(db::Transaction& tx, Timestamp before, std::int64_t limit) {
  return tx.execute(
      "delete from audit_entry where id in (select id from audit_entry where at < :before order by at, id limit "
      ":limit)",
      {{"before", before}, {"limit", limit}});
}

}  // namespace reelvault::audit
