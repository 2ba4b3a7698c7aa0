#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace reelvault {

std::unexpected<Error> fail_errno(int error_number, std::string what) {
  what += ": " + std::generic_category().message(error_number);
  if (error_number == ENOSPC || error_number == EDQUOT) {
    return fail(Code::no_space, "no-space", "There is no space left on the server.", std::move(what));
  }
  return fail(Code::internal, "internal", "The server could not do this.", std::move(what));
}

}  // namespace reelvault
