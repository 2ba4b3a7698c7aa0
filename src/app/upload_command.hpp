// `reelvault upload FILE… --to FOLDER`: a client with a progress bar and parallel parts, which resumes after Ctrl-C or
// a lost connection from the parts that the server has confirmed.
#pragma once
#include "app/api_client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::app {

struct UploadCommand {
  std::vector<std::string> files;
  std::string to;  // "/bucket/folder/…" or an id; missing folders are made
  SignIn sign_in;
  int connections = 4;
  std::string on_conflict;  // "", "rename", "replace"
  bool restart = false;     // cancels uploads of one's own that hold the name but are of another file
  bool quiet = false;
};

int run_upload(const UploadCommand& command);  // the exit code

}  // namespace reelvault::app
