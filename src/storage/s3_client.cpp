#include "storage/s3_client.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "storage/s3_xml.hpp"

#include <curl/curl.h>

#include <random>

namespace reelvault::storage {
namespace {

constexpr std::size_t kIdleHandles = 32;
constexpr auto kFirstPause = std::chrono::milliseconds(100);
constexpr long kConnectSeconds = 10;
constexpr int kSlowToAnswer = 3;  // to what changes something, since copying and completing take their time
constexpr long kStalledBytesPerSecond = 1;

bool passing(const S3Response& response) {
  static constexpr std::array<std::string_view, 6> codes = {"SlowDown",       "InternalError", "ServiceUnavailable",
                                                            "RequestTimeout", "Throttling",    "BadDigest"};
  if (response.status == 429 || (response.status >= 500 && response.status != 501)) return true;
  return std::ranges::find(codes, response.code) != codes.end();
}

// Pauses double, and are spread so that many clients do not come back together.
void pause(int attempt) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto longest = kFirstPause * (1 << std::min(attempt, 6));
  std::this_thread::sleep_for(longest / 2 + longest / 2 * std::uniform_int_distribution<int>(0, 100)(random) / 100);
}

Result<std::string> payload_hash_of(const S3Request& request) {
  if (!request.file) return hex(sha256(bytes_of(request.body)));
  Digest digest(Digest::Kind::sha256);
  std::vector<std::byte> block(256 << 10);
  for (std::uint64_t done = 0; done < request.file->length;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), request.file->length - done));
    RV_TRY(const std::size_t got, read_at(request.file->fd, std::span(block).first(want), request.file->offset + done));
    if (got == 0) return fail(Code::internal, "", "", "the file shrank while it was sent");
    digest.update(std::span(block).first(got));
    done += got;
  }
  return hex(digest.finish());
}

Error unreachable(std::string detail) {
  return fail(Code::unavailable, "store-unavailable", "The object store cannot be reached.", std::move(detail)).error();
}

}  // namespace

Error s3_error(const S3Response& response, std::string_view doing) {
  const auto failure = parse_failure(response.body);
  const std::string detail = fmt::format("{}: {} {} {}", doing, response.status, response.code,
                                         failure ? failure->message : response.body.substr(0, 200));
  if (response.code == "NoSuchUpload") {
    return fail(Code::not_found, "no-such-upload", "The object store knows no such upload.", detail).error();
  }
  // A missing bucket is a fault of the configuration, no answer about an object.
  if (response.status == 404 && response.code != "NoSuchBucket") {
    return fail(Code::not_found, "not-found", "There is no such object.", detail).error();
  }
  if (response.status == 412) {
    return fail(Code::conflict, "object-changed", "The object is not what it was.", detail).error();
  }
  if (response.status == 400 && (response.code.starts_with("InvalidPart") || response.code == "EntityTooSmall")) {
    return fail(Code::conflict, "invalid-part", "A part is missing or is another.", detail).error();
  }
  if (response.code == "InvalidStorageClass") {
    return fail(Code::conflict, "no-such-class", "The object store knows no such storage class.", detail).error();
  }
  return fail(Code::unavailable, "store-unavailable", "The object store refused.", detail).error();
}

// What curl's callbacks work on.
struct S3Client::Transfer {
  S3Response response;
  std::uint64_t limit = 0;
  bool too_long = false;
  const S3Request* request = nullptr;
  std::uint64_t sent = 0;

  static std::size_t receive(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.response.body.size() + size > transfer.limit) {
      transfer.too_long = true;
      return 0;
    }
    transfer.response.body.append(data, size);
    return size;
  }
  static std::size_t header(char* data, std::size_t, std::size_t size, void* self) {
    auto& headers = static_cast<Transfer*>(self)->response.headers;
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) headers.clear();
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) headers[lower_ascii(line.substr(0, colon))] = trim(line.substr(colon + 1));
    return size;
  }
  static std::size_t send(char* into, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const S3Request& request = *transfer.request;
    std::size_t got = 0;
    if (request.file) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size, request.file->length - transfer.sent));
      auto read = read_at(request.file->fd, std::as_writable_bytes(std::span(into, want)),
                          request.file->offset + transfer.sent);
      if (!read || *read < want) return CURL_READFUNC_ABORT;
      got = *read;
    } else {
      got = request.body.copy(into, size, transfer.sent);
    }
    transfer.sent += got;
    return got;
  }
  static int seek(void* self, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Transfer*>(self)->sent = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }
};

S3Client::S3Client(S3Options options, std::chrono::seconds silence)
    : silence_(silence),
      options_(std::move(options)),
      key_{options_.access_key, options_.secret_key, options_.region},
      endpoint_(endpoint_of(options_.endpoint, options_)),
      public_endpoint_(
          endpoint_of(options_.public_endpoint.empty() ? options_.endpoint : options_.public_endpoint, options_)) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error("curl cannot start");
}

S3Client::~S3Client() {
  for (void* handle : idle_) curl_easy_cleanup(handle);
}

S3Client::Endpoint S3Client::endpoint_of(const std::string& url, const S3Options& options) {
  Endpoint endpoint;
  const std::size_t colon = url.find("://");
  endpoint.scheme = colon == std::string::npos ? "https" : lower_ascii(url.substr(0, colon));
  std::string host = colon == std::string::npos ? url : url.substr(colon + 3);
  host = lower_ascii(host.substr(0, host.find('/')));
  // The port that goes without saying is not said in the Host header either, which is signed.
  const std::string usual = endpoint.scheme == "http" ? ":80" : ":443";
  if (host.ends_with(usual)) host.resize(host.size() - usual.size());
  endpoint.host = options.path_style ? host : options.bucket + "." + host;
  endpoint.path = options.path_style ? "/" + percent_encode(options.bucket) : "";
  return endpoint;
}

std::string S3Client::path_of(const Endpoint& endpoint, const std::string& key) const {
  return endpoint.path + "/" + percent_encode(key, "/");
}

std::string S3Client::presign(const S3Request& request, std::chrono::seconds lifetime) const {
  constexpr std::chrono::seconds longest = std::chrono::hours(7 * 24);
  const std::string path = path_of(public_endpoint_, request.key);
  return public_endpoint_.scheme + "://" + public_endpoint_.host + path + "?" +
         presigned_query({request.method, path, request.query, {{"host", public_endpoint_.host}}, ""}, key_, now(),
                         std::min(lifetime, longest));
}

void* S3Client::take_handle() {
  std::scoped_lock lock(mutex_);
  if (idle_.empty()) return curl_easy_init();
  void* handle = idle_.back();
  idle_.pop_back();
  return handle;
}

void S3Client::give_back(void* handle) {
  curl_easy_reset(handle);  // keeps the connection
  std::unique_lock lock(mutex_);
  if (idle_.size() < kIdleHandles) {
    idle_.push_back(handle);
    return;
  }
  lock.unlock();
  curl_easy_cleanup(handle);
}

Result<S3Response> S3Client::attempt(const S3Request& request, const std::string& payload_hash) {
  const Timestamp time = now();
  const std::string path = path_of(endpoint_, request.key);
  Headers headers = request.headers;
  headers["host"] = endpoint_.host;
  headers["x-amz-date"] = amz_date(time);
  headers["x-amz-content-sha256"] = payload_hash;
  headers["authorization"] = authorization({request.method, path, request.query, headers, payload_hash}, key_, time);

  std::string url = endpoint_.scheme + "://" + endpoint_.host + path;
  if (!request.query.empty()) url += "?" + canonical_query(request.query);

  struct Handle {
    S3Client& client;
    CURL* curl;
    curl_slist* list = nullptr;
    ~Handle() {
      if (curl != nullptr) client.give_back(curl);
      curl_slist_free_all(list);
    }
  } handle{*this, take_handle()};
  CURL* curl = handle.curl;
  if (curl == nullptr) return fail(Code::internal, "", "", "curl has no handle");
  for (const auto& [name, value] : headers) handle.list = curl_slist_append(handle.list, (name + ": " + value).c_str());
  handle.list = curl_slist_append(handle.list, "Expect:");

  Transfer transfer;
  transfer.limit = request.answer_limit;
  transfer.request = &request;
  char problem[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kStalledBytesPerSecond);
  curl_easy_setopt(
      curl, CURLOPT_LOW_SPEED_TIME,
      static_cast<long>(silence_.count()) * (request.method == "GET" || request.method == "HEAD" ? 1 : kSlowToAnswer));
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Transfer::header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &Transfer::send);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, &Transfer::seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &transfer);
    const std::uint64_t length = request.file ? request.file->length : request.body.size();
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(length));
  }
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle.list);

  const CURLcode code = curl_easy_perform(curl);
  if (transfer.too_long) {
    return fail(Code::internal, "", "",
                "the object store answered more than " + std::to_string(transfer.limit) + " bytes");
  }
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return fail(Code::internal, "", "", "the file could not be read while it was sent");
  if (code != CURLE_OK) {
    Error error = unreachable(fmt::format("{}: {}", curl_easy_strerror(code), problem));
    if (code == CURLE_OPERATION_TIMEDOUT) error.code = Code::timeout;
    return fail(std::move(error));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  // A 200 may hold an error: the store had begun to answer when it failed.
  const bool documents = status >= 300 || request.method == "POST";
  if (auto failure = documents ? parse_failure(transfer.response.body) : std::nullopt) {
    transfer.response.code = failure->code.empty() ? "Error" : failure->code;
  }
  return std::move(transfer.response);
}

Result<S3Response> S3Client::send(const S3Request& request) {
  RV_TRY(const std::string payload_hash, payload_hash_of(request));
  // A connection may be dead without a sign of it, so silence is no reason not to ask again; a store that stays silent
  // must not keep everybody who waits for it from an answer.
  std::chrono::steady_clock::duration silent{};
  for (int made = 1;; ++made) {
    const auto began = std::chrono::steady_clock::now();
    auto response = attempt(request, payload_hash);
    if (!response && response.error().code == Code::timeout) {
      response.error().code = Code::unavailable;
      silent += std::chrono::steady_clock::now() - began;
    }
    const bool last = made >= request.attempts || silent >= 2 * silence_;
    if (response && !passing(*response)) {
      response->again = made > 1;
      return response;
    }
    if (!response && response.error().code != Code::unavailable) return response;
    const Error error = response ? s3_error(*response, request.method + " " + request.key) : response.error();
    if (last) return fail(error);
    log::warning("the object store is asked again", {{"attempt", made}, {"detail", error.detail}});
    pause(made);
  }
}

}  // namespace reelvault::storage
