#include "base/log.hpp"
#include "db/outbox_cursor.hpp"

namespace reelvault::db {

OutboxReader::OutboxReader(Outbox& outbox, Options options)
    : outbox_(outbox), options_(options), owner_(Uuid::v7().text()) {
  if (options_.poll.count() == 0) {
    options_.poll = std::chrono::milliseconds(outbox.database().kind() == Kind::sqlite ? 5000 : 250);
  }
}

OutboxReader::~OutboxReader() { stop(); }

void OutboxReader::subscribe(Live handler) { live_.push_back(std::move(handler)); }

void OutboxReader::subscribe(std::string cursor, Durable handler) {
  cursors_.push_back(std::make_unique<Cursor>(Cursor{std::move(cursor), std::move(handler), {}}));
}

Result<void> OutboxReader::start() {
  RV_TRY(const std::int64_t head, outbox_.head());
  if (!cursors_.empty()) {
    RV_CHECK(outbox_.database().write([&](Transaction& tx) -> Result<void> {
      for (const auto& cursor : cursors_) {
        tx.execute("insert into outbox_cursor (name, position) values (:name, :position) on conflict (name) do nothing",
                   {{"name", cursor->name}, {"position", head}});
      }
      return {};
    }));
  }
  if (!live_.empty()) live_thread_ = std::thread([this, head] { run_live(head); });
  for (auto& cursor : cursors_) cursor->thread = std::thread([this, &cursor = *cursor] { run_durable(cursor); });
  return {};
}

void OutboxReader::stop() {
  stopping_ = true;
  outbox_.waker_->wake();
  if (live_thread_.joinable()) live_thread_.join();
  for (auto& cursor : cursors_) {
    if (cursor->thread.joinable()) cursor->thread.join();
  }
}

std::uint64_t OutboxReader::wakes() {
  std::lock_guard lock(outbox_.waker_->mutex);
  return outbox_.waker_->count;
}

bool OutboxReader::wait(std::uint64_t seen, std::chrono::milliseconds at_most) {
  Outbox::Waker& waker = *outbox_.waker_;
  std::unique_lock lock(waker.mutex);
  waker.changed.wait_for(lock, at_most, [&] { return stopping_ || waker.count != seen; });
  return !stopping_;
}

void OutboxReader::run_live(std::int64_t position) {
  for (;;) {
    const std::uint64_t seen = wakes();
    auto batch = outbox_.read_after(position, options_.batch);
    if (!batch) {
      log::warning("reading the outbox failed", {{"detail", batch.error().detail}});
      if (!wait(wakes(), options_.poll)) return;
      continue;
    }
    for (const OutboxEvent& event : *batch) {
      for (const Live& handler : live_) {
        try {
          handler(event);
        } catch (const std::exception& exception) {
          log::error("a subscriber of the outbox threw", {{"topic", event.topic}, {"what", exception.what()}});
        }
      }
      position = event.position;
    }
    if (batch->size() == options_.batch) {
      if (stopping_) return;
      continue;
    }
    if (!wait(seen, options_.poll)) return;
  }
}

Result<std::optional<std::int64_t>> OutboxReader::own(const std::string& name) {
  return OutboxCursor(outbox_, name, owner_, options_.ownership).own();
}

// True: there may be more at once.
bool OutboxReader::step_durable(Cursor& cursor, Result<void>& outcome) {
  auto step = [&]() -> Result<bool> {
    RV_TRY(const auto position, own(cursor.name));
    if (!position) return false;
    RV_TRY(const auto batch, outbox_.read_after(*position, options_.batch));
    if (batch.empty()) return false;
    RV_CHECK(cursor.handler(batch));
    RV_CHECK(outbox_.database().write([&](Transaction& tx) -> Result<void> {
      tx.execute("update outbox_cursor set position = :to where name = :name and position = :from",
                 {{"to", batch.back().position}, {"name", cursor.name}, {"from", *position}});
      return {};
    }));
    return batch.size() == options_.batch;
  };
  try {
    auto stepped = step();
    if (stepped) return *stepped;
    outcome = std::unexpected(std::move(stepped).error());
  } catch (const std::exception& exception) {
    outcome = fail(Code::internal, "", "A subscriber of the outbox threw.", exception.what());
  }
  return false;
}

void OutboxReader::run_durable(Cursor& cursor) {
  const std::chrono::milliseconds longest = std::max(options_.retry, std::chrono::milliseconds(60000));
  std::chrono::milliseconds pause = options_.retry;
  while (!stopping_) {
    const std::uint64_t seen = wakes();
    Result<void> outcome;
    if (step_durable(cursor, outcome)) continue;
    if (outcome) {
      pause = options_.retry;
      wait(seen, options_.poll);
      continue;
    }
    log::warning("a subscriber of the outbox will try again",
                 {{"cursor", cursor.name}, {"error", outcome.error().message}, {"detail", outcome.error().detail}});
    // New events must not cut the pause short, or a failing subscriber would be called with each of them.
    const auto until = std::chrono::steady_clock::now() + pause;
    while (!stopping_ && std::chrono::steady_clock::now() < until) {
      wait(wakes(), std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    }
    pause = std::min(pause * 2, longest);
  }
  auto released = OutboxCursor(outbox_, cursor.name, owner_, options_.ownership).release();
  if (!released) log::warning("a cursor of the outbox is not given up", {{"detail", released.error().detail}});
}

}  // namespace reelvault::db
