// Refuses a read or write inside a closure or an after_commit callback of the same thread: on SQLite it would wait for
// itself for ever, on PostgreSQL it would when the pool is empty.
#pragma once

namespace reelvault::db {

class Nesting {
 public:
  Nesting();  // throws std::logic_error when one exists on this thread
  ~Nesting();
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
};

}  // namespace reelvault::db
