#include "http/static_files.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <sys/stat.h>

namespace reelvault::http {
namespace {

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"html", "text/html; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/x-icon"},
    {"woff2", "font/woff2"},
    {"woff", "font/woff"},
    {"ttf", "font/ttf"},
    {"wasm", "application/wasm"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"mpd", "application/dash+xml"},
    {"mp4", "video/mp4"},
    {"m4s", "video/iso.segment"},
    {"m4a", "audio/mp4"},
    {"webm", "video/webm"},
    {"mp3", "audio/mpeg"},
    {"pdf", "application/pdf"},
    {"xml", "application/xml"},
    {"zip", "application/zip"},
};

std::string_view extension(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

// What Vite writes: "assets/index-BKx3_f9a.js", the hash being eight characters.
bool hashed(std::string_view path) {
  if (!path.starts_with("assets/")) return false;
  std::string_view name = path.substr(path.rfind('/') + 1);
  name = name.substr(0, name.rfind('.'));
  return name.size() > 9 && name[name.size() - 9] == '-';
}

Result<Response> serve_file(const std::filesystem::path& directory, const std::string& relative,
                            std::string_view policy) {
  std::error_code fault;
  auto root = std::filesystem::canonical(directory, fault);
  if (fault) return fail_not_found("page");
  auto path = std::filesystem::canonical(root / relative, fault);
  std::string prefix = root.string() + "/";
  if (fault || !path.string().starts_with(prefix)) return fail_not_found("page");
  struct stat found{};
  if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return fail_not_found("page");

  auto size = static_cast<std::uint64_t>(found.st_size);
  std::int64_t modified = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
  Response out;
  out.headers.add("Content-Type", std::string(content_type_of(relative)));
  char etag[48];
  std::snprintf(etag, sizeof etag, "\"%llx-%llx\"", static_cast<unsigned long long>(size),
                static_cast<unsigned long long>(modified));
  out.headers.add("ETag", etag);
  out.headers.add("Last-Modified", http_date(from_unix_ms(modified / 1'000'000)));
  bool page = extension(relative) == "html";
  out.headers.add("Cache-Control", !page && hashed(relative) ? "public, max-age=31536000, immutable" : "no-cache");
  if (page || extension(relative) == "svg") {
    out.headers.add("Content-Security-Policy", std::string(policy));
    out.headers.add("Referrer-Policy", "same-origin");
  }
  if (size > 0)
    out.body = Body(
        FileRange{.path = path, .offset = 0, .length = size, .expected_size = size, .expected_mtime_ns = modified});
  return out;
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
  std::string wanted = lower_ascii(extension(file_name));
  for (const auto& [known, type] : kTypes)
    if (known == wanted) return type;
  return "application/octet-stream";
}

Route static_files(std::string prefix, std::filesystem::path directory, std::string_view content_security_policy) {
  RouteInfo info{.summary = "The web app", .tag = "Server", .access = everyone(), .cost = Cost::disk, .hidden = true};
  return raw(Method::get, prefix + "/{path...}", info,
             [prefix, directory = std::move(directory),
              policy = std::string(content_security_policy)](Request& request) -> Result<Response> {
               const std::string& rest = request.path_parameters.find("path")->second;
               // Relative links of the page need the slash.
               if (rest.empty() && !request.path.ends_with('/')) return Response::redirect(prefix + "/", 308);
               auto found =
                   rest.empty() ? serve_file(directory, "index.html", policy) : serve_file(directory, rest, policy);
               if (found || rest.empty() || !extension(rest).empty()) return found;
               return serve_file(directory, "index.html", policy);
             });
}

}  // namespace reelvault::http
