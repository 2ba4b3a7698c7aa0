// Requests to an issuer: short, with limits, never following a redirect. Blocks for as long as 10 s: on a lane only.
#pragma once
#include "base/error.hpp"

#include <functional>
#include <string>
#include <vector>

namespace reelvault::auth {

struct IssuerRequest {
  std::string url;
  std::vector<std::string> fields;  // "Name: value"
  std::string form;                 // sent by POST; empty: a GET
};
struct IssuerAnswer {
  int status = 0;
  std::string body;
};
// unavailable where the issuer cannot be reached.
using IssuerHttp = std::function<Result<IssuerAnswer>(const IssuerRequest&)>;

Result<IssuerAnswer> call_issuer(const IssuerRequest& request);
std::unexpected<Error> fail_issuer(std::string detail);                 // 503 "issuer-unavailable"
std::string form_field(std::string_view name, std::string_view value);  // percent-encoded, "name=value"

}  // namespace reelvault::auth
