#include "delivery/share_service.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace reelvault::delivery {

using catalog::Asset;
using catalog::Operation;

namespace {

constexpr std::size_t kTokenLength = 22;  // of base::random_token

std::string hash_of(std::string_view token) {
  const auto sum = sha256(bytes_of(token));
  return std::string(reinterpret_cast<const char*>(sum.data()), sum.size());
}

// "/media/{asset}/{related}/", or "/media/{asset}/original/{version}/", of a path below it.
std::string folder_of(const std::string& path) {
  int levels = path.find("/original/") == std::string::npos ? 3 : 4;
  std::size_t end = 0;
  while (levels-- > 0) end = path.find('/', end + 1);
  return path.substr(0, end + 1);
}

std::unexpected<Error> fail_no_link() {
  return fail(Code::not_found, "not-found", "This link does not exist, or is not valid any more.");
}

// Good enough to send a letter to, and nothing that could end a line of one.
bool mail_address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > 254) return false;
  return valid_utf8(text) && text.find('@') == at && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || std::string_view("<>(),;:\\\"[]").contains(c);
         });
}

ShareJson share_json(const Share& share, Timestamp at) {
  return {.id = share.id,
          .state = share.revoked_at ? "Revoked"
                   : share.over(at) ? "Expired"
                                    : "Active",
          .recipients = share.recipients,
          .expirationDate = share.expires_at,
          .hasPassword = share.password_hash.has_value(),
          .allowDownload = share.allow_download,
          .allowAnnotations = share.allow_annotations,
          .message = share.message,
          .createdAt = share.created_at,
          .createdBy = share.created_by,
          .createdByName = share.creator,
          .revokedAt = share.revoked_at,
          .opens = share.opens,
          .lastOpenedAt = share.last_opened_at};
}

// For the asset's history: to whom, until when.
std::string words_of(const Share& share) {
  std::string out = "link " + share.id.text();
  for (std::size_t i = 0; i < share.recipients.size(); ++i) out += (i == 0 ? " for " : ", ") + share.recipients[i];
  if (share.expires_at) out += "; until " + rfc3339(*share.expires_at);
  if (share.password_hash) out += "; with a password";
  if (share.allow_download) out += "; download allowed";
  return out;
}

}  // namespace

void NewShare::check(Faults& faults) const {
  if (expirationDate && *expirationDate <= now()) faults.add("/expirationDate", "must be in the future");
  for (std::size_t i = 0; i < recipients.size(); ++i)
    if (!mail_address(recipients[i])) faults.add(fmt::format("/recipients/{}", i), "must be an e-mail address");
}

std::span<const dto::Rule> NewShare::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "recipients", .sentence = "E-mail addresses: whom the link is for", .max_length = kShareRecipientsMost},
      {.field = "expirationDate", .sentence = "From this instant on the link is dead; by default it does not end"},
      {.field = "password", .sentence = "Asked of whoever opens the link", .min_length = 1, .max_length = 1024},
      {.field = "allowDownload",
       .sentence = "Whether the original may be saved, with all that is written in it (a photograph's place, too)",
       .default_json = "false"},
      {.field = "allowAnnotations",
       .sentence = "Kept; without effect until there are annotations",
       .default_json = "false"},
      {.field = "message", .sentence = "Shown with the asset", .max_length = 5000},
  };
  return rules;
}

std::span<const dto::Rule> ShareMade::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "url", .sentence = "Shown this once: the server keeps a hash of it alone"},
      {.field = "mailed", .sentence = "Whether the link goes to the recipients by mail"},
  };
  return rules;
}

std::span<const dto::Rule> ShareJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "state", .sentence = "Active, Expired or Revoked", .one_of = "Active|Expired|Revoked"},
      {.field = "opens", .sentence = "How often the link was opened"},
  };
  return rules;
}

std::span<const dto::Rule> OpenShare::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "password", .max_length = 1024},
      {.field = "pass",
       .sentence = "Of an earlier answer, in place of the password: renews the addresses and is not counted",
       .max_length = 300},
  };
  return rules;
}

std::span<const dto::Rule> SharedAsset::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "streamUrl",
       .sentence =
           "Signed, like all addresses here, until urlsExpireAt. The answer's cookies open what lies beside the "
           "playlist without the signature, too."},
      {.field = "downloadUrl", .sentence = "The original, where downloading is allowed"},
      {.field = "pass", .sentence = "Opens the share again for some hours without the password"},
  };
  return rules;
}

Result<ShareMade> ShareService::create(const http::Request& request, const Uuid& asset_id, const NewShare& wanted) {
  const Principal& by = *request.principal;
  const Timestamp at = now();
  RV_CHECK(dto::check(wanted));
  const std::string token = random_token();
  Share share;
  share.id = Uuid::v7();
  share.token_hash = hash_of(token);
  share.created_by = by.user_id;
  share.created_at = at;
  share.expires_at = wanted.expirationDate;
  share.allow_download = wanted.allowDownload;
  share.allow_annotations = wanted.allowAnnotations;
  if (wanted.message && !trim(*wanted.message).empty()) share.message = wanted.message;
  for (const std::string& each : wanted.recipients)
    if (std::ranges::find(share.recipients, each) == share.recipients.end()) share.recipients.push_back(each);
  if (wanted.password) {
    RV_TRY(share.password_hash, passwords_.hash(*wanted.password));
  }
  const std::string url = request.base_url() + "/app/share/" + token;
  const bool mailed = mail_ && !share.recipients.empty();
  RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    RV_TRY(const Asset asset, assets_.lock_permitted(tx, by, asset_id, Permission::write));
    if (asset.folder_like()) return fail_field("{id}", "must be a file: folders are not shared by a link");
    if (repository_.count_open(tx, asset.row, at) >= kSharesOfAssetMost)
      return fail(Code::conflict, "too-many-shares",
                  fmt::format("The asset has {} links already; revoke some.", kSharesOfAssetMost));
    Share made = share;
    made.asset_row = asset.row;
    repository_.insert(tx, made);
    if (mailed) mail_->send(tx, made, url);
    assets_.repository().add_history(tx, {.asset_row = asset.row,
                                          .asset_id = asset.id,
                                          .asset_name = asset.name,
                                          .user_id = by.user_row != 0 ? std::optional(by.user_id) : std::nullopt,
                                          .username = by.username,
                                          .operation = "share",
                                          .reason = words_of(made)});
    return {};
  }));
  return ShareMade{share.id, url, share.expires_at, mailed};
}

Result<ShareItems> ShareService::list(const Uuid& asset_id) {
  const Timestamp at = now();
  return assets_.database().read([&](db::Transaction& tx) -> Result<ShareItems> {
    auto asset = assets_.repository().find(tx, asset_id);
    if (!asset) return fail_not_found();
    ShareItems out;
    for (const Share& share : repository_.of_asset(tx, asset->row, kSharesListedMost))
      out.items.push_back(share_json(share, at));
    return out;
  });
}

Result<void> ShareService::revoke(const Principal& by, const Uuid& asset_id, const Uuid& share_id) {
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    RV_TRY(const Asset asset, assets_.lock_permitted(tx, by, asset_id, Permission::write));
    auto share = repository_.find(tx, share_id);
    if (!share || share->asset_row != asset.row) return fail_not_found("share");
    if (!repository_.revoke(tx, share->row, now())) return {};
    assets_.repository().add_history(tx, {.asset_row = asset.row,
                                          .asset_id = asset.id,
                                          .asset_name = asset.name,
                                          .user_id = by.user_row != 0 ? std::optional(by.user_id) : std::nullopt,
                                          .username = by.username,
                                          .operation = "revoke-share",
                                          .reason = "link " + share->id.text()});
    return {};
  });
}

bool ShareService::alive(const Share& share, Timestamp at) {
  if (share.over(at)) return false;
  auto creator = principal_of_(share.created_by);
  return creator && assets_.access().require(*creator, Permission::read, share.asset_id);
}

std::optional<SharedRight> ShareService::right(const Uuid& id, const Uuid& asset) {
  const auto epoch = assets_.database().epoch();
  auto share = epoch ? known_.find(id, *epoch) : nullptr;
  if (!share) {
    auto read = assets_.database().read(
        [&](db::Transaction& tx) -> Result<std::optional<Share>> { return repository_.find(tx, id); });
    if (!read || !*read) return std::nullopt;
    share = std::make_shared<const Share>(std::move(**read));
    if (epoch) known_.put(id, *epoch, share);
  }
  if (share->asset_id != asset || !alive(*share, now())) return std::nullopt;
  auto by = std::make_shared<Principal>();
  by->user_id = share->id;
  by->username = "link of " + share->creator.value_or("");
  return SharedRight{std::move(by), share->allow_download};
}

Result<Share> ShareService::living(const std::string& token) {
  if (token.size() != kTokenLength) return fail_no_link();
  RV_TRY(auto share, assets_.database().read([&](db::Transaction& tx) -> Result<std::optional<Share>> {
    return repository_.by_token(tx, hash_of(token));
  }));
  if (!share || !alive(*share, now())) return fail_no_link();
  return std::move(*share);
}

Result<ShareDoor> ShareService::door(const std::string& token) {
  RV_TRY(const Share share, living(token));
  return ShareDoor{share.password_hash.has_value()};
}

Result<void> ShareService::check_password(const http::Request& request, const Share& share, const OpenShare& shown) {
  if (!share.password_hash) return {};
  if (!shown.password) return fail(Code::forbidden, "password-required", "This link needs a password.");
  // Counts of its own: whoever mistypes a link's password may still sign in.
  const std::string link = "share " + share.id.text();
  const auto address = auth::LoginLimiter::subjects("", request.remote_address).address;
  const auth::LoginLimiter::Subjects subjects{
      auth::LoginLimiter::subjects(link, "").account,
      address.empty() ? std::string() : auth::LoginLimiter::subjects("share " + hex(address), "").account};
  const Timestamp at = now();
  RV_CHECK(limiter_.check(subjects, at));
  RV_TRY(const bool right, passwords_.verify(share.password_hash, *shown.password));
  if (right) return {};
  RV_CHECK(limiter_.failed(subjects, at));
  return fail(Code::forbidden, "wrong-password", "That is not the password of this link.");
}

Result<http::Reply<SharedAsset>> ShareService::open(const http::Request& request, const std::string& token,
                                                    const OpenShare& shown) {
  RV_TRY(const Share share, living(token));
  const auto pass = shown.pass ? signer_.granted(*shown.pass) : std::nullopt;
  const bool again = pass == Grantee{Grantee::Kind::share_pass, share.id};
  if (!again) RV_CHECK(check_password(request, share, shown));

  struct Seen {
    Asset asset;
    std::vector<catalog::Related> related;
  };
  RV_TRY(const Seen seen, assets_.database().read([&](db::Transaction& tx) -> Result<Seen> {
    auto asset = assets_.repository().find_row(tx, share.asset_row);
    if (!asset) return fail_no_link();
    auto related = catalog::RelatedRepository{}.of_asset(tx, asset->row, asset->version);
    return Seen{std::move(*asset), std::move(related)};
  }));
  const Asset& asset = seen.asset;
  const Timestamp at = now();
  RV_CHECK(catalog::after(Operation::read_media, asset.status));
  // Strangers are not told when it will be.
  if (!catalog::available_now(asset.available_from, asset.available_until))
    return fail(Code::forbidden, "not-available-now", "The content is not available at this time.");

  const auto ends = [&](std::chrono::seconds lifetime) {
    return share.expires_at ? std::min(at + lifetime, *share.expires_at) : at + lifetime;
  };
  const Timestamp expires = ends(options_.url_lifetime);
  const std::string grant = signer_.grant({Grantee::Kind::share, share.id}, expires);
  std::map<std::string, StreamCredentials> signed_prefixes;
  auto credentials = [&](const std::string& path) -> Result<StreamCredentials> {
    const std::string prefix = folder_of(path);
    auto [found, fresh] = signed_prefixes.try_emplace(prefix);
    if (fresh) {
      RV_TRY(found->second, signer_.sign(request.base_url(), prefix, expires));
    }
    return found->second;
  };
  // `path`: as in the asset's JSON, "/media/{asset}/{related}/name".
  auto signed_url = [&](const std::string& path) -> Result<std::optional<std::string>> {
    RV_TRY(const StreamCredentials made, credentials(path));
    return fmt::format("{}{}?Policy={}&Signature={}&Key-Pair-Id={}&rv-grant={}", request.base_url(), path, made.policy,
                       made.signature, made.key_pair_id, grant);
  };

  SharedAsset out;
  out.displayName = asset.name;
  out.message = share.message;
  out.mediaType = asset.media_type;
  out.contentType = asset.content_type;
  out.size = asset.size;
  out.durationMs = asset.duration_ms;
  out.width = asset.width;
  out.height = asset.height;
  out.frameRate = asset.frame_rate;
  out.startTimecode = asset.start_timecode;
  out.hasAudio = asset.has_audio;
  out.expirationDate = share.expires_at;
  out.allowDownload = share.allow_download;
  out.allowAnnotations = share.allow_annotations;
  out.urlsExpireAt = expires;
  out.pass = signer_.grant({Grantee::Kind::share_pass, share.id}, ends(options_.pass_lifetime));
  const std::string media = "/media/" + asset.id.text() + "/";
  if (asset.thumbnail_path) {
    RV_TRY(out.thumbnailUrl, signed_url(media + *asset.thumbnail_path));
  }
  if (asset.preview_path) {
    RV_TRY(out.previewUrl, signed_url(media + *asset.preview_path));
  }
  if (asset.stream_path) {
    RV_TRY(out.streamUrl, signed_url(media + *asset.stream_path));
  }
  for (const catalog::Related& each : seen.related) {
    const std::string below = media + each.id.text() + "/";
    for (const catalog::RelatedFile& file : each.files)
      if (file.name == "sprites.vtt") {
        RV_TRY(out.spriteUrl, signed_url(below + percent_encode(file.name, "/")));
      }
    if (each.relationship == "waveform" && !each.files.empty()) {
      RV_TRY(out.waveformUrl, signed_url(below + percent_encode(each.files.front().name, "/")));
    }
  }
  if (share.allow_download && asset.version > 0) {
    RV_TRY(out.downloadUrl, signed_url(catalog::original_url(asset)));
  }

  http::Reply<SharedAsset> reply(std::move(out));
  if (asset.stream_path) {
    RV_TRY(const StreamCredentials made, credentials(media + *asset.stream_path));
    const std::string path = media + asset.stream_path->substr(0, asset.stream_path->find('/') + 1);
    add_stream_cookies(reply.headers, request, path, made, grant, expires);
  }
  reply.headers.add("Cache-Control", "no-store");

  if (again) return reply;
  // A full disk is no reason to show nothing.
  auto counted = assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    repository_.opened(tx, share.row, at);
    return {};
  });
  if (!counted) log::warning("the opening of a share was not counted", {{"detail", counted.error().detail}});
  if (auto by = right(share.id, asset.id))
    reads_.note(*by->by, {.operation = "view",
                          .asset_row = asset.row,
                          .asset_id = asset.id,
                          .asset_name = asset.name,
                          .what = "link " + share.id.text()});
  return reply;
}

}  // namespace reelvault::delivery
