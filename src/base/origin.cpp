#include "base/origin.hpp"

#include <utility>

namespace reelvault {
namespace {
thread_local const Origin* of_this_thread = nullptr;
}  // namespace

const Origin* Origin::current() { return of_this_thread; }

OriginScope::OriginScope(const Origin* origin) : before_(std::exchange(of_this_thread, origin)) {}
OriginScope::~OriginScope() { of_this_thread = before_; }

}  // namespace reelvault
