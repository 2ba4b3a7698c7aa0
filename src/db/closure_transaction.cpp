#include "db/closure_transaction.hpp"

#include "base/log.hpp"

namespace reelvault::db {

Outcome run_closure(const std::function<Result<void>(Transaction&)>& closure, ClosureTransaction& transaction) {
  Outcome outcome;
  try {
    outcome.result = closure(transaction);
    if (outcome.result) transaction.run_last();
    if (outcome.result) transaction.settle();
    if (outcome.result && transaction.failure()) outcome.result = fail(transaction.failure()->error);
  } catch (const Failure& failure) {
    outcome.result = fail(failure.error);
  } catch (...) {
    outcome.exception = std::current_exception();
  }
  if (outcome.good()) outcome.callbacks = transaction.take_callbacks();
  return outcome;
}

void run_callbacks(Callbacks& callbacks) {
  for (auto& callback : callbacks) {
    try {
      callback();
    } catch (const std::exception& exception) {
      log::error("a callback after a commit failed", {{"detail", exception.what()}});
    }
  }
  callbacks.clear();
}

}  // namespace reelvault::db
