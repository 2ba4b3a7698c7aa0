#include "catalog/tag_service.hpp"

#include "base/hash.hpp"
#include "base/sealed.hpp"
#include "base/text.hpp"
#include "catalog/readable.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

constexpr std::int64_t counted_tags = 10'000;  // of a list's total
constexpr std::int64_t small_library =
    20'000;  // assets that one caller may read, up to which their tags are counted one by one
constexpr std::int64_t uses_of_one = 50'000;    // looked at for one tag
constexpr std::int64_t uses_of_page = 100'000;  // and for a page
constexpr std::size_t bin_folders = 1'000;      // whose tags are taken off the kept counts

std::optional<Uuid> user_of(const BatchCall& call) {
  return call.by.user_row != 0 ? std::optional(call.by.user_id) : std::nullopt;
}

std::vector<std::string> tags_of(const Asset& asset) {
  std::vector<std::string> out;
  if (asset.tags_json == "[]") return out;
  const json::value parsed = json::parse(asset.tags_json);
  for (const json::value& tag : parsed.as_array()) out.emplace_back(tag.as_string());
  return out;
}

std::string token_after(const std::string& folded) { return sealed(folded); }

// The arguments' tags, as they are kept; `check` found them right.
std::vector<std::string> argument_tags(const json::object& arguments, std::vector<FieldFault>* faults = nullptr) {
  std::vector<std::string> given;
  auto fault = [&](std::string pointer, std::string detail) {
    if (faults) faults->push_back({std::move(pointer), std::move(detail)});
  };
  const json::value* tags = arguments.if_contains("tags");
  if (!tags || !tags->is_array() || tags->get_array().empty()) {
    const bool given = tags && !tags->is_null();
    fault("/tags", !given ? "is required" : tags->is_array() ? "must not be empty" : "must be a list");
    return {};
  }
  for (std::size_t i = 0; i < tags->get_array().size(); ++i) {
    const json::value& tag = tags->get_array()[i];
    if (tag.is_string())
      given.emplace_back(tag.get_string());
    else
      fault(fmt::format("/tags/{}", i), "must be a string");
  }
  auto normal = normal_tags(given);
  if (normal) return std::move(*normal);
  if (faults) faults->insert(faults->end(), normal.error().faults.begin(), normal.error().faults.end());
  return {};
}

}  // namespace

std::span<const dto::Rule> TagQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "prefix", .sentence = "How the tag begins, case ignored.", .max_length = 200},
      {.field = "pageSize", .minimum = 1, .maximum = 500},
  };
  return rules;
}

std::span<const dto::Rule> TagJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "count", .sentence = "Assets that have it and that the caller may read."}};
  return rules;
}

Result<TagPage> TagService::list(const Principal& by, const TagQuery& query) {
  Wanted wanted{.prefix = fold_case(nfc(query.prefix.value_or(""))),
                .after = {},
                .page_size = static_cast<int>(query.pageSize.value_or(50))};
  if (query.pageToken) {
    auto after = unsealed(*query.pageToken);
    if (!after || after->empty() || !valid_utf8(*after) || after->contains('\0'))
      return fail_field("?pageToken", "was not given by this list");
    wanted.after = *after;
  }
  return assets_.database().read([&](db::Transaction& tx) -> Result<TagPage> {
    if (assets_.access().sees_everything(by)) return all(tx, wanted);
    if (auto page = by_folders(tx, by, wanted)) return std::move(*page);
    return by_tags(tx, by, wanted);
  });
}

TagPage TagService::all(db::Transaction& tx, const Wanted& wanted) {
  TagPage page;
  page.totalItemCount = tags_.count(tx, wanted.prefix, counted_tags + 1);
  page.totalIsEstimate = page.totalItemCount > counted_tags;
  page.totalItemCount = std::min(page.totalItemCount, counted_tags);
  auto in_bin = assets_.tree().in_bin(bin_folders);
  std::string after = wanted.after;
  while (true) {
    auto tags = tags_.page(tx, wanted.prefix, after, wanted.page_size + 1);
    std::unordered_map<std::int64_t, std::int64_t> binned;
    if (in_bin && !in_bin->empty() && !tags.empty()) {
      std::vector<std::int64_t> rows;
      for (const Tag& tag : tags) rows.push_back(tag.row);
      binned = tags_.uses_below(tx, rows, *in_bin);
    }
    for (const Tag& tag : tags) {
      if (static_cast<int>(page.items.size()) == wanted.page_size) {
        page.nextPageToken = token_after(after);
        return page;
      }
      after = tag.folded;
      std::int64_t count = tag.uses - binned[tag.row];
      if (count > 0) page.items.push_back({tag.name, count, !in_bin});
    }
    if (static_cast<int>(tags.size()) <= wanted.page_size) return page;
  }
}

std::optional<TagPage> TagService::by_folders(db::Transaction& tx, const Principal& by, const Wanted& wanted) {
  const FolderTree& tree = assets_.tree();
  Readable readable(tree, assets_.access(), by);
  std::set<std::int64_t> folders, roots;
  for (std::int64_t row : assets_.access().granted(by)) {
    if (!readable.folder(row)) continue;
    auto below = tree.below(row, small_library);
    if (!below) return std::nullopt;
    folders.insert(below->begin(), below->end());
    roots.insert(row);
    if (static_cast<std::int64_t>(folders.size()) > small_library) return std::nullopt;
  }
  const std::vector<std::int64_t> all_folders(folders.begin(), folders.end());
  Counter held = assets_.repository().counters(tx, all_folders);
  if (held.files + held.folders > small_library) return std::nullopt;
  std::unordered_map<std::int64_t, std::int64_t> counts;
  if (!folders.empty()) tags_.count_in(tx, all_folders, counts);
  // A granted folder's own tags, where the folder it lies in is not the caller's to read.
  std::vector<std::int64_t> topmost;
  for (std::int64_t row : roots)
    if (auto folder = tree.folder(row); folder && !folders.contains(folder->parent_row)) topmost.push_back(row);
  if (!topmost.empty()) tags_.count_of(tx, topmost, counts);

  std::vector<std::int64_t> rows;
  for (const auto& [row, uses] : counts) rows.push_back(row);
  TagPage page;
  std::string last;
  for (const Tag& tag : tags_.rows(tx, rows)) {
    if (!tag.folded.starts_with(wanted.prefix)) continue;
    ++page.totalItemCount;
    if (tag.folded <= wanted.after || page.nextPageToken) continue;
    if (static_cast<int>(page.items.size()) == wanted.page_size) {
      page.nextPageToken = token_after(last);
      continue;
    }
    page.items.push_back({tag.name, counts[tag.row], false});
    last = tag.folded;
  }
  return page;
}

TagPage TagService::by_tags(db::Transaction& tx, const Principal& by, const Wanted& wanted) {
  Readable readable(assets_.tree(), assets_.access(), by);
  TagPage page;
  std::string after = wanted.after;
  std::int64_t budget = uses_of_page;
  page.totalIsEstimate = true;
  while (true) {
    auto tags = tags_.page(tx, wanted.prefix, after, wanted.page_size + 1);
    for (const Tag& tag : tags) {
      if (static_cast<int>(page.items.size()) == wanted.page_size || budget <= 0) {
        page.nextPageToken = token_after(after);
        page.totalItemCount = static_cast<std::int64_t>(page.items.size()) + 1;
        return page;
      }
      auto uses = tags_.uses_of(tx, tag.row, std::min(uses_of_one, tag.uses));
      budget -= static_cast<std::int64_t>(uses.size());
      std::int64_t count = std::ranges::count_if(uses, [&](const TagRepository::Use& use) {
        return readable.folder(use.folder ? use.asset_row : use.parent_row);
      });
      after = tag.folded;
      if (count > 0) page.items.push_back({tag.name, count, tag.uses > static_cast<std::int64_t>(uses.size())});
    }
    if (static_cast<int>(tags.size()) <= wanted.page_size) break;
  }
  page.totalItemCount = static_cast<std::int64_t>(page.items.size());
  page.totalIsEstimate = !wanted.after.empty();
  return page;
}

std::vector<BatchAction> TagService::actions() {
  auto check = [](db::Transaction&, const BatchCall& call, std::vector<FieldFault>& faults) -> Result<void> {
    (void)argument_tags(call.arguments, &faults);
    return {};
  };
  using Together = std::vector<Result<void>> (TagService::*)(db::Transaction&, const BatchCall&, Steps&);
  auto action = [&](std::string name, std::string summary, Together together) {
    BatchAction made{.name = std::move(name), .route = {}, .summary = std::move(summary), .buckets = true};
    made.check = check;
    made.act_together = [this, together](db::Transaction& tx, const BatchCall& call, Steps& steps) {
      return (this->*together)(tx, call, steps);
    };
    made.act = [this, together](db::Transaction& tx, const BatchCall& call,
                                BatchAction::Step& step) -> Result<std::optional<BatchAction::Made>> {
      Steps one{std::move(step)};
      auto came = (this->*together)(tx, call, one);
      step = std::move(one.front());
      RV_CHECK(std::move(came.front()));
      return std::nullopt;
    };
    return made;
  };
  std::vector<BatchAction> both;
  both.push_back(action("AddTag", "Add tags", &TagService::add));
  both.push_back(action("RemoveTag", "Remove tags", &TagService::remove));
  return both;
}

std::vector<Result<void>> TagService::add(db::Transaction& tx, const BatchCall& call, Steps& steps) {
  const std::vector<std::string> wanted = argument_tags(call.arguments);
  return change(tx, call, steps, "add-tag", [&](std::vector<std::string>& tags) -> Result<std::vector<std::string>> {
    std::vector<std::string> fresh;
    std::set<std::string> has;
    for (const std::string& tag : tags) has.insert(fold_case(tag));
    for (const std::string& tag : wanted)
      if (has.insert(fold_case(tag)).second) fresh.push_back(tag);
    tags.insert(tags.end(), fresh.begin(), fresh.end());
    if (!fresh.empty() && !normal_tags(tags))
      return fail(Code::conflict, "too-many-tags", "An asset has at most 100 tags.");
    return fresh;
  });
}

std::vector<Result<void>> TagService::remove(db::Transaction& tx, const BatchCall& call, Steps& steps) {
  std::set<std::string> unwanted;
  for (const std::string& tag : argument_tags(call.arguments)) unwanted.insert(fold_case(tag));
  return change(tx, call, steps, "remove-tag", [&](std::vector<std::string>& tags) -> Result<std::vector<std::string>> {
    std::vector<std::string> kept, gone;
    for (std::string& tag : tags) (unwanted.contains(fold_case(tag)) ? gone : kept).push_back(std::move(tag));
    tags = std::move(kept);
    return gone;
  });
}

std::vector<Result<void>> TagService::change(db::Transaction& tx, const BatchCall& call, Steps& steps,
                                             std::string_view operation, const Differ& differ) {
  std::vector<Result<void>> came;
  std::vector<std::pair<Asset*, std::vector<std::string>>> differing;
  std::map<std::string, std::pair<std::string, std::vector<std::int64_t>>> rows_by_tag;  // folded: spelling, assets
  for (BatchAction::Step& step : steps) {
    Asset& asset = step.asset;
    came.push_back([&]() -> Result<void> {
      if (asset.type == AssetType::file) RV_CHECK(after(Operation::update, asset.status));
      std::vector<std::string> tags = tags_of(asset);
      RV_TRY(std::vector<std::string> different, differ(tags));
      if (different.empty()) return {};
      for (const std::string& tag : different) {
        auto& [spelling, rows] = rows_by_tag[fold_case(tag)];
        if (rows.empty()) spelling = tag;
        rows.push_back(asset.row);
      }
      asset.tags_json = tags_json(tags);
      differing.emplace_back(&asset, std::move(different));
      return {};
    }());
  }
  std::vector<Asset*> written;
  for (auto& [asset, tags] : differing) written.push_back(asset);
  assets_.repository().write_tags(tx, written, user_of(call));
  for (auto& [asset, tags] : differing) changed(tx, call, *asset, operation, tags);
  // Last, so that the tag's count is the last that this transaction writes: the batch's other part waits for it.
  const bool adding = operation == "add-tag";
  for (const auto& [folded, tag] : rows_by_tag)
    adding ? tags_.add(tx, tag.second, tag.first) : tags_.remove(tx, tag.second, tag.first);
  return came;
}

void TagService::changed(db::Transaction& tx, const BatchCall& call, Asset& asset, std::string_view operation,
                         const std::vector<std::string>& tags) {
  assets_.repository().add_history(tx, {.asset_row = asset.row,
                                        .asset_id = asset.id,
                                        .asset_name = asset.name,
                                        .user_id = user_of(call),
                                        .username = call.by.username,
                                        .operation = operation,
                                        .from = asset.status,
                                        .to = asset.status,
                                        .reason = fmt::format("{}", fmt::join(tags, ", "))});
  assets_.changed(tx, asset, "update");
}

}  // namespace reelvault::catalog
