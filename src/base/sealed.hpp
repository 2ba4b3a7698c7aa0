// What this server gives to a client to be given back, such as where a page of a list ended: nobody else reads or makes
// it, so that it may speak of what the client is not to know (the file that was looked at last, and not shown).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace reelvault {

// 32 raw bytes, the same on all nodes; set before the first request. Without it: a key of this process alone.
void seal_with(std::string_view key);
std::string sealed(std::string_view text);  // base64url, another each time (AES-256-GCM)
std::optional<std::string> unsealed(std::string_view text);

}  // namespace reelvault
