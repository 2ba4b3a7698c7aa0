#include "archive/archive_routes.hpp"

#include "http/all_faults.hpp"

namespace reelvault::archive {

using namespace http;

void add_archive_routes(RouteTable& table, LocalRestoreService& restores) {
  auto check = [&](const Request&, const auto& body) { return restores.check(body.restoreProfileNames); };
  Route many = post<NoQuery, LocalRestoreRequest, LocalRestoreAnswer>(
      "/asset/local-restore",
      {.summary = "Copy originals into the directories of restore profiles",
       .tag = "Archive",
       .access = signed_in("write"),
       .cost = Cost::write,
       .status = 202,
       .description =
           "Needs write on each asset; all of them or none. The jobs are in each asset's job history. Nothing "
           "in a directory is overwritten, and an asset's status stays as it is.",
       .errors = {403, 404, 409}},
      [&](const Call<NoQuery, LocalRestoreRequest>& call) { return restores.request(call.principal(), call.body); });
  table.add(with_all_faults<LocalRestoreRequest>(std::move(many), check));
  Route one = post<NoQuery, OneLocalRestoreRequest, LocalRestoreAnswer>(
      "/asset/{id}/localRestore",
      {.summary = "Copy an asset's original into the directories of restore profiles",
       .tag = "Archive",
       .access = permitted(Permission::write, "id"),
       .cost = Cost::write,
       .status = 202,
       .errors = {409}},
      [&](const Call<NoQuery, OneLocalRestoreRequest>& call) {
        return restores.request(call.principal(), {{call.id()}, call.body.restoreProfileNames});
      });
  table.add(with_all_faults<OneLocalRestoreRequest>(std::move(one), check));
}

}  // namespace reelvault::archive
