// A bucket of an S3 store, or what lies below a prefix in one. Large files go up in parts, several at a time, each with
// its SHA-256 for the store to check. What is taken for an object's identity is the store's ETag; nothing else is
// derived from it.
#pragma once
#include "storage/left_out.hpp"
#include "storage/s3_client.hpp"
#include "storage/s3_xml.hpp"

namespace reelvault::storage {

class S3Store final : public Store, public DirectPartStore, public ClassStore, public LeftOutStore {
 public:
  S3Store(std::string name, S3Options options);

  const std::string& name() const override { return name_; }
  Result<ObjectInfo> stat(const std::string& key) override;
  Result<void> remove(const std::string& key) override;
  http::Segment segment(const std::string& key, std::uint64_t offset, std::uint64_t length, const ObjectInfo& expected,
                        std::shared_ptr<const void> hold) override;
  Result<std::string> read(const std::string& key, std::uint64_t offset, std::uint64_t length) override;
  Result<std::vector<ListedObject>> list(const std::string& prefix, const std::string& after, int limit) override;
  Result<Found> list_with_left_out(const std::string& prefix, const std::string& after, int limit) override;
  Result<void> adopt(const std::filesystem::path& file, const std::string& key) override {
    return adopt_as(file, key, "");
  }
  std::optional<std::uint64_t> free_bytes() override { return std::nullopt; }

  Result<std::string> begin(const std::string& key, const std::string& content_type) override;
  Result<std::string> part_url(const std::string& key, const std::string& multipart, int number,
                               std::chrono::seconds lifetime) override;
  Result<std::vector<StoredPart>> parts(const std::string& key, const std::string& multipart) override;
  Result<ObjectInfo> finish(const std::string& key, const std::string& multipart, const std::vector<StoredPart>& parts,
                            std::uint64_t size) override;
  Result<void> cancel(const std::string& key, const std::string& multipart) override;
  Result<std::vector<Begun>> begun(const std::optional<Begun>& after, int limit) override;
  Result<std::string> read_url(const std::string& key, std::chrono::seconds lifetime) override;

  Result<void> adopt_as(const std::filesystem::path& file, const std::string& key,
                        const std::string& storage_class) override;
  Result<Readiness> readiness(const std::string& key) override;
  Result<void> thaw(const std::string& key, const std::string& tier, int days) override;

 private:
  // The key in the bucket.
  Result<std::string> full_key(const std::string& key) const;
  Result<std::string> begin_as(const std::string& key, const std::string& content_type,
                               const std::string& storage_class);
  Result<void> put_in_parts(int fd, std::uint64_t size, const std::string& key, const std::string& storage_class);
  Result<std::vector<StoredPart>> send_parts(int fd, std::uint64_t size, const std::string& full,
                                             const std::string& multipart);

  const std::string name_;
  const std::string prefix_;  // empty, or ends in a slash
  const std::shared_ptr<S3Client> client_;
};

}  // namespace reelvault::storage
