// Language tags as BCP 47 (RFC 5646) writes them: "en", "pt-BR", "zh-Hant-TW", "de-CH-1996", "x-klingon".
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace reelvault {

// Well-formed, in the case that people write: language small, Script, REGION; nothing when it is none. Whether a code
// is registered is not asked: registries grow.
std::optional<std::string> language_tag(std::string_view text);

}  // namespace reelvault
