// One PostgreSQL connection with its prepared statements. It connects when first used and again after it broke. Used by
// one thread at a time.
#pragma once
#include "db/database.hpp"
#include "db/failure.hpp"
#include "db/sql_text.hpp"

#include <unordered_map>

struct pg_conn;
struct pg_result;

namespace reelvault::db {

struct PostgresResultDeleter {
  void operator()(pg_result* result) const;
};
using PostgresResult = std::unique_ptr<pg_result, PostgresResultDeleter>;

class PostgresConnection {
 public:
  enum class Role { reader, writer };
  // Why a transaction failed that may go well when it is run again.
  enum class Trouble {
    none,
    lost_race,   // serialization failure or deadlock
    stale_plan,  // the schema changed under a prepared statement
    lost,        // the connection is gone
  };
  PostgresConnection(const Options& options, Role role);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  void connect();               // throws Failure; does nothing when connected
  void begin(const char* sql);  // connects, and once more where the connection proves to be dead; resets trouble()
  void roll_back();             // never throws; a connection that cannot is closed
  void commit();                // throws Failure; a connection lost meanwhile leaves the outcome unknown and says so
  PostgresResult execute(std::string_view sql, const Parameters& parameters);
  void execute_raw(std::string_view sql);
  Trouble trouble() const { return trouble_; }

 private:
  struct Prepared {
    PostgresStatement statement;
    std::vector<std::pair<std::vector<unsigned>, std::string>> variants;  // parameter types, name on the server
    std::uint64_t last_use = 0;
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void close();
  void set_up();
  bool dead() const;
  Prepared& prepared(std::string_view sql);
  const std::string& variant(Prepared& prepared, const std::vector<unsigned>& types, std::string_view sql);
  PostgresResult checked(pg_result* raw, std::string_view sql);
  Failure failure(const pg_result* result, std::string_view sql);

  const std::string url_;
  const std::string schema_;
  const Role role_;
  const std::chrono::milliseconds read_limit_;
  pg_conn* connection_ = nullptr;
  Trouble trouble_ = Trouble::none;
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> cache_;  // by the text as callers wrote it
  std::uint64_t uses_ = 0;
  std::uint64_t names_ = 0;
};

}  // namespace reelvault::db
