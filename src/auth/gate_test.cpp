#include "auth/testing.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"

namespace reelvault::auth::testing {
namespace {

namespace json = boost::json;

class Gates : public AccountsTest {
 protected:
  http::Request request(http::Method method = http::Method::get, const std::string& authorization = {}) {
    http::Request out;
    out.method = method;
    if (!authorization.empty()) out.headers.add("Authorization", authorization);
    return out;
  }
  // "" for a pass, else the code's number as HTTP has it.
  int status(const http::Access& access, const std::string& authorization) {
    auto answer = gate_->authenticate(request(http::Method::get, authorization), access);
    if (answer) return 200;
    return http::code_entry(answer.error().code).status;
  }
  std::string api_key(const std::string& authorization, const json::object& fields = {{"name", "key"}}) {
    Answer answer = call("POST", "/admin/api-key", {authorization}, fields);
    EXPECT_EQ(answer.status, 201) << answer.text;
    return answer.string("key");
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, Gates, db::each_backend(), db::backend_name);

TEST_P(Gates, JudgeEveryKindOfCallerOnEveryKindOfRoute) {
  add_user("vera", "viewer");
  add_user("edda", "editor");
  auto value = [](const std::string& field) { return field.substr(field.find(':') + 2); };
  std::string admin = value(as_admin()), editor = value(as("edda", kUserPassword)),
              viewer = value(as("vera", kUserPassword));
  std::string ended = value(as("vera", kUserPassword));
  ASSERT_EQ(call("POST", "/account/logout", {"Authorization: " + ended}).status, 204);
  auto key = [&](json::array scopes) {
    return "Bearer " + api_key(as_admin(), {{"name", "k"}, {"scopes", std::move(scopes)}});
  };
  std::string read_key = key({"read"}), write_key = key({"write"}), admin_key = key({"admin"}),
              upload_key = key({"upload"});
  std::string whole_key = "Bearer " + api_key("Authorization: " + viewer);

  const http::Access everyone = http::everyone(), signed_in = http::signed_in(), uploads = http::signed_in("upload"),
                     editor_reads = http::editor(Permission::read, "id"), editors = http::editor_only(),
                     admins = http::admin_only(), workers = http::worker_only();
  http::Access media = http::reader("id");
  media.media = true;
  struct Case {
    std::string what, authorization;
    // everyone, signed_in, uploads, editor_reads, editors, admins, workers, media
    std::array<int, 8> expected;
  };
  const Case cases[] = {
      {"nobody", "", {200, 401, 401, 401, 401, 401, 401, 200}},
      {"nonsense", "Bearer nonsense", {200, 401, 401, 401, 401, 401, 401, 200}},
      {"basic", "Basic YWRtaW46YWRtaW4=", {200, 401, 401, 401, 401, 401, 401, 200}},
      {"no scheme", admin.substr(7), {200, 401, 401, 401, 401, 401, 401, 200}},
      {"ended session", ended, {200, 401, 401, 401, 401, 401, 401, 200}},
      {"unknown key", "Bearer rv_" + std::string(56, 'x'), {200, 401, 401, 401, 401, 401, 401, 200}},
      {"viewer", viewer, {200, 200, 200, 403, 403, 403, 401, 200}},
      {"editor", editor, {200, 200, 200, 200, 200, 403, 401, 200}},
      {"admin", admin, {200, 200, 200, 200, 200, 200, 401, 200}},
      {"viewer's key", whole_key, {200, 200, 200, 403, 403, 403, 401, 200}},
      {"admin's key that reads", read_key, {200, 200, 403, 200, 403, 403, 401, 200}},
      {"admin's key that writes", write_key, {200, 200, 200, 200, 200, 403, 401, 200}},
      {"admin's key that administers", admin_key, {200, 200, 200, 200, 200, 200, 401, 200}},
      {"admin's key that uploads", upload_key, {200, 403, 200, 403, 403, 403, 401, 200}},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.what);
    std::array<int, 8> got{status(everyone, test.authorization), status(signed_in, test.authorization),
                           status(uploads, test.authorization),  status(editor_reads, test.authorization),
                           status(editors, test.authorization),  status(admins, test.authorization),
                           status(workers, test.authorization),  status(media, test.authorization)};
    EXPECT_EQ(got, test.expected);
    if (test.what == "admin's key that uploads")  // media is for reading: the key counts for nothing there
      for (auto who : {http::Access::Who::signed_in, http::Access::Who::everyone}) {
        media.who = who;
        EXPECT_FALSE((*gate_->authenticate(request(http::Method::get, test.authorization), media))->signed_in());
      }
    std::string lower =
        test.authorization.starts_with("Bearer ") ? "bearer " + test.authorization.substr(7) : test.authorization;
    EXPECT_EQ(status(signed_in, lower), test.expected[1]);  // the scheme's case does not count
  }
}

TEST_P(Gates, LetWorkersInByTokenOrSocketAlone) {
  settings_["worker.token"] = "a worker's secret";
  open();
  auto& gate = *gate_;
  auto by_token = gate.authenticate(request(http::Method::post, "Bearer a worker's secret"), http::worker_only());
  ASSERT_TRUE(by_token);
  EXPECT_EQ((*by_token)->kind, Principal::Kind::worker);
  EXPECT_FALSE(gate.authenticate(request(http::Method::post, "Bearer a worker's secreT"), http::worker_only()));
  EXPECT_FALSE(gate.authenticate(request(http::Method::post, "Bearer "), http::worker_only()));
  EXPECT_FALSE(gate.authenticate(request(http::Method::post), http::worker_only()));
  EXPECT_FALSE(gate.authenticate(request(http::Method::get, "Bearer a worker's secret"), http::signed_in()));
  auto socket_gate = accounts_->gate({.local_socket = true});
  auto by_socket = socket_gate->authenticate(request(http::Method::post), http::worker_only());
  ASSERT_TRUE(by_socket);
  EXPECT_EQ((*by_socket)->kind, Principal::Kind::worker);
  EXPECT_FALSE(socket_gate->authenticate(request(), http::admin_only()));  // a worker, and no more
}

TEST_P(Gates, CheckThePermissionOnTheAsset) {
  Uuid bucket = tree_.add(1, 0), folder = tree_.add(2, 1), file = tree_.add(3, 2, false);
  std::string user = add_user("vera");
  std::string field = as("vera", kUserPassword);
  auto principal = *gate_->authenticate(request(http::Method::get, field.substr(15)), http::signed_in());
  auto authorize = [&](const http::Access& access, const Uuid& id) {
    auto answer = gate_->authorize(*principal, access, id);
    return answer ? 200 : http::code_entry(answer.error().code).status;
  };
  EXPECT_EQ(authorize(http::reader("id"), file), 404);
  EXPECT_EQ(authorize(http::reader("id"), Uuid::v7()), 404);
  ASSERT_EQ(call("POST", "/admin/grant", {as_admin()},
                 json::object{{"userId", user}, {"assetId", folder.text()}, {"permission", "read"}})
                .status,
            201);
  EXPECT_EQ(authorize(http::reader("id"), file), 200);
  EXPECT_EQ(authorize(http::permitted(Permission::write, "id"), file), 403);
  EXPECT_EQ(authorize(http::reader("id"), bucket), 404);
  EXPECT_EQ(authorize(http::signed_in(), bucket), 200);  // the route names no permission
}

TEST_P(Gates, ForgetAUserWhoIsDisabledDeletedOrDemotedAtOnce) {
  std::string id = add_user("edda", "editor");
  std::string field = as("edda", kUserPassword).substr(15);
  std::string key = "Bearer " + api_key("Authorization: " + field);
  EXPECT_EQ(status(http::editor_only(), field), 200);
  EXPECT_EQ(status(http::editor_only(), key), 200);
  auto patch = [&](const json::object& body) { return call("PATCH", "/admin/user/" + id, {as_admin()}, body).status; };
  ASSERT_EQ(patch({{"role", "viewer"}}), 200);
  EXPECT_EQ(status(http::editor_only(), field), 403);
  EXPECT_EQ(status(http::editor_only(), key), 403);
  EXPECT_EQ(status(http::signed_in(), field), 200);
  ASSERT_EQ(patch({{"disabled", true}}), 200);
  EXPECT_EQ(status(http::signed_in(), field), 401);
  EXPECT_EQ(status(http::signed_in(), key), 401);
  ASSERT_EQ(patch({{"disabled", false}}), 200);
  EXPECT_EQ(status(http::signed_in(), field), 401);  // the sessions ended for good,
  EXPECT_EQ(status(http::signed_in(), key), 200);    // keys were only locked out
  ASSERT_EQ(call("DELETE", "/admin/user/" + id, {as_admin()}).status, 204);
  EXPECT_EQ(status(http::signed_in(), key), 401);
}

TEST_P(Gates, ForgetAnApiKeyThatIsDeletedNarrowedOrExpired) {
  Answer made = call("POST", "/admin/api-key", {as_admin()}, json::object{{"name", "k"}});
  std::string key = "Bearer " + made.string("key"), path = "/admin/api-key/" + made.string("id");
  EXPECT_EQ(status(http::admin_only(), key), 200);
  ASSERT_EQ(call("PATCH", path, {as_admin()}, json::object{{"scopes", json::array{"read"}}}).status, 200);
  EXPECT_EQ(status(http::admin_only(), key), 403);
  EXPECT_EQ(status(http::signed_in(), key), 200);
  ASSERT_EQ(
      call("PATCH", path, {as_admin()}, json::object{{"expiresAt", rfc3339(now() + std::chrono::milliseconds(300))}})
          .status,
      200);
  (void)status(http::signed_in(), key);  // into the cache, most times
  std::this_thread::sleep_for(std::chrono::milliseconds(350));
  EXPECT_EQ(status(http::signed_in(), key), 401);
  ASSERT_EQ(call("PATCH", path, {as_admin()}, json::object{{"expiresAt", "2999-01-01T00:00:00Z"}}).status, 200);
  EXPECT_EQ(status(http::signed_in(), key), 200);
  ASSERT_EQ(call("DELETE", path, {as_admin()}).status, 204);
  EXPECT_EQ(status(http::signed_in(), key), 401);
}

TEST_P(Gates, HearOfWhatAnotherNodeChanged) {
  std::string id = add_user("vera");
  Uuid folder = tree_.add(2, 0);
  std::string field = as("vera", kUserPassword).substr(15), second = as("vera", kUserPassword).substr(15);
  auto other = Accounts::open(config(), database(), tree_, {}, cheap());
  ASSERT_TRUE(other);
  auto other_gate = (*other)->gate({});
  auto there = [&](const std::string& authorization) {
    return other_gate->authenticate(request(http::Method::get, authorization), http::signed_in()).has_value();
  };
  EXPECT_TRUE(there(field));
  ASSERT_EQ(call("POST", "/account/logout", {"Authorization: " + field}).status, 204);
  ASSERT_EQ(call("POST", "/admin/grant", {as_admin()},
                 json::object{{"userId", id}, {"assetId", folder.text()}, {"permission", "write"}})
                .status,
            201);
  ASSERT_TRUE((*other)->directory().refresh(database()));
  EXPECT_FALSE(there(field));
  EXPECT_TRUE(there(second));
  auto principal = other_gate->authenticate(request(http::Method::get, second), http::signed_in());
  EXPECT_TRUE((*other)->access().require(**principal, Permission::write, folder));
  ASSERT_EQ(call("PATCH", "/admin/user/" + id, {as_admin()}, json::object{{"disabled", true}}).status, 200);
  ASSERT_TRUE((*other)->directory().refresh(database()));
  EXPECT_FALSE(there(second));
}

TEST_P(Gates, WriteWhenAKeyWasUsed) {
  Answer made = call("POST", "/admin/api-key", {as_admin()}, json::object{{"name", "k"}});
  std::string path = "/admin/api-key/" + made.string("id");
  EXPECT_TRUE(call("GET", path, {as_admin()}).json().at("lastUsedAt").is_null());
  EXPECT_EQ(status(http::signed_in(), "Bearer " + made.string("key")), 200);
  open();  // what is gathered is written when the program stops, at the latest
  EXPECT_FALSE(call("GET", path, {as_admin()}).json().at("lastUsedAt").is_null());
}

TEST_P(Gates, SayNothingSecretInErrorsAndLogs) {
  Answer in = login("admin", kAdminPassword);
  std::string refresh = in.string("refreshToken"), access = in.string("accessToken");
  std::string key = api_key(as_admin());
  ::testing::internal::CaptureStderr();
  log::start(log::Level::debug);
  std::string said;
  auto hear = [&](const Answer& answer) { said += answer.text; };
  hear(login("admin", "a wrong password"));
  call("POST", "/account/refresh-token", {}, json::object{{"refreshToken", refresh}});  // used up
  hear(call("POST", "/account/refresh-token", {}, json::object{{"refreshToken", refresh}}));
  hear(call("GET", "/account/user", {bearer(access + "x")}));
  hear(call("GET", "/account/user", {bearer(key + "x")}));
  hear(call("POST", "/account/change-password", {bearer(key)},
            json::object{{"currentPassword", kAdminPassword}, {"newPassword", "a new password"}}));
  hear(call("POST", "/admin/user", {bearer(key)}, json::object{{"username", "x"}, {"password", "shorty"}}));
  hear(call("POST", "/admin/user", {bearer(key)}, json::object{{"username", 5}, {"password", json::array{"shorty"}}}));
  log::start(log::Level::info);
  said += ::testing::internal::GetCapturedStderr();
  EXPECT_FALSE(said.empty());
  for (const std::string& secret : {refresh, access, key, std::string(kAdminPassword), std::string("a wrong password"),
                                    std::string("a new password"), std::string("shorty"), key.substr(16)})
    EXPECT_FALSE(said.contains(secret)) << secret;
}

}  // namespace
}  // namespace reelvault::auth::testing
