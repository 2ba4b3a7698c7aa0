#include "delivery/share_service.hpp"

namespace reelvault::delivery {

using namespace http;

void add_share_routes(RouteTable& table, ShareService& shares) {
  const auto both = [&](Route route, const std::string& below) {
    table.add_alias(route, "/asset/{id}" + below, permitted(Permission::write, "id"));
    table.add(std::move(route));
  };
  const Access writer = editor(Permission::write, "id");
  both(post<NoQuery, NewShare, ShareMade>(
           "/admin/asset/{id}/share",
           {.summary = "Share a file: a link that shows it to whoever has it",
            .tag = "Sharing",
            .access = writer,
            .cost = Cost::hash,
            .status = 201,
            .description =
                "The link shows this file and nothing else, until it is revoked or over, the file is deleted, "
                "put in the bin or archived, or whoever made it is disabled or may no longer read the file. "
                "Folders are not shared.",
            .errors = {409},
            .idempotent_key = false},  // its answer holds the link, which is not to be stored
           [&](const Call<NoQuery, NewShare>& call) -> Result<Reply<ShareMade>> {
             RV_TRY(ShareMade made, shares.create(call.request, call.id(), call.body));
             Reply<ShareMade> reply(std::move(made));
             reply.headers.add("Cache-Control", "no-store");
             return reply;
           }),
       "/share");
  both(get<NoQuery, ShareItems>("/admin/asset/{id}/share",
                                {.summary = "List the links of a file, newest first, at most 500",
                                 .tag = "Sharing",
                                 .access = writer,
                                 .description = "Without the links themselves, which are shown once."},
                                [&](const Call<NoQuery, NoBody>& call) { return shares.list(call.id()); }),
       "/share");
  both(del<NoQuery, NoBody>(
           "/admin/asset/{id}/share/{shareId}",
           {.summary = "Revoke a link, at once", .tag = "Sharing", .access = writer, .cost = Cost::write},
           [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
             RV_CHECK(shares.revoke(call.principal(), call.id(), call.id("shareId")));
             return Reply<Nothing>(Nothing{});
           }),
       "/share/{shareId}");

  table.add(
      get<NoQuery, ShareDoor>("/share/{token}",
                              {.summary = "What a link asks for before it shows its file",
                               .tag = "Sharing",
                               .access = everyone(),
                               .description = "404 for a link that is unknown, over or revoked, or whose file is gone.",
                               .errors = {404}},
                              [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<ShareDoor>> {
                                RV_TRY(ShareDoor door, shares.door(call.path("token")));
                                Reply<ShareDoor> reply(door);
                                reply.headers.add("Cache-Control", "no-store");
                                return reply;
                              })
          .with_free({"token"}));
  table.add(post<NoQuery, OpenShare, SharedAsset>(
                "/share/{token}/open",
                {.summary = "Open a link: what it shows, with addresses that are good for five minutes at most",
                 .tag = "Sharing",
                 .access = everyone(),
                 .cost = Cost::hash,
                 .description = "Also sets streaming cookies. Open again, with the answer's pass, before the addresses "
                                "end. 403 password-required or wrong-password; 409 while the file is archived.",
                 .errors = {403, 404, 409, 429},
                 .idempotent_key = false},
                [&](const Call<NoQuery, OpenShare>& call) {
                  return shares.open(call.request, call.path("token"), call.body);
                })
                .with_free({"token"}));
}

}  // namespace reelvault::delivery
