#include "upload/upload.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::upload {

std::int64_t part_count(std::int64_t file_size, std::int64_t chunk_size) {
  return file_size == 0 ? 1 : (file_size + chunk_size - 1) / chunk_size;
}

Result<void> check_quota(const std::optional<Quota>& quota, std::int64_t wanted) {
  if (!quota || wanted == 0 || wanted <= quota->limit - quota->used - quota->reserved) return {};
  Error error{
      Code::conflict, "quota-exceeded", "The bucket's quota leaves too little room for this file.", {}, {}, {}, 0, {}};
  error.extra["quotaBytes"] = quota->limit;
  error.extra["usedBytes"] = quota->used;
  error.extra["reservedBytes"] = quota->reserved;
  error.extra["requestedBytes"] = wanted;
  return fail(std::move(error));
}

Result<std::int64_t> chunk_size_for(std::int64_t file_size, std::optional<std::int64_t> wish) {
  if (wish) {
    if (*wish < chunk_size_min || *wish > chunk_size_max)
      return fail_field("/chunkSize", fmt::format("must be from {} to {} bytes", chunk_size_min, chunk_size_max));
    if (part_count(file_size, *wish) > parts_max)
      return fail_field("/chunkSize", fmt::format("would need {} parts; at most {} are allowed",
                                                  part_count(file_size, *wish), parts_max));
    return *wish;
  }
  std::int64_t size = chunk_size_default;
  while (part_count(file_size, size) > parts_preferred_max && size * 2 <= chunk_size_max) size *= 2;
  // The largest doubling below 5 GiB is 4 GiB, which holds 5 TiB in 1,280 parts: within the hard limit.
  return size;
}

Extent extent_of(const Upload& upload, std::int64_t number) {
  std::int64_t offset = (number - 1) * upload.chunk_size;
  return {offset, std::min(upload.chunk_size, upload.size - offset)};
}

namespace {
constexpr std::uint16_t number_mask = 0x3FFF;
std::uint16_t low_bits(const Uuid& id) { return static_cast<std::uint16_t>(id.bytes[14] << 8 | id.bytes[15]); }
Uuid with_low_bits(Uuid id, std::uint16_t number) {
  auto low = static_cast<std::uint16_t>((low_bits(id) & ~number_mask) | number);
  id.bytes[14] = static_cast<std::uint8_t>(low >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(low);
  return id;
}
}  // namespace

Uuid new_part_base() { return with_low_bits(Uuid::v7(), 0); }
Uuid part_id(const Uuid& base, std::int64_t number) { return with_low_bits(base, static_cast<std::uint16_t>(number)); }
std::pair<Uuid, std::int64_t> split_part_id(const Uuid& id) {
  return {with_low_bits(id, 0), low_bits(id) & number_mask};
}

std::optional<std::string> plain_etag(std::string_view given) {
  given = trim(given);
  if (given.starts_with("W/") || given.starts_with("w/")) return std::nullopt;
  if (given.size() >= 2 && given.front() == '"' && given.back() == '"') given = given.substr(1, given.size() - 2);
  if (given.empty() || given.find('"') != std::string_view::npos) return std::nullopt;
  return std::string(given);
}

Result<Checksum> parse_checksum(std::string_view text) {
  auto colon = text.find(':');
  auto bad = [](std::string_view why) { return fail_field("/checksum", std::string(why)); };
  if (colon == std::string_view::npos) return bad("must be crc32:, sha256: or md5: and hexadecimal digits");
  std::string kind = lower_ascii(text.substr(0, colon));
  std::string_view digits = text.substr(colon + 1);
  std::size_t length = 0;
  Checksum out{};
  if (kind == "crc32")
    out.kind = Checksum::Kind::crc32, length = 4;
  else if (kind == "sha256")
    out.kind = Checksum::Kind::sha256, length = 32;
  else if (kind == "md5")
    out.kind = Checksum::Kind::md5, length = 16;
  else
    return bad("must begin with crc32:, sha256: or md5:");
  auto bytes = digits.size() == length * 2 ? from_hex(digits) : from_base64(digits);
  if (!bytes || bytes->size() != length) return bad(fmt::format("must be {} hexadecimal digits", length * 2));
  out.bytes = std::move(*bytes);
  return out;
}

}  // namespace reelvault::upload
