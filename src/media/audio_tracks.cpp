#include "media/audio_tracks.hpp"

namespace reelvault::media {
namespace {

constexpr std::size_t kTracksMax = 8;

// Silence fills gaps and a late beginning, so that picture and sound stay together.
constexpr std::string_view kInStep = "aresample=48000:async=1:first_pts=0";

bool copyable(const Stream& stream) {
  return stream.codec == "aac" && stream.profile == "LC" && stream.audio->startsClean && stream.audio->channels <= 2 &&
         (stream.audio->sampleRate == 44100 || stream.audio->sampleRate == 48000) &&
         stream.bitRate.value_or(0) <= 330'000 && std::abs(stream.startUs) <= 45'000;
}

AudioTrack track_of(const Stream& stream) {
  AudioTrack track;
  track.source_streams = {stream.index};
  track.channels = std::min<std::int64_t>(stream.audio->channels, 2);
  track.filter = fmt::format("[0:{}]{},aformat=channel_layouts={}", stream.index, kInStep,
                             track.channels == 1 ? "mono" : "stereo");
  track.language = stream.language;
  track.name = stream.title.empty() ? stream.role.value_or("") : stream.title;
  track.copyable = copyable(stream);
  return track;
}

AudioTrack pair_of(const Stream& left, const Stream& right) {
  AudioTrack track;
  track.source_streams = {left.index, right.index};
  track.filter =
      fmt::format("[0:{0}]{2}[left{0}];[0:{1}]{2}[right{1}];[left{0}][right{1}]join=inputs=2:channel_layout=stereo",
                  left.index, right.index, std::string(kInStep) + ",aformat=channel_layouts=mono");
  track.language = left.language;
  track.name = left.title.empty() ? fmt::format("Tracks {} and {}", left.index, right.index) : left.title;
  return track;
}

// Cameras and editing systems write one track a channel.
bool one_track_a_channel(const std::vector<const Stream*>& streams) {
  return streams.size() >= 2 && std::ranges::all_of(streams, [&](const Stream* stream) {
           return stream->audio->channels == 1 && stream->language == streams[0]->language && !stream->commentary;
         });
}

std::string mix_name(std::int64_t channels) {
  switch (channels) {
    case 1: return "Mono";
    case 2: return "Stereo";
    case 6: return "5.1";
    case 8: return "7.1";
    default: return fmt::format("{} channels", channels);
  }
}

// What an untitled track is mixed for, where that tells it from the others of its language: all are heard in stereo.
std::string mix_among(const std::vector<const Stream*>& streams, std::int64_t index) {
  const Stream* track = *std::ranges::find(streams, index, &Stream::index);
  const auto rival = [&](const Stream* other) {
    return other != track && other->language == track->language && other->title.empty() && !other->commentary;
  };
  const auto same = [&](const Stream* other) {
    return rival(other) && other->audio->channels == track->audio->channels;
  };
  if (std::ranges::none_of(streams, rival) || std::ranges::any_of(streams, same)) return {};
  return mix_name(track->audio->channels);
}

}  // namespace

std::vector<AudioTrack> plan_audio(const MediaInfo& info) {
  std::vector<const Stream*> streams = info.audio_streams();
  std::vector<AudioTrack> tracks;
  if (one_track_a_channel(streams)) {
    for (std::size_t i = 0; i + 1 < streams.size() && tracks.size() < kTracksMax; i += 2)
      tracks.push_back(pair_of(*streams[i], *streams[i + 1]));
    if (streams.size() % 2 == 1 && tracks.size() < kTracksMax) tracks.push_back(track_of(*streams.back()));
  } else {
    // What plays unasked: no commentary, then the file's own choice, then what has two channels, then the order.
    std::ranges::sort(streams, {}, [](const Stream* s) {
      return std::tuple(s->commentary, !s->isDefault, s->audio->channels < 2, s->index);
    });
    for (const Stream* stream : streams)
      if (tracks.size() < kTracksMax) tracks.push_back(track_of(*stream));
  }
  for (std::size_t i = 0; i < tracks.size(); ++i)
    if (tracks[i].name.empty() && tracks[i].source_streams.size() == 1)
      tracks[i].name = mix_among(streams, tracks[i].source_streams.front());
  for (std::size_t i = 0; i < tracks.size(); ++i)
    if (tracks[i].name.empty())
      tracks[i].name = i == 0 && tracks.size() == 1 ? "Sound" : fmt::format("Track {}", i + 1);
  return tracks;
}

}  // namespace reelvault::media
