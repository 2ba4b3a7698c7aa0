// For whom this thread works right now: who asked, from where. Set for the time in which a request's handler runs, and
// carried along by the database where a transaction runs on another thread; none in background work. It is for the
// audit and for logs alone: what somebody may do is decided by the Principal that is handed down, never by this.
#pragma once
#include "base/principal.hpp"

#include <string_view>

namespace reelvault {

struct Origin {
  std::string_view address;  // the client's; views and pointer outlive the scope
  const Principal* principal = nullptr;

  static const Origin* current();  // null: nobody's
};

class OriginScope {
 public:
  explicit OriginScope(const Origin* origin);
  ~OriginScope();
  OriginScope(const OriginScope&) = delete;
  OriginScope& operator=(const OriginScope&) = delete;

 private:
  const Origin* before_;
};

}  // namespace reelvault
