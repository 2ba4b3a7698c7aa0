#include "search/search_repository.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "db/clock.hpp"
#include "db/sqlite_functions.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace reelvault::search {

namespace {

// Terms hold letters, digits, marks and the two marks of ours, never a quote; it is escaped nevertheless.
std::string in_quotes(std::string_view term, char quote) {
  std::string out(1, quote);
  for (char c : term) {
    if (c == quote || (c == '\\' && quote == '\'')) out += c;
    out += c;
  }
  out += quote;
  return out;
}

std::string joined(const std::vector<std::string>& terms, char quote, std::string_view by) {
  std::string out = "(";
  for (const std::string& term : terms) {
    if (out.size() > 1) out += by;
    out += in_quotes(term, quote);
  }
  return out + ")";
}

// Never without a group that must match: FTS5 has no "all but".
std::string fts_query(const Expression& expression) {
  std::string out;
  for (const auto& group : expression.all) {
    if (!out.empty()) out += " AND ";
    out += joined(group, '"', " OR ");
  }
  if (!expression.none.empty()) out = "(" + out + ") NOT " + joined(expression.none, '"', " OR ");
  return out;
}

std::string ts_query(const Expression& expression) {
  std::string out;
  for (const auto& group : expression.all) {
    if (!out.empty()) out += " & ";
    out += joined(group, '\'', " | ");
  }
  if (!expression.none.empty()) out += " & !" + joined(expression.none, '\'', " | ");
  return out;
}

// A tsvector holds a megabyte; a text with more different words than that is found by most of them.
std::vector<std::string> array_of(const Terms& terms) {
  constexpr std::size_t limit = 800'000;
  std::vector<std::string> out;
  std::size_t bytes = 0;
  for (const std::string& term : terms) {
    bytes += term.size() + 4;
    if (bytes > limit) {
      log::warning("an asset has more words than the index takes", {{"terms", terms.size()}});
      break;
    }
    out.push_back(term);
  }
  return out;
}

// Of a tsvector as PostgreSQL writes it: 'harbour' 'o''brien', quotes and backslashes doubled.
void each_lexeme(std::string_view written, const std::function<void(std::string_view)>& fn) {
  std::string escaped;
  for (std::size_t at = 0; at < written.size();) {
    const std::size_t begin = written.find('\'', at);
    if (begin == std::string_view::npos) return;
    std::size_t end = begin + 1;
    bool plain = true;
    while (end < written.size()) {
      const bool doubled = end + 1 < written.size() && written[end + 1] == written[end];
      if (written[end] == '\'' && !doubled) break;
      const bool escape = (written[end] == '\'' || written[end] == '\\') && doubled;
      plain = plain && !escape;
      end += escape ? 2 : 1;
    }
    std::string_view lexeme = written.substr(begin + 1, end - begin - 1);
    if (!plain) {
      escaped.clear();
      for (std::size_t i = 0; i < lexeme.size(); ++i) {
        escaped += lexeme[i];
        if (lexeme[i] == '\'' || lexeme[i] == '\\') ++i;
      }
      lexeme = escaped;
    }
    fn(lexeme);
    at = end + 1;
  }
}

bool sqlite(db::Transaction& tx) { return tx.kind() == db::Kind::sqlite; }

// A list joined to what it names, in its order on SQLite: half of what `in` costs, which sorts the list into a table
// first.
std::string listed(db::Transaction& tx, std::string_view table, std::string_view id, std::string_view hint = {}) {
  return sqlite(tx) ? fmt::format("reelvault_list(:rows) l cross join {0} a {2} on a.{1} = l.value", table, id, hint)
                    : fmt::format("unnest(:rows) l (value) join {0} a on a.{1} = l.value", table, id);
}

// FTS5 writes what it has gathered to the disk, as a segment of its own, before every statement of the transaction that
// may fail half-way. So all of it comes last: a segment for a transaction rather than for an asset.
void put_into_index(db::Transaction& tx, std::int64_t row, const Terms& terms) {
  tx.before_commit([row, text = text_of(terms)](db::Transaction& last) {
    last.execute("insert into search_index (rowid, terms) values (:row, :terms)", {{"row", row}, {"terms", text}});
  });
}

void take_from_index(db::Transaction& tx, std::int64_t row, const Terms& terms) {
  tx.before_commit([row, text = text_of(terms)](db::Transaction& last) {
    last.execute("insert into search_index (search_index, rowid, terms) values ('delete', :row, :terms)",
                 {{"row", row}, {"terms", text}});
  });
}

constexpr std::string_view candidate_columns =
    "a.id, a.parent_id, a.asset_type, a.status, a.media_type, a.content_type, a.size, a.created_at, a.modified_at, "
    "a.duration_ms, "
    "a.sort_name, a.deleted_at is not null";

Candidate read_candidate(const db::Row& row) {
  Candidate out;
  out.row = row.get<std::int64_t>(0);
  out.parent_row = row.get<std::optional<std::int64_t>>(1).value_or(0);
  out.type = row.get<catalog::AssetType>(2);
  out.status = row.get<catalog::AssetStatus>(3);
  out.media_type = row.get<std::optional<std::string>>(4);
  out.content_type = row.get<std::optional<std::string>>(5);
  out.size = row.get<std::int64_t>(6);
  out.created_at = row.get<Timestamp>(7);
  out.modified_at = row.get<Timestamp>(8);
  out.duration_ms = row.get<std::optional<std::int64_t>>(9);
  out.sort_name = row.get<std::string>(10);
  out.deleted = row.get<bool>(11);
  return out;
}

}  // namespace

std::vector<std::int64_t> SearchRepository::matches(db::Transaction& tx, const Expression& expression,
                                                    std::int64_t bound, bool descending, std::int64_t limit) {
  const std::string_view compare = descending ? "<" : ">", order = descending ? " desc" : "";
  const std::string query = sqlite(tx) ? fts_query(expression) : ts_query(expression);
  const db::Parameters parameters{{"query", query}, {"bound", bound}, {"limit", limit}};
  if (sqlite(tx)) {
    auto rows = tx.value<db::Blob>(
        fmt::format("select reelvault_numbers(rowid) from (select rowid from search_index where search_index match "
                    ":query and rowid {} :bound order by rowid{} limit :limit)",
                    compare, order),
        parameters);
    return db::numbers_of(rows ? rows->bytes : std::string());
  }
  // How common a word is says whether its list is read or the documents are gone through. Of a word that is in no
  // sample the planner believes that it is in one of 400.
  return tx.all(fmt::format("{0}with found as {1} (select asset_id from search_document where terms @@ cast(:query as "
                            "tsquery) and asset_id {2} :bound) select asset_id from found order by asset_id{3} limit "
                            ":limit",
                            db::planned_anew, expression.rare ? "materialized" : "not materialized", compare, order),
                parameters, [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

std::vector<std::int64_t> SearchRepository::every_match(db::Transaction& tx, const Expression& expression) {
  // Three quarters of what it costs with a bound, an order and a limit; in FTS5's own order, which is that of rows.
  auto rows = tx.value<db::Blob>("select reelvault_numbers(rowid) from search_index where search_index match :query",
                                 {{"query", fts_query(expression)}});
  return db::numbers_of(rows ? rows->bytes : std::string());
}

std::optional<std::int64_t> SearchRepository::each_term(db::Transaction& tx, std::int64_t row, std::int64_t limit,
                                                        const std::function<void(std::int64_t, std::string_view)>& fn) {
  std::optional<std::int64_t> last;
  tx.each(
      "select asset_id, cast(terms as text) from search_document where asset_id > :row order by asset_id limit "
      ":limit",
      {{"row", row}, {"limit", limit}}, [&](const db::Row& found) {
        last = found.get<std::int64_t>(0);
        each_lexeme(found.get<std::string>(1), [&](std::string_view term) { fn(*last, term); });
      });
  return last;
}

bool SearchRepository::is_match(db::Transaction& tx, const Expression& expression, std::int64_t row) {
  if (sqlite(tx))
    return tx
        .value<std::int64_t>("select rowid from search_index where search_index match :query and rowid = :row",
                             {{"query", fts_query(expression)}, {"row", row}})
        .has_value();
  return tx
      .value<std::int64_t>(
          "select asset_id from search_document where terms @@ cast(:query as tsquery) and asset_id = :row",
          {{"query", ts_query(expression)}, {"row", row}})
      .has_value();
}

std::vector<Candidate> SearchRepository::candidates(db::Transaction& tx, const std::vector<std::int64_t>& rows) {
  return tx.all(
      fmt::format("select {} from {}", candidate_columns, listed(tx, "asset", "id", "indexed by asset_for_search")),
      {{"rows", rows}}, read_candidate);
}

std::vector<Candidate> SearchRepository::ordered(db::Transaction& tx, Order order, bool descending,
                                                 const std::optional<OrderPosition>& after, int limit) {
  std::string_view column = order == Order::name ? "sort_name" : order == Order::modified ? "modified_at" : "size";
  db::Parameters parameters{{"limit", limit}};
  std::string where = "a.deleted_at is null";
  if (after) {
    where += fmt::format(" and (a.{}, a.id) {} (:key, :row)", column, descending ? "<" : ">");
    if (order == Order::name)
      parameters.push_back({"key", after->text});
    else
      parameters.push_back({"key", after->number});
    parameters.push_back({"row", after->row});
  }
  std::string sql = fmt::format("select {} from asset a where {} order by a.{}{}, a.id{} limit :limit",
                                candidate_columns, where, column, descending ? " desc" : "", descending ? " desc" : "");
  return tx.all(sql, parameters, read_candidate);
}

void SearchRepository::each_source(db::Transaction& tx, const std::vector<std::int64_t>& rows,
                                   const std::function<void(std::int64_t, std::string_view)>& fn) {
  tx.each("select a.asset_id, a.source from " + listed(tx, "search_document", "asset_id"), {{"rows", rows}},
          [&](const db::Row& row) { fn(row.get<std::int64_t>(0), row.get<std::string_view>(1)); });
}

std::int64_t SearchRepository::newest(db::Transaction& tx) {
  return tx.value<std::optional<std::int64_t>>("select max(id) from asset").value_or(std::nullopt).value_or(0);
}

std::int64_t SearchRepository::files_in(db::Transaction& tx, const std::vector<std::int64_t>& folders) {
  return tx
      .value<std::optional<std::int64_t>>(
          "select cast(sum(files) as bigint) from folder_counter where folder_id = any(:folders)",
          {{"folders", folders}})
      .value_or(std::nullopt)
      .value_or(0);
}

std::vector<SearchRepository::TagCount> SearchRepository::tags_of(db::Transaction& tx,
                                                                  const std::vector<std::int64_t>& rows) {
  return tx.all(
      "select g.name, counted.count from (select a.tag_id, count(*) as count from " +
          listed(tx, "asset_tag", "asset_id") + " group by a.tag_id) counted join tag g on g.id = counted.tag_id",
      {{"rows", rows}}, [](const db::Row& row) { return TagCount{row.get<std::string>(0), row.get<std::int64_t>(1)}; });
}

std::vector<std::string> SearchRepository::tags_beginning(db::Transaction& tx, std::string_view folded, int limit) {
  // The last character of Unicode ends what begins so.
  std::string end = std::string(folded) + "\xF4\x8F\xBF\xBF";
  return tx.all("select name from tag where folded >= :from and folded < :until order by folded limit :limit",
                {{"from", folded}, {"until", end}, {"limit", limit}},
                [](const db::Row& row) { return row.get<std::string>(0); });
}

void SearchRepository::each_custom_fields(db::Transaction& tx, const std::vector<std::int64_t>& rows,
                                          const std::function<void(std::int64_t, std::string_view)>& fn) {
  tx.each("select a.id, a.custom_fields from " + listed(tx, "asset", "id") + " where a.custom_fields <> '{}'",
          {{"rows", rows}}, [&](const db::Row& row) { fn(row.get<std::int64_t>(0), row.get<std::string_view>(1)); });
}

std::optional<std::string> SearchRepository::source(db::Transaction& tx, std::int64_t row) {
  return tx.value<std::string>(
      "select source from search_document where asset_id = :row and generation = (select generation from search_state)",
      {{"row", row}});
}

std::unordered_map<std::int64_t, std::string> SearchRepository::sources(db::Transaction& tx,
                                                                        const std::vector<std::int64_t>& rows) {
  std::unordered_map<std::int64_t, std::string> out;
  tx.each(
      "select asset_id, source from search_document where asset_id = any(:rows) and generation = (select generation "
      "from search_state)",
      {{"rows", rows}}, [&](const db::Row& row) { out.emplace(row.get<std::int64_t>(0), row.get<std::string>(1)); });
  return out;
}

void SearchRepository::put_source(db::Transaction& tx, std::int64_t row, std::string_view source, const Terms& terms) {
  if (sqlite(tx)) {
    tx.execute(
        "insert into search_document (asset_id, source, generation) values (:row, :source, (select generation from "
        "search_state)) "
        "on conflict (asset_id) do update set source = excluded.source, generation = excluded.generation",
        {{"row", row}, {"source", source}});
    return;
  }
  tx.execute(
      "insert into search_document (asset_id, source, terms, generation) "
      "values (:row, :source, array_to_tsvector(:terms), (select generation from search_state)) "
      "on conflict (asset_id) do update set source = excluded.source, generation = excluded.generation, "
      "terms = excluded.terms",
      {{"row", row}, {"source", source}, {"terms", array_of(terms)}});
}

void SearchRepository::add_sources(db::Transaction& tx, const std::vector<Addition>& additions) {
  if (additions.empty()) return;
  std::vector<std::int64_t> rows;
  std::vector<std::string> sources, terms;
  for (const Addition& addition : additions) {
    rows.push_back(addition.row);
    sources.push_back(addition.source);
    terms.push_back(addition.come);
  }
  tx.execute(
      "insert into search_document (asset_id, source, terms, generation) select c.row, c.source, "
      "array_to_tsvector(string_to_array(c.terms, ' ')), (select generation from search_state) from unnest(:rows, "
      ":sources, :terms) c (row, source, terms) on conflict (asset_id) do update set source = excluded.source, "
      "generation = excluded.generation, terms = search_document.terms || excluded.terms",
      {{"rows", rows}, {"sources", sources}, {"terms", terms}});
}

void SearchRepository::remove_source(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from search_document where asset_id = :row", {{"row", row}});
}

void SearchRepository::change_terms(db::Transaction& tx, std::int64_t row, const Terms& gone, const Terms& come,
                                    const Terms& all) {
  if (!sqlite(tx)) {
    tx.execute("update search_document set terms = array_to_tsvector(:terms) where asset_id = :row",
               {{"terms", array_of(all)}, {"row", row}});
    return;
  }
  // Without positions and sizes the index is a set of (term, row), to which single ones can be added and from which
  // they can be taken. Only what is not there may be added: of one that lies in two segments a taking may find the one,
  // and merging bring back the other. It counts rows by these statements and refuses to count below zero: to each
  // taking belongs an adding.
  if (!gone.empty()) take_from_index(tx, row, gone);
  if (!gone.empty() || !come.empty()) put_into_index(tx, row, come);
}

void SearchRepository::add_terms(db::Transaction& tx, std::int64_t row, const Terms& come) {
  if (sqlite(tx)) {
    put_into_index(tx, row, come);
  } else {
    tx.execute("update search_document set terms = terms || array_to_tsvector(:terms) where asset_id = :row",
               {{"terms", array_of(come)}, {"row", row}});
  }
}

void SearchRepository::remove_terms(db::Transaction& tx, std::int64_t row, const Terms& all) {
  if (sqlite(tx)) take_from_index(tx, row, all);
}

std::vector<Text> SearchRepository::texts(db::Transaction& tx, std::int64_t row, int limit) {
  return tx.all(
      "select kind, key, text, start_ms, end_ms from search_text where asset_id = :row order by kind, start_ms, id "
      "limit :limit",
      {{"row", row}, {"limit", limit}}, [&](const db::Row& r) {
        return Text{row,
                    r.get<std::string>(0),
                    r.get<std::string>(1),
                    r.get<std::string>(2),
                    r.get<std::optional<std::int64_t>>(3),
                    r.get<std::optional<std::int64_t>>(4)};
      });
}

std::optional<std::string> SearchRepository::text(db::Transaction& tx, std::int64_t row, std::string_view kind,
                                                  std::string_view key) {
  return tx.value<std::string>("select text from search_text where asset_id = :row and kind = :kind and key = :key",
                               {{"row", row}, {"kind", kind}, {"key", key}});
}

void SearchRepository::put_text(db::Transaction& tx, const Text& text) {
  tx.execute(
      "insert into search_text (asset_id, kind, key, text, start_ms, end_ms) values (:row, :kind, :key, :text, :start, "
      ":end) "
      "on conflict (asset_id, kind, key) do update set text = excluded.text, start_ms = excluded.start_ms, end_ms = "
      "excluded.end_ms",
      {{"row", text.asset_row},
       {"kind", text.kind},
       {"key", text.key},
       {"text", text.text},
       {"start", text.start_ms},
       {"end", text.end_ms}});
}

void SearchRepository::remove_texts(db::Transaction& tx, std::int64_t row, std::string_view kind) {
  if (kind.empty())
    tx.execute("delete from search_text where asset_id = :row", {{"row", row}});
  else
    tx.execute("delete from search_text where asset_id = :row and kind = :kind", {{"row", row}, {"kind", kind}});
}

std::unordered_set<std::int64_t> SearchRepository::with_texts(db::Transaction& tx,
                                                              const std::vector<std::int64_t>& rows) {
  std::unordered_set<std::int64_t> out;
  tx.each(fmt::format("select l.value from {} where exists (select 1 from search_text t where t.asset_id = l.value)",
                      sqlite(tx) ? "reelvault_list(:rows) l" : "unnest(:rows) l (value)"),
          {{"rows", rows}}, [&](const db::Row& row) { out.insert(row.get<std::int64_t>(0)); });
  return out;
}

State SearchRepository::state(db::Transaction& tx) {
  return tx
      .one("select generation, words_version, rebuilt_to from search_state", {},
           [](const db::Row& row) {
             return State{row.get<std::int64_t>(0), row.get<int>(1), row.get<std::optional<std::int64_t>>(2)};
           })
      .value_or(State{});
}

void SearchRepository::begin_rebuild(db::Transaction& tx, int version) {
  // What is indexed stays in its rows on PostgreSQL until its turn comes; FTS5 is emptied, and rows of older
  // generations count as not indexed.
  if (sqlite(tx)) tx.execute("insert into search_index (search_index) values ('delete-all')");
  tx.execute("update search_state set generation = generation + 1, words_version = :version, rebuilt_to = 0",
             {{"version", version}});
}

void SearchRepository::set_rebuilt_to(db::Transaction& tx, std::optional<std::int64_t> row) {
  tx.execute("update search_state set rebuilt_to = :row", {{"row", row}});
}

std::vector<std::int64_t> SearchRepository::assets_after(db::Transaction& tx, std::int64_t row, int limit) {
  return tx.all("select id from asset where id > :row order by id limit :limit", {{"row", row}, {"limit", limit}},
                [](const db::Row& r) { return r.get<std::int64_t>(0); });
}

void SearchRepository::sort_in(db::Transaction& tx) {
  tx.value<std::int64_t>("select gin_clean_pending_list('search_document_terms')");
}

bool SearchRepository::merge(db::Transaction& tx, int pages) {
  if (!sqlite(tx)) return false;
  auto changes = [&] { return tx.value<std::int64_t>("select total_changes()").value_or(0); };
  std::int64_t before = changes();
  tx.execute("insert into search_index (search_index, rank) values ('merge', :pages)", {{"pages", pages}});
  return changes() - before >= 2;
}

void SearchRepository::add_changes(db::Transaction& tx, const std::vector<RowChange>& changes) {
  static constexpr std::array<std::string_view, 3> columns = {"asset_ids", "gone", "come"};
  db::insert_rows(tx, "search_change", columns, changes.size(), [&](std::size_t i, std::vector<db::Value>& values) {
    values.emplace_back(changes[i].rows);
    values.emplace_back(changes[i].gone);
    values.emplace_back(changes[i].come);
  });
}

SearchRepository::Snapshot SearchRepository::snapshot(db::Transaction& tx) {
  return tx
      .one(
          "select cast(s as text), cast(cast(pg_snapshot_xmax(s) as text) as bigint), cast(pg_postmaster_start_time() "
          "as text) from pg_current_snapshot() s",
          {},
          [&](const db::Row& row) {
            return Snapshot{row.get<std::string>(0), row.get<std::int64_t>(1), row.get<std::string>(2), {}};
          })
      .value();
}

std::vector<SearchRepository::RowChange> SearchRepository::changes_since(db::Transaction& tx, const Snapshot& snapshot,
                                                                         std::int64_t limit) {
  // What a snapshot does not show was not begun when it was taken, or was under way.
  std::map<std::int64_t, RowChange> by_id;
  tx.each(
      "select id, array_to_string(asset_ids, ' '), gone, come from (select * from search_change where xid >= "
      "pg_snapshot_xmax(cast(:snapshot "
      "as pg_snapshot)) union all select * from search_change where xid = any(array(select "
      "pg_snapshot_xip(cast(:snapshot as pg_snapshot))))) news limit :limit",
      {{"snapshot", snapshot.text}, {"limit", limit}}, [&](const db::Row& row) {
        RowChange& change = by_id[row.get<std::int64_t>(0)];
        for (std::string_view number : split(row.get<std::string_view>(1), ' '))
          std::from_chars(number.data(), number.data() + number.size(), change.rows.emplace_back());
        change.gone = row.get<std::string>(2);
        change.come = row.get<std::string>(3);
      });
  std::vector<RowChange> out;
  for (auto& [id, change] : by_id) out.push_back(std::move(change));
  return out;
}

std::int64_t SearchRepository::prune_changes(db::Transaction& tx, std::chrono::milliseconds age, std::int64_t limit) {
  return tx.execute(
      "delete from search_change where id in (select id from (select id, at from search_change order by id limit "
      ":limit) oldest where at < :before)",
      {{"before", db::clock(tx) - age}, {"limit", limit}});
}

void SearchRepository::forget_foreign_changes(db::Transaction& tx) {
  tx.execute("delete from search_change where xid >= pg_snapshot_xmax(pg_current_snapshot())");
}

}  // namespace reelvault::search
