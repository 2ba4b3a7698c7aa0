#include "storage/s3_store.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "storage/s3_read.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace reelvault::storage {
namespace {

constexpr std::uint64_t kLargestSinglePut = 64 << 20;
constexpr std::uint64_t kPartBytes = 16 << 20;
constexpr std::uint64_t kMostParts = 10'000;
constexpr int kSenders = 4;
constexpr int kLargestPage = 1000;
constexpr std::string_view kAnyType = "application/octet-stream";

ObjectInfo info_of(const Headers& headers) {
  auto value = [&](const char* name) {
    auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  };
  ObjectInfo info;
  const std::string length = value("content-length");
  (void)std::from_chars(length.data(), length.data() + length.size(), info.size);
  if (auto time = parse_http_date(value("last-modified"))) info.mtime_ns = unix_ms(*time) * 1'000'000;
  info.etag = without_quotes(value("etag"));
  return info;
}

std::string normalised_prefix(std::string prefix) {
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  return prefix;
}

}  // namespace

S3Store::S3Store(std::string name, S3Options options)
    : name_(std::move(name)),
      prefix_(normalised_prefix(options.prefix)),
      client_(std::make_shared<S3Client>(std::move(options))) {}

Result<std::string> S3Store::full_key(const std::string& key) const {
  RV_CHECK(check_key(key));
  std::string full = prefix_ + key;
  RV_CHECK(check_key(full));
  return full;
}

Result<ObjectInfo> S3Store::stat(const std::string& key) {
  RV_TRY(const std::string full, full_key(key));
  RV_TRY(const S3Response response, client_->send({.method = "HEAD", .key = full}));
  if (!response.good()) return fail(s3_error(response, "looking at " + full));
  return info_of(response.headers);
}

Result<void> S3Store::remove(const std::string& key) {
  RV_TRY(const std::string full, full_key(key));
  RV_TRY(const S3Response response, client_->send({.method = "DELETE", .key = full}));
  if (response.good()) return {};
  Error error = s3_error(response, "removing " + full);
  if (error.code == Code::not_found) return {};
  return fail(std::move(error));
}

http::Segment S3Store::segment(const std::string& key, std::uint64_t offset, std::uint64_t length,
                               const ObjectInfo& expected, std::shared_ptr<const void> hold) {
  return http::RemoteRange{read_ahead(client_, prefix_ + key, expected, offset + length, std::move(hold)), offset,
                           length};
}

Result<std::string> S3Store::read(const std::string& key, std::uint64_t offset, std::uint64_t length) {
  RV_TRY(const std::string full, full_key(key));
  if (length == 0) {
    RV_CHECK(stat(key));
    return std::string();
  }
  return read_object(*client_, full, offset, length, "");
}

Result<std::vector<ListedObject>> S3Store::list(const std::string& prefix, const std::string& after, int limit) {
  RV_TRY(Found found, list_with_left_out(prefix, after, limit));
  return std::move(found.objects);
}

Result<LeftOutStore::Found> S3Store::list_with_left_out(const std::string& prefix, const std::string& after,
                                                        int limit) {
  Found found;
  std::string marker = after.empty() ? "" : prefix_ + after;
  while (std::cmp_less(found.objects.size(), limit)) {
    const auto want = std::min<std::size_t>(static_cast<std::size_t>(limit) - found.objects.size(), kLargestPage);
    S3Request request{.method = "GET", .key = ""};
    request.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", std::to_string(want)}};
    if (!prefix_.empty() || !prefix.empty()) request.query.emplace_back("prefix", prefix_ + prefix);
    if (!marker.empty()) request.query.emplace_back("start-after", marker);
    RV_TRY(const S3Response response, client_->send(request));
    if (!response.good()) return fail(s3_error(response, "listing " + prefix_ + prefix));
    RV_TRY(auto page, parse_listing(response.body));
    if (page.entries.empty()) break;
    marker = page.entries.back().key;
    for (ListedObject& object : page.entries) {
      object.key.erase(0, prefix_.size());
      // "folder/", which other tools make, holds nothing.
      if (object.info.size == 0 && (object.key.empty() || object.key.ends_with('/'))) continue;
      if (auto a_key = check_key(object.key))
        found.objects.push_back(std::move(object));
      else
        found.leave_out(object.key, a_key.error().message, limit);
    }
    if (!page.truncated) break;
  }
  return found;
}

Result<void> S3Store::adopt_as(const std::filesystem::path& file, const std::string& key,
                               const std::string& storage_class) {
  RV_TRY(const std::string full, full_key(key));
  RV_TRY(UniqueFd fd, open_file(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "looking at " + file.string());
  if (!S_ISREG(status.st_mode)) {
    return fail(Code::invalid, "not-a-file", "What is to be stored is not a file.", file.string());
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > kLargestSinglePut) {
    RV_CHECK(put_in_parts(fd.get(), size, key, storage_class));
  } else {
    S3Request request{.method = "PUT", .key = full};
    request.headers["content-type"] = kAnyType;
    if (!storage_class.empty()) request.headers["x-amz-storage-class"] = storage_class;
    request.file = FileSlice{fd.get(), 0, size};
    RV_TRY(const S3Response response, client_->send(request));
    if (!response.good()) return fail(s3_error(response, "storing " + full));
  }
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "removing " + file.string());
  return {};
}

Result<void> S3Store::put_in_parts(int fd, std::uint64_t size, const std::string& key,
                                   const std::string& storage_class) {
  RV_TRY(const std::string multipart, begin_as(key, std::string(kAnyType), storage_class));
  auto put = [&]() -> Result<void> {
    RV_TRY(const std::vector<StoredPart> stored, send_parts(fd, size, prefix_ + key, multipart));
    RV_CHECK(finish(key, multipart, stored, size));
    return {};
  };
  auto done = put();
  if (!done) (void)cancel(key, multipart);
  return done;
}

Result<std::vector<DirectPartStore::StoredPart>> S3Store::send_parts(int fd, std::uint64_t size,
                                                                     const std::string& full,
                                                                     const std::string& multipart) {
  const std::uint64_t part_bytes = std::max(kPartBytes, (size + kMostParts - 1) / kMostParts);
  const std::uint64_t count = (size + part_bytes - 1) / part_bytes;
  std::vector<StoredPart> stored(count);
  std::atomic<std::uint64_t> next = 0;
  std::mutex mutex;
  std::optional<Error> failure;
  auto send_some = [&] {
    for (std::uint64_t index = next++; index < count; index = next++) {
      const std::uint64_t offset = index * part_bytes;
      const int number = static_cast<int>(index) + 1;
      S3Request request{.method = "PUT", .key = full};
      request.query = {{"partNumber", std::to_string(number)}, {"uploadId", multipart}};
      request.file = FileSlice{fd, offset, std::min(part_bytes, size - offset)};
      auto response = client_->send(request);
      if (response && response->good()) {
        stored[index] = {number, without_quotes(response->headers["etag"]), request.file->length};
        continue;
      }
      next = count;  // the others stop after the part they are at
      std::scoped_lock lock(mutex);
      if (!failure) failure = response ? s3_error(*response, "storing a part of " + full) : std::move(response).error();
    }
  };
  {
    std::vector<std::jthread> senders;
    for (int i = 1; i < kSenders; ++i) senders.emplace_back(send_some);
    send_some();
  }
  if (failure) return fail(std::move(*failure));
  return stored;
}

Result<std::string> S3Store::begin(const std::string& key, const std::string& content_type) {
  return begin_as(key, content_type, "");
}

Result<std::string> S3Store::begin_as(const std::string& key, const std::string& content_type,
                                      const std::string& storage_class) {
  RV_TRY(const std::string full, full_key(key));
  S3Request request{.method = "POST", .key = full, .query = {{"uploads", ""}}};
  request.headers["content-type"] = content_type.empty() ? std::string(kAnyType) : content_type;
  if (!storage_class.empty()) request.headers["x-amz-storage-class"] = storage_class;
  RV_TRY(const S3Response response, client_->send(request));
  if (!response.good()) return fail(s3_error(response, "beginning the parts of " + full));
  return parse_upload_id(response.body);
}

Result<std::string> S3Store::part_url(const std::string& key, const std::string& multipart, int number,
                                      std::chrono::seconds lifetime) {
  RV_TRY(const std::string full, full_key(key));
  return client_->presign(
      {.method = "PUT", .key = full, .query = {{"partNumber", std::to_string(number)}, {"uploadId", multipart}}},
      lifetime);
}

Result<std::string> S3Store::read_url(const std::string& key, std::chrono::seconds lifetime) {
  RV_TRY(const std::string full, full_key(key));
  return client_->presign({.method = "GET", .key = full}, lifetime);
}

Result<std::vector<DirectPartStore::StoredPart>> S3Store::parts(const std::string& key, const std::string& multipart) {
  RV_TRY(const std::string full, full_key(key));
  std::vector<StoredPart> parts;
  int marker = 0;
  while (true) {
    S3Request request{.method = "GET", .key = full};
    request.query = {{"uploadId", multipart}, {"max-parts", std::to_string(kLargestPage)}};
    if (marker > 0) request.query.emplace_back("part-number-marker", std::to_string(marker));
    RV_TRY(const S3Response response, client_->send(request));
    if (!response.good()) return fail(s3_error(response, "listing the parts of " + full));
    RV_TRY(const auto page, parse_parts(response.body));
    parts.insert(parts.end(), page.entries.begin(), page.entries.end());
    if (!page.truncated || page.entries.empty() || page.entries.back().number <= marker) return parts;
    marker = page.entries.back().number;
  }
}

Result<ObjectInfo> S3Store::finish(const std::string& key, const std::string& multipart,
                                   const std::vector<StoredPart>& parts, std::uint64_t size) {
  RV_TRY(const std::string full, full_key(key));
  if (size == 0) {
    // Not every store makes an empty object of parts.
    S3Request put{.method = "PUT", .key = full};
    put.headers["content-type"] = kAnyType;
    RV_TRY(const S3Response response, client_->send(put));
    if (!response.good()) return fail(s3_error(response, "storing " + full));
    RV_CHECK(cancel(key, multipart));
    return stat(key);
  }
  S3Request request{.method = "POST", .key = full, .query = {{"uploadId", multipart}}};
  request.headers["content-type"] = "application/xml";
  request.body = completion_document(parts);
  RV_TRY(const S3Response response, client_->send(request));
  // An earlier attempt, or one before a crash, may have completed it and not been heard: then the object is there.
  if (!response.good() && response.code != "NoSuchUpload") return fail(s3_error(response, "completing " + full));
  auto info = stat(key);
  if (!response.good() && (!info || info->size != size)) return fail(s3_error(response, "completing " + full));
  if (info && info->size != size) {
    return fail(Code::conflict, "wrong-size", "The parts are not as long as the file.",
                fmt::format("{} has {} bytes, expected {}", full, info->size, size));
  }
  return info;
}

Result<void> S3Store::cancel(const std::string& key, const std::string& multipart) {
  RV_TRY(const std::string full, full_key(key));
  // Parts that arrive during an abort may outlive it: S3 says to look, and to abort again.
  constexpr int tries = 3;
  for (int made = 1;; ++made) {
    RV_TRY(const S3Response response,
           client_->send({.method = "DELETE", .key = full, .query = {{"uploadId", multipart}}}));
    if (!response.good()) {
      Error error = s3_error(response, "cancelling " + full);
      if (error.code == Code::not_found) return {};
      return fail(std::move(error));
    }
    auto left = parts(key, multipart);
    if (!left && left.error().code == Code::not_found) return {};
    if (made == tries) return left ? Result<void>() : fail(std::move(left).error());
  }
}

Result<std::vector<DirectPartStore::Begun>> S3Store::begun(const std::optional<Begun>& after, int limit) {
  std::vector<Begun> all;
  std::optional<Begun> marker = after;
  if (marker) marker->key = prefix_ + marker->key;
  while (std::cmp_less(all.size(), limit)) {
    const auto want = std::min<std::size_t>(static_cast<std::size_t>(limit) - all.size(), kLargestPage);
    S3Request request{.method = "GET", .key = ""};
    request.query = {{"uploads", ""}, {"encoding-type", "url"}, {"max-uploads", std::to_string(want)}};
    if (!prefix_.empty()) request.query.emplace_back("prefix", prefix_);
    if (marker) {
      request.query.emplace_back("key-marker", marker->key);
      request.query.emplace_back("upload-id-marker", marker->multipart);
    }
    RV_TRY(const S3Response response, client_->send(request));
    if (!response.good()) return fail(s3_error(response, "listing what was begun in " + prefix_));
    RV_TRY(auto page, parse_begun(response.body));
    if (page.entries.empty()) break;
    marker = page.entries.back();
    for (Begun& upload : page.entries) {
      upload.key.erase(0, prefix_.size());
      all.push_back(std::move(upload));
    }
    if (!page.truncated) break;
  }
  return all;
}

Result<ClassStore::Readiness> S3Store::readiness(const std::string& key) {
  RV_TRY(const std::string full, full_key(key));
  RV_TRY(const S3Response response, client_->send({.method = "HEAD", .key = full}));
  if (!response.good()) return fail(s3_error(response, "looking at " + full));
  auto header = [&](const char* name) {
    auto found = response.headers.find(name);
    return found == response.headers.end() ? std::string() : found->second;
  };
  const std::string storage_class = header("x-amz-storage-class");
  // The last is that of INTELLIGENT_TIERING where it has moved the object into one of its own archives.
  const bool cold =
      storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE" || !header("x-amz-archive-status").empty();
  if (!cold) return Readiness::readable;
  const std::string thawed = header("x-amz-restore");
  if (thawed.find("ongoing-request=\"true\"") != std::string::npos) return Readiness::thawing;
  return thawed.empty() ? Readiness::frozen : Readiness::readable;
}

Result<void> S3Store::thaw(const std::string& key, const std::string& tier, int days) {
  RV_TRY(const std::string full, full_key(key));
  S3Request request{.method = "POST", .key = full, .query = {{"restore", ""}}};
  request.headers["content-type"] = "application/xml";
  request.body = fmt::format(R"(<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Days>{}</Days>)"
                             "<GlacierJobParameters><Tier>{}</Tier></GlacierJobParameters></RestoreRequest>",
                             days, tier);
  RV_TRY(const S3Response response, client_->send(request));
  if (response.good() || response.code == "RestoreAlreadyInProgress") return {};
  return fail(s3_error(response, "restoring " + full));
}

std::shared_ptr<Store> s3_store(std::string name, S3Options options) {
  return std::make_shared<S3Store>(std::move(name), std::move(options));
}

}  // namespace reelvault::storage
