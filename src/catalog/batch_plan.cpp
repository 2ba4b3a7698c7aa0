#include "catalog/batch_run.hpp"

namespace reelvault::catalog {

using Reach = BatchAction::Reach;

namespace {

constexpr std::size_t rows_per_read = 200;  // assets

}  // namespace

Result<BatchService::Plan> BatchService::resolve(const Principal& by, const BatchAction& action,
                                                 const std::vector<Uuid>& ids) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<Plan> {
    Plan plan;
    std::vector<std::vector<std::int64_t>> chains;
    std::vector<bool> below_only;  // not in the bin itself, but below what is
    std::set<std::int64_t> folders;
    std::map<Uuid, Asset> assets;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i % rows_per_read == 0) {
        const std::vector<Uuid> next(
            ids.begin() + static_cast<std::ptrdiff_t>(i),
            ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), i + rows_per_read)));
        assets.clear();
        for (Asset& asset : assets_.repository().find_all(tx, next)) assets.emplace(asset.id, std::move(asset));
      }
      const Uuid& id = ids[i];
      BatchTarget target{.ordinal = static_cast<std::int64_t>(plan.targets.size()), .id = id};
      std::vector<std::int64_t> chain;
      auto refuse = [&](std::string type, std::string message) {
        target.state = TargetState::failed;
        target.error_type = std::move(type);
        target.error_message = std::move(message);
      };
      const auto found_asset = assets.find(id);
      const Asset* asset = found_asset == assets.end() ? nullptr : &found_asset->second;
      std::optional<Permission> highest;
      below_only.push_back(false);
      if (asset) {
        const bool binned = asset->deleted_at.has_value();
        if (action.where == BatchAction::Where::library || (action.where == BatchAction::Where::both && !binned)) {
          if (auto found = assets_.tree().chain_of(*asset)) chain = std::move(*found);
        } else if (binned || (action.takes_below && !assets_.tree().chain_of(*asset))) {
          chain = assets_.tree().chain_in_bin(*asset);
          below_only.back() = !binned;
        }
        if (!chain.empty()) highest = assets_.access().highest(by, chain);
      }
      if (!highest) {
        refuse("not-found", "There is no such asset.");
      } else if (*highest < action.permission) {
        refuse("forbidden", "You have no write permission here.");
      } else if (asset->type == AssetType::bucket && !action.buckets) {
        refuse("is-a-bucket", "This cannot be done to a bucket.");
      } else {
        target.asset_row = asset->row;
        if (asset->folder_like()) {
          folders.insert(asset->row);
          plan.has_folder = true;
        }
      }
      chains.push_back(std::move(chain));
      plan.targets.push_back(std::move(target));
    }
    if (action.reach == Reach::named && !action.takes_below) return plan;
    // What lies below another target is done with it.
    for (std::size_t i = 0; i < plan.targets.size(); ++i) {
      BatchTarget& target = plan.targets[i];
      if (!target.asset_row) continue;
      const std::int64_t own = *target.asset_row;
      // What was put into the bin by itself does not come out with the folder that it was in.
      const bool goes_with = action.where != BatchAction::Where::bin || below_only[i];
      if (goes_with &&
          std::ranges::any_of(chains[i], [&](std::int64_t row) { return row != own && folders.contains(row); })) {
        target.asset_row.reset();
      } else if (below_only[i]) {
        target.asset_row.reset();
        target.state = TargetState::failed;
        target.error_type = "not-found";
        target.error_message = "There is no such asset.";
      }
    }
    return plan;
  });
}

// False: there are more than `limit`, and none is kept. Where another has taken the planning over meanwhile:
// "superseded".
Result<bool> BatchService::plan_steps(Run& run, std::int64_t limit) {
  db::Database& database = assets_.database();
  const Reach reach = run.action->reach;
  const bool with_bin = reach == Reach::all_below_up;
  RV_TRY(const std::optional<std::int64_t> planner,
         database.write([&](db::Transaction& tx) -> Result<std::optional<std::int64_t>> {
           return repository_.take_planning(tx, run.batch.row);
         }));
  if (!planner) {
    run.batch.planned = true;
    return true;
  }
  // Whoever was given up (its lease was over, its machine slept) may come back half-way through: it adds no steps to
  // those of its successor, nor to a batch that has ended.
  auto mine = [&](db::Transaction& tx) -> Result<void> {
    if (repository_.plans(tx, run.batch.row, *planner)) return {};
    return fail(Code::conflict, superseded, "Another has taken the batch over.");
  };
  auto forget = [&]() -> Result<void> {
    for (std::int64_t gone = 1; gone != 0;) {
      RV_TRY(gone, database.write([&](db::Transaction& tx) -> Result<std::int64_t> {
        RV_CHECK(mine(tx));
        return repository_.remove_steps_of(tx, run.batch.row, batch_rows_per_write);
      }));
    }
    return {};
  };
  RV_CHECK(forget());
  std::int64_t planned = 0;
  std::int64_t after = -1;
  while (true) {
    RV_TRY(const auto targets, database.read([&](db::Transaction& tx) -> Result<std::vector<BatchTarget>> {
      return repository_.queued(tx, run.batch.row, after, batch_rows_per_write);
    }));
    if (targets.empty()) break;
    for (const BatchTarget& target : targets) {
      after = target.ordinal;
      struct Folder {
        std::int64_t row;
        std::optional<std::int64_t> step;
      };
      std::deque<Folder> folders;
      struct Start {
        bool failed = false, folder = false;
        std::optional<std::int64_t> step;
      };
      RV_TRY(const Start start, database.write([&](db::Transaction& tx) -> Result<Start> {
        Start out;
        RV_CHECK(mine(tx));
        auto locked = lock_step(tx, run, *target.asset_row);
        Result<void> begun = locked ? Result<void>{} : std::unexpected(locked.error());
        if (begun && locked->asset.folder_like() && run.action->begin)
          begun = run.action->begin(tx, run.call(), locked->asset);
        if (!begun) {
          BatchTarget failed = target;
          failed.state = TargetState::failed;
          failed.error_type = type_of(begun.error());
          failed.error_message = words_of(begun.error());
          repository_.end_target(tx, run.batch.row, failed);
          failed_along(tx, run.batch.row, *target.asset_row, *failed.error_type, *failed.error_message, true);
          out.failed = true;
          return out;
        }
        out.folder = locked->asset.folder_like();
        if (!out.folder || reach != Reach::files_below)
          out.step =
              repository_.insert_step(tx, run.batch.row, {.ordinal = target.ordinal, .asset_row = *target.asset_row});
        return out;
      }));
      if (start.failed) continue;
      if (start.step) ++planned;
      if (start.folder) folders.push_back({*target.asset_row, start.step});
      while (!folders.empty() && planned <= limit) {
        const Folder folder = folders.front();
        folders.pop_front();
        std::int64_t after_child = 0;
        while (planned <= limit) {
          struct Page {
            std::vector<Folder> folders;
            std::int64_t steps = 0, last = 0;
            std::size_t children = 0;
          };
          RV_TRY(const Page page, database.write([&](db::Transaction& tx) -> Result<Page> {
            Page out;
            RV_CHECK(mine(tx));
            const auto children = repository_.children(tx, folder.row, after_child, batch_rows_per_write, with_bin);
            out.children = children.size();
            for (const auto& child : children) {
              out.last = child.row;
              const bool file = child.type == AssetType::file;
              std::optional<std::int64_t> step;
              if (file || reach != Reach::files_below) {
                step = repository_.insert_step(
                    tx, run.batch.row, {.ordinal = target.ordinal, .asset_row = child.row, .parent_step = folder.step});
                ++out.steps;
              }
              if (!file) out.folders.push_back({child.row, step});
              if (file || reach != Reach::all_below_up || !run.action->begin) continue;
              if (auto below = assets_.repository().lock_row(tx, child.row))
                RV_CHECK(run.action->begin(tx, run.call(), *below));
            }
            return out;
          }));
          planned += page.steps;
          folders.insert(folders.end(), page.folders.begin(), page.folders.end());
          after_child = page.last;
          if (page.children < batch_rows_per_write) break;
        }
      }
      if (planned > limit) {
        RV_CHECK(forget());
        return false;
      }
    }
  }
  RV_CHECK(database.write([&](db::Transaction& tx) -> Result<void> {
    RV_CHECK(mine(tx));
    repository_.set_planned(tx, run.batch.row);
    return {};
  }));
  run.batch.planned = true;
  return true;
}

}  // namespace reelvault::catalog
