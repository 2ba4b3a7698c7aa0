#include "audit/audit_service.hpp"
#include "base/text.hpp"

namespace reelvault::audit {

using namespace http;

namespace {

// The same request with another page token.
std::string next_target(const Request& request, const std::string& token) {
  std::string out = request.base_url() + request.path + "?";
  for (const auto& [name, value] : request.query)
    if (name != "pageToken") out += percent_encode(name) + "=" + percent_encode(value) + "&";
  return out + "pageToken=" + percent_encode(token);
}

Result<Response> csv_response(AuditService& audit, const Request& request, const AuditQuery& query) {
  RV_TRY(auto csv, audit.csv(query));
  Response response = Response::text(200, "text/csv; charset=utf-8", std::move(csv.text));
  response.headers.add("Content-Disposition", content_disposition("audit.csv", true));
  if (csv.next) response.headers.add("Link", "<" + next_target(request, *csv.next) + ">; rel=\"next\"");
  return response;
}

}  // namespace

void add_audit_routes(RouteTable& table, AuditService& audit) {
  table.add(get<AuditQuery, AuditPage>(
      "/admin/audit",
      {.summary = "Who did what: changes, reads and accounts, newest first",
       .tag = "Audit",
       .access = admin_only(),
       .description = "Lines stay when what they speak of is gone. Reads appear within about a second; one principal's "
                      "repeated reads of one file within ten minutes are one line."},
      [&](const Call<AuditQuery, NoBody>& call) -> Result<Response> {
        if (call.query.format == "csv") return csv_response(audit, call.request, call.query);
        RV_TRY(AuditPage page, audit.list(call.query));
        return Response::json(200, dto::write(page));
      }));
}

}  // namespace reelvault::audit
