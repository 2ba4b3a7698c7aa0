#include "media/settings.hpp"

#include "base/text.hpp"

namespace reelvault::media {

MediaSettings MediaSettings::from(const Config& config) {
  MediaSettings settings;
  settings.ffmpeg = config.text("ffmpeg");
  settings.ffprobe = config.text("ffprobe");
  settings.preset = config.text("encoding.preset");
  settings.field_rate = config.text("encoding.deinterlace") == "field";
  settings.pixels_max = static_cast<std::uint64_t>(config.integer("media.megapixels_max")) * 1'000'000;
  settings.limits.memory_bytes = static_cast<std::uint64_t>(config.integer("worker.memory_bytes"));
  settings.limits.cpu = config.seconds("worker.time_limit_s");
  // With two cores and more, the processor's time passes faster than the clock's; a loaded machine is slower.
  settings.limits.wall = 4 * settings.limits.cpu;
  settings.limits.output_bytes = static_cast<std::uint64_t>(config.integer("worker.output_limit_bytes"));

  std::vector<int> ladder;
  for (std::string_view item : split(config.text("encoding.ladder"), ',')) {
    int height = 0;
    item = trim(item);
    std::from_chars(item.data(), item.data() + item.size(), height);
    if (height >= 64 && height <= 4320) ladder.push_back(height / 2 * 2);
  }
  std::ranges::sort(ladder, std::greater());
  ladder.erase(std::ranges::unique(ladder).begin(), ladder.end());
  if (!ladder.empty()) settings.ladder = std::move(ladder);
  return settings;
}

}  // namespace reelvault::media
