#include "auth/idempotency.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"

namespace reelvault::auth {
namespace {

constexpr std::chrono::hours kKept{24};
constexpr std::chrono::seconds kOtherNodeMayRun{120};  // longer than any handler of a POST takes
constexpr std::size_t kLongestKey = 255;
constexpr std::uint64_t kLargestAnswer = 8 << 20;

std::string fingerprint_of(const http::Request& request) {
  Digest digest(Digest::Kind::sha256);
  auto add = [&](std::string_view part) {
    std::uint64_t length = part.size();  // so that no two different requests feed the same bytes
    digest.update(std::as_bytes(std::span(&length, 1)));
    digest.update(bytes_of(part));
  };
  add(request.path);
  for (const auto& [name, value] : request.query) {
    add(name);
    add(value);
  }
  add(request.body);
  return digest.finish();
}

std::string write_headers(const http::Headers& headers) {
  boost::json::array out;
  for (const auto& [name, value] : headers.fields()) out.push_back(boost::json::array{name, value});
  return boost::json::serialize(out);
}

http::Headers read_headers(std::string_view stored) {
  http::Headers headers;
  boost::json::value value = boost::json::parse(stored);
  for (const auto& field : value.as_array())
    headers.add(std::string(field.as_array()[0].as_string()), std::string(field.as_array()[1].as_string()));
  return headers;
}

// The bytes of a body that is in memory and not too large to keep.
std::optional<std::string> text_of(const http::Body& body) {
  if (body.size() > kLargestAnswer) return std::nullopt;
  std::string out;
  while (out.size() < body.size()) {
    auto segment = body.next(out.size());
    const auto* bytes = segment ? std::get_if<http::Bytes>(&*segment) : nullptr;
    if (!bytes || bytes->length == 0) return std::nullopt;
    out.append(*bytes->data, bytes->offset, bytes->length);
  }
  return out;
}

std::unexpected<Error> fail_running() {
  Error error{Code::conflict,
              "idempotency-running",
              "The first request with this Idempotency-Key still runs.",
              {},
              {},
              {},
              1,
              {}};
  return fail(std::move(error));
}

}  // namespace

struct AnswerKeeper::Keyed {
  std::string principal, route, key, fingerprint;
  std::string attempt;  // tells this run of the request from any other
  int usual_status = 200;
  std::string name;  // in Idempotency::running_
  // Written by the committing thread before write() returns to this one.
  std::atomic<bool> marked{false};    // something of this request is committed, and the record with it
  std::atomic<bool> answered{false};  // so is its answer

  db::Parameters parameters() const { return {{"principal", principal}, {"route", route}, {"key", key}}; }
};

namespace {

thread_local AnswerKeeper this_thread;

// Runs first in each write of the request: the record comes with the effect or not at all.
Result<void> mark(db::Transaction& tx, const db::Parameters& named, const std::string& fingerprint,
                  const std::string& attempt) {
  Timestamp at = now();
  db::Parameters expired = named;
  expired.push_back({"before", at - kKept});
  tx.execute(
      "delete from idempotency_record where principal = :principal and route = :route and request_key = :key"
      " and created_at <= :before",
      expired);
  db::Parameters fresh = named;
  fresh.push_back({"fingerprint", db::Blob{fingerprint}});
  fresh.push_back({"attempt", attempt});
  fresh.push_back({"at", at});
  if (tx.try_execute("insert into idempotency_record (principal, route, request_key, fingerprint, attempt, created_at)"
                     " values (:principal, :route, :key, :fingerprint, :attempt, :at)",
                     fresh))
    return {};
  // Another node's request with the same key was first; what this one would do is undone by the error.
  auto owner = tx.value<std::string>(
      "select attempt from idempotency_record where principal = :principal"
      " and route = :route and request_key = :key",
      named);
  if (owner == attempt) return {};
  return fail_running();
}

void store_answer(db::Transaction& tx, db::Parameters of_record, const std::string& attempt, int status,
                  const std::string& headers, std::string_view body) {
  of_record.push_back({"attempt", attempt});
  of_record.push_back({"status", status});
  of_record.push_back({"headers", headers});
  of_record.push_back({"body", db::Blob{std::string(body)}});
  tx.execute(
      "update idempotency_record set status = :status, headers = :headers, body = :body where"
      " principal = :principal and route = :route and request_key = :key and attempt = :attempt",
      of_record);
}

}  // namespace

AnswerKeeper AnswerKeeper::of_this_thread() { return this_thread; }

int AnswerKeeper::usual_status() const { return keyed_ ? keyed_->usual_status : 200; }

void AnswerKeeper::keep(db::Transaction& tx, int status, const http::Headers& headers, std::string_view json) const {
  if (!keyed_ || json.size() > kLargestAnswer) return;
  http::Headers all = http::Response::json(status, "").headers;
  for (const auto& [name, value] : headers.fields()) all.add(name, value);
  std::string fields = write_headers(all);
  store_answer(tx, keyed_->parameters(), keyed_->attempt, status, fields, json);
  tx.after_commit([keyed = keyed_] { keyed->answered = true; });
}

struct Idempotency::Record {
  std::string fingerprint;
  std::optional<int> status;
  std::string headers, body;
  Timestamp created_at{};
};

Idempotency::Idempotency(db::Database& database) : database_(database) {
  database.before_writes([]() -> db::Database::Prologue {
    auto keyed = this_thread.keyed_;
    if (!keyed || keyed->marked) return {};
    return [keyed](db::Transaction& tx) -> Result<void> {
      RV_CHECK(mark(tx, keyed->parameters(), keyed->fingerprint, keyed->attempt));
      tx.after_commit([keyed] { keyed->marked = true; });
      return {};
    };
  });
}

void Idempotency::release(const std::string& name) {
  std::unique_lock lock(mutex_);
  running_.erase(name);
}

Result<std::optional<Idempotency::Record>> Idempotency::find(const std::string& principal, const std::string& route,
                                                             const std::string& key) {
  return database_.read([&](db::Transaction& tx) -> Result<std::optional<Record>> {
    return tx.one(
        "select fingerprint, status, headers, body, created_at from idempotency_record where"
        " principal = :principal and route = :route and request_key = :key and created_at > :after",
        {{"principal", principal}, {"route", route}, {"key", key}, {"after", now() - kKept}}, [](const db::Row& row) {
          return Record{row.get<db::Blob>(0).bytes, row.get<std::optional<int>>(1),
                        row.get<std::optional<std::string>>(2).value_or(""),
                        row.get<std::optional<db::Blob>>(3).value_or(db::Blob{}).bytes, row.get<Timestamp>(4)};
        });
  });
}

Result<std::optional<http::Response>> Idempotency::begin(const http::Request& request, const http::Route& route) {
  this_thread.keyed_.reset();
  if (!request.principal || request.principal->user_id.nil()) return std::nullopt;  // nobody whose key it could be
  const std::string& key = *request.headers.find("Idempotency-Key");
  bool printable = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (key.empty() || key.size() > kLongestKey || !printable)
    return fail(Code::invalid, "invalid-idempotency-key",
                fmt::format("An Idempotency-Key has 1 to {} printable characters.", kLongestKey));

  auto keyed = std::make_shared<AnswerKeeper::Keyed>();
  keyed->principal = request.principal->user_id.text();
  keyed->route = route.pattern;
  keyed->key = key;
  keyed->fingerprint = fingerprint_of(request);
  keyed->attempt = random_token();
  keyed->usual_status = route.info.status;
  keyed->name = keyed->principal + "\n" + keyed->route + "\n" + key;
  {
    std::unique_lock lock(mutex_);
    if (!running_.insert(keyed->name).second) return fail_running();
  }
  auto found = find(keyed->principal, keyed->route, key);
  if (found && !*found) {
    this_thread.keyed_ = std::move(keyed);
    return std::nullopt;
  }
  release(keyed->name);
  if (!found) return std::unexpected(std::move(found).error());
  const Record& record = **found;
  if (!equal_in_constant_time(record.fingerprint, keyed->fingerprint))
    return fail(Code::unprocessable, "idempotency-key-reused",
                "This Idempotency-Key was used for another request to this route.");
  if (!record.status) {
    if (database_.kind() == db::Kind::postgres && record.created_at + kOtherNodeMayRun > now()) return fail_running();
    return fail(
        Code::conflict, "idempotency-answer-lost",
        "The first request with this Idempotency-Key took effect, but its answer was lost; look at what it did.");
  }
  http::Response again;
  again.status = *record.status;
  again.headers = read_headers(record.headers);
  again.headers.add("Idempotent-Replayed", "true");
  again.body = http::Body(record.body);
  return again;
}

void Idempotency::finish(const http::Request& request, const http::Route&, const http::Response& response) {
  std::shared_ptr<AnswerKeeper::Keyed> keyed = std::exchange(this_thread.keyed_, nullptr);
  if (!keyed) return;
  // What went wrong here, or had to wait, may be tried again, unless something of it is committed.
  bool passing = response.status >= 500 || response.status == 429 || response.status == 408;
  auto body = text_of(response.body);
  if (!keyed->answered && body && (keyed->marked || !passing)) {
    std::string headers = write_headers(response.headers);
    auto kept = database_.write([&](db::Transaction& tx) -> Result<void> {
      RV_CHECK(mark(tx, keyed->parameters(), keyed->fingerprint, keyed->attempt));
      store_answer(tx, keyed->parameters(), keyed->attempt, response.status, headers, *body);
      return {};
    });
    if (!kept)
      log::warning("the answer of a request with an Idempotency-Key was not kept",
                   {{"requestId", request.request_id}, {"detail", kept.error().detail}});
  }
  release(keyed->name);
}

std::int64_t Idempotency::prune(db::Transaction& tx, Timestamp at, std::int64_t limit) {
  return tx.execute(
      "delete from idempotency_record where id in (select id from idempotency_record"
      " where created_at <= :before limit :limit)",
      {{"before", at - kKept}, {"limit", limit}});
}

}  // namespace reelvault::auth
