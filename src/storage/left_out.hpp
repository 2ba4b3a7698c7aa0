// What lies in a store and can be no object. In a directory: names that are not text, links that lead nowhere, out of
// the root or to a folder, pipes and the like, folders and files that may not be read. On S3: keys that no path in a
// tree can be. A list of objects passes over them; whoever takes objects into a library has to tell of them.
#pragma once
#include "storage/blob_store.hpp"

namespace reelvault::storage {

struct LeftOut {
  std::string key;     // a text: what is not valid text stands in it as \xff, a byte each
  std::string reason;  // a sentence
};

// A store that can tell of it.
class LeftOutStore {
 public:
  virtual ~LeftOutStore() = default;
  struct Found {
    std::vector<ListedObject> objects;
    std::vector<LeftOut> left_out;    // in the order of keys, the first `limit`
    std::int64_t left_out_count = 0;  // all of them
    void leave_out(const std::string& key, std::string reason, int limit);
  };
  // Store::list, and what was left out between `after` and the last object; to the end where there are no more objects
  // than these.
  virtual Result<Found> list_with_left_out(const std::string& prefix, const std::string& after, int limit) = 0;
};

// Of any store.
Result<LeftOutStore::Found> list_with_left_out(Store& store, const std::string& prefix, const std::string& after,
                                               int limit);

}  // namespace reelvault::storage
