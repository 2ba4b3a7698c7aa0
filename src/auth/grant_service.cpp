#include "auth/grant_service.hpp"

#include "audit/audit_repository.hpp"
#include "auth/grant_repository.hpp"
#include "auth/group_repository.hpp"

namespace reelvault::auth {
namespace {

constexpr std::int64_t kGranteesMost = 20;  // of each kind

GrantJson json_of(const Grant& grant) {
  return {.id = grant.known.id,
          .userId = grant.user,
          .groupId = grant.group,
          .displayName = grant.display_name,
          .assetId = grant.asset,
          .permission = std::string(permission_name(grant.known.permission)),
          .createdAt = grant.created_at,
          .createdBy = grant.created_by};
}

// To whom, on what: found by the asset, too.
void note(db::Transaction& tx, const ResourceTree& tree, std::string operation, const Grant& grant) {
  auto line = audit::account(std::move(operation), grant.user ? "user" : "group", grant.user ? grant.user : grant.group,
                             {}, std::string(permission_name(grant.known.permission)));
  line.asset_row = grant.known.asset_row;
  line.asset_id = grant.asset;
  line.asset_name = tree.name(grant.asset);
  if (grant.user) {
    if (auto user = users::find(tx, *grant.user)) line.subject_name = user->username;
  } else if (grant.group) {
    if (auto group = groups::find(tx, *grant.group)) line.subject_name = group->name;
  }
  audit::append(tx, std::move(line));
}

}  // namespace

Result<void> GrantService::may(const Principal& by, const Uuid& asset) {
  if (access_.sees_everything(by)) return {};
  return access_.require(by, Permission::manage, asset);
}

Result<GrantJson> GrantService::get(const Principal& by, const Uuid& id) {
  RV_TRY(GrantJson found, find(id));
  if (auto allowed = may(by, found.assetId); !allowed)
    return allowed.error().code == Code::not_found ? fail_not_found("grant")
                                                   : std::unexpected(std::move(allowed).error());
  return found;
}

Result<GrantJson> GrantService::find(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<GrantJson> {
    auto grant = grants::find(tx, id);
    if (!grant) return fail_not_found("grant");
    return json_of(*grant);
  });
}

Result<GrantPage> GrantService::list(const Principal& by, const GrantQuery& query) {
  if (!query.assetId && !access_.sees_everything(by))
    return fail_field("?assetId", "must name a folder that you manage; administrators alone may leave it out");
  if (query.assetId) RV_CHECK(may(by, *query.assetId));
  RV_TRY(PageRequest request, page_request(query.pageSize, query.pageToken, query.sort));
  GrantFilter filter{query.userId, query.groupId, query.assetId};
  return database_.read([&](db::Transaction& tx) -> Result<GrantPage> {
    auto page = make_page(
        grants::page(tx, request, filter), request, grants::count(tx, request, filter),
        [](const Grant& grant) { return PageRequest::After{"", unix_ms(grant.created_at), grant.known.row}; });
    GrantPage out{.nextPageToken = page.next, .totalItemCount = page.total, .totalIsEstimate = page.estimate};
    for (const Grant& grant : page.items) out.items.push_back(json_of(grant));
    return out;
  });
}

Result<void> GrantService::check(const Principal& by, const CreateGrant& given) {
  if (!may(by, given.assetId)) return {};
  if (!tree_.chain(given.assetId)) return fail_not_found();
  if (!tree_.is_container(given.assetId)) return fail_field("/assetId", "must name a bucket or a folder");
  return database_.read([&](db::Transaction& tx) -> Result<void> {
    if (given.userId && !users::find(tx, *given.userId)) return fail_not_found("user");
    if (given.groupId && !grants::group_row(tx, *given.groupId)) return fail_not_found("group");
    return {};
  });
}

Result<GrantJson> GrantService::create(const Principal& by, const CreateGrant& given) {
  RV_CHECK(dto::check(given));
  // Whoever manages it holds all that can be granted.
  RV_CHECK(may(by, given.assetId));
  RV_CHECK(check(by, given));
  auto chain = tree_.chain(given.assetId);
  if (!chain) return fail_not_found();

  Grant grant{.user = given.userId, .group = given.groupId, .asset = given.assetId, .created_at = now()};
  grant.known.id = Uuid::v7();
  grant.known.asset_row = chain->front();
  grant.known.permission = parse_permission(given.permission);
  if (!by.user_id.nil()) grant.created_by = by.user_id;
  return database_.write([&](db::Transaction& tx) -> Result<GrantJson> {
    Changes changes{.epoch = next_epoch(tx)};
    if (given.userId) {
      auto user = users::find(tx, *given.userId);
      if (!user) return fail_not_found("user");
      grant.known.user_row = user->row;
    } else {
      auto group = grants::group_row(tx, *given.groupId);
      if (!group) return fail_not_found("group");
      grant.known.group_row = *group;
    }
    RV_TRY(grant.known.row, grants::insert(tx, grant));
    note(tx, tree_, "grant", grant);
    changes.grants.push_back(grant.known);
    directory_.apply_after(tx, std::move(changes));
    return json_of(grants::find(tx, grant.known.id).value_or(grant));
  });
}

Result<GrantJson> GrantService::patch(const Principal& by, const Uuid& id, const PatchGrant& given) {
  RV_CHECK(get(by, id));
  return database_.write([&](db::Transaction& tx) -> Result<GrantJson> {
    Changes changes{.epoch = next_epoch(tx)};
    auto grant = grants::find(tx, id);
    if (!grant) return fail_not_found("grant");
    grant->known.permission = parse_permission(given.permission);
    grants::set_permission(tx, grant->known.row, grant->known.permission);
    note(tx, tree_, "change-grant", *grant);
    changes.grants.push_back(grant->known);
    directory_.apply_after(tx, std::move(changes));
    return json_of(*grant);
  });
}

Result<void> GrantService::remove(const Principal& by, const Uuid& id) {
  RV_CHECK(get(by, id));
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    Changes changes{.epoch = next_epoch(tx)};
    auto grant = grants::find(tx, id);
    if (!grant) return fail_not_found("grant");
    grants::remove(tx, grant->known.row);
    note(tx, tree_, "revoke-grant", *grant);
    changes.grants_gone.push_back(grant->known.row);
    directory_.apply_after(tx, std::move(changes));
    return {};
  });
}

Result<GranteeItems> GrantService::grantees(const Principal& by, const GranteeQuery& query) {
  RV_CHECK(may(by, query.assetId));
  return database_.read([&](db::Transaction& tx) -> Result<GranteeItems> {
    return GranteeItems{grants::grantees(tx, query.search, kGranteesMost)};
  });
}

void forget_assets(db::Transaction& tx, Directory& directory, const std::vector<std::int64_t>& asset_rows) {
  auto rows = grants::on_assets(tx, asset_rows);
  if (rows.empty()) return;  // most assets have none, and need not wait for changes of accounts
  Changes changes{.epoch = next_epoch(tx), .grants_gone = rows};
  for (std::int64_t row : rows) grants::remove(tx, row);
  directory.apply_after(tx, std::move(changes));
}

}  // namespace reelvault::auth
