#include "search/shown.hpp"

#include "search/facets.hpp"

#include <algorithm>

namespace reelvault::search {

namespace json = boost::json;

namespace {

constexpr int texts_max = 5000;           // of one asset, looked through for what to show
constexpr int page_texts_max = 20'000;    // of all assets of a page
constexpr std::size_t text_hits_max = 5;  // shown of one asset
constexpr std::size_t snippet = 240;

std::string timecode(std::int64_t ms) {
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

void highlight(db::Transaction& tx, SearchRepository& repository, const Query& query, const catalog::Asset& asset,
               SearchItem& item, bool has_texts, int& texts_left) {
  auto add = [&](std::string field, std::string_view text, std::size_t length) {
    if (std::string marked = query.highlighted(text, length); !marked.empty())
      item.highlights.push_back({std::move(field), std::move(marked), {}, {}, {}, {}});
  };
  add("displayName", asset.name, 1000);
  if (asset.file_name && *asset.file_name != asset.name) add("fileName", *asset.file_name, 1000);
  if (asset.description) add("description", *asset.description, snippet);
  for (const json::value& tag : item.tags)
    add("tags", std::string_view(tag.as_string().data(), tag.as_string().size()), snippet);
  for (const auto& member : item.customFields) {
    std::string field =
        std::string(custom_facet) + std::string(std::string_view(member.key().data(), member.key().size()));
    if (member.value().is_string())
      add(field, std::string_view(member.value().get_string().data(), member.value().get_string().size()), snippet);
  }
  if (!has_texts || texts_left <= 0) return;
  std::size_t shown = 0;
  for (const Text& text : repository.texts(tx, asset.row, std::min(texts_max, texts_left))) {
    --texts_left;
    if (shown == text_hits_max) break;
    std::string marked = query.highlighted(text.text, snippet);
    if (marked.empty()) continue;
    ++shown;
    auto label = [](const std::optional<std::int64_t>& ms) { return ms ? std::optional(timecode(*ms)) : std::nullopt; };
    item.highlights.push_back(
        {text.kind, std::move(marked), text.start_ms, text.end_ms, label(text.start_ms), label(text.end_ms)});
  }
}

}  // namespace

std::vector<SearchItem> shown(db::Transaction& tx, catalog::AssetService& assets, SearchRepository& repository,
                              const Query& query, const std::vector<Hit>& hits) {
  std::vector<std::int64_t> rows;
  for (const Hit& hit : hits) rows.push_back(hit.row);
  std::unordered_map<std::int64_t, catalog::Asset> found;
  for (catalog::Asset& asset : assets.repository().rows(tx, rows)) found.emplace(asset.row, std::move(asset));
  std::vector<std::int64_t> folders;
  for (const auto& [row, asset] : found)
    if (asset.folder_like()) folders.push_back(row);
  auto counts = assets.repository().child_counts(tx, folders);
  // Asked once for all of a page, of which most have none: a query for each is fifty round trips on PostgreSQL.
  const auto with_texts =
      query.clauses().empty() ? std::unordered_set<std::int64_t>{} : repository.with_texts(tx, rows);
  std::vector<SearchItem> out;
  int texts_left = page_texts_max;
  for (const Hit& hit : hits) {
    auto asset = found.find(hit.row);
    if (asset == found.end()) continue;
    SearchItem item{assets.json(asset->second), static_cast<double>(hit.points) / 1000, {}};
    if (asset->second.folder_like()) item.childCount = counts[hit.row];
    if (!query.clauses().empty())
      highlight(tx, repository, query, asset->second, item, with_texts.contains(hit.row), texts_left);
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace reelvault::search
