// For tests alone: a library with everything real below it: a fresh database, a local store, accounts and a tree.
#pragma once
#include "auth/access_control.hpp"
#include "auth/directory.hpp"
#include "catalog/asset_service.hpp"
#include "catalog/content_service.hpp"
#include "db/outbox.hpp"
#include "db/testing.hpp"
#include "storage/local_store.hpp"

namespace reelvault::catalog {

class Library {
 public:
  explicit Library(db::Kind kind) : database(kind) {
    folder = std::filesystem::temp_directory_path() / ("reelvault-library-" + Uuid::v7().text());
    std::filesystem::create_directories(folder);
    stores.add(storage::local_store("local", folder));
    assets = std::make_unique<AssetService>(*database, tree, access, outbox, stores, "library");
    content = std::make_unique<ContentService>(*assets, storage::BlobRepository{});
    admin = user("admin", Role::admin);
    expect(assets->ensure_default_bucket());
    bucket = *expect(database->read([&](db::Transaction& tx) -> Result<std::optional<Asset>> {
      return assets->repository().bucket(tx, "library");
    }));
  }
  ~Library() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  template <class T>
  static T expect(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message + " " + result.error().detail);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  Principal user(const std::string& name, Role role) {
    Principal principal;
    principal.kind = Principal::Kind::user;
    principal.user_row = ++users_;
    principal.user_id = Uuid::v7();
    principal.username = name;
    principal.role = role;
    directory.apply({.epoch = users_ + grants_,
                     .users = {{principal.user_row, principal.user_id, name, role, false}},
                     .users_gone = {},
                     .members = {},
                     .groups_gone = {},
                     .grants = {},
                     .grants_gone = {}});
    return principal;
  }
  void grant(const Principal& to, Permission permission, const Asset& on) {
    ++grants_;
    directory.apply({.epoch = users_ + grants_,
                     .users = {},
                     .users_gone = {},
                     .members = {},
                     .groups_gone = {},
                     .grants = {{grants_, Uuid::v7(), to.user_row, 0, on.row, permission}},
                     .grants_gone = {}});
  }
  Result<Asset> make_folder(const Principal& by, const Uuid& parent, const std::string& name,
                            std::string on_conflict = {}) {
    return database->write([&](db::Transaction& tx) {
      return assets->create_folder(tx, by, parent,
                                   {.displayName = name, .onConflict = on_conflict, .tags = {}, .customFields = {}},
                                   AssetType::folder, AssetStatus::available);
    });
  }
  std::vector<std::string> names(const Uuid& parent, ChildQuery query = {}) {
    std::vector<std::string> out;
    for (const AssetJson& asset : expect(assets->children(parent, query)).items) out.push_back(asset.displayName);
    return out;
  }

  db::TestDatabase database;
  std::filesystem::path folder;
  storage::Stores stores;
  db::Outbox outbox{*database};
  FolderTree tree{*database};
  auth::Directory directory;
  auth::GrantedAccess access{directory, tree};
  std::unique_ptr<AssetService> assets;
  std::unique_ptr<ContentService> content;
  Principal admin;
  Asset bucket;

 private:
  std::int64_t users_ = 0, grants_ = 0;
};

}  // namespace reelvault::catalog
