#include "db/outbox_cursor.hpp"

#include "db/clock.hpp"

namespace reelvault::db {

Result<void> OutboxCursor::open() {
  RV_TRY(const std::int64_t head, outbox_.head());
  return outbox_.database().write([&](Transaction& tx) -> Result<void> {
    tx.execute("insert into outbox_cursor (name, position) values (:name, :position) on conflict (name) do nothing",
               {{"name", name_}, {"position", head}});
    return {};
  });
}

Result<std::optional<std::int64_t>> OutboxCursor::own() {
  struct Place {
    std::int64_t position;
    std::optional<std::string> owner;
    std::optional<Timestamp> until;
    Timestamp now;
  };
  const bool shared = outbox_.database().kind() == Kind::postgres;
  RV_TRY(auto place, outbox_.database().read([&](Transaction& tx) -> Result<std::optional<Place>> {
    const Timestamp now = clock(tx);
    return tx.one("select position, owner, owned_until from outbox_cursor where name = :name", {{"name", name_}},
                  [&](const Row& row) {
                    return Place{row.get<std::int64_t>(0), row.get<std::optional<std::string>>(1),
                                 row.get<std::optional<Timestamp>>(2), now};
                  });
  }));
  if (!place) return fail(Code::internal, "", "A cursor of the outbox is gone.", name_);
  if (!shared) return place->position;
  const bool mine = place->owner == owner_;
  const Timestamp until = place->until.value_or(Timestamp{});
  if (!mine && place->owner && until > place->now) return std::nullopt;
  if (mine && until > place->now + ownership_ / 2) return place->position;
  return outbox_.database().write([&](Transaction& tx) -> Result<std::optional<std::int64_t>> {
    const Timestamp now = clock(tx);
    tx.execute(
        "update outbox_cursor set owner = :owner, owned_until = :until "
        "where name = :name and (owner is null or owner = :owner or owned_until < :now)",
        {{"owner", owner_}, {"until", now + ownership_}, {"name", name_}, {"now", now}});
    return tx.value<std::int64_t>("select position from outbox_cursor where name = :name and owner = :owner",
                                  {{"name", name_}, {"owner", owner_}});
  });
}

bool OutboxCursor::advance(Transaction& tx, std::int64_t from, std::int64_t to) {
  return tx.execute(
             "update outbox_cursor set position = :to where name = :name and position = :from and "
             "(owner is null or owner = :owner)",
             {{"to", to}, {"name", name_}, {"from", from}, {"owner", owner_}}) == 1;
}

Result<void> OutboxCursor::release() {
  if (outbox_.database().kind() == Kind::sqlite) return {};
  return outbox_.database().write([&](Transaction& tx) -> Result<void> {
    tx.execute("update outbox_cursor set owner = null where name = :name and owner = :owner",
               {{"name", name_}, {"owner", owner_}});
    return {};
  });
}

}  // namespace reelvault::db
