// A webhook: where news are sent to, and one delivery of one event to it.
#pragma once
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::webhook {

inline constexpr std::int64_t hooks_max = 100;
inline constexpr std::size_t secret_length_min = 16, secret_length_max = 200;

struct Webhook {
  std::int64_t row = 0;
  Uuid id;
  std::optional<std::string> description;
  std::string url, secret;
  std::vector<std::string> events;  // "asset", "upload.completed"; empty: all
  bool enabled = true;
  std::int64_t begins_after = 0, last_number = 0;
  Timestamp created_at{}, modified_at{};
  std::optional<Uuid> created_by;
  std::int64_t revision = 1;

  // `event` is "asset.move": a topic, a dot, and what happened.
  bool wants(std::string_view event) const;
};

enum class DeliveryState : std::int64_t { waiting = 0, delivered = 1, dead = 2 };
std::string_view state_name(DeliveryState state);  // "Waiting", "Delivered", "Dead"

struct Delivery {
  std::int64_t row = 0, webhook_row = 0;
  Uuid id;
  std::int64_t number = 0;
  std::optional<std::int64_t> position;
  std::string topic, event;
  std::optional<Uuid> asset_id;
  std::string body;
  DeliveryState state = DeliveryState::waiting;
  bool first = true;
  std::int64_t attempts = 0;
  Timestamp due_at{}, created_at{};
  std::optional<Timestamp> ended_at;
  std::optional<std::int64_t> status_code;
  std::optional<std::string> error;
  std::string attempt_log = "[]";  // JSON: [{ at, statusCode, error, durationMs }], the newest last
};

// What came of one attempt.
struct Outcome {
  Timestamp at{};
  std::int64_t duration_ms = 0;
  std::optional<std::int64_t> status_code;
  std::optional<std::string> error;  // nothing: delivered
  bool receiver_down = false;        // it is not this delivery's fault; others would fail as well
};

// "https://host:port/path?query" with a name or public address; what is wrong with it otherwise.
std::optional<std::string> url_fault(std::string_view url);
std::string host_of(std::string_view url);  // with its port
bool valid_event_filter(std::string_view filter);

// Reelvault-Signature: t=<Unix seconds>,v1=<HMAC-SHA256 of "<t>.<body>" under the secret, in hexadecimal>
std::string signature(std::string_view secret, std::int64_t unix_seconds, std::string_view body);

}  // namespace reelvault::webhook
