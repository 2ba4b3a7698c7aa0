// Users, groups and grants in memory, so that asking who somebody is and what they may do costs no query. Loaded at
// start, changed after each commit (before write returns: a right that was taken is gone when the answer says so), and
// loaded again when another node's change shows in the epoch. Thread-safe; nothing here but load and refresh touches
// the database, so it may be asked inside a transaction's closure too.
//
// PostgreSQL does not tell in which order two connections committed, so each record remembers the epoch that wrote it
// and an older one does not overwrite it. Row numbers are never given twice, hence what is gone stays gone.
#pragma once
#include "auth/changes.hpp"
#include "base/time.hpp"

#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <unordered_map>

namespace reelvault::auth {

// For so long it is known that a session has ended: longer than what was made in one can be good (an access token for a
// day, streaming cookies for a week) and the clocks of nodes differ.
inline constexpr std::chrono::hours kEndedSessionsKept{8 * 24};

// What a verified token says.
struct Identity {
  Uuid user;
  std::optional<Uuid> session;   // of an access token
  std::int64_t api_key_row = 0;  // of an API key
  std::optional<Timestamp> expires_at;
  bool limited = false;
  std::set<std::string> scopes;
};

class Directory {
 public:
  // One grant that bears on an asset.
  struct Held {
    KnownGrant grant;
    std::size_t distance = 0;  // position of its asset in the chain: 0, the asset itself
  };

  Directory();
  ~Directory();

  Result<void> load(db::Database& database);
  // Loads again if another node changed something; hears of sessions that other nodes ended. Cheap when nothing is new.
  Result<void> refresh(db::Database& database);
  // Before somebody is refused: whether another node had news that change who somebody is or what they may do, which
  // now is known. Not inside a closure.
  bool catch_up(db::Database& database);

  // Applies `changes` once the transaction is durable.
  void apply_after(db::Transaction& tx, Changes changes);
  void apply(const Changes& changes);
  // Access tokens and cookies of these sessions are void from the commit on.
  void end_sessions_after(db::Transaction& tx, std::vector<Uuid> sessions);
  void forget_ended_sessions(Timestamp before);

  // Grows with every change: what was derived from this at an older version must be derived anew.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  std::optional<KnownUser> user(const Uuid& id) const;
  std::optional<KnownUser> user(std::int64_t row) const;
  // Null for a user that is gone or disabled, and for a session that has ended.
  std::shared_ptr<const Principal> principal(const Identity& identity) const;

  // The highest permission granted to the user or one of their groups on anything in the chain.
  std::optional<Permission> highest(std::int64_t user_row, std::span<const std::int64_t> chain) const;
  std::vector<Held> held(std::int64_t user_row, std::span<const std::int64_t> chain) const;  // nearest first
  std::vector<std::int64_t> granted(std::int64_t user_row) const;  // rows of assets, each once

 private:
  struct State;
  void apply_locked(const Changes& changes);

  mutable std::shared_mutex mutex_;
  std::unique_ptr<State> state_;
  std::unordered_map<Uuid, Timestamp> ended_;  // sessions of which something may still be unexpired
  std::mutex load_mutex_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace reelvault::auth
