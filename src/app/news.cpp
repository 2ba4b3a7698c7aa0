#include "app/news.hpp"

#include "base/log.hpp"

namespace reelvault::app {

namespace json = boost::json;

namespace {

using Judge = http::EventHub::Judge;

http::Event event_of(const db::OutboxEvent& from) {
  return {static_cast<std::uint64_t>(from.position), from.name, from.payload, from.topic};
}

std::optional<std::string_view> text_of(const json::object& payload, std::string_view member) {
  const json::value* value = payload.if_contains(member);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<Uuid> id_of(const json::object& payload, std::string_view member) {
  auto text = text_of(payload, member);
  return text ? Uuid::parse(*text) : std::nullopt;
}

Judge nobody() {
  return [](const Principal&) { return false; };
}

// Whoever may read the asset, as things stand now. Where it stands is looked up once, and only if somebody needs it.
Judge readers(Rooms& rooms, const std::optional<Uuid>& asset) {
  if (!asset) return nobody();
  struct Looked {
    bool done = false;
    std::optional<std::vector<std::int64_t>> chain;
  };
  return [&rooms, asset = *asset, looked = std::make_shared<Looked>()](const Principal& principal) {
    if (!std::exchange(looked->done, true)) looked->chain = rooms.tree->chain(asset);
    return looked->chain && rooms.assets->access().highest(principal, *looked->chain).has_value();
  };
}

// An asset that left: whoever may read the folder that it was in could read it there, and hears that it is gone. Where
// it is now, if anywhere, is not theirs to know.
bool left(const json::object& payload) {
  auto change = text_of(payload, "change");
  return change == "trash" || change == "delete" || change == "left";
}

Judge readers_of_asset(Rooms& rooms, const json::object& payload) {
  return readers(rooms, id_of(payload, left(payload) ? "parentId" : "id"));
}
Judge readers_of_its_asset(Rooms& rooms, const json::object& payload) {
  return readers(rooms, id_of(payload, "assetId"));
}
Judge its_user(Rooms&, const json::object& payload) {
  auto user = id_of(payload, "userId");
  if (!user || user->nil()) return nobody();
  return [user = *user](const Principal& principal) { return principal.user_id == user; };
}

// Administrators see every topic; what is not named here they see alone.
struct TopicRule {
  std::string_view topic;
  Judge (*judge)(Rooms& rooms, const json::object& payload);
};
constexpr TopicRule kTopics[] = {
    {"asset", readers_of_asset}, {"job", readers_of_its_asset}, {"upload", its_user},
    {"batch", its_user},         {"queue", its_user},           {"collection", its_user},
};

Judge judge_of(Rooms& rooms, const http::Event& event) {
  Judge others = nobody();
  const auto* rule = std::ranges::find(kTopics, event.topic, &TopicRule::topic);
  if (rule != std::end(kTopics)) {
    boost::system::error_code fault;
    json::value payload = json::parse(event.data, fault);
    if (!fault && payload.is_object()) others = rule->judge(rooms, payload.get_object());
  }
  return [&rooms, others = std::move(others)](const Principal& principal) {
    return rooms.assets->access().sees_everything(principal) || others(principal);
  };
}

}  // namespace

News::News(Rooms& rooms) : rooms_(rooms), reader_(*rooms.outbox) {
  hub_ = http::EventHub::make([this](const http::Event& event) { return judge_of(rooms_, event); },
                              [this](std::uint64_t cursor, std::size_t limit) {
                                constexpr auto furthest = static_cast<std::uint64_t>(INT64_MAX);
                                return replay(static_cast<std::int64_t>(std::min(cursor, furthest)), limit);
                              });
  reader_.subscribe([this](const db::OutboxEvent& event) {
    reload_folder(event);
    reload_collection(event);
    hub_->publish(event_of(event));
    rooms_.webhook_dispatcher->news();
  });
}

// Positions are dense, so a first one that is not the next means that old ones were pruned meanwhile.
Result<http::Replayed> News::replay(std::int64_t cursor, std::size_t limit) {
  http::Replayed out;
  RV_TRY(auto events, rooms_.outbox->read_after(cursor, limit));
  if (events.empty()) {
    RV_TRY(const std::int64_t head, rooms_.outbox->head());
    // A cursor of the future is of another database, or of this one before it was restored from a backup.
    if (head < cursor) out.reset_to = static_cast<std::uint64_t>(head);
    return out;
  }
  if (events.front().position != cursor + 1) out.reset_to = static_cast<std::uint64_t>(events.front().position) - 1;
  for (const db::OutboxEvent& event : events) out.events.push_back(event_of(event));
  return out;
}

void News::reload_collection(const db::OutboxEvent& event) {
  if (event.topic != "collection" || rooms_.database.kind() != db::Kind::postgres) return;
  const json::value payload = json::parse(event.payload);
  const auto id = id_of(payload.as_object(), "id");
  if (!id) return;
  if (auto loaded = rooms_.assets->collections().reload(*id); !loaded)
    log::error("could not reload a collection", {{"detail", loaded.error().detail}});
}

// From other nodes this is how folders come. Here, too, an event may be read before the commit that it came with was
// told to the tree, by which it is decided who may hear of it.
void News::reload_folder(const db::OutboxEvent& event) {
  if (event.topic != "asset" || event.asset_id.nil()) return;
  json::value payload = json::parse(event.payload);
  const json::value* type = payload.as_object().if_contains("assetType");
  if (!type || type->to_number<int>() == static_cast<int>(catalog::AssetType::file)) return;
  if (auto loaded = rooms_.tree->reload(event.asset_id); !loaded)
    log::error("could not reload a folder", {{"detail", loaded.error().detail}});
}

Result<void> News::start() {
  RV_TRY(std::int64_t head, rooms_.outbox->head());
  hub_->start_after(static_cast<std::uint64_t>(head));
  return reader_.start();
}

void News::stop() { reader_.stop(); }

}  // namespace reelvault::app
