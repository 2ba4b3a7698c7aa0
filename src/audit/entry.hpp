// One line of the audit: who did what to what, when, from where. Lines stay when what they speak of is gone, so they
// hold names as they were. They never hold secrets: what was changed is named, not what a password was changed to.
#pragma once
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault::audit {

enum class Kind : std::int64_t {
  change = 0,   // of an asset; GET /asset/{id}/history shows these
  read = 1,     // an asset was looked at, streamed or downloaded
  account = 2,  // users, groups, grants, keys, sign-ins, and what else administrators set
};
std::string_view kind_name(Kind kind);  // "change", "read", "account"

struct Entry {
  std::int64_t row = 0;
  Timestamp at{};  // the epoch: when it is appended
  Kind kind = Kind::change;
  std::string operation;        // "create", "view", "sign-in"
  std::optional<Uuid> user_id;  // who; with the name empty too: whoever the request is of
  std::string username;
  std::string via;      // "session", "api-key"; empty: the program itself
  std::string address;  // the client's
  std::int64_t asset_row = 0;
  std::optional<Uuid> asset_id;
  std::string asset_name;
  std::string subject_type;  // of account: "user", "group", "grant", "api-key", "webhook"
  std::optional<Uuid> subject_id;
  std::string subject_name;
  std::optional<std::int64_t> from_status, to_status;
  std::string reason;
};

}  // namespace reelvault::audit
