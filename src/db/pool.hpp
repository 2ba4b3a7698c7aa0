// A fixed number of connections that threads borrow. The one given back last is lent first: its caches are warm.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace reelvault::db {

template <class Connection>
class Pool {
 public:
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept = default;
    ~Lease() {
      if (connection_) pool_.add(std::move(connection_));
    }
    explicit operator bool() const { return connection_ != nullptr; }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool& pool_;
    std::unique_ptr<Connection> connection_;
  };

  void add(std::unique_ptr<Connection> connection) {
    {
      std::lock_guard lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    free_.notify_one();
  }

  // Empty when none came free in time.
  Lease borrow(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, patience, [&] { return !idle_.empty(); })) return Lease(*this, nullptr);
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return Lease(*this, std::move(connection));
  }
  // The one that has been idle the longest, where one is: as often as there are connections, each of those in turn.
  Lease borrow_coldest() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return Lease(*this, nullptr);
    std::unique_ptr<Connection> connection = std::move(idle_.front());
    idle_.erase(idle_.begin());
    return Lease(*this, std::move(connection));
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace reelvault::db
