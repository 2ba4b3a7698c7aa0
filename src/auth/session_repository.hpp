// The only SQL about sign-ins: a session is a family of refresh tokens, of which the newest alone is good.
#pragma once
#include "db/database.hpp"

namespace reelvault::auth::sessions {

struct Found {
  std::int64_t token_row = 0;
  std::int64_t session_row = 0;
  Uuid session;
  Uuid user;
  bool cookies = false;
  bool used = false;     // the token was exchanged before
  bool revoked = false;  // the session
  Timestamp expires_at{};
};

std::string new_refresh_token();
std::string token_hash(std::string_view token);  // SHA-256, raw

std::int64_t insert(db::Transaction& tx, const Uuid& id, std::int64_t user_row, bool cookies, Timestamp at,
                    Timestamp expires_at);
void add_token(db::Transaction& tx, std::int64_t session_row, const std::string& hash, Timestamp at);
std::optional<Found> find(db::Transaction& tx, const std::string& token_hash);
// True for one caller, however many come at once.
bool use_token(db::Transaction& tx, std::int64_t token_row, Timestamp at);
void extend(db::Transaction& tx, std::int64_t session_row, Timestamp expires_at);
// The sessions that this ended, for the directory to hear of.
std::vector<Uuid> revoke(db::Transaction& tx, const Uuid& session, std::string_view why, Timestamp at);
std::vector<Uuid> revoke_of_user(db::Transaction& tx, std::int64_t user_row, const std::optional<Uuid>& except,
                                 std::string_view why, Timestamp at);
// Removes some of what expired, or ended so long ago that nothing made in it is good any more.
std::int64_t prune(db::Transaction& tx, Timestamp at, std::int64_t limit);

}  // namespace reelvault::auth::sessions
