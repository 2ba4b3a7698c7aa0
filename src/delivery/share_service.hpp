// Sharing one asset by a link: making, listing and revoking for whoever may write it; the door for whoever has the
// link. Only files are shared. Every request for media is held against the share as it is then (`right`), so that
// revoking, the end of its time, the bin, and a maker who is disabled or may no longer read the asset act at once.
// Thread-safe.
#pragma once
#include "auth/login_limiter.hpp"
#include "auth/password.hpp"
#include "delivery/media_service.hpp"
#include "delivery/share_mail.hpp"

namespace reelvault::delivery {

class ShareService {
 public:
  struct Options {
    std::int64_t attempts = 10;  // wrong passwords in 15 minutes, by link and by address
    // Behind a CDN nothing but this bounds what a revoked share still opens.
    std::chrono::seconds url_lifetime{300};
    std::chrono::seconds pass_lifetime{12 * 3600};
  };
  ShareService(catalog::AssetService& assets, StreamSigner& signer, const auth::Passwords& passwords,
               audit::ReadLog& reads, PrincipalOf principal_of, Options options)
      : assets_(assets),
        signer_(signer),
        passwords_(passwords),
        reads_(reads),
        principal_of_(std::move(principal_of)),
        options_(options),
        limiter_(assets.database(), options.attempts) {}

  void set_mail(ShareMail* mail) { mail_ = mail; }  // where there is a mail server

  Result<ShareMade> create(const http::Request& request, const Uuid& asset, const NewShare& wanted);
  Result<ShareItems> list(const Uuid& asset);
  Result<void> revoke(const Principal& by, const Uuid& asset, const Uuid& share);

  Result<ShareDoor> door(const std::string& token);
  Result<http::Reply<SharedAsset>> open(const http::Request& request, const std::string& token, const OpenShare& shown);

  // What the share opens of this asset now; nothing when it is dead or of another.
  std::optional<SharedRight> right(const Uuid& share, const Uuid& asset);

 private:
  // The share, if it is good now.
  Result<Share> living(const std::string& token);
  bool alive(const Share& share, Timestamp at);
  // Whether it is known to be the right one; else what is wrong with it.
  Result<void> check_password(const http::Request& request, const Share& share, const OpenShare& shown);

  catalog::AssetService& assets_;
  StreamSigner& signer_;
  const auth::Passwords& passwords_;
  audit::ReadLog& reads_;
  PrincipalOf principal_of_;
  Options options_;
  auth::LoginLimiter limiter_;
  ShareMail* mail_ = nullptr;
  ShareRepository repository_;
  db::EpochCache<Uuid, Share> known_{2048};
};

void add_share_routes(http::RouteTable& table, ShareService& shares);

}  // namespace reelvault::delivery
