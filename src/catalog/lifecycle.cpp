#include "catalog/lifecycle.hpp"

namespace reelvault::catalog {

using enum AssetStatus;

namespace {

// Restored rows are made from Available ones below, so that the two cannot drift apart.
constexpr std::array base_transitions = std::to_array<Transition>({
    {Operation::cancel_upload, uploading, uploading},
    {Operation::assemble, uploading, assembling},
    {Operation::assemble, slug_replaced, assembling},
    {Operation::assemble, error, assembling},
    {Operation::content_arrived, uploading, creating},
    {Operation::content_arrived, assembling, creating},
    {Operation::content_arrived, slug_replaced, creating},
    {Operation::content_arrived, error, creating},
    {Operation::content_arrived, registering, creating},
    {Operation::content_arrived, clipping, creating},
    {Operation::fail, uploading, error},
    {Operation::fail, assembling, error},
    {Operation::fail, creating, error},
    {Operation::fail, registering, error},
    {Operation::fail, clipping, error},
    {Operation::fail, copying, error},
    {Operation::fail, slug_replaced, error},
    {Operation::settle, creating, available},
    {Operation::settle, replacing, available},
    {Operation::settle, error, available},
    {Operation::settle, available, available},
    {Operation::settle, pending_archive, pending_archive},
    {Operation::settle, archiving, archiving},
    {Operation::settle, archived, archived},
    {Operation::settle, pending_restore, pending_restore},
    {Operation::settle, restoring, restoring},
    {Operation::settle, renaming, renaming},
    {Operation::settle, moving, moving},
    {Operation::settle, copying, copying},
    {Operation::settle, deleting, deleting},
    {Operation::fill_placeholder, uploading, slug_replaced},
    {Operation::fill_placeholder, placeholder, uploading},
    {Operation::replace, available, replacing},
    {Operation::replace, error, creating},
    {Operation::replace, creating, creating},
    {Operation::replace, replacing, replacing},
    {Operation::replace, registering, registering},
    {Operation::replace, slug_replaced, slug_replaced},
    {Operation::update, available, available},
    {Operation::update, creating, creating},
    {Operation::update, replacing, replacing},
    {Operation::update, placeholder, placeholder},
    {Operation::update, archived, archived},
    {Operation::update, pending_archive, pending_archive},
    {Operation::update, pending_restore, pending_restore},
    {Operation::update, archiving, archiving},
    {Operation::update, restoring, restoring},
    {Operation::update, uploading, uploading},
    {Operation::update, assembling, assembling},
    {Operation::update, error, error},
    {Operation::update, registering, registering},
    {Operation::update, slug_replaced, slug_replaced},
    {Operation::move, available, available},
    {Operation::move, creating, creating},
    {Operation::move, replacing, replacing},
    {Operation::move, placeholder, placeholder},
    {Operation::move, archived, archived},
    {Operation::move, error, error},
    {Operation::move, registering, registering},
    {Operation::move, slug_replaced, slug_replaced},
    {Operation::copy, available, available},
    {Operation::copy, archived, archived},
    {Operation::copy, error, error},
    {Operation::copy, creating, creating},
    {Operation::copy, replacing, replacing},
    {Operation::copy, updating, updating},
    {Operation::copy, placeholder, placeholder},
    {Operation::clip, available, available},
    {Operation::archive_request, available, pending_archive},
    {Operation::archive, pending_archive, archiving},
    {Operation::archive_done, archiving, archived},
    {Operation::archive_failed, archiving, available},
    {Operation::archive_failed, pending_archive, available},
    {Operation::archive_undone, archiving, restored},
    {Operation::archive_undone, pending_archive, restored},
    {Operation::restore_request, archived, pending_restore},
    {Operation::restore, pending_restore, restoring},
    {Operation::restore_done, restoring, restored},
    {Operation::restore_failed, restoring, archived},
    {Operation::restore_failed, pending_restore, archived},
    // What is there already stays served while it is made anew.
    {Operation::reprocess, available, updating},
    {Operation::reprocess, updating, updating},
    {Operation::reprocess, error, creating},
    {Operation::settle, updating, available},
    {Operation::fail, updating, error},
    {Operation::update, updating, updating},
    {Operation::move, updating, updating},
    {Operation::trash, updating, updating},
    {Operation::read_media, updating, updating},
    {Operation::replace, updating, replacing},
    {Operation::trash, available, available},
    {Operation::trash, creating, creating},
    {Operation::trash, replacing, replacing},
    {Operation::trash, placeholder, placeholder},
    {Operation::trash, archived, archived},
    {Operation::trash, error, error},
    {Operation::trash, registering, registering},
    {Operation::trash, slug_replaced, slug_replaced},
    {Operation::revert, available, available},
    {Operation::revert, error, available},
    // Bytes on their way to another store; they are served from where they were until then.
    // The object of a managed bucket gets the key that goes with its asset's name.
    {Operation::rename, available, renaming},
    {Operation::transfer_end, renaming, available},
    {Operation::read_media, renaming, renaming},
    {Operation::transfer_move, available, moving},
    {Operation::transfer_copy, available, copying},
    {Operation::transfer_end, moving, available},
    {Operation::transfer_end, copying, available},
    {Operation::read_media, moving, moving},
    {Operation::read_media, copying, copying},
    {Operation::update, moving, moving},
    {Operation::update, copying, copying},
    // Whatever is at work on it finds it gone, and stops.
    {Operation::remove, available, deleting},
    {Operation::remove, uploading, deleting},
    {Operation::remove, registering, deleting},
    {Operation::remove, assembling, deleting},
    {Operation::remove, slug_replaced, deleting},
    {Operation::remove, creating, deleting},
    {Operation::remove, updating, deleting},
    {Operation::remove, clipping, deleting},
    {Operation::remove, copying, deleting},
    {Operation::remove, moving, deleting},
    {Operation::remove, renaming, deleting},
    {Operation::remove, replacing, deleting},
    {Operation::remove, placeholder, deleting},
    {Operation::remove, pending_archive, deleting},
    {Operation::remove, archiving, deleting},
    {Operation::remove, archived, deleting},
    {Operation::remove, pending_restore, deleting},
    {Operation::remove, restoring, deleting},
    {Operation::remove, error, deleting},
    {Operation::remove, deleting, deleting},
    {Operation::read_media, available, available},
    {Operation::read_media, creating, creating},
    {Operation::read_media, replacing, replacing},
    {Operation::read_media, error, error},
    {Operation::read_media, registering, registering},
    {Operation::read_media, slug_replaced, slug_replaced},
    {Operation::read_media, pending_archive, pending_archive},
    {Operation::read_media, archiving, archiving},
});

const std::vector<Transition>& table() {
  static const std::vector<Transition> all = [] {
    std::vector<Transition> out(base_transitions.begin(), base_transitions.end());
    for (const Transition& row : base_transitions)
      if (row.from == available) out.push_back({row.operation, restored, row.to == available ? restored : row.to});
    return out;
  }();
  return all;
}

}  // namespace

std::string_view operation_name(Operation operation) {
  static constexpr std::array<std::string_view, 31> names{
      "upload",        "cancel-upload",  "assemble",         "content-arrived",
      "settle",        "fail",           "fill-placeholder", "replace",
      "register",      "update",         "rename",           "move",
      "copy",          "clip",           "archive-request",  "archive",
      "archive-done",  "archive-failed", "restore-request",  "restore",
      "restore-done",  "restore-failed", "reprocess",        "trash",
      "delete",        "read-media",     "revert",           "transfer-move",
      "transfer-copy", "transfer-end",   "archive-failed"};
  return names[static_cast<std::size_t>(operation)];
}

namespace {
// "it cannot be … now"
std::string_view done_to(Operation operation) {
  switch (operation) {
    case Operation::upload:
    case Operation::fill_placeholder: return "uploaded to";
    case Operation::replace: return "replaced";
    case Operation::register_object: return "registered";
    case Operation::update: return "changed";
    case Operation::rename: return "renamed";
    case Operation::move:
    case Operation::transfer_move: return "moved";
    case Operation::copy:
    case Operation::transfer_copy: return "copied";
    case Operation::clip: return "cut";
    case Operation::archive_request: return "archived";
    case Operation::restore_request: return "restored";
    case Operation::reprocess: return "processed again";
    case Operation::trash: return "put into the bin";
    case Operation::remove: return "deleted";
    case Operation::read_media: return "played or downloaded";
    case Operation::revert: return "brought back to an earlier version";
    default: return {};
  }
}
}  // namespace

std::span<const Transition> transitions() { return table(); }

Result<AssetStatus> after(Operation operation, AssetStatus status) {
  for (const Transition& row : table())
    if (row.operation == operation && row.from == status) return row.to;
  Error error{Code::conflict, "asset-status", {}, {}, {}, {}, 0, {}};
  const bool needs_content = operation == Operation::read_media || operation == Operation::clip ||
                             operation == Operation::reprocess || operation == Operation::replace;
  if (needs_content && (status == archived || status == pending_restore || status == restoring)) {
    error.type = "asset-archived";
    error.message = status == archived
                        ? "The asset is Archived: restore it first."
                        : fmt::format("The asset is {}: its content is in the archive still.", status_name(status));
  } else {
    const std::string_view done = done_to(operation);
    error.message = done.empty() ? fmt::format("The asset is {}: this is not possible now ({}).", status_name(status),
                                               operation_name(operation))
                                 : fmt::format("The asset is {}: it cannot be {} now.", status_name(status), done);
  }
  error.extra["assetStatus"] = static_cast<std::int64_t>(status);
  error.extra["assetStatusName"] = boost::json::string(status_name(status));
  return fail(std::move(error));
}

bool allowed(Operation operation, AssetStatus status) { return after(operation, status).has_value(); }

bool passing(AssetStatus status) {
  switch (status) {
    case available:
    case archived:
    case placeholder:
    case restored:
    case error: return false;
    default: return true;
  }
}

Result<void> available_now(const std::optional<Timestamp>& from, const std::optional<Timestamp>& until) {
  const Timestamp at = now();
  if (from && at < *from)
    return fail(Code::forbidden, "not-available-now",
                fmt::format("The content will be available from {}.", rfc3339(*from)));
  if (until && at >= *until)
    return fail(Code::forbidden, "not-available-now",
                fmt::format("The content was available until {}.", rfc3339(*until)));
  return {};
}

}  // namespace reelvault::catalog
