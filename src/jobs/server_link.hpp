// One worker thread's connection to the server. Used by one thread at a time. Nothing of the token is ever logged or
// sent to another host.
#pragma once
#include "jobs/worker.hpp"

#include <memory>

namespace reelvault::jobs {

struct LinkAnswer {
  int status = 0;
  std::string body;
};

class ServerLink {
 public:
  using Abort = std::function<bool()>;  // asked about once a second, and as bytes move

  explicit ServerLink(const WorkerOptions& options);
  ~ServerLink();

  // Code::unavailable where no answer came.
  Result<LinkAnswer> post(const std::string& path, const std::string& body, std::chrono::milliseconds timeout,
                          const Abort& abort = {});
  // Into a file, from where an earlier try left it; `path` may have a query.
  Result<LinkAnswer> download(const std::string& path, const std::filesystem::path& to, const Abort& abort);
  Result<LinkAnswer> upload(const std::string& path, const std::filesystem::path& from, const Abort& abort);

  static std::string escape(std::string_view part);  // percent-encoded, "/" kept

 private:
  struct Handle;
  Result<LinkAnswer> perform(const std::string& path);
  const WorkerOptions& options_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace reelvault::jobs
