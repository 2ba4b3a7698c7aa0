// Configuration is one table. From it come the TOML file, the environment variables (REELVAULT_HTTP_PORT for
// "http.port"), `reelvault config --print` and the manual. Precedence: environment, file, default. An unknown key, a
// value of the wrong type or out of range stops the start. Durations take "90s", "15m", "12h" or "7d" beside plain
// seconds, sizes "64KiB", "16MiB" or "2GB" beside plain bytes. In the environment REELVAULT_ begins settings alone,
// save the names of the subcommands' clients (kOtherNames in config.cpp) and REELVAULT_TEST_....
#pragma once
#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reelvault {

struct Setting {
  enum class Type { text, integer, boolean, duration_s, size_bytes, list };  // list: comma separated
  std::string_view key;
  Type type;
  std::string_view default_value;
  bool secret;
  std::string_view sentence;
  std::int64_t minimum = INT64_MIN;
  std::int64_t maximum = INT64_MAX;
  std::string_view one_of = {};  // "a|b|c"; empty: any
};

std::span<const Setting> settings();

class Config {
 public:
  // `file`: none, unless it exists or is named explicitly. Every fault of file and environment is in one Error.
  static Result<Config> load(const std::optional<std::filesystem::path>& file,
                             const std::map<std::string, std::string>& environment);
  static Config defaults(std::map<std::string, std::string> overrides = {});  // for tests; keys of the table

  const std::string& text(std::string_view key) const;  // an unknown key is a bug: terminates
  std::int64_t integer(std::string_view key) const;     // integer, duration_s (seconds) and size_bytes ("8MiB")
  bool boolean(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;
  std::chrono::seconds seconds(std::string_view key) const { return std::chrono::seconds(integer(key)); }
  std::filesystem::path data_dir() const { return text("data.dir"); }

  // A TOML document with every key, its sentence as comment; secrets that are set print as "***".
  std::string print() const;

  // Store and bucket tables of the TOML file, see storage/store_config.hpp: [stores.NAME] key = value.
  const std::map<std::string, std::map<std::string, std::string>>& tables(std::string_view prefix) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::map<std::string, std::map<std::string, std::string>>, std::less<>> tables_;
};

}  // namespace reelvault
