// Looks through the stores of watched buckets and registers what has come to rest: an object whose size, times and etag
// were the same in at least two looks and for some seconds, so that never half a file is taken. What is registered is
// the ledger; what is only seen is forgotten with the process, and waits its time again. One node at a time looks
// through a bucket. What cannot be registered is tried again later and later, and shows in the bucket's watch status.
//
// What lies there and can be no object (a name that is no text, a link that leads out, …) is such a failure as well.
//
// A look costs one list of the store and one query for some thousand objects, whatever is registered of them.
#pragma once
#include "ingest/register_service.hpp"
#include "ingest/watch_repository.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace reelvault::ingest {

struct WatchStatus {
  bool watched = false;
  std::optional<ScanReport> last;
  std::int64_t failed = 0;
  std::vector<WatchFailure> failures;  // the latest hundred
};

class Watcher {
 public:
  struct Options {
    std::chrono::milliseconds interval{30000};  // from the end of a look to the next
    std::chrono::milliseconds stable{10000};    // unchanged for so long
    std::string node;                           // another on each node, the same after a restart; empty: made at random
    std::chrono::milliseconds backoff{60000};   // after the first failure; doubled with each
    std::chrono::milliseconds backoff_max{6 * 3600 * 1000};
  };
  Watcher(RegisterService& registers, catalog::AssetService& assets, Options options);
  ~Watcher() { stop(); }
  void start();
  void stop();  // after the objects that are being registered

  // One look at one bucket. Not thread-safe; for tests, and for the thread that start() makes.
  Result<ScanReport> look(const Uuid& bucket);
  Result<WatchStatus> status(const Uuid& bucket);

 private:
  using Clock = std::chrono::steady_clock;
  struct Seen {
    storage::ObjectInfo info;
    Clock::time_point since;
    int looks = 1;
  };
  using SeenObjects = std::map<std::string, Seen>;
  void run();
  Result<void> look_through(const RegisterService::Place& place, SeenObjects& seen, ScanReport& report);
  Result<void> note_left_out(const RegisterService::Place& place, const std::vector<storage::LeftOut>& left_out,
                             std::map<std::string, WatchFailure>& failures, std::set<std::string>& gone,
                             ScanReport& report);
  WatchFailure failed_again(const std::string& key, std::string error, const WatchFailure* before) const;
  Result<void> take(const RegisterService::Place& place, std::vector<Wanted> ready,
                    std::map<std::string, WatchFailure>& failures, ScanReport& report);
  bool stopping();

  RegisterService& registers_;
  catalog::AssetService& assets_;
  Options options_;
  RegistrationRepository registrations_;
  WatchRepository watches_;
  std::map<Uuid, SeenObjects> seen_;  // by bucket: new or changed, not at rest for long enough
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace reelvault::ingest
