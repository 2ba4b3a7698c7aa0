#include "catalog/display_name.hpp"

#include "base/text.hpp"

namespace reelvault::catalog {

Result<std::string> valid_name(const std::string& given, const std::string& pointer) {
  std::string name = nfc(std::string(trim(given)));
  if (!valid_utf8(given)) return fail_field(pointer, "must be UTF-8");
  if (name.empty()) return fail_field(pointer, "must not be empty");
  if (name.size() > 255) return fail_field(pointer, "must be at most 255 bytes long");
  if (name == "." || name == "..") return fail_field(pointer, "must not be . or ..");
  for (unsigned char c : name)
    if (c < 0x20 || c == 0x7F || c == '/') return fail_field(pointer, "must not contain / or control characters");
  return name;
}

}  // namespace reelvault::catalog
