// Moves the write-ahead log of a SQLite database into its file, on a thread and a connection of its own, so that no
// commit waits for it: quietly as the log grows, and with the writer held up for a moment once the log is too long.
#pragma once
#include "db/sqlite_connection.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace reelvault::db {

class SqliteCheckpointer {
 public:
  SqliteCheckpointer(std::unique_ptr<SqliteConnection> connection, std::filesystem::path database);
  ~SqliteCheckpointer();

  void committed(int log_pages);  // any thread; cheap

 private:
  void loop();
  void checkpoint();
  void reserve();
  bool much_to_do() const;

  std::unique_ptr<SqliteConnection> connection_;
  const std::filesystem::path log_path_;
  std::chrono::steady_clock::time_point next_truncate_{};

  std::mutex mutex_;
  std::condition_variable wake_;
  int log_pages_ = 0;           // the length of the log
  int checkpointed_pages_ = 0;  // what it was at the last checkpoint
  bool due_ = false;            // something was committed since
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace reelvault::db
