#include "db/failure.hpp"

#include "base/text.hpp"
#include "db/database.hpp"
#include "db/nesting.hpp"

#include <fmt/format.h>

namespace reelvault::db {
namespace {

thread_local bool inside = false;

}  // namespace

Error make_error(Code code, std::string type, std::string message, std::string detail) {
  return fail(code, std::move(type), std::move(message), std::move(detail)).error();
}

void throw_bug(std::string detail) {
  throw Failure(make_error(Code::internal, "", "The server made a mistake.", std::move(detail)));
}

Error constraint_error(std::string name) {
  return make_error(Code::conflict, "constraint", "The change contradicts what is stored.", std::move(name));
}

Error unavailable_error(std::string detail) {
  Error error = make_error(Code::unavailable, "", "The database is busy; try again.", std::move(detail));
  error.retry_after_seconds = 1;
  return error;
}

void check_text(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && valid_utf8(text)) return;
  throw Failure(make_error(Code::invalid, "invalid-text", "A text is not valid UTF-8 or holds a NUL character.",
                           "text bound to a statement"));
}

void Row::refuse_null(int column) { throw_bug(fmt::format("column {} is null and is not read as optional", column)); }

void Row::refuse_range(int column, std::int64_t value) {
  throw_bug(fmt::format("column {} holds {}, which the type it is read as cannot", column, value));
}

Nesting::Nesting() {
  if (inside) throw std::logic_error("a database call inside a closure or callback of the database");
  inside = true;
}

Nesting::~Nesting() { inside = false; }

}  // namespace reelvault::db
