// Taking a part's bytes and completing an upload: the two places where bytes become somebody's file.
#include "auth/idempotency.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "upload/upload_service.hpp"

namespace reelvault::upload {

namespace json = boost::json;

namespace {

// Content-MD5 (RFC 1864) and Content-Digest (RFC 9530: sha-256, sha-512, md5), where the client sent one.
struct Digests {
  struct Expected {
    Digest digest;
    std::string bytes;
    std::string_view name;
  };
  std::vector<Expected> expected;

  static Result<Digests> of(const http::Headers& headers) {
    Digests out;
    auto refuse = [](std::string_view name) {
      return fail(Code::invalid, "invalid-digest", fmt::format("The {} header cannot be read.", name));
    };
    if (const std::string* md5 = headers.find("Content-MD5")) {
      auto bytes = from_base64(trim(*md5));
      if (!bytes || bytes->size() != 16) return refuse("Content-MD5");
      out.expected.push_back({Digest(Digest::Kind::md5), std::move(*bytes), "Content-MD5"});
    }
    if (const std::string* field = headers.find("Content-Digest")) {
      for (std::string_view item : split(*field, ',')) {
        item = trim(item);
        auto equals = item.find('=');
        if (equals == std::string_view::npos) return refuse("Content-Digest");
        std::string_view name = item.substr(0, equals), value = item.substr(equals + 1);
        if (value.size() < 2 || value.front() != ':' || value.back() != ':') return refuse("Content-Digest");
        auto bytes = from_base64(value.substr(1, value.size() - 2));
        if (!bytes) return refuse("Content-Digest");
        if (name == "sha-256")
          out.expected.push_back({Digest(Digest::Kind::sha256), std::move(*bytes), "Content-Digest"});
        else if (name == "sha-512")
          out.expected.push_back({Digest(Digest::Kind::sha512), std::move(*bytes), "Content-Digest"});
        else if (name == "md5")
          out.expected.push_back({Digest(Digest::Kind::md5), std::move(*bytes), "Content-Digest"});
        // Algorithms that are not known are passed over, as RFC 9530 section 2 has it.
      }
    }
    return out;
  }
  void update(std::string_view block) {
    for (Expected& each : expected) each.digest.update(bytes_of(block));
  }
  Result<void> check() {
    for (Expected& each : expected)
      if (each.digest.finish() != each.bytes)
        return fail(Code::invalid, "digest-mismatch",
                    fmt::format("The bytes that arrived do not match the {} header.", each.name));
    return {};
  }
};

// Carries one part's bytes to their place.
class PartSink : public http::Sink {
 public:
  PartSink(std::shared_ptr<PartWriters::Turn> turn, std::shared_ptr<Digests> digests)
      : turn_(std::move(turn)), digests_(std::move(digests)) {}
  Result<void> write(std::string_view block) override {
    digests_->update(block);
    return turn_->write(block);
  }
  void abort() override { turn_->end(); }

 private:
  std::shared_ptr<PartWriters::Turn> turn_;
  std::shared_ptr<Digests> digests_;
};

constexpr std::string_view kCancelled = "upload-cancelled";

std::unexpected<Error> not_completed(const Upload& upload) {
  if (upload.state == UploadState::failed)
    return fail(Code::conflict, "upload-failed", "The upload failed; start it again.");
  return fail(Code::conflict, std::string(kCancelled), "The upload was cancelled.");
}

std::unexpected<Error> parts_missing(json::array numbers) {
  Error error{Code::conflict, "parts-missing", "Parts are missing or not confirmed.", {}, {}, {}, 0, {}};
  error.extra["missingParts"] = std::move(numbers);
  return fail(std::move(error));
}

}  // namespace

Result<http::Streamed> UploadService::receive(http::Request& request) {
  Uuid id = *Uuid::parse(request.path_parameters.find("id")->second);
  const std::string* expires_text = request.query_value("expires");
  const std::string* given = request.query_value("signature");
  std::int64_t expires_s = 0;
  if (expires_text) std::from_chars(expires_text->data(), expires_text->data() + expires_text->size(), expires_s);
  if (!expires_text || !given || !equal_in_constant_time(signature(id, expires_s), *given))
    return fail(Code::forbidden, "upload-url-invalid", "The address of this part is not one that the server gave.");
  if (unix_ms(now()) / 1000 >= expires_s)
    return fail(Code::forbidden, "upload-url-expired",
                "The address of this part has expired; ask for the upload to get fresh ones.");

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
  if (!found || number < 1 || number > found->upload.part_count) return fail_not_found("upload part");
  const Upload& upload = found->upload;
  if (upload.state != UploadState::open)
    return fail(Code::conflict, "upload-not-open",
                "The upload is complete, cancelled or failed; it takes no more bytes.");
  if (found->part && found->part->state == PartState::confirmed)
    return fail(Code::conflict, "part-confirmed", "The part is confirmed; it takes no more bytes.");
  Extent extent = extent_of(upload, number);
  if (request.content_length && static_cast<std::int64_t>(*request.content_length) != extent.length)
    return fail(Code::invalid, "part-length",
                fmt::format("The part must have {} bytes; {} were announced.", extent.length, *request.content_length));
  const auto* entry = stores_.find(upload.store);
  if (!entry || !entry->parts)
    return fail(Code::unavailable, "no-store", "The bucket's store is not configured on this server.");
  auto digests = std::make_shared<Digests>();
  RV_TRY(*digests, Digests::of(request.headers));

  // The older writer stops before the part is marked, and the mark is on disk before a byte changes: a row that says
  // "received" always speaks of the bytes that are there. A part that nobody sent before needs no mark.
  std::int64_t generation = 0;
  auto opened = writers_.take(id, [&](bool older) -> Result<std::unique_ptr<storage::PartWriter>> {
    RV_TRY(auto known, database_.read([&](db::Transaction& tx) -> Result<std::optional<Part>> {
      return repository_.part(tx, upload.row, number);
    }));
    if (known || older) {
      RV_TRY(auto begun, database_.write([&](db::Transaction& tx) -> Result<std::optional<std::int64_t>> {
        return repository_.begin_part(tx, upload.row, number);
      }));
      if (!begun) return fail(Code::conflict, "part-confirmed", "The part is confirmed; it takes no more bytes.");
      generation = *begun;
    }
    return entry->parts->write_part(upload.key, static_cast<std::uint64_t>(extent.offset),
                                    static_cast<std::uint64_t>(extent.length));
  });
  if (!opened) return std::unexpected(std::move(opened).error());
  auto turn = std::move(*opened);

  http::Streamed out;
  out.sink = std::make_unique<PartSink>(turn, digests);
  out.finish = [this, turn, digests, generation, row = upload.row, number]() mutable -> Result<http::Response> {
    RV_CHECK(digests->check());
    RV_TRY(auto written, turn->finish());
    Part part{.number = number,
              .state = PartState::received,
              .generation = generation,
              .etag = written.etag,
              .crc32 = written.crc32,
              .boot_id = boot_id()};
    // A row that a power cut takes is a part that was not sent; confirming it is what puts it on the disk.
    RV_TRY(bool received, database_.write_unsynced([&](db::Transaction& tx) -> Result<bool> {
      repository_.touch(tx, row);
      return repository_.receive_part(tx, row, part);
    }));
    if (!received)
      return fail(Code::conflict, "part-superseded",
                  "A newer request is sending this part, or it was confirmed meanwhile.");
    http::Response response;
    response.status = 200;
    response.headers.add("ETag", "\"" + written.etag + "\"");
    return response;
  };
  return out;
}

Result<json::value> UploadService::answer(db::Transaction& tx, const Principal& by, const Upload& upload) {
  auto asset = assets_.repository().find(tx, upload.asset_id);
  auto chain = asset ? assets_.tree().chain_of(*asset) : std::nullopt;
  if (!chain || !assets_.access().highest(by, *chain)) return fail_not_found();
  if (upload.kind == UploadKind::related) {
    auto related = upload.related_id ? catalog::RelatedRepository{}.find(tx, *upload.related_id) : std::nullopt;
    if (!related) return fail_not_found("related asset");
    return json::parse(dto::write(catalog::related_json(*related, upload.asset_id)));
  }
  return json::parse(dto::write(assets_.json(*asset)));
}

// The address of a part takes bytes as long as the upload is open, whatever was confirmed: only the store knows which
// came last, so that each part is looked at once more.
Result<void> UploadService::assemble(const Upload& upload, const std::vector<Part>& parts,
                                     const storage::Stores::Entry& entry) {
  std::vector<storage::DirectPartStore::StoredPart> confirmed;
  if (upload.size > 0) {
    auto stored = entry.direct->parts(upload.key, *upload.multipart);
    if (!stored && stored.error().code != Code::not_found) return std::unexpected(std::move(stored).error());
    if (!stored || stored->empty()) {
      // Finished before, by a request whose answer was lost: the object itself tells.
      auto info = entry.store->stat(upload.key);
      if (info && static_cast<std::int64_t>(info->size) == upload.size) return {};
      if (!info && info.error().code != Code::not_found) return std::unexpected(std::move(info).error());
      return fail(Code::conflict, "parts-lost",
                  "The object store has the parts of this upload no more; cancel it and start again.");
    }
    std::vector<std::int64_t> others;
    for (const Part& part : parts) {
      if (part.state != PartState::confirmed) continue;
      auto at =
          std::ranges::find(*stored, static_cast<int>(part.number), &storage::DirectPartStore::StoredPart::number);
      const bool same = at != stored->end() && plain_etag(at->etag) == part.etag &&
                        static_cast<std::int64_t>(at->size) == extent_of(upload, part.number).length;
      if (same)
        confirmed.push_back(*at);
      else
        others.push_back(part.number);
    }
    if (!others.empty()) {
      RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
        for (std::int64_t number : others) repository_.reset_part(tx, upload.row, number);
        return {};
      }));
      return parts_missing(json::array(others.begin(), others.end()));
    }
  }
  RV_CHECK(entry.direct->finish(upload.key, *upload.multipart, confirmed, static_cast<std::uint64_t>(upload.size)));
  return {};
}

Result<json::value> UploadService::complete(const Principal& by, const Uuid& id) {
  RV_TRY(Upload upload, mine(by, id));
  std::lock_guard lock(completing(upload.id));
  // What there is to say once it has ended.
  auto ended = [&]() -> Result<std::optional<json::value>> {
    RV_TRY(upload, mine(by, id));
    if (upload.state == UploadState::open) return std::optional<json::value>();
    if (upload.state != UploadState::complete) return not_completed(upload);
    RV_TRY(json::value told, database_.read([&](db::Transaction& tx) { return answer(tx, by, upload); }));
    return std::optional(std::move(told));
  };
  RV_TRY(auto before, ended());
  if (before) return std::move(*before);

  RV_TRY(auto parts, database_.read([&](db::Transaction& tx) -> Result<std::vector<Part>> {
    return repository_.parts(tx, upload.row);
  }));
  json::array missing;
  std::vector<const Part*> by_number(static_cast<std::size_t>(upload.part_count) + 1);
  for (const Part& part : parts)
    if (part.state == PartState::confirmed) by_number[static_cast<std::size_t>(part.number)] = &part;
  for (std::int64_t number = 1; number <= upload.part_count; ++number)
    if (!by_number[static_cast<std::size_t>(number)] && upload.size > 0) missing.push_back(number);
  if (!missing.empty()) return parts_missing(std::move(missing));

  const auto* entry = stores_.find(upload.store);
  if (!entry) return fail(Code::unavailable, "no-store", "The bucket's store is not configured on this server.");
  std::optional<std::uint32_t> crc;
  if (!upload.multipart) {
    crc = 0;
    for (std::int64_t number = 1; number <= upload.part_count; ++number)
      if (const Part* part = by_number[static_cast<std::size_t>(number)]; part && part->crc32)
        crc = crc32_combine(*crc, *part->crc32, static_cast<std::uint64_t>(extent_of(upload, number).length));
  }
  std::optional<std::string> expected;  // compared by a job
  if (upload.checksum) {
    RV_TRY(Checksum checksum, parse_checksum(*upload.checksum));
    if (checksum.kind != Checksum::Kind::crc32 || !crc) {
      expected = upload.checksum;
    } else {
      std::string found;
      for (int shift = 24; shift >= 0; shift -= 8) found += static_cast<char>(*crc >> shift);
      if (found != checksum.bytes)
        return fail(
            Code::conflict, "checksum-mismatch",
            fmt::format("The received bytes have crc32:{}, not the checksum that was declared; the upload stays open.",
                        hex(found)));
    }
  }
  if (upload.multipart) {
    if (auto assembled = assemble(upload, parts, *entry); !assembled) {
      // Another node may have completed or cancelled it meanwhile, which is then what there is to say.
      RV_TRY(auto meanwhile, ended());
      if (meanwhile) return std::move(*meanwhile);
      return std::unexpected(std::move(assembled).error());
    }
  } else {
    writers_.end_all(upload.part_base);
    // Confirmed parts are on disk already; this also covers the file's own metadata.
    if (auto synced = entry->parts->sync(upload.key); !synced) {
      fail_upload(upload);
      return std::unexpected(std::move(synced).error());
    }
  }

  auto reply = auth::write_with_answer(database_, [&](db::Transaction& tx) -> Result<http::Reply<json::value>> {
    auto current = repository_.lock(tx, upload.row);
    if (!current || current->state == UploadState::cancelled || current->state == UploadState::failed)
      return not_completed(current.value_or(upload));
    auto told = [&]() -> Result<http::Reply<json::value>> {
      RV_TRY(json::value told, answer(tx, by, *current));
      return http::Reply<json::value>(std::move(told));
    };
    if (current->state != UploadState::open) return told();  // another node completed it: its answer is ours
    std::optional<Uuid>& related_id = current->related_id;
    if (upload.kind == UploadKind::related) {
      RV_TRY(auto asset, assets_.lock_permitted(tx, by, upload.asset_id, Permission::write));
      catalog::Related related;
      related.relationship = upload.relationship.value_or("other");
      related.language_code = upload.language_code;
      related.content_type = upload.content_type;
      related.label = upload.file_name;
      // A second thumbnail or preview replaces the first, and a second subtitle in one language does, once it
      // is read; other kinds stand side by side.
      related.recipe = "upload:" + upload.id.text();
      related.created_by = by.user_row != 0 ? std::optional(by.user_id) : std::nullopt;
      related.files.push_back({upload.file_name, upload.blob_row, upload.content_type, upload.size});
      RV_TRY(auto made, content_.add_uploaded(tx, asset, std::move(related)));
      related_id = made.id;
      assets_.changed(tx, asset, "related");
    } else {
      RV_CHECK(content_.add_version(tx, by, upload.asset_row,
                                    {.blob_row = upload.blob_row,
                                     .file_name = upload.file_name,
                                     .content_type = upload.content_type,
                                     .size = upload.size,
                                     .expected_checksum = expected,
                                     .reason = "upload"}));
    }
    if (crc) blobs_.set_hashes(tx, upload.blob_row, std::nullopt, crc);
    blobs_.release(tx, upload.blob_row);  // the upload's own reference; the version holds one now
    repository_.end(tx, upload.row, UploadState::complete, related_id);
    news_.tell(tx, upload, "completed");
    repository_.remove_parts(tx, upload.row);
    return told();
  });
  // Cancelled by another node while it was put together here: whoever cancelled has not seen the object.
  if (!reply && upload.multipart && reply.error().type == kCancelled)
    discard({{upload.store, upload.key}, upload.multipart});
  if (entry->parts) entry->parts->close(upload.key);
  RV_CHECK(reply);
  return std::move(reply->value);
}

}  // namespace reelvault::upload
