// The database: SQLite or PostgreSQL behind one small interface and one SQL.
//
//   auto name = database.read([&](db::Transaction& tx) -> Result<std::string> {
//     auto row = tx.one("select name from asset where uid = :id", {{"id", id}});
//     if (!row) return fail_not_found();
//     return row->get<std::string>(0);
//   });
//
// read(fn) runs on a snapshot. write(fn) runs a closure that has no effect but on the database, because it may be run
// again (a lost race on PostgreSQL, a broken group commit on SQLite; in tests every closure runs twice). An Error
// returned by the closure rolls its own work back and is handed to the caller. When write returns a value, the change
// is durable. A statement that fails unwinds the closure by an exception that never leaves read or write: it comes out
// as an Error (see Constraint below). Both may be called on any thread but not inside one another, and they block:
// never on an event loop, except read on SQLite for routes declared `point`.
//
// Dialect: statements are written once with named parameters `:name`. In migrations `integer primary key` becomes an
// identity column and `text` gets COLLATE "C" on PostgreSQL. Times are bigint Unix milliseconds, ids `uuid`
// (a 16 byte blob on SQLite), booleans `boolean` (0 and 1 on SQLite), JSON is text. Paging is by key, never OFFSET.
#pragma once
#include "base/error.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace reelvault::db {

enum class Kind { sqlite, postgres };

struct Null {};
struct Blob {
  std::string bytes;
};

// A parameter. Views must outlive the call. Vectors bind as a list for `= any(:ids)` (PostgreSQL array; on SQLite the
// layer rewrites it to a json_each/carray sub-select).
class Value {
 public:
  using Variant = std::variant<Null, bool, std::int64_t, double, std::string_view, Blob, Uuid,
                               std::vector<std::int64_t>, std::vector<std::string>, std::vector<Uuid>>;
  Value(Null) {}
  Value(std::nullopt_t) {}
  Value(bool value) : value_(value) {}
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  Value(T value) : value_(static_cast<std::int64_t>(value)) {}
  template <class T>
    requires std::is_enum_v<T>
  Value(T value) : value_(static_cast<std::int64_t>(value)) {}
  Value(double value) : value_(value) {}
  Value(const char* value) : value_(std::string_view(value)) {}
  Value(std::string_view value) : value_(value) {}
  Value(const std::string& value) : value_(std::string_view(value)) {}
  Value(Blob value) : value_(std::move(value)) {}
  Value(const Uuid& value) : value_(value) {}
  Value(Timestamp value) : value_(unix_ms(value)) {}
  Value(std::vector<std::int64_t> value) : value_(std::move(value)) {}
  Value(std::vector<std::string> value) : value_(std::move(value)) {}
  Value(std::vector<Uuid> value) : value_(std::move(value)) {}
  template <class T>
  Value(const std::optional<T>& value) {
    if (value) value_ = Value(*value).value_;
  }
  const Variant& variant() const { return value_; }

 private:
  Variant value_ = Null{};
};

struct Parameter {
  std::string_view name;  // without the colon
  Value value;
};
using Parameters = std::vector<Parameter>;

// One row. A getter takes the column's position (fast) or name, and T is one of bool, std::int32_t, std::int64_t,
// double, std::string, std::string_view (valid until the row goes), Blob, Uuid, Timestamp, or std::optional of these;
// NULL in a non-optional is a bug and unwinds the closure with Code::internal.
class Row {
 public:
  virtual ~Row() = default;
  template <class T>
  T get(int column) const;
  template <class T>
  T get(std::string_view column) const {
    return get<T>(position(column));
  }
  virtual int position(std::string_view column) const = 0;
  virtual bool null(int column) const = 0;

 protected:
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view bytes(int column) const = 0;  // text as UTF-8, blobs raw
  virtual Uuid uuid(int column) const = 0;
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Kind kind() const = 0;

  // Runs fn for each row, which may not start another statement with the same text. The row is valid inside fn only.
  virtual void each(std::string_view sql, const Parameters& parameters, const std::function<void(const Row&)>& fn) = 0;
  // Rows affected.
  virtual std::int64_t execute(std::string_view sql, const Parameters& parameters = {}) = 0;

  // The first row mapped through fn, or nothing.
  template <class F>
  auto one(std::string_view sql, const Parameters& parameters, F&& fn)
      -> std::optional<std::invoke_result_t<F, const Row&>> {
    std::optional<std::invoke_result_t<F, const Row&>> found;
    each(sql, parameters, [&](const Row& row) {
      if (!found) found.emplace(fn(row));
    });
    return found;
  }
  // The first column of the first row, or nothing.
  template <class T>
  std::optional<T> value(std::string_view sql, const Parameters& parameters = {}) {
    return one(sql, parameters, [](const Row& row) { return row.get<T>(0); });
  }
  template <class F>
  auto all(std::string_view sql, const Parameters& parameters, F&& fn)
      -> std::vector<std::invoke_result_t<F, const Row&>> {
    std::vector<std::invoke_result_t<F, const Row&>> rows;
    each(sql, parameters, [&](const Row& row) { rows.push_back(fn(row)); });
    return rows;
  }
  // `insert …` without a returning clause, into a table whose primary key is `id`: the new row's id.
  virtual std::int64_t insert(std::string_view sql, const Parameters& parameters) = 0;

  // Runs fn once this transaction is durable, on the committing thread, in commit order: for in-memory indexes and
  // wake-ups. It must be short and must not use the database. Not run when the closure fails or is run again.
  virtual void after_commit(std::function<void()> fn) = 0;
};

// A unique or foreign key was violated. Unwinds the closure; catch it inside the closure only through attempt().
struct Constraint {
  std::string name;  // the index or constraint, or on SQLite "table.column, table.column"
};

struct Options {
  std::string url;                     // empty: SQLite at `path`; else postgresql://…
  std::filesystem::path path;          // the SQLite file
  int readers = 4;                     // reader connections (SQLite) or pool size (PostgreSQL, plus writers)
  int writers = 8;                     // PostgreSQL connections for write
  bool run_closures_twice = false;     // tests: roll every closure back once and run it again
  std::chrono::milliseconds read_limit{5000};  // a reader is interrupted after this: Code::unavailable
  std::string schema;                  // PostgreSQL: search_path, made if missing; tests use one each
};

class Database {
 public:
  virtual ~Database() = default;
  // Opens (SQLite: makes) the database. It does not migrate.
  static Result<std::unique_ptr<Database>> open(Options options);

  virtual Kind kind() const = 0;

  template <class F>
  auto read(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_read, std::forward<F>(fn));
  }
  template <class F>
  auto write(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_write, std::forward<F>(fn));
  }
  // The same at SERIALIZABLE on PostgreSQL (tree moves); on SQLite every write already is.
  template <class F>
  auto write_serializable(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_write_serializable, std::forward<F>(fn));
  }

 protected:
  using Closure = std::function<Result<void>(Transaction&)>;
  virtual Result<void> run_read(const Closure& closure) = 0;
  virtual Result<void> run_write(const Closure& closure) = 0;
  virtual Result<void> run_write_serializable(const Closure& closure) = 0;

 private:
  template <class F>
  auto run(Result<void> (Database::*method)(const Closure&), F&& fn) -> std::invoke_result_t<F, Transaction&> {
    using R = std::invoke_result_t<F, Transaction&>;
    std::optional<R> out;
    Result<void> ran = (this->*method)([&](Transaction& tx) -> Result<void> {
      out.emplace(fn(tx));
      if (!*out) return std::unexpected(out->error());
      return {};
    });
    if (!ran) return std::unexpected(std::move(ran).error());
    return std::move(*out);
  }
};

}  // namespace reelvault::db
