#include "media/clip_routes.hpp"

#include "auth/idempotency.hpp"

namespace reelvault::media {

using namespace http;
using catalog::AssetJson;

void add_clip_routes(RouteTable& table, catalog::AssetService& assets, ClipService& clips) {
  Route route = post<NoQuery, ClipRequest, AssetJson>(
      "/admin/asset/{id}/clip",
      {.summary = "Make a clip: a stretch of a film or sound as an asset of its own",
       .tag = "Assets",
       .access = editor(Permission::read, "id"),
       .cost = Cost::write,
       .status = 201,
       .description =
           "Needs write on the folder that the clip goes to. The answer is the new asset, in status Clipping; "
           "its job history shows the cutting, its history of which asset and which range it was made. The "
           "clip begins with the source's tags, description, language, custom fields and availability, and gets "
           "the part of its subtitles that is within range.",
       .errors = {404, 409, 422}},
      [&](const Call<NoQuery, ClipRequest>& call) -> Result<Reply<AssetJson>> {
        return auth::write_with_answer(assets.database(), [&](db::Transaction& tx) -> Result<Reply<AssetJson>> {
          RV_TRY(catalog::Asset clip, clips.request(tx, call.principal(), call.id(), call.body));
          Reply<AssetJson> reply(assets.json(clip));
          reply.headers.add("ETag", catalog::etag_of(clip));
          reply.headers.add("Location", "/asset/" + clip.id.text());
          return reply;
        });
      });
  table.add_alias(route, "/asset/{id}/clip", permitted(Permission::read, "id"));
  table.add(std::move(route));
}

}  // namespace reelvault::media
