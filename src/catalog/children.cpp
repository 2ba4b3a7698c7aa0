// What a folder holds, page by page, at the same price in a folder of fifty and of a million, whatever is filtered for.
#include "base/text.hpp"
#include "catalog/asset_service.hpp"
#include "catalog/child_repository.hpp"
#include "catalog/paging.hpp"
#include "catalog/tag_repository.hpp"

namespace reelvault::catalog {

namespace {

constexpr int few_rows = 2'000;  // looked at for one page; a page may come back short, with a token
constexpr std::int64_t counted = 10'000;

struct Candidate {
  ChildDriver driver = ChildDriver::folder;
  std::int64_t rows = 0;  // that it finds, or more where it was cut off
};

std::int64_t of_media(const Counter& held, std::string_view media_type) {
  if (media_type == "video") return held.videos;
  if (media_type == "audio") return held.audios;
  if (media_type == "image") return held.images;
  if (media_type == "document") return held.documents;
  return held.files - held.videos - held.audios - held.images - held.documents;
}

struct ChildPage {
  std::vector<std::int64_t> rows;
  std::optional<PagePosition> next;
  std::int64_t total = 0;
  bool estimate = false;
};

class Pager {
 public:
  Pager(db::Transaction& tx, std::int64_t parent_row, const ChildFilter& filter, Sort sort, const Counter& held)
      : children_(tx, parent_row, filter, sort), filter_(filter), sort_(sort), held_(held) {}

  ChildPage page(const std::optional<PagePosition>& after, std::size_t size) {
    if (!filter_.any()) return walked({ChildDriver::folder, held_.folders + held_.files}, after, size);
    const std::vector<Candidate> candidates = drivers();
    const Candidate& rarest = *std::ranges::min_element(candidates, {}, &Candidate::rows);
    if (rarest.rows <= few_rows) return from_few(rarest.driver, after, size);
    Candidate best{ChildDriver::folder, held_.folders + held_.files};
    for (const Candidate& candidate : candidates)
      if (children_.walks(candidate.driver) && candidate.rows < best.rows) best = candidate;
    ChildPage page = walked(best, after, size);
    if (filter_.count() == 1 && candidates.size() == 2) {  // the folder itself, and the filter
      page.total = std::min(candidates[1].rows, candidates[1].driver == ChildDriver::media ? INT64_MAX : counted);
      page.estimate = candidates[1].driver != ChildDriver::media && candidates[1].rows > counted;
    }
    return page;
  }

 private:
  std::vector<Candidate> drivers() {
    std::vector<Candidate> out{{ChildDriver::folder, held_.folders + held_.files}};
    const std::int64_t most = filter_.count() == 1 ? counted + 1 : few_rows + 1;
    auto add = [&](ChildDriver driver) { out.push_back({driver, children_.count(driver, most)}); };
    if (filter_.type)
      out.push_back({ChildDriver::type, *filter_.type == AssetType::file ? held_.files : held_.folders});
    if (filter_.media_type) out.push_back({ChildDriver::media, of_media(held_, *filter_.media_type)});
    if (filter_.status) add(ChildDriver::status);
    if (filter_.tag) add(ChildDriver::tag);
    if (filter_.collections) add(ChildDriver::collection);
    if (filter_.created_from || filter_.created_until) add(ChildDriver::created);
    if (filter_.modified_from || filter_.modified_until) add(ChildDriver::modified);
    return out;
  }

  ChildPage from_few(ChildDriver driver, const std::optional<PagePosition>& after, std::size_t size) {
    const std::vector<PagePosition> found = children_.few(driver);
    ChildPage page;
    page.total = static_cast<std::int64_t>(found.size());
    auto at = after ? std::ranges::find_if(found, [&](const PagePosition& each) { return before(*after, each, sort_); })
                    : found.begin();
    for (; at != found.end() && page.rows.size() < size; ++at) {
      page.rows.push_back(at->row);
      page.next = *at;
    }
    if (at == found.end()) page.next.reset();
    return page;
  }

  ChildPage walked(const Candidate& by, const std::optional<PagePosition>& after, std::size_t size) {
    ChildPage page;
    std::optional<PagePosition> at = after;  // everything up to here was looked at
    std::vector<PagePosition> found;         // one more than the page has tells that there is more
    bool ended = false, cut = false;
    for (int rounds = 0; found.size() <= size && !ended && !cut; ++rounds) {
      const int wanted = static_cast<int>(size + 1 - found.size());
      auto matches = children_.walk(by.driver, at, few_rows, wanted);
      for (ChildRepository::Match& match : matches)
        if (match.fits) found.push_back(match.at);
      if (static_cast<int>(matches.size()) == wanted) {
        at = std::move(matches.back().at);
        cut = rounds == 3;  // names that only resemble what is looked for
      } else if (!filter_.any()) {
        ended = true;
      } else if (auto last = children_.skip(by.driver, at, few_rows)) {
        at = std::move(last);
        cut = true;
      } else {
        ended = true;
      }
    }
    std::optional<PagePosition> last = at;
    if (found.size() > size) {
      found.resize(size);
      last = found.back();
      cut = true;
    }
    for (const PagePosition& each : found) page.rows.push_back(each.row);
    if (cut) page.next = last;
    const auto matched = static_cast<std::int64_t>(found.size());
    if (!filter_.any()) {
      page.total = by.rows;
    } else if (after && after->total) {
      page.total = *after->total;
      page.estimate = true;
    } else if (!cut && !after) {
      page.total = matched;
    } else {
      // Nobody counts them all: as dense as so far.
      const std::int64_t examined =
          std::max<std::int64_t>(last ? children_.rows_to(by.driver, *last, static_cast<int>(counted)) : 0, 1);
      page.total = std::max(matched, matched * std::max(by.rows, examined) / examined);
      page.estimate = true;
    }
    if (page.next && page.estimate) page.next->total = page.total;
    return page;
  }

  ChildRepository children_;
  const ChildFilter& filter_;
  Sort sort_;
  const Counter& held_;
};

}  // namespace

Result<AssetPage> AssetService::children(const Uuid& id, const ChildQuery& query) {
  ChildFilter filter;
  if (query.assetType) filter.type = static_cast<AssetType>(*query.assetType);
  if (query.assetStatus && query.status && query.assetStatus != query.status)
    return fail_field("?status", "says otherwise than assetStatus");
  if (auto status = query.assetStatus ? query.assetStatus : query.status)
    filter.status = static_cast<AssetStatus>(*status);
  filter.media_type = query.mediaType;
  if (query.name && !query.name->empty()) filter.name_contains = fold_case(nfc(*query.name));
  filter.created_from = query.createdFrom;
  filter.created_until = query.createdUntil;
  filter.modified_from = query.modifiedFrom;
  filter.modified_until = query.modifiedUntil;
  const Sort sort = parse_sort(query.sort.value_or("name"));
  RV_TRY(auto after, decode_page_token(query.pageToken, sort));
  const auto page_size = static_cast<std::size_t>(query.pageSize.value_or(50));
  return database_.read([&](db::Transaction& tx) -> Result<AssetPage> {
    auto parent = repository_.find(tx, id);
    if (!parent || !tree_.chain_of(*parent)) return fail_not_found();
    AssetPage page;
    if (!parent->folder_like()) return page;
    if (query.tag) filter.tag = TagRepository{}.find(tx, fold_case(nfc(*query.tag))).value_or(0);
    if (query.collection) filter.collections = collections_named(tx, *query.collection);
    const Counter held = repository_.counter(tx, parent->row);
    ChildPage found = Pager(tx, parent->row, filter, sort, held).page(after, page_size);
    if (found.next) page.nextPageToken = encode_page_token(*found.next, sort);
    page.items = list_json(tx, found.rows);
    page.totalItemCount = found.total;
    page.totalIsEstimate = found.estimate;
    return page;
  });
}

std::vector<std::int64_t> AssetService::collections_named(db::Transaction& tx, const std::string& id_or_name) {
  std::vector<std::int64_t> out;
  if (auto id = Uuid::parse(id_or_name)) {
    if (auto found = CollectionRepository{}.find(tx, *id)) out.push_back(found->row);
  } else {
    for (const Collection& found : CollectionRepository{}.named(tx, fold_case(nfc(id_or_name))))
      out.push_back(found.row);
  }
  return out;
}

std::vector<AssetJson> AssetService::list_json(db::Transaction& tx, const std::vector<std::int64_t>& rows) {
  std::unordered_map<std::int64_t, std::size_t> place;
  for (std::size_t i = 0; i < rows.size(); ++i) place[rows[i]] = i;
  std::vector<std::optional<Asset>> assets(rows.size());
  std::vector<std::int64_t> folders;
  for (Asset& asset : repository_.rows(tx, rows)) {
    if (asset.folder_like()) folders.push_back(asset.row);
    std::size_t at = place[asset.row];
    assets[at] = std::move(asset);
  }
  auto counts = repository_.child_counts(tx, folders);
  std::vector<AssetJson> out;
  out.reserve(rows.size());
  for (const std::optional<Asset>& asset : assets) {
    if (!asset) continue;
    out.push_back(json(*asset));
    if (asset->folder_like()) out.back().childCount = counts[asset->row];
  }
  return out;
}

}  // namespace reelvault::catalog
