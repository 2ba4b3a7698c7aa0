#include "app/upload_command.hpp"

#include "app/api_client.hpp"
#include "app/progress_bar.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace reelvault::app {

namespace json = boost::json;

namespace {

std::atomic<bool> stop_requested = false;

// The folder's id; folders that are missing below an existing one are made.
Result<std::optional<std::string>> find_folder(ApiClient& api, const std::string& to) {
  if (to.empty()) return std::optional<std::string>{};
  if (Uuid::parse(to)) return std::optional(to);
  std::vector<std::string> names;
  for (std::string_view name : split(to, '/'))
    if (!name.empty()) names.emplace_back(name);
  if (names.empty()) return fail_field("--to", "must name a bucket, e.g. /library/Rushes");
  std::string key, parent;
  for (std::size_t depth = 0; depth < names.size(); ++depth) {
    if (depth > 0) key += (key.empty() ? "" : "/") + names[depth];
    auto found = patiently(stop_requested, [&] {
      return api.get(fmt::format("/asset?bucketName={}&objectKey={}", percent_encode(names[0]), percent_encode(key)));
    });
    if (found) {
      parent = found->at("id").as_string();
      continue;
    }
    if (found.error().code != Code::not_found) return std::unexpected(found.error());
    if (depth == 0)
      return fail(Code::not_found, "no-bucket",
                  fmt::format("There is no bucket named \"{}\" that you may see.", names[0]));
    RV_TRY(auto made,
           api.post("/admin/asset/" + parent + "/create-folder", json::object{{"displayName", names[depth]}}));
    parent = made.at("id").as_string();
  }
  return std::optional(parent);
}

// Whether what was sent of an upload is what the file holds: by XXH3-128, as the local store has it, or MD5, as S3
// does.
Result<bool> begun_with(const json::value& upload, int fd) {
  for (const json::value& part : upload.at("parts").as_array()) {
    const json::value* etag = part.as_object().if_contains("etag");
    if (!part.at("isCompleted").as_bool() || !etag || !etag->is_string()) continue;
    const std::string known(etag->as_string()), url(part.at("uploadUrl").as_string());
    Digest digest(url.contains("/asset/upload/part/") ? Digest::Kind::xxh3_128 : Digest::Kind::md5);
    auto at = part.at("offset").to_number<std::uint64_t>();
    const std::uint64_t end = at + part.at("length").to_number<std::uint64_t>();
    std::vector<std::byte> block(1 << 20);
    while (at < end && !stop_requested.load()) {
      RV_TRY(const std::size_t got,
             read_at(fd, std::span(block).first(std::min<std::uint64_t>(block.size(), end - at)), at));
      if (got == 0) return false;
      digest.update(std::span(block).first(got));
      at += got;
    }
    if (hex(digest.finish()) != known) return false;
  }
  return true;
}

// The caller's open upload of the same file to the same place, if there is one. Those that hold its name there but are
// of another file are cancelled where `restart` says so.
Result<std::optional<json::value>> find_open(ApiClient& api, const std::string& name, std::int64_t size,
                                             const std::optional<std::string>& parent, int fd, bool restart) {
  std::string token;
  std::vector<std::string> others;
  std::optional<json::value> same;
  do {
    RV_TRY(auto page,
           api.get("/asset/upload?pageSize=500" + (token.empty() ? "" : "&pageToken=" + percent_encode(token))));
    for (const json::value& item : page.at("items").as_array()) {
      const json::value& in = item.at("parentId");
      if (std::string(item.at("fileName").as_string()) != name) continue;
      if (parent && (!in.is_string() || std::string(in.as_string()) != *parent)) continue;
      const std::string id(item.at("id").as_string());
      RV_TRY(auto upload, api.get("/asset/upload/" + id));
      bool goes_on = false;
      if (!same && item.at("fileSize").to_number<std::int64_t>() == size) {
        RV_TRY(goes_on, begun_with(upload, fd));
      }
      if (goes_on)
        same = std::move(upload);
      else
        others.push_back(id);
    }
    const json::value& next = page.at("nextPageToken");
    token = next.is_string() ? std::string(next.as_string()) : std::string();
  } while (!token.empty());
  for (const std::string& id : others) {
    if (!restart) {
      std::fprintf(stderr, "%s: an upload of yours that was begun earlier is of another file; --restart cancels it\n",
                   name.c_str());
      continue;
    }
    RV_TRY([[maybe_unused]] auto cancelled, api.post("/asset/upload/" + id + "/cancel", json::object{}));
    std::fprintf(stderr, "%s: cancelled an upload begun earlier, of another file\n", name.c_str());
  }
  return same;
}

Result<void> send_parts(const ApiAccess& access, const json::value& upload, int fd, int connections, ProgressBar& bar) {
  struct Part {
    std::string id, url;
    std::uint64_t offset, length;
  };
  std::vector<Part> parts;
  for (const json::value& part : upload.at("parts").as_array())
    if (!part.at("isCompleted").as_bool())
      parts.push_back({std::string(part.at("id").as_string()), std::string(part.at("uploadUrl").as_string()),
                       part.at("offset").to_number<std::uint64_t>(), part.at("length").to_number<std::uint64_t>()});
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::optional<Error> failure;
  std::atomic<bool> give_up = false;
  auto work = [&] {
    ApiClient api(access);
    for (;;) {
      std::size_t index = next++;
      if (index >= parts.size() || give_up.load() || stop_requested.load()) return;
      const Part& part = parts[index];
      for (int attempt = 1;; ++attempt) {
        auto etag = api.put_range(
            part.url, fd, part.offset, part.length, [&](std::int64_t bytes) { bar.add(bytes); }, stop_requested);
        Result<json::value> confirmed =
            etag ? api.post("/asset/upload/part/" + part.id + "/complete", json::object{{"etag", *etag}})
                 : Result<json::value>(std::unexpected(etag.error()));
        if (confirmed) break;
        bool again = confirmed.error().code == Code::unavailable || confirmed.error().type.ends_with("part-lost");
        if (stop_requested.load() || !again || attempt >= 8) {
          std::lock_guard lock(mutex);
          if (!failure) failure = confirmed.error();
          give_up = true;
          return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(250 << std::min(attempt, 6)));
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (stop_requested.load()) return fail(Code::unavailable, "stopped", "Stopped.");
  if (failure) return fail(std::move(*failure));
  return {};
}

Result<void> upload_file(const ApiAccess& access, const UploadCommand& command,
                         const std::optional<std::string>& parent, const std::string& path) {
  // Opening a pipe would wait for somebody who writes.
  if (std::error_code unknown; !std::filesystem::is_regular_file(path, unknown))
    return fail(Code::invalid, "not-a-file", "This is not a file: only files have a size that can be told beforehand.");
  RV_TRY(UniqueFd file, open_file(path, O_RDONLY | O_CLOEXEC));
  RV_TRY(std::uint64_t size, file_size(path));
  std::string name = safe_file_name(std::filesystem::path(path).filename().string());
  ApiClient api(access);
  // Looked for again each time: one whose answer was lost is begun all the same.
  auto begin = [&]() -> Result<json::value> {
    RV_TRY(auto open, find_open(api, name, static_cast<std::int64_t>(size), parent, file.get(), command.restart));
    if (open) {
      if (!command.quiet) std::fprintf(stderr, "%s: going on with an upload begun earlier\n", name.c_str());
      return std::move(*open);
    }
    json::object start{{"fileName", name}, {"fileSize", size}};
    if (parent) start["parentId"] = *parent;
    if (!command.on_conflict.empty()) start["onConflict"] = command.on_conflict;
    return api.post("/asset/upload/start", start);
  };
  RV_TRY(const json::value upload, patiently(stop_requested, begin));
  std::int64_t done = 0;
  for (const json::value& part : upload.at("parts").as_array())
    if (part.at("isCompleted").as_bool()) done += part.at("length").to_number<std::int64_t>();
  ProgressBar bar(name, ProgressBar::Unit::bytes, static_cast<std::int64_t>(size), done, command.quiet);
  RV_CHECK(send_parts(access, upload, file.get(), command.connections, bar));
  RV_TRY(auto asset, patiently(stop_requested, [&] {
           return api.post("/asset/upload/" + std::string(upload.at("id").as_string()) + "/complete", json::object{});
         }));
  bar.end();
  std::printf("%s  %s\n", asset.at("id").as_string().c_str(), asset.at("path").as_string().c_str());
  std::fflush(stdout);
  return {};
}

}  // namespace

int run_upload(const UploadCommand& command) {
  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second Ctrl-C ends the program at once
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  auto say = [](const std::string& what, const Error& error) {
    std::string fields;
    for (const FieldFault& fault : error.faults) fields += fmt::format(" {} {}.", fault.pointer, fault.detail);
    std::fprintf(stderr, "%s: %s%s\n", what.c_str(), error.message.c_str(), fields.c_str());
  };
  auto access = sign_in(command.sign_in);
  if (!access) {
    say(command.sign_in.server, access.error());
    return 1;
  }
  ApiClient api(*access);
  auto parent = find_folder(api, command.to);
  if (!parent) {
    say(command.to, parent.error());
    return 1;
  }
  int failed = 0;
  for (const std::string& path : command.files) {
    if (auto done = upload_file(*access, command, *parent, path); !done) {
      if (stop_requested.load()) {
        std::fprintf(stderr, "\nStopped. The same command goes on from here.\n");
        return 130;
      }
      say(path, done.error());
      ++failed;
    }
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace reelvault::app
