// A body is data: a sequence of segments, made lazily. http/ alone turns segments into socket writes (files by
// sendfile, in constant memory). Ranges, HEAD, Content-Length and resuming follow from slicing, once, for originals,
// renditions, playlists and ZIP archives alike.
#pragma once
#include "base/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reelvault::http {

struct Bytes {
  std::shared_ptr<const std::string> data;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// A range of a local file. It is opened when its turn comes; where `expected_size` or `expected_mtime_ns` (0: not
// checked) differ from what is found, the connection is broken rather than wrong bytes sent.
struct FileRange {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t expected_size = 0;
  std::int64_t expected_mtime_ns = 0;
  std::shared_ptr<const void> hold;  // kept while it is sent, e.g. a lease that keeps the sweep away
};

// A range of something remote (an object in S3), read in blocks on the lane for outside calls.
struct RemoteRange {
  // Reads up to `length` bytes at `offset`; called in order on a pool thread.
  std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)> read;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

using Segment = std::variant<Bytes, FileRange, RemoteRange>;
std::uint64_t segment_length(const Segment& segment);
// Bytes [first, first + length) of a segment, within it.
Segment segment_slice(const Segment& segment, std::uint64_t first, std::uint64_t length);

// Random access to a sequence of segments whose total size is known, e.g. a ZIP archive that is never stored.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::uint64_t size() const = 0;
  // The rest of the segment that holds byte `offset` < size(), from `offset` on. May block (called on a pool thread,
  // except for sources with inline_ok()).
  virtual Result<Segment> segment_at(std::uint64_t offset) = 0;
  virtual bool inline_ok() const { return false; }
};

class Body {
 public:
  Body() = default;  // empty
  explicit Body(std::string text);
  explicit Body(FileRange file);
  explicit Body(Segment segment);
  explicit Body(std::shared_ptr<Source> source);
  static Body join(std::vector<Body> parts);  // one after another, e.g. the parts of multipart/byteranges

  std::uint64_t size() const { return length_; }
  Body slice(std::uint64_t first, std::uint64_t length) const;  // shares the source
  Result<Segment> next(std::uint64_t position) const;           // from `position` within this body
  bool inline_ok() const;

 private:
  std::shared_ptr<Source> source_;
  std::uint64_t first_ = 0;
  std::uint64_t length_ = 0;
};

// The mirror image: where the bytes of a streamed request body go. Calls come in order, one at a time, on a pool
// thread; exactly one of finish and abort is the last.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<void> write(std::string_view block) = 0;  // an error ends the request with it
  virtual void abort() = 0;                                // the connection broke, or a limit was passed
};

}  // namespace reelvault::http
