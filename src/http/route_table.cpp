#include "base/log.hpp"
#include "base/text.hpp"
#include "http/route.hpp"

#include <cstdlib>

namespace reelvault::http {

// One node for each shape of a path: parameters of different names at one place share a node, and a route knows the
// names of its own.
struct RouteTable::Node {
  struct Entry {
    const Route* route;
    std::vector<std::string> names;  // of the parameters on the way here
  };
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;
  std::vector<Entry> entries;

  const Entry* entry(Method method) const {
    for (const Entry& entry : entries)
      if (entry.route->method == method) return &entry;
    return nullptr;
  }

  // The node of `path` (empty, or "/…"), literals first, then parameters, then the rest. `values` gets the decoded
  // parameters on the way.
  const Node* find(std::string_view path, std::vector<std::string>& values) const {
    if (path.empty()) {
      if (!entries.empty()) return this;
      if (!rest) return nullptr;
      values.emplace_back();
      return rest.get();
    }
    path.remove_prefix(1);
    auto slash = path.find('/');
    std::string_view segment = path.substr(0, slash);
    std::string_view below = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
    std::string decoded;
    bool escaped = segment.find('%') != std::string_view::npos;
    if (escaped) decoded = *percent_decode(segment);
    std::string_view plain = escaped ? std::string_view(decoded) : segment;
    std::size_t depth = values.size();
    if (auto literal = literals.find(plain); literal != literals.end())
      if (const Node* found = literal->second->find(below, values)) return found;
    values.resize(depth);
    if (parameter && !plain.empty()) {
      values.emplace_back(plain);
      if (const Node* found = parameter->find(below, values)) return found;
      values.resize(depth);
    }
    if (rest) {
      auto whole = percent_decode(path);
      // "//" inside, or a slash that was written %2F, would make two paths of one.
      bool ambiguous = path.find("//") != std::string_view::npos || path.starts_with('/') ||
                       std::ranges::count(*whole, '/') != std::ranges::count(path, '/');
      if (ambiguous) return nullptr;
      values.push_back(std::move(*whole));
      return rest.get();
    }
    return nullptr;
  }
};

namespace {

[[noreturn]] void bug(const std::string& sentence) {
  log::error("a route is declared wrongly", {{"detail", sentence}});
  log::flush();
  std::abort();
}

bool acceptable(std::string_view path) {
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return false;
  std::string_view rest = path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    auto slash = rest.find('/');
    std::string_view segment = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    if (segment.find_first_of("%.") == std::string_view::npos) continue;
    auto decoded = percent_decode(segment);
    if (!decoded || *decoded == "." || *decoded == ".." || decoded->find('\0') != std::string::npos) return false;
  }
  return true;
}

}  // namespace

RouteTable::RouteTable() : root_(std::make_shared<Node>()) {}

void RouteTable::add(Route route) {
  if (!route.bind == !route.stream) bug(route.pattern + ": one of bind and stream");
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  Route& kept = *routes_.back();
  Node* node = root_.get();
  std::vector<std::string> names;
  std::string_view pattern = kept.pattern;
  if (!pattern.starts_with('/')) bug(kept.pattern + ": a pattern begins with a slash");
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    auto slash = pattern.find('/');
    std::string_view segment = pattern.substr(0, slash);
    pattern = slash == std::string_view::npos ? std::string_view() : pattern.substr(slash);
    std::unique_ptr<Node>* next = nullptr;
    if (segment.starts_with('{') && segment.ends_with("...}")) {
      if (!pattern.empty()) bug(kept.pattern + ": the rest comes last");
      names.emplace_back(segment.substr(1, segment.size() - 5));
      kept.rest_parameter = names.back();
      next = &node->rest;
    } else if (segment.starts_with('{') && segment.ends_with('}')) {
      names.emplace_back(segment.substr(1, segment.size() - 2));
      next = &node->parameter;
    } else {
      next = &node->literals[std::string(segment)];
    }
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
  }
  if (node->entry(kept.method)) bug(std::string(method_name(kept.method)) + " " + kept.pattern + " is declared twice");
  if (!kept.info.access.resource.empty() && std::ranges::find(names, kept.info.access.resource) == names.end())
    bug(kept.pattern + " has no parameter " + std::string(kept.info.access.resource));
  node->entries.push_back({&kept, std::move(names)});
}

void RouteTable::add_alias(const Route& route, std::string pattern, Access access) {
  Route copy = route;
  copy.pattern = std::move(pattern);
  copy.rest_parameter.clear();
  copy.info.access = access;
  add(std::move(copy));
}

Result<RouteTable::Match> RouteTable::match(Method method, std::string_view path) const {
  if (!acceptable(path)) return fail(Code::invalid, "invalid-path", "The path is not well formed.");
  std::vector<std::string> values;
  const Node* node = root_->find(path, values);
  if (!node) return fail_not_found("path");
  const Node::Entry* entry = node->entry(method);
  if (!entry && method == Method::head) entry = node->entry(Method::get);
  if (!entry) {
    Error error{Code::not_allowed, "", "The path does not answer to this method.", {}, {}, {}, 0, methods(path)};
    return fail(std::move(error));
  }
  Match out;
  out.route = entry->route;
  for (std::size_t i = 0; i < values.size(); ++i) out.parameters.emplace(entry->names[i], std::move(values[i]));
  return out;
}

std::vector<std::string> RouteTable::methods(std::string_view path) const {
  std::vector<std::string> out, values;
  if (!acceptable(path)) return out;
  const Node* node = root_->find(path, values);
  if (!node) return out;
  for (Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del}) {
    bool there = node->entry(method) || (method == Method::head && node->entry(Method::get));
    if (there) out.emplace_back(method_name(method));
  }
  out.emplace_back(method_name(Method::options));
  return out;
}

}  // namespace reelvault::http
