// Passwords: argon2id, in NFC, so that one typed on another keyboard is the same. Thread-safe; hashing takes the memory
// and time that the cost says, so only routes with Cost::hash call it.
#pragma once
#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault::auth {

// Memory and passes of RFC 9106's second choice, in one lane: a tenth of a second of one core. A stored hash carries
// its own cost; one made with another is made anew at the next login.
struct PasswordCost {
  std::uint64_t operations = 3;
  std::uint64_t memory_bytes = 64 << 20;

  static PasswordCost least();  // for tests
};

inline constexpr std::size_t kPasswordLeast = 8;    // characters, as NIST SP 800-63B has it
inline constexpr std::size_t kPasswordMost = 1024;  // bytes

class Passwords {
 public:
  explicit Passwords(PasswordCost cost = {});

  Result<std::string> hash(std::string_view password) const;
  // Without a hash (an unknown user, or one without a password) it takes as long and is false.
  Result<bool> verify(const std::optional<std::string>& hash, std::string_view password) const;
  bool outdated(const std::string& hash) const;
  const std::string& decoy() const { return decoy_; }  // what stands in for a user who has no hash; nothing matches it

 private:
  PasswordCost cost_;
  std::string decoy_;
};

// What a new password must be; the fault names `pointer` and never quotes the password.
Result<void> check_new_password(std::string_view password, std::string_view username, std::string pointer);
// 120 random bits in letters and digits that are not mistaken for one another.
std::string random_password();

}  // namespace reelvault::auth
