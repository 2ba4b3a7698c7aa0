// Every byte of media leaves through here: renditions, stills, sprites and originals, each with the permission check on
// this request. Accepted: a bearer token or session that may read the asset; streaming cookies; the same as a signed
// query; and both of these from a share, which opens what its page shows of its one asset, in the content that it has
// now, and the original where downloading is allowed.
#pragma once
#include "audit/read_log.hpp"
#include "catalog/asset_service.hpp"
#include "db/epoch_cache.hpp"
#include "delivery/small_files.hpp"
#include "delivery/stream_signer.hpp"
#include "http/route.hpp"
#include "media/subtitle_tracks.hpp"
#include "storage/blob_repository.hpp"
#include "storage/blob_store.hpp"

namespace reelvault::delivery {

struct CookiesJson {
  std::map<std::string, std::string> cookies;
  std::string path;
  Timestamp expiresAt;
};
BOOST_DESCRIBE_STRUCT(CookiesJson, (), (cookies, path, expiresAt))

struct SignedUrl {
  std::string url;
  Timestamp expiresAt;
};
BOOST_DESCRIBE_STRUCT(SignedUrl, (), (url, expiresAt))

// Who somebody is now: nothing when disabled or gone. Implemented by auth.
using PrincipalOf = std::function<std::shared_ptr<const Principal>(const Uuid& id)>;

// Those who sign in and whom a grant may name, likewise.
struct Readers {
  // With a session: nothing either when that has ended.
  std::function<std::shared_ptr<const Principal>(const Uuid& user, const std::optional<Uuid>& session)> user;
  PrincipalOf api_key;
  std::function<std::optional<Uuid>(const http::Request&)> shown_key, shown_session;  // what a request is made with
};

// What a share opens of an asset, and in whose name the audit says so; nothing when it is dead or of another asset.
struct SharedRight {
  std::shared_ptr<const Principal> by;
  bool download = false;
};
using SharedRightOf = std::function<std::optional<SharedRight>(const Uuid& share, const Uuid& asset)>;

class MediaService {
 public:
  struct Options {
    std::chrono::seconds url_lifetime{6 * 3600}, cookie_lifetime{6 * 3600};
  };
  MediaService(catalog::AssetService& assets, storage::Stores& stores, StreamSigner& signer, audit::ReadLog& reads,
               Readers readers, Options options)
      : assets_(assets),
        stores_(stores),
        signer_(signer),
        reads_(reads),
        readers_(std::move(readers)),
        options_(options) {}
  void set_shares(SharedRightOf right) { shared_right_of_ = std::move(right); }

  Result<http::Response> related_file(const http::Request& request);
  Result<http::Response> original(const http::Request& request);
  Result<http::Reply<CookiesJson>> set_cookies(const http::Request& request, const Uuid& asset, const Uuid& related);
  Result<SignedUrl> resolve(const http::Request& request, const Uuid& asset, const std::string& url);

 private:
  // Before availableFrom and from availableUntil on, the content is for those who may write the asset alone.
  struct Window {
    std::optional<Timestamp> from, until;
  };
  // A file of a related asset, and what a master playlist says of subtitles.
  struct Found {
    catalog::RelatedRepository::FilePlace place;
    catalog::AssetStatus status;
    std::int64_t duration_ms = 0;
    std::vector<media::SubtitleTrack> tracks;  // of a master playlist; or the one that is asked for
    Window window;
    std::string asset_name;
    std::int64_t served = 0;  // the asset's version
  };
  Result<std::shared_ptr<const Found>> find(const Uuid& asset, const Uuid& related, const std::string& name,
                                            const std::string& path);
  struct Reader {
    std::shared_ptr<const Principal> by;
    bool shared = false;   // by a share
    bool download = true;  // false: not the file itself
  };
  // Whoever asks, if the request shows a right to read this path of this asset; unauthenticated or not_found else.
  Result<Reader> reader(const http::Request& request, const Uuid& asset, std::string_view canonical_path);
  // A player's cookies end with the session that made them; an address is handed on, and is good for its time.
  enum class Ends { with_session, in_time };
  std::string grant_to(const http::Request& request, Ends ends, Timestamp expires);
  std::shared_ptr<const Principal> principal_of(const Grantee& to);  // nothing of shares
  Result<void> open_to(const Principal& by, const Uuid& asset, const Window& window);
  // `ours`: made by this program under a key of its own, so that the bytes never change.
  Result<http::Response> serve(const storage::Location& where, std::int64_t blob_row,
                               const storage::ObjectInfo& expected, Timestamp modified, const std::string& content_type,
                               const std::string& file_name, bool attachment, bool ours);
  // A playlist whose links have the query by which it is asked for.
  Result<http::Response> signed_playlist(const http::Request& request, http::Response playlist, std::string text);

  catalog::AssetService& assets_;
  storage::Stores& stores_;
  StreamSigner& signer_;
  audit::ReadLog& reads_;
  Readers readers_;
  SharedRightOf shared_right_of_;
  Options options_;
  db::EpochCache<std::string, Found> found_{4096};  // by path
  SmallFiles small_files_;
};

// The cookies by which a player fetches what lies below `path`, and nothing beside it.
void add_stream_cookies(http::Headers& headers, const http::Request& request, const std::string& path,
                        const StreamCredentials& credentials, const std::string& grant, Timestamp expires);
void add_media_routes(http::RouteTable& table, MediaService& media);

}  // namespace reelvault::delivery
