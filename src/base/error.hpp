// Errors are values. A room returns Result<T>; the Error says what went wrong in words of the product, never of a
// protocol: one table (http/problem.hpp) turns a Code into an HTTP status. `message` is for the client and must hold
// no secret; `detail` is for the log alone. Exceptions are for bugs.
#pragma once
#include <boost/json.hpp>

#include <expected>
#include <string>
#include <vector>

namespace reelvault {

enum class Code {
  invalid,           // a request that cannot be understood: 400
  unauthenticated,   // 401
  forbidden,         // 403
  not_found,         // unknown, or unreadable for this caller: 404
  not_allowed,       // method not allowed: 405
  not_acceptable,    // 406
  timeout,           // 408
  conflict,          // the present state forbids it: 409
  gone,              // 410
  length_required,   // 411
  precondition,      // If-Match and its like: 412
  too_large,         // 413
  unsupported_type,  // 415
  range,             // 416
  unprocessable,     // understood, and cannot be done with this content: 422
  too_many,          // 429
  header_too_large,  // 431
  internal,          // 500
  not_implemented,   // 501
  unavailable,       // 503
  no_space,          // 507
};

// One fault of one request field. `pointer` is an RFC 6901 JSON Pointer into the body, or "?name" for a query
// parameter, or "{name}" for a path parameter.
struct FieldFault {
  std::string pointer;
  std::string detail;
};

struct Error {
  Code code = Code::internal;
  std::string type;     // stable slug, e.g. "asset-archived"; empty: the code's own
  std::string message;  // a sentence for the client
  std::string detail;   // for the log
  std::vector<FieldFault> faults;
  boost::json::object extra;         // further members of the problem document, e.g. {"missingParts": [3]}
  int retry_after_seconds = 0;       // 0: none
  std::vector<std::string> allowed;  // for not_allowed: the methods

  // Adds context for the log on the way up: "storing the part: " + detail.
  Error&& within(std::string_view context) && {
    detail = detail.empty() ? std::string(context) : std::string(context) + ": " + detail;
    return std::move(*this);
  }
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string type, std::string message, std::string detail = {}) {
  return std::unexpected(Error{code, std::move(type), std::move(message), std::move(detail), {}, {}, 0, {}});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }
inline std::unexpected<Error> fail_field(std::string pointer, std::string detail) {
  return std::unexpected(Error{Code::invalid,
                               "invalid-request",
                               "The request has a field that is not valid.",
                               {},
                               {{std::move(pointer), std::move(detail)}},
                               {},
                               0,
                               {}});
}
inline std::unexpected<Error> fail_not_found(std::string what = "asset") {
  return std::unexpected(Error{Code::not_found, "not-found", "There is no such " + what + ".", {}, {}, {}, 0, {}});
}
// From errno: ENOSPC and EDQUOT become no_space, all else internal. `what` goes to the log only.
std::unexpected<Error> fail_errno(int error_number, std::string what);

// RV_TRY(auto x, f()) unwraps a Result or returns its error; RV_CHECK(f()) does the same for Result<void>.
#define RV_CONCAT_(a, b) a##b
#define RV_CONCAT(a, b) RV_CONCAT_(a, b)
#define RV_TRY(declaration, ...)                                                                              \
  auto RV_CONCAT(rv_try_, __LINE__) = (__VA_ARGS__);                                                          \
  if (!RV_CONCAT(rv_try_, __LINE__)) return std::unexpected(std::move(RV_CONCAT(rv_try_, __LINE__)).error()); \
  declaration = std::move(*RV_CONCAT(rv_try_, __LINE__))
#define RV_CHECK(...)                                                                                     \
  do {                                                                                                    \
    if (auto rv_check_ = (__VA_ARGS__); !rv_check_) return std::unexpected(std::move(rv_check_).error()); \
  } while (false)

}  // namespace reelvault
