#include "upload/upload_service.hpp"

#include "auth/idempotency.hpp"
#include "base/faults.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "catalog/field.hpp"
#include "storage/object_key.hpp"

namespace reelvault::upload {

namespace json = boost::json;
using catalog::ContentService;

namespace {

std::unexpected<Error> not_open(const Upload& upload) {
  switch (upload.state) {
    case UploadState::complete: return fail(Code::conflict, "upload-complete", "The upload is complete.");
    case UploadState::cancelled: return fail(Code::conflict, "upload-cancelled", "The upload was cancelled.");
    case UploadState::failed:
      return fail(Code::conflict, "upload-failed",
                  "The upload failed: its bytes could not be stored safely. Start it again.");
    case UploadState::open: break;
  }
  return fail(Code::conflict, "upload-busy", "The upload is being changed by another request.");
}

std::string_view state_name(UploadState state) {
  constexpr std::array<std::string_view, 4> names{"Open", "Complete", "Cancelled", "Failed"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace

std::mutex& UploadService::completing(const Uuid& id) { return locks_[std::hash<Uuid>{}(id) % locks_.size()]; }

Result<UploadService::Place> UploadService::allocate(const std::string& store, std::int64_t size,
                                                     const std::string& content_type) {
  const storage::Stores::Entry* entry = stores_.find(store);
  if (!entry) return fail(Code::unavailable, "no-store", "The bucket's store is not configured on this server.");
  Place place{{store, storage::random_key()}, {}};
  if (entry->parts) {
    RV_CHECK(entry->parts->allocate(place.location.key, static_cast<std::uint64_t>(size)));
  } else if (entry->direct) {
    RV_TRY(place.multipart, entry->direct->begin(place.location.key, content_type));
  } else {
    return fail(Code::conflict, "store-read-only", "The bucket's store takes no uploads.");
  }
  return place;
}

std::int64_t UploadService::bucket_of(db::Transaction& tx, const catalog::Asset& asset) {
  if (const auto row = assets_.tree().bucket_of(asset.folder_like() ? asset.row : asset.parent_row)) return row;
  // Below a folder that was made just now, which is in no tree yet.
  const auto above = assets_.repository().ancestors(tx, asset.row);
  return above.empty() ? 0 : above.back();
}

bool UploadService::discard(const Place& place) {
  const storage::Stores::Entry* entry = stores_.find(place.location.store);
  if (!entry) return false;
  Result<void> removed;
  if (place.multipart && entry->direct) removed = entry->direct->cancel(place.location.key, *place.multipart);
  if (entry->parts) entry->parts->close(place.location.key);
  if (removed) removed = entry->store->remove(place.location.key);
  // What this misses (a crash, a store that is away) the sweep finds.
  if (!removed) log::warning("could not remove the bytes of a cancelled upload", {{"detail", removed.error().detail}});
  return removed.has_value();
}

namespace {

struct CheckedStart {
  std::int64_t chunk = 0;
  std::optional<std::string> language;
};

template <class Request>
CheckedStart checked_sizes(const Request& request, Faults& faults) {
  CheckedStart out;
  out.chunk = faults.take(chunk_size_for(request.fileSize, request.chunkSize));
  if (request.languageCode) out.language = faults.take(catalog::valid_language(*request.languageCode, "/languageCode"));
  return out;
}

CheckedStart checked_start(const StartUpload& request, Faults& faults) {
  if (request.replacesAssetId && request.parentId)
    faults.add("/parentId", "must not be given together with replacesAssetId");
  if (request.checksum) (void)faults.take(parse_checksum(*request.checksum));
  return checked_sizes(request, faults);
}

CheckedStart checked_start(const StartRelated& request, Faults& faults) {
  if (request.checksum) {
    auto checksum = parse_checksum(*request.checksum);
    if (checksum && checksum->kind != Checksum::Kind::crc32)
      faults.add("/checksum", "of a related asset must be crc32:");
    (void)faults.take(std::move(checksum));
  }
  return checked_sizes(request, faults);
}

}  // namespace

// What content_.reserve() would find of it otherwise, after these.
void UploadService::check_labels(const StartUpload& request, Faults& faults) {
  (void)faults.take(catalog::normal_tags(request.tags));
  if (request.replacesAssetId) return;
  (void)faults.take(database_.read([&](db::Transaction& tx) {
    return catalog::validated_fields(tx, request.customFields, "/customFields", catalog::FieldUse::creation);
  }));
}

Result<void> UploadService::check(const StartUpload& request) {
  Faults faults;
  (void)checked_start(request, faults);
  check_labels(request, faults);
  return faults.check();
}

Result<void> UploadService::check(const StartRelated& request) {
  Faults faults;
  (void)checked_start(request, faults);
  return faults.check();
}

Result<UploadJson> UploadService::start(const Principal& by, const StartUpload& request, const std::string& base_url) {
  Faults faults;
  const auto [chunk, language] = checked_start(request, faults);
  if (!faults.all().empty()) {
    check_labels(request, faults);
    RV_CHECK(faults.check());
  }
  Upload upload;
  upload.file_name = safe_file_name(request.fileName);
  upload.content_type = request.contentType.value_or("");
  if (upload.content_type.empty()) upload.content_type = catalog::guess_content_type(upload.file_name);
  // Rights and the name are looked at before a byte of disk is claimed; the transaction looks again.
  std::string store;
  const std::optional<Uuid> named = request.replacesAssetId ? request.replacesAssetId : request.parentId;
  if (named) RV_CHECK(assets_.access().require(by, Permission::write, *named));
  RV_CHECK(database_.read([&](db::Transaction& tx) -> Result<void> {
    auto asset = named ? assets_.repository().find(tx, *named) : std::nullopt;
    const auto place = asset ? assets_.place_of(tx, *asset) : assets_.default_place(tx);
    store = place ? place->store : options_.default_store;
    if (asset) RV_CHECK(check_quota(repository_.quota(tx, bucket_of(tx, *asset), false), request.fileSize));
    return {};
  }));
  RV_TRY(Place place, allocate(store, request.fileSize, upload.content_type));
  auto stored = auth::write_with_answer(database_, [&](db::Transaction& tx) -> Result<http::Reply<UploadJson>> {
    Upload made = upload;
    auto reserved = content_.reserve(tx, by,
                                     {.parent = request.parentId,
                                      .display_name = request.displayName.value_or(""),
                                      .file_name = upload.file_name,
                                      .content_type = upload.content_type,
                                      .size = request.fileSize,
                                      .language_code = language,
                                      .tags = request.tags,
                                      .custom_fields = request.customFields,
                                      .replaces = request.replacesAssetId,
                                      .on_conflict = request.onConflict.value_or("")});
    if (!reserved) {
      // A name held by the caller's own open upload is named, so that it can be resumed.
      if (auto* holder = reserved.error().extra.if_contains("assetId");
          holder && reserved.error().type == "name-taken") {
        if (auto asset = assets_.repository().find(
                tx, *Uuid::parse(std::string_view(holder->as_string().data(), holder->as_string().size())))) {
          // Whether the same with onConflict "replace" would do.
          reserved.error().extra["replaceable"] = ContentService::replaceable(*asset);
          auto open = repository_.open_of_asset(tx, asset->row);
          const bool own = open && open->user_row == by.user_row;
          if (own) reserved.error().extra["uploadId"] = open->id.text();
          // Whoever may write here reads as much in the asset's history.
          if (open)
            reserved.error().message =
                own ? fmt::format(
                          "Your own open upload, begun at {}, holds the name \"{}\": go on with it, or cancel it.",
                          rfc3339(open->created_at), asset->name)
                    : fmt::format(
                          "An open upload{}, begun at {}, holds the name \"{}\" until it is completed or cancelled.",
                          open->username.empty() ? "" : " by " + open->username, rfc3339(open->created_at),
                          asset->name);
        }
      }
      return std::unexpected(std::move(reserved).error());
    }
    // Reserved by the upload's own row as long as it is open; then the file itself counts, or nothing does.
    made.bucket_row = bucket_of(tx, reserved->asset);
    RV_CHECK(check_quota(repository_.quota(tx, made.bucket_row, true), request.fileSize));
    storage::Blob blob{.location = place.location, .size = static_cast<std::uint64_t>(request.fileSize)};
    blob.id = Uuid::v7();
    made.blob_row = blobs_.insert(tx, blob);
    blobs_.refer(tx, made.blob_row);
    made.id = Uuid::v7();
    made.part_base = new_part_base();
    made.user_row = by.user_row;
    made.user_id = by.user_id;
    made.username = by.username;
    made.asset_row = reserved->asset.row;
    made.asset_id = reserved->asset.id;
    made.asset_created = reserved->created;
    if (reserved->status_before) made.status_before = static_cast<std::int64_t>(*reserved->status_before);
    if (auto parent = assets_.repository().find_row(tx, reserved->asset.parent_row)) made.parent_id = parent->id;
    made.store = place.location.store;
    made.key = place.location.key;
    made.multipart = place.multipart;
    made.size = request.fileSize;
    made.chunk_size = chunk;
    made.part_count = part_count(request.fileSize, chunk);
    made.checksum = request.checksum;
    made.created_at = made.touched_at = now();
    made.row = repository_.insert(tx, made);
    news_.tell(tx, made, "started");
    return http::Reply<UploadJson>(json(made, {}, base_url));
  });
  if (!stored) {
    discard(place);
    return std::unexpected(std::move(stored).error());
  }
  return std::move(stored->value);
}

Result<UploadJson> UploadService::start_related(const Principal& by, const StartRelated& request,
                                                const std::string& base_url) {
  Faults faults;
  const auto [chunk, language] = checked_start(request, faults);
  RV_CHECK(faults.check());
  Upload upload;
  upload.kind = UploadKind::related;
  upload.file_name = safe_file_name(request.fileName);
  upload.content_type = request.contentType.value_or("");
  if (upload.content_type.empty()) upload.content_type = catalog::guess_content_type(upload.file_name);
  RV_CHECK(assets_.access().require(by, Permission::write, request.parentAssetId));
  RV_TRY(auto asset, assets_.get(request.parentAssetId));
  if (asset.type != catalog::AssetType::file)
    return fail(Code::conflict, "not-a-file", "Only a file can have related assets.");
  RV_TRY(Place place, allocate(options_.default_store, request.fileSize, upload.content_type));
  auto stored = auth::write_with_answer(database_, [&](db::Transaction& tx) -> Result<http::Reply<UploadJson>> {
    Upload made = upload;
    RV_TRY(auto parent, assets_.lock_permitted(tx, by, request.parentAssetId, Permission::write));
    storage::Blob blob{.location = place.location, .size = static_cast<std::uint64_t>(request.fileSize)};
    blob.id = Uuid::v7();
    made.blob_row = blobs_.insert(tx, blob);
    blobs_.refer(tx, made.blob_row);
    made.id = Uuid::v7();
    made.part_base = new_part_base();
    made.user_row = by.user_row;
    made.user_id = by.user_id;
    made.username = by.username;
    made.asset_row = parent.row;
    made.asset_id = parent.id;
    made.store = place.location.store;
    made.key = place.location.key;
    made.multipart = place.multipart;
    made.size = request.fileSize;
    made.chunk_size = chunk;
    made.part_count = part_count(request.fileSize, chunk);
    made.checksum = request.checksum;
    made.relationship = request.relationshipType;
    made.language_code = language;
    made.created_at = made.touched_at = now();
    made.row = repository_.insert(tx, made);
    news_.tell(tx, made, "started");
    return http::Reply<UploadJson>(json(made, {}, base_url));
  });
  if (!stored) {
    discard(place);
    return std::unexpected(std::move(stored).error());
  }
  return std::move(stored->value);
}

std::string UploadService::signature(const Uuid& part, std::int64_t expires_s) const {
  return base64url(std::string_view(
      reinterpret_cast<const char*>(hmac_sha256(bytes_of(options_.signing_key),
                                                bytes_of(fmt::format("PUT\npart\n{}\n{}", part.text(), expires_s)))
                                        .data()),
      32));
}

PartJson UploadService::part_json(const Upload& upload, std::int64_t number, std::optional<std::string> etag,
                                  const std::string& base_url, Timestamp expires) {
  Extent extent = extent_of(upload, number);
  Uuid id = part_id(upload.part_base, number);
  PartJson out{id, number, {}, extent.offset, extent.length, expires, etag.has_value(), std::move(etag)};
  if (upload.multipart) {
    const auto* entry = stores_.find(upload.store);
    if (entry && entry->direct) {
      auto url =
          entry->direct->part_url(upload.key, *upload.multipart, static_cast<int>(number), options_.url_lifetime);
      if (url) out.uploadUrl = std::move(*url);
    }
  } else {
    std::int64_t expires_s = unix_ms(expires) / 1000;
    out.uploadUrl = fmt::format("{}/asset/upload/part/{}?expires={}&signature={}", base_url, id.text(), expires_s,
                                signature(id, expires_s));
  }
  return out;
}

UploadJson UploadService::json(const Upload& upload, const std::vector<Part>& parts, const std::string& base_url) {
  UploadJson out;
  out.id = upload.id;
  out.assetId = upload.asset_id;
  out.parentId = upload.parent_id;
  out.fileName = upload.file_name;
  out.contentType = upload.content_type;
  out.fileSize = upload.size;
  out.chunkSize = upload.chunk_size;
  out.status = state_name(upload.state);
  out.createdAt = upload.created_at;
  out.expiresAt = upload.touched_at + options_.idle;
  if (upload.state != UploadState::open) return out;
  // Whole seconds, as the signature has them.
  Timestamp expires = from_unix_ms(unix_ms(now() + options_.url_lifetime) / 1000 * 1000);
  std::map<std::int64_t, std::optional<std::string>> confirmed;
  for (const Part& part : parts)
    if (part.state == PartState::confirmed) confirmed.emplace(part.number, part.etag);
  out.parts.reserve(static_cast<std::size_t>(upload.part_count));
  for (std::int64_t number = 1; number <= upload.part_count; ++number) {
    auto found = confirmed.find(number);
    out.parts.push_back(
        part_json(upload, number, found != confirmed.end() ? found->second : std::nullopt, base_url, expires));
  }
  return out;
}

Result<Upload> UploadService::mine(const Principal& by, const Uuid& id) {
  RV_TRY(auto upload, database_.read([&](db::Transaction& tx) -> Result<std::optional<Upload>> {
    return repository_.find(tx, id);
  }));
  // Another's upload is as unknown as one that never was.
  if (!upload || (upload->user_row != by.user_row && !assets_.access().sees_everything(by)))
    return fail_not_found("upload");
  return std::move(*upload);
}

Result<UploadJson> UploadService::get(const Principal& by, const Uuid& id, const std::string& base_url) {
  RV_TRY(Upload upload, mine(by, id));
  RV_TRY(auto parts, database_.read([&](db::Transaction& tx) -> Result<std::vector<Part>> {
    return repository_.parts(tx, upload.row);
  }));
  return json(upload, parts, base_url);
}

Result<UploadPage> UploadService::list(const Principal& by, const UploadListQuery& query) {
  std::int64_t before = INT64_MAX;
  if (query.pageToken) {
    auto [end, fault] =
        std::from_chars(query.pageToken->data(), query.pageToken->data() + query.pageToken->size(), before);
    if (fault != std::errc{} || end != query.pageToken->data() + query.pageToken->size())
      return fail_field("?pageToken", "was not given by this list");
  }
  int size = static_cast<int>(query.pageSize.value_or(50));
  return database_.read([&](db::Transaction& tx) -> Result<UploadPage> {
    UploadPage page;
    auto uploads = repository_.open_of_user(tx, by.user_row, before, size + 1);
    if (static_cast<int>(uploads.size()) > size) {
      uploads.resize(static_cast<std::size_t>(size));
      page.nextPageToken = std::to_string(uploads.back().row);
    }
    for (const Upload& upload : uploads) {
      auto parts = repository_.parts(tx, upload.row);
      page.items.push_back({upload.id, upload.asset_id, upload.parent_id, upload.file_name, upload.size,
                            upload.chunk_size, upload.part_count,
                            std::ranges::count(parts, PartState::confirmed, &Part::state), upload.created_at,
                            upload.touched_at});
    }
    page.totalItemCount = repository_.count_open_of_user(tx, by.user_row);
    return page;
  });
}

Result<PartJson> UploadService::confirm(const Principal& by, const Uuid& id, const std::string& given,
                                        const std::string& base_url) {
  auto etag = plain_etag(given);
  if (!etag) return fail_field("/etag", "must be a strong ETag, quoted or not");
  auto [base, number] = split_part_id(id);
  struct Found {
    Upload upload;
    std::optional<Part> part;
  };
  RV_TRY(auto found, database_.read([&](db::Transaction& tx) -> Result<std::optional<Found>> {
    auto upload = repository_.find_by_part_base(tx, base);
    if (!upload) return std::optional<Found>{};
    auto part = repository_.part(tx, upload->row, number);
    return std::optional(Found{std::move(*upload), std::move(part)});
  }));
  if (!found || number < 1 || number > found->upload.part_count ||
      (found->upload.user_row != by.user_row && !assets_.access().sees_everything(by)))
    return fail_not_found("upload part");
  const Upload& upload = found->upload;
  Timestamp expires = from_unix_ms(unix_ms(now() + options_.url_lifetime) / 1000 * 1000);
  if (upload.state != UploadState::open) {
    // A confirmation whose answer got lost is repeated after complete, too.
    if (upload.state == UploadState::complete) return part_json(upload, number, etag, base_url, expires);
    return not_open(upload);
  }
  Part part = found->part.value_or(Part{.number = number});
  auto mismatch = [&](const std::optional<std::string>& known) -> std::unexpected<Error> {
    Error error{Code::conflict,
                "part-mismatch",
                known ? "The part that was received has another ETag." : "No bytes of this part were received yet.",
                {},
                {},
                {},
                0,
                {}};
    error.extra["partNumber"] = number;
    error.extra["etag"] = known ? boost::json::value(boost::json::string(*known)) : boost::json::value(nullptr);
    return fail(std::move(error));
  };
  const auto* entry = stores_.find(upload.store);
  if (!entry) return fail(Code::unavailable, "no-store", "The bucket's store is not configured on this server.");
  if (upload.multipart) {
    if (part.state == PartState::confirmed) {
      if (part.etag != etag) return mismatch(part.etag);
      return part_json(upload, number, etag, base_url, expires);
    }
    RV_TRY(auto stored, entry->direct->parts(upload.key, *upload.multipart));
    auto at = std::ranges::find(stored, static_cast<int>(number), &storage::DirectPartStore::StoredPart::number);
    if (at == stored.end()) return mismatch(std::nullopt);
    if (plain_etag(at->etag) != etag) return mismatch(plain_etag(at->etag));
    Extent extent = extent_of(upload, number);
    if (static_cast<std::int64_t>(at->size) != extent.length)
      return fail(Code::invalid, "part-length",
                  fmt::format("The part has {} bytes; {} were expected.", at->size, extent.length));
    part.etag = etag;
    part.boot_id = boot_id();
  } else {
    if (part.state != PartState::received && part.state != PartState::confirmed) return mismatch(std::nullopt);
    if (part.etag != etag) return mismatch(part.etag);
    if (part.state == PartState::confirmed) return part_json(upload, number, etag, base_url, expires);
    RV_CHECK(check_received(upload, part));
    // A confirmed part survives a power cut: its bytes go down first, then the row that says so.
    if (auto synced = entry->parts->sync(upload.key); !synced) {
      fail_upload(upload);
      return std::unexpected(std::move(synced).error());
    }
  }
  const bool tell = news_.progress_due(upload.row);
  RV_TRY(bool confirmed, database_.write([&](db::Transaction& tx) -> Result<bool> {
    repository_.touch(tx, upload.row);
    // Of the store's own parts the row is written here first; whoever confirms the same at once has written it already.
    if (upload.multipart) repository_.receive_part(tx, upload.row, part);
    if (!repository_.confirm_part(tx, upload.row, number, *etag)) return false;
    if (tell) {
      auto [parts, bytes] = repository_.confirmed(tx, upload);
      news_.progress(tx, upload, parts, bytes);
    }
    return true;
  }));
  if (!confirmed) return mismatch(std::nullopt);
  return part_json(upload, number, etag, base_url, expires);
}

Result<void> UploadService::check_received(const Upload& upload, const Part& part) {
  if (part.boot_id == boot_id()) return {};
  const auto* entry = stores_.find(upload.store);
  Extent extent = extent_of(upload, part.number);
  RV_TRY(auto found, entry->parts->hash_part(upload.key, static_cast<std::uint64_t>(extent.offset),
                                             static_cast<std::uint64_t>(extent.length)));
  if (found.etag == part.etag) return {};
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    repository_.reset_part(tx, upload.row, part.number);
    return {};
  }));
  return fail(Code::conflict, "part-lost", "The part did not survive a restart of the machine; send it again.");
}

Result<void> UploadService::cancel(const Principal& by, const Uuid& id) {
  RV_TRY(Upload upload, mine(by, id));
  return cancel_upload(by, upload);
}

Result<void> UploadService::cancel_upload(const Principal& by, const Upload& upload) {
  std::lock_guard lock(completing(upload.id));
  RV_TRY(bool cancelled, database_.write([&](db::Transaction& tx) -> Result<bool> {
    auto current = repository_.lock(tx, upload.row);
    if (!current || current->state == UploadState::cancelled) return false;
    if (current->state == UploadState::complete) return not_open(*current);
    if (current->state == UploadState::open) {
      repository_.end(tx, upload.row, UploadState::cancelled);
    } else {
      return false;
    }
    repository_.remove_parts(tx, upload.row);
    blobs_.release(tx, upload.blob_row);
    if (upload.kind == UploadKind::content) {
      std::optional<catalog::AssetStatus> before;
      if (upload.status_before) before = static_cast<catalog::AssetStatus>(*upload.status_before);
      RV_CHECK(content_.give_up(tx, by, upload.asset_row, upload.asset_created, before));
    }
    news_.tell(tx, upload, "cancelled");
    return true;
  }));
  if (!cancelled) return {};
  writers_.end_all(upload.part_base);
  RV_CHECK(remove_bytes(upload));
  return {};
}

Result<bool> UploadService::remove_bytes(const Upload& upload) {
  if (!discard({{upload.store, upload.key}, upload.multipart})) return false;
  return database_.write([&](db::Transaction& tx) -> Result<bool> {
    blobs_.forget(tx, upload.blob_row);
    repository_.forget_multipart(tx, upload.row);
    return true;
  });
}

void UploadService::fail_upload(const Upload& upload) {
  std::optional<catalog::AssetStatus> before;
  if (upload.status_before) before = static_cast<catalog::AssetStatus>(*upload.status_before);
  auto failed = database_.write([&](db::Transaction& tx) -> Result<void> {
    if (!repository_.end(tx, upload.row, UploadState::failed)) return {};
    repository_.remove_parts(tx, upload.row);
    blobs_.release(tx, upload.blob_row);  // the sweep takes the bytes
    news_.tell(tx, upload, "failed");
    if (upload.kind == UploadKind::related) return {};
    return content_.upload_failed(tx, upload.asset_row, upload.asset_created, before);
  });
  if (!failed)
    log::error("an upload whose bytes were lost is still open",
               {{"uploadId", upload.id.text()}, {"detail", failed.error().detail}});
  writers_.end_all(upload.part_base);
}

void UploadService::asset_removed(db::Transaction& tx, const catalog::Asset& asset) {
  while (auto upload = repository_.open_of_asset(tx, asset.row)) {
    if (!repository_.end(tx, upload->row, UploadState::cancelled)) return;
    repository_.remove_parts(tx, upload->row);
    if (upload->blob_row != 0) blobs_.release(tx, upload->blob_row);
    news_.tell(tx, *upload, "cancelled");
    tx.after_commit([this, base = upload->part_base] { writers_.end_all(base); });
  }
}

Result<void> UploadService::sweep() {
  const Principal system = Principal::system();
  for (;;) {
    RV_TRY(auto idle, database_.read([&](db::Transaction& tx) -> Result<std::vector<Upload>> {
      return repository_.idle(tx, now() - options_.idle, 100);
    }));
    if (idle.empty()) break;
    for (const Upload& upload : idle) {
      log::info("cancelling an idle upload", {{"uploadId", upload.id.text()}});
      if (auto done = cancel_upload(system, upload); !done) return done;
    }
  }
  std::set<std::string> away;
  std::int64_t after = 0;
  for (;;) {
    RV_TRY(auto begun, database_.read([&](db::Transaction& tx) -> Result<std::vector<Upload>> {
      return repository_.ended_with_multipart(tx, after, 100);
    }));
    if (begun.empty()) break;
    after = begun.back().row;
    for (const Upload& upload : begun) {
      if (away.contains(upload.store)) continue;
      RV_TRY(const bool removed, remove_bytes(upload));
      if (!removed) away.insert(upload.store);
    }
  }
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    repository_.forget_ended(tx, now() - std::max<std::chrono::seconds>(options_.idle, std::chrono::hours(48)), 400);
    return {};
  }));
  return {};
}

}  // namespace reelvault::upload
