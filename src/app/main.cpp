// The program: reelvault serve | worker | migrate | config | user | upload | import | reindex | openapi.
#include "app/application.hpp"
#include "app/commands.hpp"
#include "app/import_command.hpp"
#include "app/upload_command.hpp"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <iostream>

extern char** environ;

using namespace reelvault;

namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text(*entry);
    auto equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string env(const char* name, std::string otherwise = {}) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

void add_sign_in(CLI::App& command, app::SignIn& sign_in) {
  sign_in.server = env("REELVAULT_URL", "http://127.0.0.1:" + env("REELVAULT_HTTP_PORT", "8080"));
  sign_in.api_key = env("REELVAULT_API_KEY");
  sign_in.username = env("REELVAULT_USERNAME", "admin");
  command.add_option("--server", sign_in.server, "The server's address (REELVAULT_URL)")->capture_default_str();
  command
      .add_option("--ca-file", sign_in.ca_file,
                  "Trust this certificate, or those of this authority (PEM), rather than whom this machine trusts")
      ->check(CLI::ExistingFile);
  command.add_option("--api-key", sign_in.api_key,
                     "An API key (better in REELVAULT_API_KEY, where other users do not see it)");
  command
      .add_option("--user", sign_in.username,
                  "Sign in as this user; the password is taken from REELVAULT_PASSWORD or asked for")
      ->capture_default_str();
}

void ask_password(app::SignIn& sign_in) {
  if (!sign_in.api_key.empty()) return;
  sign_in.password = env("REELVAULT_PASSWORD");
  if (sign_in.password.empty()) sign_in.password = app::read_password("Password for " + sign_in.username + ": ");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program{
      "Reelvault: a media asset management server.\n\nEvery setting can be given in reelvault.toml or as an "
      "environment variable; "
      "`reelvault config --print` lists them all."};
  program.require_subcommand(1);
  program.set_version_flag("--version", std::string(app::version_text()));
  std::string config_file;
  program.add_option("--config", config_file,
                     "The configuration file (default: reelvault.toml in the working directory, if there is one)");

  CLI::App* serve = program.add_subcommand(
      "serve",
      "Run the server: HTTP API, web app, and workers that process media.\n"
      "Prints its address and, on the first start, the administrator's password. Ctrl-C finishes what is in "
      "flight and stops.");
  CLI::App* worker = program.add_subcommand(
      "worker",
      "Process media for a server.\n`serve` starts its own; run this on further machines with worker.server_url "
      "and worker.token set. It never opens the database.");
  app::WorkerCommand worker_command;
  worker->add_option("--socket", worker_command.socket, "The server's Unix socket, on the same machine");
  worker->add_option("--slots", worker_command.slots, "Jobs at one time")->check(CLI::Range(1, 256));
  worker->add_option("--id", worker_command.id, "The name under which it shows in the job history");

  CLI::App* migrate = program.add_subcommand(
      "migrate",
      "Bring the database up to this program's schema and say what was done.\n`serve` does it too; run this "
      "before a rolling upgrade. A database newer than the program is refused.");

  CLI::App* config = program.add_subcommand("config", "Show the configuration.");
  bool print = false;
  config->add_flag("--print", print,
                   "Print every setting with its meaning, default and present value as TOML; secrets as ***");

  CLI::App* user = program.add_subcommand(
      "user", "Accounts, for when nobody can sign in. Run it on the server's machine; a running server notices.");
  user->require_subcommand(1);
  app::UserCommand user_command;
  CLI::App* add =
      user->add_subcommand("add", "Make an account. The password is read from the terminal or standard input.");
  add->add_option("username", user_command.username, "The name to sign in with")->required();
  add->add_option("--role", user_command.role, "viewer, editor or admin")
      ->capture_default_str()
      ->check(CLI::IsMember({"viewer", "editor", "admin"}));
  CLI::App* password = user->add_subcommand(
      "password", "Set an account's password and end its sessions. It is read from the terminal or standard input.");
  password->add_option("username", user_command.username, "Whose")->required();

  CLI::App* upload = program.add_subcommand(
      "upload",
      "Upload files in parallel parts, with a progress bar.\nAfter Ctrl-C or a lost connection the same command goes "
      "on where it stopped. Prints each asset's id and path.");
  app::UploadCommand upload_command;
  upload->add_option("files", upload_command.files, "What to upload")->required()->check(CLI::ExistingFile);
  upload->add_option("--to", upload_command.to,
                     "The folder, as /bucket/folder/… (missing folders are made) or its id; by default Uploads");
  add_sign_in(*upload, upload_command.sign_in);
  upload->add_option("--connections", upload_command.connections, "Parts sent at one time")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  upload
      ->add_option("--on-conflict", upload_command.on_conflict,
                   "When the name is taken: fail, rename, or replace (a new version)")
      ->check(CLI::IsMember({"fail", "rename", "replace"}));
  upload->add_flag(
      "--restart", upload_command.restart,
      "Where an upload of yours that was begun earlier holds the name, but the file is another now: cancel "
      "it and begin anew");
  upload->add_flag("--quiet", upload_command.quiet, "No progress bar");

  CLI::App* import = program.add_subcommand(
      "import",
      "Register files that lie in a bucket's store already, where they lie: nothing is copied or uploaded.\n\n"
      "PATH is a folder or a file of that store: an absolute path on the server's machine, a path from here, or, also "
      "for a bucket on S3, a "
      "key below the bucket; . is all of it. Folders become folders of the library; names that are taken there get a "
      "number.\n\n"
      "It can be stopped with Ctrl-C and run again at any time: what is registered and unchanged is skipped, what "
      "changed (by size and time, or "
      "the store's etag) becomes a new version, and what is in the bin stays there. Files and folders whose names "
      "begin with a dot, and "
      "temporary files (.part, .tmp, ~, …), are ignored. Ends with what was registered, refreshed, unchanged, ignored "
      "and failed, with reasons; "
      "the exit code is 1 if anything failed.\n\n"
      "Examples:\n  reelvault import /mnt/media/2024 --bucket media\n  reelvault import . --bucket media "
      "--remove-missing --dry-run");
  app::ImportCommand import_command;
  import->add_option("path", import_command.path, "What to register")->required();
  import->add_option("--bucket", import_command.bucket, "The bucket in whose store it lies")->required();
  import->add_option("--tag", import_command.tags, "A tag for everything that is new; may be given again");
  import->add_flag("--no-processing", import_command.no_processing,
                   "Checksum and properties alone; no pictures or renditions");
  import->add_flag(
      "--remove-missing", import_command.remove_missing,
      "Put assets into the bin whose files are gone from the store (never when the store shows nothing at all)");
  import->add_flag("--dry-run", import_command.dry_run, "Only say what would be done");
  add_sign_in(*import, import_command.sign_in);
  import->add_flag("--quiet", import_command.quiet, "No progress bar");
  CLI::App* reindex = program.add_subcommand(
      "reindex",
      "Build the search index again from what is in the database.\nA running server goes on: searches find what is in "
      "already. If it is ended half-way the server does the rest.");

  CLI::App* openapi = program.add_subcommand("openapi", "Print the API's OpenAPI 3.1 document.");

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    // Of a word that is none it would say that a subcommand is missing.
    if (const auto left = program.remaining(); program.get_subcommands().empty() && !left.empty()) {
      std::cerr << "There is no subcommand " << left.front() << ".\nRun with --help for more information.\n";
      return 2;
    }
    return program.exit(fault) == 0 ? 0 : 2;
  }

  if (*upload) {
    ask_password(upload_command.sign_in);
    return app::run_upload(upload_command);
  }
  if (*import) {
    ask_password(import_command.sign_in);
    return app::run_import(import_command);
  }
  if (*openapi) return app::run_openapi();

  std::optional<std::filesystem::path> file;
  if (!config_file.empty())
    file = config_file;
  else if (std::filesystem::exists("reelvault.toml"))
    file = "reelvault.toml";
  auto loaded = Config::load(file, environment());
  if (!loaded) return app::report(loaded.error());

  if (*config) {
    std::cout << loaded->print();
    return 0;
  }
  if (*serve) return app::run_serve(*loaded, file);
  if (*worker) return app::run_worker(*loaded, worker_command);
  if (*migrate) return app::run_migrate(*loaded);
  if (*reindex) return app::run_reindex(*loaded);
  if (*add) return app::run_user_add(*loaded, user_command);
  if (*password) return app::run_user_password(*loaded, user_command);
  return 2;
}
