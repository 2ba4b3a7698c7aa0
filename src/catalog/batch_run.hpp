// What the parts of BatchService share: batch_plan.cpp finds what a batch is about, batch_work.cpp does it,
// batch_list.cpp tells of it.
#pragma once
#include "catalog/batch_service.hpp"

namespace reelvault::catalog {

inline const std::string superseded = "superseded";                 // an error's type
inline constexpr std::string_view parent_failed = "parent-failed";  // likewise
inline constexpr int batch_rows_per_write = 400;  // planned rows, and assets that are acted on together

// One batch at work.
struct BatchService::Run {
  Batch batch;
  const BatchAction* action = nullptr;
  Principal by;
  boost::json::object arguments;
  std::int64_t job_row = 0;       // that it runs in, if any
  std::int64_t after = -1;        // of targets: the last that was done here
  std::int64_t last = INT64_MAX;  // and the last that is to be done
  std::int64_t done = 0, total = 0;
  int at_once = 20;  // of act_together; see batch_work.cpp
  BatchCall call() const { return {by, arguments}; }
};

struct BatchService::Plan {
  std::vector<BatchTarget> targets;
  bool has_folder = false;
};

// Who a batch is run by, as it is kept with it.
boost::json::object principal_json(const Principal& by);
Principal principal_of(std::string_view text);

std::string type_of(const Error& error);
// What a step came upon, in one sentence: the fields that were at fault are part of it.
std::string words_of(const Error& error);
// Passes by itself: the same is tried again rather than recorded.
bool passing_trouble(const Error& error);

}  // namespace reelvault::catalog
