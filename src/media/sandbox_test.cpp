// A decoder that was taken over (tests/media/hostile.py), in every isolation that works here.
#include "media/sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
using Stop = ChildResult::Stop;

class SandboxTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto found = Sandbox::find(GetParam());
    if (!found) GTEST_SKIP() << found.error().detail;
    sandbox_ = *found;
    std::string name = (fs::temp_directory_path() / "sandbox-test-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(name.data()));
    root_ = name;
    fs::create_directories(scratch());
    fs::create_directories(root_ / "other");
    std::ofstream(root_ / "input.bin") << "what it may read";
    std::ofstream(root_ / "other/asset.bin") << "what it may not";
    std::ofstream(root_ / "database.sqlite") << "nor this";
  }
  void TearDown() override {
    if (!root_.empty()) fs::remove_all(root_);
  }
  fs::path scratch() const { return root_ / "scratch"; }

  ChildRequest hostile(std::string_view attempt) {
    boost::json::object targets = {
        {"attempts", boost::json::array{attempt}},
        {"read",
         {(root_ / "other/asset.bin").string(), (root_ / "database.sqlite").string(), "/etc/passwd", "/proc/1/status",
          "/proc/self/status"}},
        {"write", {(root_ / "escaped").string(), "/tmp/../escaped", (root_ / "input.bin").string()}},
        {"process", getpid()}};
    fs::path program = root_ / "hostile";
    fs::copy_file(REELVAULT_SOURCE_DIR "/tests/media/hostile.py", program, fs::copy_options::overwrite_existing);
    std::ofstream(program, std::ios::app) << "\n# " << boost::json::serialize(targets) << "\n";
    ChildRequest request;
    request.argv = {program.string(), "-i", "file:input"};
    request.inputs = {root_ / "input.bin"};
    request.output_dir = scratch();
    request.limits.memory_bytes = 256 << 20;
    request.limits.output_bytes = 16 << 20;
    request.limits.wall = std::chrono::seconds(60);
    return request;
  }

  std::optional<Sandbox> sandbox_;
  fs::path root_;
};

class Confinement : public SandboxTest {};

TEST_P(Confinement, RefusesAndReportsWhatADecoderMustNotDo) {
  if (sandbox_->isolation() == Isolation::off) GTEST_SKIP() << "nothing is confined";
  for (std::string attempt : {"socket", "write", "link", "fork", "ptrace", "signal"}) {
    ChildResult result = sandbox_->run(hostile(attempt));
    EXPECT_THAT(result.error_tail, testing::HasSubstr(attempt + ": refused")) << result.summary();
    EXPECT_EQ(result.exit_code, 1) << attempt;
  }
  EXPECT_FALSE(fs::exists(root_ / "escaped"));
  EXPECT_FALSE(fs::exists("/escaped"));
  EXPECT_FALSE(fs::is_symlink(scratch() / "linked"));
}

TEST_P(Confinement, HidesOtherAssetsTheDatabaseAndTheSystem) {
  if (sandbox_->isolation() == Isolation::off) GTEST_SKIP() << "nothing is confined";
  for (const fs::path& path : {root_ / "other/asset.bin", root_ / "database.sqlite", fs::path("/etc/passwd"),
                               fs::path("/proc/1/status"), fs::path("/proc/self/environ")}) {
    ChildRequest request = hostile("read");
    request.argv = {"dd", "if=" + path.string(), "of=" + (scratch() / "copy").string(), "count=1"};
    ChildResult result = sandbox_->run(request);
    EXPECT_EQ(result.exit_code, 1) << path << result.error_tail;
  }
  ChildResult result = sandbox_->run(hostile("read"));
  EXPECT_THAT(result.error_tail, testing::HasSubstr("read: refused"));
}

TEST_P(SandboxTest, GivesTheInputAndTakesTheOutput) {
  ChildRequest request = hostile("read");
  request.argv = {"dd", "if=" + (root_ / "input.bin").string(), "of=made", "status=none"};
  ChildResult result = sandbox_->run(request);
  ASSERT_TRUE(result.ok()) << result.summary() << result.error_tail;
  std::ifstream made(scratch() / "made");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(made), {}), "what it may read");
  // Whoever the child was, its output belongs to this process afterwards.
  EXPECT_EQ(access((scratch() / "made").c_str(), W_OK), 0);
  fs::remove(scratch() / "made");
}

TEST_P(SandboxTest, GivesNoMoreMemoryThanItsLimit) {
  for (const char* attempt : {"memory", "shared-memory"}) {
    ChildResult result = sandbox_->run(hostile(attempt));
    EXPECT_EQ(result.stop, Stop::memory) << attempt << ": " << result.summary() << result.error_tail;
    EXPECT_LT(result.peak_memory_bytes, 768u << 20) << attempt;
  }
}

TEST_P(SandboxTest, GivesNoMoreDiskThanItsLimit) {
  for (const char* attempt : {"disk", "files"}) {
    ChildResult result = sandbox_->run(hostile(attempt));
    EXPECT_TRUE(result.stop == Stop::output || result.error_tail.contains("File too large"))
        << attempt << ": " << result.summary() << result.error_tail;
    std::uintmax_t total = 0;
    for (auto& entry : fs::directory_iterator(scratch())) total += entry.file_size();
    EXPECT_LT(total, 1u << 30) << attempt;
    fs::remove_all(scratch());
    fs::create_directories(scratch());
  }
}

TEST_P(SandboxTest, EndsWhatRunsForEver) {
  ChildRequest spin = hostile("spin");
  spin.limits.cpu = std::chrono::seconds(1);
  EXPECT_EQ(sandbox_->run(spin).stop, Stop::cpu_time);

  ChildRequest sleep = hostile("sleep");
  sleep.limits.wall = std::chrono::seconds(1);
  EXPECT_EQ(sandbox_->run(sleep).stop, Stop::wall_time);

  ChildRequest chatter = hostile("chatter");
  chatter.limits.stall = std::chrono::seconds(1);
  chatter.on_stdout = [](std::string_view) { return false; };
  EXPECT_EQ(sandbox_->run(chatter).stop, Stop::stalled);
}

TEST_P(SandboxTest, EndsWhatIsCancelled) {
  std::atomic<bool> cancelled = false;
  ChildRequest request = hostile("chatter");
  request.cancelled = &cancelled;
  request.on_stdout = [&](std::string_view) { return cancelled = true; };
  EXPECT_EQ(sandbox_->run(request).stop, Stop::cancelled);
}

TEST_P(SandboxTest, TellsAMissingProgramFromAFailedOne) {
  ChildRequest request = hostile("read");
  request.argv = {"/nonexistent/ffmpeg"};
  EXPECT_EQ(sandbox_->run(request).stop, Stop::not_started);
  request.argv = {"false"};
  ChildResult result = sandbox_->run(request);
  EXPECT_EQ(result.stop, Stop::none);
  EXPECT_EQ(result.exit_code, 1);
}

TEST_P(SandboxTest, KeepsTheEndOfWhatWasPrinted) {
  ChildRequest request = hostile("read");
  request.argv = {"seq", "1", "100000"};
  request.limits.capture_bytes = 1000;
  ChildResult result = sandbox_->run(request);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.output.size(), 1000u);
  request.argv = {"dd", "if=" + std::string(5000, 'x') + "end"};
  EXPECT_THAT(sandbox_->run(request).error_tail, testing::HasSubstr("end"));
}

const auto kName = [](const auto& info) { return std::string(info.param); };
INSTANTIATE_TEST_SUITE_P(, SandboxTest, testing::Values("bubblewrap", "builtin", "off"), kName);
INSTANTIATE_TEST_SUITE_P(, Confinement, testing::Values("bubblewrap", "builtin"), kName);

}  // namespace
}  // namespace reelvault::media
