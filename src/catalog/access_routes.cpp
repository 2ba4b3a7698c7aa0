#include "catalog/access_routes.hpp"

namespace reelvault::catalog {

using namespace http;

namespace {

struct AccessQuery {
  std::optional<Uuid> userId;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AccessQuery, (), (userId))

std::span<const dto::Rule> AccessQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "userId", .sentence = "Whose access; without it the caller's own. Others' need manage on the asset."},
  };
  return rules;
}

}  // namespace

void add_access_routes(RouteTable& table, AccessService& access) {
  Route route = get<AccessQuery, AccessJson>("/admin/asset/{id}/access",
                                             {.summary = "Who may do what with an asset, and through which grants",
                                              .tag = "Grants",
                                              .access = editor(Permission::read, "id")},
                                             [&](const Call<AccessQuery, NoBody>& call) -> Result<Reply<AccessJson>> {
                                               RV_TRY(AccessJson found,
                                                      access.explain(call.principal(), call.id(), call.query.userId));
                                               Reply<AccessJson> out(std::move(found));
                                               out.headers.add("Cache-Control", "no-store");
                                               return out;
                                             });
  table.add_alias(route, "/asset/{id}/access", permitted(Permission::read, "id"));
  table.add(std::move(route));

  Route grants = get<AssetGrantQuery, AssetGrantPage>(
      "/admin/asset/{id}/grant",
      {.summary = "All grants that bear on an asset: on it, and on what it lies in",
       .tag = "Grants",
       .access = editor(Permission::manage, "id")},
      [&](const Call<AssetGrantQuery, NoBody>& call) -> Result<Reply<AssetGrantPage>> {
        RV_TRY(AssetGrantPage found, access.grants(call.principal(), call.id(), call.query));
        Reply<AssetGrantPage> out(std::move(found));
        out.headers.add("Cache-Control", "no-store");
        return out;
      });
  table.add_alias(grants, "/asset/{id}/grant", permitted(Permission::manage, "id"));
  table.add(std::move(grants));
}

}  // namespace reelvault::catalog
