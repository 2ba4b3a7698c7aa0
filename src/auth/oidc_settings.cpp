#include "auth/oidc_settings.hpp"

#include "auth/user_repository.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

std::set<std::string> set_of(std::vector<std::string> values) { return {values.begin(), values.end()}; }

std::unexpected<Error> fail_setting(std::string_view key, std::string_view why) {
  return fail(Code::invalid, "invalid-configuration", fmt::format("{} {}", key, why));
}

}  // namespace

bool trustworthy_url(std::string_view url) {
  std::string lower = lower_ascii(url);
  std::string_view text = lower;
  bool tls = text.starts_with("https://");
  if (!tls && !text.starts_with("http://")) return false;
  std::string_view rest = text.substr(tls ? 8 : 7);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || authority.contains('@') || authority.contains('\\')) return false;
  if (tls) return true;
  std::string_view host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                                     : authority.substr(0, authority.find(':'));
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

Result<std::optional<OidcSettings>> OidcSettings::from(const Config& config) {
  OidcSettings out{.issuer = config.text("auth.oidc_issuer"),
                   .audience = config.text("auth.oidc_audience"),
                   .client_id = config.text("auth.oidc_client_id"),
                   .client_secret = config.text("auth.oidc_client_secret"),
                   .label = config.text("auth.oidc_label"),
                   .scopes = config.text("auth.oidc_scopes"),
                   .groups_claim = config.text("auth.oidc_groups_claim"),
                   .roles_claim = config.text("auth.oidc_roles_claim"),
                   .admin_values = set_of(config.list("auth.oidc_admin_values")),
                   .editor_values = set_of(config.list("auth.oidc_editor_values")),
                   .default_role = parse_role(config.text("auth.oidc_default_role")),
                   .link_email = config.boolean("auth.oidc_link_email")};
  if (out.issuer.empty()) return std::nullopt;
  if (!trustworthy_url(out.issuer)) return fail_setting("auth.oidc_issuer", "must be an https address");
  if (out.issuer.contains('?') || out.issuer.contains('#'))
    return fail_setting("auth.oidc_issuer", "must have no query and no fragment");
  if (out.audience.empty() && out.client_id.empty())
    return fail_setting("auth.oidc_issuer", "needs auth.oidc_audience, auth.oidc_client_id, or both");
  for (const std::string& entry : config.list("auth.oidc_group_map")) {
    auto equals = entry.find('=');
    std::string value(trim(std::string_view(entry).substr(0, equals)));
    std::string group(equals == std::string::npos ? "" : trim(std::string_view(entry).substr(equals + 1)));
    if (value.empty() || group.empty())
      return fail_setting("auth.oidc_group_map", "must list VALUE=GROUP, separated by commas");
    out.groups[value] = group;
  }
  return out;
}

}  // namespace reelvault::auth
