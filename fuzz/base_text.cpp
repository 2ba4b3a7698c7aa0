// Names, encodings and instants from any bytes: what is promised of the results holds, and reading back gives the same.
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <cstdlib>

using namespace reelvault;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);

  std::string name = safe_file_name(text);
  expect(!name.empty() && name.size() <= 255 && valid_utf8(name) && nfc(name) == name);
  expect(name != "." && name != ".." && name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos);
  expect(safe_file_name(name) == name);
  std::string key = name_sort_key(name);
  expect(valid_utf8(key) && key.find('\0') == std::string::npos);
  expect(numbered_name(name, 99).size() <= 255);
  expect(valid_utf8(repair_utf8(text)));

  expect(percent_decode(percent_encode(text)) == text);
  expect(from_hex(hex(text)) == text);
  expect(from_base64(base64(text)) == text);
  expect(from_base64url(base64url(text)) == text);
  // One spelling for each value.
  if (auto raw = from_base64(text)) expect(base64(*raw) == text);
  if (auto raw = from_base64url(text)) expect(base64url(*raw) == text);

  if (auto uuid = Uuid::parse(text)) expect(iequals(uuid->text(), text));
  if (auto time = parse_rfc3339(text)) {
    // An offset may lead out of the years that four digits can say.
    if (*time >= parse_rfc3339("0000-01-01T00:00:00Z") && *time <= parse_rfc3339("9999-12-31T23:59:59.999Z")) {
      expect(parse_rfc3339(rfc3339(*time)) == time);
    }
  }
  if (auto time = parse_http_date(text)) expect(parse_http_date(http_date(*time)) == time);

  if (size > 1) {
    std::size_t cut = data[0] % size;
    expect(crc32_combine(crc32(bytes_of(text.substr(0, cut))), crc32(bytes_of(text.substr(cut))), size - cut) ==
           crc32(bytes_of(text)));
  }
  return 0;
}
