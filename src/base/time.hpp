// Instants: UTC, to the millisecond, as stored (a bigint of Unix milliseconds) and as written (RFC 3339).
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

Timestamp now();
std::string rfc3339(Timestamp time);                              // "2026-11-23T19:01:51.042Z"
std::optional<Timestamp> parse_rfc3339(std::string_view text);    // any offset; fractions beyond ms are cut
std::string http_date(Timestamp time);                            // RFC 9110 IMF-fixdate, whole seconds
std::optional<Timestamp> parse_http_date(std::string_view text);  // IMF-fixdate only
inline std::int64_t unix_ms(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp from_unix_ms(std::int64_t ms) { return Timestamp(std::chrono::milliseconds(ms)); }

}  // namespace reelvault
