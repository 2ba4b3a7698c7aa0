#include "audit/audit_service.hpp"

#include "audit/operations.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::audit {

namespace json = boost::json;

namespace {

constexpr std::int64_t kCountMost = 10'000;
constexpr std::int64_t kCsvLinesMost = 50'000;  // of one answer; the next is linked
constexpr std::int64_t kCsvLinesAtOnce = 2'000;
constexpr std::int64_t kPruneAtOnce = 500;

Result<Place> decode(const std::optional<std::string>& token) {
  if (!token) return Place{};
  auto text = from_base64url(*token);
  boost::system::error_code fault;
  json::value value = text ? json::parse(*text, fault) : json::value();
  if (!text || fault || !value.is_array() || value.get_array().size() != 2 || !value.get_array()[0].is_int64() ||
      !value.get_array()[1].is_int64())
    return fail_field("?pageToken", "was not given by this list");
  return Place{value.get_array()[0].get_int64(), value.get_array()[1].get_int64()};
}

std::string encode(const Place& place) { return base64url(json::serialize(json::array{place.at, place.row})); }

Result<Filter> filter_of(const AuditQuery& query) {
  Filter filter{.user_id = query.userId, .asset_id = query.assetId, .from = query.from, .until = query.until};
  if (query.kind)
    for (Kind kind : {Kind::change, Kind::read, Kind::account})
      if (kind_name(kind) == *query.kind) filter.kind = kind;
  filter.operations = query.operation;
  return filter;
}

std::optional<std::string> some(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

// A cell that a spreadsheet would take for a formula begins with an apostrophe: names are other people's words.
void append_cell(std::string& out, std::string_view text) {
  constexpr std::string_view formula = "=+-@\t\r";
  const bool guarded = !text.empty() && formula.contains(text.front());
  const bool quoted = guarded || text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (quoted) out += '"';
  if (guarded) out += '\'';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  if (quoted) out += '"';
}

void append_line(std::string& out, const AuditItem& item) {
  bool first = true;
  auto cell = [&](std::string_view text) {
    if (!std::exchange(first, false)) out += ',';
    append_cell(out, text);
  };
  auto id = [](const std::optional<Uuid>& given) { return given ? given->text() : std::string(); };
  auto text = [](const std::optional<std::string>& given) { return given.value_or(""); };
  cell(item.id);
  cell(rfc3339(item.at));
  cell(item.kind);
  cell(item.operation);
  cell(id(item.userId));
  cell(text(item.username));
  cell(text(item.via));
  cell(text(item.address));
  cell(id(item.assetId));
  cell(text(item.assetName));
  cell(text(item.subjectType));
  cell(id(item.subjectId));
  cell(text(item.subjectName));
  cell(text(item.fromStatus));
  cell(text(item.toStatus));
  cell(text(item.reason));
  out += "\r\n";
}

constexpr std::string_view kCsvHead =
    "id,at,kind,operation,userId,username,via,address,assetId,assetName,subjectType,subjectId,subjectName,fromStatus,"
    "toStatus,reason\r\n";

}  // namespace

std::span<const dto::Rule> AuditQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "pageSize", .sentence = "1 to 500, 50 by default", .minimum = 1, .maximum = 500},
      {.field = "userId", .sentence = "Who did it"},
      {.field = "assetId", .sentence = "To which asset, also one that is gone"},
      {.field = "operation",
       .sentence = "One or several, separated by commas or the name repeated, e.g. view,download",
       .max_length = 50,
       .one_of = kOperations},
      {.field = "kind",
       .sentence = "Changes of assets, reads of assets, or what concerns accounts",
       .one_of = "change|read|account"},
      {.field = "format", .sentence = "csv: up to 50,000 lines; the header Link names the rest", .one_of = "json|csv"},
      {.field = "from", .sentence = "Not before this time"},
      {.field = "until", .sentence = "Before this time"},
  };
  return rules;
}

AuditItem AuditService::item(const Entry& entry) const {
  auto status = [&](const std::optional<std::int64_t>& value) {
    return value ? std::optional(std::string(status_name_(*value))) : std::nullopt;
  };
  return {.id = std::to_string(entry.row),
          .at = entry.at,
          .kind = std::string(kind_name(entry.kind)),
          .operation = entry.operation,
          .userId = entry.user_id,
          .username = some(entry.username),
          .via = some(entry.via),
          .address = some(entry.address),
          .assetId = entry.asset_id,
          .assetName = some(entry.asset_name),
          .subjectType = some(entry.subject_type),
          .subjectId = entry.subject_id,
          .subjectName = some(entry.subject_name),
          .fromStatus = status(entry.from_status),
          .toStatus = status(entry.to_status),
          .reason = some(entry.reason)};
}

Result<AuditPage> AuditService::list(const AuditQuery& query) {
  RV_TRY(const Filter filter, filter_of(query));
  RV_TRY(const Place before, decode(query.pageToken));
  return database_.read([&](db::Transaction& tx) -> Result<AuditPage> {
    const Found found = page(tx, filter, before, query.pageSize.value_or(50));
    AuditPage out;
    for (const Entry& entry : found.entries) out.items.push_back(item(entry));
    if (found.next) out.nextPageToken = encode(*found.next);
    bool exact = true;
    out.totalItemCount = count(tx, filter, kCountMost, exact);
    out.totalIsEstimate = !exact;
    return out;
  });
}

Result<AuditService::Csv> AuditService::csv(const AuditQuery& query) {
  RV_TRY(const Filter filter, filter_of(query));
  RV_TRY(const Place begin, decode(query.pageToken));
  Csv out{.text = std::string(kCsvHead), .next = {}};
  std::optional<Place> place = begin;
  // Each page is a read of its own: one over everything would be cut off after its time.
  for (std::int64_t lines = 0; place && lines < kCsvLinesMost;) {
    RV_TRY(const Found found, database_.read([&](db::Transaction& tx) -> Result<Found> {
      return page(tx, filter, *place, std::min(kCsvLinesAtOnce, kCsvLinesMost - lines));
    }));
    for (const Entry& entry : found.entries) append_line(out.text, item(entry));
    lines += static_cast<std::int64_t>(found.entries.size());
    place = found.next;
  }
  if (place) out.next = encode(*place);
  return out;
}

Result<void> AuditService::prune() {
  if (retention_.count() == 0) return {};
  const Timestamp before = now() - retention_;
  for (;;) {
    RV_TRY(const std::int64_t removed, database_.write([&](db::Transaction& tx) -> Result<std::int64_t> {
      return audit::prune(tx, before, kPruneAtOnce);
    }));
    if (removed < kPruneAtOnce) return {};
  }
}

}  // namespace reelvault::audit
