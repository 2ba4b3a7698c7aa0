#include "catalog/tree_actions.hpp"

#include "base/text.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

std::optional<Uuid> user_of(const Principal& by) { return by.user_row != 0 ? std::optional(by.user_id) : std::nullopt; }

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string();
}

// An id among the arguments, or what is wrong with it.
std::optional<Uuid> id_argument(const json::object& arguments, std::string_view name, bool required,
                                std::vector<FieldFault>& faults) {
  const json::value* value = arguments.if_contains(name);
  const std::string pointer = "/" + std::string(name);
  if (!value || value->is_null()) {
    if (required) faults.push_back({pointer, "is required"});
    return std::nullopt;
  }
  auto id = value->is_string() ? Uuid::parse(std::string_view(value->get_string())) : std::nullopt;
  if (!id) faults.push_back({pointer, "must be a UUID"});
  return id;
}

void check_on_conflict(const json::object& arguments, bool replaces, std::vector<FieldFault>& faults) {
  const json::value* value = arguments.if_contains("onConflict");
  if (!value || value->is_null()) return;
  const bool known = value->is_string() && (value->get_string() == "rename" || value->get_string().empty() ||
                                            (replaces && value->get_string() == "replace"));
  if (!known)
    faults.push_back(
        {"/onConflict", replaces ? "must be \"rename\", \"replace\", or left out" : "must be \"rename\", or left out"});
}

// Moves are made one after the other on all nodes: two of folders that cross would make a cycle that neither sees.
void one_move_at_a_time(db::Transaction& tx) {
  if (tx.kind() == db::Kind::postgres)
    tx.execute("select pg_advisory_xact_lock(hashtextextended('reelvault move ' || current_schema(), 0))");
}

}  // namespace

void TreeActions::declare(BatchService& batches) {
  auto to_folder = [this](db::Transaction& tx, const BatchCall& call, std::vector<FieldFault>& faults) -> Result<void> {
    check_on_conflict(call.arguments, true, faults);
    auto parent = id_argument(call.arguments, "parentId", true, faults);
    if (!faults.empty()) return {};
    RV_CHECK(destination(tx, call.by, *parent));
    return {};
  };
  batches.add({.name = "Move",
               .route = "move",
               .summary = "Move to another folder",
               .reach = BatchAction::Reach::named,
               .takes_below = true,
               .check = to_folder,
               .guard = one_move_at_a_time,
               .act = [this](db::Transaction& tx, const BatchCall& call, BatchAction::Step& step) {
                 return move(tx, call, step);
               }});
  batches.add({.name = "Copy",
               .route = "copy",
               .summary = "Copy into another folder",
               .reach = BatchAction::Reach::all_below,
               .permission = Permission::read,
               .check = to_folder,
               .act = [this](db::Transaction& tx, const BatchCall& call, BatchAction::Step& step) {
                 return copy(tx, call, step, false);
               }});
  batches.add({.name = "Duplicate",
               .route = "duplicate",
               .summary = "Copy into the same folder, under another name",
               .reach = BatchAction::Reach::all_below,
               .act = [this](db::Transaction& tx, const BatchCall& call, BatchAction::Step& step) {
                 return copy(tx, call, step, true);
               }});
  batches.add({.name = "Trash",
               .summary = "Put into the bin",
               .reach = BatchAction::Reach::named,
               .takes_below = true,
               .act = [this](db::Transaction& tx, const BatchCall& call, BatchAction::Step& step) -> Result<Made> {
                 RV_CHECK(assets_.trash(tx, call.by, step.asset));
                 return std::nullopt;
               }});
  batches.add(
      {.name = "Undelete",
       .route = "undelete",
       .summary = "Take out of the bin",
       .reach = BatchAction::Reach::named,
       .takes_below = true,
       .where = BatchAction::Where::bin,
       .check = [this](db::Transaction& tx, const BatchCall& call, std::vector<FieldFault>& faults) -> Result<void> {
         check_on_conflict(call.arguments, false, faults);
         auto parent = id_argument(call.arguments, "parentId", false, faults);
         if (parent && faults.empty()) RV_CHECK(destination(tx, call.by, *parent));
         return {};
       },
       .guard = one_move_at_a_time,
       .act = [this](db::Transaction& tx, const BatchCall& call,
                     BatchAction::Step& step) { return undelete(tx, call, step); }});
  batches.add({.name = "Delete",
               .summary = "Remove for good, with what had been put into the bin from below it",
               .reach = BatchAction::Reach::all_below_up,
               .where = BatchAction::Where::both,
               .begin = [this](db::Transaction& tx, const BatchCall& call, Asset& target) -> Result<void> {
                 if (target.status == AssetStatus::deleting) return {};
                 return assets_.transit(tx, target, Operation::remove, call.by, "deletion began");
               },
               .give_up =
                   [this](db::Transaction& tx, const BatchCall&, Asset& folder) {
                     if (folder.status != AssetStatus::deleting) return;
                     assets_.repository().set_status(tx, folder, AssetStatus::available);
                     assets_.changed(tx, folder, "delete-failed");
                   },
               .act = [this](db::Transaction& tx, const BatchCall& call,
                             BatchAction::Step& step) { return remove(tx, call, step); }});
  batches.add({.name = "Index",
               .route = "index",
               .summary = "Index in search again",
               .reach = BatchAction::Reach::files_below,
               .act = [this](db::Transaction& tx, const BatchCall&, BatchAction::Step& step) -> Result<Made> {
                 assets_.index(tx, step.asset);
                 return std::nullopt;
               }});
}

Result<Asset> TreeActions::destination(db::Transaction& tx, const Principal& by, const Uuid& id) {
  auto folder = assets_.repository().find(tx, id);
  auto chain = folder ? assets_.tree().chain_of(*folder) : std::nullopt;
  auto highest = chain ? assets_.access().highest(by, *chain) : std::nullopt;
  if (!highest) return fail_not_found("folder");
  if (*highest < Permission::write)
    return fail(Code::forbidden, "forbidden", "You have no write permission on the folder to go to.");
  RV_CHECK(assets_.can_hold(*folder));
  return std::move(*folder);
}

Result<TreeActions::Made> TreeActions::move(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step) {
  AssetRepository& repository = assets_.repository();
  Asset& asset = step.asset;
  if (!asset.folder_like())
    RV_CHECK(after(Operation::move, asset.status));
  else if (asset.status == AssetStatus::deleting)
    return fail(Code::conflict, "asset-status", "The folder is being deleted.");
  RV_TRY(Asset parent, destination(tx, call.by, *Uuid::parse(text_of(call.arguments, "parentId"))));
  if (parent.row == asset.parent_row) return std::nullopt;
  const auto above = repository.ancestors(tx, parent.row);
  if (asset.folder_like() && std::ranges::find(above, asset.row) != above.end())
    return fail(Code::conflict, "into-itself", "A folder cannot be moved into itself or below.");
  const bool deeper = asset.folder_like() && above.size() >= repository.ancestors(tx, asset.row).size();
  RV_CHECK(assets_.check_depth(above.size() + (deeper ? assets_.tree().levels(asset.row) - 1 : 0)));
  if (text_of(call.arguments, "onConflict") == "replace") {
    RV_TRY(Made replaced, replace(tx, call, step, parent));
    if (replaced) {
      RV_CHECK(assets_.trash(tx, call.by, asset));
      return replaced;
    }
  }
  RV_TRY(const std::string name,
         assets_.claim_name(tx, call.by, parent.row, asset.name, text_of(call.arguments, "onConflict")));
  const std::string from = assets_.json(asset).path;
  auto old_parent = repository.find_row(tx, asset.parent_row);
  repository.reparent(tx, asset, parent.row, name, user_of(call.by));
  repository.add_history(tx, {.asset_row = asset.row,
                              .asset_id = asset.id,
                              .user_id = user_of(call.by),
                              .username = call.by.username,
                              .operation = "move",
                              .from = asset.status,
                              .to = asset.status,
                              .reason = fmt::format("from {} to {}", from, assets_.json(parent).path)});
  // Only between stores do bytes move.
  const auto was = old_parent ? assets_.place_of(tx, *old_parent) : std::nullopt, is = assets_.place_of(tx, parent);
  if (was && is && was->store != is->store) RV_CHECK(bring(tx, call, step, asset, true));
  if (old_parent) assets_.tell_left(tx, asset, *old_parent);
  RV_TRY(const auto job, assets_.tell_placed(tx, asset, call.by, Operation::move));
  if (job) step.jobs.push_back(*job);
  assets_.changed(tx, asset, "move");
  return std::nullopt;
}

Result<TreeActions::Made> TreeActions::copy(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step,
                                            bool beside) {
  AssetRepository& repository = assets_.repository();
  const Asset& from = step.asset;
  if (!from.folder_like()) RV_CHECK(after(Operation::copy, from.status));
  if (!from.folder_like() && from.version == 0 && from.status != AssetStatus::placeholder)
    return fail(Code::conflict, "no-content", "The asset has no content yet that could be copied.");
  if (!from.folder_like()) RV_CHECK(assets_.content_open_to(call.by, from));
  Asset parent;
  if (step.new_parent) {
    auto made = repository.find_row(tx, *step.new_parent);
    if (!made || made->deleted_at)
      return fail(Code::conflict, "parent-gone", "The folder that it was to go into is gone.");
    parent = std::move(*made);
  } else if (beside) {
    auto own = repository.find_row(tx, from.parent_row);
    auto chain = own ? assets_.tree().chain_of(*own) : std::nullopt;
    if (!chain) return fail_not_found("folder");
    // Whether or not it may be read: that there is one is known of what may be.
    if (assets_.access().highest(call.by, *chain).value_or(Permission::read) < Permission::write)
      return fail(Code::forbidden, "forbidden", "You have no write permission on the folder that it lies in.");
    RV_CHECK(assets_.can_hold(*own));
    parent = std::move(*own);
  } else {
    RV_TRY(parent, destination(tx, call.by, *Uuid::parse(text_of(call.arguments, "parentId"))));
  }
  RV_CHECK(assets_.check_depth(repository.ancestors(tx, parent.row).size()));
  const std::string on_conflict = beside || step.new_parent ? "rename" : text_of(call.arguments, "onConflict");
  if (on_conflict == "replace") {
    RV_TRY(Made replaced, replace(tx, call, step, parent));
    if (replaced) return replaced;
  }
  RV_TRY(const std::string name, assets_.claim_name(tx, call.by, parent.row, from.name, on_conflict));
  Asset to = from;
  to.id = Uuid::v7();
  to.parent_row = parent.row;
  to.name = name;
  to.source_key.reset();
  to.collections_json = "[]";  // whoever put the other into a collection meant that one
  to.version = 0;
  to.thumbnail_path.reset();
  to.preview_path.reset();
  to.stream_path.reset();
  to.deleted_at.reset();
  to.revision = 1;
  to.created_at = to.modified_at = now();
  to.created_by = to.modified_by = user_of(call.by);
  if (from.folder_like()) to.type = AssetType::folder;  // a bucket's copy is a folder
  // Of what is being replaced or made anew the copy has what is served, and is not at work itself.
  if (from.status != AssetStatus::archived && from.status != AssetStatus::error &&
      from.status != AssetStatus::placeholder)
    to.status = AssetStatus::available;
  to.row = repository.insert(tx, to);
  repository.add_history(tx, first_history(to, call.by.username, "copy", "copy of " + from.id.text()));
  if (!from.folder_like()) {
    RV_CHECK(copy_content(tx, from, to, call.by));
    step.lasting = passing(to.status);
    RV_CHECK(bring(tx, call, step, to, false));
  }
  assets_.changed(tx, to, "create");
  return BatchAction::Made{to.row, to.id};
}

// The content that is served becomes a new version of the file that has the name in `parent`, with all that was made of
// it. Nothing where no file has it: whether the name is free, and that folders do not replace, is found out as ever.
Result<TreeActions::Made> TreeActions::replace(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step,
                                               const Asset& parent) {
  const Asset& from = step.asset;
  auto holder = assets_.repository().child(tx, parent.row, from.name);
  if (!holder || holder->row == from.row || holder->folder_like() || from.folder_like()) return std::nullopt;
  RV_TRY(Asset to, assets_.lock_permitted(tx, call.by, holder->id, Permission::write));
  RV_CHECK(after(Operation::replace, to.status));
  RV_CHECK(after(Operation::revert, to.status));  // nothing newer is on its way into it
  RV_CHECK(after(Operation::read_media, from.status));
  RV_CHECK(after(Operation::trash, from.status));  // a move takes it away
  auto version = VersionRepository{}.find(tx, from.row, from.version);
  auto blob = version ? blobs_.find(tx, version->blob_row) : std::nullopt;
  if (!blob || !version->settled || version->error || blob->state == storage::BlobState::overwritten)
    return fail(
        Code::conflict, "version-unusable",
        fmt::format("The content of \"{}\" cannot replace another: it is still being processed, or is not usable.",
                    from.name));
  const std::int64_t number = content_.clone_version(tx, *version, to.row, call.by);
  RV_CHECK(assets_.transit(tx, to, Operation::replace, call.by, "the content of " + from.id.text()));
  RV_CHECK(content_.settle(tx, to.row, number, {}));
  auto fresh = assets_.repository().find_row(tx, to.row);
  if (!fresh) return fail_not_found();
  RV_CHECK(bring(tx, call, step, *fresh, false));
  return BatchAction::Made{to.row, to.id};
}

Result<void> TreeActions::bring(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step, Asset& asset,
                                bool moved) {
  if (!transfer_) return {};
  RV_TRY(const auto job, transfer_->placed(tx, asset, call.by, moved));
  if (job) step.jobs.push_back(*job);
  return {};
}

// The content that is served, as the copy's first version, with all that was made of it. What is still being processed
// is processed for the copy as well.
Result<void> TreeActions::copy_content(db::Transaction& tx, const Asset& from, Asset& to, const Principal& by) {
  VersionRepository versions;
  auto version = versions.find(tx, from.row, from.version);
  if (!version) return {};
  if (!version->settled) {
    assets_.repository().set_status(tx, to, AssetStatus::uploading);
    // Attached: where the copy goes is permitted already, and a folder that was just made is in no tree yet.
    RV_TRY(to, content_.attach(tx, by, std::move(to),
                               {.blob_row = version->blob_row,
                                .file_name = version->file_name,
                                .content_type = version->declared_content_type.value_or(""),
                                .size = version->size,
                                .expected_checksum = {},
                                .reason = "copy"}));
    return {};
  }
  to.version = content_.clone_version(tx, *version, to.row, by);
  assets_.repository().update(tx, to, user_of(by));
  versions.apply_measures(tx, to);
  if (auto fresh = assets_.repository().find_row(tx, to.row)) to = std::move(*fresh);
  return {};
}

Result<TreeActions::Made> TreeActions::undelete(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step) {
  AssetRepository& repository = assets_.repository();
  Asset& asset = step.asset;
  Asset parent;
  if (std::string named = text_of(call.arguments, "parentId"); !named.empty()) {
    RV_TRY(parent, destination(tx, call.by, *Uuid::parse(named)));
  } else {
    auto own = repository.find_row(tx, asset.parent_row);
    if (!own || !assets_.tree().chain_of(*own)) {
      Error error{Code::conflict,
                  "parent-in-bin",
                  "The folder that it was in is in the bin itself: take that out first, or name a parentId.",
                  {},
                  {},
                  {},
                  0,
                  {}};
      if (own) error.extra["parentId"] = own->id.text();
      return fail(std::move(error));
    }
    // It was put into the bin with no more than the permission on itself, and comes back with that.
    RV_CHECK(assets_.can_hold(*own));
    parent = std::move(*own);
  }
  const auto above = repository.ancestors(tx, parent.row);
  if (asset.folder_like() && std::ranges::find(above, asset.row) != above.end())
    return fail(Code::conflict, "into-itself", "A folder cannot be moved into itself or below.");
  RV_CHECK(assets_.check_depth(above.size() + (asset.folder_like() ? assets_.tree().levels(asset.row) - 1 : 0)));
  RV_TRY(const std::string name,
         assets_.claim_name(tx, call.by, parent.row, asset.name, text_of(call.arguments, "onConflict")));
  repository.untrash(tx, asset, parent.row, name, user_of(call.by));
  repository.add_history(tx, {.asset_row = asset.row,
                              .asset_id = asset.id,
                              .user_id = user_of(call.by),
                              .username = call.by.username,
                              .operation = "undelete",
                              .from = asset.status,
                              .to = asset.status,
                              .reason = {}});
  assets_.changed(tx, asset, "undelete");
  return std::nullopt;
}

Result<TreeActions::Made> TreeActions::remove(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step) {
  AssetRepository& repository = assets_.repository();
  Asset& asset = step.asset;
  if (asset.folder_like()) {
    // What came in while it was being emptied is not taken unseen.
    if (!BatchRepository{}.children(tx, asset.row, 0, 1, true).empty())
      return fail(Code::conflict, "not-empty", fmt::format("Something in \"{}\" could not be deleted.", asset.name));
  } else {
    RV_CHECK(after(Operation::remove, asset.status));
  }
  jobs_.cancel_asset_jobs(tx, asset.row, "The asset was deleted.");
  assets_.tell_removed(tx, asset);
  std::map<std::int64_t, int> references;
  for (std::int64_t blob : RelatedRepository{}.blobs_of_asset(tx, asset.row)) ++references[blob];
  if (asset.status != AssetStatus::deleting)  // of a folder that was told when it began
    repository.add_history(tx, {.asset_row = asset.row,
                                .asset_id = asset.id,
                                .user_id = user_of(call.by),
                                .username = call.by.username,
                                .operation = "delete",
                                .from = asset.status,
                                .to = AssetStatus::deleting,
                                .reason = asset.name});
  RelatedRepository{}.remove_of_asset(tx, asset.row);
  repository.remove(tx, asset);
  for (const auto& [blob, count] : references) blobs_.release(tx, blob, count);
  jobs_.forget_asset_jobs(tx, asset.row);
  return std::nullopt;
}

}  // namespace reelvault::catalog
