#include "search/search_json.hpp"

namespace reelvault::search {

std::span<const dto::Rule> SearchTimeRange::rules() {
  static constexpr dto::Rule rules[] = {{.field = "from", .sentence = "Inclusive."},
                                        {.field = "until", .sentence = "Exclusive."}};
  return rules;
}

std::span<const dto::Rule> SearchNumberRange::rules() {
  static constexpr dto::Rule rules[] = {{.field = "min", .sentence = "Inclusive."},
                                        {.field = "max", .sentence = "Inclusive."}};
  return rules;
}

std::span<const dto::Rule> SearchFilters::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "assetType",
       .sentence = "1 Folder, 2 File, 5 Bucket; one or a list of which any fits.",
       .example_json = "2"},
      {.field = "mediaType",
       .sentence = "video, audio, image, document or other; one or a list of which any fits.",
       .example_json = "\"video\""},
      {.field = "assetStatus",
       .sentence = "The reference's status values; one or a list of which any fits.",
       .example_json = "[1, 12]"},
      {.field = "contentType",
       .sentence = "One or a list of which any fits; image/* for all images.",
       .example_json = "\"image/*\""},
      {.field = "languageCode",
       .sentence = "BCP 47; pt finds pt-BR too. One or a list of which any fits.",
       .example_json = "\"de\""},
      {.field = "tags",
       .sentence = "One or a list of which all must be there; case ignored.",
       .example_json = "[\"rushes\"]"},
      {.field = "collections", .sentence = "Ids or names of collections, one or a list of which any fits."},
      {.field = "parentId", .sentence = "Everything below this folder, at any depth."},
      {.field = "bucketName", .max_length = 255},
      {.field = "customFields",
       .sentence = "By name: a value, a list of which any fits, or a range { min, max } (inclusive) or { from, until } "
                   "(until exclusive) of numbers or dates.",
       .example_json = "{\"scene\": \"12a\", \"take\": {\"min\": 3}}"},
  };
  return rules;
}

std::span<const dto::Rule> SearchRequest::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "query",
       .sentence = "Words that must all be found, \"phrases\", beginnings* and -exclusions. Nothing typed is an error. "
                   "Empty: everything that the filters let through.",
       .max_length = 2000,
       .default_json = "\"\"",
       .example_json = "\"harbour \\\"low tide\\\" -draft\""},
      {.field = "facets",
       .sentence = "What to count: mediaType, contentType, assetType, assetStatus, tags, createdAt (by year), "
                   "customFields.<name>.",
       .max_length = 20,
       .example_json = "[\"mediaType\", \"tags\"]"},
      {.field = "sort",
       .sentence =
           "By relevance exact names come first, then newer ones; by createdAt in the order in which assets came in.",
       .one_of = "relevance|name|-name|createdAt|-createdAt|modifiedAt|-modifiedAt|size|-size",
       .default_json = "\"relevance\""},
      {.field = "pageSize", .minimum = 1, .maximum = 500, .default_json = "50"},
      {.field = "pageToken",
       .sentence = "nextPageToken of the page before, with the same query, filters and sort.",
       .max_length = 4000},
  };
  return rules;
}

std::span<const dto::Rule> SearchHighlight::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "field",
       .sentence = "displayName, fileName, description, tags, customFields.<name>, or the kind of a further text, such "
                   "as transcript."},
      {.field = "text", .sentence = "HTML: escaped, what was found in <mark>."},
      {.field = "startTimecode", .sentence = "Elapsed time, HH:MM:SS.mmm."},
  };
  return rules;
}

std::span<const dto::Rule> SearchPage::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "items", .sentence = "May be fewer than asked for, and none, while there is a nextPageToken."},
      {.field = "totalItemCount", .sentence = "Counted up to 10,000."},
      {.field = "totalIsEstimate",
       .sentence = "There may be more: counting, facets and sorting were ended at the newest that were looked at."},
      {.field = "facets", .sentence = "Counts over everything that was found, up to where counting ended."},
  };
  return rules;
}

std::span<const dto::Rule> SuggestQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "prefix", .sentence = "The beginning of a name, of a word in it, or of a tag.", .max_length = 200},
      {.field = "limit", .minimum = 1, .maximum = 50},
  };
  return rules;
}

}  // namespace reelvault::search
