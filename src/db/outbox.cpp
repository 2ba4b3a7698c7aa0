#include "db/outbox.hpp"

#include <array>

namespace reelvault::db {
namespace {

constexpr std::int64_t chunk = 500;  // rows that one transaction touches

struct Appended {
  std::string topic, name;
  std::int64_t asset_row = 0;
  Uuid asset_id;
  std::string payload;
  Timestamp at;
};

std::string_view position_column(Kind kind) { return kind == Kind::sqlite ? "id" : "position"; }

OutboxEvent event_of(const Row& row) {
  OutboxEvent event;
  event.position = row.get<std::int64_t>(0);
  event.topic = row.get<std::string>(1);
  event.name = row.get<std::string>(2);
  event.asset_row = row.get<std::optional<std::int64_t>>(3).value_or(0);
  event.asset_id = row.get<std::optional<Uuid>>(4).value_or(Uuid{});
  event.payload = row.get<std::string>(5);
  event.created_at = row.get<Timestamp>(6);
  return event;
}

}  // namespace

void Outbox::Waker::wake() {
  {
    std::lock_guard lock(mutex);
    ++count;
  }
  changed.notify_all();
}

void Outbox::append(Transaction& tx, const NewEvent& event) {
  auto& events = tx.gathered<Appended>(this, [](Transaction& last, const std::vector<Appended>& all) {
    static constexpr std::array<std::string_view, 6> columns = {"topic",     "name",    "asset_id",
                                                                "asset_uid", "payload", "created_at"};
    insert_rows(last, "outbox", columns, all.size(), [&](std::size_t i, std::vector<Value>& values) {
      const Appended& one = all[i];
      values.emplace_back(one.topic);
      values.emplace_back(one.name);
      values.emplace_back(one.asset_row == 0 ? std::optional<std::int64_t>() : one.asset_row);
      values.emplace_back(one.asset_id.nil() ? std::optional<Uuid>() : one.asset_id);
      values.emplace_back(one.payload);
      values.emplace_back(one.at);
    });
  });
  if (events.empty()) tx.after_commit([waker = waker_] { waker->wake(); });
  events.push_back(
      {event.topic, event.name, event.asset_row, event.asset_id, boost::json::serialize(event.payload), now()});
}

Result<bool> Outbox::place() {
  if (database_.kind() == Kind::sqlite) return false;
  RV_TRY(const bool some, database_.read([](Transaction& tx) -> Result<bool> {
    return tx.value<int>("select 1 from outbox where position is null order by id limit 1").has_value();
  }));
  if (!some) return false;
  RV_TRY(const std::int64_t placed, database_.write([](Transaction& tx) -> Result<std::int64_t> {
    // The lock first, in a statement of its own: the next one's snapshot then holds every row that was placed before.
    const std::int64_t head = *tx.value<std::int64_t>("select position from outbox_head for update");
    const std::int64_t count = tx.execute(
        "with fresh as (select id, row_number() over (order by id) as nth from outbox where position is null "
        "order by id limit :chunk) "
        "update outbox set position = :head + fresh.nth from fresh where outbox.id = fresh.id",
        {{"chunk", chunk}, {"head", head}});
    if (count > 0) tx.execute("update outbox_head set position = :head", {{"head", head + count}});
    return count;
  }));
  return placed == chunk;
}

Result<std::vector<OutboxEvent>> Outbox::read_after(std::int64_t position, std::size_t limit) {
  for (bool more = true; more;) {
    RV_TRY(more, place());
  }
  return database_.read([&](Transaction& tx) -> Result<std::vector<OutboxEvent>> {
    const std::string_view column = position_column(tx.kind());
    return tx.all(fmt::format("select {0}, topic, name, asset_id, asset_uid, payload, created_at from outbox "
                              "where {0} > :position order by {0} limit :limit",
                              column),
                  {{"position", position}, {"limit", limit}}, event_of);
  });
}

Result<std::int64_t> Outbox::head() {
  for (bool more = true; more;) {
    RV_TRY(more, place());
  }
  return database_.read([](Transaction& tx) -> Result<std::int64_t> {
    return *tx.value<std::int64_t>(tx.kind() == Kind::sqlite ? "select coalesce(max(id), 0) from outbox"
                                                             : "select position from outbox_head");
  });
}

Result<std::int64_t> Outbox::prune(std::chrono::seconds age, std::chrono::seconds unread_age) {
  RV_TRY(const std::int64_t newest, head());
  const Timestamp read_before = now() - age;
  const Timestamp any_before = now() - unread_age;
  std::int64_t removed = 0;
  for (;;) {
    RV_TRY(const std::int64_t count, database_.write([&](Transaction& tx) -> Result<std::int64_t> {
      const std::int64_t passed = tx.value<std::optional<std::int64_t>>("select min(position) from outbox_cursor")
                                      .value_or(std::nullopt)
                                      .value_or(newest);
      const std::string_view column = position_column(tx.kind());
      std::int64_t last = 0;  // the old ones are a prefix of the order
      bool open = true;
      tx.each(fmt::format("select {0}, created_at from outbox where {0} < :newest order by {0} limit :chunk", column),
              {{"newest", newest}, {"chunk", chunk}}, [&](const Row& row) {
                const auto position = row.get<std::int64_t>(0);
                const auto created = row.get<Timestamp>(1);
                open = open && (created < any_before || (created < read_before && position <= passed));
                if (open) last = position;
              });
      if (last == 0) return 0;
      return tx.execute(fmt::format("delete from outbox where {} <= :last", column), {{"last", last}});
    }));
    removed += count;
    if (count < chunk) return removed;
  }
}

}  // namespace reelvault::db
