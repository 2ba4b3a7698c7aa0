#include "storage/s3_read.hpp"

#include "http/content_gone.hpp"

namespace reelvault::storage {
namespace {

constexpr std::uint64_t kErrorBytes = 64 << 10;  // room for an <Error> where a small range was asked for
constexpr std::uint64_t kLargestWindow = 4 << 20;

// A request costs tens of milliseconds however little it fetches: the first one fetches what is asked for, so that the
// first byte comes soon, and each further one in order twice as much.
class ReadAhead {
 public:
  ReadAhead(std::shared_ptr<S3Client> client, std::string key, ObjectInfo expected, std::uint64_t end,
            std::shared_ptr<const void> hold)
      : client_(std::move(client)),
        key_(std::move(key)),
        expected_(std::move(expected)),
        end_(end),
        hold_(std::move(hold)) {}

  Result<std::string> read(std::uint64_t offset, std::uint64_t length) {
    std::scoped_lock lock(mutex_);
    length = std::min(length, offset < end_ ? end_ - offset : 0);
    const bool held = offset >= start_ && offset < start_ + window_.size();
    if (!held && length > 0) RV_CHECK(fetch(offset, length));
    const std::uint64_t at = offset - start_;
    if (at == 0 && window_.size() <= length) {
      start_ += window_.size();  // where reading in order goes on
      return std::exchange(window_, {});
    }
    std::string block = window_.substr(at, length);
    if (at + block.size() == window_.size()) {
      start_ += window_.size();
      window_.clear();
    }
    return block;
  }

 private:
  Result<void> fetch(std::uint64_t offset, std::uint64_t length) {
    const bool in_order = offset == start_ && size_ > 0;
    size_ = std::max(length, in_order ? std::min(size_ * 2, kLargestWindow) : 0);
    auto got = read_object(*client_, key_, offset, std::min(size_, end_ - offset), expected_.etag);
    if (!got && got.error().code == Code::not_found) return http::fail_content_gone(got.error().detail);
    if (!got && got.error().type == "object-changed") return http::fail_content_changed(got.error().detail);
    RV_TRY(window_, std::move(got));
    start_ = offset;
    if (window_.empty()) return http::fail_content_changed(key_ + " ends before its size");
    return {};
  }

  const std::shared_ptr<S3Client> client_;
  const std::string key_;
  const ObjectInfo expected_;
  const std::uint64_t end_;
  const std::shared_ptr<const void> hold_;
  std::mutex mutex_;  // slices of one segment share this
  std::string window_;
  std::uint64_t start_ = 0;  // of the window in the object
  std::uint64_t size_ = 0;   // of the last fetch
};

}  // namespace

Result<std::string> read_object(S3Client& client, const std::string& full_key, std::uint64_t offset,
                                std::uint64_t length, const std::string& etag) {
  if (length == 0) return std::string();
  S3Request request{.method = "GET", .key = full_key, .answer_limit = length + kErrorBytes};
  request.headers["range"] = fmt::format("bytes={}-{}", offset, offset + length - 1);
  if (!etag.empty()) request.headers["if-match"] = "\"" + etag + "\"";
  RV_TRY(S3Response response, client.send(request));
  if (response.status == 416) return std::string();
  if (!response.good()) return fail(s3_error(response, "reading " + full_key));
  if (response.body.size() > length || (response.status != 206 && offset != 0)) {
    return fail(Code::unavailable, "store-unavailable", "The object store does not answer ranges.", full_key);
  }
  return std::move(response.body);
}

std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)> read_ahead(
    std::shared_ptr<S3Client> client, std::string full_key, const ObjectInfo& expected, std::uint64_t end,
    std::shared_ptr<const void> hold) {
  auto reader = std::make_shared<ReadAhead>(std::move(client), std::move(full_key), expected, end, std::move(hold));
  return [reader](std::uint64_t offset, std::uint64_t length) { return reader->read(offset, length); };
}

}  // namespace reelvault::storage
