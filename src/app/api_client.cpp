#include "app/api_client.hpp"

#include "base/text.hpp"

#include <curl/curl.h>
#include <unistd.h>

namespace reelvault::app {

namespace json = boost::json;

struct ApiClient::State {
  ApiAccess access;
  CURL* curl = curl_easy_init();
  ~State() { curl_easy_cleanup(curl); }
};

namespace {

std::size_t collect(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

std::size_t take_etag(char* data, std::size_t size, std::size_t count, void* into) {
  std::string_view line(data, size * count);
  if (line.size() > 5 && iequals(line.substr(0, 5), "etag:")) *static_cast<std::string*>(into) = trim(line.substr(5));
  return size * count;
}

struct RangeReader {
  int fd;
  std::uint64_t offset, left;
  const std::function<void(std::int64_t)>* progress;
  const std::atomic<bool>* stop;
};

std::size_t read_range(char* into, std::size_t size, std::size_t count, void* state) {
  auto* reader = static_cast<RangeReader*>(state);
  if (reader->stop->load()) return CURL_READFUNC_ABORT;
  std::size_t wanted = std::min<std::uint64_t>(size * count, reader->left);
  if (wanted == 0) return 0;
  ssize_t got = ::pread(reader->fd, into, wanted, static_cast<off_t>(reader->offset));
  if (got <= 0) return CURL_READFUNC_ABORT;
  reader->offset += static_cast<std::uint64_t>(got);
  reader->left -= static_cast<std::uint64_t>(got);
  (*reader->progress)(got);
  return static_cast<std::size_t>(got);
}

Error problem(long status, const std::string& body) {
  Error error{status == 401   ? Code::unauthenticated
              : status == 403 ? Code::forbidden
              : status == 404 ? Code::not_found
              : status == 409 ? Code::conflict
              : status == 507 ? Code::no_space
              : status >= 500 ? Code::unavailable
                              : Code::invalid,
              {},
              fmt::format("The server answered {}.", status),
              {},
              {},
              {},
              0,
              {}};
  boost::system::error_code fault;
  json::value document = json::parse(body, fault);
  if (fault || !document.is_object()) return error;
  const json::object& object = document.get_object();
  if (auto* detail = object.if_contains("detail"); detail && detail->is_string())
    error.message = detail->get_string();
  else if (auto* title = object.if_contains("title"); title && title->is_string())
    error.message = title->get_string();
  if (auto* type = object.if_contains("type"); type && type->is_string()) error.type = type->get_string();
  if (auto* faults = object.if_contains("errors"); faults && faults->is_array())
    for (const json::value& each : faults->get_array())
      if (auto* fields = each.if_object(); fields && fields->contains("pointer") && fields->contains("detail"))
        error.message += fmt::format(" {} {}.", std::string(fields->at("pointer").as_string()),
                                     std::string(fields->at("detail").as_string()));
  error.extra = object;
  return error;
}

}  // namespace

ApiClient::ApiClient(ApiAccess access) : state_(std::make_unique<State>()) { state_->access = std::move(access); }
ApiClient::~ApiClient() = default;

Result<json::value> ApiClient::call(const char* method, const std::string& path, const std::string* body) {
  Session* session = state_->access.session.get();
  const std::string token = session ? session->token() : std::string();
  auto answer = call_once(method, path, body, token);
  if (answer || answer.error().code != Code::unauthenticated || !session) return answer;
  auto again = session->renewed(token);
  if (!again && again.error().code == Code::unauthenticated) return answer;
  if (!again) return std::unexpected(std::move(again).error());
  return call_once(method, path, body, *again);
}

Result<json::value> ApiClient::call_once(const char* method, const std::string& path, const std::string* body,
                                         const std::string& token) {
  CURL* curl = state_->curl;
  curl_easy_reset(curl);
  std::string answer, url = state_->access.url + path;
  curl_slist* headers = nullptr;
  if (!token.empty()) headers = curl_slist_append(headers, ("Authorization: Bearer " + token).c_str());
  if (body) headers = curl_slist_append(headers, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  if (!state_->access.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, state_->access.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 15L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 300L);
  if (body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (code != CURLE_OK)
    return fail(Code::unavailable, "no-answer",
                fmt::format("The server could not be reached: {}.", curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 400) return fail(problem(status, answer));
  if (answer.empty()) return json::value(nullptr);
  boost::system::error_code fault;
  json::value document = json::parse(answer, fault);
  if (fault) return fail(Code::internal, "not-json", "The server's answer is not JSON; is this the right address?");
  return document;
}

Result<json::value> ApiClient::get(const std::string& path) { return call("GET", path, nullptr); }

Result<json::value> ApiClient::post(const std::string& path, const json::value& body) {
  std::string text = json::serialize(body);
  return call("POST", path, &text);
}

Result<json::value> ApiClient::remove(const std::string& path) { return call("DELETE", path, nullptr); }

Result<std::string> ApiClient::put_range(const std::string& url, int fd, std::uint64_t offset, std::uint64_t length,
                                         const std::function<void(std::int64_t)>& progress,
                                         const std::atomic<bool>& stop) {
  CURL* curl = state_->curl;
  curl_easy_reset(curl);
  std::string answer, etag;
  RangeReader reader{fd, offset, length, &progress, &stop};
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  // Parts may go to a store elsewhere, whose certificate is another's.
  if (const ApiAccess& own = state_->access; !own.ca_file.empty() && url.starts_with(own.url))
    curl_easy_setopt(curl, CURLOPT_CAINFO, own.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20);
  curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(length));
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_range);
  curl_easy_setopt(curl, CURLOPT_READDATA, &reader);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 15L);
  // Any length may take any time, as long as something moves.
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_etag);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &etag);
  CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (code != CURLE_OK) {
    progress(-static_cast<std::int64_t>(length - reader.left));
    if (stop.load()) return fail(Code::unavailable, "stopped", "Stopped.");
    return fail(Code::unavailable, "no-answer", fmt::format("Sending failed: {}.", curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 400) {
    progress(-static_cast<std::int64_t>(length - reader.left));
    return fail(problem(status, answer));
  }
  return etag;
}

Session::Session(std::string token, std::function<Result<std::string>()> sign_in)
    : token_(std::move(token)), sign_in_(std::move(sign_in)) {}

std::string Session::token() {
  std::lock_guard lock(mutex_);
  return token_;
}

Result<std::string> Session::renewed(const std::string& refused) {
  std::lock_guard lock(mutex_);
  if (token_ != refused) return token_;  // another client was quicker
  if (!sign_in_) return fail(Code::unauthenticated, "unauthenticated", "The server wants another API key.");
  RV_TRY(token_, sign_in_());
  return token_;
}

Result<ApiAccess> sign_in(const SignIn& given) {
  ApiAccess access{.url = given.server, .session = {}, .ca_file = given.ca_file};
  while (access.url.ends_with('/')) access.url.pop_back();
  if (!given.api_key.empty()) {
    access.session = std::make_shared<Session>(given.api_key);
    return access;
  }
  auto with_password = [access, username = given.username, password = given.password]() -> Result<std::string> {
    RV_TRY(auto answer,
           ApiClient(access).post("/account/login", json::object{{"username", username}, {"password", password}}));
    return std::string(answer.at("accessToken").as_string());
  };
  RV_TRY(std::string token, with_password());
  access.session = std::make_shared<Session>(std::move(token), std::move(with_password));
  return access;
}

}  // namespace reelvault::app
