#include "delivery/media_service.hpp"

namespace reelvault::delivery {

using namespace http;

namespace {
struct UrlQuery {
  std::string url;
};
BOOST_DESCRIBE_STRUCT(UrlQuery, (), (url))
}  // namespace

void add_media_routes(RouteTable& table, MediaService& media) {
  Access by_media = everyone();
  by_media.media = true;
  table.add(raw(
      Method::get, "/media/{assetId}/{relatedAssetId}/{name...}",
      {.summary = "A file of a rendition, still, sprite or other related asset",
       .tag = "Media",
       .access = by_media,
       .cost = Cost::point,
       .description = "Bearer, session, streaming cookies or a signed query; ranges and conditional requests.",
       .errors = {206, 304, 401, 403, 404, 409, 412, 416},
       // Its links are written, for which it is read.
       .outside =
           [](const Request& request) { return request.path.ends_with(".m3u8") && request.query_value("Signature"); }},
      [&](Request& request) { return media.related_file(request); }));
  table.add(std::move(raw(Method::get, "/media/{assetId}/original/{version}/{name...}",
                          {.summary = "The original file",
                           .tag = "Media",
                           .access = by_media,
                           .cost = Cost::point,
                           .description = "As uploaded; ?download=1 makes browsers save it.",
                           .errors = {206, 304, 401, 403, 404, 409, 412, 416}},
                          [&](Request& request) { return media.original(request); }))
                .with_free({"version"}));

  auto cookies = [&](std::string pattern, Access access) {
    table.add(get<NoQuery, CookiesJson>(
        std::move(pattern),
        {.summary = "Streaming cookies for one rendition",
         .tag = "Media",
         .access = access,
         .description =
             "They end with the session that asks for them, if one does, or when its user or key loses the right.",
         .errors = {409}},
        [&](const Call<NoQuery, NoBody>& call) {
          return media.set_cookies(call.request, call.id("assetId"), call.id("relatedAssetId"));
        }));
  };
  cookies("/admin/asset/{assetId}/set-cookies/{relatedAssetId}", editor(Permission::read, "assetId"));
  cookies("/asset/{assetId}/set-cookies/{relatedAssetId}", reader("assetId"));

  auto resolve = [&](std::string pattern, Access access) {
    table.add(get<UrlQuery, SignedUrl>(
        std::move(pattern),
        {.summary = "Make a relative address absolute and signed",
         .tag = "Media",
         .access = access,
         .description = "To be handed on: it outlives the session, but not the right of its user or key."},
        [&](const Call<UrlQuery, NoBody>& call) {
          return media.resolve(call.request, call.id("assetId"), call.query.url);
        }));
  };
  resolve("/admin/asset/{assetId}/resolve-full-url", editor(Permission::read, "assetId"));
  resolve("/asset/{assetId}/resolve-full-url", reader("assetId"));
}

}  // namespace reelvault::delivery
