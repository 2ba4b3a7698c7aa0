// What the configuration says of the OpenID Connect issuer (auth.oidc_…).
#pragma once
#include "base/config.hpp"
#include "base/principal.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace reelvault::auth {

struct OidcSettings {
  std::string issuer;
  std::string audience;                  // of bearer tokens; empty: none are taken
  std::string client_id, client_secret;  // of sign-in through the browser; no id: there is none
  std::string label, scopes;
  std::string groups_claim;
  std::map<std::string, std::string> groups;  // value of the claim -> name of a group; empty: the value is the name
  std::string roles_claim;                    // empty: roles are given here, not there
  std::set<std::string> admin_values, editor_values;
  Role default_role = Role::viewer;
  bool link_email = false;

  // Nothing where no issuer is configured; invalid for what cannot work or would not be safe.
  static Result<std::optional<OidcSettings>> from(const Config& config);
};

// https, or http to this very machine: what is sent to an issuer and believed from it must not be read or changed.
bool trustworthy_url(std::string_view url);

}  // namespace reelvault::auth
