#include "media/fetch.hpp"

#include "base/file.hpp"
#include "jobs/job.hpp"

#include <curl/curl.h>
#include <fcntl.h>

namespace reelvault::media {
namespace {

struct Transfer {
  int fd;
  std::uint64_t at = 0;
  std::uint64_t bytes_max;
  const std::atomic<bool>& cancelled;
  std::optional<Error> trouble;
};

std::size_t take(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.at + size > transfer.bytes_max) {
    transfer.trouble =
        Error{Code::too_large, "too-large", "The file is larger than a worker may take.", {}, {}, {}, 0, {}};
    return 0;
  }
  auto written = write_all_at(transfer.fd, std::as_bytes(std::span(data, size)), transfer.at);
  if (!written) {
    transfer.trouble = written.error();
    return 0;
  }
  transfer.at += size;
  return size;
}

int stop_when_cancelled(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->cancelled ? 1 : 0;
}

struct Attempt {
  CURLcode code = CURLE_OK;
  long status = 0;  // of the answer; 0: none
};

Attempt attempt(const std::string& url, Transfer& transfer) {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), curl_easy_cleanup);
  CURL* curl = handle.get();
  if (!curl) return {CURLE_OUT_OF_MEMORY};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.at));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_when_cancelled);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  Attempt made{curl_easy_perform(curl)};
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &made.status);
  return made;
}

}  // namespace

Result<void> fetch(const std::string& url, const std::filesystem::path& to, std::uint64_t bytes_max,
                   const std::atomic<bool>& cancelled) {
  RV_TRY(UniqueFd file, open_file(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  Transfer transfer{file.get(), 0, bytes_max, cancelled, {}};
  Attempt made;
  for (int tries = 0; tries < 4; ++tries) {
    std::uint64_t before = transfer.at;
    made = attempt(url, transfer);
    if (made.code == CURLE_OK) return {};
    if (transfer.trouble) return fail(std::move(*transfer.trouble));
    // An answer of 4xx or 5xx, or a server that cannot continue, is not mended by asking again.
    if (cancelled || made.code == CURLE_HTTP_RETURNED_ERROR || made.code == CURLE_RANGE_ERROR) break;
    if (transfer.at > before)
      tries = 0;
    else
      std::this_thread::sleep_for(std::chrono::seconds(1 << tries));
  }
  const bool refused = made.status >= 400 && made.status < 500;
  return fail(Code::unavailable, refused ? "fetch-failed" : std::string(jobs::kStoreAway),
              "The file could not be read from its store.",
              fmt::format("{}, status {}", curl_easy_strerror(made.code), made.status));
}

}  // namespace reelvault::media
