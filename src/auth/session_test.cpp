#include "auth/session_repository.hpp"
#include "auth/testing.hpp"
#include "auth/user_commands.hpp"

#include <barrier>

namespace reelvault::auth::testing {
namespace {

namespace json = boost::json;

class Sessions : public AccountsTest {
 protected:
  Answer refresh(const std::string& token) {
    return call("POST", "/account/refresh-token", {}, json::object{{"refreshToken", token}});
  }
  Answer who(const std::string& field) { return call("GET", "/account/user", {field}); }
};
INSTANTIATE_TEST_SUITE_P(Databases, Sessions, db::each_backend(), db::backend_name);

TEST_P(Sessions, BeginWithALogin) {
  Answer answer = login("admin", kAdminPassword);
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  EXPECT_FALSE(answer.headers.contains("set-cookie"));
  EXPECT_EQ(answer.json().at("expiresIn").as_int64(), 900);
  EXPECT_EQ(answer.json().at("user").as_object().at("username"), "admin");
  EXPECT_EQ(answer.json().at("user").as_object().at("role"), "admin");
  EXPECT_FALSE(answer.text.contains(kAdminPassword) || answer.text.contains("argon2")) << answer.text;

  Answer user = who(bearer(answer.string("accessToken")));
  ASSERT_EQ(user.status, 200) << user.text;
  EXPECT_EQ(user.string("username"), "admin");
  EXPECT_EQ(call("GET", "/api/account/user", {bearer(answer.string("accessToken"))}).status, 200);
  EXPECT_EQ(login("ADMIN ", kAdminPassword).status, 200);  // names do not mind case
}

TEST_P(Sessions, AreRefusedAlikeForWrongPasswordsAndUnknownUsers) {
  std::string id = add_user("anna");
  ASSERT_EQ(call("POST", "/admin/user", {as_admin()}, json::object{{"username", "nopassword"}}).status, 201);
  add_user("gone");
  ASSERT_EQ(call("PATCH", "/admin/user/" + id, {as_admin()}, json::object{{"disabled", true}}).status, 200);
  json::object first;
  for (const auto& [name, password] :
       std::vector<std::pair<std::string, std::string>>{{"admin", "wrong"},
                                                        {"nobody", "wrong"},
                                                        {"", ""},
                                                        {"anna", kUserPassword},
                                                        {"nopassword", ""},
                                                        {"admin", std::string(5000, 'x')},
                                                        {"x' or '1'='1", "x"}}) {
    Answer answer = login(name, password);
    EXPECT_EQ(answer.status, 401) << name;
    EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
    json::object body = answer.json();
    body.erase("instance");
    if (first.empty()) first = body;
    EXPECT_EQ(body, first) << name;
  }
}

TEST_P(Sessions, GiveEachRefreshTokenOneExchange) {
  Answer in = login("admin", kAdminPassword);
  Answer second = refresh(in.string("refreshToken"));
  ASSERT_EQ(second.status, 200) << second.text;
  EXPECT_NE(second.string("refreshToken"), in.string("refreshToken"));
  EXPECT_EQ(who(bearer(second.string("accessToken"))).status, 200);
  Answer third = refresh(second.string("refreshToken"));
  EXPECT_EQ(third.status, 200);
  EXPECT_EQ(refresh("rvr_made-up").status, 401);
  EXPECT_EQ(refresh("").status, 401);
  EXPECT_EQ(call("POST", "/account/refresh-token", {}, json::object()).status, 401);  // nor a cookie
}

TEST_P(Sessions, EndWithTheWholeFamilyWhenARefreshTokenIsUsedAgain) {
  Answer in = login("admin", kAdminPassword);
  Answer other = login("admin", kAdminPassword);
  Answer second = refresh(in.string("refreshToken"));
  Answer reused = refresh(in.string("refreshToken"));
  EXPECT_EQ(reused.status, 401);
  EXPECT_EQ(reused.type(), "invalid-refresh-token");
  EXPECT_FALSE(reused.text.contains(in.string("refreshToken")));
  // The newest token and every access token of the family are void, at once.
  EXPECT_EQ(refresh(second.string("refreshToken")).status, 401);
  EXPECT_EQ(who(bearer(in.string("accessToken"))).status, 401);
  EXPECT_EQ(who(bearer(second.string("accessToken"))).status, 401);
  // Other sessions of the user are not.
  EXPECT_EQ(who(bearer(other.string("accessToken"))).status, 200);
  // After a restart neither.
  open();
  EXPECT_EQ(who(bearer(second.string("accessToken"))).status, 401);
  EXPECT_EQ(who(bearer(other.string("accessToken"))).status, 200);
}

TEST_P(Sessions, LetExactlyOneOfManyConcurrentRefreshesWin) {
  Answer in = login("admin", kAdminPassword);
  constexpr int kThreads = 8;
  std::barrier ready(kThreads);
  std::vector<int> statuses(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        ready.arrive_and_wait();
        statuses[static_cast<std::size_t>(i)] = refresh(in.string("refreshToken")).status;
      });
  }
  EXPECT_EQ(std::ranges::count(statuses, 200), 1);
  EXPECT_EQ(std::ranges::count(statuses, 401), kThreads - 1);
  EXPECT_EQ(who(bearer(in.string("accessToken"))).status, 401);  // somebody used it twice
}

TEST_P(Sessions, EndAtLogoutWithWhateverIsShown) {
  Answer first = login("admin", kAdminPassword), second = login("admin", kAdminPassword),
         third = login("admin", kAdminPassword);
  EXPECT_EQ(call("POST", "/account/logout", {bearer(first.string("accessToken"))}).status, 204);
  EXPECT_EQ(who(bearer(first.string("accessToken"))).status, 401);
  EXPECT_EQ(refresh(first.string("refreshToken")).status, 401);
  EXPECT_EQ(call("POST", "/account/logout", {}, json::object{{"refreshToken", second.string("refreshToken")}}).status,
            204);
  EXPECT_EQ(who(bearer(second.string("accessToken"))).status, 401);
  EXPECT_EQ(call("POST", "/account/logout", {bearer("nonsense")}).status, 204);  // signed out is what they wanted
  EXPECT_EQ(who(bearer(third.string("accessToken"))).status, 200);
}

TEST_P(Sessions, ExpireWhenTheirTimeIsOver) {
  Answer in = login("admin", kAdminPassword);
  ASSERT_TRUE(database().write([](db::Transaction& tx) -> Result<void> {
    tx.execute("update login_session set expires_at = :past", {{"past", now() - std::chrono::seconds(1)}});
    return {};
  }));
  EXPECT_EQ(refresh(in.string("refreshToken")).status, 401);
}

TEST_P(Sessions, OtherThanOnesOwnEndWhenThePasswordChanges) {
  add_user("anna");
  Answer here = login("anna", kUserPassword), elsewhere = login("anna", kUserPassword);
  auto change = [&](const std::string& from, const std::string& to) {
    return call("POST", "/account/change-password", {bearer(here.string("accessToken"))},
                json::object{{"currentPassword", from}, {"newPassword", to}});
  };
  Answer wrong = change("not it", "another password");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_TRUE(wrong.text.contains("/currentPassword")) << wrong.text;
  EXPECT_EQ(change(kUserPassword, "short").status, 400);
  ASSERT_EQ(change(kUserPassword, "another password").status, 204);
  EXPECT_EQ(who(bearer(here.string("accessToken"))).status, 200);
  EXPECT_EQ(who(bearer(elsewhere.string("accessToken"))).status, 401);
  EXPECT_EQ(refresh(elsewhere.string("refreshToken")).status, 401);
  EXPECT_EQ(login("anna", kUserPassword).status, 401);
  EXPECT_EQ(login("anna", "another password").status, 200);
}

TEST_P(Sessions, AreLimitedInWrongPasswordsByAccount) {
  settings_["auth.login_attempts"] = "3";
  open();
  add_user("anna");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(login("anna", "wrong").status, 401);
  Answer refused = login("anna", kUserPassword);  // right, and too late
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.type(), "too-many-attempts");
  int wait = std::stoi(refused.header("retry-after"));
  EXPECT_GT(wait, 0);
  EXPECT_LE(wait, 900);
  // A restart forgets nothing.
  open();
  EXPECT_EQ(login("anna", kUserPassword).status, 429);
}

TEST_P(Sessions, AreLimitedInWrongPasswordsByAddressAndForgetTheAccountsAfterALogin) {
  LoginLimiter limiter(database(), 3);
  Timestamp at = now();
  auto anna = [](const std::string& address) { return LoginLimiter::subjects("anna", address); };
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(limiter.failed(anna("192.0.2.1"), at));
  EXPECT_TRUE(limiter.check(anna("192.0.2.1"), at));
  ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
    LoginLimiter::succeeded(tx, anna("192.0.2.1"));
    return {};
  }));
  ASSERT_TRUE(limiter.failed(anna("192.0.2.1"), at));  // the third from there, the first for anna
  EXPECT_FALSE(limiter.check(anna("192.0.2.1"), at));
  EXPECT_FALSE(limiter.check(LoginLimiter::subjects("bert", "192.0.2.1"), at));
  EXPECT_TRUE(limiter.check(anna("192.0.2.2"), at));
  EXPECT_TRUE(limiter.check(anna("192.0.2.1"), at + std::chrono::minutes(16)));
  // A new window begins with the next wrong one.
  ASSERT_TRUE(limiter.failed(anna("192.0.2.1"), at + std::chrono::minutes(16)));
  EXPECT_TRUE(limiter.check(anna("192.0.2.1"), at + std::chrono::minutes(16)));
  // One network of IPv6 is one address.
  EXPECT_EQ(anna("2001:db8:1:2::1").address, anna("2001:db8:1:2:ffff::9").address);
  EXPECT_NE(anna("2001:db8:1:2::1").address, anna("2001:db8:1:3::1").address);
  EXPECT_EQ(anna("::ffff:192.0.2.1").address, anna("192.0.2.1").address);
}

TEST_P(Sessions, HashAPasswordAnewWhenTheCostRose) {
  auto stored = [&] {
    return *database().read([](db::Transaction& tx) -> Result<std::string> {
      return *tx.value<std::string>("select password_hash from user_account where username_key = 'admin'");
    });
  };
  std::string before = stored();
  PasswordCost dearer = cheap();
  dearer.operations += 1;
  server_.reset();
  gate_.reset();
  accounts_.reset();
  auto opened = Accounts::open(config(), database(), tree_, {}, dearer);
  ASSERT_TRUE(opened);
  accounts_ = std::move(*opened);
  gate_ = accounts_->gate({});
  EXPECT_EQ(login("admin", kAdminPassword).status, 200);
  EXPECT_NE(stored(), before);
  EXPECT_EQ(login("admin", kAdminPassword).status, 200);
}

TEST_P(Sessions, ThatEndedAreClearedAway) {
  login("admin", kAdminPassword);
  Answer kept = login("admin", kAdminPassword);
  // One that was ended is told from others until nothing made in it can be good.
  for (int i = 0; i < 2; ++i) login("admin", kAdminPassword);
  ASSERT_TRUE(database().write([](db::Transaction& tx) -> Result<void> {
    tx.execute("update login_session set expires_at = :past where id = (select min(id) from login_session)",
               {{"past", now() - std::chrono::seconds(1)}});
    for (int days : {7, 9})
      tx.execute(
          "update login_session set revoked_at = :at, expires_at = :at where id = (select max(id) from "
          "login_session where revoked_at is null)",
          {{"at", now() - std::chrono::days(days)}});
    return {};
  }));
  for (int round = 0; round < 3; ++round)
    ASSERT_TRUE(
        database().write([](db::Transaction& tx) -> Result<std::int64_t> { return sessions::prune(tx, now(), 100); }));
  auto rows = database().read([](db::Transaction& tx) -> Result<std::int64_t> {
    return *tx.value<std::int64_t>(
        "select (select count(*) from login_session) * 10 + (select count(*) from refresh_token)");
  });
  EXPECT_EQ(*rows, 22);
  EXPECT_EQ(refresh(kept.string("refreshToken")).status, 200);
}

// Browser sessions.

class CookieSessions : public Sessions {
 protected:
  void SetUp() override {
    Sessions::SetUp();
    if (IsSkipped()) return;
    in_ = login("admin", kAdminPassword, {"X-Reelvault-Session: cookie"});
    ASSERT_EQ(in_.status, 200) << in_.text;
    cookies_ = in_.cookies();
  }
  std::string session() const {
    return "Cookie: rv_session=" + cookies_.at("rv_session") + "; rv_csrf=" + cookies_.at("rv_csrf");
  }
  std::string both() const { return session() + "; rv_refresh=" + cookies_.at("rv_refresh"); }
  std::string csrf() const { return "X-CSRF-Token: " + cookies_.at("rv_csrf"); }
  Answer make_group(const Fields& fields) {
    return call("POST", "/admin/group", fields, json::object{{"name", Uuid::v7().text()}});
  }

  Answer in_;
  std::map<std::string, std::string> cookies_;
};
INSTANTIATE_TEST_SUITE_P(Databases, CookieSessions, db::each_backend(), db::backend_name);

TEST_P(CookieSessions, KeepTokensOutOfScriptsReach) {
  EXPECT_TRUE(in_.json().at("accessToken").is_null());
  EXPECT_TRUE(in_.json().at("refreshToken").is_null());
  int refresh_cookies = 0;
  for (auto [at, end] = in_.headers.equal_range("set-cookie"); at != end; ++at) {
    const std::string& cookie = at->second;
    EXPECT_TRUE(cookie.contains("SameSite=Lax")) << cookie;
    EXPECT_FALSE(cookie.contains("Secure")) << cookie;  // no TLS here
    EXPECT_EQ(cookie.contains("HttpOnly"), !cookie.starts_with("rv_csrf")) << cookie;
    if (cookie.starts_with("rv_refresh")) {
      ++refresh_cookies;
      EXPECT_TRUE(cookie.contains("Path=/account;") || cookie.contains("Path=/api/account;")) << cookie;
    } else {
      EXPECT_TRUE(cookie.contains("Path=/;")) << cookie;
    }
  }
  EXPECT_EQ(refresh_cookies, 2);
}

TEST_P(CookieSessions, AreSecureUnderTls) {
  http::Request request;
  request.public_url = "https://media.example.com";
  http::Headers headers;
  set_cookies(request, headers, {.access = "a", .refresh = "b", .csrf = "c"});
  for (std::string_view cookie : headers.all("Set-Cookie")) EXPECT_TRUE(cookie.ends_with("; Secure")) << cookie;
}

TEST_P(CookieSessions, NeedTheirOwnCsrfTokenToChangeAnything) {
  EXPECT_EQ(call("GET", "/admin/group", {session()}).status, 200);
  Answer without = make_group({session()});
  EXPECT_EQ(without.status, 403);
  EXPECT_EQ(without.type(), "csrf-token");
  EXPECT_EQ(make_group({session(), csrf()}).status, 201);
  EXPECT_EQ(make_group({session(), "X-CSRF-Token: nonsense"}).status, 403);
  EXPECT_EQ(make_group({session(), csrf() + "x"}).status, 403);
  // Another session's does not serve, though it is a good one.
  Answer other = login("admin", kAdminPassword, {"X-Reelvault-Session: cookie"});
  EXPECT_EQ(make_group({session(), "X-CSRF-Token: " + other.cookies().at("rv_csrf")}).status, 403);
  // A bearer token is sent on purpose and needs none; it goes before a cookie.
  EXPECT_EQ(make_group({as_admin()}).status, 201);
  EXPECT_EQ(make_group({as_admin(), session()}).status, 201);
  EXPECT_EQ(make_group({bearer("nonsense"), session(), csrf()}).status, 401);
}

TEST_P(CookieSessions, RefreshWithAnEmptyBody) {
  EXPECT_EQ(call("POST", "/account/refresh-token", {both()}, json::object()).status, 403);
  for (const char* made_up : {"nonsense", "of-nobody.nonsense", ".", ""}) {
    Answer refused =
        call("POST", "/account/refresh-token", {both(), fmt::format("X-CSRF-Token: {}", made_up)}, json::object());
    EXPECT_EQ(refused.status, 403) << made_up;
    EXPECT_EQ(call("POST", "/account/logout", {both(), fmt::format("X-CSRF-Token: {}", made_up)}).status, 403)
        << made_up;
  }
  Answer again = call("POST", "/account/refresh-token", {both(), csrf()}, json::object());
  ASSERT_EQ(again.status, 200) << again.text;
  EXPECT_TRUE(again.json().at("accessToken").is_null());
  EXPECT_NE(again.cookies().at("rv_refresh"), cookies_.at("rv_refresh"));
  // The refusal above used nothing up; a second use does end the session.
  EXPECT_EQ(call("POST", "/account/refresh-token", {both(), csrf()}, json::object()).status, 401);
  EXPECT_EQ(call("GET", "/account/user", {"Cookie: rv_session=" + again.cookies().at("rv_session")}).status, 401);
}

TEST_P(CookieSessions, EndAtLogoutAndTakeTheCookiesAway) {
  EXPECT_EQ(call("POST", "/account/logout", {both()}).status, 403);
  EXPECT_EQ(call("GET", "/account/user", {session()}).status, 200);
  Answer out = call("POST", "/account/logout", {both(), csrf()});
  EXPECT_EQ(out.status, 204);
  for (auto [at, end] = out.headers.equal_range("set-cookie"); at != end; ++at)
    EXPECT_TRUE(at->second.contains("Max-Age=0")) << at->second;
  EXPECT_EQ(out.headers.count("set-cookie"), 4u);
  EXPECT_EQ(call("GET", "/account/user", {session()}).status, 401);
}

TEST_P(CookieSessions, DoNotTakeAnApiKeyInACookie) {
  Answer key = call("POST", "/admin/api-key", {as_admin()}, json::object{{"name", "k"}});
  ASSERT_EQ(key.status, 201);
  EXPECT_EQ(call("GET", "/account/user", {"Cookie: rv_session=" + key.string("key")}).status, 401);
}

// The first administrator and the commands.

class Commands : public db::EachBackend {};
INSTANTIATE_TEST_SUITE_P(Databases, Commands, db::each_backend(), db::backend_name);

TEST_P(Commands, MakeTheFirstAdministratorOnceWithAPasswordAtRandom) {
  Tree tree;
  auto config = Config::defaults();
  auto accounts = Accounts::open(config, database(), tree, {}, cheap());
  ASSERT_TRUE(accounts);
  auto made = (*accounts)->ensure_first_admin(config);
  ASSERT_TRUE(made);
  ASSERT_TRUE(*made);
  EXPECT_GE((*made)->size(), 20u);
  auto again = (*accounts)->ensure_first_admin(config);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  auto stored = database().read([](db::Transaction& tx) -> Result<std::string> {
    return *tx.value<std::string>("select password_hash from user_account");
  });
  EXPECT_TRUE(*(*accounts)->passwords().verify(*stored, **made));
  EXPECT_FALSE(stored->contains(**made));
}

TEST_P(Commands, AddUsersAndSetPasswords) {
  auto id = add_user(database(), {.username = "Zoë", .password = "first password", .role = Role::editor}, cheap());
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(add_user(database(), {.username = "ZOË", .password = "first password"}, cheap()).error().type,
            "username-taken");
  EXPECT_EQ(add_user(database(), {.username = "x", .password = "short"}, cheap()).error().code, Code::invalid);
  EXPECT_EQ(add_user(database(), {.username = "  "}, cheap()).error().code, Code::invalid);

  // A server that runs meanwhile hears of it.
  Tree tree;
  auto accounts = Accounts::open(Config::defaults(), database(), tree, {}, cheap());
  ASSERT_TRUE(accounts);
  auto later = add_user(database(), {.username = "later", .password = "first password"}, cheap());
  ASSERT_TRUE(later);
  EXPECT_FALSE((*accounts)->directory().user(*later));
  ASSERT_TRUE((*accounts)->directory().refresh(database()));
  EXPECT_TRUE((*accounts)->directory().user(*later));

  EXPECT_EQ(set_password(database(), "nobody", "second password", cheap()).error().code, Code::not_found);
  ASSERT_TRUE(set_password(database(), "zoë", "second password", cheap()));
  auto stored = database().read([](db::Transaction& tx) -> Result<std::string> {
    return *tx.value<std::string>("select password_hash from user_account where username = 'Zoë'");
  });
  EXPECT_TRUE(*(*accounts)->passwords().verify(*stored, "second password"));
}

}  // namespace
}  // namespace reelvault::auth::testing
