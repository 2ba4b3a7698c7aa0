#include "auth/group_service.hpp"

#include "audit/audit_repository.hpp"
#include "auth/group_repository.hpp"
#include "auth/user_service.hpp"

namespace reelvault::auth {
namespace {

Revised<GroupJson> json_of(const Group& group) {
  return {{.id = group.id,
           .name = group.name,
           .description = group.description,
           .memberCount = group.members,
           .createdAt = group.created_at,
           .modifiedAt = group.modified_at},
          group.revision};
}

Result<Group> existing(db::Transaction& tx, const Uuid& id) {
  auto group = groups::find(tx, id);
  if (!group) return fail_not_found("group");
  return std::move(*group);
}

}  // namespace

Result<Revised<GroupJson>> GroupService::get(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<Revised<GroupJson>> {
    RV_TRY(Group group, existing(tx, id));
    return json_of(group);
  });
}

Result<GroupPage> GroupService::list(const AccountQuery& query) {
  RV_TRY(PageRequest request, page_request(query.pageSize, query.pageToken, query.sort, query.search));
  return database_.read([&](db::Transaction& tx) -> Result<GroupPage> {
    auto page = make_page(groups::page(tx, request), request, groups::count(tx, request), [](const Group& group) {
      return PageRequest::After{username_key(group.name), unix_ms(group.created_at), group.row};
    });
    GroupPage out{.nextPageToken = page.next, .totalItemCount = page.total, .totalIsEstimate = page.estimate};
    for (const Group& group : page.items) out.items.push_back(json_of(group).value);
    return out;
  });
}

Result<Revised<GroupJson>> GroupService::create(const CreateGroup& given) {
  Group group{.id = Uuid::v7(), .description = given.description};
  RV_TRY(group.name, clean_name(given.name, "/name"));
  group.created_at = group.modified_at = now();
  return database_.write([&](db::Transaction& tx) -> Result<Revised<GroupJson>> {
    RV_TRY(group.row, groups::insert(tx, group));
    audit::append(tx, audit::account("create-group", "group", group.id, group.name));
    return json_of(group);
  });
}

Result<Revised<GroupJson>> GroupService::patch(const Uuid& id, const PatchGroup& given, std::string_view if_match) {
  std::optional<std::string> name;
  if (given.name) {
    RV_TRY(name, clean_name(*given.name, "/name"));
  }
  Timestamp at = now();
  return database_.write([&](db::Transaction& tx) -> Result<Revised<GroupJson>> {
    (void)next_epoch(tx);  // two patches with one If-Match: one of them is late
    RV_TRY(Group group, existing(tx, id));
    RV_CHECK(check_if_match(if_match, group.revision));
    const std::string was = group.name;
    if (name) group.name = *name;
    if (given.description.present())
      group.description = given.description.state == dto::Patch<std::string>::State::null
                              ? std::nullopt
                              : std::optional(given.description.value);
    group.modified_at = at;
    RV_CHECK(groups::update(tx, group));
    ++group.revision;
    audit::append(tx, audit::account("update-group", "group", group.id, group.name,
                                     was == group.name ? "description" : fmt::format("name (was \"{}\")", was)));
    return json_of(group);
  });
}

Result<void> GroupService::remove(const Uuid& id, std::string_view if_match) {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    Changes changes{.epoch = next_epoch(tx)};
    RV_TRY(Group group, existing(tx, id));
    RV_CHECK(check_if_match(if_match, group.revision));
    groups::remove(tx, group.row);
    audit::append(tx, audit::account("delete-group", "group", group.id, group.name));
    changes.groups_gone.push_back(group.row);
    directory_.apply_after(tx, std::move(changes));
    return {};
  });
}

Result<UserPage> GroupService::members(const Uuid& id, const AccountQuery& query) {
  RV_TRY(PageRequest request, page_request(query.pageSize, query.pageToken, query.sort, query.search));
  return database_.read([&](db::Transaction& tx) -> Result<UserPage> {
    RV_TRY(Group group, existing(tx, id));
    auto page = make_page(groups::members(tx, group.row, request), request,
                          groups::count_members(tx, group.row, request), [](const User& user) {
                            return PageRequest::After{username_key(user.username), unix_ms(user.created_at), user.row};
                          });
    std::vector<std::int64_t> rows;
    for (const User& user : page.items) rows.push_back(user.row);
    auto groups = groups::of_users(tx, rows);
    UserPage out{.nextPageToken = page.next, .totalItemCount = page.total, .totalIsEstimate = page.estimate};
    for (const User& user : page.items) out.items.push_back(user_json(user, std::move(groups[user.row])));
    return out;
  });
}

Result<GroupJson> GroupService::add_member(const Uuid& id, const Uuid& user_id) {
  Timestamp at = now();
  return database_.write([&](db::Transaction& tx) -> Result<GroupJson> {
    Changes changes{.epoch = next_epoch(tx)};
    RV_TRY(Group group, existing(tx, id));
    auto user = users::find(tx, user_id);
    if (!user) return fail_not_found("user");
    if (groups::add_member(tx, group.row, user->row, at)) {
      ++group.members;
      audit::append(tx, audit::account("add-member", "group", group.id, group.name, "user " + user->username));
    }
    changes.members.push_back({group.row, user->row, true});
    directory_.apply_after(tx, std::move(changes));
    return json_of(group).value;
  });
}

Result<void> GroupService::remove_member(const Uuid& id, const Uuid& user_id) {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    Changes changes{.epoch = next_epoch(tx)};
    RV_TRY(Group group, existing(tx, id));
    auto user = users::find(tx, user_id);
    if (!user || !groups::remove_member(tx, group.row, user->row)) return fail_not_found("member");
    audit::append(tx, audit::account("remove-member", "group", group.id, group.name, "user " + user->username));
    changes.members.push_back({group.row, user->row, false});
    directory_.apply_after(tx, std::move(changes));
    return {};
  });
}

}  // namespace reelvault::auth
