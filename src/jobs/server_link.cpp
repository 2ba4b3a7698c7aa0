#include "jobs/server_link.hpp"

#include "base/file.hpp"

#include <curl/curl.h>
#include <fcntl.h>

namespace reelvault::jobs {
namespace {

constexpr std::size_t kAnswerLimit = 64 << 20;

std::size_t append_answer(char* data, std::size_t, std::size_t size, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size > kAnswerLimit) return 0;
  body.append(data, size);
  return size;
}

struct Download {
  CURL* curl;
  int fd;
  std::uint64_t at;
  bool begun = false;
  std::string refusal = {};  // the body of an answer that is not the file
  std::optional<Error> trouble = {};
};

std::size_t store(char* data, std::size_t, std::size_t size, void* user) {
  auto& download = *static_cast<Download*>(user);
  long status = 0;
  curl_easy_getinfo(download.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200 && status != 206) return append_answer(data, 1, size, &download.refusal);
  if (!std::exchange(download.begun, true) && status == 200 && download.at > 0) {
    download.at = 0;  // all of it, though the rest was asked for
    if (ftruncate(download.fd, 0) != 0) return 0;
  }
  if (auto written = write_all_at(download.fd, std::as_bytes(std::span(data, size)), download.at); !written) {
    download.trouble = std::move(written).error();
    return 0;
  }
  download.at += size;
  return size;
}

struct Upload {
  int fd;
  std::uint64_t at = 0;
};

std::size_t load(char* into, std::size_t, std::size_t size, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  auto got = read_at(upload.fd, std::as_writable_bytes(std::span(into, size)), upload.at);
  if (!got) return CURL_READFUNC_ABORT;
  upload.at += *got;
  return *got;
}

int ask_abort(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& abort = *static_cast<const ServerLink::Abort*>(user);
  return abort && abort() ? 1 : 0;
}

}  // namespace

struct ServerLink::Handle {
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  char fault[CURL_ERROR_SIZE] = "";

  ~Handle() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
  }
};

ServerLink::ServerLink(const WorkerOptions& options) : options_(options), handle_(std::make_unique<Handle>()) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK || !(handle_->curl = curl_easy_init())) throw std::runtime_error("libcurl does not start");
}

ServerLink::~ServerLink() = default;

std::string ServerLink::escape(std::string_view part) {
  std::string out;
  for (const char c : part) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._~/").contains(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Performs what is set up on the handle, which keeps its connection. The handle is left without options.
Result<LinkAnswer> ServerLink::perform(const std::string& path) {
  CURL* curl = handle_->curl;
  const bool local = !options_.unix_socket.empty();
  const std::string url = (local ? "http://localhost" : options_.server_url) + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  if (local) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // a proxy of the environment is not meant for this
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle_->fault);
  auto add = [&](const std::string& header) { handle_->headers = curl_slist_append(handle_->headers, header.c_str()); };
  add("Expect:");
  if (!local && !options_.token.empty()) add("Authorization: Bearer " + options_.token);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle_->headers);
  handle_->fault[0] = '\0';
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_reset(curl);
  curl_slist_free_all(handle_->headers);
  handle_->headers = nullptr;
  if (code == CURLE_OK) return LinkAnswer{.status = static_cast<int>(status), .body = {}};
  return fail(Code::unavailable, "", "The server did not answer.",
              fmt::format("{} {}", curl_easy_strerror(code), handle_->fault));
}

Result<LinkAnswer> ServerLink::post(const std::string& path, const std::string& body, std::chrono::milliseconds timeout,
                                    const Abort& abort) {
  CURL* curl = handle_->curl;
  std::string answer_body;
  handle_->headers = curl_slist_append(handle_->headers, "Content-Type: application/json");
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_answer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer_body);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_abort);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &abort);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  RV_TRY(LinkAnswer answer, perform(path));
  answer.body = std::move(answer_body);
  return answer;
}

Result<LinkAnswer> ServerLink::download(const std::string& path, const std::filesystem::path& to, const Abort& abort) {
  CURL* curl = handle_->curl;
  RV_TRY(const UniqueFd file, open_file(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  RV_TRY(const std::uint64_t have, reelvault::file_size(to));
  Download download{.curl = curl, .fd = file.get(), .at = have};
  const std::string rest = fmt::format("{}-", have);
  if (have > 0) curl_easy_setopt(curl, CURLOPT_RANGE, rest.c_str());
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, store);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &download);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_abort);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &abort);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  Result<LinkAnswer> answer = perform(path);
  if (download.trouble) return fail(std::move(*download.trouble));
  return answer;
}

Result<LinkAnswer> ServerLink::upload(const std::string& path, const std::filesystem::path& from, const Abort& abort) {
  CURL* curl = handle_->curl;
  RV_TRY(const UniqueFd file, open_file(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  RV_TRY(const std::uint64_t size, reelvault::file_size(from));
  Upload upload{.fd = file.get()};
  std::string body;
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, load);
  curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_answer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_abort);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &abort);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  RV_TRY(LinkAnswer answer, perform(path));
  answer.body = std::move(body);
  return answer;
}

}  // namespace reelvault::jobs
