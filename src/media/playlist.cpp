#include "media/playlist.hpp"

#include <cmath>

namespace reelvault::media {
namespace {

constexpr double kSameTime = 0.004;  // seconds; time scales differ
constexpr double kRest = 1.0;        // shorter than this, the end is no segment of its own

// The three letters of old tags as the two of today, where these exist.
std::string_view language_tag(std::string_view language) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {
      {"eng", "en"}, {"fra", "fr"}, {"fre", "fr"}, {"deu", "de"}, {"ger", "de"}, {"spa", "es"}, {"ita", "it"},
      {"por", "pt"}, {"nld", "nl"}, {"dut", "nl"}, {"rus", "ru"}, {"ukr", "uk"}, {"pol", "pl"}, {"ces", "cs"},
      {"cze", "cs"}, {"slk", "sk"}, {"slo", "sk"}, {"hun", "hu"}, {"ron", "ro"}, {"rum", "ro"}, {"ell", "el"},
      {"gre", "el"}, {"swe", "sv"}, {"dan", "da"}, {"nor", "no"}, {"fin", "fi"}, {"tur", "tr"}, {"ara", "ar"},
      {"heb", "he"}, {"fas", "fa"}, {"per", "fa"}, {"hin", "hi"}, {"jpn", "ja"}, {"kor", "ko"}, {"zho", "zh"},
      {"chi", "zh"}, {"vie", "vi"}, {"tha", "th"}, {"ind", "id"}};
  for (auto& [old, tag] : kShort)
    if (language == old) return tag;
  return language;
}

// A quoted string of a playlist may hold neither quotes nor line ends.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) out += c == '"' ? '\'' : static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return out + "\"";
}

std::string vtt_time(std::int64_t ms) {
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

}  // namespace

std::vector<double> segment_starts(const std::vector<FragmentedFile>& files) {
  std::vector<double> starts;
  if (files.empty()) return starts;
  std::vector<std::size_t> at(files.size(), 0);
  for (const Fragment& fragment : files[0].fragments) {
    double time = files[0].seconds(fragment.start);
    bool everywhere = fragment.key;
    for (std::size_t i = 1; i < files.size() && everywhere; ++i) {
      const auto& others = files[i].fragments;
      while (at[i] < others.size() && files[i].seconds(others[at[i]].start) < time - kSameTime) ++at[i];
      everywhere =
          at[i] < others.size() && others[at[i]].key && files[i].seconds(others[at[i]].start) < time + kSameTime;
    }
    // Within a picture of the wanted length is long enough.
    if (everywhere && (starts.empty() || time - starts.back() > kSegmentMs / 1000.0 - 0.06)) starts.push_back(time);
  }
  if (starts.size() > 1 && files[0].seconds(files[0].end()) - starts.back() < kRest) starts.pop_back();
  return starts;
}

std::vector<Segment> join_segments(const FragmentedFile& file, const std::vector<double>& starts) {
  std::vector<Segment> segments;
  auto next = starts.begin();
  for (const Fragment& fragment : file.fragments) {
    double time = file.seconds(fragment.start);
    bool begins = next != starts.end() && time > *next - kSameTime;
    while (next != starts.end() && time > *next - kSameTime) ++next;
    if (segments.empty() || begins) segments.push_back({fragment.offset, 0, fragment.start, 0});
    segments.back().size = fragment.offset + fragment.size - segments.back().offset;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    std::int64_t end = i + 1 < segments.size() ? segments[i + 1].start : file.end();
    segments[i].duration = std::max<std::int64_t>(end - segments[i].start, 1);
  }
  return segments;
}

std::string media_playlist(const FragmentedFile& file, const std::vector<Segment>& segments, std::string_view uri) {
  double longest = 0;
  for (const Segment& segment : segments) longest = std::max(longest, file.seconds(segment.duration));
  std::string out = fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{}\",BYTERANGE=\"{}@0\"\n",
      std::max<std::int64_t>(std::llround(longest), 1), uri, file.init_size);
  for (const Segment& segment : segments)
    out += fmt::format("#EXTINF:{:.6f},\n#EXT-X-BYTERANGE:{}@{}\n{}\n", file.seconds(segment.duration), segment.size,
                       segment.offset, uri);
  return out + "#EXT-X-ENDLIST\n";
}

StreamInfo stream_info(const FragmentedFile& file, const std::vector<Segment>& segments, std::string playlist) {
  StreamInfo info;
  info.playlist = std::move(playlist);
  info.codec = file.codec;
  double bytes = 0, seconds = 0, peak = 0;
  for (const Segment& segment : segments) {
    double length = file.seconds(segment.duration);
    bytes += static_cast<double>(segment.size);
    seconds += length;
    // Like the specification's measure: segments shorter than half the target say nothing of what a line must carry.
    if (length >= kSegmentMs / 2000.0) peak = std::max(peak, static_cast<double>(segment.size) / length);
  }
  if (seconds > 0) info.bits_per_second_average = std::llround(8 * bytes / seconds);
  info.bits_per_second = std::max<std::int64_t>(std::llround(8 * peak), info.bits_per_second_average);
  return info;
}

std::string master_playlist(const std::vector<StreamInfo>& videos, const std::vector<SoundInfo>& sounds,
                            bool subtitled) {
  std::string out = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n";
  bool group = !sounds.empty() && (!videos.empty() || sounds.size() > 1);
  std::int64_t sound_bits = 0, sound_bits_average = 0;
  for (const SoundInfo& sound : sounds) {
    sound_bits = std::max(sound_bits, sound.stream.bits_per_second);
    sound_bits_average = std::max(sound_bits_average, sound.stream.bits_per_second_average);
  }
  std::set<std::string> names;  // within a group no two may be alike
  for (const SoundInfo& sound : sounds) {
    if (!group) break;
    bool first = &sound == &sounds.front();
    std::string name = sound.name;
    for (int number = 2; !names.insert(name).second; ++number) name = fmt::format("{} {}", sound.name, number);
    out += fmt::format("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME={},", in_quotes(name));
    if (!sound.language.empty()) out += fmt::format("LANGUAGE={},", in_quotes(language_tag(sound.language)));
    out += fmt::format("DEFAULT={},AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{}\"\n", first ? "YES" : "NO", sound.channels,
                       sound.stream.playlist);
  }
  for (const StreamInfo& video : videos) {
    std::string codecs = video.codec + (sounds.empty() ? "" : "," + sounds.front().stream.codec);
    out += fmt::format(
        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\",RESOLUTION={}x{},FRAME-RATE={:.3f}",
        video.bits_per_second + sound_bits, video.bits_per_second_average + sound_bits_average, codecs,
        video.size.width, video.size.height, video.frame_rate);
    out += fmt::format(",VIDEO-RANGE=SDR{}{}\n{}\n", group ? ",AUDIO=\"sound\"" : "",
                       subtitled ? ",SUBTITLES=\"subtitles\"" : "", video.playlist);
  }
  if (videos.empty() && !sounds.empty())
    out += fmt::format("#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\"{}\n{}\n", sound_bits,
                       sound_bits_average, sounds.front().stream.codec, group ? ",AUDIO=\"sound\"" : "",
                       sounds.front().stream.playlist);
  return out;
}

std::string subtitle_renditions(const std::vector<SubtitleInfo>& subtitles) {
  std::string out;
  for (const SubtitleInfo& each : subtitles) {
    out += fmt::format("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME={},", in_quotes(each.name));
    if (!each.language.empty()) out += fmt::format("LANGUAGE={},", in_quotes(language_tag(each.language)));
    out += fmt::format("DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"{}\"\n", each.playlist);
  }
  return out;
}

std::string sprite_index(const Sprites& sprites, std::int64_t duration_ms, std::int64_t sheets) {
  std::string out = "WEBVTT\n";
  std::int64_t per_sheet = sprites.columns * sprites.rows;
  std::int64_t count =
      std::min(std::max<std::int64_t>((duration_ms + sprites.interval_ms - 1) / sprites.interval_ms, 1),
               sheets * per_sheet - sprites.padding());
  for (std::int64_t tile = 0; tile < count; ++tile) {
    std::int64_t place = (tile + sprites.padding()) % per_sheet;
    out += fmt::format(
        "\n{} --> {}\nsprites-{}.jpg#xywh={},{},{},{}\n", vtt_time(tile * sprites.interval_ms),
        vtt_time(std::min((tile + 1) * sprites.interval_ms, std::max(duration_ms, tile * sprites.interval_ms + 1))),
        (tile + sprites.padding()) / per_sheet + 1, place % sprites.columns * sprites.tile.width,
        place / sprites.columns * sprites.tile.height, sprites.tile.width, sprites.tile.height);
  }
  return out;
}

}  // namespace reelvault::media
