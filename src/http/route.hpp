// Routes are declared once: method, path, permission, cost, and the types of query, body and answer. Routing, binding,
// validation, the permission check and GET /openapi.json all come from that one declaration.
//
//   table.add(post<NoQuery, CreateFolder, AssetJson>("/admin/asset/{parentId}/create-folder",
//       {.summary = "Create a folder", .tag = "Assets", .access = editor(Permission::write, "parentId"), .status =
//       201},
//       [&](const Call<NoQuery, CreateFolder>& call) -> Result<Reply<AssetJson>> { … }));
//
// A request is judged in this order: 401, role 403, malformed id, query or body 400, unknown or unreadable 404,
// permission 403, and then the handler.
#pragma once
#include "base/dto.hpp"
#include "http/message.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reelvault::http {

// Who may call, decided before the body is looked at; and which permission on which asset.
struct Access {
  enum class Who { everyone, signed_in, editor, admin, worker };
  Who who = Who::admin;
  std::optional<Permission> permission;  // on the asset named by `resource`
  std::string_view resource;             // path parameter ("id"); empty: the handler checks what the body names
  std::string_view scope = "read";       // what a scoped API key must have, see Principal::scopes
  bool media = false;                    // streaming cookies or a signed query are accepted too (delivery checks them)
};
Access everyone();
Access signed_in(std::string_view scope = "read");
Access reader(std::string_view resource);  // /asset/...: the permission alone
Access permitted(Permission permission, std::string_view resource);
Access editor(Permission permission, std::string_view resource);  // /admin/asset/...: role editor or admin as well
Access editor_only(std::string_view scope = "write");             // role editor or admin, no asset named in the path
Access admin_only();
Access worker_only();

// Where a handler runs. point: on the event loop itself (a few prepared selects, SQLite only; on PostgreSQL it is
// treated as read). All else on lanes with limits of their own; a full lane answers 503 with Retry-After.
// wait: long polls, which sleep.
enum class Cost { point, read, write, hash, outside, disk, wait };
inline constexpr std::size_t kCosts = 7;

struct RouteInfo {
  std::string summary;
  std::string tag;
  Access access;
  Cost cost = Cost::read;
  int status = 200;  // the usual success
  std::string description = {};
  std::vector<int> errors = {};                      // further statuses worth documenting, e.g. 409
  bool idempotent_key = true;                        // POST honours Idempotency-Key
  bool hidden = false;                               // internal: not in the OpenAPI document
  std::function<bool(const Request&)> outside = {};  // such a request may wait for a store elsewhere: Cost::outside
};

struct NoQuery {};
struct NoBody {};
struct Nothing {};  // answer without a body
BOOST_DESCRIBE_STRUCT(NoQuery, (), ())
BOOST_DESCRIBE_STRUCT(NoBody, (), ())
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

template <class Q, class B>
struct Call {
  const Request& request;
  Q query;
  B body;
  const Principal& principal() const { return *request.principal; }
  Uuid id(std::string_view name = "id") const { return *Uuid::parse(request.path_parameters.find(name)->second); }
  const std::string& path(std::string_view name) const { return request.path_parameters.find(name)->second; }
};

// A typed answer: status 0 means the route's own.
template <class T>
struct Reply {
  T value;
  int status = 0;
  Headers headers = {};
  Reply(T v) : value(std::move(v)) {}  // NOLINT(google-explicit-constructor): handlers return the value itself
  Reply(T v, int s) : value(std::move(v)), status(s) {}
};

// What a bound request runs. Called on the thread that the route's cost names.
using Handler = std::move_only_function<Result<Response>()>;

// A route whose request body streams (upload parts): the handler returns the sink and what answers afterwards.
struct Streamed {
  std::unique_ptr<Sink> sink;
  std::move_only_function<Result<Response>()> finish;  // after the last byte was written; pool thread
};
using StreamHandler = std::function<Result<Streamed>(Request&)>;

struct Route {
  Method method;
  std::string
      pattern;  // "/asset/{id}/children"; {name} one segment (a UUID unless in `free_parameters`), {name...} the rest
  RouteInfo info;
  // Checks ids, query and body (400 with all faults), and gives what to run. Cheap, runs on the loop.
  std::function<Result<Handler>(Request&)> bind = {};
  // Asked for what else is wrong with a request that does not bind; see http/all_faults.hpp.
  std::function<Result<void>(const Request&)> check = {};
  StreamHandler stream = {};  // set instead of bind for streamed bodies; runs on lane write
  // For the document: names and schemas. Null where there is none.
  std::function<boost::json::array(dto::Schemas&)> query_parameters = {};
  std::function<boost::json::value(dto::Schemas&)> request_schema = {};
  std::function<boost::json::value(dto::Schemas&)> response_schema = {};
  std::set<std::string, std::less<>> free_parameters = {};  // path parameters that are not UUIDs
  std::string rest_parameter = {};                          // of "{name...}"; set by RouteTable::add

  Route&& with_free(std::set<std::string, std::less<>> names) && {
    free_parameters = std::move(names);
    return std::move(*this);
  }
};

// Binds path ids (the server calls this for every route), query string and JSON body; collects every fault.
void bind_path(const Route& route, const Request& request, std::vector<FieldFault>& faults);
boost::json::object query_object(const Request& request);
Result<boost::json::value> parse_json_body(const Request& request);
Error invalid_request(std::vector<FieldFault> faults);

template <class Q, class B, class R, class F>
Route route(Method method, std::string pattern, RouteInfo info, F handler) {
  Route out{.method = method, .pattern = std::move(pattern), .info = std::move(info)};
  auto shared = std::make_shared<F>(std::move(handler));
  int status = out.info.status;
  out.bind = [shared, status](Request& request) -> Result<Handler> {
    std::vector<FieldFault> faults;
    Q query{};
    B body{};
    dto::parse_query(query_object(request), query, faults);
    if constexpr (!std::is_same_v<B, NoBody>) {
      RV_TRY(auto document, parse_json_body(request));
      dto::parse(document, body, "", faults);
    }
    if (!faults.empty()) return fail(invalid_request(std::move(faults)));
    return Handler(
        [shared, status, &request, query = std::move(query), body = std::move(body)]() mutable -> Result<Response> {
          Call<Q, B> call{request, std::move(query), std::move(body)};
          auto result = (*shared)(call);
          if (!result) return std::unexpected(std::move(result).error());
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(*result)>, Response>) {
            (void)status;  // the handler's own
            return std::move(*result);
          } else {
            Reply<R> reply = std::move(*result);
            Response response;
            response.status = reply.status != 0 ? reply.status : status;
            if constexpr (!std::is_same_v<R, Nothing>)
              response = Response::json(response.status, dto::write(reply.value));
            for (const auto& [name, value] : reply.headers.fields()) response.headers.add(name, value);
            return response;
          }
        });
  };
  if constexpr (!std::is_same_v<Q, NoQuery>)
    out.query_parameters = [](dto::Schemas& schemas) { return dto::query_parameters<Q>(schemas); };
  if constexpr (!std::is_same_v<B, NoBody>)
    out.request_schema = [](dto::Schemas& schemas) { return dto::schema<B>(schemas); };
  if constexpr (!std::is_same_v<R, Nothing>)
    out.response_schema = [](dto::Schemas& schemas) { return dto::schema<R>(schemas); };
  return out;
}

template <class Q, class R, class F>
Route get(std::string pattern, RouteInfo info, F handler) {
  return route<Q, NoBody, R>(Method::get, std::move(pattern), std::move(info), std::move(handler));
}
template <class Q, class B, class R, class F>
Route post(std::string pattern, RouteInfo info, F handler) {
  return route<Q, B, R>(Method::post, std::move(pattern), std::move(info), std::move(handler));
}
template <class Q, class B, class R, class F>
Route patch(std::string pattern, RouteInfo info, F handler) {
  return route<Q, B, R>(Method::patch, std::move(pattern), std::move(info), std::move(handler));
}
template <class Q, class B, class R, class F>
Route put(std::string pattern, RouteInfo info, F handler) {
  return route<Q, B, R>(Method::put, std::move(pattern), std::move(info), std::move(handler));
}
template <class Q, class B, class F>
Route del(std::string pattern, RouteInfo info, F handler) {
  info.status = 204;
  return route<Q, B, Nothing>(Method::del, std::move(pattern), std::move(info), std::move(handler));
}
// A plain handler from request to response (media, documents, the web app): bodies are data, nothing is bound but ids.
Route raw(Method method, std::string pattern, RouteInfo info, std::function<Result<Response>(Request&)> handler);
Route streamed(Method method, std::string pattern, RouteInfo info, StreamHandler handler);

// Every route of the program. `/api` in front of a path is the same route; HEAD is served by GET routes; an unknown
// method on a known path is 405 with Allow. A literal segment beats a parameter.
class RouteTable {
 public:
  RouteTable();
  void add(Route route);  // a second route with the same method and shape is a bug: terminates
  // The methods that a path answers to, HEAD and OPTIONS included; none: no such path.
  std::vector<std::string> methods(std::string_view path) const;
  // Serves the same route under another pattern too (a read under /admin/asset/... and /asset/...), with its own
  // access.
  void add_alias(const Route& route, std::string pattern, Access access);
  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> parameters;
  };
  Result<Match> match(Method method, std::string_view path) const;  // not_found, not_allowed (with `allowed`)
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;
  std::vector<std::unique_ptr<Route>> routes_;
  std::shared_ptr<Node> root_;
};

}  // namespace reelvault::http
