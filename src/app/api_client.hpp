// A client of the server's own HTTP API, for the command line. One connection per object: not shared between threads.
#pragma once
#include "base/error.hpp"

#include <boost/json.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace reelvault::app {

struct ApiAccess {
  std::string url;      // "http://127.0.0.1:8080"
  std::string token;    // access token or API key
  std::string ca_file;  // PEM: who may have signed the server's certificate; empty: whom this machine trusts
  // Signs in anew when the token has lapsed during long work; optional.
  std::function<Result<ApiAccess>()> renew = {};
};

// What a person gives to get in: an API key, or user name and password.
struct SignIn {
  std::string server;   // REELVAULT_URL
  std::string api_key;  // REELVAULT_API_KEY
  std::string username, password;
  std::string ca_file;
};
Result<ApiAccess> sign_in(const SignIn& given);

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
  Result<boost::json::value> call_once(const char* method, const std::string& path, const std::string* body);
  std::unique_ptr<State> state_;
};

}  // namespace reelvault::app
