#include "search/filter.hpp"

#include "base/language_tag.hpp"
#include "base/text.hpp"
#include "catalog/asset.hpp"

#include <algorithm>
#include <bit>

namespace reelvault::search {

namespace json = boost::json;

namespace {

constexpr std::size_t values_max = 100;
constexpr int months_max = 36;  // a longer range is narrowed by years

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::vector<json::value> listed(const json::value& given, const std::string& pointer, std::vector<FieldFault>& faults) {
  if (given.is_null()) return {};
  if (!given.is_array()) return {given};
  if (given.get_array().size() > values_max) {
    dto::add_fault(faults, pointer, fmt::format("must be at most {} items long", values_max));
    return {};
  }
  return {given.get_array().begin(), given.get_array().end()};
}

std::string item_pointer(const json::value& given, const std::string& pointer, std::size_t at) {
  return given.is_array() ? pointer + "/" + std::to_string(at) : pointer;
}

bool among(std::string_view one_of, std::string_view given, const std::string& pointer,
           std::vector<FieldFault>& faults) {
  const auto choices = split(one_of, '|');
  if (std::ranges::find(choices, given) != choices.end()) return true;
  std::string words(one_of);
  std::ranges::replace(words, '|', ' ');
  dto::add_fault(faults, pointer, "must be one of " + words);
  return false;
}

std::vector<std::string> texts(const json::value& given, const std::string& pointer, std::vector<FieldFault>& faults,
                               std::string_view one_of = {}) {
  std::vector<std::string> out;
  auto values = listed(given, pointer, faults);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_string()) {
      dto::add_fault(faults, item_pointer(given, pointer, i), "must be a string");
      continue;
    }
    std::string text(view(values[i].get_string()));
    if (!one_of.empty()) among(one_of, text, item_pointer(given, pointer, i), faults);
    if (text.size() > 1000) dto::add_fault(faults, item_pointer(given, pointer, i), "must be at most 1000 bytes long");
    out.push_back(std::move(text));
  }
  return out;
}

std::vector<std::string> languages(const json::value& given, const std::string& pointer,
                                   std::vector<FieldFault>& faults) {
  std::vector<std::string> out = texts(given, pointer, faults);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (auto tag = language_tag(out[i]))
      out[i] = std::move(*tag);
    else
      dto::add_fault(faults, item_pointer(given, pointer, i), "must be a language tag of BCP 47, as en or pt-BR");
  }
  return out;
}

std::vector<std::int64_t> numbers(const json::value& given, const std::string& pointer, std::string_view one_of,
                                  std::vector<FieldFault>& faults) {
  std::vector<std::int64_t> out;
  auto values = listed(given, pointer, faults);
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto number = dto::whole_number(values[i]);
    if (!number)
      dto::add_fault(faults, item_pointer(given, pointer, i), "must be a whole number");
    else if (among(one_of, std::to_string(*number), item_pointer(given, pointer, i), faults))
      out.push_back(*number);
  }
  return out;
}

template <class R>
bool within(const std::optional<SearchNumberRange>& range, const R& value) {
  if (!range) return true;
  if constexpr (std::is_same_v<R, std::optional<std::int64_t>>) {
    return value && within(range, *value);
  } else {
    return (!range->min || value >= *range->min) && (!range->max || value <= *range->max);
  }
}

bool within(const std::optional<SearchTimeRange>& range, Timestamp value) {
  return !range || ((!range->from || value >= *range->from) && (!range->until || value < *range->until));
}

int bits(std::int64_t number) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0))));
}

// Numbers by value, texts (dates are texts) by their bytes; nothing else has an order.
std::optional<std::strong_ordering> compare(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) {
    double x = a.to_number<double>(), y = b.to_number<double>();
    return x < y ? std::strong_ordering::less : x > y ? std::strong_ordering::greater : std::strong_ordering::equal;
  }
  if (a.is_string() && b.is_string()) return view(a.get_string()) <=> view(b.get_string());
  return std::nullopt;
}

}  // namespace

Filter Filter::make(const SearchFilters& given, std::vector<FieldFault>& faults) {
  Filter out;
  auto any_of = [&](const auto& values, auto term) {
    std::vector<std::string> group;
    for (const auto& value : values) group.push_back(term(value));
    if (!group.empty()) out.groups_.push_back(std::move(group));
  };
  any_of(numbers(given.assetType, "/filters/assetType", catalog::asset_types, faults), property::type);
  any_of(texts(given.mediaType, "/filters/mediaType", faults, "video|audio|image|document|other"),
         property::media_type);
  any_of(texts(given.contentType, "/filters/contentType", faults), property::content_type);
  any_of(languages(given.languageCode, "/filters/languageCode", faults), property::language);
  for (const std::string& tag : texts(given.tags, "/filters/tags", faults)) out.groups_.push_back({property::tag(tag)});
  out.statuses_ = numbers(given.assetStatus, "/filters/assetStatus", catalog::asset_statuses, faults);
  out.collections_ = texts(given.collections, "/filters/collections", faults);
  if (given.hasAudio) out.groups_.push_back({property::audio(*given.hasAudio)});
  out.parent_ = given.parentId;
  if (given.bucketName) out.bucket_ = nfc(*given.bucketName);

  auto ordered = [&](const auto& low, const auto& high, std::string_view field, std::string_view word) {
    if (low && high && *high < *low)
      dto::add_fault(faults, fmt::format("/filters/{}/{}", field, word), "must not be before the range begins");
  };
  if (given.createdAt) {
    ordered(given.createdAt->from, given.createdAt->until, "createdAt", "until");
    out.created_ = given.createdAt;
    out.narrow_by_time(*given.createdAt);
  }
  if (given.modifiedAt) {
    ordered(given.modifiedAt->from, given.modifiedAt->until, "modifiedAt", "until");
    out.modified_ = given.modifiedAt;
  }
  auto by_bits = [&](const std::optional<SearchNumberRange>& range, std::string_view field, auto term) {
    if (!range) return;
    ordered(range->min, range->max, field, "max");
    if (!range->min && !range->max) return;
    const int first = bits(range->min.value_or(0));
    const int last = range->max ? bits(*range->max) : 63;
    std::vector<std::string> group;
    for (int bit = first; bit <= last; ++bit) group.push_back(term(bit));
    if (!group.empty()) out.groups_.push_back(std::move(group));
  };
  by_bits(given.size, "size", property::size_bits);
  by_bits(given.durationMs, "durationMs", property::duration_bits);
  out.size_ = given.size;
  out.duration_ = given.durationMs;
  if (out.size_ && !out.size_->min && !out.size_->max) out.size_.reset();
  if (out.duration_ && !out.duration_->min && !out.duration_->max) out.duration_.reset();

  if (given.customFields.size() > 20)
    dto::add_fault(faults, "/filters/customFields", "must have at most 20 members");
  else
    for (const auto& member : given.customFields)
      out.add_custom(std::string_view(member.key().data(), member.key().size()), member.value(), faults);
  return out;
}

void Filter::add_custom(std::string_view field, const json::value& wanted, std::vector<FieldFault>& faults) {
  std::string pointer = "/filters/customFields/" + dto::pointer_token(field);
  if (!wanted.is_object()) {
    std::vector<std::string> group;
    auto values = listed(wanted, pointer, faults);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].is_string() || values[i].is_number() || values[i].is_bool())
        group.push_back(property::custom(field, values[i]));
      else
        dto::add_fault(faults, item_pointer(wanted, pointer, i), "must be a string, a number, a boolean or a range");
    }
    if (!group.empty()) groups_.push_back(std::move(group));
    return;
  }
  CustomRange range{std::string(field), {}, {}, {}, {}};
  for (const auto& member : wanted.get_object()) {
    json::value* bound = member.key() == "min"     ? &range.min
                         : member.key() == "max"   ? &range.max
                         : member.key() == "from"  ? &range.from
                         : member.key() == "until" ? &range.until
                                                   : nullptr;
    if (!bound) continue;
    if (!member.value().is_string() && !member.value().is_number() && !member.value().is_null())
      dto::add_fault(faults,
                     pointer + "/" + dto::pointer_token(std::string_view(member.key().data(), member.key().size())),
                     "must be a number or a string");
    else
      *bound = member.value();
  }
  groups_.push_back({property::custom_field(field)});
  custom_ranges_.push_back(std::move(range));
}

void Filter::narrow_by_time(const SearchTimeRange& range) {
  using namespace std::chrono;
  if (!range.from) return;
  year_month_day first{floor<days>(*range.from)};
  year_month_day last{floor<days>(range.until.value_or(std::max(now() + hours(24), *range.from)))};
  int from = static_cast<int>(first.year()), to = static_cast<int>(last.year());
  int from_month = static_cast<int>(static_cast<unsigned>(first.month())),
      to_month = static_cast<int>(static_cast<unsigned>(last.month()));
  std::vector<std::string> group;
  if ((to - from) * 12 + to_month - from_month < months_max) {
    for (int month = from * 12 + from_month - 1; month <= to * 12 + to_month - 1; ++month)
      group.push_back(property::month(month / 12, month % 12 + 1));
  } else if (to - from < 100) {
    for (int year = from; year <= to; ++year) group.push_back(property::year(year));
  }
  if (!group.empty()) groups_.push_back(std::move(group));
}

void Filter::set_collections(const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& folders) {
  std::vector<std::string> group;
  for (std::int64_t row : rows) group.push_back(property::collection(row));
  for (std::int64_t row : folders) group.push_back(property::parent(row));
  if (group.empty()) group.push_back(property::collection(0));
  groups_.push_back(std::move(group));
}

void Filter::add_to(Expression& expression) const {
  expression.all.insert(expression.all.end(), groups_.begin(), groups_.end());
}

bool Filter::residual() const {
  return !statuses_.empty() || created_ || modified_ || size_ || duration_ || !custom_ranges_.empty() ||
         in_collections_;
}

bool Filter::accepts(const Candidate& candidate) const {
  if (!statuses_.empty() &&
      std::ranges::find(statuses_, static_cast<std::int64_t>(candidate.status)) == statuses_.end())
    return false;
  if (in_collections_ && !in_collections_(candidate)) return false;
  if (size_ && candidate.type != catalog::AssetType::file) return false;
  return within(created_, candidate.created_at) && within(modified_, candidate.modified_at) &&
         within(size_, candidate.size) && within(duration_, candidate.duration_ms);
}

bool Filter::accepts_custom_fields(std::string_view custom_fields_json) const {
  const json::value fields = json::parse(json::string_view(custom_fields_json.data(), custom_fields_json.size()));
  return std::ranges::all_of(custom_ranges_, [&](const CustomRange& range) {
    const json::value* value = fields.as_object().if_contains(range.field);
    if (!value) return false;
    auto holds = [&](const json::value& bound, auto fits) {
      if (bound.is_null()) return true;
      auto order = compare(*value, bound);
      return order && fits(*order);
    };
    return holds(range.min, [](auto o) { return o >= 0; }) && holds(range.max, [](auto o) { return o <= 0; }) &&
           holds(range.from, [](auto o) { return o >= 0; }) && holds(range.until, [](auto o) { return o < 0; });
  });
}

}  // namespace reelvault::search
