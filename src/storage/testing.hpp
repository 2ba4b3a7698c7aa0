// For tests alone: stores in memory that keep the same contract as the real ones (store_contract_test.cpp), and can be
// told to fail.
#pragma once
#include "base/hash.hpp"
#include "base/uuid.hpp"
#include "storage/blob_store.hpp"
#include "storage/s3_client.hpp"

#include <map>
#include <mutex>

namespace reelvault::storage {

class MemoryStore : public Store {
 public:
  explicit MemoryStore(std::string name) : name_(std::move(name)) {}

  // The next call of `operation` ("stat", "remove", "read", "list", "adopt", "allocate", "write", "sync", "finish",
  // …) fails with this; several queue up.
  void fail_next(const std::string& operation, Error error) {
    std::scoped_lock lock(mutex_);
    failures_[operation].push_back(std::move(error));
  }
  // Runs at the start of each remove, and may throw, as a program that is killed there ends.
  std::function<void(const std::string& key)> before_remove, after_remove;

  const std::string& name() const override { return name_; }
  Result<ObjectInfo> stat(const std::string& key) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("stat", key));
    auto found = objects_.find(key);
    if (found == objects_.end()) return fail_not_found("object");
    return found->second.info();
  }
  Result<void> remove(const std::string& key) override {
    if (before_remove) before_remove(key);
    {
      std::scoped_lock lock(mutex_);
      RV_CHECK(enter("remove", key));
      objects_.erase(key);
    }
    if (after_remove) after_remove(key);
    return {};
  }
  http::Segment segment(const std::string& key, std::uint64_t offset, std::uint64_t length, const ObjectInfo&,
                        std::shared_ptr<const void>) override {
    std::scoped_lock lock(mutex_);
    auto found = objects_.find(key);
    return http::Bytes{std::make_shared<std::string>(found == objects_.end() ? "" : found->second.bytes), offset,
                       length};
  }
  Result<std::string> read(const std::string& key, std::uint64_t offset, std::uint64_t length) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("read", key));
    auto found = objects_.find(key);
    if (found == objects_.end()) return fail_not_found("object");
    if (offset >= found->second.bytes.size()) return std::string();
    return found->second.bytes.substr(offset, length);
  }
  Result<std::vector<ListedObject>> list(const std::string& prefix, const std::string& after, int limit) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("list"));
    std::vector<ListedObject> listed;
    for (auto it = objects_.upper_bound(after); it != objects_.end() && std::cmp_less(listed.size(), limit); ++it) {
      if (it->first.starts_with(prefix)) listed.push_back({it->first, it->second.info()});
    }
    return listed;
  }
  Result<void> adopt(const std::filesystem::path& file, const std::string& key) override {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(Code::internal, "", "", "opening " + file.string());
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("adopt", key));
    put(key, std::move(bytes));
    std::filesystem::remove(file);
    return {};
  }
  std::optional<std::uint64_t> free_bytes() override { return std::nullopt; }

 protected:
  struct Object {
    std::string bytes;
    std::int64_t mtime_ns = 0;
    ObjectInfo info() const { return {bytes.size(), mtime_ns, md5_of(bytes)}; }
    static std::string md5_of(const std::string& bytes) { return hex(md5(bytes_of(bytes))); }
  };
  // Under the lock: the key is good, and nothing is to fail.
  Result<void> enter(const std::string& operation, const std::string& key = "key") {
    auto queue = failures_.find(operation);
    if (queue != failures_.end() && !queue->second.empty()) {
      Error error = std::move(queue->second.front());
      queue->second.pop_front();
      return fail(std::move(error));
    }
    return check_key(key);
  }
  void put(const std::string& key, std::string bytes) {
    objects_[key] = {std::move(bytes), unix_ms(now()) * 1'000'000};
  }

  const std::string name_;
  std::mutex mutex_;
  std::map<std::string, Object> objects_;
  std::map<std::string, std::deque<Error>> failures_;
};

class MemoryPartStore : public MemoryStore, public PartStore {
 public:
  using MemoryStore::MemoryStore;

  Result<void> allocate(const std::string& key, std::uint64_t size) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("allocate", key));
    if (objects_.contains(key)) return fail(Code::conflict, "object-exists", "The object is there already.");
    put(key, std::string(size, '\0'));
    return {};
  }
  Result<std::unique_ptr<PartWriter>> write_part(const std::string& key, std::uint64_t offset,
                                                 std::uint64_t length) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("write_part", key));
    RV_CHECK(usable(key));
    return std::make_unique<Writer>(*this, key, offset, length);
  }
  Result<PartWriter::Written> hash_part(const std::string& key, std::uint64_t offset, std::uint64_t length) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("hash_part", key));
    auto found = objects_.find(key);
    if (found == objects_.end() || offset + length > found->second.bytes.size()) return fail_not_found("part");
    return hashed(std::string_view(found->second.bytes).substr(offset, length));
  }
  Result<void> sync(const std::string& key) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(usable(key));
    auto synced = enter("sync", key);
    if (!synced) broken_.emplace(key, synced.error());
    return synced;
  }
  void close(const std::string& key) override {
    std::scoped_lock lock(mutex_);
    broken_.erase(key);
  }
  void tidy(std::chrono::seconds) override {}
  std::filesystem::path path(const std::string&) const override { return {}; }

 private:
  class Writer final : public PartWriter {
   public:
    Writer(MemoryPartStore& store, std::string key, std::uint64_t offset, std::uint64_t length)
        : store_(store), key_(std::move(key)), offset_(offset), length_(length) {}
    Result<void> write(std::string_view block) override {
      if (block.size() > length_ - written_.size()) return fail(Code::invalid, "wrong-part-length", "Too long.");
      std::scoped_lock lock(store_.mutex_);
      RV_CHECK(store_.enter("write"));
      RV_CHECK(store_.usable(key_));
      std::string& bytes = store_.objects_[key_].bytes;
      const std::size_t at = offset_ + written_.size();
      if (bytes.size() < at + block.size()) bytes.resize(at + block.size());
      bytes.replace(at, block.size(), block);
      written_ += block;
      return {};
    }
    Result<Written> finish() override {
      if (written_.size() != length_) return fail(Code::invalid, "wrong-part-length", "Too short.");
      return hashed(written_);
    }

   private:
    MemoryPartStore& store_;
    const std::string key_;
    const std::uint64_t offset_, length_;
    std::string written_;
  };
  static PartWriter::Written hashed(std::string_view bytes) {
    Digest digest(Digest::Kind::xxh3_128);
    digest.update(bytes_of(bytes));
    return {bytes.size(), hex(digest.finish()), crc32(bytes_of(bytes))};
  }
  Result<void> usable(const std::string& key) {
    if (auto broken = broken_.find(key); broken != broken_.end()) return fail(broken->second);
    if (!objects_.contains(key)) return fail_not_found("object");
    return {};
  }

  std::map<std::string, Error> broken_;
};

class MemoryDirectStore final : public MemoryStore, public DirectPartStore {
 public:
  using MemoryStore::MemoryStore;

  // What a client's PUT to a part's URL does.
  Result<std::string> put_part(const std::string& url, const std::string& bytes) {
    std::scoped_lock lock(mutex_);
    auto part = urls_.find(url);
    if (part == urls_.end()) return fail(Code::forbidden, "forbidden", "The signature does not match.");
    auto open = open_.find(part->second.first);
    if (open == open_.end()) return fail_not_found("upload");
    open->second.parts[part->second.second] = bytes;
    return Object::md5_of(bytes);
  }

  Result<std::string> begin(const std::string& key, const std::string&) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("begin", key));
    std::string id = random_token();
    open_[id].key = key;
    return id;
  }
  Result<std::string> part_url(const std::string& key, const std::string& multipart, int number,
                               std::chrono::seconds) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("part_url", key));
    std::string url =
        "memory://" + name_ + "/" + key + "?partNumber=" + std::to_string(number) + "&uploadId=" + multipart;
    urls_[url] = {multipart, number};
    return url;
  }
  Result<std::vector<StoredPart>> parts(const std::string& key, const std::string& multipart) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("parts", key));
    auto open = open_.find(multipart);
    if (open == open_.end()) return fail_not_found("upload");
    std::vector<StoredPart> listed;
    for (const auto& [number, bytes] : open->second.parts) {
      listed.push_back({number, Object::md5_of(bytes), bytes.size()});
    }
    return listed;
  }
  Result<ObjectInfo> finish(const std::string& key, const std::string& multipart, const std::vector<StoredPart>& parts,
                            std::uint64_t size) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("finish", key));
    auto open = open_.find(multipart);
    if (open == open_.end()) {
      auto object = objects_.find(key);
      if (object != objects_.end() && object->second.bytes.size() == size) return object->second.info();
      return fail_not_found("upload");
    }
    std::string whole;
    for (const StoredPart& part : parts) {
      auto found = open->second.parts.find(part.number);
      if (found == open->second.parts.end() || Object::md5_of(found->second) != part.etag) {
        return fail(Code::conflict, "invalid-part", "A part is missing or another.");
      }
      whole += found->second;
    }
    if (whole.size() != size) return fail(Code::conflict, "wrong-size", "The parts are not as long as the file.");
    put(key, std::move(whole));
    open_.erase(open);
    return objects_[key].info();
  }
  Result<void> cancel(const std::string& key, const std::string& multipart) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("cancel", key));
    open_.erase(multipart);
    return {};
  }
  Result<std::vector<Begun>> begun(const std::optional<Begun>& after, int limit) override {
    std::scoped_lock lock(mutex_);
    RV_CHECK(enter("begun"));
    std::map<std::pair<std::string, std::string>, Timestamp> sorted;
    for (const auto& [id, open] : open_) sorted[{open.key, id}] = open.at;
    std::vector<Begun> found;
    auto it = after ? sorted.upper_bound({after->key, after->multipart}) : sorted.begin();
    for (; it != sorted.end() && std::cmp_less(found.size(), limit); ++it)
      found.push_back({it->first.first, it->first.second, it->second});
    return found;
  }
  // As if that much time had passed since it was begun, or stored.
  void age(std::chrono::seconds by) {
    std::scoped_lock lock(mutex_);
    for (auto& [id, open] : open_) open.at -= by;
    for (auto& [key, object] : objects_) object.mtime_ns -= std::chrono::nanoseconds(by).count();
  }
  Result<std::string> read_url(const std::string& key, std::chrono::seconds) override {
    return "memory://" + name_ + "/" + key;
  }

 private:
  struct Open {
    std::string key;
    std::map<int, std::string> parts = {};
    Timestamp at = now();
  };
  std::map<std::string, Open> open_;
  std::map<std::string, std::pair<std::string, int>> urls_;
};

// The store at REELVAULT_TEST_S3, as ../shared/services/s3-server starts one, below a prefix of its own.
inline std::shared_ptr<Store> test_s3(const std::string& name) {
  const char* endpoint = std::getenv("REELVAULT_TEST_S3");
  if (endpoint == nullptr) return nullptr;
  S3Options options;
  options.endpoint = endpoint;
  options.region = "us-east-1";
  options.bucket = "reelvault-test";
  options.prefix = Uuid::v7().text();
  options.access_key = "test:tester";
  options.secret_key = "testing";
  auto made = S3Client(options).send({.method = "PUT", .key = ""});
  if (!made) throw std::runtime_error(made.error().detail);
  return s3_store(name, options);
}

}  // namespace reelvault::storage
