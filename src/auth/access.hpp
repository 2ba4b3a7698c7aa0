// One gate for every byte and row: who may do what on which asset. Grants give a user or group read, write or manage
// on a bucket or folder and are inherited down the tree; a nearer grant adds to, never takes from, a farther one. All
// grants live in memory, kept in step after each commit (and through the outbox from other nodes), so a check costs no
// query beyond the asset's own place.
#pragma once
#include "base/error.hpp"
#include "base/principal.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace reelvault::auth {

// The asset's row and those above it, nearest first, the bucket last. Owned here, implemented by catalog.
class ResourceTree {
 public:
  virtual ~ResourceTree() = default;
  // Nothing for an unknown asset, or one that is in the bin itself or below a trashed folder.
  virtual std::optional<std::vector<std::int64_t>> chain(const Uuid& asset) = 0;
  // Whether it is a bucket or folder, which grants can be put on.
  virtual bool is_container(const Uuid& asset) = 0;
  virtual std::string name(const Uuid& container) const = 0;  // empty for an unknown one
};

class AccessControl {
 public:
  virtual ~AccessControl() = default;
  // The highest permission on what `chain` leads to; nothing: may not even know of it. Admins and the system: manage.
  // An API key is held to its scopes.
  virtual std::optional<Permission> highest(const Principal& principal, std::span<const std::int64_t> chain) const = 0;
  // not_found for unknown and unreadable alike, forbidden for readable without `permission`.
  virtual Result<void> require(const Principal& principal, Permission permission, const Uuid& asset) const = 0;
  virtual bool sees_everything(const Principal& principal) const = 0;
  // Rows of assets (folders, buckets) on which the principal has a grant of its own or by a group.
  virtual std::vector<std::int64_t> granted(const Principal& principal) const = 0;
};

}  // namespace reelvault::auth
