#include "search/facets.hpp"

#include <algorithm>

namespace reelvault::search {

namespace json = boost::json;

namespace {
constexpr std::size_t facet_values_max = 100;
constexpr std::string_view facet_names[] = {"mediaType",   "contentType", "assetType",
                                            "assetStatus", "tags",        "createdAt"};
}  // namespace

bool is_facet(std::string_view name) {
  const bool custom = name.starts_with(custom_facet) && name.size() > custom_facet.size();
  return custom || std::ranges::find(facet_names, name) != std::end(facet_names);
}

std::map<std::string, std::vector<SearchFacet>> facets_of(db::Transaction& tx, SearchRepository& repository,
                                                          const std::vector<std::string>& names,
                                                          const std::vector<Candidate>& counted) {
  std::map<std::string, std::vector<SearchFacet>> out;
  std::vector<std::int64_t> rows;
  for (const std::string& name : names) {
    std::map<std::string, std::int64_t> counts;
    std::map<std::string, json::value> values;
    auto add = [&](const std::string& key, json::value value, std::int64_t count = 1) {
      if ((counts[key] += count) == count) values.emplace(key, std::move(value));
    };
    auto each_row = [&]() -> const std::vector<std::int64_t>& {
      if (rows.empty())
        for (const Candidate& c : counted) rows.push_back(c.row);
      return rows;
    };
    if (name == "tags") {
      for (const auto& tag : repository.tags_of(tx, each_row())) add(tag.tag, json::string(tag.tag), tag.count);
    } else if (name.starts_with(custom_facet)) {
      const std::string field = name.substr(custom_facet.size());
      repository.each_custom_fields(tx, each_row(), [&](std::int64_t, std::string_view fields) {
        // Most assets of a library have other fields.
        if (fields.find(json::serialize(json::string(field))) == std::string_view::npos) return;
        const json::value parsed = json::parse(json::string_view(fields.data(), fields.size()));
        const json::value* value = parsed.as_object().if_contains(field);
        if (!value) return;
        auto one = [&](const json::value& v) {
          if (v.is_string() || v.is_number() || v.is_bool()) add(json::serialize(v), v);
        };
        if (value->is_array())
          for (const json::value& item : value->get_array()) one(item);
        else
          one(*value);
      });
    } else {
      for (const Candidate& c : counted) {
        if (name == "mediaType" && c.media_type) add(*c.media_type, json::string(*c.media_type));
        if (name == "contentType" && c.content_type) add(*c.content_type, json::string(*c.content_type));
        if (name == "assetType") add(std::to_string(static_cast<int>(c.type)), static_cast<std::int64_t>(c.type));
        if (name == "assetStatus") add(std::to_string(static_cast<int>(c.status)), static_cast<std::int64_t>(c.status));
        if (name == "createdAt") {
          int year =
              static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(c.created_at)}.year());
          add(std::to_string(year), json::string(std::to_string(year)));
        }
      }
    }
    // The most first; equal counts by value.
    std::vector<std::pair<std::string, std::int64_t>> order(counts.begin(), counts.end());
    std::ranges::sort(order, [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (order.size() > facet_values_max) order.resize(facet_values_max);
    std::vector<SearchFacet> list;
    for (const auto& [key, count] : order) list.push_back({values.at(key), count});
    out[name] = std::move(list);
  }
  return out;
}

}  // namespace reelvault::search
