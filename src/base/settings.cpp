// The table itself. Each row is the setting's only definition; config.cpp reads, checks and prints by it.
#include "base/config.hpp"

namespace reelvault {
namespace {

using Type = Setting::Type;
constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kYear = 366 * kDay;
constexpr std::int64_t kKiB = 1 << 10;
constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kGiB = 1 << 30;

constexpr Setting text(std::string_view key, std::string_view default_value, std::string_view sentence) {
  return {key, Type::text, default_value, false, sentence};
}
constexpr Setting secret(std::string_view key, std::string_view sentence) {
  return {key, Type::text, "", true, sentence};
}
constexpr Setting choice(std::string_view key, std::string_view default_value, std::string_view one_of,
                         std::string_view sentence) {
  return {key, Type::text, default_value, false, sentence, INT64_MIN, INT64_MAX, one_of};
}
constexpr Setting list(std::string_view key, std::string_view sentence) {
  return {key, Type::list, "", false, sentence};
}
constexpr Setting number(std::string_view key, std::string_view default_value, std::int64_t minimum,
                         std::int64_t maximum, std::string_view sentence) {
  return {key, Type::integer, default_value, false, sentence, minimum, maximum};
}
constexpr Setting boolean(std::string_view key, std::string_view default_value, std::string_view sentence) {
  return {key, Type::boolean, default_value, false, sentence};
}
constexpr Setting duration(std::string_view key, std::string_view default_value, std::int64_t minimum,
                           std::int64_t maximum, std::string_view sentence) {
  return {key, Type::duration_s, default_value, false, sentence, minimum, maximum};
}
constexpr Setting size(std::string_view key, std::string_view default_value, std::int64_t minimum, std::int64_t maximum,
                       std::string_view sentence) {
  return {key, Type::size_bytes, default_value, false, sentence, minimum, maximum};
}

constexpr Setting kSettings[] = {
    choice("sandbox", "auto", "auto|bubblewrap|builtin|off",
           "How decoders are locked in: auto takes the strongest that works here, off runs them unprotected."),

    text("http.bind", "127.0.0.1", "The address to listen on; 0.0.0.0 or :: for every one of the machine."),
    number("http.port", "8080", 0, 65535, "The port to listen on; 0 takes a free one."),
    number("http.threads", "0", 0, 1024, "Threads that serve connections; 0: one for each core."),
    text("http.public_url", "",
         "The address that clients see, e.g. https://media.example.com; empty: taken from each request's Host."),
    size("http.header_limit_bytes", "32KiB", kKiB, kMiB, "The longest request header."),
    size("http.body_limit_bytes", "16MiB", kKiB, kGiB,
         "The largest JSON body; uploaded parts have limits of their own."),
    duration("http.idle_timeout_s", "75", 1, kDay, "How long a connection may wait between two requests."),
    duration("http.header_timeout_s", "15", 1, 3600, "How long a client may take to send a request's header."),
    duration("http.request_timeout_s", "60", 1, kDay,
             "How long a client may take to send a JSON body, and a handler to answer."),
    size("http.minimum_rate_bytes", "1KiB", 0, kGiB,
         "Bytes per second, averaged over half a minute, below which an upload or download is cut; 0: never."),
    number("http.max_connections", "10000", 1, 1000000, "Connections at one time; more are refused."),
    list("http.cors_origins",
         "Origins whose pages may call the API with credentials, e.g. https://player.example.com."),
    list("http.trusted_proxies",
         "Addresses or networks (10.0.0.0/8) of reverse proxies that are believed when they say whose request it is."),
    choice("http.forwarded_field", "x-forwarded-for", "x-forwarded-for|forwarded",
           "The header field in which they say it; the other is not looked at."),
    text("http.tls_certificate", "",
         "A PEM file with the certificate chain; with it, and its key, the server speaks TLS."),
    text("http.tls_key", "", "A PEM file with the certificate's private key."),
    duration("http.shutdown_grace_s", "30", 0, 3600,
             "How long requests in flight may take to end after a stop signal."),
    text("web.dir", "", "The folder of the built web app; empty: web/dist beside the program's sources."),
    secret("metrics.token", "A bearer token that may read /metrics; empty: an administrator's alone may."),
    number("metrics.port", "0", 0, 65535, "A port for /metrics alone, on http.bind, without a token; 0: none."),

    text("data.dir", "./data", "The folder of everything that this server keeps: database, local store, keys."),
    text("admin.username", "admin", "The first user, made when the database has none."),
    secret("admin.password", "The first user's password; empty: one is made at random and printed once."),
    {"database.url", Type::text, "", true,
     "postgresql://user:password@host/name for PostgreSQL; empty: SQLite in the data folder."},
    number("database.readers", "0", 0, 256, "Connections for reading; 0: by cores, 4 to 8 with SQLite."),
    choice("log.level", "info", "debug|info|warning|error|off", "The least severe messages that are logged."),

    duration("auth.access_token_s", "900", 30, kDay, "How long an access token is good."),
    duration("auth.refresh_token_s", "30d", 60, kYear, "How long a refresh token is good; each use gives a new one."),
    number("auth.login_attempts", "10", 1, 1000000,
           "Wrong passwords in 15 minutes, per account and per address, before attempts must wait."),
    text("auth.oidc_issuer", "",
         "An OpenID Connect issuer, e.g. https://login.example.com/realms/media: people sign in there, and its tokens "
         "are accepted; empty: none."),
    text("auth.oidc_audience", "",
         "The audience that a bearer token of the issuer must name; empty: none is accepted."),
    text("auth.oidc_client_id", "",
         "This server's client at the issuer, for sign-in through the browser (its redirect address is "
         "PUBLIC_URL/account/oidc/callback); empty: no such sign-in."),
    secret("auth.oidc_client_secret", "The client's secret; empty: a public client, with PKCE alone."),
    text("auth.oidc_label", "Single sign-on", "What the button on the sign-in page says."),
    text("auth.oidc_scopes", "openid profile email", "The scopes that sign-in asks for."),
    text("auth.oidc_groups_claim", "groups", "The claim whose values are names of groups; empty: none."),
    list("auth.oidc_group_map", "VALUE=GROUP, …: groups by value of that claim; empty: the values are the names."),
    text("auth.oidc_roles_claim", "",
         "The claim that decides a user's role at each sign-in; empty: administrators give roles here."),
    list("auth.oidc_admin_values", "Values of that claim that make an administrator."),
    list("auth.oidc_editor_values", "Values of that claim that make an editor."),
    choice("auth.oidc_default_role", "viewer", "viewer|editor", "The role of users whose claim gives them none."),
    boolean("auth.oidc_link_email", "false",
            "Whether who signs in with an e-mail address that the issuer has verified becomes the user who has it."),

    duration("upload.url_lifetime_s", "24h", 60, 7 * kDay, "How long the signed address of an upload's part is good."),
    duration("upload.idle_s", "7d", 60, kYear, "An upload that nothing reached for this long is cancelled."),
    text(
        "upload.default_bucket", "library",
        "The bucket whose Uploads folder takes uploads that name no parent; made when there is none, and the same from "
        "then on under whatever name."),
    number("bin.days", "30", 0, 36500, "After this many days what is in the bin goes for good; 0: never by itself."),
    duration("watch.interval_s", "30", 1, kDay,
             "How long after a look at a watched bucket's store the next one begins."),
    duration("watch.stable_s", "10", 0, kDay,
             "How long an object must not have changed, over two looks at least, before it is registered."),
    duration("media.url_lifetime_s", "6h", 30, 7 * kDay, "How long a signed media address is good."),
    boolean(
        "media.adopt_metadata", "true",
        "Whether keywords and the description in a new file become its tags and its description, where it has none."),
    secret("mail.smtp_url",
           "The mail server that tells recipients of links to shared files, as smtp://host:25, "
           "smtp://user:password@host:587 "
           "or smtps://user:password@host; a password is never sent unencrypted. Empty: no mail is sent."),
    text("mail.from", "", "Whom that mail is from, e.g. Media <media@example.com>."),
    duration("media.cookie_lifetime_s", "6h", 30, 7 * kDay, "How long streaming cookies are good."),

    number("worker.count", "0", 0, 1024, "Jobs that this machine works on at one time; 0: by cores."),
    secret("worker.token", "What workers on other machines show to the server; empty: only local ones are let in."),
    text("worker.server_url", "", "For a worker on another machine: the server's address."),
    text(
        "worker.ca_file", "",
        "For such a worker: a PEM file with the server's certificate, or those of the authority that signed it; empty: "
        "whom the machine trusts."),
    size("worker.memory_bytes", "2GiB", 64 * kMiB, 1024 * kGiB, "Memory that one decoder may take."),
    duration("worker.time_limit_s", "6h", 1, 30 * kDay, "Processor time that one decoder may take."),
    size("worker.output_limit_bytes", "200GiB", kMiB, 1024 * 1024 * kGiB, "Bytes that one job may write."),
    text("worker.scratch_dir", "", "Where jobs put what they work on; empty: scratch in the data folder."),
    text("ffmpeg", "/usr/bin/ffmpeg", "The ffmpeg that decodes and encodes."),
    text("ffprobe", "/usr/bin/ffprobe", "The ffprobe that looks into files."),
    choice("encoding.preset", "veryfast", "ultrafast|superfast|veryfast|faster|fast|medium|slow|slower",
           "x264's balance of time against size for renditions."),
    text("encoding.ladder", "1080,720,480,240",
         "Heights (of the shorter side) of the renditions that a film gets; never more than it has itself."),
    choice("encoding.deinterlace", "frame", "frame|field",
           "Pictures made of an interlaced one: frame makes one (50i to 25p), field one of each field (50i to 50p)."),
    number("media.megapixels_max", "500", 1, 100000, "Pictures larger than this are not decoded."),
    number("archive.jobs", "1", 1, 64,
           "Archive, restore and local restore jobs that this server works on at one time."),
    duration("archive.poll_s", "5m", 1, kDay,
             "How often a store is asked whether content of a class like GLACIER can be read yet."),
    duration("jobs.lease_s", "30", 2, 3600, "After this long without a sign from its worker, a job goes to another."),
    duration("audit.retention_s", "400d", 0, 100 * kYear,
             "How long the audit of who did what is kept, histories of assets included; 0: for ever."),
    list("webhook.allowed_networks",
         "Networks inside yours that webhooks may be sent to, e.g. 10.1.0.0/16; all others of private, local and "
         "special addresses are refused."),
    duration("webhook.timeout_s", "10", 1, 25, "How long a webhook's receiver may take to answer."),
    number("webhook.attempts", "12", 1, 50, "How often one delivery of a webhook is tried before it is given up."),
    duration("webhook.retry_s", "5", 1, 3600,
             "The pause after a delivery's first failure; it doubles each time, to an hour at most."),
    duration("webhook.retention_s", "30d", 60, kYear,
             "How long the log of deliveries is kept, and how long one may wait for its receiver."),
    duration("storage.sweep_grace_s", "24h", 0, kYear,
             "How long bytes that nothing refers to are kept; must exceed the length of a backup."),
    size("storage.direct_bytes", "64MiB", 0, 1024 * 1024 * kGiB,
         "Uploads of files of this size and more are written to local stores past the system's cache, which takes less "
         "processor time and leaves the cache to what is read; 0: none are."),
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

}  // namespace reelvault
