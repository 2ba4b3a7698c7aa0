#include "http/pipeline.hpp"

#include "base/log.hpp"
#include "base/origin.hpp"
#include "base/text.hpp"

namespace reelvault::http {

struct Pipeline::RouteMetrics {
  std::array<prometheus::Counter*, 5> by_class;  // 1xx never ends a request
  prometheus::Histogram* seconds;
};

namespace {

constexpr std::string_view kExposed =
    "ETag, Location, X-Request-Id, Content-Range, Accept-Ranges, Content-Length, Content-Disposition, Retry-After";

prometheus::Counter& sent_bytes() {
  static prometheus::Counter& counter =
      metrics::counter("reelvault_http_sent_bytes_total", "Bytes of responses, headers included");
  return counter;
}

bool sane_id(std::string_view id) {
  if (id.empty() || id.size() > 128) return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == ':';
  });
}

bool is_json(std::string_view content_type) {
  std::string type = lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
  return type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

}  // namespace

Pipeline::Pipeline(const ServerOptions& options, const RouteTable& table, Gate& gate, IdempotencyStore* idempotency)
    : options_(options), table_(table), gate_(gate), idempotency_(idempotency) {
  auto make = [&](const Route* route, const std::string& method, const std::string& pattern) {
    auto made = std::make_unique<RouteMetrics>();
    for (int status_class = 1; status_class <= 5; ++status_class)
      made->by_class[static_cast<std::size_t>(status_class - 1)] =
          &metrics::counter("reelvault_http_requests_total", "Requests by route and class of status",
                            {{"method", method}, {"route", pattern}, {"status", std::to_string(status_class) + "xx"}});
    made->seconds = &metrics::seconds("reelvault_http_request_seconds", "Time from a request's head to its last byte",
                                      {{"method", method}, {"route", pattern}});
    metrics_[route] = std::move(made);
  };
  make(nullptr, "", "none");
  for (const auto& route : table.routes()) make(route.get(), std::string(method_name(route->method)), route->pattern);
}

Pipeline::~Pipeline() = default;

void Pipeline::identify(Request& request) const {
  request.remote_address = options_.proxies.client_of(request.remote_address, request.headers);
  std::string_view given = request.headers.get("X-Request-Id");
  request.request_id = sane_id(given) ? std::string(given) : Uuid::v7().text();
  if (!options_.expose_api_prefix) return;
  if (request.path == "/api")
    request.path = "/";
  else if (request.path.starts_with("/api/"))
    request.path.erase(0, 4);
}

bool Pipeline::origin_allowed(std::string_view origin) const {
  return !origin.empty() && std::ranges::find(options_.cors_origins, origin) != options_.cors_origins.end();
}

std::optional<Response> Pipeline::options(Request& request) const {
  if (request.method != Method::options) return std::nullopt;
  Response out;
  out.status = 204;
  std::vector<std::string> methods;
  if (request.path == "*")
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  else
    methods = table_.methods(request.path);
  if (methods.empty()) return problem(request, fail_not_found("path").error());
  std::string allow;
  for (const std::string& method : methods) allow += (allow.empty() ? "" : ", ") + method;
  out.headers.add("Allow", allow);
  bool preflight = request.headers.find("Access-Control-Request-Method") != nullptr;
  if (preflight && origin_allowed(request.headers.get("Origin"))) {
    out.headers.add("Access-Control-Allow-Methods", allow);
    std::string_view wanted = request.headers.get("Access-Control-Request-Headers");
    if (!wanted.empty()) out.headers.add("Access-Control-Allow-Headers", std::string(wanted));
    out.headers.add("Access-Control-Max-Age", "600");
  }
  return out;
}

Result<const Route*> Pipeline::admit(Request& request, bool known_method) const {
  if (!known_method) {
    auto methods = table_.methods(request.path);
    if (methods.empty()) return fail_not_found("path");
    return fail(
        Error{Code::not_allowed, "", "The path does not answer to this method.", {}, {}, {}, 0, std::move(methods)});
  }
  RV_TRY(RouteTable::Match match, table_.match(request.method, request.path));
  request.path_parameters = std::move(match.parameters);
  auto principal = guarded([&] { return gate_.authenticate(request, match.route->info.access); });
  if (!principal) return std::unexpected(std::move(principal).error());
  request.principal = std::move(*principal);
  return match.route;
}

Result<void> Pipeline::check_body(const Route& route, const Request& request, bool has_body) const {
  if (!has_body || route.stream) return {};
  if (request.content_length.value_or(0) > options_.body_limit)
    return fail(Code::too_large, "", "The body is larger than " + std::to_string(options_.body_limit) + " bytes.");
  if (route.request_schema && !is_json(request.headers.get("Content-Type")))
    return fail(Code::unsupported_type, "", "The body must be application/json.");
  return {};
}

Result<Handler> Pipeline::bind(const Route& route, Request& request) const {
  std::vector<FieldFault> faults;
  bind_path(route, request, faults);
  auto handler = guarded([&] { return route.bind(request); });
  if (faults.empty() && (handler || handler.error().faults.empty())) return handler;
  if (!handler)
    for (FieldFault& fault : handler.error().faults) faults.push_back(std::move(fault));
  if (route.check)
    if (auto checked = guarded([&] { return route.check(request); }); !checked)
      dto::add_faults(faults, std::move(checked.error().faults));
  return fail(invalid_request(std::move(faults)));
}

Cost Pipeline::cost(const Route& route, const Request& request) const {
  if (route.stream) return Cost::write;
  if (route.info.outside && route.info.outside(request)) return Cost::outside;
  if (route.info.cost != Cost::point) return route.info.cost;
  bool keyed = request.method == Method::post && idempotency_ && route.info.idempotent_key &&
               request.headers.find("Idempotency-Key");
  if (keyed) return Cost::write;
  return options_.inline_points ? Cost::point : Cost::read;
}

Response Pipeline::run(const Route& route, Request& request, Handler& handler) const {
  const Origin origin{request.remote_address, request.principal.get()};
  const OriginScope scope(&origin);
  auto attempt = [&]() -> Result<Response> {
    const Access& access = route.info.access;
    if (access.permission && !access.resource.empty()) {
      Uuid resource = *Uuid::parse(request.path_parameters.find(access.resource)->second);
      RV_CHECK(gate_.authorize(*request.principal, access, resource));
    }
    bool keyed = idempotency_ && request.method == Method::post && route.info.idempotent_key &&
                 request.headers.find("Idempotency-Key");
    if (!keyed) return handler();
    RV_TRY(std::optional<Response> stored, idempotency_->begin(request, route));
    if (stored) return std::move(*stored);
    auto result = guarded([&] { return handler(); });
    Response response = result ? std::move(*result) : problem(request, result.error());
    idempotency_->finish(request, route, response);
    return response;
  };
  auto result = guarded(attempt);
  if (!result) return problem(request, result.error());
  return conditional(request, std::move(*result));
}

Result<Streamed> Pipeline::open(const Route& route, Request& request) const {
  const Origin origin{request.remote_address, request.principal.get()};
  const OriginScope scope(&origin);
  std::vector<FieldFault> faults;
  bind_path(route, request, faults);
  if (!faults.empty()) return fail(invalid_request(std::move(faults)));
  return guarded([&]() -> Result<Streamed> {
    const Access& access = route.info.access;
    if (access.permission && !access.resource.empty()) {
      Uuid resource = *Uuid::parse(request.path_parameters.find(access.resource)->second);
      RV_CHECK(gate_.authorize(*request.principal, access, resource));
    }
    return route.stream(request);
  });
}

Response Pipeline::finish(const Request& request, Streamed& streamed) const {
  const Origin origin{request.remote_address, request.principal.get()};
  const OriginScope scope(&origin);
  auto result = guarded([&] { return streamed.finish(); });
  return result ? std::move(*result) : problem(request, result.error());
}

namespace {

// The path alone: a query can carry signatures and tokens. So does the path of a link that shares a file.
std::string path_for_log(const Request& request) {
  for (std::string_view prefix : {"/share/", "/app/share/"})
    if (request.path.starts_with(prefix)) return std::string(prefix) + "...";
  return request.path;
}

}  // namespace

Response Pipeline::problem(const Request& request, const Error& error) const {
  const CodeEntry& entry = code_entry(error.code);
  bool ours = entry.status >= 500 && error.code != Code::unavailable && error.code != Code::not_implemented;
  if (ours) {
    log::error("request failed", {{"requestId", request.request_id},
                                  {"method", method_name(request.method)},
                                  {"path", path_for_log(request)},
                                  {"status", entry.status},
                                  {"said", error.message},
                                  {"detail", error.detail}});
  }
  return Response::problem(error, request.request_id);
}

void Pipeline::decorate(const Request& request, Response& response) const {
  Headers& headers = response.headers;
  headers.add("X-Request-Id", request.request_id);
  if (!headers.find("X-Content-Type-Options")) headers.add("X-Content-Type-Options", "nosniff");
  // What one caller may see is kept for no other, and not shown again without asking whether it may be.
  if (!headers.find("Cache-Control")) headers.add("Cache-Control", "private, no-cache");
  if (options_.cors_origins.empty()) return;
  // A response that says itself who may read it (ads, which any player fetches) is left as it is.
  if (headers.find("Access-Control-Allow-Origin")) return;
  headers.add("Vary", "Origin");
  std::string_view origin = request.headers.get("Origin");
  if (!origin_allowed(origin)) return;
  headers.add("Access-Control-Allow-Origin", std::string(origin));
  headers.add("Access-Control-Allow-Credentials", "true");
  headers.add("Access-Control-Expose-Headers", std::string(kExposed));
}

Pipeline::RouteMetrics& Pipeline::metrics_of(const Route* route) const { return *metrics_.find(route)->second; }

void Pipeline::record(const Route* route, const Request& request, int status, double seconds,
                      std::uint64_t bytes) const {
  RouteMetrics& metrics = metrics_of(route);
  metrics.by_class[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)]->Increment();
  metrics.seconds->Observe(seconds);
  sent_bytes().Increment(static_cast<double>(bytes));
  bool fault = status >= 500;
  if (!fault && !log::enabled(log::Level::debug)) return;
  boost::json::object line{{"method", method_name(request.method)},
                           {"path", path_for_log(request)},
                           {"status", status},
                           {"us", static_cast<std::int64_t>(seconds * 1e6)},
                           {"bytes", bytes},
                           {"requestId", request.request_id},
                           {"remote", request.remote_address}};
  if (request.principal && request.principal->signed_in()) line["principal"] = request.principal->username;
  (fault ? log::info : log::debug)("request", std::move(line));
}

}  // namespace reelvault::http
