#include "app/import_command.hpp"

#include "app/api_client.hpp"
#include "app/progress_bar.hpp"
#include "base/text.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>

namespace reelvault::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kTogether = 250;  // objects a request
constexpr std::size_t kReasonsShown = 20;
constexpr int kPageSize = 10000;

std::atomic<bool> stop_requested = false;

std::string text(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : std::string();
}

struct Report {
  std::int64_t listed = 0, registered = 0, refreshed = 0, unchanged = 0, ignored = 0, removed = 0;
  std::vector<std::pair<std::string, std::string>> failed;  // key and why
  std::int64_t failed_unnamed = 0;                          // besides
};

Result<std::string> bucket_id(ApiClient& api, const std::string& name) {
  auto found = patiently(stop_requested,
                         [&] { return api.get("/admin/asset?bucketName=" + percent_encode(name) + "&objectKey="); });
  if (found) return text(found->at("id"));
  if (found.error().code == Code::not_found)
    return fail(Code::not_found, "no-bucket", fmt::format("There is no bucket named \"{}\" that you may see.", name));
  return std::unexpected(std::move(found).error());
}

std::string list_address(const std::string& bucket, std::string_view what, const std::string& below,
                         const std::string& token) {
  std::string address =
      fmt::format("/admin/bucket/{}/{}?pageSize={}&below={}", bucket, what, kPageSize, percent_encode(below));
  if (!token.empty()) address += "&pageToken=" + percent_encode(token);
  return address;
}

// What PATH means to the server: a folder or file of this machine where that lies in the store, else a key.
Result<std::string> place_of(ApiClient& api, const std::string& bucket, const std::string& path) {
  namespace fs = std::filesystem;
  if (path.starts_with('/')) return path;
  std::error_code ignored;
  if (path != "." && fs::exists(path, ignored)) {
    std::string absolute = fs::weakly_canonical(path, ignored).string();
    auto known = patiently(stop_requested, [&] {
      return api.get(fmt::format("/admin/bucket/{}/object?pageSize=1&below={}", bucket, percent_encode(absolute)));
    });
    if (known) return absolute;
    if (known.error().code != Code::invalid) return std::unexpected(std::move(known).error());
  }
  return path;
}

Result<std::vector<std::string>> pending(ApiClient& api, const std::string& bucket, const std::string& below,
                                         const std::string& command_path, bool quiet, Report& report) {
  std::vector<std::string> keys;
  ProgressBar bar("Looking at objects:", ProgressBar::Unit::objects, 0, 0, quiet);
  std::string token;
  do {
    auto page = patiently(stop_requested,
                          [&] { return api.get(list_address(bucket, "object", below, token) + "&pending=true"); });
    // What the caller typed is the path.
    if (!page && page.error().code == Code::invalid && page.error().message.contains("?below"))
      page.error().message = fmt::format("\"{}\" is not in the bucket's folder.", command_path);
    if (!page) return std::unexpected(std::move(page).error());
    for (const json::value& item : page->at("items").as_array()) keys.push_back(text(item.at("objectKey")));
    report.unchanged += page->at("unchangedCount").to_number<std::int64_t>();
    report.ignored += page->at("ignoredCount").to_number<std::int64_t>();
    const json::array& failures = page->at("failures").as_array();
    for (const json::value& each : failures)
      report.failed.emplace_back(text(each.at("objectKey")), text(each.at("error")));
    report.failed_unnamed +=
        page->at("failedCount").to_number<std::int64_t>() - static_cast<std::int64_t>(failures.size());
    const auto listed = page->at("listedCount").to_number<std::int64_t>();
    report.listed += listed;
    bar.add(listed);
    token = text(page->at("nextPageToken"));
  } while (!token.empty() && !stop_requested.load());
  return keys;
}

Result<void> register_all(ApiClient& api, const ImportCommand& command, const std::vector<std::string>& keys,
                          Report& report) {
  ProgressBar bar(command.bucket, ProgressBar::Unit::objects, static_cast<std::int64_t>(keys.size()), 0,
                  command.quiet || keys.empty());
  for (std::size_t first = 0; first < keys.size() && !stop_requested.load(); first += kTogether) {
    const std::size_t count = std::min(kTogether, keys.size() - first);
    json::array some;
    for (std::size_t i = 0; i < count; ++i) some.emplace_back(json::string(keys[first + i]));
    json::array tags;
    for (const std::string& tag : command.tags) tags.emplace_back(json::string(tag));
    const json::object body{{"bucketName", command.bucket},
                            {"objectKeys", std::move(some)},
                            {"tags", std::move(tags)},
                            {"process", !command.no_processing},
                            {"onConflict", "rename"}};
    RV_TRY(auto answer, patiently(stop_requested, [&] { return api.post("/admin/asset/register-many", body); }));
    report.registered += answer.at("registeredCount").to_number<std::int64_t>();
    report.refreshed += answer.at("refreshedCount").to_number<std::int64_t>();
    report.unchanged += answer.at("unchangedCount").to_number<std::int64_t>();
    for (const json::value& item : answer.at("results").as_array())
      if (item.at("error").is_object())
        report.failed.emplace_back(text(item.at("objectKey")), text(item.at("error").at("message")));
    bar.add(static_cast<std::int64_t>(count));
  }
  return {};
}

Result<void> remove_missing(ApiClient& api, const ImportCommand& command, const std::string& bucket,
                            const std::string& below, Report& report) {
  std::string token;
  do {
    RV_TRY(auto page,
           patiently(stop_requested, [&] { return api.get(list_address(bucket, "missing", below, token)); }));
    for (const json::value& item : page.at("items").as_array()) {
      if (stop_requested.load()) return {};
      if (!command.dry_run) {
        auto gone = patiently(stop_requested, [&] { return api.remove("/admin/asset/" + text(item.at("assetId"))); });
        // Somebody else was quicker.
        if (!gone && gone.error().code == Code::not_found) continue;
        if (!gone) {
          report.failed.emplace_back(text(item.at("objectKey")), gone.error().message);
          continue;
        }
      }
      ++report.removed;
    }
    token = text(page.at("nextPageToken"));
  } while (!token.empty());
  return {};
}

void print(const Report& report, const ImportCommand& command, std::size_t planned) {
  auto line = [](std::string_view what, std::int64_t count) {
    std::printf("%-12.*s %12s\n", static_cast<int>(what.size()), what.data(), human_count(count).c_str());
  };
  if (command.dry_run) {
    line("to register", static_cast<std::int64_t>(planned));
  } else {
    line("registered", report.registered);
    line("refreshed", report.refreshed);
  }
  line("unchanged", report.unchanged);
  line("ignored", report.ignored);
  if (command.remove_missing) line(command.dry_run ? "to remove" : "removed", report.removed);
  const std::int64_t failed = static_cast<std::int64_t>(report.failed.size()) + report.failed_unnamed;
  line("failed", failed);
  for (std::size_t i = 0; i < report.failed.size() && i < kReasonsShown; ++i)
    std::printf("  %s: %s\n", report.failed[i].first.c_str(), report.failed[i].second.c_str());
  const std::int64_t shown = static_cast<std::int64_t>(std::min(report.failed.size(), kReasonsShown));
  if (failed > shown) std::printf("  … and %s more\n", human_count(failed - shown).c_str());
  std::fflush(stdout);
}

}  // namespace

int run_import(const ImportCommand& command) {
  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second Ctrl-C ends the program at once
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  Report report;
  std::size_t planned = 0;
  auto run = [&]() -> Result<void> {
    RV_TRY(ApiAccess access, sign_in(command.sign_in));
    ApiClient api(std::move(access));
    RV_TRY(const std::string bucket, bucket_id(api, command.bucket));
    RV_TRY(const std::string below, place_of(api, bucket, command.path));
    RV_TRY(const auto keys, pending(api, bucket, below, command.path, command.quiet, report));
    planned = keys.size();
    // What is gone altogether is removed, where that is asked for; else it is a slip of the pen.
    if (report.listed == 0 && report.failed.empty() && command.path != "." && !command.remove_missing &&
        !stop_requested.load())
      return fail(Code::not_found, "nothing-there",
                  fmt::format("There is nothing at \"{}\" in the bucket \"{}\".", command.path, command.bucket));
    if (!command.dry_run) RV_CHECK(register_all(api, command, keys, report));
    if (command.remove_missing && !stop_requested.load()) RV_CHECK(remove_missing(api, command, bucket, below, report));
    return {};
  };
  auto done = run();
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  if (report.registered + report.refreshed + report.unchanged + report.ignored > 0 || !report.failed.empty() || done)
    print(report, command, planned);
  if (stop_requested.load()) {
    std::fprintf(stderr, "Stopped. The same command goes on from here.\n");
    return 130;
  }
  return done && report.failed.empty() ? 0 : 1;
}

}  // namespace reelvault::app
