// What the server shows of itself under TLS: a certificate chain and its key, from two PEM files. When both were
// replaced and lie still, connections that come from then on get what is in them; those that are open keep theirs.
// Files that cannot be used leave everything as it was, and are told of in the log, as is a certificate that has
// expired.
#pragma once
#include "base/error.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

struct ssl_ctx_st;

namespace reelvault::http {

class TlsCredentials {
 public:
  // Looks at the files now, and then every `interval`.
  static Result<std::unique_ptr<TlsCredentials>> load(std::string certificate, std::string key,
                                                      std::chrono::milliseconds interval);
  ~TlsCredentials();
  std::shared_ptr<ssl_ctx_st> context();  // for a new connection; on any thread

 private:
  using State = std::array<std::array<std::int64_t, 5>, 2>;  // of both files, as stat(2) tells it
  TlsCredentials(std::string certificate, std::string key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}
  State state() const;
  Result<void> read();
  void watch(std::chrono::milliseconds interval);

  const std::string certificate_, key_;
  State tried_{};
  std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace reelvault::http
