#include "app/news.hpp"

#include "base/log.hpp"

namespace reelvault::app {

namespace json = boost::json;

namespace {
http::Event event_of(const db::OutboxEvent& from) { return {static_cast<std::uint64_t>(from.position), from.name, from.payload}; }
}  // namespace

News::News(Rooms& rooms) : rooms_(rooms), reader_(*rooms.outbox) {
  hub_ = http::EventHub::make([this](const Principal& principal, const http::Event& event) { return visible(principal, event); },
                              [this](std::uint64_t cursor, std::size_t limit) {
                                std::vector<http::Event> out;
                                auto events = rooms_.outbox->read_after(static_cast<std::int64_t>(cursor), limit);
                                if (!events) {
                                  log::warning("could not replay events", {{"detail", events.error().detail}});
                                  return out;
                                }
                                for (const db::OutboxEvent& event : *events) out.push_back(event_of(event));
                                return out;
                              });
  reader_.subscribe([this](const db::OutboxEvent& event) {
    if (event.topic == "asset" && rooms_.database.kind() == db::Kind::postgres && !event.asset_id.nil()) {
      json::value payload = json::parse(event.payload);
      if (payload.at("assetType").to_number<int>() != static_cast<int>(catalog::AssetType::file))
        if (auto loaded = rooms_.tree->reload(event.asset_id); !loaded) log::error("could not reload a folder", {{"detail", loaded.error().detail}});
    }
    hub_->publish(event_of(event));
  });
}

Result<void> News::start() {
  RV_TRY(std::int64_t head, rooms_.outbox->head());
  hub_->start_after(static_cast<std::uint64_t>(head));
  return reader_.start();
}

void News::stop() { reader_.stop(); }

bool News::visible(const Principal& principal, const http::Event& event) {
  const auth::AccessControl& access = rooms_.assets->access();
  if (access.sees_everything(principal)) return true;
  boost::system::error_code fault;
  json::value payload = json::parse(event.data, fault);
  if (fault || !payload.is_object()) return false;
  const json::object& object = payload.get_object();
  const json::value* id = object.if_contains("assetId");
  if (!id) id = object.if_contains("id");
  if (!id || !id->is_string()) return false;
  auto asset = Uuid::parse(std::string_view(id->get_string().data(), id->get_string().size()));
  return asset && access.require(principal, Permission::read, *asset).has_value();
}

}  // namespace reelvault::app
