// A change of accounts, on its way from a transaction into memory. Every transaction that changes users, groups,
// members, grants or keys takes the next epoch first: such changes then wait for one another, on every node, so that
// rules over several rows ("one admin remains") hold, and each node can tell that its memory is old.
#pragma once
#include "base/principal.hpp"
#include "db/database.hpp"

#include <vector>

namespace reelvault::auth {

std::int64_t next_epoch(db::Transaction& tx);

// What the gate must know of a user.
struct KnownUser {
  std::int64_t row = 0;
  Uuid id;
  std::string username;
  Role role = Role::viewer;
  bool disabled = false;
};

struct KnownMember {
  std::int64_t group_row = 0;
  std::int64_t user_row = 0;
  bool present = true;
};

struct KnownGrant {
  std::int64_t row = 0;
  Uuid id;
  std::int64_t user_row = 0;  // one of the two is 0
  std::int64_t group_row = 0;
  std::int64_t asset_row = 0;
  Permission permission = Permission::read;
};

struct Changes {
  std::int64_t epoch = 0;
  std::vector<KnownUser> users;
  std::vector<std::int64_t> users_gone;
  std::vector<KnownMember> members;
  std::vector<std::int64_t> groups_gone;
  std::vector<KnownGrant> grants;
  std::vector<std::int64_t> grants_gone;
};

}  // namespace reelvault::auth
