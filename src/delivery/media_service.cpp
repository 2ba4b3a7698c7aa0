#include "delivery/media_service.hpp"

#include "auth/access_control.hpp"
#include "auth/cookies.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "delivery/signed_links.hpp"
#include "media/playlist.hpp"
#include "media/subtitle_text.hpp"
#include "media/subtitle_tracks.hpp"

namespace reelvault::delivery {

using namespace http;

namespace {

constexpr std::int64_t playlist_bytes_max = 16 << 20;  // read as a whole, to sign its links
constexpr std::array<std::string_view, 3> cookie_names{"CloudFront-Policy", "CloudFront-Signature",
                                                       "CloudFront-Key-Pair-Id"};
constexpr std::array<std::string_view, 3> query_names{"Policy", "Signature", "Key-Pair-Id"};

StreamCredentials from_cookies(const Request& request) {
  return {std::string(request.cookie(cookie_names[0])), std::string(request.cookie(cookie_names[1])),
          std::string(request.cookie(cookie_names[2]))};
}

std::optional<StreamCredentials> from_query(const Request& request) {
  const std::string* policy = request.query_value(query_names[0]);
  const std::string* signature = request.query_value(query_names[1]);
  const std::string* key = request.query_value(query_names[2]);
  if (!policy || !signature || !key) return std::nullopt;
  return StreamCredentials{*policy, *signature, *key};
}

// What a browser would run as a page of ours never opens in place.
bool active_content(std::string_view type) {
  type = type.substr(0, type.find(';'));
  return type == "text/html" || type == "image/svg+xml" || type == "application/xml" || type == "text/xml" ||
         type == "application/xhtml+xml" || type == "application/javascript" || type == "text/javascript";
}

bool canonical(std::string_view path) {
  for (std::string_view segment : split(path.substr(1), '/'))
    if (segment.empty() || segment == "." || segment == "..") return false;
  return path.find('\\') == std::string_view::npos && path.find('\0') == std::string_view::npos;
}

// What a share's page shows; what else there is of an asset (documents, transcripts, proxies) stays with its readers.
bool shown_by_shares(std::string_view relationship) {
  return relationship == "stream" || relationship == "thumbnail" || relationship == "preview" ||
         relationship == "sprite" || relationship == "waveform";
}

// A browser that was not asked to save an original shows it; any other program that fetches one keeps it. For the audit
// alone: nothing is allowed or refused by it.
bool shows(const Request& request) { return request.headers.get("User-Agent").starts_with("Mozilla/"); }

std::unexpected<Error> fail_no_download() {
  return fail(Code::forbidden, "download-not-allowed", "This link does not allow downloading.");
}

}  // namespace

Result<MediaService::Reader> MediaService::reader(const Request& request, const Uuid& asset, std::string_view path) {
  if (request.principal && request.principal->signed_in()) {
    if (assets_.access().require(*request.principal, Permission::read, asset)) return Reader{request.principal};
  }
  auto by_credentials = [&](const StreamCredentials& credentials, std::string_view grant) -> std::optional<Reader> {
    if (credentials.policy.empty() || !signer_.verify(credentials, path)) return std::nullopt;
    // The right is looked at now, not when the cookie was made: revoking acts at once.
    auto to = signer_.granted(grant);
    if (to && to->kind == Grantee::Kind::share && shared_right_of_) {
      if (auto right = shared_right_of_(to->id, asset)) return Reader{std::move(right->by), true, right->download};
    }
    auto principal = to ? principal_of(*to) : nullptr;
    if (principal && auth::scope_allows(*principal, "read") &&
        assets_.access().require(*principal, Permission::read, asset))
      return Reader{std::move(principal)};
    return std::nullopt;
  };
  if (auto credentials = from_query(request)) {
    const std::string* grant = request.query_value("rv-grant");
    if (auto found = by_credentials(*credentials, grant ? *grant : std::string())) return std::move(*found);
    return fail(Code::forbidden, "media-url-invalid", "The signed address is not valid any more; ask for a new one.");
  }
  if (auto found = by_credentials(from_cookies(request), request.cookie("rv-grant"))) return std::move(*found);
  if (request.principal && request.principal->signed_in()) return fail_not_found();
  return fail(Code::unauthenticated, "unauthenticated", "Sign in, or use streaming cookies or a signed address.");
}

std::shared_ptr<const Principal> MediaService::principal_of(const Grantee& to) {
  switch (to.kind) {
    case Grantee::Kind::user: return readers_.user(to.id, std::nullopt);
    case Grantee::Kind::session: return readers_.user(to.user, to.id);
    case Grantee::Kind::api_key: return readers_.api_key(to.id);
    case Grantee::Kind::share:
    case Grantee::Kind::share_pass: return nullptr;
  }
  return nullptr;
}

std::string MediaService::grant_to(const Request& request, Ends ends, Timestamp expires) {
  Grantee to{Grantee::Kind::user, request.principal->user_id};
  // A key that is gone by now is of nobody, and opens nothing.
  if (request.principal->kind == Principal::Kind::api_key)
    to = {Grantee::Kind::api_key, readers_.shown_key(request).value_or(Uuid{})};
  else if (auto session = ends == Ends::with_session ? readers_.shown_session(request) : std::nullopt)
    to = {Grantee::Kind::session, *session, request.principal->user_id};
  return signer_.grant(to, expires);
}

Result<void> MediaService::open_to(const Principal& by, const Uuid& asset, const Window& window) {
  auto open = catalog::available_now(window.from, window.until);
  if (open || assets_.access().require(by, Permission::write, asset)) return {};
  return open;
}

namespace {

// `modified`: nothing for what is made for each answer.
Response described(std::string etag, std::optional<Timestamp> modified, const std::string& content_type,
                   const std::string& file_name, bool attachment) {
  Response response;
  response.headers.add("Content-Type", content_type);
  response.headers.add("ETag", std::move(etag));
  if (modified) response.headers.add("Last-Modified", http_date(*modified));
  response.headers.add("Accept-Ranges", "bytes");
  // Addresses hold the content's version: what is behind one never changes, but whether one may see it does.
  response.headers.add("Cache-Control", "private, max-age=3600");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
  response.headers.add("Content-Disposition",
                       content_disposition(file_name, attachment || active_content(content_type)));
  return response;
}

std::string short_hash(std::string_view text) {
  Digest digest(Digest::Kind::xxh3_128);
  digest.update(bytes_of(text));
  return hex(digest.finish()).substr(0, 16);
}

// Rows of blobs are given again on SQLite, keys of ours never; of registered files it is the other way round.
std::string tag_of(std::string_view key, std::int64_t blob_row, std::uint64_t size) {
  return fmt::format("b{}-{}-{}", blob_row, short_hash(key), size);
}

}  // namespace

Result<Response> MediaService::serve(const storage::Location& where, std::int64_t blob_row,
                                     const storage::ObjectInfo& expected, Timestamp modified,
                                     const std::string& content_type, const std::string& file_name, bool attachment,
                                     bool ours) {
  const std::uint64_t size = expected.size;
  const auto* entry = stores_.find(where.store);
  if (!entry)
    return fail(Code::unavailable, "no-store", "The store that holds this file is not configured on this server.");
  Response response = described(fmt::format("\"{}\"", tag_of(where.key, blob_row, size)), modified, content_type,
                                file_name, attachment);
  if (auto bytes = ours ? small_files_.find(where.key, size) : nullptr; bytes && size > 0) {
    response.body = Body(Segment(Bytes{std::move(bytes), 0, size}));
  } else if (size > 0) {
    Segment segment = entry->store->segment(where.key, 0, size, expected, storage::Sweep::lease(blob_row));
    response.body = Body(ours ? small_files_.in_memory(where.key, std::move(segment)) : std::move(segment));
  }
  return response;
}

// Below a stream's own path, so that its cookies cover them: "subtitles/<related asset>.m3u8" and ".vtt".
namespace {

constexpr std::string_view kSubtitleFolder = "subtitles/";

struct SubtitlePath {
  Uuid id;
  bool playlist = false;
};

std::optional<SubtitlePath> subtitle_path(std::string_view name) {
  if (!name.starts_with(kSubtitleFolder)) return std::nullopt;
  name.remove_prefix(kSubtitleFolder.size());
  auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string_view ending = name.substr(dot);
  auto id = Uuid::parse(name.substr(0, dot));
  if (!id || (ending != ".m3u8" && ending != ".vtt")) return std::nullopt;
  return SubtitlePath{*id, ending == ".m3u8"};
}

std::string renditions_of(const std::vector<media::SubtitleTrack>& tracks) {
  std::vector<media::SubtitleInfo> infos;
  for (const media::SubtitleTrack& track : tracks)
    infos.push_back(
        {fmt::format("{}{}.m3u8", kSubtitleFolder, track.id.text()), track.label, track.language_code.value_or("")});
  return media::subtitle_renditions(infos);
}

}  // namespace

Result<std::shared_ptr<const MediaService::Found>> MediaService::find(const Uuid& asset, const Uuid& related,
                                                                      const std::string& name,
                                                                      const std::string& path) {
  const auto epoch = assets_.database().epoch();
  if (epoch)
    if (auto known = found_.find(path, *epoch)) return known;
  const bool master = name == "master.m3u8";
  const auto subtitle = subtitle_path(name);
  RV_TRY(auto found, assets_.database().read([&](db::Transaction& tx) -> Result<std::optional<Found>> {
    catalog::RelatedRepository repository;
    auto place = repository.file(tx, related, subtitle ? std::string_view("master.m3u8") : std::string_view(name));
    // A related asset is reached through its own parent alone, or a right to A would open B.
    if (!place) return std::optional<Found>{};
    static constexpr std::string_view sql =
        "select uid, status, duration_ms, available_from, available_until, name, version from asset where id = :row";
    auto owner = tx.one(sql, {{"row", place->asset_row}}, [](const db::Row& row) {
      return std::tuple(row.get<Uuid>(0), static_cast<catalog::AssetStatus>(row.get<std::int64_t>(1)),
                        row.get<std::optional<std::int64_t>>(2),
                        Window{row.get<std::optional<Timestamp>>(3), row.get<std::optional<Timestamp>>(4)},
                        row.get<std::string>(5), row.get<std::int64_t>(6));
    });
    if (!owner || std::get<0>(*owner) != asset) return std::optional<Found>{};
    Found out{std::move(*place),
              std::get<1>(*owner),
              std::get<2>(*owner).value_or(0),
              {},
              std::get<3>(*owner),
              std::move(std::get<4>(*owner)),
              std::get<5>(*owner)};
    const bool stream = out.place.relationship == "stream";
    if (subtitle && !stream) return std::optional<Found>{};
    if (!stream || (!master && !subtitle)) return std::optional(std::move(out));
    out.tracks = media::subtitle_tracks(tx, out.place.asset_row, out.place.version);
    if (master && !out.tracks.empty()) {
      auto subtitled = repository.file(tx, related, media::kSubtitledMaster);
      if (subtitled)
        out.place = std::move(*subtitled);
      else
        out.tracks.clear();  // sound alone
    }
    if (subtitle) {
      // Of the same content as the stream, or a right to it would open more.
      std::erase_if(out.tracks, [&](const media::SubtitleTrack& track) { return track.id != subtitle->id; });
      auto file = out.tracks.empty() ? std::nullopt : repository.file(tx, subtitle->id, media::kSubtitleFile);
      if (!file) return std::optional<Found>{};
      file->relationship = out.place.relationship;
      out.place = std::move(*file);
    }
    return std::optional(std::move(out));
  }));
  if (!found) return fail_not_found("file");
  auto made = std::make_shared<const Found>(std::move(*found));
  if (epoch) found_.put(path, *epoch, made);
  return made;
}

Result<Response> MediaService::related_file(const Request& request) {
  Uuid asset = *Uuid::parse(request.path_parameters.find("assetId")->second);
  Uuid related = *Uuid::parse(request.path_parameters.find("relatedAssetId")->second);
  const std::string& name = request.path_parameters.find("name")->second;
  std::string path = fmt::format("/media/{}/{}/{}", asset.text(), related.text(), name);
  if (!canonical(path)) return fail_not_found("file");
  RV_TRY(const Reader reader, this->reader(request, asset, path));
  const bool master = name == "master.m3u8";
  const auto subtitle = subtitle_path(name);
  RV_TRY(auto found, find(asset, related, name, path));
  const auto& by = reader.by;
  const bool attachment = request.query_value("download") != nullptr;
  if (reader.shared) {
    // Whatever a share's signature covers: what is put away, or out of its time, is not shown in parts either.
    if (!shown_by_shares(found->place.relationship) || found->place.version != found->served)
      return fail_not_found("file");
    if (attachment && !reader.download) return fail_no_download();
    RV_CHECK(catalog::after(catalog::Operation::read_media, found->status));
  }
  // A thumbnail is part of what lists show of an asset, not its content.
  if (reader.shared || found->place.relationship != "thumbnail") RV_CHECK(open_to(*by, asset, found->window));
  if (found->place.relationship == "stream" || found->place.relationship == "proxy") {
    RV_CHECK(catalog::after(catalog::Operation::read_media, found->status));
    // Pictures that pages are decorated with are not looked at one by one; the film is.
    if (request.method != Method::head)
      reads_.note(*by, {.operation = attachment ? "download" : "stream",
                        .asset_row = found->place.asset_row,
                        .asset_id = asset,
                        .asset_name = found->asset_name,
                        .what = found->place.relationship});
  }
  if (subtitle && subtitle->playlist) {
    std::string text = media::subtitle_playlist(subtitle->id.text() + ".vtt",
                                                std::max(found->duration_ms, found->tracks.front().end_ms));
    Response response = described(fmt::format("\"p{}\"", short_hash(text)), {}, std::string(media::kPlaylistType),
                                  "subtitles.m3u8", false);
    if (from_query(request)) return signed_playlist(request, std::move(response), std::move(text));
    response.body = Body(std::move(text));
    return response;
  }
  const auto& place = found->place;
  const std::string_view file_name = std::string_view(place.file.name).substr(place.file.name.rfind('/') + 1);
  RV_TRY(Response response, serve({place.store, place.key}, place.file.blob_row,
                                  {static_cast<std::uint64_t>(place.file.size), place.blob_mtime_ns, {}},
                                  place.modified(), place.file.content_type, std::string(file_name), attachment, true));
  const bool by_address =
      place.file.content_type == media::kPlaylistType && place.file.size <= playlist_bytes_max && from_query(request);
  std::string text;
  if (by_address) {
    const auto* entry = stores_.find(place.store);  // there, as `serve` has seen
    RV_TRY(text, entry->store->read(place.key, 0, static_cast<std::uint64_t>(place.file.size)));
  }
  if (!master) return by_address ? signed_playlist(request, std::move(response), std::move(text)) : std::move(response);
  // Subtitles come and go while the film stays as it is.
  response.headers.set("Cache-Control", "private, no-cache");
  response.headers.remove("Last-Modified");
  constexpr std::string_view kFirstLine = "#EXTM3U\n";
  const std::string head =
      found->tracks.empty() ? std::string(kFirstLine) : std::string(kFirstLine) + renditions_of(found->tracks);
  if (by_address)
    return signed_playlist(request, std::move(response), head + text.substr(std::min(kFirstLine.size(), text.size())));
  if (found->tracks.empty()) return response;
  response.headers.set(
      "ETag",
      fmt::format("\"{}-{}\"", tag_of(place.key, place.file.blob_row, static_cast<std::uint64_t>(place.file.size)),
                  short_hash(head)));
  std::uint64_t rest = response.body.size() - kFirstLine.size();
  response.body = Body::join({Body(std::string(head)), response.body.slice(kFirstLine.size(), rest)});
  return response;
}

Result<Response> MediaService::signed_playlist(const Request& request, Response playlist, std::string text) {
  std::string query;
  for (std::string_view name : {query_names[0], query_names[1], query_names[2], std::string_view("rv-grant")}) {
    if (const std::string* value = request.query_value(name))
      query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, percent_encode(*value));
  }
  text = with_query(text, query);
  playlist.headers.set("ETag", fmt::format("\"s{}\"", short_hash(text)));
  playlist.headers.set("Cache-Control", "private, no-cache");
  playlist.headers.remove("Last-Modified");
  playlist.body = Body(std::move(text));
  return playlist;
}

Result<Response> MediaService::original(const Request& request) {
  Uuid asset = *Uuid::parse(request.path_parameters.find("assetId")->second);
  const std::string& version_text = request.path_parameters.find("version")->second;
  const std::string& name = request.path_parameters.find("name")->second;
  std::int64_t version = 0;
  auto [end, fault] = std::from_chars(version_text.data(), version_text.data() + version_text.size(), version);
  if (fault != std::errc{} || end != version_text.data() + version_text.size()) return fail_not_found("file");
  std::string path = fmt::format("/media/{}/original/{}/{}", asset.text(), version, name);
  if (!canonical(path)) return fail_not_found("file");
  RV_TRY(const Reader reader, this->reader(request, asset, path));
  if (reader.shared && !reader.download) return fail_no_download();
  const auto& by = reader.by;
  struct Found {
    storage::Location where;
    std::int64_t blob_row;
    storage::ObjectInfo expected;
    Timestamp modified;
    std::string content_type, file_name;
    catalog::AssetStatus status;
    std::int64_t served;
    Window window;
    std::int64_t asset_row;
    std::string asset_name;
  };
  RV_TRY(auto found, assets_.database().read([&](db::Transaction& tx) -> Result<std::optional<Found>> {
    return tx.one(
        "select b.store, b.object_key, b.id, b.size, case when b.owned then 0 else b.mtime_ns end, v.content_type, "
        "v.file_name, a.status, a.version, "
        "a.available_from, a.available_until, a.id, a.name, b.created_at, b.etag from asset a "
        "join asset_version v on v.asset_id = a.id and v.number = :version join blob b on b.id = v.blob_id where a.uid "
        "= :uid and b.state <> :overwritten",
        {{"version", version}, {"uid", asset}, {"overwritten", storage::BlobState::overwritten}},
        [](const db::Row& row) {
          return Found{{row.get<std::string>(0), row.get<std::string>(1)},
                       row.get<std::int64_t>(2),
                       {static_cast<std::uint64_t>(row.get<std::int64_t>(3)), row.get<std::int64_t>(4),
                        row.get<std::optional<std::string>>(14).value_or("")},
                       storage::modified_at(row.get<std::int64_t>(4), row.get<Timestamp>(13)),
                       row.get<std::string>(5),
                       row.get<std::string>(6),
                       static_cast<catalog::AssetStatus>(row.get<std::int64_t>(7)),
                       row.get<std::int64_t>(8),
                       {row.get<std::optional<Timestamp>>(9), row.get<std::optional<Timestamp>>(10)},
                       row.get<std::int64_t>(11),
                       row.get<std::string>(12)};
        });
  }));
  // A version that is not the served one yet (its checksum is still to be found right) is not there.
  if (!found || version > found->served) return fail_not_found("file");
  if (reader.shared && version != found->served) return fail_not_found("file");
  RV_CHECK(open_to(*by, asset, found->window));
  RV_CHECK(catalog::after(catalog::Operation::read_media, found->status));
  const bool attachment = request.query_value("download") != nullptr;
  if (request.method != Method::head) {
    const std::string what = fmt::format("original, version {}", version);
    reads_.note(*by, {.operation = attachment || !shows(request) ? "download" : "view",
                      .asset_row = found->asset_row,
                      .asset_id = asset,
                      .asset_name = found->asset_name,
                      .what = what});
  }
  return serve(found->where, found->blob_row, found->expected, found->modified, found->content_type, found->file_name,
               attachment, false);
}

Result<Reply<CookiesJson>> MediaService::set_cookies(const Request& request, const Uuid& asset, const Uuid& related) {
  std::string relationship;
  RV_TRY(auto parent, assets_.database().read([&](db::Transaction& tx) -> Result<catalog::Asset> {
    auto row = catalog::RelatedRepository{}.find(tx, related);
    auto owner = row ? assets_.repository().find_row(tx, row->asset_row) : std::nullopt;
    if (!owner || owner->id != asset) return fail_not_found("related asset");
    relationship = row->relationship;
    return std::move(*owner);
  }));
  RV_CHECK(open_to(*request.principal, asset, {parent.available_from, parent.available_until}));
  RV_CHECK(catalog::after(catalog::Operation::read_media, parent.status));
  reads_.note(*request.principal, {.operation = "stream",
                                   .asset_row = parent.row,
                                   .asset_id = asset,
                                   .asset_name = parent.name,
                                   .what = relationship});
  Timestamp expires = now() + options_.cookie_lifetime;
  std::string path = fmt::format("/media/{}/{}/", asset.text(), related.text());
  RV_TRY(StreamCredentials credentials, signer_.sign(request.base_url(), path, expires));
  const std::string grant = grant_to(request, Ends::with_session, expires);
  CookiesJson body{{{std::string(cookie_names[0]), credentials.policy},
                    {std::string(cookie_names[1]), credentials.signature},
                    {std::string(cookie_names[2]), credentials.key_pair_id},
                    {"rv-grant", grant}},
                   path,
                   expires};
  Reply<CookiesJson> reply(std::move(body));
  add_stream_cookies(reply.headers, request, path, credentials, grant, expires);
  reply.headers.add("Cache-Control", "no-store");
  return reply;
}

void add_stream_cookies(Headers& headers, const Request& request, const std::string& path,
                        const StreamCredentials& credentials, const std::string& grant, Timestamp expires) {
  // A page on another site needs SameSite=None, which browsers take with Secure alone.
  const std::string attributes = fmt::format("; Path={}; Expires={}; HttpOnly{}", path, http_date(expires),
                                             auth::over_tls(request) ? "; Secure; SameSite=None" : "; SameSite=Lax");
  auto add = [&](std::string_view name, const std::string& value) {
    headers.add("Set-Cookie", fmt::format("{}={}{}", name, value, attributes));
  };
  add(cookie_names[0], credentials.policy);
  add(cookie_names[1], credentials.signature);
  add(cookie_names[2], credentials.key_pair_id);
  add("rv-grant", grant);
}

Result<SignedUrl> MediaService::resolve(const Request& request, const Uuid& asset, const std::string& url) {
  auto refuse = [] { return fail_field("?url", "must be a relative address of this asset's media"); };
  std::string_view given = url;
  if (given.starts_with("/api/")) given.remove_prefix(4);
  if (!given.starts_with("/media/") || given.starts_with("//") || given.find('\\') != std::string_view::npos ||
      given.find('#') != std::string_view::npos)
    return refuse();
  std::string_view encoded = given.substr(0, given.find('?'));
  std::string_view query = given.size() > encoded.size() ? given.substr(encoded.size() + 1) : std::string_view{};
  auto path = percent_decode(encoded);
  if (!path || !canonical(*path)) return refuse();
  auto segments = split(std::string_view(*path).substr(1), '/');
  if (segments.size() < 4 || Uuid::parse(segments[1]) != asset) return refuse();
  std::string prefix = fmt::format("/media/{}/", asset.text());
  if (segments[2] == "original") {
    prefix += fmt::format("original/{}/", segments[3]);
    if (segments.size() != 5) return refuse();
  } else {
    auto related = Uuid::parse(segments[2]);
    if (!related) return refuse();
    RV_TRY(bool belongs, assets_.database().read([&](db::Transaction& tx) -> Result<bool> {
      auto row = catalog::RelatedRepository{}.find(tx, *related);
      auto owner = row ? assets_.repository().find_row(tx, row->asset_row) : std::nullopt;
      return owner && owner->id == asset;
    }));
    if (!belongs) return refuse();
    prefix += related->text() + "/";
  }
  Timestamp expires = now() + options_.url_lifetime;
  RV_TRY(StreamCredentials credentials, signer_.sign(request.base_url(), prefix, expires));
  std::string out = request.base_url() + std::string(encoded) + "?";
  if (!query.empty()) out += std::string(query) + "&";
  out += fmt::format("Policy={}&Signature={}&Key-Pair-Id={}&rv-grant={}", credentials.policy, credentials.signature,
                     credentials.key_pair_id, grant_to(request, Ends::in_time, expires));
  return SignedUrl{std::move(out), expires};
}

}  // namespace reelvault::delivery
