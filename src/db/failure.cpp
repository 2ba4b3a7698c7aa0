#include "db/failure.hpp"

#include "base/text.hpp"
#include "db/database.hpp"
#include "db/nesting.hpp"

#include <fmt/format.h>

namespace reelvault::db {
namespace {

thread_local bool inside = false;

}  // namespace

void throw_bug(std::string detail) {
  throw Failure(Error{Code::internal, "", "The server made a mistake.", std::move(detail), {}, {}, 0, {}});
}

Error constraint_error(std::string name) {
  return Error{Code::conflict, "constraint", "The change contradicts what is stored.", std::move(name), {}, {}, 0, {}};
}

Error unavailable_error(std::string detail) {
  return Error{Code::unavailable, "", "The database is busy; try again.", std::move(detail), {}, {}, 1, {}};
}

void check_text(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && valid_utf8(text)) return;
  throw Failure(Error{Code::invalid, "invalid-text", "A text is not valid UTF-8 or holds a NUL character.",
                      "text bound to a statement", {}, {}, 0, {}});
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
