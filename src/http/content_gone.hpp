// What is said of content that is not where it was, or not what it was: Code::conflict, type "version-gone".
#pragma once
#include "base/error.hpp"

#include <string>

namespace reelvault::http {

std::unexpected<Error> fail_content_gone(std::string detail);
std::unexpected<Error> fail_content_changed(std::string detail);

}  // namespace reelvault::http
