// For tests of jobs alone: an engine on a fresh database, and types that leave a trace for each effect.
#pragma once
#include "db/testing.hpp"
#include "jobs/engine.hpp"

#include <gmock/gmock.h>

namespace reelvault::jobs {

class WithEngine : public db::EachBackend {
 protected:
  void SetUp() override {
    EachBackend::SetUp();
    if (IsSkipped()) return;
    scratch_ = std::filesystem::temp_directory_path() / ("reelvault-jobs-" + Uuid::v7().text());
    options_.scratch = scratch_;
    options_.backoff = std::chrono::milliseconds(20);
    options_.poll = std::chrono::milliseconds(200);
    options_.node = "node";
    engine_ = make_engine();
  }
  void TearDown() override {
    engine_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(scratch_, ignored);
    EachBackend::TearDown();
  }

  // Types "a", "b" and "c" whose hooks write into the database what happened to them.
  std::unique_ptr<Engine> make_engine() {
    auto engine = std::make_unique<Engine>(database(), options_);
    for (std::string name : {"a", "b", "c"}) engine->add(tracing(name));
    add_types(*engine);
    return engine;
  }
  virtual void add_types(Engine&) {}  // further ones, or others in their place
  Type tracing(std::string name) {
    Type type;
    type.name = name;
    type.succeeded = [](db::Transaction& tx, const Job& job, const boost::json::object& result) -> Result<void> {
      trace(tx, fmt::format("{} succeeded {}", job.type, boost::json::serialize(result)));
      return {};
    };
    type.failed = [](db::Transaction& tx, const Job& job, const Failure& failure) -> Result<void> {
      trace(tx, fmt::format("{} {} {}", job.type, status_name(job.status), failure.code));
      return {};
    };
    return type;
  }
  static void trace(db::Transaction& tx, const std::string& text) {
    tx.execute("insert into outbox (topic, name, payload, created_at) values ('trace', :text, '{}', 0)",
               {{"text", text}});
  }
  std::vector<std::string> traces() {
    return database()
        .read([](db::Transaction& tx) -> Result<std::vector<std::string>> {
          return tx.all("select name from outbox where topic = 'trace' order by id", {},
                        [](const db::Row& row) { return row.get<std::string>(0); });
        })
        .value();
  }

  Job enqueue(NewJob job) {
    auto row = database().write([&](db::Transaction& tx) -> Result<std::int64_t> { return engine().enqueue(tx, job); });
    if (!row) throw std::runtime_error(row.error().detail);
    return at(*row);
  }
  Job at(std::int64_t row) {
    return database()
        .read([&](db::Transaction& tx) -> Result<Job> {
          const Uuid id = tx.value<Uuid>("select uid from job where id = :row", {{"row", row}}).value();
          return engine().find(tx, id).value();
        })
        .value();
  }
  Job again(const Job& job) { return at(job.row); }
  Job wait_for(const Job& job, Status status) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      Job seen = again(job);
      if (seen.status == status || std::chrono::steady_clock::now() > deadline) return seen;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  std::optional<Engine::Claim> claim(std::string worker = "w", std::chrono::milliseconds wait = {}) {
    auto claimed = engine().claim(worker, {"a", "b", "c"}, wait);
    if (!claimed) throw std::runtime_error(claimed.error().message + claimed.error().detail);
    if (*claimed) EXPECT_FALSE(engine().heartbeat((*claimed)->job.id, (*claimed)->job.fence, 0)->cancelled);
    return *claimed;
  }
  std::optional<Engine::Claim> claim_soon() { return claim("w", std::chrono::seconds(30)); }
  void restart() {  // as after a crash: what was in memory is gone
    engine_.reset();
    engine_ = make_engine();
    engine_->start();
  }

  Engine& engine() { return *engine_; }
  std::unique_ptr<Engine> engine_;
  Engine::Options options_;
  std::filesystem::path scratch_;
};

}  // namespace reelvault::jobs
