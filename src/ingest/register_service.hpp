// Taking objects of a bucket's store into the library where they lie: one by one, many at a time, and the lists from
// which an import works. Nothing is copied; the content is a blob that this server does not own.
//
// A key becomes a path: folders along it are made, the last name is the asset's. An object is registered once, wherever
// its asset is moved to later; what changed since (by size, time, etag) becomes a new version. An asset in the bin
// stays there. Everything may be repeated, stopped half-way, and run twice at once.
#pragma once
#include "catalog/content_service.hpp"
#include "ingest/registration.hpp"
#include "storage/left_out.hpp"

namespace reelvault::ingest {

// What is the same for all objects of one call.
struct Terms {
  std::string bucket;
  std::vector<std::string> tags, collections;
  boost::json::object custom_fields;
  bool process = true;              // false: checksum and probe alone
  bool rename_on_conflict = false;  // a name that is taken gets a number; else that object fails
};

struct Wanted {
  std::string key;           // below the bucket's prefix
  std::string display_name;  // empty: the key's last name
  // The object is taken only if it is still this (a watcher saw it at rest).
  std::optional<storage::ObjectInfo> seen = {};
};

struct Registered {
  enum class Outcome { registered, refreshed, unchanged };
  Outcome outcome = Outcome::unchanged;
  catalog::Asset asset;
};

// Which of a bucket's objects there are, page by page.
struct Listing {
  struct Object {
    std::string key;  // below the bucket's prefix
    storage::ObjectInfo info;
    enum class State { fresh, changed, registered } state = State::fresh;
    std::optional<Uuid> asset;
  };
  std::vector<Object> objects;
  std::int64_t listed = 0, unchanged = 0, ignored = 0;
  // What lies there and can be no object, by keys below the bucket's prefix; the first of them, and how many they are.
  std::vector<storage::LeftOut> failures;
  std::int64_t failed = 0;
  std::string next;  // pass as `after` for the next page; empty: that was all
};

struct Missing {
  struct Object {
    std::string key;
    Uuid asset;
  };
  std::vector<Object> objects;
  std::int64_t registered = 0;
  std::string next;
};

class RegisterService {
 public:
  RegisterService(catalog::AssetService& assets, catalog::ContentService& content, storage::Stores& stores)
      : assets_(assets), content_(content), stores_(stores) {}

  // Puts an asset into collections by their names, in the transaction that registers it; set by whoever has
  // collections.
  using CollectionHook =
      std::function<Result<void>(db::Transaction&, const Principal&, catalog::Asset&, const std::vector<std::string>&)>;
  void set_collections(CollectionHook hook) { collections_ = std::move(hook); }

  // One result for each, in order. An Error for all: no such bucket, a tag that cannot be.
  Result<std::vector<Result<Registered>>> take(const Principal& by, const Terms& terms,
                                               const std::vector<Wanted>& wanted);
  // What is wrong with them in themselves, every fault at once.
  Result<void> check(const Terms& terms, const Wanted* wanted);
  Result<Registered> take_one(const Principal& by, const Terms& terms, const Wanted& wanted);

  // What lies below `below` (a folder or an object of the bucket, or an absolute path into its folder on this machine;
  // empty: all). `pending`: without what is registered and unchanged. Ignored names never show.
  Result<Listing> list(const Uuid& bucket, const std::string& below, const std::string& after, int limit, bool pending);
  // Registered objects of which nothing is left in the store, and whose assets are not in the bin. An error where the
  // store shows nothing at all: its disk may not be mounted.
  Result<Missing> missing(const Uuid& bucket, const std::string& below, const std::string& after, int limit);

  struct Place {
    catalog::Asset bucket;
    catalog::AssetRepository::BucketPlace settings;
    const storage::Stores::Entry* store = nullptr;
  };
  Result<Place> place(const Uuid& bucket);

 private:
  struct Object;  // one that is being registered
  struct Labels;
  struct Walk;
  Result<Labels> checked_labels(db::Transaction& tx, const Terms& terms);
  Result<void> check(const Place& place, Object& object);
  void look(const Place& place, std::vector<Object>& objects);
  Result<void> make_folders(const Principal& by, const Place& place, std::vector<Object>& objects);
  void commit(const Principal& by, const Terms& terms, const Place& place, const Labels& labels,
              std::span<Object> objects);
  Result<Registered> register_in(db::Transaction& tx, const Principal& by, const Terms& terms, const Place& place,
                                 const Labels& labels, Object& object, Walk& walk, bool& touched);
  bool knows(const Principal& by, const catalog::Asset& bucket) const;
  Result<void> may_write(const Principal& by, const catalog::Asset& asset);
  // Grants speak of the tree; a folder that is renamed to the name of another one of the store would open that.
  Result<void> may_take(const Principal& by, const catalog::Asset& bucket, const catalog::Asset& folder);
  Result<std::string> prefix_of(const Place& place, const std::string& below);

  catalog::AssetService& assets_;
  catalog::ContentService& content_;
  storage::Stores& stores_;
  storage::BlobRepository blobs_;
  RegistrationRepository registrations_;
  CollectionHook collections_;
};

}  // namespace reelvault::ingest
