// Rules of collections: who sees and changes them, what goes in and out, by name and in batches. A name is unique for
// each owner, case ignored, so that making one tells nobody about those of others. Renaming and removing are the
// owner's and administrators'; putting an asset in or taking it out needs write on that asset, and to see the
// collection.
#pragma once
#include "catalog/asset_service.hpp"
#include "catalog/batch.hpp"
#include "catalog/collection.hpp"
#include "catalog/readable.hpp"

namespace reelvault::catalog {

struct CollectionJson {
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  std::int64_t itemCount = 0;
  bool itemCountIsEstimate = false;
  bool canEdit = false;
  Timestamp createdAt;
  std::optional<Uuid> createdBy;
  Timestamp modifiedAt;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(CollectionJson, (),
                      (id, name, description, itemCount, itemCountIsEstimate, canEdit, createdAt, createdBy,
                       modifiedAt))

struct CollectionPage {
  std::vector<CollectionJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(CollectionPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct CollectionQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken, name;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(CollectionQuery, (), (pageSize, pageToken, name))

struct CollectionItemQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken, sort;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(CollectionItemQuery, (), (pageSize, pageToken, sort))

struct NewCollection {
  std::string name;
  std::optional<std::string> description;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(NewCollection, (), (name, description))

struct CollectionPatch {
  dto::Patch<std::string> name, description;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(CollectionPatch, (), (name, description))

struct CollectionIds {
  std::vector<Uuid> ids;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(CollectionIds, (), (ids))

struct CollectionFault {
  std::string code, message;
};
BOOST_DESCRIBE_STRUCT(CollectionFault, (), (code, message))

struct CollectionResult {
  Uuid id;
  std::string status;  // as in batches
  std::optional<CollectionFault> error;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(CollectionResult, (), (id, status, error))

struct CollectionResults {
  std::int64_t totalCount = 0, succeededCount = 0, failedCount = 0;
  std::vector<CollectionResult> results;
};
BOOST_DESCRIBE_STRUCT(CollectionResults, (), (totalCount, succeededCount, failedCount, results))

class CollectionService {
 public:
  CollectionService(AssetService& assets, db::Outbox& outbox) : assets_(assets), outbox_(outbox) {}

  struct Found {
    CollectionJson json;
    std::string etag;
  };
  Result<CollectionPage> list(const Principal& by, const CollectionQuery& query);
  Result<Found> get(const Principal& by, const Uuid& id);
  Result<Found> create(const Principal& by, const NewCollection& given);
  Result<Found> patch(const Principal& by, const Uuid& id, const CollectionPatch& given, std::string_view if_match);
  Result<void> remove(const Principal& by, const Uuid& id, std::string_view if_match);
  // Ends what a stop left of removed collections.
  Result<void> tidy();

  Result<AssetPage> items(const Principal& by, const Uuid& id, const CollectionItemQuery& query);
  Result<CollectionResults> add_items(const Principal& by, const Uuid& id, const std::vector<Uuid>& assets);
  Result<CollectionResults> remove_items(const Principal& by, const Uuid& id, const std::vector<Uuid>& assets);

  // AddCollection and RemoveCollection.
  std::vector<BatchAction> actions();
  // Into the collection of that name that the caller sees (their own first), or a new one of theirs. For registering.
  Result<void> add_by_name(db::Transaction& tx, const Principal& by, Asset& asset, const std::string& name);

 private:
  struct Count {
    std::int64_t items = 0;
    bool estimate = false;
  };
  Count count(db::Transaction& tx, Readable& readable, std::int64_t row, std::int64_t at_most);
  bool visible(db::Transaction& tx, const Principal& by, Readable& readable, const Collection& collection,
               std::int64_t& examined);
  bool owns(const Principal& by, const Collection& collection) const;
  Result<Collection> seen(db::Transaction& tx, const Principal& by, const Uuid& id);
  Result<Collection> owned(db::Transaction& tx, const Principal& by, const Uuid& id, std::string_view if_match);
  std::optional<Collection> by_name(db::Transaction& tx, const Principal& by, const std::string& name);
  Result<Collection> by_name_or_made(db::Transaction& tx, const Principal& by, const std::string& name);
  Collection made(db::Transaction& tx, const Principal& by, const std::string& name);
  Result<std::optional<Collection>> from_arguments(db::Transaction& tx, const BatchCall& call, bool make);
  CollectionJson json(db::Transaction& tx, const Principal& by, Readable& readable, const Collection& collection,
                      std::int64_t at_most);
  void put_in(db::Transaction& tx, const Principal& by, Asset& asset, const Collection& collection);
  void take_out(db::Transaction& tx, const Principal& by, Asset& asset, const Collection& collection);
  void changed(db::Transaction& tx, const Principal& by, Asset& asset, const Collection& collection,
               std::string_view operation);
  void told(db::Transaction& tx, const Collection& collection, std::string_view change);
  Result<CollectionResults> each(const Principal& by, const Uuid& id, const std::vector<Uuid>& assets, bool in);
  Result<void> empty_and_remove(std::int64_t row);

  AssetService& assets_;
  db::Outbox& outbox_;
  CollectionRepository collections_;
};

}  // namespace reelvault::catalog
