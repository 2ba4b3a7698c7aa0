// Which objects of stores were registered where they lie, and as what they were found.
#pragma once
#include "db/database.hpp"
#include "storage/blob_store.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::ingest {

struct Registration {
  std::int64_t row = 0;
  std::optional<std::int64_t> asset_row;  // nothing: the asset is gone for good
  std::optional<Uuid> asset_id;           // read only, as is the next
  bool in_bin = false;
  storage::Location location;
  storage::ObjectInfo found;             // without ctime_ns
  std::optional<std::string> moving_to;  // the key that it is being given, written before the object is touched
};

// Whether what lies there is still what was found: by the store's etag where it gives one (a local store's is made of
// size and time), else by size and time.
bool unchanged(const storage::ObjectInfo& before, const storage::ObjectInfo& now);

// Names that people and programs use for what is not there yet, or not for others: ".name", "name.part", "~$name", …
bool ignored_name(std::string_view key);
// The library's own: its blobs, and the marks that it puts into stores.
bool own_object(std::string_view key);

// The only SQL over registrations. Everything takes the caller's transaction.
class RegistrationRepository {
 public:
  std::optional<Registration> find(db::Transaction& tx, const storage::Location& location);
  std::optional<Registration> of_asset(db::Transaction& tx, std::int64_t asset_row);
  std::map<std::string, Registration> find(db::Transaction& tx, const std::string& store,
                                           const std::vector<std::string>& keys);
  // In the order of keys: after `after`, up to `until` (empty: to the end), that begin with `prefix`.
  std::vector<Registration> range(db::Transaction& tx, const std::string& store, std::string_view prefix,
                                  std::string_view after, std::string_view until, int limit);
  // Of an object that nobody has registered yet; false where somebody did meanwhile.
  bool insert(db::Transaction& tx, const Registration& registration);
  void update(db::Transaction& tx, const Registration& registration);
  void remove(db::Transaction& tx, std::int64_t row);
};

}  // namespace reelvault::ingest
