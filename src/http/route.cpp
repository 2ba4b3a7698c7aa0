#include "http/route.hpp"

#include "base/text.hpp"

namespace reelvault::http {

Access everyone() { return {.who = Access::Who::everyone, .permission = {}, .resource = {}}; }
Access signed_in(std::string_view scope) {
  return {.who = Access::Who::signed_in, .permission = {}, .resource = {}, .scope = scope};
}
Access permitted(Permission permission, std::string_view resource) {
  std::string_view scope = permission == Permission::read    ? "read"
                           : permission == Permission::write ? "write"
                                                             : "manage";
  return {.who = Access::Who::signed_in, .permission = permission, .resource = resource, .scope = scope};
}
Access reader(std::string_view resource) { return permitted(Permission::read, resource); }
Access editor(Permission permission, std::string_view resource) {
  Access out = permitted(permission, resource);
  out.who = Access::Who::editor;
  return out;
}
Access editor_only(std::string_view scope) {
  return {.who = Access::Who::editor, .permission = {}, .resource = {}, .scope = scope};
}
Access admin_only() { return {.who = Access::Who::admin, .permission = {}, .resource = {}, .scope = "admin"}; }
Access worker_only() { return {.who = Access::Who::worker, .permission = {}, .resource = {}, .scope = "worker"}; }

void bind_path(const Route& route, const Request& request, std::vector<FieldFault>& faults) {
  for (const auto& [name, value] : request.path_parameters) {
    if (route.free_parameters.contains(name) || route.rest_parameter == name) continue;
    if (!Uuid::parse(value)) faults.push_back({"{" + name + "}", "must be a UUID"});
  }
}

boost::json::object query_object(const Request& request) {
  boost::json::object out;
  for (const auto& [name, value] : request.query) {
    boost::json::value* there = out.if_contains(name);
    if (!there) {
      out[name] = value;
      continue;
    }
    if (!there->is_array()) *there = boost::json::array{std::move(*there)};
    there->as_array().emplace_back(value);
  }
  return out;
}

Result<boost::json::value> parse_json_body(const Request& request) {
  if (trim(request.body).empty()) return boost::json::object{};
  boost::system::error_code fault;
  boost::json::parse_options options;
  options.max_depth = 64;
  auto document = boost::json::parse(request.body, fault, {}, options);
  if (fault) {
    Error error{
        Code::invalid, "invalid-json", "The body is not valid JSON: " + fault.message() + ".", {}, {}, {}, 0, {}};
    return fail(std::move(error));
  }
  return document;
}

Error invalid_request(std::vector<FieldFault> faults) {
  Error out{Code::invalid, "invalid-request", "The request has fields that are not valid.", {}, {}, {}, 0, {}};
  out.faults = std::move(faults);
  return out;
}

Route raw(Method method, std::string pattern, RouteInfo info, std::function<Result<Response>(Request&)> handler) {
  Route out{.method = method, .pattern = std::move(pattern), .info = std::move(info)};
  auto shared = std::make_shared<std::function<Result<Response>(Request&)>>(std::move(handler));
  out.bind = [shared](Request& request) -> Result<Handler> {
    return Handler([shared, &request] { return (*shared)(request); });
  };
  return out;
}

Route streamed(Method method, std::string pattern, RouteInfo info, StreamHandler handler) {
  Route out{.method = method, .pattern = std::move(pattern), .info = std::move(info)};
  out.stream = std::move(handler);
  return out;
}

}  // namespace reelvault::http
