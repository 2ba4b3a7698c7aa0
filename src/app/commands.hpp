// The subcommands that need the configuration. Each gives the program's exit code.
#pragma once
#include "base/config.hpp"
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace reelvault::app {

struct WorkerCommand {
  std::string socket;
  int slots = 1;
  std::string id;
};
struct UserCommand {
  std::string username;
  std::string role = "editor";
};

std::string_view version_text();
int report(const Error& error);                        // on standard error, every fault; gives 1
std::string read_password(const std::string& prompt);  // without echo on a terminal; else one line

int run_serve(const Config& config, const std::optional<std::filesystem::path>& config_file);
int run_worker(const Config& config, const WorkerCommand& command);
int run_migrate(const Config& config);
int run_user_add(const Config& config, const UserCommand& command);
int run_user_password(const Config& config, const UserCommand& command);
int run_reindex(const Config& config);
int run_openapi();

}  // namespace reelvault::app
