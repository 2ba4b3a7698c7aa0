// `reelvault import PATH --bucket NAME`: registers what lies in a bucket's store, through the server's API. It asks the
// server what is new or changed and has that registered, some hundred objects a request; what was registered before
// costs one line of a list. Nothing is kept between runs: the server knows.
#pragma once
#include "app/api_client.hpp"

#include <string>
#include <vector>

namespace reelvault::app {

struct ImportCommand {
  std::string path;    // a folder or file of the store: by an absolute path, or below the bucket
  std::string bucket;  // its name
  SignIn sign_in;
  std::vector<std::string> tags;
  bool no_processing = false;
  bool remove_missing = false;
  bool dry_run = false;
  bool quiet = false;
};

int run_import(const ImportCommand& command);  // the exit code

}  // namespace reelvault::app
