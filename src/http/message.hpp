// A request and a response as plain values. Handlers see these and never a socket.
#pragma once
#include "base/error.hpp"
#include "base/principal.hpp"
#include "base/time.hpp"
#include "http/body.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reelvault::http {

enum class Method { get, head, post, put, patch, del, options };
std::string_view method_name(Method method);  // "GET"
std::optional<Method> parse_method(std::string_view name);

// Header fields in the order they came; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces every field of that name
  void remove(std::string_view name);
  void clear() { fields_.clear(); }
  const std::string* find(std::string_view name) const;
  std::string_view get(std::string_view name) const;  // empty when absent
  std::vector<std::string_view> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  Method method = Method::get;
  std::string target;  // as sent
  std::string path;    // as sent (still percent-encoded), without query; "/api" in front already removed
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  Headers headers;
  std::string body;  // empty for routes that take a stream
  std::optional<std::uint64_t> content_length;
  std::map<std::string, std::string, std::less<>> path_parameters;  // decoded; "{path...}" takes the rest
  std::string remote_address;
  std::string request_id;
  bool tls = false;
  std::shared_ptr<const Principal> principal;  // set by the gate before any handler runs; never null in one

  const std::string* query_value(std::string_view name) const;
  std::string_view cookie(std::string_view name) const;
  // Absolute base for links: the configured public URL, else scheme and Host of this request. No trailing slash.
  std::string base_url() const;
  std::string public_url;  // from the configuration
};

// Asks the server to keep the answer open and send what the hub publishes (http/events.hpp).
struct EventSubscription {
  std::optional<std::uint64_t> cursor;  // the last event that the client saw; nothing: from now on
};

struct Response {
  int status = 200;
  Headers headers;
  Body body;
  std::optional<EventSubscription> events = {};  // set: `body` is not sent, the stream follows the header

  static Response json(int status, std::string text);
  static Response text(int status, std::string content_type, std::string text);
  static Response problem(const Error& error, std::string_view instance);  // application/problem+json, RFC 9457
  static Response redirect(std::string location, int status = 302);
  // A stream of the events that the request's principal may see, from its Last-Event-ID (header, or "lastEventId" in
  // the query, which EventSource polyfills send) on.
  static Response event_stream(const Request& request);
};

// One table: Code -> status, default slug, title.
struct CodeEntry {
  Code code;
  int status;
  std::string_view slug;
  std::string_view title;
};
const CodeEntry& code_entry(Code code);
std::string_view reason_phrase(int status);  // "Not Found"; empty for a status that nobody knows

// Splits a request target's query, decoding both sides; nullopt when a percent escape is malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query_string(std::string_view query);
// A Content-Disposition with an ASCII fallback and RFC 5987 name; nothing of `file_name` can break out of it.
std::string content_disposition(std::string_view file_name, bool attachment);

}  // namespace reelvault::http
