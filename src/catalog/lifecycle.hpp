// The lifecycle is a table: which operation may begin in which status, and where it leads. From it come the checks, the
// 409s, the documentation and the tests. Restored permits whatever Available permits.
#pragma once
#include "base/error.hpp"
#include "catalog/asset.hpp"

#include <span>

namespace reelvault::catalog {

enum class Operation {
  upload,
  cancel_upload,
  assemble,
  content_arrived,
  settle,
  fail,
  fill_placeholder,
  replace,
  register_object,
  update,
  rename,
  move,
  copy,
  clip,
  archive_request,
  archive,
  archive_done,
  archive_failed,
  restore_request,
  restore,
  restore_done,
  restore_failed,
  reprocess,
  trash,
  remove,
  read_media,
  revert,
  transfer_move,
  transfer_copy,
  transfer_end,
  archive_undone,  // archiving failed of what had been restored
};
std::string_view operation_name(Operation operation);  // "replace"

struct Transition {
  Operation operation;
  AssetStatus from;
  AssetStatus to;  // equal to `from`: allowed, and the status stays
};
std::span<const Transition> transitions();

// The status after `operation` began in `status`; conflict that names the present status when the table has no such
// row.
Result<AssetStatus> after(Operation operation, AssetStatus status);
bool allowed(Operation operation, AssetStatus status);
// Whether a content with this window (the end exclusive) is there for those who may only read; forbidden that says
// when.
Result<void> available_now(const std::optional<Timestamp>& from, const std::optional<Timestamp>& until);
// Statuses that something is at work in; after a crash none may stay.
bool passing(AssetStatus status);

}  // namespace reelvault::catalog
