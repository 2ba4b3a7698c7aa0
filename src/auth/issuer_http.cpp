#include "auth/issuer_http.hpp"

#include "base/text.hpp"

#include <curl/curl.h>
#include <fcntl.h>

#include <memory>

namespace reelvault::auth {
namespace {

constexpr std::size_t kAnswerLimit = 1 << 20;
constexpr long kConnectSeconds = 5;
constexpr long kSeconds = 10;

std::size_t append(char* data, std::size_t, std::size_t size, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size > kAnswerLimit) return 0;
  body.append(data, size);
  return size;
}

}  // namespace

std::unexpected<Error> fail_issuer(std::string detail) {
  Error error{
      Code::unavailable, "issuer-unavailable", "The sign-in service cannot be reached; try again.", {}, {}, {}, 0, {}};
  error.detail = std::move(detail);
  error.retry_after_seconds = 5;
  return fail(std::move(error));
}

std::string form_field(std::string_view name, std::string_view value) {
  return percent_encode(name) + "=" + percent_encode(value);
}

Result<IssuerAnswer> call_issuer(const IssuerRequest& request) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(started == CURLE_OK ? curl_easy_init() : nullptr,
                                                           curl_easy_cleanup);
  if (!curl) return fail(Code::internal, "", "", "libcurl does not start");
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields(nullptr, curl_slist_free_all);
  auto add = [&](const char* field) { fields.reset(curl_slist_append(fields.release(), field)); };
  add("Accept: application/json");
  add("Expect:");
  for (const std::string& field : request.fields) add(field.c_str());

  IssuerAnswer out;
  char fault[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, fault);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &out.body);
  if (!request.form.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(request.form.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, request.form.data());
  }
  // What else this process started must not inherit the connection.
  curl_easy_setopt(
      curl.get(), CURLOPT_SOCKOPTFUNCTION, +[](void*, curl_socket_t socket, curlsocktype) {
        fcntl(socket, F_SETFD, FD_CLOEXEC);
        return CURL_SOCKOPT_OK;
      });
  CURLcode result = curl_easy_perform(curl.get());
  if (result != CURLE_OK)
    return fail_issuer(fmt::format("{}: {}", request.url, *fault ? fault : curl_easy_strerror(result)));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  out.status = static_cast<int>(status);
  return out;
}

}  // namespace reelvault::auth
