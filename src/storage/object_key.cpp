#include "storage/object_key.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::storage {
namespace {

constexpr std::string_view kSuffix = ".blob";
constexpr std::size_t kDigits = 32;
constexpr std::size_t kLongestKey = 1024;  // S3's limit

}  // namespace

std::string random_key() {
  const std::string digits = hex(random_bytes(kDigits / 2));
  return digits.substr(0, 2) + "/" + digits.substr(2, 2) + "/" + digits + std::string(kSuffix);
}

bool is_random_key(std::string_view key) {
  if (key.size() != 6 + kDigits + kSuffix.size() || !key.ends_with(kSuffix)) return false;
  const std::string_view digits = key.substr(6, kDigits);
  return key[2] == '/' && key[5] == '/' && key.substr(0, 2) == digits.substr(0, 2) &&
         key.substr(3, 2) == digits.substr(2, 2) &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<void> check_key(std::string_view key) {
  auto refuse = [](std::string why) {
    return fail(Code::invalid, "invalid-object-key", "The object key " + std::move(why) + ".");
  };
  if (key.empty()) return refuse("is empty");
  if (key.size() > kLongestKey) return refuse("is longer than 1024 bytes");
  if (key.contains('\0') || !valid_utf8(key)) return refuse("is not valid text");
  if (key.front() == '/') return refuse("must not begin with a slash");
  for (std::string_view part : split(key, '/')) {
    if (part.empty()) return refuse("has an empty component");
    if (part == "." || part == "..") return refuse("must not have \".\" or \"..\" as a component");
  }
  return {};
}

}  // namespace reelvault::storage
