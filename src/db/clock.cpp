#include "db/clock.hpp"

namespace reelvault::db {

Timestamp clock(Transaction& tx) {
  if (tx.kind() == Kind::sqlite) return now();
  return from_unix_ms(*tx.value<std::int64_t>("select (extract(epoch from clock_timestamp()) * 1000)::bigint"));
}

}  // namespace reelvault::db
