#include "storage/store_config.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "storage/local_store.hpp"

#include <set>

namespace reelvault::storage {
namespace {

namespace fs = std::filesystem;

// One [stores.NAME] table; what is asked for is known, what is left over is a fault.
class Table {
 public:
  Table(const std::string& name, const std::map<std::string, std::string>& values, std::vector<FieldFault>& faults)
      : path_("stores." + name), values_(values), faults_(faults) {}

  std::string optional(const std::string& key, const std::string& otherwise = "") {
    known_.insert(key);
    auto found = values_.find(key);
    return found == values_.end() ? otherwise : found->second;
  }
  std::string required(const std::string& key) {
    std::string value = optional(key);
    if (value.empty()) fault(key, "must be given");
    return value;
  }
  bool boolean(const std::string& key, bool otherwise) {
    const std::string value = optional(key, otherwise ? "true" : "false");
    if (value != "true" && value != "false") fault(key, "must be true or false");
    return value == "true";
  }
  std::string endpoint(const std::string& key, bool needed) {
    const std::string value = needed ? required(key) : optional(key);
    const std::string scheme = lower_ascii(value.substr(0, value.find("://")));
    if (!value.empty() && ((scheme != "http" && scheme != "https") || value.size() < scheme.size() + 4)) {
      fault(key, "must begin with http:// or https://");
    }
    return value;
  }
  void fault(const std::string& key, std::string what) { faults_.push_back({path_ + "." + key, std::move(what)}); }
  void refuse_others() {
    for (const auto& [key, value] : values_) {
      if (!known_.contains(key)) fault(key, "is not a setting");
    }
  }

 private:
  const std::string path_;
  const std::map<std::string, std::string>& values_;
  std::vector<FieldFault>& faults_;
  std::set<std::string> known_;
};

S3Options s3_options(Table& table) {
  S3Options options;
  options.endpoint = table.endpoint("endpoint", true);
  options.public_endpoint = table.endpoint("public_endpoint", false);
  options.region = table.optional("region", "us-east-1");
  options.bucket = table.required("bucket");
  options.prefix = table.optional("prefix");
  options.access_key = table.required("access_key");
  options.secret_key = table.required("secret_key");
  options.path_style = table.boolean("path_style", true);
  if (!options.prefix.empty()) {
    std::string_view prefix = options.prefix;
    if (prefix.ends_with('/')) prefix.remove_suffix(1);
    if (!check_key(prefix)) table.fault("prefix", "must be names joined by slashes");
  }
  return options;
}

fs::path local_root(Table& table, std::set<fs::path>& roots) {
  const std::string given = table.required("root");
  if (given.empty()) return {};
  std::error_code error;
  const fs::path root = fs::canonical(given, error);
  if (error || !fs::is_directory(root, error)) {
    table.fault("root", "is not a folder: " + given);
  } else if (!roots.insert(root).second) {
    table.fault("root", "is another store's already: " + given);
  }
  return root;
}

}  // namespace

Result<Stores> configured_stores(const Config& config) {
  Stores stores;
  std::vector<FieldFault> faults;
  std::set<fs::path> roots;
  const auto direct_bytes = static_cast<std::uint64_t>(config.integer("storage.direct_bytes"));
  const auto& tables = config.tables("stores");
  if (!tables.contains(std::string(default_store))) {
    const fs::path root = fs::absolute(config.data_dir()) / "blobs";
    RV_CHECK(make_directories(root));
    // Made by a start that was cut off before it was synced, perhaps.
    RV_CHECK(sync_directory(root.parent_path()));
    stores.add(std::make_shared<LocalStore>(std::string(default_store), fs::canonical(root), direct_bytes));
    roots.insert(fs::canonical(root));
  }
  for (const auto& [name, values] : tables) {
    Table table(name, values, faults);
    const std::size_t before = faults.size();
    const std::string kind = table.required("kind");
    if (kind == "local") {
      fs::path root = local_root(table, roots);
      if (faults.size() == before) stores.add(std::make_shared<LocalStore>(name, std::move(root), direct_bytes));
    } else if (kind == "s3") {
      S3Options options = s3_options(table);
      if (faults.size() == before) stores.add(s3_store(name, std::move(options)));
    } else if (!kind.empty()) {
      table.fault("kind", "must be one of local|s3");
    }
    if (kind == "local" || kind == "s3") table.refuse_others();
  }
  if (faults.empty()) return stores;
  Error error{Code::invalid, "invalid-configuration", "The configuration is not valid:", {}, {}, {}, 0, {}};
  for (const FieldFault& fault : faults) error.message += "\n  " + fault.pointer + " " + fault.detail;
  error.faults = std::move(faults);
  return fail(std::move(error));
}

}  // namespace reelvault::storage
