// Gathers what is wrong with the fields of a request, so that all of it is told at once:
//
//   Faults faults;
//   auto name = faults.take(valid_name(given.name, "/name"));  // empty when it is not valid
//   auto tags = faults.take(normal_tags(given.tags));
//   RV_CHECK(faults.check());
#pragma once
#include "base/error.hpp"

#include <optional>

namespace reelvault {

class Faults {
 public:
  template <class T>
  T take(Result<T> result) {
    if (result) return std::move(*result);
    take(std::move(result).error());
    return T{};
  }
  void take(Result<void> result) {
    if (!result) take(std::move(result).error());
  }
  void add(std::string pointer, std::string detail) { all_.push_back({std::move(pointer), std::move(detail)}); }
  std::vector<FieldFault>& all() { return all_; }

  // The error of the fields together; one that is about no field comes before it.
  Result<void> check() {
    if (other_) return fail(std::move(*other_));
    if (all_.empty()) return {};
    return fail(Error{
        Code::invalid,
        "invalid-request",
        all_.size() == 1 ? "The request has a field that is not valid." : "The request has fields that are not valid.",
        {},
        std::move(all_),
        {},
        0,
        {}});
  }

 private:
  void take(Error error) {
    if (error.faults.empty()) {
      if (!other_) other_ = std::move(error);
      return;
    }
    for (FieldFault& fault : error.faults) all_.push_back(std::move(fault));
  }

  std::vector<FieldFault> all_;
  std::optional<Error> other_;
};

}  // namespace reelvault
