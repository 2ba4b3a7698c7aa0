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
// is durable. A statement that fails unwinds the closure by an exception (db/failure.hpp) that never leaves read or
// write: it comes out as an Error, and catching it inside does not save the transaction. A violated constraint comes
// out as Code::conflict, type "constraint", its detail the name of the index or constraint ("foreign key" on SQLite,
// which does not tell); a closure that expects a unique violation uses try_execute or try_insert. Any other exception
// rolls back and is rethrown to the caller. Both may be called on any thread but not inside one another, and they
// block: never on an event loop, except read on SQLite for routes declared `point`.
//
// Dialect: statements are written once with named parameters `:name`. In migrations `integer primary key` becomes an
// identity column (never give a row its id yourself: PostgreSQL's sequence does not notice), `text` gets COLLATE "C"
// and `blob` is bytea on PostgreSQL. Times are bigint Unix milliseconds, ids `uuid` (a 16 byte blob on SQLite),
// booleans `boolean` (0 and 1 on SQLite), JSON is text. Paging is by key, never OFFSET. On SQLite LIKE minds case, "x"
// is never a string, and least() and greatest() exist, as on PostgreSQL; text is valid UTF-8 without NUL on both
// (anything else bound as text is Code::invalid). PostgreSQL plans a statement once for all parameters; one that begins
// with /*planned anew*/ it plans for those of each run, for what is best found in different ways (a word by how common
// it is).
#pragma once
#include "base/error.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace reelvault::db {

enum class Kind { sqlite, postgres };

inline constexpr std::string_view planned_anew = "/*planned anew*/";

struct Blob {
  std::string bytes;
};
// Of what type it is a null (an index in Value::Variant; 0: not said), which PostgreSQL needs to know where nothing
// else tells, as in `:after is null`. An empty optional says it, a bare Null does not.
struct Null {
  std::size_t type = 0;
};

// A parameter. Views must outlive the call. Vectors bind as a list for `= any(:ids)` and `<> all(:ids)` (a PostgreSQL
// array; on SQLite the layer rewrites these two to a sub-select over the list).
class Value {
 public:
  // NOLINTBEGIN(google-explicit-constructor): parameters are written as plain values, {{"id", id}}.
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
    if (value) {
      value_ = Value(*value).value_;
    } else {
      value_ = Null{type_index<T>()};
    }
  }
  template <class T>
  Value(T*) = delete;  // or a pointer would become a bool
  // NOLINTEND(google-explicit-constructor)
  const Variant& variant() const { return value_; }

 private:
  template <class T>
  static std::size_t type_index() {
    if constexpr (std::is_same_v<T, bool>) return Variant(bool()).index();
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, Timestamp>) {
      return Variant(std::int64_t()).index();
    }
    if constexpr (std::is_convertible_v<T, std::string_view>) return Variant(std::string_view()).index();
    if constexpr (std::is_constructible_v<Variant, T>) return Variant(T()).index();
    return 0;
  }

  Variant value_ = Null{};
};

struct Parameter {
  std::string_view name;  // without the colon
  Value value;
};
using Parameters = std::vector<Parameter>;

// One row. A getter takes the column's position (fast) or name, and T is bool, an integer, an enum, double,
// std::string, std::string_view (valid until the row goes), Blob, Uuid, Timestamp, or std::optional of these; NULL in a
// non-optional, a number that T cannot hold or a value of another kind is a bug and unwinds with Code::internal.
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

 private:
  [[noreturn]] static void refuse_null(int column);
  [[noreturn]] static void refuse_range(int column, std::int64_t value);
  template <class T>
  struct Optional : std::false_type {};
  template <class T>
  struct Optional<std::optional<T>> : std::true_type {};
};

template <class T>
T Row::get(int column) const {
  if constexpr (Optional<T>::value) {
    if (null(column)) return std::nullopt;
    return get<typename T::value_type>(column);
  } else {
    if (null(column)) refuse_null(column);
    if constexpr (std::is_same_v<T, bool>) {
      return integer(column) != 0;
    } else if constexpr (std::is_enum_v<T>) {
      return static_cast<T>(get<std::underlying_type_t<T>>(column));
    } else if constexpr (std::is_integral_v<T>) {
      const std::int64_t value = integer(column);
      if (!std::in_range<T>(value)) refuse_range(column, value);
      return static_cast<T>(value);
    } else if constexpr (std::is_same_v<T, double>) {
      return real(column);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
      return T(bytes(column));
    } else if constexpr (std::is_same_v<T, Blob>) {
      return Blob{std::string(bytes(column))};
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return uuid(column);
    } else {
      static_assert(std::is_same_v<T, Timestamp>, "no column is read as this type");
      return from_unix_ms(integer(column));
    }
  }
}

class Transaction;

// The number that a changing statement answers with. PostgreSQL is asked for it where it is used: changes whose answer
// nobody uses go to the server together, and cost no round trip each. Used inside the closure only.
class Answer {
 public:
  Answer(Transaction& transaction, std::size_t statement)
      : transaction_(&transaction), number_(static_cast<std::int64_t>(statement)) {}
  explicit Answer(std::int64_t number) : number_(number) {}
  // NOLINTNEXTLINE(google-explicit-constructor): it is that number.
  operator std::int64_t() const;

 private:
  Transaction* transaction_ = nullptr;
  std::int64_t number_;  // of the statement, where there is a transaction to ask
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Kind kind() const = 0;

  // Runs fn for each row, which may run other statements but not change the rows being read (PostgreSQL has them all
  // by then, SQLite is still reading). The row is valid inside fn only.
  void each(std::string_view sql, const Parameters& parameters, const std::function<void(const Row&)>& fn) {
    visit(sql, parameters, [&](const Row& row) {
      fn(row);
      return true;
    });
  }
  // Rows affected. An `insert`, `update` or `delete` may be sent to PostgreSQL no sooner than its answer is used, or
  // another statement's, or the transaction ends: its failure unwinds from there.
  virtual Answer execute(std::string_view sql, const Parameters& parameters = {}) = 0;
  // Like execute, but false, with nothing done by this statement, where it would violate a unique constraint.
  virtual bool try_execute(std::string_view sql, const Parameters& parameters) = 0;

  // The first row mapped through fn, or nothing.
  template <class F>
  auto one(std::string_view sql, const Parameters& parameters, F&& fn)
      -> std::optional<std::invoke_result_t<F, const Row&>> {
    std::optional<std::invoke_result_t<F, const Row&>> found;
    visit(sql, parameters, [&](const Row& row) {
      found.emplace(fn(row));
      return false;
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
  // `insert …` without a returning clause, into a table whose primary key is `id`: the new row's id, or 0 where an
  // `on conflict do nothing` did nothing.
  virtual Answer insert(std::string_view sql, const Parameters& parameters) = 0;
  // Like insert, but nothing where it would violate a unique constraint.
  virtual std::optional<std::int64_t> try_insert(std::string_view sql, const Parameters& parameters) = 0;

  // How many of the statements above this run of the closure has come to. Whoever finds it the same before and after
  // knows that nothing was changed in between.
  std::int64_t changes() const { return changes_; }

  // One statement as it stands: no parameters, no rewriting, not kept prepared. For migrations and pragmas.
  virtual void execute_raw(std::string_view sql) = 0;

  // Runs fn once this transaction is durable, before write returns, on the committing thread, never two at once, and
  // on SQLite in commit order (PostgreSQL does not tell the order of two connections): for in-memory indexes and
  // wake-ups. It must be short and must not use the database. Not run when the closure fails or is run again.
  virtual void after_commit(std::function<void()> fn) = 0;
  // Runs fn as the last of this transaction, once the closure has succeeded, in the order given: for what is cheaper
  // when it is written together. It may throw as any statement does, and fails the transaction then.
  virtual void before_commit(std::function<void(Transaction&)> fn) = 0;
  // The list that `owner` gathers in this run of the closure; `write` gets it as the last of the transaction, as with
  // before_commit. Until then what is in it is not in the database. An owner gathers one type of T.
  template <class T>
  std::vector<T>& gathered(const void* owner, std::function<void(Transaction&, const std::vector<T>&)> write) {
    auto& held = gathered_[owner];
    if (!held) {
      auto list = std::make_shared<std::vector<T>>();
      before_commit([this, owner, list, write = std::move(write)](Transaction& last) {
        gathered_.erase(owner);
        write(last, *list);
      });
      held = std::move(list);
    }
    return *static_cast<std::vector<T>*>(held.get());
  }

 protected:
  // fn returns false to stop.
  virtual void visit(std::string_view sql, const Parameters& parameters, const std::function<bool(const Row&)>& fn) = 0;
  void count_change() { ++changes_; }
  friend class Answer;
  // Of the statement with this number; throws as the statement would have.
  virtual std::int64_t answer_of(std::size_t statement) = 0;

 private:
  std::map<const void*, std::shared_ptr<void>> gathered_;
  std::int64_t changes_ = 0;
};

// Inserts `count` rows, on PostgreSQL many with one statement. `values` adds those of a row, in the order of `columns`.
void insert_rows(Transaction& tx, std::string_view table, std::span<const std::string_view> columns, std::size_t count,
                 const std::function<void(std::size_t row, std::vector<Value>& values)>& values);

inline Answer::operator std::int64_t() const {
  return transaction_ == nullptr ? number_ : transaction_->answer_of(static_cast<std::size_t>(number_));
}

struct Options {
  std::string url;                             // empty: SQLite at `path`; else postgresql://…
  std::filesystem::path path;                  // the SQLite file
  int readers = 4;                             // reader connections (SQLite) or pool size (PostgreSQL, plus writers)
  int writers = 8;                             // PostgreSQL connections for write
  bool run_closures_twice = false;             // tests: roll every closure back once and run it again
  std::chrono::milliseconds read_limit{5000};  // a reader is interrupted after this: Code::unavailable
  std::string schema;                          // PostgreSQL: search_path, made if missing; tests use one each
};

class Database {
 public:
  virtual ~Database() = default;
  // Opens (SQLite: makes) the database. It does not migrate. A SQLite file on NFS or SMB is refused.
  static Result<std::unique_ptr<Database>> open(Options options);

  virtual Kind kind() const = 0;
  // Counts commits of this process, where no other writes assets (SQLite: the data folder is locked); nothing on
  // PostgreSQL. It rises after a commit's callbacks and before its caller hears of it: whoever saw the same number
  // before a read and now has what there is, save for changes that nobody was told of yet. See epoch_cache.hpp.
  virtual std::optional<std::uint64_t> epoch() const { return std::nullopt; }
  // A consistent copy as one file at `to`, made while the database goes on working, synced; `to` is replaced. SQLite
  // only: on PostgreSQL an Error that names pg_dump.
  virtual Result<void> backup(const std::filesystem::path& to) = 0;
  // Opens what is opened when first used, in the background, so that no request waits for it. Once, after migrating.
  virtual void warm_up() {}
  // The SQLite file; empty on PostgreSQL.
  virtual std::filesystem::path file() const = 0;

  template <class F>
  auto read(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_read, std::forward<F>(fn));
  }
  // read without Options::read_limit: for what a start reads once, however slow the disk and large the library.
  template <class F>
  auto read_unlimited(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_read_unlimited, std::forward<F>(fn));
  }
  template <class F>
  auto write(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_write, std::forward<F>(fn), prologue_of_write());
  }
  // write of what its caller can do without: the disk is not waited for. A crash of the program takes nothing, but
  // a power cut may take the change, with all those of this kind that came after it, until a `write` that began later
  // has answered. Callbacks of after_commit run all the same.
  template <class F>
  auto write_unsynced(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_write_unsynced, std::forward<F>(fn), prologue_of_write());
  }
  // write at SERIALIZABLE on PostgreSQL (tree moves); on SQLite every write already is.
  template <class F>
  auto write_serializable(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_write_serializable, std::forward<F>(fn), prologue_of_write());
  }

  // A read that may be called inside a closure: it sees what is committed, and nothing of what that closure wrote. On a
  // connection of its own, which no closure holds, one read at a time, so that it never waits for what waits for it.
  // For memory that lacks what another node has made meanwhile; where a Transaction is at hand, use that.
  template <class F>
  auto read_beside(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    return run(&Database::run_read_beside, std::forward<F>(fn));
  }

  // Something to do first in the transaction of each write, every time its closure runs; an Error ends the write. The
  // hook is asked on the thread that calls write, and may give nothing. Set once, before the first write; auth marks
  // with it what a request with an Idempotency-Key changes.
  using Prologue = std::function<Result<void>(Transaction&)>;
  void before_writes(std::function<Prologue()> hook) { write_hook_ = std::move(hook); }

 protected:
  using Closure = std::function<Result<void>(Transaction&)>;
  virtual Result<void> run_read(const Closure& closure) = 0;
  virtual Result<void> run_read_unlimited(const Closure& closure) = 0;
  virtual Result<void> run_read_beside(const Closure& closure) = 0;
  virtual Result<void> run_write(const Closure& closure) = 0;
  virtual Result<void> run_write_unsynced(const Closure& closure) = 0;
  virtual Result<void> run_write_serializable(const Closure& closure) = 0;

 private:
  template <class F>
  auto run(Result<void> (Database::*method)(const Closure&), F&& fn, const Prologue& prologue = {})
      -> std::invoke_result_t<F, Transaction&> {
    using R = std::invoke_result_t<F, Transaction&>;
    std::optional<R> out;
    Result<void> ran = (this->*method)([&](Transaction& tx) -> Result<void> {
      if (prologue)
        if (auto ready = prologue(tx); !ready) return ready;
      out.emplace(fn(tx));
      if (!*out) return std::unexpected(out->error());
      return {};
    });
    if (!ran) return std::unexpected(std::move(ran).error());
    return std::move(*out);
  }
  Prologue prologue_of_write() { return write_hook_ ? write_hook_() : Prologue(); }

  std::function<Prologue()> write_hook_;
};

}  // namespace reelvault::db
