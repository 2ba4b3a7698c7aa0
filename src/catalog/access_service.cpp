#include "catalog/access_service.hpp"

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

AccessReasonJson AccessService::reason(const Principal& by, const auth::AccessReason& from) const {
  using Kind = auth::AccessReason::Kind;
  AccessReasonJson out{.permission = std::string(auth::permission_name(from.permission))};
  out.kind = from.kind == Kind::role ? "role" : from.kind == Kind::grant ? "grant" : "group-grant";
  if (from.kind == Kind::role) return out;
  out.grantId = from.grant;
  out.distance = static_cast<std::int64_t>(from.distance);
  auto line = assets_.tree().line(from.asset_row);
  std::vector<std::int64_t> chain;
  for (const FolderTree::Folder& folder : line) chain.push_back(folder.row);
  if (line.empty() || !access_.highest(by, chain)) return out;
  out.assetId = line.front().id;
  out.assetName = line.front().name;
  std::string path;
  for (const FolderTree::Folder& folder : line) path.insert(0, "/" + folder.name);
  out.assetPath = std::move(path);
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
