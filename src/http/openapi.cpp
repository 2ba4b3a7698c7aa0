#include "http/openapi.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <set>

namespace reelvault::http {
namespace {

namespace json = boost::json;

struct PathName {
  std::string path;                // as OpenAPI writes it
  std::vector<std::string> names;  // of its parameters
};

std::vector<std::string> parameter_names(std::string_view pattern) {
  std::vector<std::string> out;
  for (std::string_view segment : split(pattern, '/'))
    if (segment.starts_with('{')) out.emplace_back(segment.substr(1, segment.find_first_of(".}") - 1));
  return out;
}

std::string shape_of(std::string_view pattern) {
  std::string out;
  for (std::string_view segment : split(pattern.substr(1), '/')) {
    out += '/';
    out += segment.starts_with('{') ? std::string_view("{}") : segment;
  }
  return out;
}

std::string capitalised(std::string_view text) {
  std::string out;
  bool upper = true;
  for (char c : text) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter) out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = !letter;
  }
  return out;
}

// "GET /asset/{id}/parent-folders" -> "getAssetByIdParentFolders"; unique since method and pattern are.
std::string operation_id(const Route& route) {
  std::string out = lower_ascii(method_name(route.method));
  for (std::string_view segment : split(std::string_view(route.pattern).substr(1), '/'))
    out += segment.starts_with('{') ? "By" + capitalised(segment) : capitalised(segment);
  return out;
}

std::string_view permission_name(Permission permission) {
  switch (permission) {
    case Permission::read: return "read";
    case Permission::write: return "write";
    case Permission::manage: return "manage";
  }
  return "manage";
}

std::string describe(const Route& route) {
  std::string out = route.info.description;
  const Access& access = route.info.access;
  std::string needs;
  if (access.who == Access::Who::editor) needs = "the role editor or admin";
  if (access.who == Access::Who::admin) needs = "the role admin";
  if (access.who == Access::Who::worker) needs = "a worker's token";
  if (access.permission) {
    needs += needs.empty() ? "" : ", and ";
    needs += "the permission " + std::string(permission_name(*access.permission));
    if (!access.resource.empty()) needs += " on {" + std::string(access.resource) + "}";
  }
  if (access.media) needs += std::string(needs.empty() ? "" : "; ") + "streaming cookies or a signed query do as well";
  if (!needs.empty()) out += std::string(out.empty() ? "" : "\n\n") + "Needs " + needs + ".";
  return out;
}

std::set<int> error_statuses(const Route& route, bool has_query) {
  std::set<int> out(route.info.errors.begin(), route.info.errors.end());
  const Access& access = route.info.access;
  bool guarded = access.who != Access::Who::everyone;
  if (guarded) out.insert(401);
  if (access.permission || (guarded && access.who != Access::Who::signed_in)) out.insert(403);
  auto names = parameter_names(route.pattern);
  if (!names.empty()) out.insert(404);
  bool ids = std::ranges::any_of(names, [&](const std::string& name) {
    return !route.free_parameters.contains(name) && route.rest_parameter != name;
  });
  if (ids || has_query || route.request_schema) out.insert(400);
  if (route.request_schema) out.insert({413, 415});
  if (route.info.idempotent_key && route.method == Method::post && guarded) out.insert({409, 422});
  return out;
}

std::string_view title_of(int status) {
  std::string_view phrase = reason_phrase(status);
  return phrase.empty() ? std::string_view("Error") : phrase;
}

json::object operation(const Route& route, const PathName& path, dto::Schemas& schemas) {
  json::object out;
  out["operationId"] = operation_id(route);
  if (!route.info.summary.empty()) out["summary"] = route.info.summary;
  if (std::string text = describe(route); !text.empty()) out["description"] = text;
  if (!route.info.tag.empty()) out["tags"] = json::array{json::string(route.info.tag)};

  json::array parameters;
  auto own = parameter_names(route.pattern);
  for (std::size_t i = 0; i < own.size(); ++i) {
    json::object schema{{"type", "string"}};
    bool rest = own[i] == route.rest_parameter;
    if (!rest && !route.free_parameters.contains(own[i])) schema["format"] = "uuid";
    json::object parameter{{"name", path.names[i]}, {"in", "path"}, {"required", true}, {"schema", std::move(schema)}};
    if (own[i] != path.names[i])
      parameter["description"] = "Here: " + own[i];
    else if (rest)
      parameter["description"] = "The rest of the path, slashes included";
    parameters.push_back(std::move(parameter));
  }
  std::size_t before_query = parameters.size();
  if (route.query_parameters)
    for (auto& parameter : route.query_parameters(schemas)) parameters.push_back(std::move(parameter));
  bool has_query = parameters.size() > before_query;
  if (route.method == Method::post && route.info.idempotent_key && route.info.access.who != Access::Who::everyone)
    parameters.push_back(json::object{{"$ref", "#/components/parameters/IdempotencyKey"}});
  if (!parameters.empty()) out["parameters"] = std::move(parameters);

  if (route.request_schema) {
    out["requestBody"] = json::object{
        {"required", true},
        {"content", json::object{{"application/json", json::object{{"schema", route.request_schema(schemas)}}}}}};
  } else if (route.stream) {
    out["requestBody"] =
        json::object{{"required", true}, {"content", json::object{{"application/octet-stream", json::object{}}}}};
  }

  json::object responses;
  json::object success{{"description", title_of(route.info.status)}};
  if (route.response_schema)
    success["content"] = json::object{{"application/json", json::object{{"schema", route.response_schema(schemas)}}}};
  for (int status : error_statuses(route, has_query)) {
    if (status < 300) {  // another success, as 202 beside 200: the same body
      responses[std::to_string(status)] = success;
      responses[std::to_string(status)].as_object()["description"] = title_of(status);
      continue;
    }
    if (status == 304) {
      responses["304"] = json::object{{"description", title_of(status)}};
      continue;
    }
    responses[std::to_string(status)] = json::object{
        {"description", title_of(status)},
        {"content", json::object{{"application/problem+json",
                                  json::object{{"schema", json::object{{"$ref", "#/components/schemas/Problem"}}}}}}}};
  }
  responses[std::to_string(route.info.status)] = std::move(success);
  out["responses"] = std::move(responses);

  if (route.info.access.who == Access::Who::everyone) {
    out["security"] = json::array{};
  } else if (route.info.access.who == Access::Who::worker) {
    out["security"] = json::array{json::object{{"worker", json::array{}}}};
  }
  return out;
}

json::object problem_schema() {
  return json::parse(R"({
    "type": "object",
    "description": "RFC 9457. `type` is stable and meant for programs, `detail` for people.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
      "type": {"type": "string", "examples": ["not-found"]},
      "title": {"type": "string"},
      "status": {"type": "integer"},
      "detail": {"type": "string"},
      "instance": {"type": "string", "description": "The request id, as in X-Request-Id"},
      "errors": {
        "type": "array",
        "description": "Every fault of the request",
        "items": {
          "type": "object",
          "required": ["pointer", "detail"],
          "properties": {
            "pointer": {"type": "string", "description": "JSON Pointer into the body, ?name of the query or {name} of the path"},
            "detail": {"type": "string"}
          }
        }
      }
    },
    "additionalProperties": true
  })")
      .as_object();
}

}  // namespace

std::string openapi_document(const RouteTable& table, std::string_view version) {
  dto::Schemas schemas;
  std::map<std::string, PathName> paths;  // by shape
  json::object path_items;
  std::set<std::string> tags;
  for (const auto& route : table.routes()) {
    if (route->info.hidden) continue;
    std::string shape = shape_of(route->pattern);
    auto found = paths.find(shape);
    if (found == paths.end()) {
      PathName name{"", parameter_names(route->pattern)};
      std::size_t next = 0;
      for (std::string_view segment : split(std::string_view(route->pattern).substr(1), '/'))
        name.path += segment.starts_with('{') ? "/{" + name.names[next++] + "}" : "/" + std::string(segment);
      found = paths.emplace(shape, std::move(name)).first;
    }
    if (!route->info.tag.empty()) tags.insert(route->info.tag);
    json::value& item = path_items[found->second.path];
    if (!item.is_object()) item.emplace_object();
    item.as_object()[lower_ascii(method_name(route->method))] = operation(*route, found->second, schemas);
  }
  json::array tag_list;
  for (const std::string& tag : tags) tag_list.push_back(json::object{{"name", tag}});
  json::object components = std::move(schemas.components);
  components["Problem"] = problem_schema();
  json::object document{
      {"openapi", "3.1.0"},
      {"info",
       json::object{
           {"title", "Reelvault"},
           {"version", version},
           {"description",
            "Media asset management. Every error is application/problem+json; every path answers under /api as "
            "well; GET routes answer HEAD; unknown members of a request are ignored."}}},
      {"servers", json::array{json::object{{"url", "/"}}, json::object{{"url", "/api"}}}},
      {"security", json::array{json::object{{"bearer", json::array{}}}, json::object{{"session", json::array{}}}}},
      {"tags", std::move(tag_list)},
      {"paths", std::move(path_items)},
      {"components",
       json::object{
           {"schemas", std::move(components)},
           {"parameters",
            json::object{{"IdempotencyKey",
                          json::object{{"name", "Idempotency-Key"},
                                       {"in", "header"},
                                       {"required", false},
                                       {"description", "Within 24 hours the same key gives the first answer again."},
                                       {"schema", json::object{{"type", "string"}, {"maxLength", 255}}}}}}},
           {"securitySchemes",
            json::object{
                {"bearer", json::object{{"type", "http"},
                                        {"scheme", "bearer"},
                                        {"description", "An access token or an API key (rv_…)"}}},
                {"session", json::object{{"type", "apiKey"}, {"in", "cookie"}, {"name", kSessionCookie}}},
                {"worker",
                 json::object{{"type", "http"}, {"scheme", "bearer"}, {"description", "A worker's token"}}}}}}},
  };
  return json::serialize(document);
}

void add_document_routes(RouteTable& table, std::string version) {
  struct Documents {
    std::once_flag once;
    std::string openapi, etag;
    std::string page = docs_page();
    std::string policy;
  };
  auto documents = std::make_shared<Documents>();
  auto begin = documents->page.find("<script>") + 8, end = documents->page.find("</script>");
  auto digest = sha256(bytes_of(std::string_view(documents->page).substr(begin, end - begin)));
  std::string_view raw_digest(reinterpret_cast<const char*>(digest.data()), digest.size());
  documents->policy =
      "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'; script-src 'sha256-" +
      base64(raw_digest) + "'";
  RouteInfo info{
      .summary = "This API as an OpenAPI 3.1 document", .tag = "Server", .access = everyone(), .cost = Cost::point};
  table.add(raw(Method::get, "/openapi.json", info, [documents, &table, version](Request&) -> Result<Response> {
    std::call_once(documents->once, [&] {
      documents->openapi = openapi_document(table, version);
      auto hash = sha256(bytes_of(documents->openapi));
      documents->etag = "\"" + hex(ByteView(hash).first(8)) + "\"";
    });
    Response out = Response::json(200, documents->openapi);
    out.headers.add("ETag", documents->etag);
    out.headers.add("Cache-Control", "no-cache");
    return out;
  }));
  info.summary = "This API as a page for people";
  table.add(raw(Method::get, "/docs", info, [documents](Request&) -> Result<Response> {
    Response out = Response::text(200, "text/html; charset=utf-8", documents->page);
    out.headers.add("Content-Security-Policy", documents->policy);
    out.headers.add("Cache-Control", "no-cache");
    return out;
  }));
}

}  // namespace reelvault::http
