// The only SQL over the audit. Appending takes the caller's transaction: a change and its line are one.
#pragma once
#include "audit/entry.hpp"
#include "db/database.hpp"

#include <vector>

namespace reelvault::audit {

// Who and from where are added from the thread's Origin where the entry does not say. Written as the last of the
// transaction.
void append(db::Transaction& tx, Entry entry);

// A line about accounts, for the rooms that manage them: append(tx, account("create-user", "user", id, name)).
Entry account(std::string operation, std::string subject_type, const std::optional<Uuid>& subject_id,
              std::string subject_name, std::string reason = {});

struct Filter {
  std::optional<Kind> kind;
  std::vector<std::string> operations;  // any of these; empty: all
  std::optional<Uuid> user_id, asset_id;
  std::optional<Timestamp> from, until;  // until: before it
};

// Newest first. Where a page ended:
struct Place {
  std::int64_t at = INT64_MAX, row = INT64_MAX;
};
struct Found {
  std::vector<Entry> entries;
  std::optional<Place> next;  // there may be more; a page looks at so many lines at most and may come back short
};
Found page(db::Transaction& tx, const Filter& filter, const Place& before, std::int64_t limit);
// At most `most`, looking at no more lines than that: exact when `exact` stays true.
std::int64_t count(db::Transaction& tx, const Filter& filter, std::int64_t most, bool& exact);

std::vector<Entry> changes_of(db::Transaction& tx, const Uuid& asset);  // oldest first
std::int64_t prune(db::Transaction& tx, Timestamp before, std::int64_t limit);

}  // namespace reelvault::audit
