// Idempotency-Key: the same key of the same principal on the same route with the same body gives the first answer again
// for 24 hours. The record that a key was used is written in the very transaction that commits the request's effect, by
// a prologue that the database runs in every write of the request's thread, so that no crash can leave one without the
// other. docs/decisions/idempotency.md has the reasoning.
//
// A handler whose answer is known inside its transaction has it committed there too, by write_with_answer: then the
// very answer survives a crash. Without that a crash between effect and answer makes the key answer 409
// "idempotency-answer-lost": never a second effect, but not the first answer either.
#pragma once
#include "db/database.hpp"
#include "http/route.hpp"
#include "http/server.hpp"

#include <mutex>
#include <set>

namespace reelvault::auth {

class Idempotency : public http::IdempotencyStore {
 public:
  // Takes the database's hook before writes.
  explicit Idempotency(db::Database& database);

  Result<std::optional<http::Response>> begin(const http::Request& request, const http::Route& route) override;
  void finish(const http::Request& request, const http::Route& route, const http::Response& response) override;

  // Removes some of what is older than 24 hours.
  static std::int64_t prune(db::Transaction& tx, Timestamp at, std::int64_t limit);

 private:
  struct Record;
  Result<std::optional<Record>> find(const std::string& principal, const std::string& route, const std::string& key);
  void release(const std::string& name);

  db::Database& database_;
  std::mutex mutex_;
  std::set<std::string> running_;  // in this process
};

// The request that this thread is running, if it has a key. Taken before the transaction, used inside it.
class AnswerKeeper {
 public:
  static AnswerKeeper of_this_thread();
  // Commits the answer with the transaction.
  void keep(db::Transaction& tx, int status, const http::Headers& headers, std::string_view json) const;
  int usual_status() const;
  bool wanted() const { return keyed_ != nullptr; }

 private:
  struct Keyed;
  friend class Idempotency;
  std::shared_ptr<Keyed> keyed_;
};

// database.write for a handler: fn gives the Reply from inside the transaction.
template <class F>
auto write_with_answer(db::Database& database, F&& fn) -> std::invoke_result_t<F, db::Transaction&> {
  AnswerKeeper keeper = AnswerKeeper::of_this_thread();
  return database.write([&](db::Transaction& tx) -> std::invoke_result_t<F, db::Transaction&> {
    auto reply = fn(tx);
    if (reply && keeper.wanted())
      keeper.keep(tx, reply->status != 0 ? reply->status : keeper.usual_status(), reply->headers,
                  dto::write(reply->value));
    return reply;
  });
}

}  // namespace reelvault::auth
