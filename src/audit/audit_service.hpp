// Reading the audit: pages and CSV for administrators, and what goes when its time is over.
#pragma once
#include "audit/audit_repository.hpp"
#include "base/dto.hpp"
#include "http/route.hpp"

#include <functional>

namespace reelvault::audit {

struct AuditQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken;
  std::optional<Uuid> userId, assetId;
  std::vector<std::string> operation;
  std::optional<std::string> kind, format;
  std::optional<Timestamp> from, until;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AuditQuery, (), (pageSize, pageToken, userId, assetId, operation, kind, format, from, until))

struct AuditItem {
  std::string id;
  Timestamp at;
  std::string kind, operation;
  std::optional<Uuid> userId;
  std::optional<std::string> username, via, address;
  std::optional<Uuid> assetId;
  std::optional<std::string> assetName, subjectType;
  std::optional<Uuid> subjectId;
  std::optional<std::string> subjectName, fromStatus, toStatus, reason;
};
BOOST_DESCRIBE_STRUCT(AuditItem, (),
                      (id, at, kind, operation, userId, username, via, address, assetId, assetName, subjectType,
                       subjectId, subjectName, fromStatus, toStatus, reason))

struct AuditPage {
  std::vector<AuditItem> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(AuditPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

class AuditService {
 public:
  // `status_name`: words for an asset's status, which a room to the right knows. `retention` 0: for ever.
  using StatusName = std::function<std::string_view(std::int64_t)>;
  AuditService(db::Database& database, StatusName status_name, std::chrono::seconds retention)
      : database_(database), status_name_(std::move(status_name)), retention_(retention) {}

  Result<AuditPage> list(const AuditQuery& query);
  struct Csv {
    std::string text;
    std::optional<std::string> next;  // page token
  };
  Result<Csv> csv(const AuditQuery& query);
  Result<void> prune();  // called now and then

 private:
  AuditItem item(const Entry& entry) const;

  db::Database& database_;
  StatusName status_name_;
  std::chrono::seconds retention_;
};

void add_audit_routes(http::RouteTable& table, AuditService& audit);

}  // namespace reelvault::audit
