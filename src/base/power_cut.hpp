// For tests: the disk of tests/crash/powercut, which forgets at a power cut what was not synced.
// REELVAULT_TEST_POWERCUT is the folder that holds its `disk` and `backing`; tests/crash/powercut/test_storage.py sets
// it.
#pragma once
#include "base/file.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault {

class PowerCutDisk {
 public:
  // Nothing where the test is to be skipped.
  static std::optional<PowerCutDisk> find() {
    const char* folder = std::getenv("REELVAULT_TEST_POWERCUT");
    if (folder == nullptr) return std::nullopt;
    return PowerCutDisk(folder);
  }
  std::filesystem::path path() const { return folder_ / "disk"; }
  // What was not synced is gone; whoever had files open has closed them before. Whether the disk did so.
  bool cut() const { return command("cut"); }
  bool command(std::string line) const {  // one of those in tests/crash/powercut/README.md
    line += '\n';
    const UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (folder_ / "backing/control").c_str(), sizeof address.sun_path - 1);
    if (::connect(connection.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
    if (::write(connection.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) return false;
    char answer[200] = "";
    return ::read(connection.get(), answer, sizeof answer - 1) > 0 && std::string_view(answer) == "ok\n";
  }

 private:
  explicit PowerCutDisk(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace reelvault
