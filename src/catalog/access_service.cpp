#include "catalog/access_service.hpp"

#include "auth/grant_repository.hpp"
#include "auth/group_repository.hpp"
#include "auth/user_repository.hpp"

namespace reelvault::catalog {

std::span<const dto::Rule> AccessReasonJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "kind", .one_of = "role|grant|group-grant"},
      {.field = "permission", .one_of = "read|write|manage"},
      {.field = "assetId", .sentence = "Where the grant stands; null where the caller may not read that."},
      {.field = "distance", .sentence = "Levels from the asset up to where the grant stands; 0: on the asset itself."},
  };
  return rules;
}

std::span<const dto::Rule> AccessJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "permission", .sentence = "The highest; null: not even to know of it.", .one_of = "read|write|manage"},
      {.field = "heldTo", .sentence = "The most that the scopes of the calling API key let through; null: no limit."},
      {.field = "reasons", .sentence = "All that bears on it: the role, then grants, nearest first."},
  };
  return rules;
}

std::span<const dto::Rule> AssetGrantJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "displayName", .sentence = "Of the user or group; of a user without one, the user name."},
      {.field = "permission", .one_of = "read|write|manage"},
      {.field = "assetId", .sentence = "Where the grant stands; null where the caller may not read that."},
      {.field = "distance", .sentence = "Levels from the asset up to where the grant stands; 0: on the asset itself."},
      {.field = "mayChange", .sentence = "Whether the caller may change it or take it back."},
  };
  return rules;
}

std::span<const dto::Rule> AssetGrantQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "pageSize", .sentence = "Items of one page.", .minimum = 1, .maximum = 500, .default_json = "50"},
      {.field = "pageToken", .sentence = "nextPageToken of the page before.", .max_length = 2000},
      {.field = "sort", .sentence = "The order.", .one_of = "createdAt|-createdAt", .default_json = "\"createdAt\""},
  };
  return rules;
}

AccessService::Place AccessService::place(const Principal& by, std::int64_t folder_row) const {
  Place out;
  auto line = assets_.tree().line(folder_row);
  std::vector<std::int64_t> chain;
  for (const FolderTree::Folder& folder : line) chain.push_back(folder.row);
  if (line.empty()) return out;
  out.held = access_.highest(by, chain);
  if (!out.held) return out;
  out.id = line.front().id;
  out.name = line.front().name;
  out.path.emplace();
  for (const FolderTree::Folder& folder : line) out.path->insert(0, "/" + folder.name);
  return out;
}

AccessReasonJson AccessService::reason(const Principal& by, const auth::AccessReason& from) const {
  using Kind = auth::AccessReason::Kind;
  AccessReasonJson out{.permission = std::string(auth::permission_name(from.permission))};
  out.kind = from.kind == Kind::role ? "role" : from.kind == Kind::grant ? "grant" : "group-grant";
  if (from.kind == Kind::role) return out;
  out.grantId = from.grant;
  out.distance = static_cast<std::int64_t>(from.distance);
  Place where = place(by, from.asset_row);
  out.assetId = where.id;
  out.assetName = std::move(where.name);
  out.assetPath = std::move(where.path);
  return out;
}

Result<AssetGrantPage> AccessService::grants(const Principal& by, const Uuid& asset, const AssetGrantQuery& query) {
  RV_CHECK(access_.require(by, Permission::manage, asset));
  auto chain = assets_.tree().chain(asset);
  if (!chain) return fail_not_found();
  RV_TRY(auth::PageRequest request, auth::page_request(query.pageSize, query.pageToken, query.sort));
  const auth::GrantFilter filter{.asset_rows = chain};
  RV_TRY(auto page, assets_.database().read([&](db::Transaction& tx) -> Result<auth::Page<auth::Grant>> {
    return auth::make_page(
        auth::grants::page(tx, request, filter), request, auth::grants::count(tx, request, filter),
        [](const auth::Grant& grant) { return auth::PageAfter{"", unix_ms(grant.created_at), grant.known.row}; });
  }));
  std::map<std::int64_t, Place> places;
  AssetGrantPage out{.nextPageToken = page.next, .totalItemCount = page.total, .totalIsEstimate = page.estimate};
  for (auth::Grant& grant : page.items) {
    const std::int64_t row = grant.known.asset_row;
    if (!places.contains(row)) places[row] = place(by, row);
    const Place& where = places[row];
    out.items.push_back({.id = grant.known.id,
                         .userId = grant.user,
                         .groupId = grant.group,
                         .displayName = std::move(grant.display_name),
                         .permission = std::string(auth::permission_name(grant.known.permission)),
                         .assetId = where.id,
                         .assetName = where.name,
                         .assetPath = where.path,
                         .distance = std::ranges::find(*chain, row) - chain->begin(),
                         .mayChange = where.held == Permission::manage && by.role != Role::viewer,
                         .createdAt = grant.created_at});
  }
  return out;
}

Result<AccessJson> AccessService::explain(const Principal& by, const Uuid& asset, const std::optional<Uuid>& user) {
  bool of_self = !user || *user == by.user_id;
  if (!of_self) RV_CHECK(access_.require(by, Permission::manage, asset));
  auto chain = assets_.tree().chain(asset);
  if (!chain) return fail_not_found();

  Principal subject = by;
  auto known = directory_.user(of_self ? by.user_id : *user);
  if (!known) return fail_not_found("user");
  if (!of_self)
    subject = {
        .kind = Principal::Kind::user, .user_row = known->row, .user_id = known->id, .username = known->username};
  auth::AccessExplanation found = access_.explain(subject, *chain);

  AccessJson out{.assetId = asset,
                 .userId = known->id,
                 .username = known->username,
                 .role = std::string(auth::role_name(known->role)),
                 .disabled = known->disabled};
  if (found.highest) out.permission = std::string(auth::permission_name(*found.highest));
  if (subject.limited && found.held_to) out.heldTo = std::string(auth::permission_name(*found.held_to));
  std::vector<std::int64_t> group_rows;
  for (const auth::AccessReason& each : found.reasons) {
    out.reasons.push_back(reason(by, each));
    if (each.group_row != 0) group_rows.push_back(each.group_row);
  }
  if (group_rows.empty()) return out;
  RV_TRY(auto groups,
         assets_.database().read([&](db::Transaction& tx) -> Result<std::map<std::int64_t, auth::GroupRef>> {
           return auth::groups::named(tx, group_rows);
         }));
  for (std::size_t i = 0; i < found.reasons.size(); ++i) {
    auto group = groups.find(found.reasons[i].group_row);
    if (group == groups.end()) continue;
    out.reasons[i].groupId = group->second.id;
    out.reasons[i].groupName = group->second.name;
  }
  return out;
}

}  // namespace reelvault::catalog
