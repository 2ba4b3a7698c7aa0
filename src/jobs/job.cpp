#include "jobs/job.hpp"

#include "base/text.hpp"

namespace reelvault::jobs {

constexpr std::string_view kNames[] = {"Queued", "Running", "Succeeded", "Failed", "Cancelled"};

std::string_view status_name(Status status) { return kNames[static_cast<std::size_t>(status)]; }

std::optional<Status> parse_status(std::string_view name) {
  const std::string folded = fold_case(name);
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (folded == fold_case(kNames[i])) return static_cast<Status>(i);
  }
  return std::nullopt;
}

}  // namespace reelvault::jobs
