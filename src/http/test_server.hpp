// For tests: a server on a free port of loopback, with a gate that lets "Bearer NAME" in as NAME.
#pragma once
#include "base/file.hpp"
#include "base/hash.hpp"
#include "http/server.hpp"
#include "http/test_client.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace reelvault::http::testing {

class TestGate : public Gate {
 public:
  Result<std::shared_ptr<const Principal>> authenticate(const Request& request, const Access& access) override {
    std::string_view given = request.headers.get("Authorization");
    auto principal = std::make_shared<Principal>();
    if (given.starts_with("Bearer ")) {
      principal->kind = Principal::Kind::user;
      principal->username = given.substr(7);
      principal->role = principal->username == "root" ? Role::admin : Role::viewer;
    } else if (access.who != Access::Who::everyone) {
      return fail(Code::unauthenticated, "", "Sign in first.");
    }
    if (access.who == Access::Who::admin && principal->role != Role::admin)
      return fail(Code::forbidden, "", "Only admins.");
    return principal;
  }
  Result<void> authorize(const Principal& principal, const Access&, const Uuid& resource) override {
    if (resource == unknown) return fail_not_found();
    if (principal.username == "reader") return fail(Code::forbidden, "", "Reading only.");
    return {};
  }
  std::function<bool()> standing(const Request&) override {
    return [this] { return !revoked; };
  }
  Uuid unknown = Uuid::v7();
  std::atomic<bool> revoked = false;  // whoever was let in is not any more
};

class ServerTest : public ::testing::Test {
 public:
  ServerTest() {
    char name[] = "/tmp/rv-http-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~ServerTest() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

 protected:
  void start() {
    options_.port = 0;
    if (options_.threads == 0) options_.threads = 2;
    auto started = Server::start(options_, table_, gate_, hub_.get(), idempotency_.get());
    ASSERT_TRUE(started) << started.error().message << " " << started.error().detail;
    server_ = std::move(*started);
  }
  Client client() { return Client(server_->port()); }
  std::string write_file(const std::string& name, std::string_view content) {
    auto path = directory_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  void text(std::string pattern, std::string body, Cost cost = Cost::point) {
    table_.add(raw(Method::get, std::move(pattern),
                   {.summary = "Text", .tag = "Test", .access = everyone(), .cost = cost},
                   [body](Request&) -> Result<Response> { return Response::text(200, "text/plain", body); }));
  }

  std::filesystem::path directory_;
  ServerOptions options_;
  RouteTable table_;
  TestGate gate_;
  std::unique_ptr<EventHub> hub_;
  std::unique_ptr<IdempotencyStore> idempotency_;
  std::unique_ptr<Server> server_;
};

}  // namespace reelvault::http::testing
