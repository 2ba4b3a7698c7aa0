// Tags as the library's vocabulary: listed with how often the caller meets them, and added to or taken from many assets
// at once.
#pragma once
#include "base/dto.hpp"
#include "catalog/asset_service.hpp"
#include "catalog/batch.hpp"
#include "catalog/tag_repository.hpp"

namespace reelvault::catalog {

struct TagQuery {
  std::optional<std::string> prefix, pageToken;
  std::optional<std::int64_t> pageSize;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(TagQuery, (), (prefix, pageSize, pageToken))

struct TagJson {
  std::string name;
  std::int64_t count = 0;
  bool countIsEstimate = false;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(TagJson, (), (name, count, countIsEstimate))

struct TagPage {
  std::vector<TagJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(TagPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

class TagService {
 public:
  explicit TagService(AssetService& assets) : assets_(assets) {}

  // Tags that begin with the prefix and are on something that the caller may read, by name.
  Result<TagPage> list(const Principal& by, const TagQuery& query);

  // AddTag and RemoveTag.
  std::vector<BatchAction> actions();

 private:
  struct Wanted {
    std::string prefix, after;
    int page_size = 0;
  };
  TagPage all(db::Transaction& tx, const Wanted& wanted);
  std::optional<TagPage> by_folders(db::Transaction& tx, const Principal& by, const Wanted& wanted);
  TagPage by_tags(db::Transaction& tx, const Principal& by, const Wanted& wanted);
  using Steps = std::vector<BatchAction::Step>;
  // Changes an asset's tags; gives those that came or went.
  using Differ = std::function<Result<std::vector<std::string>>(std::vector<std::string>& tags)>;
  std::vector<Result<void>> add(db::Transaction& tx, const BatchCall& call, Steps& steps);
  std::vector<Result<void>> remove(db::Transaction& tx, const BatchCall& call, Steps& steps);
  std::vector<Result<void>> change(db::Transaction& tx, const BatchCall& call, Steps& steps, std::string_view operation,
                                   const Differ& differ);
  void changed(db::Transaction& tx, const BatchCall& call, Asset& asset, std::string_view operation,
               const std::vector<std::string>& tags);

  AssetService& assets_;
  TagRepository tags_;
};

}  // namespace reelvault::catalog
