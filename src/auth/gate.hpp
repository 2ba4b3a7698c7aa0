// The gate in front of every route: who asks (bearer token, API key, session cookie), whether the route takes them, and
// whether they may do that to the asset in the path. Runs on the event loop: a token seen before costs a look-up in
// memory (about a microsecond), a new one a signature, a new API key one select; a new token of an OpenID Connect
// issuer may have to wait for that issuer and says so before. Thread-safe.
//
// On routes with Access::media the gate only tells who asks, if anybody: whether they may have the bytes is decided
// there, where streaming cookies and signed queries are looked at too.
#pragma once
#include "auth/access.hpp"
#include "auth/api_key.hpp"
#include "auth/cookies.hpp"
#include "http/server.hpp"

namespace reelvault::auth {

struct GateOptions {
  std::string worker_token;   // empty: no worker is let in by a token
  bool local_socket = false;  // this gate stands before the Unix socket: whoever gets there is a worker of this machine
  std::function<bool()> catch_up;  // see Directory::catch_up
};

class AccountGate : public http::Gate {
 public:
  // All must outlive the gate. `verifiers` are asked in order.
  AccountGate(const Directory& directory, const AccessControl& access, const Csrf& csrf, KeyUsage& usage,
              std::vector<TokenVerifier*> verifiers, GateOptions options = {});
  ~AccountGate() override;

  bool may_wait(const http::Request& request) const override;
  Result<std::shared_ptr<const Principal>> authenticate(const http::Request& request,
                                                        const http::Access& access) override;
  std::function<bool()> standing(const http::Request& request) override;
  Result<void> authorize(const Principal& principal, const http::Access& access, const Uuid& resource) override;

 private:
  struct Known;
  struct Shard;
  struct TokenHash;
  Result<std::shared_ptr<const Principal>> identify(const http::Request& request);
  Result<std::shared_ptr<const Known>> known(std::string_view token);
  std::shared_ptr<const Known> seen(std::string_view token) const;
  Result<std::shared_ptr<const Known>> verify(std::string_view token);

  const Directory& directory_;
  const AccessControl& access_;
  const Csrf& csrf_;
  KeyUsage& usage_;
  std::vector<TokenVerifier*> verifiers_;
  GateOptions options_;
  bool waiting_verifiers_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace reelvault::auth
