// One PostgreSQL connection with its prepared statements. It connects when first used and again after it broke. Used by
// one thread at a time.
//
// Statements are sent in libpq's pipeline mode, one after the other without waiting, until an answer has to be known. A
// transaction's `begin` goes with its first statement, and the end of a read is not waited for.
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
    taken,       // a unique constraint: perhaps by one that committed after this had looked
    stale_plan,  // the schema changed under a prepared statement
    lost,        // the connection is gone
  };
  PostgresConnection(const Options& options, Role role);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  void connect();  // throws Failure; does nothing when connected
  // Connects, and has the server's process read what it must know of every table before it plans a statement about it:
  // a first one about a table of many indexes takes ten times as long. Throws Failure.
  void warm_up();
  // Connects; resets trouble(). Whoever then waits for an answer of which nothing comes for so long takes the server
  // for gone, whatever the network says. Throws Failure.
  void begin(const char* sql, std::chrono::milliseconds silence_max);
  void roll_back();  // never throws; a connection that cannot is closed
  void end_read();   // like roll_back, but does not wait for the answer where nothing failed
  void commit();     // throws Failure; a connection lost meanwhile leaves the outcome unknown and says so
  // Waits for this statement and all that were sent before it, and throws what failed first.
  PostgresResult execute(std::string_view sql, const Parameters& parameters);
  // Does not wait; gives the statement's number in its transaction. The parameters are copied.
  std::size_t send(std::string_view sql, const Parameters& parameters);
  void send_plain(const char* sql);  // without parameters, not kept prepared
  // Rows affected, or the id that a `returning id` gave; waits as execute does.
  std::int64_t answer(std::size_t statement);
  void settle();                           // waits for all that was sent
  void execute_raw(std::string_view sql);  // it may take as long as it likes
  Trouble trouble() const { return trouble_; }
  void forgive_taken();                                // for who expects it, and has undone the statement
  bool answered() const { return !answers_.empty(); }  // anything since `begin`

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
  void start_pipeline();
  void leave_pipeline();
  std::size_t sent(int accepted, std::string_view sql);
  bool synchronise();
  PostgresResult collect();
  bool dead() const;
  Prepared& prepared(std::string_view sql);
  const std::string& variant(Prepared& prepared, const std::vector<unsigned>& types, std::string_view sql);
  // Like PQgetResult and PQexec, but no longer than silence_max_; nothing then, and the connection is broken.
  PostgresResult next_result();
  PostgresResult last_result();
  PostgresResult execute_plain(const char* sql);
  PostgresResult checked(pg_result* raw, std::string_view sql);
  Failure failure(const pg_result* result, std::string_view sql);

  const std::string url_;
  const std::string schema_;
  const Role role_;
  const std::chrono::milliseconds read_limit_;
  pg_conn* connection_ = nullptr;
  Trouble trouble_ = Trouble::none;
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> cache_;  // by the text as callers wrote it
  std::vector<std::string> waiting_;   // what was sent and is not answered yet; empty: a Sync
  std::size_t sent_ = 0;               // statements of this transaction
  std::vector<std::int64_t> answers_;  // to them
  std::chrono::milliseconds silence_max_{};
  bool silent_ = false;  // nothing came for as long
  bool broken_ = false;  // the server said that it hangs up, or its answers are not those we wait for
  std::uint64_t uses_ = 0;
  std::uint64_t names_ = 0;
};

}  // namespace reelvault::db
