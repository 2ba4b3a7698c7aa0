#include "http/body.hpp"

#include "http/content_gone.hpp"

#include <algorithm>
#include <utility>

namespace reelvault::http {

std::unexpected<Error> fail_content_gone(std::string detail) {
  return fail(Code::conflict, "version-gone", "The content is gone from its store.", std::move(detail));
}

std::unexpected<Error> fail_content_changed(std::string detail) {
  return fail(Code::conflict, "version-gone",
              "The content was changed in its store by others; what it was before is gone.", std::move(detail));
}

std::uint64_t segment_length(const Segment& segment) {
  return std::visit([](const auto& part) { return part.length; }, segment);
}

Segment segment_slice(const Segment& segment, std::uint64_t first, std::uint64_t length) {
  return std::visit(
      [&](auto part) -> Segment {
        first = std::min(first, part.length);
        part.offset += first;
        part.length = std::min(length, part.length - first);
        return part;
      },
      segment);
}

namespace {

class OneSegment final : public Source {
 public:
  explicit OneSegment(Segment segment) : segment_(std::move(segment)) {}
  std::uint64_t size() const override { return segment_length(segment_); }
  Result<Segment> segment_at(std::uint64_t offset) override { return segment_slice(segment_, offset, size() - offset); }
  bool inline_ok() const override { return true; }

 private:
  Segment segment_;
};

class Joined final : public Source {
 public:
  explicit Joined(std::vector<Body> parts) : parts_(std::move(parts)) {
    for (const Body& part : parts_) {
      starts_.push_back(size_);
      size_ += part.size();
      inline_ok_ = inline_ok_ && part.inline_ok();
    }
  }
  std::uint64_t size() const override { return size_; }
  Result<Segment> segment_at(std::uint64_t offset) override {
    // The last part that starts at or before `offset` and is not empty holds it.
    auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
    return parts_[index].next(offset - starts_[index]);
  }
  bool inline_ok() const override { return inline_ok_; }

 private:
  std::vector<Body> parts_;
  std::vector<std::uint64_t> starts_;
  std::uint64_t size_ = 0;
  bool inline_ok_ = true;
};

}  // namespace

Body::Body(std::string text) : length_(text.size()) {
  if (length_ == 0) return;
  source_ = std::make_shared<OneSegment>(Bytes{std::make_shared<const std::string>(std::move(text)), 0, length_});
}
Body::Body(FileRange file) : length_(file.length) { source_ = std::make_shared<OneSegment>(std::move(file)); }
Body::Body(Segment segment) : length_(segment_length(segment)) {
  source_ = std::make_shared<OneSegment>(std::move(segment));
}
Body::Body(std::shared_ptr<Source> source) : source_(std::move(source)), length_(source_ ? source_->size() : 0) {}
Body Body::join(std::vector<Body> parts) {
  // Empty parts would share their start with the next one.
  std::erase_if(parts, [](const Body& part) { return part.size() == 0; });
  if (parts.empty()) return {};
  if (parts.size() == 1) return std::move(parts.front());
  return Body(std::make_shared<Joined>(std::move(parts)));
}

Body Body::slice(std::uint64_t first, std::uint64_t length) const {
  Body out = *this;
  first = std::min(first, length_);
  out.first_ += first;
  out.length_ = std::min(length, length_ - first);
  return out;
}

Result<Segment> Body::next(std::uint64_t position) const {
  if (position >= length_) return fail(Code::internal, "", "", "a segment past the end of a body was asked for");
  RV_TRY(Segment segment, source_->segment_at(first_ + position));
  std::uint64_t length = segment_length(segment);
  if (length == 0) return fail(Code::internal, "", "", "a source gave an empty segment");
  if (length > length_ - position) segment = segment_slice(segment, 0, length_ - position);
  return segment;
}

bool Body::inline_ok() const { return !source_ || source_->inline_ok(); }

}  // namespace reelvault::http
