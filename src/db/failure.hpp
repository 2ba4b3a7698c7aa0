// What a failing statement throws inside a closure. read and write turn it into the Error it holds; nothing else
// should catch it.
#pragma once
#include "base/error.hpp"

#include <exception>

namespace reelvault::db {

class Failure : public std::exception {
 public:
  explicit Failure(Error what_went_wrong, bool unique = false)
      : error(std::move(what_went_wrong)), unique_violation(unique) {}
  const char* what() const noexcept override { return error.detail.c_str(); }

  Error error;
  bool unique_violation;
};

Error make_error(Code code, std::string type, std::string message, std::string detail);
// A statement or its use is wrong in the program: Code::internal.
[[noreturn]] void throw_bug(std::string detail);
// A unique, foreign key or check constraint was violated; `name` is the index or constraint.
Error constraint_error(std::string name);
// The database did not answer in time or cannot be reached: Code::unavailable.
Error unavailable_error(std::string detail);
// Throws Code::invalid unless the text can be stored on both databases.
void check_text(std::string_view text);

}  // namespace reelvault::db
