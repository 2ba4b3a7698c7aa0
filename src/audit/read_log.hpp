// Who looked at, streamed and downloaded what. There are many of these, so they are gathered in memory and written by a
// thread of its own once a second: noting one costs a look into a table, never waits for the database and never fails
// the request. A kill loses a second of them at most. What one principal does with one file again within ten minutes (a
// player's range requests) is one line. Thread-safe.
#pragma once
#include "audit/entry.hpp"
#include "base/principal.hpp"
#include "db/database.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace prometheus {
class Counter;
}

namespace reelvault::audit {

class ReadLog {
 public:
  struct Options {
    std::chrono::milliseconds interval{1000};
    std::chrono::seconds same_within{600};
    std::size_t waiting_most = 50'000;  // lines, while the database does not take them; more are counted and lost
  };
  explicit ReadLog(db::Database& database) : ReadLog(database, Options{}) {}
  ReadLog(db::Database& database, Options options);
  ~ReadLog();  // writes what waits

  struct Read {
    std::string_view operation;  // "view", "stream", "download"
    std::int64_t asset_row = 0;
    Uuid asset_id;
    std::string_view asset_name;
    std::string_view what = {};  // "original, version 2"
  };
  void note(const Principal& by, const Read& read);
  // Everything noted so far is written, or an error; for tests and the end.
  Result<void> flush();

 private:
  struct Key {
    Uuid user, asset;
    std::size_t rest = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<Uuid>()(key.user) * 31 + std::hash<Uuid>()(key.asset) * 17 + key.rest;
    }
  };
  void run();
  void forget_old(std::chrono::steady_clock::time_point at);

  db::Database& database_;
  const Options options_;
  prometheus::Counter& lost_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<Entry> waiting_;
  std::unordered_map<Key, std::chrono::steady_clock::time_point, KeyHash> noted_;
  std::mutex writing_;
  std::thread thread_;
};

}  // namespace reelvault::audit
