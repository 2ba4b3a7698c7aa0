#include "catalog/display_name.hpp"

#include "base/name_characters.hpp"
#include "base/text.hpp"

#include <utf8proc.h>

namespace reelvault::catalog {

Result<std::string> valid_name(const std::string& given, const std::string& pointer) {
  std::string name = nfc(std::string(trim(given)));
  if (!valid_utf8(given)) return fail_field(pointer, "must be UTF-8");
  if (name.empty()) return fail_field(pointer, "must not be empty");
  if (name.size() > 255) return fail_field(pointer, "must be at most 255 bytes long");
  if (name == "." || name == "..") return fail_field(pointer, "must not be . or ..");
  bool seen = false;
  for (std::string_view rest = name; !rest.empty();) {
    utf8proc_int32_t c = 0;
    rest.remove_prefix(static_cast<std::size_t>(utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(rest.data()),
                                                                 static_cast<utf8proc_ssize_t>(rest.size()), &c)));
    if (c == '/' || unwanted_in_names(c))
      return fail_field(pointer, "must not contain /, control characters, or marks that turn the direction of text");
    seen = seen || visible(c);
  }
  if (!seen) return fail_field(pointer, "must have something that can be seen");
  return name;
}

}  // namespace reelvault::catalog
