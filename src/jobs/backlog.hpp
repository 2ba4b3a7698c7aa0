// Who has much to be done waits for who has little (fair queueing: a flow is work that came the same way from the same
// person). A job's band says how much of its flow waited when the flow's work came; lower bands are done first, and
// within one what has the higher priority, then what is older. So the film that somebody uploads while another
// registers a million files is not the million-and-first.
#pragma once
#include "jobs/job_repository.hpp"

#include <mutex>
#include <unordered_map>

namespace reelvault::jobs {

// Band 0 where fewer than 64 wait, and each next band is twice as wide: 1 below 192, 2 below 448.
int band_of(std::int64_t waiting);
// What jobs are sorted by: a band is beyond all priorities of the one before. Slow jobs of a backlog come after all
// that is quick, of any backlog: pictures of a thousand films before the first of them is encoded.
int effective_priority(int priority, bool slow, int band);

// How many jobs of a flow wait, by a count that is made again now and then, and what this process added since. Threads
// may share it.
class Backlog {
 public:
  // The band of one more job of this flow; 0 for the flow without a name.
  int add(db::Transaction& tx, JobRepository& rows, const std::string& flow);

 private:
  using Clock = std::chrono::steady_clock;
  struct Count {
    std::int64_t waiting = 0;
    Clock::time_point until;  // when it is to be counted again
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Count> counts_;
};

}  // namespace reelvault::jobs
