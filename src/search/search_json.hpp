// POST /search and GET /search/suggest as JSON: one declaration for the program, the document and the clients.
#pragma once
#include "catalog/asset_json.hpp"

namespace reelvault::search {

struct SearchTimeRange {
  std::optional<Timestamp> from, until;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SearchTimeRange, (), (from, until))

struct SearchNumberRange {
  std::optional<std::int64_t> min, max;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SearchNumberRange, (), (min, max))

struct SearchFilters {
  boost::json::value assetType, mediaType, assetStatus, contentType, languageCode, tags, collections;
  std::optional<Uuid> parentId;
  std::optional<std::string> bucketName;
  std::optional<SearchTimeRange> createdAt, modifiedAt;
  std::optional<SearchNumberRange> size, durationMs;
  std::optional<bool> hasAudio;
  boost::json::object customFields;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SearchFilters, (),
                      (assetType, mediaType, assetStatus, contentType, languageCode, tags, collections, parentId,
                       bucketName, createdAt, modifiedAt, size, durationMs, hasAudio, customFields))

struct SearchRequest {
  std::string query;
  std::optional<SearchFilters> filters;
  std::vector<std::string> facets;
  std::string sort = "relevance";
  std::int64_t pageSize = 50;
  std::optional<std::string> pageToken;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SearchRequest, (), (query, filters, facets, sort, pageSize, pageToken))

struct SearchHighlight {
  std::string field;  // "displayName", "tags", "customFields.scene", or the kind of a further text: "transcript"
  std::string text;   // HTML: escaped, with <mark>
  std::optional<std::int64_t> startMs, endMs;
  std::optional<std::string> startTimecode, endTimecode;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SearchHighlight, (), (field, text, startMs, endMs, startTimecode, endTimecode))

struct SearchItem : catalog::AssetJson {
  double score = 0;
  std::vector<SearchHighlight> highlights;
};
BOOST_DESCRIBE_STRUCT(SearchItem, (catalog::AssetJson), (score, highlights))

struct SearchFacet {
  boost::json::value value;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(SearchFacet, (), (value, count))

struct SearchPage {
  std::vector<SearchItem> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
  std::map<std::string, std::vector<SearchFacet>> facets;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SearchPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate, facets))

struct SuggestQuery {
  std::string prefix;
  std::optional<std::int64_t> limit;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SuggestQuery, (), (prefix, limit))

struct SearchSuggestion {
  std::string text;
  std::string kind;  // "name" or "tag"
};
BOOST_DESCRIBE_STRUCT(SearchSuggestion, (), (text, kind))

struct SearchSuggestions {
  std::vector<SearchSuggestion> items;
};
BOOST_DESCRIBE_STRUCT(SearchSuggestions, (), (items))

}  // namespace reelvault::search
