#include "auth/access_control.hpp"

#include <gtest/gtest.h>

namespace reelvault::auth {
namespace {

constexpr auto kNone = std::optional<Permission>();
constexpr auto kRead = std::optional(Permission::read);
constexpr auto kWrite = std::optional(Permission::write);
constexpr auto kManage = std::optional(Permission::manage);

// bucket 1 > folder 2 > folder 3 > file 4, and folder 5 beside folder 2.
const std::vector<std::int64_t> kBucket{1}, kFolder{2, 1}, kInner{3, 2, 1}, kFile{4, 3, 2, 1}, kBeside{5, 1};

class FixedTree : public ResourceTree {
 public:
  std::optional<std::vector<std::int64_t>> chain(const Uuid& asset) override {
    auto found = known.find(asset);
    return found == known.end() ? std::nullopt : std::optional(found->second);
  }
  bool is_container(const Uuid&) override { return true; }
  std::string name(const Uuid&) const override { return "a folder"; }
  std::unordered_map<Uuid, std::vector<std::int64_t>> known;
};

class AccessTest : public ::testing::Test {
 protected:
  Principal user(std::int64_t row, Role role = Role::viewer) {
    KnownUser known{row, Uuid::v7(), "user" + std::to_string(row), role, false};
    change([&](Changes& c) { c.users.push_back(known); });
    return *directory_.principal({.user = known.id});
  }
  void member(std::int64_t group, std::int64_t user, bool present = true) {
    change([&](Changes& c) { c.members.push_back({group, user, present}); });
  }
  std::int64_t grant(std::int64_t user, std::int64_t group, std::int64_t asset, Permission permission) {
    std::int64_t row = ++grants_;
    change([&](Changes& c) { c.grants.push_back({row, Uuid::v7(), user, group, asset, permission}); });
    return row;
  }
  void change(const std::function<void(Changes&)>& fill) {
    Changes changes{.epoch = ++epoch_};
    fill(changes);
    directory_.apply(changes);
  }
  Principal key(Principal principal, std::set<std::string> scopes) {
    principal.kind = Principal::Kind::api_key;
    principal.limited = true;
    principal.scopes = std::move(scopes);
    return principal;
  }

  std::int64_t epoch_ = 0, grants_ = 0;
  Directory directory_;
  FixedTree tree_;
  GrantedAccess access_{directory_, tree_};
};

TEST_F(AccessTest, GrantsAreInheritedAndNearerOnesOnlyAdd) {
  struct Case {
    const char* what;
    std::vector<std::pair<std::int64_t, Permission>> grants;  // on asset
    std::optional<Permission> bucket, folder, inner, file, beside;
  };
  const Case cases[] = {
      {"nothing", {}, kNone, kNone, kNone, kNone, kNone},
      {"on the bucket", {{1, Permission::read}}, kRead, kRead, kRead, kRead, kRead},
      {"on a folder", {{2, Permission::write}}, kNone, kWrite, kWrite, kWrite, kNone},
      {"nearer adds", {{1, Permission::read}, {3, Permission::manage}}, kRead, kRead, kManage, kManage, kRead},
      {"nearer does not take",
       {{1, Permission::manage}, {3, Permission::read}},
       kManage,
       kManage,
       kManage,
       kManage,
       kManage},
      {"on the file alone", {{4, Permission::read}}, kNone, kNone, kNone, kRead, kNone},
      {"elsewhere", {{5, Permission::manage}}, kNone, kNone, kNone, kNone, kManage},
  };
  std::int64_t row = 100;
  for (const Case& test : cases) {
    SCOPED_TRACE(test.what);
    Principal principal = user(++row);
    for (const auto& [asset, permission] : test.grants) grant(row, 0, asset, permission);
    EXPECT_EQ(access_.highest(principal, kBucket), test.bucket);
    EXPECT_EQ(access_.highest(principal, kFolder), test.folder);
    EXPECT_EQ(access_.highest(principal, kInner), test.inner);
    EXPECT_EQ(access_.highest(principal, kFile), test.file);
    EXPECT_EQ(access_.highest(principal, kBeside), test.beside);
  }
}

TEST_F(AccessTest, RolesAndKindsOfPrincipals) {
  Principal viewer = user(1), editor = user(2, Role::editor), admin = user(3, Role::admin);
  Principal worker, anonymous;
  worker.kind = Principal::Kind::worker;
  EXPECT_EQ(access_.highest(viewer, kFile), kNone);
  EXPECT_EQ(access_.highest(editor, kFile), kNone);  // a role alone opens nothing
  EXPECT_EQ(access_.highest(admin, kFile), kManage);
  EXPECT_EQ(access_.highest(Principal::system(), kFile), kManage);
  EXPECT_EQ(access_.highest(worker, kFile), kNone);
  EXPECT_EQ(access_.highest(anonymous, kFile), kNone);
  EXPECT_TRUE(access_.sees_everything(admin));
  EXPECT_TRUE(access_.sees_everything(Principal::system()));
  for (const Principal& other : {viewer, editor, worker, anonymous}) EXPECT_FALSE(access_.sees_everything(other));
}

TEST_F(AccessTest, GroupsGiveAndTakeAtOnce) {
  Principal principal = user(1);  // as a request that began before the changes has it
  member(10, 1);
  std::int64_t row = grant(0, 10, 2, Permission::write);
  EXPECT_EQ(access_.highest(principal, kFile), kWrite);
  EXPECT_EQ(access_.granted(principal), std::vector<std::int64_t>{2});
  member(10, 1, false);
  EXPECT_EQ(access_.highest(principal, kFile), kNone);
  member(10, 1);
  EXPECT_EQ(access_.highest(principal, kFile), kWrite);
  change([&](Changes& c) { c.grants_gone.push_back(row); });
  EXPECT_EQ(access_.highest(principal, kFile), kNone);
  grant(0, 10, 2, Permission::read);
  EXPECT_EQ(access_.highest(principal, kFile), kRead);
  change([&](Changes& c) { c.groups_gone.push_back(10); });
  EXPECT_EQ(access_.highest(principal, kFile), kNone);
  EXPECT_TRUE(access_.granted(principal).empty());
}

TEST_F(AccessTest, ADisabledOrDemotedUserLosesRightsInTheMiddleOfARequest) {
  Principal admin = user(1, Role::admin);
  KnownUser known = *directory_.user(1);
  known.role = Role::editor;
  change([&](Changes& c) { c.users.push_back(known); });
  EXPECT_EQ(access_.highest(admin, kFile), kNone);
  EXPECT_FALSE(access_.sees_everything(admin));
  grant(1, 0, 1, Permission::read);
  EXPECT_EQ(access_.highest(admin, kFile), kRead);
  known.disabled = true;
  change([&](Changes& c) { c.users.push_back(known); });
  EXPECT_EQ(access_.highest(admin, kFile), kNone);
  EXPECT_TRUE(access_.granted(admin).empty());
}

TEST_F(AccessTest, ScopesHoldAKeyToWhatTheySay) {
  Principal owner = user(1);
  grant(1, 0, 1, Permission::manage);
  Principal admin = user(2, Role::admin);
  struct Case {
    std::set<std::string> scopes;
    std::optional<Permission> highest;
    bool upload, read, write, manage, admin;
  };
  const Case cases[] = {
      {{}, kNone, false, false, false, false, false},
      {{"read"}, kRead, false, true, false, false, false},
      {{"upload"}, kWrite, true, false, false, false, false},
      {{"upload", "read"}, kWrite, true, true, false, false, false},
      {{"write"}, kWrite, true, true, true, false, false},
      {{"manage"}, kManage, true, true, true, true, false},
      {{"admin"}, kManage, true, true, true, true, true},
      {{"something-else"}, kNone, false, false, false, false, false},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.scopes.empty() ? "none" : *test.scopes.begin());
    Principal limited = key(owner, test.scopes);
    EXPECT_EQ(access_.highest(limited, kFile), test.highest);
    EXPECT_EQ(access_.highest(key(admin, test.scopes), kFile), test.highest);
    EXPECT_EQ(scope_allows(limited, "upload"), test.upload);
    EXPECT_EQ(scope_allows(limited, "read"), test.read);
    EXPECT_EQ(scope_allows(limited, "write"), test.write);
    EXPECT_EQ(scope_allows(limited, "manage"), test.manage);
    EXPECT_EQ(scope_allows(limited, "admin"), test.admin);
    EXPECT_FALSE(scope_allows(limited, "unheard-of"));
  }
  EXPECT_TRUE(scope_allows(owner, "admin"));  // without scopes: whatever the user may
}

TEST_F(AccessTest, RequireHidesWhatCannotBeRead) {
  Uuid file = Uuid::v7(), beside = Uuid::v7();
  tree_.known[file] = kFile;
  tree_.known[beside] = kBeside;
  Principal principal = user(1);
  grant(1, 0, 2, Permission::read);
  EXPECT_TRUE(access_.require(principal, Permission::read, file));
  EXPECT_EQ(access_.require(principal, Permission::write, file).error().code, Code::forbidden);
  auto unreadable = access_.require(principal, Permission::read, beside);
  auto unknown = access_.require(principal, Permission::read, Uuid::v7());
  EXPECT_EQ(unreadable.error().code, Code::not_found);
  EXPECT_EQ(unreadable.error().message, unknown.error().message);
  EXPECT_EQ(unreadable.error().type, unknown.error().type);
}

TEST_F(AccessTest, ExplainsThroughWhichGrantSomebodyMayWhat) {
  Principal principal = user(1);
  member(10, 1);
  grant(1, 0, 1, Permission::read);
  grant(0, 10, 3, Permission::write);
  grant(0, 10, 5, Permission::manage);
  auto explanation = access_.explain(principal, kFile);
  EXPECT_EQ(explanation.highest, kWrite);
  ASSERT_EQ(explanation.reasons.size(), 2u);
  EXPECT_EQ(explanation.reasons[0].kind, AccessReason::Kind::group_grant);
  EXPECT_EQ(explanation.reasons[0].group_row, 10);
  EXPECT_EQ(explanation.reasons[0].asset_row, 3);
  EXPECT_EQ(explanation.reasons[0].distance, 1u);
  EXPECT_EQ(explanation.reasons[1].kind, AccessReason::Kind::grant);
  EXPECT_EQ(explanation.reasons[1].distance, 3u);

  Principal admin = user(2, Role::admin);
  auto of_admin = access_.explain(admin, kFile);
  ASSERT_EQ(of_admin.reasons.size(), 1u);
  EXPECT_EQ(of_admin.reasons[0].kind, AccessReason::Kind::role);
  auto of_key = access_.explain(key(admin, {"read"}), kFile);
  EXPECT_EQ(of_key.highest, kRead);
  EXPECT_EQ(of_key.held_to, kRead);
}

// PostgreSQL tells of commits in any order; epochs tell which is newer.
TEST_F(AccessTest, AChangeThatArrivesLateDoesNotUndoANewerOne) {
  Principal principal = user(1);
  KnownGrant granted{7, Uuid::v7(), 1, 0, 2, Permission::read};
  Changes insert{.epoch = 10, .grants = {granted}};
  granted.permission = Permission::manage;
  Changes raise{.epoch = 11, .grants = {granted}};
  Changes drop{.epoch = 12, .grants_gone = {7}};

  directory_.apply(raise);
  directory_.apply(insert);
  EXPECT_EQ(access_.highest(principal, kFile), kManage);
  directory_.apply(drop);
  directory_.apply(raise);
  directory_.apply(insert);
  EXPECT_EQ(access_.highest(principal, kFile), kNone);

  directory_.apply({.epoch = 15, .members = {{20, 1, false}}});
  directory_.apply({.epoch = 14, .members = {{20, 1, true}}});
  directory_.apply({.epoch = 16, .grants = {{8, Uuid::v7(), 0, 20, 2, Permission::write}}});
  EXPECT_EQ(access_.highest(principal, kFile), kNone);

  directory_.apply({.epoch = 20, .groups_gone = {21}});
  directory_.apply({.epoch = 18, .members = {{21, 1, true}}});
  directory_.apply({.epoch = 19, .grants = {{9, Uuid::v7(), 0, 21, 2, Permission::write}}});
  EXPECT_EQ(access_.highest(principal, kFile), kNone);

  // A member that overtook its user.
  directory_.apply({.epoch = 24, .members = {{22, 30, true}}});
  directory_.apply({.epoch = 25, .grants = {{11, Uuid::v7(), 0, 22, 2, Permission::write}}});
  KnownUser late{30, Uuid::v7(), "late", Role::viewer, false};
  directory_.apply({.epoch = 23, .users = {late}});
  EXPECT_EQ(access_.highest(*directory_.principal({.user = late.id}), kFile), kWrite);
}

}  // namespace
}  // namespace reelvault::auth
