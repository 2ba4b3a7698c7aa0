#include "base/config.hpp"

#include "base/file.hpp"

#include <gtest/gtest.h>

#include <set>

namespace reelvault {
namespace {

namespace fs = std::filesystem;
using Environment = std::map<std::string, std::string>;

class ConfigFile : public testing::Test {
 protected:
  void SetUp() override { path_ = fs::temp_directory_path() / ("reelvault_config_" + hex(random_bytes(8)) + ".toml"); }
  void TearDown() override { fs::remove(path_); }
  Result<Config> load(std::string_view content, const Environment& environment = {}) {
    EXPECT_TRUE(replace_file(path_, content));
    return Config::load(path_, environment);
  }
  std::set<std::string> faults(std::string_view content, const Environment& environment = {}) {
    auto config = load(content, environment);
    std::set<std::string> pointers;
    if (config) return pointers;
    EXPECT_EQ(config.error().code, Code::invalid);
    for (const FieldFault& fault : config.error().faults) {
      pointers.insert(fault.pointer);
      EXPECT_NE(config.error().message.find(fault.pointer + " " + fault.detail), std::string::npos);
    }
    return pointers;
  }
  fs::path path_;
};

TEST(Settings, EveryRowIsSoundAndUnique) {
  std::set<std::string_view> keys;
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    EXPECT_TRUE(setting.sentence.ends_with('.')) << setting.key;
    EXPECT_LT(setting.minimum, setting.maximum) << setting.key;
  }
  EXPECT_EQ(Config::defaults().integer("http.port"), 8080);
  EXPECT_EQ(Config::defaults().integer("http.body_limit_bytes"), 16 << 20);
  EXPECT_EQ(Config::defaults().seconds("upload.idle_s"), std::chrono::hours(7 * 24));
}

TEST_F(ConfigFile, EnvironmentThenFileThenDefault) {
  Config config = load("[http]\nport = 9000\nbind = \"0.0.0.0\"\n", {{"REELVAULT_HTTP_PORT", "9001"}}).value();
  EXPECT_EQ(config.integer("http.port"), 9001);
  EXPECT_EQ(config.text("http.bind"), "0.0.0.0");
  EXPECT_EQ(config.text("admin.username"), "admin");
  EXPECT_EQ(config.data_dir(), "./data");
}

TEST_F(ConfigFile, TakesUnitsAndLists) {
  Config config = load(
                      "http.cors_origins = [\"https://a.example\", \"https://b.example\"]\n"
                      "http.body_limit_bytes = \"2 MiB\"\nupload.idle_s = \"3d\"\njobs.lease_s = 45\n",
                      {{"REELVAULT_WORKER_MEMORY_BYTES", "1GB"}})
                      .value();
  EXPECT_EQ(config.list("http.cors_origins"), (std::vector<std::string>{"https://a.example", "https://b.example"}));
  EXPECT_EQ(config.integer("http.body_limit_bytes"), 2 << 20);
  EXPECT_EQ(config.seconds("upload.idle_s"), std::chrono::hours(72));
  EXPECT_EQ(config.integer("jobs.lease_s"), 45);
  EXPECT_EQ(config.integer("worker.memory_bytes"), 1'000'000'000);
  EXPECT_EQ(load("", {{"REELVAULT_HTTP_CORS_ORIGINS", " https://a.example , ,https://b.example"}})
                ->list("http.cors_origins")
                .size(),
            2u);
}

TEST_F(ConfigFile, EveryFaultIsToldAtOnce) {
  EXPECT_EQ(faults("sandbox = \"maybe\"\ncolour = 1\n[http]\nport = 70000\nbind = 5\nthreads = \"two\"\n"
                   "prot = 1\ncors_origins = [1]\n[data]\ndir = true\n",
                   {{"REELVAULT_JOBS_LEASE_S", "soon"},
                    {"REELVAULT_HTTP_PROT", "1"},
                    {"REELVAULT_LOG_LEVEL", "loud"},
                    {"REELVAULT_TEST_POSTGRES", "anything"},
                    {"REELVAULT_BOOT_ID", "anything"},
                    {"PATH", "/bin"}}),
            (std::set<std::string>{"sandbox", "colour", "http.port", "http.bind", "http.threads", "http.prot",
                                   "http.cors_origins", "data.dir", "REELVAULT_JOBS_LEASE_S", "REELVAULT_HTTP_PROT",
                                   "REELVAULT_LOG_LEVEL"}));
}

TEST_F(ConfigFile, ValuesOutOfRangeOrOverflowingAreFaults) {
  for (std::string_view value : {"-1", "65536", "\"80\"", "80.5", "true", "[80]"}) {
    EXPECT_EQ(faults("http.port = " + std::string(value)), std::set<std::string>{"http.port"}) << value;
  }
  for (std::string_view value : {"\"9999999999TiB\"", "\"12 parsecs\"", "\"\"", "\"MiB\""}) {
    EXPECT_EQ(faults("http.body_limit_bytes = " + std::string(value)), std::set<std::string>{"http.body_limit_bytes"});
  }
}

TEST_F(ConfigFile, AFileThatIsNoTomlNamesTheLine) {
  auto config = load("[http]\nport = \n");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find(path_.string() + ":2"), std::string::npos) << config.error().message;
}

TEST_F(ConfigFile, AFileThatIsNamedMustExist) {
  EXPECT_FALSE(Config::load("/nonexistent/reelvault.toml", {}));
  EXPECT_TRUE(Config::load(std::nullopt, {}));
}

TEST_F(ConfigFile, CertificateAndKeyGoTogether) {
  EXPECT_EQ(faults("http.tls_key = \"key.pem\""), std::set<std::string>{"http.tls_certificate"});
}

TEST_F(ConfigFile, KeepsStoreAndBucketTables) {
  Config config =
      load(
          "[stores.main]\nkind = \"directory\"\nlimit = 5\nmanaged = true\n"
          "[buckets.library]\nstore = \"main\"\ntags = [\"a\", \"b\"]\n[buckets.library.archive]\nstore = \"tape\"\n")
          .value();
  EXPECT_EQ(config.tables("stores").at("main"),
            (std::map<std::string, std::string>{{"kind", "directory"}, {"limit", "5"}, {"managed", "true"}}));
  EXPECT_EQ(config.tables("buckets").at("library").at("archive.store"), "tape");
  EXPECT_EQ(config.tables("buckets").at("library").at("tags"), "a,b");
  EXPECT_TRUE(Config::defaults().tables("stores").empty());
  EXPECT_EQ(faults("stores = 3\n[buckets]\nlibrary = 1\n"), (std::set<std::string>{"stores", "buckets.library"}));
}

TEST_F(ConfigFile, PrintsADocumentThatLoadsToTheSame) {
  Config config = load(
                      "sandbox = \"off\"\nhttp.public_url = \"https://a.example/\\\"\\\\x\"\nhttp.port = 1\n"
                      "upload.idle_s = 90\nhttp.body_limit_bytes = 4097\nhttp.cors_origins = [\"https://a.example\"]\n"
                      "[stores.main]\nkind = \"s3\"\nsecret_key = \"hush\"\n",
                      {{"REELVAULT_ADMIN_PASSWORD", "hush"}, {"REELVAULT_DATABASE_URL", "postgresql://u:hush@h/d"}})
                      .value();
  std::string printed = config.print();
  EXPECT_EQ(printed.find("hush"), std::string::npos);
  EXPECT_NE(printed.find("password = \"***\""), std::string::npos);
  for (const Setting& setting : settings()) EXPECT_NE(printed.find(setting.sentence), std::string::npos);
  // What is hidden cannot be loaded by mistake.
  EXPECT_EQ(faults(printed), (std::set<std::string>{"admin.password", "database.url"}));
  for (std::string hidden : {"password = \"***\"", "url = \"***\""}) {
    printed.replace(printed.find(hidden), hidden.size(), hidden.substr(0, hidden.find('*')) + "\"");
  }
  Config again = load(printed).value();
  for (const Setting& setting : settings()) {
    if (!setting.secret) EXPECT_EQ(again.text(setting.key), config.text(setting.key)) << setting.key;
  }
  EXPECT_EQ(again.tables("stores").at("main").at("kind"), "s3");
}

TEST(ConfigBugs, UnknownKeysEndTheProgram) {
  EXPECT_DEATH(Config::defaults().text("http.prot"), "no setting");
  EXPECT_DEATH(Config::defaults({{"http.port", "x"}}), "must be an integer");
}

}  // namespace
}  // namespace reelvault
