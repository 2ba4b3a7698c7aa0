#include "media/ffprobe_json.hpp"

#include "base/text.hpp"
#include "base/timecode.hpp"
#include "media/sniff.hpp"

#include <cmath>

namespace reelvault::media {
namespace {

namespace json = boost::json;

// ffprobe read a hostile file, so that its words may be anything. Beyond these they are nonsense.
constexpr std::int64_t kSecondsMax = 10'000'000'000, kSideMax = 1 << 20, kTimeMax = 1ll << 52;

std::string_view text_at(const json::object& object, std::string_view name) {
  auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

// ffprobe writes some numbers as numbers and some as text.
std::optional<std::int64_t> integer_at(const json::object& object, std::string_view name) {
  auto* value = object.if_contains(name);
  if (!value) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (!value->is_string()) return std::nullopt;
  std::string_view text = value->get_string();
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

bool flag_at(const json::object& object, std::string_view name) { return integer_at(object, name).value_or(0) != 0; }

const json::object* object_at(const json::object& object, std::string_view name) {
  auto* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}

// "12.345678" as whole microseconds, without a floating number between.
std::optional<std::int64_t> microseconds(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::int64_t seconds = 0, micros = 0;
  auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || seconds > kSecondsMax) return std::nullopt;
  std::string fraction(at, text.data() + text.size());
  if (fraction.starts_with('.')) {
    fraction = (fraction.substr(1) + "000000").substr(0, 6);
    std::from_chars(fraction.data(), fraction.data() + 6, micros);
  }
  std::int64_t total = seconds * 1'000'000 + micros;
  return negative ? -total : total;
}

std::optional<std::int64_t> milliseconds_at(const json::object& object, std::string_view name) {
  auto micros = microseconds(text_at(object, name));
  if (!micros || *micros <= 0) return std::nullopt;
  return (*micros + 500) / 1000;
}

Rational rational_at(const json::object& object, std::string_view name) {
  auto parsed = Rational::parse(text_at(object, name));
  return parsed && parsed->numerator > 0 && parsed->numerator < kTimeMax && parsed->denominator < kTimeMax ? *parsed
                                                                                                           : Rational{};
}

std::string tag(const json::object& tags, std::string_view name) {
  for (auto& [key, value] : tags)
    if (iequals(key, name) && value.is_string()) return repair_utf8(value.get_string());
  return {};
}

// The matrix turns stored into displayed places. Its first two rows and columns say how, as one of eight.
std::int64_t orientation_of(std::string_view matrix) {
  std::vector<std::int64_t> numbers;
  for (std::string_view line : split(matrix, '\n')) {
    auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    for (std::string_view word : split(line.substr(colon + 1), ' ')) {
      std::int64_t number = 0;
      if (word.empty()) continue;
      std::from_chars(word.data(), word.data() + word.size(), number);
      numbers.push_back(number);
    }
  }
  if (numbers.size() < 5) return 1;
  // Column by column: where the stored x axis goes, and the y axis. The larger part of each decides.
  auto sign = [](std::int64_t main, std::int64_t other) {
    return std::abs(main) > std::abs(other) ? (main > 0) - (main < 0) : 0;
  };
  std::int64_t a = numbers[0], b = numbers[1], c = numbers[3], d = numbers[4];
  std::array<int, 4> turn = {sign(a, b), sign(b, a), sign(c, d), sign(d, c)};
  constexpr std::pair<std::array<int, 4>, std::int64_t> kTurns[] = {
      {{1, 0, 0, 1}, 1}, {{-1, 0, 0, 1}, 2}, {{-1, 0, 0, -1}, 3}, {{1, 0, 0, -1}, 4},
      {{0, 1, 1, 0}, 5}, {{0, 1, -1, 0}, 6}, {{0, -1, -1, 0}, 7}, {{0, -1, 1, 0}, 8}};
  for (auto& [axes, orientation] : kTurns)
    if (axes == turn) return orientation;
  return 1;
}

std::int64_t rotation_of(std::int64_t orientation) {
  switch (orientation) {
    case 3:
    case 4: return 180;
    case 5:
    case 6: return 90;
    case 7:
    case 8: return 270;
    default: return 0;
  }
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) { return text.contains(part); });
}

std::string chroma_of(std::string_view format) {
  if (contains_any(format, {"420", "nv12", "nv21", "p010", "p016"})) return "4:2:0";
  if (contains_any(format, {"422", "nv16", "p210", "p216", "y210"})) return "4:2:2";
  if (contains_any(format, {"444", "nv24", "ayuv", "p410", "p416", "xyz"})) return "4:4:4";
  for (std::string_view other : {"411", "410", "440"})
    if (format.contains(other)) return fmt::format("{}:{}:{}", other[0], other[1], other[2]);
  if (contains_any(format, {"gbr", "rgb", "bgr", "argb", "abgr", "pal8", "0rgb"})) return "rgb";
  if (contains_any(format, {"gray", "mono", "ya8", "ya16"})) return "gray";
  return {};
}

std::int64_t depth_of(std::string_view format, std::int64_t raw_bits) {
  if (raw_bits > 0) return raw_bits;
  for (std::int64_t depth : {16, 14, 12, 10, 9})
    if (format.contains(fmt::format("p{}", depth)) || format.contains(fmt::format("gray{}", depth)) ||
        format.contains(fmt::format("p0{}", depth)) || format.contains(fmt::format("p2{}", depth)))
      return depth;
  return contains_any(format, {"48", "64", "ya16"}) ? 16 : contains_any(format, {"y210", "x2rgb10"}) ? 10 : 8;
}

std::string scan_of(std::string_view field_order) {
  if (field_order == "progressive") return "progressive";
  // The first letter: which field comes first in the stream; the second: which is shown first.
  if (field_order == "tt" || field_order == "bt") return "top-field-first";
  if (field_order == "bb" || field_order == "tb") return "bottom-field-first";
  return {};
}

void add_side_data(VideoProperties& video, const json::object& holder) {
  auto* list = holder.if_contains("side_data_list");
  if (!list || !list->is_array()) return;
  for (const auto& entry : list->get_array()) {
    if (!entry.is_object()) continue;
    const json::object& data = entry.get_object();
    std::string_view kind = text_at(data, "side_data_type");
    if (kind == "Display Matrix") {
      video.orientation = orientation_of(text_at(data, "displaymatrix"));
    } else if (kind == "DOVI configuration record") {
      video.dolbyVisionProfile = integer_at(data, "dv_profile");
    } else if (kind == "Mastering display metadata") {
      if (Rational peak = rational_at(data, "max_luminance"); !peak.zero() && !video.peakNits)
        video.peakNits = std::llround(peak.value());
    } else if (kind == "Content light level metadata") {
      // What the film reaches says more than what the screen it was made on can.
      if (auto peak = integer_at(data, "max_content"); peak && *peak > 0) video.peakNits = peak;
    }
  }
  if (video.dolbyVisionProfile)
    video.hdr = "Dolby Vision";
  else if (video.colorTransfer == "smpte2084")
    video.hdr = "HDR10";
  else if (video.colorTransfer == "arib-std-b67")
    video.hdr = "HLG";
}

std::string colour(const json::object& stream, std::string_view name) {
  std::string_view word = text_at(stream, name);
  return word == "unknown" || word == "unspecified" || word == "reserved" ? std::string() : std::string(word);
}

VideoProperties video_of(const json::object& stream) {
  VideoProperties video;
  video.codedWidth = std::clamp<std::int64_t>(integer_at(stream, "width").value_or(0), 0, kSideMax);
  video.codedHeight = std::clamp<std::int64_t>(integer_at(stream, "height").value_or(0), 0, kSideMax);
  Rational aspect = rational_at(stream, "sample_aspect_ratio");
  // Absurd shapes are mistakes of the file.
  if (aspect.zero() || aspect.value() > 8 || aspect.value() < 0.125) aspect = {1, 1};
  video.sampleAspectRatio = fmt::format("{}:{}", aspect.numerator, aspect.denominator);
  video.pixelFormat = text_at(stream, "pix_fmt");
  video.bitDepth = depth_of(video.pixelFormat, integer_at(stream, "bits_per_raw_sample").value_or(0));
  video.chroma = chroma_of(video.pixelFormat);
  video.alpha = video.pixelFormat.starts_with("yuva") || video.pixelFormat.starts_with("gbrap") ||
                contains_any(video.pixelFormat, {"rgba", "bgra", "argb", "abgr", "ya8", "ya16", "ayuv"});
  video.colorRange = colour(stream, "color_range");
  video.colorSpace = colour(stream, "color_space");
  video.colorPrimaries = colour(stream, "color_primaries");
  video.colorTransfer = colour(stream, "color_transfer");
  video.scan = scan_of(text_at(stream, "field_order"));
  add_side_data(video, stream);

  std::int64_t width = video.codedWidth, height = video.codedHeight;
  if (aspect.numerator > aspect.denominator)
    width = scale_round(width, aspect);
  else if (aspect.numerator < aspect.denominator)
    height = scale_round(height, Rational::of(aspect.denominator, aspect.numerator));
  if (video.orientation >= 5) std::swap(width, height);
  video.displayWidth = width;
  video.displayHeight = height;
  video.rotation = rotation_of(video.orientation);
  Rational shape = Rational::of(width, std::max<std::int64_t>(height, 1));
  video.displayAspectRatio = fmt::format("{}:{}", shape.numerator, shape.denominator);

  Rational average = rational_at(stream, "avg_frame_rate"), least = rational_at(stream, "r_frame_rate");
  Rational rate = average.zero() ? least : standard_rate(average);
  video.frameRate = rate.zero() ? "" : rate.text();
  return video;
}

AudioProperties audio_of(const json::object& stream) {
  AudioProperties audio;
  audio.channels = integer_at(stream, "channels").value_or(0);
  audio.channelLayout = text_at(stream, "channel_layout");
  if (audio.channelLayout == "unknown") audio.channelLayout.clear();
  audio.sampleRate = integer_at(stream, "sample_rate").value_or(0);
  audio.bitsPerSample =
      integer_at(stream, "bits_per_raw_sample").value_or(integer_at(stream, "bits_per_sample").value_or(0));
  return audio;
}

constexpr std::pair<const char*, const char*> kRoles[] = {{"comment", "Commentary"},
                                                          {"visual_impaired", "Audio description"},
                                                          {"descriptions", "Audio description"},
                                                          {"hearing_impaired", "For the hard of hearing"}};

Stream stream_of(const json::object& object, std::int64_t file_start_us) {
  Stream stream;
  stream.index = integer_at(object, "index").value_or(0);
  stream.kind = text_at(object, "codec_type");
  if (stream.kind.empty()) stream.kind = "data";
  stream.codec = text_at(object, "codec_name");
  stream.codecName = text_at(object, "codec_long_name");
  stream.profile = text_at(object, "profile");
  stream.level = std::max<std::int64_t>(integer_at(object, "level").value_or(0), 0);
  stream.bitRate = integer_at(object, "bit_rate");
  stream.durationMs = milliseconds_at(object, "duration");
  if (auto start = microseconds(text_at(object, "start_time"))) stream.startUs = *start - file_start_us;
  if (auto* disposition = object_at(object, "disposition")) {
    stream.isDefault = flag_at(*disposition, "default");
    stream.attachedPicture = flag_at(*disposition, "attached_pic") || flag_at(*disposition, "timed_thumbnails");
    for (const auto& [flag, role] : kRoles) {
      if (!flag_at(*disposition, flag)) continue;
      stream.commentary = true;
      stream.role = role;
      break;
    }
  }
  if (auto* tags = object_at(object, "tags")) {
    stream.language = tag(*tags, "language");
    if (stream.language == "und" || stream.language.size() > 35) stream.language.clear();
    stream.title = tag(*tags, "title").substr(0, 255);
  }
  if (stream.kind == "video") stream.video = video_of(object);
  if (stream.kind == "audio") stream.audio = audio_of(object);
  return stream;
}

std::optional<std::string> timecode_of(const json::object& document) {
  std::string found;
  auto look = [&](const json::object& holder) {
    if (auto* tags = object_at(holder, "tags"); tags && found.empty()) found = tag(*tags, "timecode");
  };
  if (auto* streams = document.if_contains("streams"); streams && streams->is_array())
    for (const auto& stream : streams->get_array())
      if (stream.is_object()) look(stream.get_object());
  if (auto* format = object_at(document, "format")) look(*format);
  // Up to ten frames a second ffprobe gives their number one digit.
  if (found.size() == 10) found.insert(9, "0");
  auto label = Label::parse(found);
  return label ? std::optional(label->text()) : std::nullopt;
}

}  // namespace

bool PacketLengths::read(std::string_view bytes) {
  bool any = false;
  for (const char c : bytes) {
    if (c == '\n') {
      any = take_line() || any;
      line_.clear();
    } else if (line_.size() < 256) {
      line_ += c;
    }
  }
  return any;
}

bool PacketLengths::take_line() {
  const auto fields = split(line_, ',');
  std::int64_t stream = 0;
  if (fields.size() < 3 ||
      std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), stream).ec != std::errc() ||
      std::ranges::find(wanted_, stream) == wanted_.end())
    return false;
  const std::int64_t duration = std::max<std::int64_t>(microseconds(trim(fields[2])).value_or(0), 0);
  if (auto time = microseconds(fields[1])) {
    begin_us_ = std::min(begin_us_.value_or(*time), *time);
    end_us_ = std::max(end_us_.value_or(*time), *time + duration);
  } else {
    untimed_us_[stream] += duration;
  }
  return true;
}

std::optional<std::int64_t> PacketLengths::length_us() const {
  std::optional<std::int64_t> longest;
  if (begin_us_) longest = *end_us_ - *begin_us_;
  // Where some have times, one without is no more than a slip of the file's.
  else
    for (const auto& [stream, length] : untimed_us_) longest = std::max(longest.value_or(0), length);
  return longest;
}

Rational standard_rate(Rational measured) {
  constexpr Rational kRates[] = {{24000, 1001},  {24, 1},  {25, 1},       {30000, 1001}, {30, 1},
                                 {48, 1},        {50, 1},  {60000, 1001}, {60, 1},       {100, 1},
                                 {120000, 1001}, {120, 1}, {15, 1},       {12, 1},       {10, 1}};
  for (const Rational& rate : kRates)
    if (std::abs(measured.value() / rate.value() - 1) < 0.0004) return rate;
  return measured;
}

std::optional<MediaInfo> read_ffprobe(std::string_view text) {
  std::error_code error;
  json::value parsed = json::parse(repair_utf8(text), error);
  if (error || !parsed.is_object()) return std::nullopt;
  const json::object& document = parsed.get_object();
  auto* format = object_at(document, "format");
  if (!format) return std::nullopt;

  MediaInfo info;
  info.container.emplace();
  info.container->format = text_at(*format, "format_name");
  info.container->formatName = text_at(*format, "format_long_name");
  info.container->bitRate = integer_at(*format, "bit_rate");
  if (auto* tags = object_at(*format, "tags"))
    for (auto& [key, value] : *tags)
      if (value.is_string() && value.get_string().size() <= 4096 && info.container->tags.size() < 200)
        info.container->tags[std::string(key)] = value.get_string();
  info.durationMs = milliseconds_at(*format, "duration");
  std::int64_t start = microseconds(text_at(*format, "start_time")).value_or(0);
  if (auto* streams = document.if_contains("streams"); streams && streams->is_array())
    for (const auto& stream : streams->get_array())
      if (stream.is_object()) info.streams.push_back(stream_of(stream.get_object(), start));
  info.startTimecode = timecode_of(document);
  return info;
}

Packets read_packets(std::string_view csv) {
  Packets packets;
  bool first = true;
  for (std::string_view line : split(csv, '\n')) {
    auto fields = split(line, ',');
    // "1/90000", with a comma behind it where the stream has side data.
    if (auto base = line.contains('/') ? Rational::parse(trim(fields.front())) : std::nullopt;
        base && base->numerator > 0 && base->numerator < (1 << 30) && base->denominator < (1 << 30))
      packets.time_base = base;
    if (fields.size() < 3) continue;
    std::string_view flags = fields[2];
    if (std::exchange(first, false)) packets.first_discarded = flags.contains('D');
    std::int64_t time = 0;
    auto [end, error] = std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), time);
    if (error != std::errc() || time < -kTimeMax || time > kTimeMax) continue;
    packets.times.push_back(time);
    packets.keys.push_back(flags.contains('K'));
  }
  return packets;
}

FirstPackets read_first_packets(std::string_view text, std::size_t most) {
  FirstPackets first;
  std::error_code error;
  json::value parsed = json::parse(repair_utf8(text), error);
  if (error || !parsed.is_object()) return first;
  const json::object& document = parsed.get_object();
  if (auto* streams = document.if_contains("streams"); streams && streams->is_array())
    for (const auto& stream : streams->get_array())
      if (stream.is_object())
        if (auto index = integer_at(stream.get_object(), "index"))
          first.time_bases[*index] = rational_at(stream.get_object(), "time_base");
  auto* packets = document.if_contains("packets");
  if (!packets || !packets->is_array()) return first;
  for (const auto& entry : packets->get_array()) {
    if (!entry.is_object()) continue;
    const json::object& packet = entry.get_object();
    std::string_view flags = text_at(packet, "flags");
    auto time = integer_at(packet, "pts");
    if (time && (*time < -kTimeMax || *time > kTimeMax)) time.reset();
    first.packets.push_back({integer_at(packet, "stream_index").value_or(-1), time,
                             microseconds(text_at(packet, "pts_time")), flags.contains('K'), flags.contains('D')});
  }
  first.whole_file = !first.packets.empty() && first.packets.size() < most;
  return first;
}

std::optional<Packets> FirstPackets::of(std::int64_t stream, std::size_t enough) const {
  Packets found;
  bool any = false;
  for (const Packet& packet : packets) {
    if (packet.stream != stream) continue;
    if (!std::exchange(any, true)) found.first_discarded = packet.discarded;
    if (!packet.time) continue;
    found.times.push_back(*packet.time);
    found.keys.push_back(packet.key);
  }
  if (found.times.size() < enough && !whole_file) return std::nullopt;
  if (auto base = time_bases.find(stream); base != time_bases.end() && !base->second.zero() &&
                                           base->second.numerator < (1 << 30) && base->second.denominator < (1 << 30))
    found.time_base = base->second;
  return found;
}

Cadence cadence_of(const std::vector<Packets>& samples, Rational time_base) {
  Cadence cadence;
  std::vector<std::int64_t> gaps;
  std::optional<std::int64_t> key_gap;
  for (const Packets& sample : samples) {
    std::vector<std::int64_t> times = sample.times;
    std::ranges::sort(times);
    // The last few may have neighbours beyond the sample that are shown before them.
    std::size_t settled = times.size() > 40 ? times.size() - 16 : times.size();
    for (std::size_t i = 1; i < settled; ++i)
      if (times[i] > times[i - 1]) gaps.push_back(times[i] - times[i - 1]);
    std::optional<std::int64_t> last_key;
    for (std::size_t i = 0; i < sample.times.size(); ++i) {
      if (!sample.keys[i]) continue;
      if (last_key) key_gap = std::max(key_gap.value_or(0), sample.times[i] - *last_key);
      last_key = sample.times[i];
    }
    // An open end counts: a long file with one key frame has a long interval.
    if (last_key && !times.empty()) key_gap = std::max(key_gap.value_or(0), times.back() - *last_key);
  }
  if (key_gap) cadence.key_interval_ms = scale_round(*key_gap, time_base * Rational{1000, 1});
  if (!samples.empty() && !samples[0].times.empty()) {
    const Packets& start = samples[0];
    cadence.starts_clean = start.keys[0] && !start.first_discarded && start.times[0] == std::ranges::min(start.times);
  }
  if (gaps.size() < 3) return cadence;

  std::ranges::sort(gaps);
  std::int64_t median = gaps[gaps.size() / 2];
  // Containers round to their time base, many to whole milliseconds.
  double tolerance = std::max({1.5, 0.12 * static_cast<double>(median), 0.0012 / time_base.value()});
  std::size_t odd = 0, dropped = 0;
  for (std::int64_t gap : gaps) {
    double whole = std::max(1.0, std::round(static_cast<double>(gap) / static_cast<double>(median)));
    if (std::abs(static_cast<double>(gap) - whole * static_cast<double>(median)) > tolerance * whole)
      ++odd;
    else if (whole > 1)
      ++dropped;
  }
  cadence.variable = odd * 50 > gaps.size() || dropped * 10 > gaps.size();
  return cadence;
}

namespace {

// An encoder's delay is no cut.
bool clean_from(std::int64_t first_us) { return first_us >= -60'000; }

}  // namespace

void mark_clean_sounds(std::vector<Stream>& streams, std::string_view csv) {
  std::set<std::string_view> seen;
  for (std::string_view line : split(csv, '\n')) {
    auto fields = split(line, ',');
    if (fields.size() < 2 || !seen.insert(fields[0]).second) continue;
    auto time = microseconds(fields[1]);
    for (Stream& stream : streams)
      if (stream.audio && time && fields[0] == std::to_string(stream.index))
        stream.audio->startsClean = clean_from(*time);
  }
}

bool FirstPackets::mark_clean_sounds(std::vector<Stream>& streams) const {
  // As long as the other way looks, from the first sound on.
  constexpr std::int64_t kWindowUs = 300'000;
  std::map<std::int64_t, std::optional<std::int64_t>> firsts;
  std::optional<std::int64_t> end;
  bool passed = whole_file;
  for (const Packet& packet : packets) {
    if (!std::ranges::any_of(streams, [&](const Stream& s) { return s.audio && s.index == packet.stream; })) continue;
    if (packet.time_us && !end) end = *packet.time_us + kWindowUs;
    if (packet.time_us && *packet.time_us >= *end) {
      passed = true;
      break;
    }
    firsts.try_emplace(packet.stream, packet.time_us);
  }
  if (!passed) return false;
  for (Stream& stream : streams)
    if (auto first = firsts.find(stream.index); stream.audio && first != firsts.end() && first->second)
      stream.audio->startsClean = clean_from(*first->second);
  return true;
}

std::string read_idet(std::string_view log) {
  auto at = log.rfind("Multi frame detection:");
  if (at == std::string_view::npos) return {};
  std::string_view line = log.substr(at, log.find('\n', at) - at);
  auto count = [&](std::string_view label) {
    auto where = line.find(label);
    std::int64_t number = 0;
    if (where == std::string_view::npos) return number;
    std::string_view rest = line.substr(where + label.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::from_chars(rest.data(), rest.data() + rest.size(), number);
    return number;
  };
  std::int64_t top = count("TFF:"), bottom = count("BFF:"), progressive = count("Progressive:");
  // Moving fine patterns look interlaced in both directions; only a clear answer is one.
  if (progressive > 2 * (top + bottom)) return "progressive";
  if (top > 4 * bottom && top > 2 * progressive) return "top-field-first";
  if (bottom > 4 * top && bottom > 2 * progressive) return "bottom-field-first";
  return {};
}

void add_frame_data(VideoProperties& video, std::string_view text) {
  std::error_code error;
  json::value parsed = json::parse(repair_utf8(text), error);
  if (error || !parsed.is_object()) return;
  auto* frames = parsed.get_object().if_contains("frames");
  if (!frames || !frames->is_array() || frames->get_array().empty() || !frames->get_array()[0].is_object()) return;
  const json::object& frame = frames->get_array()[0].get_object();
  auto fill = [&](std::string& field, std::string_view name) {
    if (field.empty()) field = colour(frame, name);
  };
  fill(video.colorRange, "color_range");
  fill(video.colorSpace, "color_space");
  fill(video.colorPrimaries, "color_primaries");
  fill(video.colorTransfer, "color_transfer");
  std::int64_t orientation = video.orientation;
  add_side_data(video, frame);
  video.orientation = orientation;  // of the whole stream, not of one picture
}

void describe(MediaInfo& info) {
  info.hasAudio = !info.audio_streams().empty();
  // A file of sound with one still picture and no more is sound with a cover.
  if (std::string_view kind = media_type_of(info.contentType); kind == "audio" && info.hasAudio)
    for (Stream& stream : info.streams)
      if (stream.kind == "video" && (stream.codec == "mjpeg" || stream.codec == "png")) stream.attachedPicture = true;
  // One still picture, whatever the container's clock makes of it.
  for (Stream& stream : info.streams)
    if (stream.attachedPicture && stream.video) {
      stream.video->frameRate.clear();
      stream.video->variableFrameRate = false;
    }
  if (const Stream* video = info.main_video()) {
    info.mediaType = "video";
    info.width = video->video->displayWidth;
    info.height = video->video->displayHeight;
    if (!video->video->frameRate.empty()) info.frameRate = video->video->frameRate;
  } else {
    info.mediaType = info.hasAudio ? "audio" : "other";
  }
}

}  // namespace reelvault::media
