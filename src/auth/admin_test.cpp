#include "auth/testing.hpp"

#include "auth/grant_service.hpp"

#include <barrier>

namespace reelvault::auth::testing {
namespace {

namespace json = boost::json;

class Administration : public AccountsTest {
 protected:
  Answer get(const std::string& path, const Fields& more = {}) {
    Fields fields = more;
    fields.push_back(as_admin());
    return call("GET", path, fields);
  }
  Answer post(const std::string& path, const json::object& body) { return call("POST", path, {as_admin()}, body); }
  Answer patch(const std::string& path, const json::object& body, const Fields& more = {}) {
    Fields fields = more;
    fields.push_back(as_admin());
    return call("PATCH", path, fields, body);
  }
  Answer del(const std::string& path, const Fields& more = {}) {
    Fields fields = more;
    fields.push_back(as_admin());
    return call("DELETE", path, fields);
  }
  std::vector<std::string> names(const Answer& list, const char* member) {
    std::vector<std::string> out;
    for (const auto& item : list.json().at("items").as_array())
      out.emplace_back(item.as_object().at(member).as_string());
    return out;
  }
  std::string admin_id() { return call("GET", "/account/user", {as_admin()}).string("id"); }
};
INSTANTIATE_TEST_SUITE_P(Databases, Administration, db::each_backend(), db::backend_name);

TEST_P(Administration, MakesChangesAndRemovesUsers) {
  Answer made = post("/admin/user", {{"username", "anna"}, {"email", "anna@example.com"}, {"password", kUserPassword}});
  ASSERT_EQ(made.status, 201) << made.text;
  std::string path = "/admin/user/" + made.string("id");
  EXPECT_EQ(made.header("location"), path);
  EXPECT_EQ(made.string("role"), "viewer");
  EXPECT_FALSE(made.text.contains(kUserPassword) || made.text.contains("argon2")) << made.text;
  EXPECT_EQ(made.header("etag"), get(path).header("etag"));

  Answer changed = patch(path, {{"displayName", "Anna"}, {"email", nullptr}, {"role", "editor"}});
  ASSERT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.string("displayName"), "Anna");
  EXPECT_TRUE(changed.json().at("email").is_null());
  EXPECT_EQ(changed.string("role"), "editor");
  EXPECT_EQ(changed.header("etag"), get(path).header("etag"));
  // What may not be set is ignored like any unknown field.
  Answer mass = patch(path, {{"id", Uuid::v7().text()}, {"createdAt", "2001-01-01T00:00:00Z"}, {"passwordHash", "x"}});
  EXPECT_EQ(mass.string("id"), made.string("id"));
  EXPECT_EQ(mass.string("createdAt"), made.string("createdAt"));

  EXPECT_EQ(del(path).status, 204);
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(del(path).status, 404);
  EXPECT_EQ(patch(path, {{"displayName", "x"}}).status, 404);
  EXPECT_EQ(get("/admin/user/not-an-id").status, 400);
}

TEST_P(Administration, RefusesUsersThatCannotBe) {
  add_user("anna");
  EXPECT_EQ(post("/admin/user", {{"username", "ANNA"}}).type(), "username-taken");
  EXPECT_EQ(post("/admin/user", {{"username", " \t "}}).status, 400);
  EXPECT_EQ(post("/admin/user", {{"username", "a\nb"}}).status, 400);
  Answer faults = post("/admin/user", {{"username", 7}, {"role", "king"}, {"email", std::string(400, 'x')}});
  EXPECT_EQ(faults.status, 400);
  EXPECT_EQ(faults.json().at("errors").as_array().size(), 3u) << faults.text;
  std::string bert = add_user("bert");
  EXPECT_EQ(patch("/admin/user/" + bert, {{"username", "Anna"}}).status, 409);
  EXPECT_EQ(patch("/admin/user/" + bert, {{"username", "BERT"}}).status, 200);  // their own, in other letters
  EXPECT_EQ(patch("/admin/user/" + bert, {{"password", "short"}}).status, 400);
}

TEST_P(Administration, HonoursIfMatchOnUsersAndGroups) {
  for (const std::string& path : {"/admin/user/" + add_user("anna"), "/admin/group/" + add_group("crew")}) {
    SCOPED_TRACE(path);
    std::string tag = get(path).header("etag");
    ASSERT_FALSE(tag.empty());
    EXPECT_EQ(call("GET", path, {as_admin(), "If-None-Match: " + tag}).status, 304);
    const json::object change{{path.contains("user") ? "displayName" : "description", "changed"}};
    EXPECT_EQ(patch(path, change, {"If-Match: \"r999\""}).status, 412);
    Answer changed = patch(path, change, {"If-Match: " + tag});
    EXPECT_EQ(changed.status, 200) << changed.text;
    EXPECT_EQ(patch(path, change, {"If-Match: " + tag}).status, 412);
    EXPECT_EQ(del(path, {"If-Match: " + tag}).status, 412);
    EXPECT_EQ(patch(path, change, {"If-Match: *"}).status, 200);
    EXPECT_EQ(del(path, {"If-Match: \"other\", " + get(path).header("etag")}).status, 204);
  }
}

TEST_P(Administration, KeepsTheLastAdministrator) {
  std::string admin = "/admin/user/" + admin_id();
  EXPECT_EQ(patch(admin, {{"role", "editor"}}).type(), "last-admin");
  EXPECT_EQ(patch(admin, {{"disabled", true}}).type(), "last-admin");
  EXPECT_EQ(del(admin).type(), "last-admin");
  // One who is disabled does not count.
  std::string second = "/admin/user/" + add_user("second", "admin");
  ASSERT_EQ(patch(second, {{"disabled", true}}).status, 200);
  EXPECT_EQ(del(admin).status, 409);
  ASSERT_EQ(patch(second, {{"disabled", false}}).status, 200);
  EXPECT_EQ(patch(admin, {{"role", "editor"}}).status, 200);
  EXPECT_EQ(get("/admin/user").status, 403);
}

TEST_P(Administration, KeepsOneWhenAllAdministratorsRemoveOneAnotherAtOnce) {
  constexpr std::size_t kAdmins = 6;
  std::vector<std::string> fields{as_admin()}, paths{"/admin/user/" + admin_id()};
  for (std::size_t i = 1; i < kAdmins; ++i) {
    std::string name = "admin" + std::to_string(i);
    paths.push_back("/admin/user/" + add_user(name, "admin"));
    fields.push_back(as(name, kUserPassword));
  }
  std::barrier ready(static_cast<std::ptrdiff_t>(kAdmins));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kAdmins; ++i)
      threads.emplace_back([&, i] {
        ready.arrive_and_wait();
        const std::string& next = paths[(i + 1) % kAdmins];
        if (i % 2 == 0)
          call("DELETE", next, {fields[i]});
        else
          call("PATCH", next, {fields[i]}, json::object{{"disabled", true}});
      });
  }
  auto left = database().read([](db::Transaction& tx) -> Result<std::int64_t> { return users::enabled_admins(tx); });
  EXPECT_GE(*left, 1);
}

TEST_P(Administration, PagesThroughUsersWhileSomeComeAndGo) {
  for (int i = 0; i < 7; ++i) add_user(fmt::format("user{}", i));
  std::vector<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    Answer page = get("/admin/user?pageSize=3&sort=name" + (token.empty() ? "" : "&pageToken=" + token));
    ASSERT_EQ(page.status, 200) << page.text;
    if (pages == 0) {
      EXPECT_EQ(page.json().at("totalItemCount").as_int64(), 8);
      add_user("aaron");   // before what was seen
      add_user("user55");  // after it
    }
    for (const std::string& name : names(page, "username")) seen.push_back(name);
    token = page.string("nextPageToken");
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"admin", "user0", "user1", "user2", "user3", "user4", "user5", "user55",
                                            "user6"}));

  EXPECT_EQ(names(get("/admin/user?sort=-createdAt&pageSize=2"), "username"),
            (std::vector<std::string>{"user55", "aaron"}));
  EXPECT_EQ(names(get("/admin/user?sort=-name&pageSize=1"), "username"), std::vector<std::string>{"user6"});
  EXPECT_EQ(names(get("/admin/user?search=SER5"), "username"), (std::vector<std::string>{"user5", "user55"}));
  EXPECT_TRUE(names(get("/admin/user?search=%25"), "username").empty());
  EXPECT_EQ(get("/admin/user?pageToken=nonsense").status, 400);
  std::string by_name = get("/admin/user?sort=name&pageSize=1").string("nextPageToken");
  EXPECT_EQ(get("/admin/user?sort=createdAt&pageToken=" + by_name).status, 400);
  EXPECT_EQ(get("/admin/user?pageSize=0").status, 400);
  EXPECT_EQ(get("/admin/user?pageSize=501").status, 400);
  EXPECT_EQ(get("/admin/user?sort=passwordHash").status, 400);
}

TEST_P(Administration, ManagesGroupsAndTheirMembers) {
  std::string group = add_group("Crew"), anna = add_user("anna"), bert = add_user("bert");
  EXPECT_EQ(post("/admin/group", {{"name", "crew"}}).type(), "group-name-taken");
  std::string members = "/admin/group/" + group + "/member";
  Answer added = post(members, {{"userId", anna}});
  EXPECT_EQ(added.status, 201) << added.text;
  EXPECT_EQ(added.json().at("memberCount").as_int64(), 1);
  EXPECT_EQ(post(members, {{"userId", anna}}).json().at("memberCount").as_int64(), 1);  // repeating is harmless
  EXPECT_EQ(post(members, {{"userId", bert}}).status, 201);
  EXPECT_EQ(post(members, {{"userId", Uuid::v7().text()}}).status, 404);
  EXPECT_EQ(names(get(members), "username"), (std::vector<std::string>{"anna", "bert"}));
  EXPECT_EQ(names(get(members + "?search=ber"), "username"), std::vector<std::string>{"bert"});
  EXPECT_EQ(get("/admin/user/" + anna).json().at("groups").as_array().at(0).as_object().at("name"), "Crew");

  EXPECT_EQ(del(members + "/" + anna).status, 204);
  EXPECT_EQ(del(members + "/" + anna).status, 404);
  EXPECT_EQ(names(get("/admin/group"), "name"), std::vector<std::string>{"Crew"});
  EXPECT_EQ(patch("/admin/group/" + group, {{"name", "Cast"}, {"description", "who plays"}}).string("name"), "Cast");
  EXPECT_EQ(del("/admin/group/" + group).status, 204);
  EXPECT_EQ(get(members).status, 404);
  EXPECT_TRUE(get("/admin/user/" + bert).json().at("groups").as_array().empty());
}

TEST_P(Administration, ManagesGrants) {
  Uuid bucket = tree_.add(1, 0), folder = tree_.add(2, 1), file = tree_.add(3, 2, false);
  std::string anna = add_user("anna"), crew = add_group("crew");
  auto principal = accounts_->directory().principal({.user = *Uuid::parse(anna)});
  auto may = [&](Permission permission, const Uuid& asset) {
    return accounts_->access().require(*principal, permission, asset).has_value();
  };

  Answer made = post("/admin/grant", {{"userId", anna}, {"assetId", folder.text()}, {"permission", "read"}});
  ASSERT_EQ(made.status, 201) << made.text;
  std::string path = "/admin/grant/" + made.string("id");
  EXPECT_EQ(made.string("createdBy"), admin_id());
  EXPECT_TRUE(made.json().at("groupId").is_null());
  EXPECT_TRUE(may(Permission::read, file));
  EXPECT_FALSE(may(Permission::write, file));
  EXPECT_EQ(post("/admin/grant", {{"userId", anna}, {"assetId", folder.text()}, {"permission", "write"}}).type(),
            "grant-exists");
  EXPECT_EQ(patch(path, {{"permission", "manage"}}).string("permission"), "manage");
  EXPECT_TRUE(may(Permission::manage, file));
  EXPECT_EQ(del(path).status, 204);
  EXPECT_FALSE(may(Permission::read, file));
  EXPECT_EQ(get(path).status, 404);

  ASSERT_EQ(post("/admin/group/" + crew + "/member", {{"userId", anna}}).status, 201);
  ASSERT_EQ(post("/admin/grant", {{"groupId", crew}, {"assetId", bucket.text()}, {"permission", "write"}}).status, 201);
  EXPECT_TRUE(may(Permission::write, file));
  EXPECT_EQ(get("/admin/grant?groupId=" + crew).json().at("totalItemCount").as_int64(), 1);
  EXPECT_EQ(get("/admin/grant?userId=" + anna).json().at("totalItemCount").as_int64(), 0);
  EXPECT_EQ(get("/admin/grant?assetId=" + bucket.text()).json().at("totalItemCount").as_int64(), 1);
  EXPECT_EQ(del("/admin/group/" + crew).status, 204);
  EXPECT_FALSE(may(Permission::read, file));
  EXPECT_EQ(get("/admin/grant").json().at("totalItemCount").as_int64(), 0);

  EXPECT_EQ(post("/admin/grant", {{"userId", anna}, {"assetId", file.text()}, {"permission", "read"}}).status, 400);
  EXPECT_EQ(post("/admin/grant", {{"userId", anna}, {"assetId", Uuid::v7().text()}, {"permission", "read"}}).status,
            404);
  EXPECT_EQ(post("/admin/grant", {{"assetId", folder.text()}, {"permission", "read"}}).status, 400);
  EXPECT_EQ(
      post("/admin/grant", {{"userId", anna}, {"groupId", crew}, {"assetId", folder.text()}, {"permission", "read"}})
          .status,
      400);
  EXPECT_EQ(
      post("/admin/grant", {{"userId", Uuid::v7().text()}, {"assetId", folder.text()}, {"permission", "read"}}).status,
      404);
  EXPECT_EQ(post("/admin/grant", {{"userId", anna}, {"assetId", folder.text()}, {"permission", "own"}}).status, 400);
}

TEST_P(Administration, LosesGrantsWithTheirAssets) {
  Uuid folder = tree_.add(2, 0), other = tree_.add(3, 0);
  std::string anna = add_user("anna");
  for (const Uuid& id : {folder, other})
    ASSERT_EQ(post("/admin/grant", {{"userId", anna}, {"assetId", id.text()}, {"permission", "read"}}).status, 201);
  ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
    forget_assets(tx, accounts_->directory(), {2, 77});
    return {};
  }));
  auto principal = accounts_->directory().principal({.user = *Uuid::parse(anna)});
  EXPECT_EQ(accounts_->access().granted(*principal), std::vector<std::int64_t>{3});
  EXPECT_EQ(get("/admin/grant").json().at("totalItemCount").as_int64(), 1);
}

TEST_P(Administration, ShowsAnApiKeyOnceAndEveryoneTheirOwn) {
  std::string anna_id = add_user("anna");
  std::string anna = as("anna", kUserPassword);
  Answer mine =
      call("POST", "/admin/api-key", {anna}, json::object{{"name", "mine"}, {"scopes", json::array{"read", "read"}}});
  ASSERT_EQ(mine.status, 201) << mine.text;
  std::string key = mine.string("key");
  EXPECT_TRUE(key.starts_with("rv_"));
  EXPECT_TRUE(key.starts_with(mine.string("prefix")));
  EXPECT_LE(mine.string("prefix").size(), 15u);
  EXPECT_EQ(mine.json().at("scopes").as_array().size(), 1u);
  EXPECT_FALSE(mine.string("expiresAt").empty());
  Answer theirs = post("/admin/api-key", {{"name", "theirs"}});

  std::string path = "/admin/api-key/" + mine.string("id");
  Answer again = call("GET", path, {anna});
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(again.json().at("key").is_null());
  EXPECT_FALSE(again.text.contains(key));
  auto stored = database().read([](db::Transaction& tx) -> Result<std::string> {
    return *tx.value<db::Blob>("select secret_hash from api_key").transform([](db::Blob b) { return b.bytes; });
  });
  EXPECT_EQ(stored->size(), 32u);

  EXPECT_EQ(names(call("GET", "/admin/api-key", {anna}), "name"), std::vector<std::string>{"mine"});
  EXPECT_EQ(names(get("/admin/api-key"), "name"), (std::vector<std::string>{"mine", "theirs"}));
  EXPECT_EQ(names(get("/admin/api-key?userId=" + anna_id), "name"), std::vector<std::string>{"mine"});
  EXPECT_TRUE(names(call("GET", "/admin/api-key?userId=" + admin_id(), {anna}), "name").empty());
  std::string other = "/admin/api-key/" + theirs.string("id");
  EXPECT_EQ(call("GET", other, {anna}).status, 404);
  EXPECT_EQ(call("PATCH", other, {anna}, json::object{{"name", "x"}}).status, 404);
  EXPECT_EQ(call("DELETE", other, {anna}).status, 404);
  EXPECT_EQ(call("POST", "/admin/api-key", {anna}, json::object{{"name", "x"}, {"userId", admin_id()}}).status, 403);
  EXPECT_EQ(post("/admin/api-key", {{"name", "for anna"}, {"userId", anna_id}}).string("userId"), anna_id);
  // A key with scopes makes no key that has more.
  EXPECT_EQ(call("POST", "/admin/api-key", {bearer(key)}, json::object{{"name", "x"}}).status, 403);

  EXPECT_EQ(post("/admin/api-key", {{"name", "x"}, {"expiresAt", "2001-01-01T00:00:00Z"}}).status, 400);
  EXPECT_EQ(post("/admin/api-key", {{"name", "x"}, {"scopes", json::array{"everything"}}}).status, 400);
  EXPECT_EQ(post("/admin/api-key", {{"name", "x"}, {"scopes", json::array()}}).status, 400);
  EXPECT_EQ(del("/admin/user/" + anna_id).status, 204);
  EXPECT_EQ(get(path).status, 404);
}

TEST_P(Administration, IsForAdministratorsAlone) {
  add_user("edda", "editor");
  std::string edda = as("edda", kUserPassword), id = Uuid::v7().text();
  for (const auto& [method, path] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/admin/user"},
                                                        {"POST", "/admin/user"},
                                                        {"GET", "/admin/user/" + id},
                                                        {"PATCH", "/admin/user/" + id},
                                                        {"DELETE", "/admin/user/" + id},
                                                        {"GET", "/admin/group"},
                                                        {"POST", "/admin/group"},
                                                        {"GET", "/admin/group/" + id},
                                                        {"PATCH", "/admin/group/" + id},
                                                        {"DELETE", "/admin/group/" + id},
                                                        {"GET", "/admin/group/" + id + "/member"},
                                                        {"POST", "/admin/group/" + id + "/member"},
                                                        {"DELETE", "/admin/group/" + id + "/member/" + id}}) {
    std::optional<json::object> body;
    if (method == "POST" || method == "PATCH") body.emplace();
    EXPECT_EQ(call(method, path, {}, body).status, 401) << method << path;
    EXPECT_EQ(call(method, path, {edda}, body).status, 403) << method << path;
  }
}

}  // namespace
}  // namespace reelvault::auth::testing
