// reelvault_fill ASSETS: fills the library of a data folder (REELVAULT_DATA_DIR, REELVAULT_DATABASE_URL) for ./dev bench
// library, through the catalogue's own rules: names, counters, tags, search, history and events as for any asset. 50
// assets to a folder, two folders to a group, a hundred groups to a shelf, below /library/bench/a/b/c, so that a file's key
// is eight levels deep. Prints what was made as one line of JSON.
#include "app/application.hpp"
#include "app/commands.hpp"
#include "app/rooms.hpp"
#include "db/data_directory.hpp"
#include "db/migrate.hpp"

#include <iostream>

extern char** environ;

using namespace reelvault;
using catalog::Asset;
using catalog::AssetStatus;
using catalog::AssetType;

namespace {

constexpr std::string_view words[] = {"interview", "berlin", "harbour", "drone", "night", "market", "final", "cut", "scene", "wide",
                                      "closeup", "river", "concert", "press", "archive", "summer", "winter", "train", "studio", "goal"};
constexpr std::string_view endings[] = {".mov", ".mp4", ".wav", ".jpg", ".pdf"};

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text(*entry);
    if (auto equals = text.find('='); equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

// The same for the same number, so that a word has as many hits in every run: "interview" in a tenth of all names, the
// others in some percent, "unique123" in one.
std::string name_of(std::int64_t number) {
  const auto mixed = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15u;
  std::string name = fmt::format("{} {}", words[1 + (mixed >> 40) % 19], words[1 + (mixed >> 48) % 19]);
  if (number % 10 == 0) name += " interview";
  if (number % 1000 == 7) name += fmt::format(" unique{}", number);
  return fmt::format("{} {:07}{}", name, number, endings[(mixed >> 33) % 5]);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t total = argc > 1 ? std::atoll(argv[1]) : 10000;
  auto loaded = Config::load(std::nullopt, environment());
  if (!loaded) return app::report(loaded.error());
  auto fill = [&]() -> Result<boost::json::object> {
    RV_TRY(auto lock, db::lock_data_directory(loaded->data_dir()));
    RV_TRY(auto database, app::open_database(*loaded));
    RV_CHECK(db::migrate(*database));
    RV_TRY(auto rooms, app::Rooms::make(*loaded, *database));
    catalog::AssetService& assets = *rooms->assets;
    const Principal system = Principal::system();
    auto make = [&](db::Transaction& tx, const Uuid& parent, std::string name, AssetType type, std::vector<std::string> tags) {
      return assets.create_folder(tx, system, parent, {.displayName = std::move(name), .onConflict = {}, .tags = std::move(tags), .customFields = {}}, type,
                                  type == AssetType::file ? AssetStatus::placeholder : AssetStatus::available);
    };
    auto folder = [&](const Uuid& parent, std::string name) {
      return database->write([&](db::Transaction& tx) { return make(tx, parent, name, AssetType::folder, {}); });
    };
    RV_TRY(auto bucket, database->read([&](db::Transaction& tx) -> Result<std::optional<Asset>> { return assets.repository().bucket(tx, "library"); }));
    RV_TRY(Asset bench, folder(bucket->id, "bench"));
    RV_TRY(Asset a, folder(bench.id, "a"));
    RV_TRY(Asset b, folder(a.id, "b"));
    RV_TRY(Asset c, folder(b.id, "c"));
    boost::json::array groups;
    boost::json::object out{{"top", bench.id.text()}};
    Asset shelf;
    for (std::int64_t number = 0; number < total; number += 100) {
      if (number % 10000 == 0) {
        RV_TRY(shelf, folder(c.id, fmt::format("shelf {:03}", number / 10000)));
      }
      struct Made {
        Asset group, folder, last;
      };
      RV_TRY(const Made made, database->write([&](db::Transaction& tx) -> Result<Made> {
        Made out;
        RV_TRY(out.group, make(tx, shelf.id, fmt::format("group {:05}", number / 100), AssetType::folder, {}));
        for (std::int64_t i = number; i < std::min(total, number + 100); ++i) {
          if (i % 50 == 0) {
            RV_TRY(out.folder, make(tx, out.group.id, fmt::format("folder {:06}", i / 50), AssetType::folder, {}));
          }
          std::vector<std::string> tags;
          if (i % 4 == 0) tags.emplace_back(i % 8 == 0 ? "rushes" : "approved");
          if (i % 100 == 3) tags.emplace_back("rare");
          RV_TRY(out.last, make(tx, out.folder.id, name_of(i), AssetType::file, std::move(tags)));
        }
        return out;
      }));
      groups.push_back(boost::json::string(made.group.id.text()));
      if (number == total / 2 / 100 * 100) {
        out["folder"] = made.folder.id.text();
        out["asset"] = made.last.id.text();
        out["key"] = *assets.json(made.last).objectKey;
      }
    }
    out["groups"] = std::move(groups);
    out["shelf"] = shelf.id.text();
    // What the server does every second when nobody waits, and had nobody to do it here.
    RV_CHECK(rooms->index->tidy(std::chrono::minutes(10)));
    return out;
  };
  auto filled = fill();
  if (!filled) return app::report(filled.error());
  std::cout << boost::json::serialize(*filled) << std::endl;
  return 0;
}
