#include "auth/password.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <sodium.h>

namespace reelvault::auth {
namespace {

void start_sodium() {
  static const int started = sodium_init();
  if (started < 0) std::abort();  // no source of randomness
}

Error no_memory() {
  Error error{Code::unavailable, "", "The server is busy; try again.", "argon2id: out of memory", {}, {}, 0, {}};
  error.retry_after_seconds = 2;
  return error;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

PasswordCost PasswordCost::least() {
  return {.operations = crypto_pwhash_OPSLIMIT_MIN, .memory_bytes = crypto_pwhash_MEMLIMIT_MIN};
}

Passwords::Passwords(PasswordCost cost) : cost_(cost) {
  start_sodium();
  // A hash as it would be stored, of no password that anybody has: made up, since making one takes what a login takes.
  auto raw = [](std::size_t count) {
    std::string text = base64(random_bytes(count));
    return text.substr(0, text.find('='));
  };
  decoy_ =
      fmt::format("$argon2id$v=19$m={},t={},p=1${}${}", cost_.memory_bytes / 1024, cost_.operations, raw(16), raw(32));
}

Result<std::string> Passwords::hash(std::string_view password) const {
  std::string text = nfc(password);
  char out[crypto_pwhash_STRBYTES];
  int failed = crypto_pwhash_str_alg(out, text.data(), text.size(), cost_.operations, cost_.memory_bytes,
                                     crypto_pwhash_ALG_ARGON2ID13);
  sodium_memzero(text.data(), text.size());
  if (failed != 0) return fail(no_memory());
  return std::string(out);
}

Result<bool> Passwords::verify(const std::optional<std::string>& hash, std::string_view password) const {
  std::string text = nfc(password);
  errno = 0;
  int failed = crypto_pwhash_str_verify(hash.value_or(decoy_).c_str(), text.data(), text.size());
  int reason = errno;
  sodium_memzero(text.data(), text.size());
  if (failed != 0 && reason == ENOMEM) return fail(no_memory());
  return failed == 0 && hash.has_value();
}

bool Passwords::outdated(const std::string& hash) const {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost_.operations, cost_.memory_bytes) != 0;
}

Result<void> check_new_password(std::string_view password, std::string_view username, std::string pointer) {
  if (characters(nfc(password)) < kPasswordLeast)
    return fail_field(std::move(pointer), fmt::format("must have at least {} characters", kPasswordLeast));
  if (password.size() > kPasswordMost)
    return fail_field(std::move(pointer), fmt::format("must have at most {} bytes", kPasswordMost));
  if (fold_case(password) == fold_case(username)) return fail_field(std::move(pointer), "must not be the user name");
  return {};
}

std::string random_password() {
  static constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz23456789A";  // 32: five bits each
  std::string out;
  for (char byte : random_bytes(24)) out += letters[static_cast<unsigned char>(byte) & 31u];
  return out;
}

}  // namespace reelvault::auth
