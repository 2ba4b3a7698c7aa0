#include "media/media_info.hpp"

#include "base/dto.hpp"

namespace reelvault::media {

const Stream* MediaInfo::main_video() const {
  const Stream* best = nullptr;
  for (const Stream& stream : streams) {
    if (stream.kind != "video" || stream.attachedPicture || !stream.video) continue;
    auto area = [](const Stream& s) { return s.video->codedWidth * s.video->codedHeight; };
    if (!best || (stream.isDefault && !best->isDefault) ||
        (stream.isDefault == best->isDefault && area(stream) > area(*best)))
      best = &stream;
  }
  return best;
}

const Stream* MediaInfo::cover() const {
  for (const Stream& stream : streams)
    if (stream.kind == "video" && stream.attachedPicture) return &stream;
  return nullptr;
}

std::vector<const Stream*> MediaInfo::audio_streams() const {
  std::vector<const Stream*> found;
  for (const Stream& stream : streams)
    if (stream.kind == "audio" && stream.audio && stream.audio->channels > 0) found.push_back(&stream);
  return found;
}

boost::json::object to_json(const MediaInfo& info) { return boost::json::parse(dto::write(info)).as_object(); }

std::optional<MediaInfo> media_info_from(const boost::json::value& value) {
  auto parsed = dto::parse<MediaInfo>(value);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace reelvault::media
