// The time that every node agrees on: the database's on PostgreSQL, where clocks of nodes may differ, this machine's on
// SQLite. For leases and whatever else one node writes and another compares.
#pragma once
#include "db/database.hpp"

namespace reelvault::db {

Timestamp clock(Transaction& tx);

}  // namespace reelvault::db
