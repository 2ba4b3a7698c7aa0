#include "webhook/sender.hpp"

#include "base/log.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <unordered_map>

namespace reelvault::webhook {
namespace {

constexpr long kConnectMsMost = 5000;
constexpr long kIdleConnections = 32;

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

// What the receiver says besides its status is of no interest; the time limit bounds how long it may go on.
std::size_t discard(char*, std::size_t, std::size_t size, void*) { return size; }

}  // namespace

struct Sender::Transfer {
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  const AddressGuard* guard = nullptr;
  Delivery delivery;
  std::string refused;  // the address that the guard refused
  char fault[CURL_ERROR_SIZE] = "";
  Timestamp at{};
  std::chrono::steady_clock::time_point began;

  ~Transfer() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
  }
  void header(const std::string& line) { headers = curl_slist_append(headers, line.c_str()); }

  static curl_socket_t open(void* self, curlsocktype, curl_sockaddr* to) {
    auto& transfer = *static_cast<Transfer*>(self);
    auto address = address_of(&to->addr);
    if (!address || !transfer.guard->allows(*address)) {
      transfer.refused = address ? address_text(*address) : "of an unknown family";
      return CURL_SOCKET_BAD;
    }
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }

  Outcome outcome(CURLcode code) {
    Outcome out;
    out.at = at;
    out.duration_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 0) out.status_code = status;
    if (status >= 200 && status < 300 && code == CURLE_OK) return out;
    if (code == CURLE_OK || (status >= 300 && code != CURLE_OPERATION_TIMEDOUT)) {
      out.error = status >= 300 && status < 400 ? fmt::format("answered {}; redirects are not followed", status)
                                                : fmt::format("answered {}", status);
      out.receiver_down = status >= 500 || status == 429 || status == 408;
      return out;
    }
    out.receiver_down = true;
    if (!refused.empty())
      out.error =
          fmt::format("the address {} is inside the network, and webhook.allowed_networks does not name it", refused);
    else if (code == CURLE_OPERATION_TIMEDOUT)
      out.error = "did not answer in time";
    else
      out.error = fault[0] != 0 ? std::string(fault) : std::string(curl_easy_strerror(code));
    return out;
  }
};

struct Sender::State {
  CURLM* multi = nullptr;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers;
};

Sender::Sender(Options options) : options_(std::move(options)), state_(std::make_unique<State>()) {
  start_curl();
  state_->multi = curl_multi_init();
  if (!state_->multi) throw std::runtime_error("libcurl does not start");
  curl_multi_setopt(state_->multi, CURLMOPT_MAXCONNECTS, kIdleConnections);
}

Sender::~Sender() {
  for (auto& [curl, transfer] : state_->transfers) curl_multi_remove_handle(state_->multi, curl);
  state_->transfers.clear();
  curl_multi_cleanup(state_->multi);
}

std::unique_ptr<Sender::Transfer> Sender::prepare(const Webhook& hook, const Delivery& delivery) const {
  auto transfer = std::make_unique<Transfer>();
  transfer->delivery = delivery;
  transfer->guard = &options_.guard;
  transfer->at = now();
  transfer->began = std::chrono::steady_clock::now();
  CURL* curl = transfer->curl = curl_easy_init();
  if (!curl) throw std::bad_alloc();
  transfer->header("Content-Type: application/json");
  transfer->header("Expect:");
  transfer->header("Reelvault-Webhook: " + hook.id.text());
  transfer->header("Reelvault-Delivery: " + delivery.id.text());
  transfer->header("Reelvault-Event: " + delivery.event);
  transfer->header("Reelvault-Signature: " + signature(hook.secret, unix_ms(transfer->at) / 1000, delivery.body));
  const auto timeout = static_cast<long>(options_.timeout.count());
  curl_easy_setopt(curl, CURLOPT_URL, hook.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // nor one of the environment, behind which no address can be checked
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, options_.agent.c_str());
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->delivery.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, transfer->delivery.body.data());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, kConnectMsMost));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &discard);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->fault);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Transfer::open);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer.get());
  return transfer;
}

void Sender::begin(const Webhook& hook, const Delivery& delivery) {
  auto transfer = prepare(hook, delivery);
  CURL* curl = transfer->curl;
  state_->transfers.emplace(curl, std::move(transfer));
  curl_multi_add_handle(state_->multi, curl);
}

std::vector<Sender::Done> Sender::wait(std::chrono::milliseconds at_most) {
  std::vector<Done> done;
  int running = 0;
  auto collect = [&] {
    curl_multi_perform(state_->multi, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(state_->multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* curl = message->easy_handle;
      const CURLcode code = message->data.result;
      auto found = state_->transfers.find(curl);
      Outcome outcome = found->second->outcome(code);
      curl_multi_remove_handle(state_->multi, curl);
      done.push_back({std::move(found->second->delivery), std::move(outcome)});
      state_->transfers.erase(found);
    }
  };
  collect();
  if (!done.empty()) return done;
  curl_multi_poll(state_->multi, nullptr, 0, static_cast<int>(at_most.count()), nullptr);
  collect();
  return done;
}

std::size_t Sender::under_way() const { return state_->transfers.size(); }

void Sender::wake() { curl_multi_wakeup(state_->multi); }

Outcome Sender::send(const Webhook& hook, const Delivery& delivery) const {
  auto transfer = prepare(hook, delivery);
  const CURLcode code = curl_easy_perform(transfer->curl);
  return transfer->outcome(code);
}

}  // namespace reelvault::webhook
