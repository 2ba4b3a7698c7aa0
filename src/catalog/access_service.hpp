// Who may do what with an asset, and through which grants (GET /asset/{id}/access). It says no more than what the one
// who asks may know: grants that stand on folders above what they may read are counted, and their place is not named.
#pragma once
#include "auth/access_control.hpp"
#include "catalog/asset_service.hpp"

namespace reelvault::catalog {

struct AccessReasonJson {
  std::string kind;
  std::string permission;
  std::optional<Uuid> grantId, groupId;
  std::optional<std::string> groupName;
  std::optional<Uuid> assetId;
  std::optional<std::string> assetName, assetPath;
  std::optional<std::int64_t> distance;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AccessReasonJson, (),
                      (kind, permission, grantId, groupId, groupName, assetId, assetName, assetPath, distance))

struct AccessJson {
  Uuid assetId, userId;
  std::string username, role;
  bool disabled = false;
  std::optional<std::string> permission, heldTo;
  std::vector<AccessReasonJson> reasons;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AccessJson, (), (assetId, userId, username, role, disabled, permission, heldTo, reasons))

// One grant that bears on an asset.
struct AssetGrantJson {
  Uuid id;
  std::optional<Uuid> userId, groupId;
  std::string displayName, permission;
  std::optional<Uuid> assetId;
  std::optional<std::string> assetName, assetPath;
  std::int64_t distance = 0;
  bool mayChange = false;
  Timestamp createdAt;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AssetGrantJson, (),
                      (id, userId, groupId, displayName, permission, assetId, assetName, assetPath, distance, mayChange,
                       createdAt))

struct AssetGrantPage {
  std::vector<AssetGrantJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(AssetGrantPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct AssetGrantQuery {
  std::int64_t pageSize = 50;
  std::optional<std::string> pageToken;
  std::string sort;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AssetGrantQuery, (), (pageSize, pageToken, sort))

class AccessService {
 public:
  AccessService(AssetService& assets, const auth::GrantedAccess& access, const auth::Directory& directory)
      : assets_(assets), access_(access), directory_(directory) {}

  // What `user` (nobody: `by` itself) may do. Of others: needs manage on the asset.
  Result<AccessJson> explain(const Principal& by, const Uuid& asset, const std::optional<Uuid>& user);
  // All grants on it and on what it lies in. Needs manage on it.
  Result<AssetGrantPage> grants(const Principal& by, const Uuid& asset, const AssetGrantQuery& query);

 private:
  // Where a grant stands, as far as `by` may read that.
  struct Place {
    std::optional<Uuid> id;
    std::optional<std::string> name, path;
    std::optional<Permission> held;  // by `by`
  };
  Place place(const Principal& by, std::int64_t folder_row) const;
  AccessReasonJson reason(const Principal& by, const auth::AccessReason& from) const;

  AssetService& assets_;
  const auth::GrantedAccess& access_;
  const auth::Directory& directory_;
};

}  // namespace reelvault::catalog
