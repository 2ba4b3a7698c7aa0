// The composition root: who is made of what, in which order it starts, and in which it stops. Nothing includes it but
// main.
#pragma once
#include "base/config.hpp"
#include "base/error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace reelvault::app {

class Application {
 public:
  // Opens the database, migrates, and starts everything that `serve` runs. `first_admin` is told the password of the
  // administrator that was made just now at random: it is written nowhere else.
  static Result<std::unique_ptr<Application>> start(const Config& config, const std::string& program_path,
                                                    const std::optional<std::filesystem::path>& config_file,
                                                    const std::function<void(const std::string&)>& first_admin);
  ~Application();  // finishes what is in flight and stops

  std::string address() const;  // "http://127.0.0.1:8080"

 private:
  struct Parts;
  explicit Application(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The OpenAPI document of the program, without a server or a database that outlives the call.
Result<std::string> openapi_document();

}  // namespace reelvault::app
