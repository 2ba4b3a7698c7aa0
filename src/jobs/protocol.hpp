// What workers say to the server, over HTTP: claim (a long poll), heartbeat, complete, fail, leave; and for workers that
// cannot read the server's files: their job's input, and a place for each output. The same routes are served twice: on
// a Unix socket that only the server's own user can open, to workers that share its files, and on the main port to
// whoever shows the worker token. Hidden from the OpenAPI document.
//
// To a worker elsewhere an input {"path": P} is told as {"url": U}, where U is relative to the server and gives the
// bytes (Range is honoured); likewise each member of an array "inputs". What it puts as output NAME lies in the job's
// scratch folder before it completes, as if a step on this machine had made it there.
#pragma once
#include "http/server.hpp"
#include "jobs/engine.hpp"

namespace reelvault::jobs {

enum class WorkerPlace { same_machine, elsewhere };
void add_worker_routes(http::RouteTable& table, Engine& engine, WorkerPlace place);

// The Unix socket for workers of this machine.
class LocalEndpoint {
 public:
  // `socket` may be too long a path for a socket; then it is made in a private folder under /tmp, see path().
  static Result<std::unique_ptr<LocalEndpoint>> start(Engine& engine, const std::filesystem::path& socket);
  ~LocalEndpoint();
  const std::filesystem::path& path() const { return path_; }
  void stop();  // Engine::stop first, or it waits for claims that wait

 private:
  class Gate;
  LocalEndpoint();
  std::filesystem::path path_, made_folder_;
  http::RouteTable table_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace reelvault::jobs
