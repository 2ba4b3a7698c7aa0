// A client of the server's own HTTP API, for the command line. One connection per object: not shared between threads.
#pragma once
#include "base/error.hpp"

#include <boost/json.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace reelvault::app {

// What a person gives to get in: an API key, or user name and password.
struct SignIn {
  std::string server;   // REELVAULT_URL
  std::string api_key;  // REELVAULT_API_KEY
  std::string username, password;
  std::string ca_file;
};

// The token that all clients of one command show. A password signs in anew when it lapses during long work.
class Session {
 public:
  explicit Session(std::string token, std::function<Result<std::string>()> sign_in = {});
  std::string token();
  // Another token than the one that was refused; unauthenticated where there is none to be had.
  Result<std::string> renewed(const std::string& refused);

 private:
  std::mutex mutex_;
  std::string token_;
  std::function<Result<std::string>()> sign_in_;
};

struct ApiAccess {
  std::string url;                   // "http://127.0.0.1:8080"
  std::shared_ptr<Session> session;  // null: nobody is signed in
  std::string ca_file;  // PEM: who may have signed the server's certificate; empty: whom this machine trusts
};
Result<ApiAccess> sign_in(const SignIn& given);

// A server that is restarted, or too busy, is waited for.
template <class F>
auto patiently(const std::atomic<bool>& stop, F call) {
  for (int attempt = 1;; ++attempt) {
    auto answer = call();
    if (answer || answer.error().code != Code::unavailable || attempt == 6 || stop.load()) return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(250 << attempt));
  }
}

class ApiClient {
 public:
  explicit ApiClient(ApiAccess access);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;

  // An answer of 400 and above becomes an Error with the problem's own words.
  Result<boost::json::value> get(const std::string& path);
  Result<boost::json::value> post(const std::string& path, const boost::json::value& body);
  Result<boost::json::value> remove(const std::string& path);
  // Sends `length` bytes of the file from `offset`; gives the ETag. `progress` hears how many more bytes went out;
  // setting `stop` ends it.
  Result<std::string> put_range(const std::string& url, int fd, std::uint64_t offset, std::uint64_t length,
                                const std::function<void(std::int64_t)>& progress, const std::atomic<bool>& stop);

 private:
  struct State;
  Result<boost::json::value> call(const char* method, const std::string& path, const std::string* body);
  Result<boost::json::value> call_once(const char* method, const std::string& path, const std::string* body,
                                       const std::string& token);
  std::unique_ptr<State> state_;
};

}  // namespace reelvault::app
