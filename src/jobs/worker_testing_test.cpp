#include "jobs/worker_testing.hpp"
#include "base/log.hpp"
#include "jobs/supervisor.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstring>
#include <fstream>
#include <iostream>

extern char** environ;

namespace reelvault::jobs {
namespace {

namespace fs = std::filesystem;

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value ? std::string(value->as_string()) : "";
}

std::expected<boost::json::object, Failure> test_step(StepContext& context) {
  const std::string act = text_of(context.payload, "do");
  if (const std::string begun = text_of(context.payload, "begun"); !begun.empty()) std::ofstream(begun) << getpid();
  if (const auto* progress = context.payload.if_contains("progress")) context.progress(progress->to_number<double>());
  context.log("the step " + act);
  boost::json::object result{{"did", act}};
  if (act == "fail") {
    return std::unexpected(
        Failure{.code = "test-failure", .message = "It failed.", .detail = "why", .permanent = true});
  }
  if (act == "throw") throw std::runtime_error("a bug");
  if (act == "crash") {
    const std::string once = text_of(context.payload, "once");
    if (!fs::exists(once)) {
      std::ofstream(once) << "x";
      raise(SIGKILL);
    }
  }
  if (act == "wait") {
    while (!fs::exists(text_of(context.payload, "for"))) {
      if (context.cancelled) return std::unexpected(Failure{.code = "stopped", .message = "Stopped."});
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  if (act == "write") {
    boost::json::array files;
    for (const auto& [name, size] : context.payload.at("files").as_object()) {
      const fs::path path = context.scratch / std::string(name);
      fs::create_directories(path.parent_path());
      std::ofstream(path) << std::string(size.to_number<std::size_t>(), 'x');
      files.push_back(boost::json::object{{"path", name}});
    }
    std::ofstream(context.scratch / "temporary") << "not for the server";
    result["files"] = std::move(files);
  }
  if (act == "copy") {
    fs::copy_file(text_of(context.input, "path"), context.scratch / "copy");
    for (int i = 0; auto& part : context.input["inputs"].as_array()) {
      fs::copy_file(text_of(part.as_object(), "path"), context.scratch / fmt::format("copy{}", ++i));
    }
    result["files"] = boost::json::array{boost::json::object{{"path", "copy"}}, boost::json::object{{"path", "copy1"}}};
  }
  return result;
}

}  // namespace

std::map<std::string, Step> test_steps() {
  std::map<std::string, Step> steps;
  for (const char* type : {"a", "b", "c"}) steps[type] = test_step;
  return steps;
}

std::optional<int> run_as_child(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::map<std::string, std::string> named;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i].starts_with("--")) named[words[i].substr(2)] = words[i + 1];
  }
  if (!words.empty() && words[0] == "worker") {
    static std::atomic<bool> stop = false;
    signal(SIGTERM, [](int) { stop = true; });
    if (std::getenv("REELVAULT_WORKER_TOKEN")) return 9;  // it must not get secrets
    Worker({.unix_socket = named["socket"], .worker_id = named["id"]}, test_steps()).run(stop);
    return 0;
  }
  if (!words.empty() && words[0] == "supervise") {
    auto started = Supervisor::start({.program = "/proc/self/exe", .socket = named["socket"], .count = 2});
    if (!started) return 1;
    while ((*started)->pids().size() < 2) usleep(1000);
    for (const int pid : (*started)->pids()) std::cout << pid << std::endl;
    pause();
    return 0;
  }
  return std::nullopt;
}

bool process_lives(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(file, text)) return false;
  const auto end = text.rfind(')');
  return end != std::string::npos && text.size() > end + 2 && text[end + 2] != 'Z' && text[end + 2] != 'X';
}

void WithServer::SetUp() {
  WithEngine::SetUp();
  if (IsSkipped()) return;
  folder_ = fs::temp_directory_path() / ("rvw-" + Uuid::v7().text().substr(24));
  fs::create_directories(folder_);
  socket_ = folder_ / "s";
  options_.lease = std::chrono::milliseconds(1200);
  engine_.reset();
  engine_ = make_engine();
  engine().start();
  serve();
}

void WithServer::TearDown() {
  if (!IsSkipped()) {
    engine().stop();
    stop_serving();
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  WithEngine::TearDown();
}

void WithServer::serve() {
  table_ = std::make_unique<http::RouteTable>();
  add_worker_routes(*table_, engine(), workers_);
  http::ServerOptions options;
  options.threads = 1;
  options.port = port_;
  options.shutdown_grace = std::chrono::seconds(2);
  auto remote = http::Server::start(options, *table_, gate_, nullptr, nullptr);
  ASSERT_TRUE(remote) << remote.error().message;
  remote_ = std::move(*remote);
  port_ = remote_->port();
  options.unix_socket = socket_.string();
  auto local = http::Server::start(options, *table_, gate_, nullptr, nullptr);
  ASSERT_TRUE(local) << local.error().message;
  local_ = std::move(*local);
}

void WithServer::stop_serving() {
  for (auto* server : {&local_, &remote_}) {
    if (*server) (*server)->stop();
    server->reset();
  }
}

WorkerOptions WithServer::on_socket(int slots) {
  return {.unix_socket = socket_.string(), .slots = slots, .stop_grace = std::chrono::milliseconds(10000)};
}

WorkerOptions WithServer::on_port(std::string token) {
  return {.server_url = fmt::format("http://127.0.0.1:{}/", port_),
          .token = std::move(token),
          .scratch = folder_ / "elsewhere"};
}

WithServer::InProcess::InProcess(const fs::path& socket, const std::string& id) {
  std::vector<std::string> words{"/proc/self/exe", "worker", "--socket", socket.string(), "--id", id};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    execve(arguments[0], arguments.data(), environ);
    _exit(127);
  }
}

WithServer::InProcess::~InProcess() { kill(); }

void WithServer::InProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool WithServer::wait_for_marker(std::string_view name) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!fs::exists(marker(name))) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace reelvault::jobs

int main(int argc, char** argv) {
  if (auto code = reelvault::jobs::run_as_child(argc, argv)) return *code;
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
