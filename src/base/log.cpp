#include "base/log.hpp"

#include "base/repeats.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace reelvault::log {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("reelvault", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

void write(spdlog::level::level_enum level, std::string_view name, std::string_view message,
           boost::json::object fields) {
  if (!logger().should_log(level)) return;
  std::int64_t repeated = 0;
  if (level >= spdlog::level::warn) {
    static auto& repeats = *new Repeats;  // threads may log while the program ends
    const auto admitted = repeats.admit(
        std::string(name) + '\0' + std::string(message) + '\0' + boost::json::serialize(fields), Repeats::Clock::now());
    if (!admitted) return;
    repeated = *admitted;
  }
  boost::json::object line;
  line.reserve(fields.size() + 4);
  line["time"] = rfc3339(now());
  line["level"] = name;
  line["message"] = message;
  if (repeated > 0) line["repeated"] = repeated;
  for (auto& field : fields) line.emplace(field.key(), std::move(field.value()));  // those above stay as they are
  // Fields may quote what a client sent; the line is JSON all the same.
  logger().log(level, spdlog::string_view_t(repair_utf8(boost::json::serialize(line))));
}

spdlog::level::level_enum spdlog_level(Level level) {
  static constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                         spdlog::level::err, spdlog::level::off};
  return levels[static_cast<std::size_t>(level)];
}

}  // namespace

void start(Level level) { logger().set_level(spdlog_level(level)); }

bool enabled(Level level) { return logger().should_log(spdlog_level(level)); }

Level parse_level(std::string_view text) {
  if (text == "debug") return Level::debug;
  if (text == "warning") return Level::warning;
  if (text == "error") return Level::error;
  if (text == "off") return Level::off;
  return Level::info;
}

void debug(std::string_view message, boost::json::object fields) {
  write(spdlog::level::debug, "debug", message, std::move(fields));
}
void info(std::string_view message, boost::json::object fields) {
  write(spdlog::level::info, "info", message, std::move(fields));
}
void warning(std::string_view message, boost::json::object fields) {
  write(spdlog::level::warn, "warning", message, std::move(fields));
}
void error(std::string_view message, boost::json::object fields) {
  write(spdlog::level::err, "error", message, std::move(fields));
}
void flush() { logger().flush(); }

}  // namespace reelvault::log
