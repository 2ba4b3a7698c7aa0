// Copies an object from one store to another, or within one, under a new key, in constant memory. What was read is
// hashed, then the copy is read back from its store (a local file past the page cache, where the kernel lets go of it)
// and compared. (What went into a storage class that must be thawed is not read back: there the store has compared each
// part's SHA-256 with what it received.) Durable when it returns; after an error, what it made is gone, or is left to
// the sweep where the store does not answer. Blocks; any thread. The caller holds a lease on the source
// (storage/sweep.hpp).
//
// Errors: not_found when the source is not there; no_space; unavailable when a store does not answer; conflict with a
// type:
//   copy-stopped      `go_on` said no
//   source-damaged    the source's size or checksum is not what was expected, or it changed while it was read
//   copy-damaged      what the store holds is not what was read
//   object-exists     the new key is taken
//   store-unknown     a store is not configured (any more), or knows no storage classes
#pragma once
#include "storage/blob_store.hpp"

#include <functional>

namespace reelvault::storage {

struct Copy {
  Location from;
  std::uint64_t size = 0;             // which the source must have
  std::optional<std::string> sha256;  // 32 raw bytes, which it must hash to
  Location to;                        // a key that is new
  std::filesystem::path scratch;      // a folder for a file on its way to a store that takes whole files only
  std::optional<std::string> storage_class = {};  // of the copy, on S3
};

struct Copied {
  std::uint64_t size = 0;
  std::string sha256;  // 32 raw bytes
  std::uint32_t crc32 = 0;
};

// Asked before each block, with how many bytes were gone through, of how many: those of the reading back count too.
using GoOn = std::function<bool(std::uint64_t done, std::uint64_t total)>;

Result<Copied> copy_object(const Stores& stores, const Copy& copy, const GoOn& go_on = {});

// Reads an object whole: its hashes, and an error as above where it has not `size` bytes. `fresh`: from the disk, where
// the kernel can be asked to let go of what it has in memory.
Result<Copied> hash_object(const Stores::Entry& entry, const std::string& key, std::uint64_t size, bool fresh,
                           const std::function<bool(std::uint64_t done)>& go_on = {});

// The same out of a store, into an empty local file, whose entry in its folder is the caller's to make durable.
Result<Copied> copy_to_file(const Stores& stores, const Location& from, std::uint64_t size,
                            const std::optional<std::string>& sha256, int fd, const std::filesystem::path& path,
                            const GoOn& go_on = {});

}  // namespace reelvault::storage
