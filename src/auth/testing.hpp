// For tests alone: accounts over a fresh database, behind a real server, and a client that speaks JSON to it.
#pragma once
#include "auth/accounts.hpp"
#include "base/text.hpp"
#include "db/testing.hpp"
#include "http/server.hpp"

#include <curl/curl.h>

#include <map>

namespace reelvault::auth::testing {

inline PasswordCost cheap() { return PasswordCost::least(); }

// Folders and files by hand.
class Tree : public ResourceTree {
 public:
  Uuid add(std::int64_t row, std::int64_t parent, bool container = true) {
    nodes_.push_back({Uuid::v7(), row, parent, container});
    return nodes_.back().id;
  }
  std::optional<std::vector<std::int64_t>> chain(const Uuid& asset) override {
    auto node = std::ranges::find(nodes_, asset, &Node::id);
    if (node == nodes_.end()) return std::nullopt;
    std::vector<std::int64_t> rows{node->row};
    for (std::int64_t above = node->parent; above != 0;) {
      rows.push_back(above);
      above = std::ranges::find(nodes_, above, &Node::row)->parent;
    }
    return rows;
  }
  bool is_container(const Uuid& asset) override {
    auto node = std::ranges::find(nodes_, asset, &Node::id);
    return node != nodes_.end() && node->container;
  }
  std::string name(const Uuid& container) const override {
    auto node = std::ranges::find(nodes_, container, &Node::id);
    return node == nodes_.end() ? std::string() : fmt::format("folder {}", node->row);
  }

 private:
  struct Node {
    Uuid id;
    std::int64_t row, parent;
    bool container;
  };
  std::vector<Node> nodes_;
};

struct Answer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string text;

  boost::json::object json() const {
    return text.empty() ? boost::json::object() : boost::json::parse(text).as_object();
  }
  std::string string(std::string_view member) const {
    auto document = json();
    const boost::json::value* found = document.if_contains(member);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  }
  std::string type() const { return string("type"); }
  std::string header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
  // Name and value of the cookies that are set.
  std::map<std::string, std::string> cookies() const {
    std::map<std::string, std::string> out;
    for (auto [at, end] = headers.equal_range("set-cookie"); at != end; ++at) {
      std::string_view pair = std::string_view(at->second).substr(0, at->second.find(';'));
      out[std::string(pair.substr(0, pair.find('=')))] = pair.substr(pair.find('=') + 1);
    }
    return out;
  }
};

using Fields = std::vector<std::string>;  // "Name: value"

inline Answer call(std::uint16_t port, std::string_view method, const std::string& path, const Fields& fields = {},
                   const std::optional<std::string>& body = std::nullopt) {
  Answer out;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  std::string url = fmt::format("http://127.0.0.1:{}{}", port, path);
  curl_slist* list = nullptr;
  for (const std::string& field : fields) list = curl_slist_append(list, field.c_str());
  if (body) list = curl_slist_append(list, "Content-Type: application/json");
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  if (body) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->data());
  }
  auto take_body = +[](char* data, std::size_t size, std::size_t count, void* to) {
    static_cast<std::string*>(to)->append(data, size * count);
    return size * count;
  };
  auto take_field = +[](char* data, std::size_t size, std::size_t count, void* to) {
    std::string_view line(data, size * count);
    if (auto colon = line.find(':'); colon != std::string_view::npos)
      static_cast<std::multimap<std::string, std::string>*>(to)->emplace(lower_ascii(line.substr(0, colon)),
                                                                         trim(line.substr(colon + 1)));
    return size * count;
  };
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &out.text);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &out.headers);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, take_field);
  CURLcode result = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(list);
  EXPECT_EQ(result, CURLE_OK) << curl_easy_strerror(result) << " " << path;
  out.status = static_cast<int>(status);
  return out;
}

inline std::string bearer(const std::string& token) { return "Authorization: Bearer " + token; }

// Accounts with the administrator "admin", and a server before them. Tests add routes before the first call.
class AccountsTest : public db::EachBackend {
 protected:
  void SetUp() override {
    db::EachBackend::SetUp();
    if (IsSkipped()) return;
    settings_.emplace("admin.password", kAdminPassword);
    open();
    auto made = accounts_->ensure_first_admin(config());
    ASSERT_TRUE(made) << made.error().detail;
  }
  void TearDown() override {
    server_.reset();
    gate_.reset();
    accounts_.reset();
    db::EachBackend::TearDown();
  }

  Config config() const { return Config::defaults(settings_); }
  // Opens the room, as a start of the program does; again: as a restart, or another node.
  void open() {
    server_.reset();
    gate_.reset();
    accounts_.reset();
    auto opened = Accounts::open(config(), database(), tree_, {}, cheap());
    ASSERT_TRUE(opened) << opened.error().detail;
    accounts_ = std::move(*opened);
    gate_ = accounts_->gate({.worker_token = config().text("worker.token")});
  }
  void serve() {
    table_ = std::make_unique<http::RouteTable>();
    accounts_->add_routes(*table_);
    for (auto& add : more_routes_) add(*table_);
    http::ServerOptions options;
    options.port = 0;
    options.threads = 2;
    options.inline_points = sqlite();
    auto started = http::Server::start(options, *table_, *gate_, nullptr, &accounts_->idempotency());
    ASSERT_TRUE(started) << started.error().message << started.error().detail;
    server_ = std::move(*started);
  }
  Answer call(std::string_view method, const std::string& path, const Fields& fields = {},
              const std::optional<boost::json::object>& body = std::nullopt) {
    if (!server_) serve();
    return testing::call(server_->port(), method, path, fields,
                         body ? std::optional(boost::json::serialize(*body)) : std::nullopt);
  }

  Answer login(const std::string& username, const std::string& password, const Fields& fields = {}) {
    return call("POST", "/account/login", fields, boost::json::object{{"username", username}, {"password", password}});
  }
  // A field that signs in as the user.
  std::string as(const std::string& username, const std::string& password) {
    Answer answer = login(username, password);
    EXPECT_EQ(answer.status, 200) << answer.text;
    return bearer(answer.string("accessToken"));
  }
  std::string as_admin() {
    if (admin_.empty()) admin_ = as("admin", kAdminPassword);
    return admin_;
  }
  // Gives the id.
  std::string add_user(const std::string& username, std::string_view role = "viewer",
                       const std::string& password = "a password of theirs") {
    Answer answer = call("POST", "/admin/user", {as_admin()},
                         boost::json::object{{"username", username}, {"password", password}, {"role", role}});
    EXPECT_EQ(answer.status, 201) << answer.text;
    return answer.string("id");
  }
  std::string add_group(const std::string& name) {
    Answer answer = call("POST", "/admin/group", {as_admin()}, boost::json::object{{"name", name}});
    EXPECT_EQ(answer.status, 201) << answer.text;
    return answer.string("id");
  }

  static constexpr const char* kAdminPassword = "the first password";
  static constexpr const char* kUserPassword = "a password of theirs";
  std::map<std::string, std::string> settings_;
  Tree tree_;
  std::unique_ptr<Accounts> accounts_;
  std::unique_ptr<AccountGate> gate_;
  std::unique_ptr<http::RouteTable> table_;
  std::vector<std::function<void(http::RouteTable&)>> more_routes_;
  std::unique_ptr<http::Server> server_;
  std::string admin_;
};

}  // namespace reelvault::auth::testing
