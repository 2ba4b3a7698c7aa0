#include "app/rooms.hpp"

#include "archive/archive_routes.hpp"
#include "base/sealed.hpp"
#include "catalog/access_routes.hpp"
#include "catalog/asset_routes.hpp"
#include "catalog/batch_routes.hpp"
#include "db/secret.hpp"
#include "ingest/register_routes.hpp"
#include "jobs/job_routes.hpp"
#include "media/clip_routes.hpp"
#include "media/segment_routes.hpp"
#include "media/subtitle_tracks.hpp"
#include "search/search_routes.hpp"
#include "storage/store_config.hpp"

namespace reelvault::app {

std::string_view version() { return REELVAULT_VERSION; }

Result<std::unique_ptr<Rooms>> Rooms::make(const Config& config, db::Database& database) {
  auto rooms = std::make_unique<Rooms>(database);
  Rooms& r = *rooms;
  r.outbox = std::make_unique<db::Outbox>(database);
  r.reads = std::make_unique<audit::ReadLog>(database);
  r.audit = std::make_unique<audit::AuditService>(
      database, [](std::int64_t status) { return catalog::status_name(static_cast<catalog::AssetStatus>(status)); },
      config.seconds("audit.retention_s"));
  RV_TRY(auto stores, storage::configured_stores(config));
  r.stores = std::make_unique<storage::Stores>(std::move(stores));
  r.tree = std::make_unique<catalog::FolderTree>(database);
  RV_CHECK(r.tree->load());
  RV_TRY(r.accounts, auth::Accounts::open(config, database, *r.tree,
                                          {{std::string(delivery::kStreamKey), auth::KeyKind::rsa_2048},
                                           {std::string(delivery::kGrantKey), auth::KeyKind::hmac_256}}));
  r.gate = r.accounts->gate({.worker_token = config.text("worker.token")});
  r.worker_gate = r.accounts->gate({.local_socket = true});

  std::filesystem::path scratch = config.text("worker.scratch_dir");
  if (scratch.empty()) scratch = config.data_dir() / "scratch";
  r.jobs = std::make_unique<jobs::Engine>(
      database, jobs::Engine::Options{
                    .lease = config.seconds("jobs.lease_s"),
                    .scratch = scratch,
                    .server_threads = 4,
                    .crews = {{std::string(archive::kCrew), static_cast<int>(config.integer("archive.jobs"))}}});
  r.jobs->on_change([outbox = r.outbox.get()](db::Transaction& tx, const jobs::Job& job) {
    boost::json::object payload{{"id", job.id.text()},
                                {"jobType", job.type},
                                {"status", boost::json::string(jobs::status_name(job.status))},
                                {"progress", job.progress},
                                {"attempt", job.attempt}};
    if (!job.asset_id.nil()) payload["assetId"] = job.asset_id.text();
    if (job.failure) payload["error"] = job.failure->message;
    outbox->append(tx, {.topic = "job",
                        .name = "job",
                        .asset_row = job.asset_row,
                        .asset_id = job.asset_id,
                        .payload = std::move(payload)});
  });

  r.assets = std::make_unique<catalog::AssetService>(database, *r.tree, r.accounts->access(), *r.outbox, *r.stores,
                                                     config.text("upload.default_bucket"));
  RV_CHECK(r.assets->collections().load());
  r.index = std::make_unique<search::Index>(database);
  RV_CHECK(r.index->prepare());
  r.assets->set_search(r.index.get());
  r.search = std::make_unique<search::SearchService>(*r.assets, r.index->postings());
  RV_CHECK(r.assets->ensure_default_bucket());
  r.access = std::make_unique<catalog::AccessService>(*r.assets, r.accounts->granted_access(), r.accounts->directory());
  r.content = std::make_unique<catalog::ContentService>(*r.assets, storage::BlobRepository{});
  r.details = std::make_unique<catalog::DetailService>(*r.assets, *r.jobs, *r.reads);
  r.segments = std::make_unique<media::SegmentService>(*r.assets);
  r.processing = std::make_unique<media::ProcessingService>(*r.assets, *r.content, *r.jobs, *r.stores, *r.segments);
  r.processing->register_types();
  r.processing->set_adopt_metadata(config.boolean("media.adopt_metadata"));
  r.clips = std::make_unique<media::ClipService>(*r.assets, *r.content, *r.jobs, *r.stores);
  r.clips->register_type();
  r.batches = std::make_unique<catalog::BatchService>(*r.assets, *r.jobs, *r.outbox);
  r.batches->register_type();
  r.transfers = std::make_unique<catalog::TransferService>(*r.assets, *r.jobs, scratch);
  r.transfers->register_type();
  r.tree_actions = std::make_unique<catalog::TreeActions>(*r.assets, *r.content, *r.jobs);
  r.tree_actions->set_transfer(r.transfers.get());
  r.content->on_settled([transfers = r.transfers.get()](db::Transaction& tx, catalog::Asset& asset) {
    return transfers->settled(tx, asset);
  });
  r.tree_actions->declare(*r.batches);
  r.processing->declare(*r.batches);
  r.tags = std::make_unique<catalog::TagService>(*r.assets);
  r.collections = std::make_unique<catalog::CollectionService>(*r.assets, *r.outbox);
  r.fields = std::make_unique<catalog::FieldService>(database);
  r.summaries = std::make_unique<catalog::SummaryService>(*r.assets);
  for (catalog::BatchAction& action : r.tags->actions()) r.batches->add(std::move(action));
  for (catalog::BatchAction& action : r.collections->actions()) r.batches->add(std::move(action));
  r.content->set_hook(r.processing.get());
  r.archive = std::make_unique<archive::ArchiveService>(
      *r.assets, *r.jobs,
      archive::ArchiveService::Options{.scratch = scratch, .poll = config.seconds("archive.poll_s")});
  r.archive->register_types();
  r.archive->declare(*r.batches);
  RV_TRY(auto profiles, archive::configured_profiles(config));
  r.local_restores = std::make_unique<archive::LocalRestoreService>(*r.assets, *r.jobs, std::move(profiles),
                                                                    config.seconds("archive.poll_s"));
  r.local_restores->register_type();

  r.details->add(media::describe_subtitles);
  r.details->add([segments = r.segments.get()](db::Transaction& tx, const catalog::Asset& asset,
                                               catalog::DetailJson& detail) { segments->describe(tx, asset, detail); });

  RV_TRY(std::string upload_key, db::server_secret(database, "upload-urls"));
  RV_TRY(const std::string token_key, db::server_secret(database, "page-tokens"));
  seal_with(token_key);
  r.uploads = std::make_unique<upload::UploadService>(
      database, *r.outbox, *r.assets, *r.content, *r.stores,
      upload::UploadService::Options{.signing_key = upload_key,
                                     .url_lifetime = config.seconds("upload.url_lifetime_s"),
                                     .idle = config.seconds("upload.idle_s")});

  r.assets->on_removed([uploads = r.uploads.get()](db::Transaction& tx, const catalog::Asset& asset) {
    uploads->asset_removed(tx, asset);
  });
  r.registers = std::make_unique<ingest::RegisterService>(*r.assets, *r.content, *r.stores);
  r.registers->set_collections(
      [collections = r.collections.get()](db::Transaction& tx, const Principal& by, catalog::Asset& asset,
                                          const std::vector<std::string>& names) -> Result<void> {
        for (const std::string& name : names) RV_CHECK(collections->add_by_name(tx, by, asset, name));
        return {};
      });
  r.watcher = std::make_unique<ingest::Watcher>(*r.registers, *r.assets,
                                                ingest::Watcher::Options{.interval = config.seconds("watch.interval_s"),
                                                                         .stable = config.seconds("watch.stable_s"),
                                                                         .node = r.jobs->own_worker_prefix()});
  r.relocation = std::make_unique<ingest::Relocation>(*r.assets, *r.jobs, *r.stores, scratch);
  r.relocation->register_types();
  r.assets->set_place_hook(r.relocation.get());
  r.assets->on_removed([accounts = r.accounts.get()](db::Transaction& tx, const catalog::Asset& asset) {
    if (asset.folder_like())
      auth::forget_assets(tx, accounts->directory(), {asset.row});  // grants stand on folders alone
  });

  r.signer = std::make_unique<delivery::StreamSigner>(r.accounts->keys());
  delivery::PrincipalOf principal_of = [accounts = r.accounts.get()](const Uuid& user) {
    return accounts->principal_of(user);
  };
  r.media = std::make_unique<delivery::MediaService>(
      *r.assets, *r.stores, *r.signer, *r.reads,
      delivery::Readers{
          [accounts = r.accounts.get()](const Uuid& user, const std::optional<Uuid>& session) {
            return accounts->principal_of(user, session);
          },
          [accounts = r.accounts.get()](const Uuid& key) { return accounts->principal_of_key(key); },
          [accounts = r.accounts.get()](const http::Request& request) { return accounts->shown_key(request); },
          [accounts = r.accounts.get()](const http::Request& request) { return accounts->shown_session(request); }},
      delivery::MediaService::Options{config.seconds("media.url_lifetime_s"),
                                      config.seconds("media.cookie_lifetime_s")});
  r.shares = std::make_unique<delivery::ShareService>(
      *r.assets, *r.signer, r.accounts->passwords(), *r.reads, principal_of,
      delivery::ShareService::Options{.attempts = config.integer("auth.login_attempts")});
  RV_TRY(auto mailer, delivery::Mailer::from(config));
  if (mailer) {
    r.share_mail = std::make_unique<delivery::ShareMail>(database, *r.jobs, std::move(*mailer));
    r.share_mail->register_type();
    r.shares->set_mail(r.share_mail.get());
  }
  r.media->set_shares(
      [shares = r.shares.get()](const Uuid& share, const Uuid& asset) { return shares->right(share, asset); });

  RV_TRY(auto guard, webhook::AddressGuard::of(config.list("webhook.allowed_networks")));
  r.webhook_guard = std::make_unique<webhook::AddressGuard>(std::move(guard));
  r.webhook_sender =
      std::make_unique<webhook::Sender>(webhook::Sender::Options{.guard = *r.webhook_guard,
                                                                 .timeout = config.seconds("webhook.timeout_s"),
                                                                 .agent = fmt::format("Reelvault/{}", version())});
  r.webhook_dispatcher = std::make_unique<webhook::Dispatcher>(
      database, *r.outbox, *r.webhook_sender,
      webhook::DispatchOptions{.attempts = config.integer("webhook.attempts"),
                               .retry = config.seconds("webhook.retry_s"),
                               .retention = config.seconds("webhook.retention_s")});
  r.webhooks = std::make_unique<webhook::WebhookService>(database, *r.outbox, *r.webhook_guard, *r.webhook_sender,
                                                         *r.webhook_dispatcher);
  return rooms;
}

void Rooms::add_routes(http::RouteTable& table) {
  accounts->add_routes(table);
  catalog::add_asset_routes(table, *assets, *content, *details);
  catalog::add_batch_routes(table, *assets, *batches);
  catalog::add_access_routes(table, *access);
  catalog::add_organising_routes(table, *tags, *collections, *fields, *summaries);
  media::add_clip_routes(table, *assets, *clips);
  media::add_segment_routes(table, *segments);
  archive::add_archive_routes(table, *local_restores);
  jobs::add_job_routes(table, *jobs);
  jobs::add_worker_list_route(table, workers);
  upload::add_upload_routes(table, *uploads);
  ingest::add_register_routes(table, *registers, *watcher, *assets);
  search::add_search_routes(table, *search);
  delivery::add_media_routes(table, *media);
  delivery::add_share_routes(table, *shares);
  audit::add_audit_routes(table, *audit);
  webhook::add_webhook_routes(table, *webhooks);
  table.add(http::raw(
      http::Method::get, "/events",
      {.summary = "Server-sent events of what the caller may see",
       .tag = "Events",
       .access = http::signed_in(),
       .cost = http::Cost::read,
       .description = "Names: asset, job, upload, batch. Resumes after Last-Event-ID without loss; where the events "
                      "since are not kept "
                      "any more, an event named reset comes first: read again what you show."},
      [](http::Request& request) -> Result<http::Response> { return http::Response::event_stream(request); }));
  http::add_document_routes(table, std::string(version()));
}

}  // namespace reelvault::app
