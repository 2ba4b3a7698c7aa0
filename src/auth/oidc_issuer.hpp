// The OpenID Connect issuer as this server knows it: where it is asked (discovery), its keys, and what its tokens say.
// Whatever is not known yet, or was last heard too long ago, is asked for on the calling thread, so these are for
// lanes; one thread asks and others wait for it. An issuer that is away is not asked again for some seconds, and what
// is known of it serves for a day. A key that is not known makes it ask anew (keys are rotated), though not more than
// once in some seconds, whatever tokens strangers invent. Thread-safe.
#pragma once
#include "auth/issuer_http.hpp"
#include "auth/issuer_key.hpp"
#include "auth/oidc_settings.hpp"
#include "base/time.hpp"

#include <chrono>
#include <mutex>

namespace reelvault::auth {

// What a verified token says of a person.
struct OidcClaims {
  boost::json::object all;
  std::string issuer, subject;
  Timestamp expires_at;
  std::optional<Timestamp> issued_at;
  bool of_sign_in = false;                        // all that the issuer says of the user: what is not said is not so
  std::string text(std::string_view name) const;  // empty when absent or no text
  bool says(std::string_view name) const;         // true, and nothing like it
  // A claim that is a list of texts, or one text. Dots lead into objects ("realm_access.roles") where no claim has the
  // whole name.
  std::vector<std::string> list(std::string_view name) const;
};

class OidcIssuer {
 public:
  using Clock = std::chrono::steady_clock;
  explicit OidcIssuer(OidcSettings settings, IssuerHttp http = call_issuer)
      : settings_(std::move(settings)), http_(std::move(http)) {}
  const OidcSettings& settings() const { return settings_; }

  // A token of this issuer for `audience`: signature, issuer, audience and times, with a minute's skew of clocks.
  // unauthenticated for a bad one; unavailable where the issuer must be asked and does not answer.
  Result<OidcClaims> verify(std::string_view token, std::string_view audience, Timestamp at);

  // Where the browser goes to sign in.
  Result<std::string> authorization_url(std::string_view query);
  // The code for an ID token, verified, and joined with what the issuer tells of the user beside.
  struct CodeExchange {
    std::string code, code_verifier, redirect_uri, nonce;
  };
  Result<OidcClaims> exchange(const CodeExchange& given, Timestamp at);

 private:
  struct Metadata {
    std::string authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri;
    std::vector<std::string> token_methods;
  };
  using Keys = std::vector<IssuerKey>;
  // When something was heard, and when it was last tried.
  struct Freshness {
    std::optional<Clock::time_point> heard, tried;
    bool is(Clock::duration age) const { return heard && Clock::now() - *heard < age; }
    bool just_tried(Clock::duration pause) const { return tried && Clock::now() - *tried < pause; }
  };

  Result<boost::json::object> get_json(const IssuerRequest& request, std::string_view what);
  Result<std::shared_ptr<const Metadata>> metadata();
  Result<std::shared_ptr<const Metadata>> metadata_asking();
  // `missing`: the caller did not find its key among those of `seen`.
  Result<std::shared_ptr<const Keys>> keys(const std::shared_ptr<const Keys>& missing);
  Result<std::shared_ptr<const Keys>> fetch_keys();
  Result<void> join_user_info(const Metadata& metadata, std::string_view access_token, OidcClaims& claims);

  OidcSettings settings_;
  IssuerHttp http_;
  std::mutex asking_;  // held while the issuer is asked: one asks
  std::mutex mutex_;   // of what follows; taken last and never held for long
  std::shared_ptr<const Metadata> metadata_;
  std::shared_ptr<const Keys> keys_;
  Freshness metadata_fresh_, keys_fresh_;
};

}  // namespace reelvault::auth
