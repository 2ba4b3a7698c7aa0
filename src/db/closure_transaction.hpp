// What the transactions of both databases share: the callbacks to run after the commit, and the memory that a
// statement failed. A transaction in which one failed is dead: later statements throw the same failure and it is never
// committed, even if the closure caught the exception (PostgreSQL would turn the COMMIT into a rollback, SQLite may
// have ended the transaction, so that the rest would commit statement by statement).
#pragma once
#include "db/database.hpp"
#include "db/failure.hpp"

namespace reelvault::db {

using Callbacks = std::vector<std::function<void()>>;

class ClosureTransaction : public Transaction {
 public:
  void after_commit(std::function<void()> fn) override { callbacks_.push_back(std::move(fn)); }
  void before_commit(std::function<void(Transaction&)> fn) override { last_.push_back(std::move(fn)); }
  void run_last() {
    while (!last_.empty()) {
      for (auto& fn : std::exchange(last_, {})) fn(*this);
    }
  }
  // Waits for every statement that was not waited for; throws what failed.
  virtual void settle() {}
  Callbacks take_callbacks() { return std::move(callbacks_); }
  const std::optional<Failure>& failure() const { return failure_; }

 protected:
  // Runs a statement; remembers what it throws.
  template <class F>
  auto guarded(F&& statement) -> std::invoke_result_t<F> {
    if (failure_) throw Failure(*failure_);
    try {
      return statement();
    } catch (const Failure& failure) {
      if (!failure_) failure_ = failure;
      throw;
    }
  }
  // The same of one that may change something.
  template <class F>
  auto changing(F&& statement) -> std::invoke_result_t<F> {
    count_change();
    return guarded(std::forward<F>(statement));
  }

 private:
  Callbacks callbacks_;
  std::vector<std::function<void(Transaction&)>> last_;
  std::optional<Failure> failure_;
};

// The outcome of one run of a closure.
struct Outcome {
  Result<void> result;
  std::exception_ptr exception;  // one that is not ours; rethrown to the caller
  Callbacks callbacks;

  bool good() const { return result.has_value() && !exception; }
};
Outcome run_closure(const std::function<Result<void>(Transaction&)>& closure, ClosureTransaction& transaction);

// Runs them in order; one that throws is logged and does not keep the others from running.
void run_callbacks(Callbacks& callbacks);

}  // namespace reelvault::db
