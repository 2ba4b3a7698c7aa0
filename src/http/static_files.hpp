// A directory of files as routes: the web app.
#pragma once
#include "http/route.hpp"

#include <filesystem>

namespace reelvault::http {

// What the web app needs and nothing else; media and uploads may come from a store of their own over HTTP(S).
inline constexpr std::string_view kAppContentSecurityPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; "
    "media-src 'self' blob: data: https:; connect-src 'self' https: http:; font-src 'self' data:; worker-src 'self' "
    "blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

// GET prefix/{path...}. index.html answers for the prefix itself and for paths of the app's own router (those whose
// last segment has no extension) and is never cached; files whose name holds a hash are cached for ever. Links that
// lead out of the directory are not followed; the directory may appear or change while the server runs.
Route static_files(std::string prefix, std::filesystem::path directory,
                   std::string_view content_security_policy = kAppContentSecurityPolicy);

std::string_view content_type_of(std::string_view file_name);  // by extension; application/octet-stream else

}  // namespace reelvault::http
