// Logs: one JSON object a line on standard error. Fields are given as pairs; secrets never go in.
//   log::info("upload complete", {{"uploadId", id.text()}, {"bytes", size}});
// Of warnings and errors that are the same in every field one is written in ten seconds (base/repeats.hpp); the next
// says in `repeated` how many were not.
#pragma once
#include <boost/json.hpp>

#include <string_view>

namespace reelvault::log {

enum class Level { debug, info, warning, error, off };
void start(Level level);                   // once, in main; before it, `info` and up are printed
Level parse_level(std::string_view text);  // unknown: info
bool enabled(Level level);                 // whether a line of that level would be printed
void debug(std::string_view message, boost::json::object fields = {});
void info(std::string_view message, boost::json::object fields = {});
void warning(std::string_view message, boost::json::object fields = {});
void error(std::string_view message, boost::json::object fields = {});
void flush();

}  // namespace reelvault::log
