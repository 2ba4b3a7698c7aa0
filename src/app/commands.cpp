#include "app/commands.hpp"

#include "app/application.hpp"
#include "app/rooms.hpp"
#include "auth/user_commands.hpp"
#include "base/log.hpp"
#include "db/migrate.hpp"
#include "jobs/worker.hpp"
#include "media/steps.hpp"
#include "search/index.hpp"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

namespace reelvault::app {

namespace {

std::string own_path() {
  std::error_code fault;
  auto path = std::filesystem::read_symlink("/proc/self/exe", fault);
  return fault ? std::string("reelvault") : path.string();
}

// Blocks the signals that end the program, for every thread started from now on, so that one thread can wait for them.
sigset_t block_ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return set;
}

}  // namespace

std::string_view version_text() { return version(); }

int report(const Error& error) {
  // Clients are not told more than that it did not go; whoever stands at the machine is told what.
  if (error.type == "internal" && !error.detail.empty()) {
    std::cerr << "reelvault: " << error.detail << "\n";
    return 1;
  }
  std::cerr << "reelvault: " << error.message << "\n";
  for (const FieldFault& fault : error.faults) {
    const std::string words = fault.pointer + " " + fault.detail;
    if (!error.message.contains(words)) std::cerr << "  " << words << "\n";
  }
  if (!error.detail.empty() && error.detail != error.message) std::cerr << "  (" << error.detail << ")\n";
  return 1;
}

std::string read_password(const std::string& prompt) {
  std::string line;
  termios before{};
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    std::cerr << prompt << std::flush;
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::cerr << "\n";
  }
  return line;
}

int run_serve(const Config& config, const std::optional<std::filesystem::path>& config_file) {
  log::start(log::parse_level(config.text("log.level")));
  sigset_t ending = block_ending_signals();
  // At once: whatever else keeps the server from starting, nobody could be told later.
  auto first_admin = [&](const std::string& password) {
    std::cout << "Sign in as " << config.text("admin.username") << " with the password " << password
              << "\n(shown this once; change it under your name, or with `reelvault user password`)" << std::endl;
  };
  auto application = Application::start(config, own_path(), config_file, first_admin);
  if (!application) return report(application.error());
  std::cout << "Reelvault is at " << (*application)->address() << "\nCtrl-C stops it." << std::endl;
  int signal = 0;
  ::sigwait(&ending, &signal);
  // A second signal does not wait for what is in flight.
  std::thread([ending] {
    int again = 0;
    ::sigwait(&ending, &again);
    ::_exit(130);
  }).detach();
  application->reset();
  return 0;
}

int run_worker(const Config& config, const WorkerCommand& command) {
  log::start(log::parse_level(config.text("log.level")));
  sigset_t ending = block_ending_signals();
  jobs::WorkerOptions options;
  options.unix_socket = command.socket;
  options.server_url = config.text("worker.server_url");
  options.token = config.text("worker.token");
  options.ca_file = config.text("worker.ca_file");
  options.slots = command.slots;
  options.worker_id = command.id;
  if (options.unix_socket.empty() && options.server_url.empty())
    return report(Error{Code::invalid,
                        "configuration",
                        "A worker needs --socket, or worker.server_url and worker.token.",
                        {},
                        {},
                        {},
                        0,
                        {}});
  // No decoder runs unprotected unless the operator said so.
  auto isolation = media::isolation(config);
  if (!isolation) return report(isolation.error());
  log::info("worker starts", {{"isolation", *isolation}});
  options.isolation = *isolation;
  std::atomic<bool> stop = false;
  std::thread([&stop, ending] {
    int signal = 0;
    ::sigwait(&ending, &signal);
    stop = true;
  }).detach();
  jobs::Worker(std::move(options), media::steps(config)).run(stop);
  log::flush();
  // The detached thread still refers to `stop`.
  ::_exit(0);
}

int run_migrate(const Config& config) {
  auto database = open_database(config);
  if (!database) return report(database.error());
  auto done = db::migrate(**database);
  if (!done) return report(done.error());
  if (done->from == done->to)
    std::cout << "The database is up to date (migration " << done->to << ").\n";
  else
    std::cout << "Migrated from " << done->from << " to " << done->to << ".\n";
  return 0;
}

namespace {

template <class F>
int with_accounts(const Config& config, F fn) {
  auto database = open_database(config);
  if (!database) return report(database.error());
  if (auto migrated = db::migrate(**database); !migrated) return report(migrated.error());
  auto done = fn(**database);
  return done ? 0 : report(done.error());
}

}  // namespace

int run_user_add(const Config& config, const UserCommand& command) {
  std::string password = read_password("Password for " + command.username + ": ");
  // The API makes users without one, who sign in elsewhere; here it is a pipe that gave nothing.
  if (password.empty()) {
    std::cerr << "No password was given.\n";
    return 1;
  }
  return with_accounts(config, [&](db::Database& database) {
    Role role = command.role == "admin" ? Role::admin : command.role == "editor" ? Role::editor : Role::viewer;
    return auth::add_user(database, {.username = command.username, .password = password, .role = role});
  });
}

int run_user_password(const Config& config, const UserCommand& command) {
  std::string password = read_password("New password for " + command.username + ": ");
  return with_accounts(
      config, [&](db::Database& database) { return auth::set_password(database, command.username, password); });
}

int run_reindex(const Config& config) {
  auto database = open_database(config);
  if (!database) return report(database.error());
  if (auto migrated = db::migrate(**database); !migrated) return report(migrated.error());
  search::Index index(**database);
  if (auto begun = index.begin_rebuild(); !begun) return report(begun.error());
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  while (true) {
    auto progress = index.rebuild_some();
    if (!progress) return report(progress.error());
    if (progress->done) break;
    if (terminal && progress->newest > 0)
      std::cerr << fmt::format("\r{:3}%", progress->row * 100 / progress->newest) << std::flush;
  }
  if (auto tidied = index.tidy(std::chrono::minutes(10)); !tidied) return report(tidied.error());
  if (terminal) std::cerr << "\r";
  std::cout << "The search index is rebuilt.\n";
  return 0;
}

int run_openapi() {
  auto document = openapi_document();
  if (!document) return report(document.error());
  std::cout << *document << "\n";
  return 0;
}

}  // namespace reelvault::app
