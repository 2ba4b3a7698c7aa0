// The rooms of one server, made from the left to the right, each handed what it needs and nothing else.
#pragma once
#include "archive/archive_service.hpp"
#include "archive/local_restore.hpp"
#include "audit/audit_service.hpp"
#include "audit/read_log.hpp"
#include "auth/accounts.hpp"
#include "base/config.hpp"
#include "catalog/access_service.hpp"
#include "catalog/asset_service.hpp"
#include "catalog/batch_service.hpp"
#include "catalog/content_service.hpp"
#include "catalog/detail.hpp"
#include "catalog/organising_routes.hpp"
#include "catalog/transfer.hpp"
#include "catalog/tree_actions.hpp"
#include "db/outbox.hpp"
#include "delivery/media_service.hpp"
#include "delivery/share_service.hpp"
#include "delivery/stream_signer.hpp"
#include "http/openapi.hpp"
#include "http/server.hpp"
#include "ingest/register_service.hpp"
#include "ingest/relocation.hpp"
#include "ingest/watcher.hpp"
#include "jobs/engine.hpp"
#include "jobs/worker_list.hpp"
#include "media/clip_service.hpp"
#include "media/processing_service.hpp"
#include "search/index.hpp"
#include "search/search_service.hpp"
#include "storage/blob_store.hpp"
#include "upload/upload_service.hpp"
#include "webhook/webhook_service.hpp"

namespace reelvault::app {

std::string_view version();
Result<std::unique_ptr<db::Database>> open_database(const Config& config);

struct Rooms {
  static Result<std::unique_ptr<Rooms>> make(const Config& config, db::Database& database);
  void add_routes(http::RouteTable& table);

  explicit Rooms(db::Database& database_of_server) : database(database_of_server) {}
  db::Database& database;
  std::unique_ptr<db::Outbox> outbox;
  std::unique_ptr<audit::ReadLog> reads;
  std::unique_ptr<audit::AuditService> audit;
  std::unique_ptr<storage::Stores> stores;
  std::unique_ptr<jobs::Engine> jobs;
  jobs::WorkerList workers;
  std::unique_ptr<catalog::FolderTree> tree;
  std::unique_ptr<auth::Accounts> accounts;  // users, sessions, keys, grants
  std::unique_ptr<auth::AccountGate> gate, worker_gate;
  std::unique_ptr<catalog::AssetService> assets;
  std::unique_ptr<search::Index> index;
  std::unique_ptr<search::SearchService> search;
  std::unique_ptr<catalog::AccessService> access;
  std::unique_ptr<catalog::ContentService> content;
  std::unique_ptr<catalog::DetailService> details;
  std::unique_ptr<catalog::BatchService> batches;
  std::unique_ptr<catalog::TagService> tags;
  std::unique_ptr<catalog::CollectionService> collections;
  std::unique_ptr<catalog::FieldService> fields;
  std::unique_ptr<catalog::SummaryService> summaries;
  std::unique_ptr<catalog::TreeActions> tree_actions;
  std::unique_ptr<catalog::TransferService> transfers;
  std::unique_ptr<upload::UploadService> uploads;
  std::unique_ptr<ingest::RegisterService> registers;
  std::unique_ptr<ingest::Watcher> watcher;
  std::unique_ptr<ingest::Relocation> relocation;
  std::unique_ptr<media::ProcessingService> processing;
  std::unique_ptr<media::SegmentService> segments;
  std::unique_ptr<media::ClipService> clips;
  std::unique_ptr<archive::ArchiveService> archive;
  std::unique_ptr<archive::LocalRestoreService> local_restores;
  std::unique_ptr<delivery::StreamSigner> signer;
  std::unique_ptr<delivery::MediaService> media;
  std::unique_ptr<delivery::ShareMail> share_mail;  // where mail is configured
  std::unique_ptr<delivery::ShareService> shares;
  std::unique_ptr<webhook::AddressGuard> webhook_guard;
  std::unique_ptr<webhook::Sender> webhook_sender;
  std::unique_ptr<webhook::Dispatcher> webhook_dispatcher;
  std::unique_ptr<webhook::WebhookService> webhooks;
};

}  // namespace reelvault::app
