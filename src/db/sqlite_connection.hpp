// One SQLite connection with its prepared statements, and the lease of one statement. Used by one thread at a time.
#pragma once
#include "db/database.hpp"
#include "db/failure.hpp"

#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace reelvault::db {

struct SqlitePrepared {
  sqlite3_stmt* statement = nullptr;
  std::vector<std::string> names;  // of parameter 1, 2 ..., without the colon
  bool in_use = false;
  std::uint64_t last_use = 0;
};

class SqliteConnection {
 public:
  enum class Role { writer, reader, checkpointer };
  static Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& path, Role role);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  sqlite3* handle() const { return handle_; }
  bool in_transaction() const;
  // Runs SQL without rows or parameters; the SQLite result code. For begin, commit, savepoints: kept prepared.
  int control(std::string_view sql);
  void execute_raw(std::string_view sql);  // throws Failure
  bool disk_full(int code) const;          // whether that is what the last failure came from
  // What the last failure was, in words of ours. `code` is an extended result code.
  Failure failure(int code, std::string_view sql);

  // Statements that still run at this time are interrupted; max: never.
  void set_deadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }

 private:
  friend class SqliteStatement;
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  SqliteConnection() = default;
  SqlitePrepared* prepare(std::string_view sql);
  std::unique_ptr<SqlitePrepared> prepare_new(std::string_view sql);
  void release(SqlitePrepared* prepared);
  std::string constraint_name(std::string_view message);

  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<SqlitePrepared>, TextHash, std::equal_to<>> cache_;
  std::vector<std::unique_ptr<SqlitePrepared>> extra_;  // second leases of a statement that is in use
  std::uint64_t uses_ = 0;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

// A statement with its parameters bound; reset and given back when it goes. Parameters must outlive it.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, std::string_view sql, const Parameters& parameters);
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  bool step();  // true: a row stands ready
  sqlite3_stmt* get() const { return prepared_->statement; }

 private:
  void bind(int index, const Value& value);

  SqliteConnection& connection_;
  std::string_view sql_;
  SqlitePrepared* prepared_;
};

class SqliteRow : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  int position(std::string_view column) const override;
  bool null(int column) const override;

 protected:
  std::int64_t integer(int column) const override;
  double real(int column) const override;
  std::string_view bytes(int column) const override;
  Uuid uuid(int column) const override;

 private:
  sqlite3_stmt* statement_;
};

}  // namespace reelvault::db
