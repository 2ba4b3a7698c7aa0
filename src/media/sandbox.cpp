#include "media/sandbox.hpp"

#include "media/child_supervisor.hpp"
#include "media/landlock.hpp"
#include "media/seccomp_filter.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
constexpr const char* kBubblewrap = "/usr/bin/bwrap";

// What programs need of the system beside /usr: how to find libraries, and fonts for documents.
constexpr const char* kSystemPaths[] = {"/etc/ld.so.cache",  "/etc/ld.so.conf", "/etc/ld.so.conf.d",
                                        "/etc/alternatives", "/etc/fonts",      "/var/cache/fontconfig"};
constexpr const char* kRootLinks[] = {"/lib", "/lib32", "/lib64", "/bin", "/sbin"};

bool below(const fs::path& path, const fs::path& directory) {
  auto [end, _] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

std::string program_path(const std::string& name) { return name.starts_with('/') ? name : "/usr/bin/" + name; }

// Where the child's files really lie: a link names nothing inside the sandbox.
struct Places {
  fs::path program;  // as given
  fs::path real_program;
  std::vector<fs::path> inputs;
  fs::path output;
};
Result<Places> places_of(const ChildRequest& request) {
  std::error_code error;
  Places places;
  places.program = program_path(request.argv.at(0));
  places.real_program = fs::canonical(places.program, error);
  if (error) return fail(Code::internal, "sandbox", "A program is missing.", places.program.string());
  for (auto& input : request.inputs) {
    places.inputs.push_back(fs::canonical(input, error));
    if (error) return fail(Code::internal, "sandbox", "The file is not there.", input.string());
  }
  places.output = fs::canonical(request.output_dir, error);
  if (error) return fail(Code::internal, "sandbox", "The scratch folder is not there.", request.output_dir.string());
  return places;
}

std::vector<std::string> bubblewrap_arguments(const ChildRequest& request, const Places& places, int filter_fd) {
  std::vector<std::string> args = {kBubblewrap,     "--unshare-all", "--die-with-parent",
                                   "--new-session", "--cap-drop",    "ALL",
                                   "--ro-bind",     "/usr",          "/usr"};
  auto add = [&](std::initializer_list<std::string> more) { args.insert(args.end(), more); };
  std::error_code error;
  for (const char* path : kRootLinks) {
    if (fs::is_symlink(path, error))
      add({"--symlink", fs::read_symlink(path, error).string(), path});
    else if (fs::is_directory(path, error))
      add({"--ro-bind", path, path});
  }
  for (const char* path : kSystemPaths) add({"--ro-bind-try", path, path});
  add({"--dev", "/dev", "--remount-ro", "/dev", "--size", std::to_string(16 << 20), "--tmpfs", "/tmp"});
  if (!below(places.real_program, "/usr")) add({"--ro-bind", places.real_program, places.program});
  for (auto& input : places.inputs) add({"--ro-bind", input, input});
  add({"--bind", places.output, places.output, "--remount-ro", "/", "--chdir", places.output});
  add({"--seccomp", std::to_string(filter_fd), "--"});
  args.push_back(places.program);
  args.insert(args.end(), request.argv.begin() + 1, request.argv.end());
  return args;
}

Result<UniqueFd> filter_file(const std::vector<sock_filter>& filter) {
  UniqueFd file(memfd_create("filter", MFD_CLOEXEC));
  if (!file) return fail_errno(errno, "memfd_create");
  RV_CHECK(write_all_at(file.get(), std::as_bytes(std::span(filter)), 0));
  return file;
}

LandlockPaths landlock_paths(const Places& places) {
  LandlockPaths paths;
  paths.run_from = {"/usr"};
  for (const char* path : kRootLinks) paths.run_from.emplace_back(path);
  for (const char* path : kSystemPaths) paths.run_from.emplace_back(path);
  paths.run_from.push_back(places.real_program);
  paths.read = places.inputs;
  paths.write = places.output;
  return paths;
}

// Gives a directory and what is in it to another user; links are not followed.
void give_tree(const fs::path& directory, uid_t user, gid_t group) {
  std::error_code error;
  (void)lchown(directory.c_str(), user, group);
  for (auto it = fs::recursive_directory_iterator(directory, error); !error && it != fs::recursive_directory_iterator();
       it.increment(error))
    (void)lchown(it->path().c_str(), user, group);
}

ChildResult not_started(const Error& error) {
  ChildResult result;
  result.stop = ChildResult::Stop::not_started;
  result.error_tail = error.detail;
  return result;
}

// A child that must be able to write where it should, and nowhere else: the trial of an isolation.
struct Trial {
  fs::path directory;
  Trial() {
    std::string name = (fs::temp_directory_path() / "reelvault-trial-XXXXXX").string();
    if (mkdtemp(name.data())) directory = name;
  }
  ~Trial() {
    std::error_code error;
    if (!directory.empty()) fs::remove_all(directory, error);
  }
  std::string run(const Sandbox& sandbox) const {  // empty: it works
    std::error_code error;
    fs::path mine = directory / "mine", outside = directory / "outside";
    fs::create_directories(mine, error);
    if (error) return "no temporary directory";
    ChildRequest request;
    request.output_dir = mine;
    request.limits.wall = std::chrono::seconds(20);
    // dd needs no other process, which none may start.
    request.argv = {"dd", "if=/dev/zero", "of=" + (mine / "made").string(), "bs=1", "count=1", "status=none"};
    ChildResult inside = sandbox.run(request);
    if (!inside.ok() || !fs::exists(mine / "made")) return inside.summary() + ": " + inside.error_tail;
    request.argv[2] = "of=" + outside.string();
    sandbox.run(request);
    return fs::exists(outside) ? "it did not keep a child from writing elsewhere" : "";
  }
};

}  // namespace

std::string_view isolation_name(Isolation isolation) {
  switch (isolation) {
    case Isolation::bubblewrap: return "bubblewrap";
    case Isolation::builtin: return "builtin";
    case Isolation::off: return "off";
  }
  return "off";
}

std::string_view stop_name(ChildResult::Stop stop) {
  using Stop = ChildResult::Stop;
  switch (stop) {
    case Stop::none: return "none";
    case Stop::not_started: return "not-started";
    case Stop::cancelled: return "cancelled";
    case Stop::wall_time: return "wall-time";
    case Stop::cpu_time: return "cpu-time";
    case Stop::stalled: return "stalled";
    case Stop::memory: return "memory";
    case Stop::output: return "output";
    case Stop::threads: return "threads";
    case Stop::disk: return "disk";
  }
  return "none";
}

std::string ChildResult::summary() const {
  if (stop != Stop::none) return fmt::format("stopped ({})", stop_name(stop));
  if (signal) return fmt::format("ended by signal {} ({})", signal, strsignal(signal));
  return fmt::format("exit code {}", exit_code);
}

Result<Sandbox> Sandbox::find(std::string_view wanted) {
  Sandbox candidate;
  if (wanted == "off") return candidate;
  Trial trial;
  std::string reasons;
  if (wanted == "auto" || wanted == "bubblewrap") {
    candidate.isolation_ = Isolation::bubblewrap;
    std::string reason = access(kBubblewrap, X_OK) == 0 ? trial.run(candidate) : "it is not installed";
    if (reason.empty()) return candidate;
    reasons += "bubblewrap: " + reason + ". ";
  }
  if (wanted == "auto" || wanted == "builtin") {
    candidate.isolation_ = Isolation::builtin;
    candidate.landlock_abi_ = landlock_abi();
    std::string reason = "this kernel has no Landlock";
    // A container's root may lack the right to become another user; Landlock and the filter hold without it.
    for (bool change : {true, false}) {
      if (candidate.landlock_abi_ == 0 || (change && geteuid() != 0)) continue;
      candidate.change_user_ = change;
      reason = trial.run(candidate);
      if (reason.empty()) return candidate;
    }
    reasons += "builtin: " + reason + ". ";
  }
  return fail(Code::unavailable, "no-sandbox",
              "Programs that read media cannot be isolated on this machine. Install bubblewrap and allow user "
              "namespaces, or use a kernel with Landlock; sandbox = \"off\" runs them unprotected.",
              reasons);
}

std::string Sandbox::description() const {
  switch (isolation_) {
    case Isolation::bubblewrap: return "bubblewrap: own namespaces, no network, seccomp, limits";
    case Isolation::builtin:
      return fmt::format("built-in: Landlock {}, seccomp without network and new processes{}, limits", landlock_abi_,
                         change_user_ ? ", user nobody" : "");
    case Isolation::off: return "off: limits only, decoders run unprotected";
  }
  return {};
}

ChildResult Sandbox::run(const ChildRequest& request) const {
  auto places = places_of(request);
  if (!places) return not_started(places.error());
  Launch launch;
  launch.argv = request.argv;
  launch.argv[0] = places->program;
  launch.environment = request.environment;
  launch.directory = places->output;
  launch.limits = request.limits;

  std::vector<sock_filter> filter;
  UniqueFd kept;  // until the child has started
  if (isolation_ != Isolation::off) {
    auto made = decoder_filter();
    if (!made) return not_started(made.error());
    filter = std::move(*made);
  }
  if (isolation_ == Isolation::bubblewrap) {
    auto file = filter_file(filter);
    if (!file) return not_started(file.error());
    kept = std::move(*file);
    launch.keep_fd = kept.get();
    launch.argv = bubblewrap_arguments(request, *places, kept.get());
    // What bubblewrap starts waits for it for ever when it is killed too early for --die-with-parent.
    launch.own_processes = true;
  } else if (isolation_ == Isolation::builtin) {
    auto ruleset = landlock_ruleset(landlock_abi_, landlock_paths(*places));
    if (!ruleset) return not_started(ruleset.error());
    kept = std::move(*ruleset);
    launch.landlock_fd = kept.get();
    launch.filter = filter;
    launch.change_user = change_user_;
  }

  if (launch.change_user) give_tree(places->output, kNobody, kNobody);
  auto started = start_child(launch);
  ChildResult result = started ? supervise(std::move(*started), request, isolation_ == Isolation::bubblewrap)
                               : not_started(started.error());
  if (launch.change_user) give_tree(places->output, geteuid(), getegid());
  return result;
}

}  // namespace reelvault::media
