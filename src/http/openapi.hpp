// The table of routes as documents: OpenAPI 3.1 for programs, and a page that renders it for people.
#pragma once
#include "http/route.hpp"

#include <string>

namespace reelvault::http {

// The name of the cookie that holds a browser's session; auth sets it.
inline constexpr std::string_view kSessionCookie = "rv_session";

// Valid OpenAPI 3.1. Where two routes have one shape and differ in a parameter's name, which OpenAPI does not allow,
// the first name stands for both.
std::string openapi_document(const RouteTable& table, std::string_view version);
// Self-contained HTML that reads "openapi.json" beside it.
std::string docs_page();
// GET /openapi.json and GET /docs. The document is made at the first request, when all routes are there; `table` must
// outlive its routes.
void add_document_routes(RouteTable& table, std::string version);

}  // namespace reelvault::http
