#include "media/probe.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "media/ffmpeg_command.hpp"
#include "media/ffprobe_json.hpp"
#include "media/file_end.hpp"
#include "media/sniff.hpp"
#include "media/still_probe.hpp"

#include <fcntl.h>

namespace reelvault::media {
namespace {

constexpr std::size_t kStreamsMax = 256;
constexpr std::size_t kFirstPackets = 2500;  // of all streams: half a minute of a film with sound
constexpr std::uint64_t kSmallFile = 1 << 30;
constexpr std::string_view kIndexed[] = {"video/mp4", "video/quicktime", "video/x-matroska", "video/webm", "audio/mp4"};

std::string kind_in_words(std::string_view media_type) {
  if (media_type == "video") return "a video";
  if (media_type == "audio") return "sound";
  if (media_type == "image") return "a picture";
  if (media_type == "document") return "a document";
  return "something else";
}

// What ffprobe said, in words for people.
std::string why_not_decodable(std::string_view log) {
  if (log.contains("moov atom not found")) return "its index is missing, so it was probably cut off before its end";
  if (log.contains("error reading header")) return "its header or index is damaged";
  if (log.contains("not on whitelist")) return "it is a list that points to other files";
  if (log.contains("End of file")) return "it ends before its first picture or sound";
  if (log.contains("could not find codec parameters") || log.contains("Could not find codec parameters"))
    return "its streams are damaged or of an unknown kind";
  return "its content is damaged or of an unknown kind";
}

class MediaProbe {
 public:
  MediaProbe(const Work& work, Sniffed sniffed, FileEnd end = {})
      : work_(work), sniffed_(std::move(sniffed)), end_(std::move(end)) {}

  // `log`: what ffprobe said when it could not read the file at all.
  std::optional<MediaInfo> read_streams(ChildResult& result) {
    std::vector<std::string> options = {"-of", "json=c=1", "-show_format", "-show_streams"};
    // Starting a program costs more than reading some packets. Where length and streams are written in a header, the
    // packets can teach ffprobe nothing else, and what it complains of in them hides nothing that is looked for.
    // Of a large file even these are much to read, and its work so long that a program more or less is nothing.
    bool indexed =
        std::ranges::find(kIndexed, sniffed_.content_type) != std::end(kIndexed) && work_.input_size() <= kSmallFile;
    if (indexed)
      options = words(options, std::vector<std::string>{"-show_entries", "packet=stream_index,pts,pts_time,flags",
                                                        "-read_intervals", fmt::format("%+#{}", kFirstPackets)});
    result = work_.run_short(words(ffprobe_start(work_.settings().ffprobe), options, input_arguments(work_.input())));
    if (!result.ok()) return std::nullopt;
    if (indexed) first_packets_ = read_first_packets(result.output, kFirstPackets);
    auto info = read_ffprobe(result.output);
    if (!info || info->streams.empty()) return std::nullopt;
    info->container->durationExact = !result.error_tail.contains("Estimating duration from bitrate");
    // Where no magic spoke, a guess at the kind must be a good one: noise resembles MP3 now and then.
    std::error_code error;
    boost::json::value document = boost::json::parse(result.output, error);
    auto* score =
        document.if_object() ? document.get_object()["format"].as_object().if_contains("probe_score") : nullptr;
    if (!sniffed_.by_content && (!score || !score->is_int64() || score->get_int64() <= 25)) return std::nullopt;
    info->contentType = sniffed_.content_type;
    info->reason = end_.lack;
    // Of a film that was cut off ffprobe reckons how long what is there may be.
    if (end_.lack && end_.promised_ms) info->durationMs = end_.promised_ms;
    if (end_.open) {
      info->durationMs.reset();
      for (Stream& stream : info->streams) stream.durationMs.reset();
    }
    return info;
  }

  // Looks deeper where the header alone may mislead.
  Outcome<void> look_closer(MediaInfo& info) {
    describe(info);
    for (Stream& stream : info.streams) {
      if (!stream.video || stream.attachedPicture || &stream != info.main_video()) continue;
      RV_CHECK(add_cadence(info, stream));
      RV_CHECK(add_scan(info, stream));
      RV_CHECK(add_colours(stream));
    }
    RV_CHECK(look_at_sounds(info));
    describe(info);
    const bool told = info.durationMs && info.container->durationExact;
    if (!told && (info.mediaType == "video" || info.mediaType == "audio")) RV_CHECK(measure_duration(info));
    return {};
  }

 private:
  ChildResult ffprobe(std::vector<std::string> options) {
    return work_.run_short(words(ffprobe_start(work_.settings().ffprobe), options, input_arguments(work_.input())));
  }

  Outcome<void> add_cadence(const MediaInfo& info, Stream& stream) {
    std::vector<std::string> places = {"%+#1200"};
    std::int64_t seconds = info.durationMs.value_or(0) / 1000;
    if (seconds > 120)
      places = {"%+#600", fmt::format("{}%+#200", seconds / 2), fmt::format("{}%+#200", seconds * 4 / 5)};
    std::vector<Packets> samples;
    Rational time_base{1, 1000};
    if (auto known = first_packets_.of(stream.index, seconds > 120 ? 600 : 1200)) {
      samples.push_back(std::move(*known));
      if (samples.back().time_base) time_base = *samples.back().time_base;
      places.erase(places.begin());
    }
    for (const std::string& place : places) {
      ChildResult result =
          ffprobe({"-select_streams", std::to_string(stream.index), "-show_entries",
                   "packet=pts,duration,flags:stream=time_base", "-of", "csv=p=0", "-read_intervals", place});
      if (result.stop != ChildResult::Stop::none) return failure_of(result, "", "");
      if (!result.ok()) continue;
      samples.push_back(read_packets(result.output));
      if (samples.back().time_base) time_base = *samples.back().time_base;
    }
    Cadence cadence = cadence_of(samples, time_base);
    stream.video->variableFrameRate = cadence.variable;
    stream.video->keyFrameIntervalMs = cadence.key_interval_ms;
    stream.video->startsClean = cadence.starts_clean;
    return {};
  }

  Outcome<void> look_at_sounds(MediaInfo& info) {
    bool any =
        std::ranges::any_of(info.streams, [](const Stream& stream) { return stream.audio && stream.codec == "aac"; });
    if (!any) return {};
    if (first_packets_.mark_clean_sounds(info.streams)) return {};
    ChildResult result = ffprobe({"-select_streams", "a", "-show_entries", "packet=stream_index,pts_time", "-of",
                                  "csv=p=0", "-read_intervals", "%+0.3"});
    if (result.stop != ChildResult::Stop::none) return failure_of(result, "", "");
    mark_clean_sounds(info.streams, result.output);
    return {};
  }

  // A flag of interlacing is often wrong (progressive pictures stored as fields), and often missing.
  Outcome<void> add_scan(const MediaInfo& info, Stream& stream) {
    VideoProperties& video = *stream.video;
    bool may_be_interlaced = false;
    for (std::string_view codec : {"mpeg2video", "h264", "dvvideo", "prores", "dnxhd", "mpeg4", "mjpeg", "rawvideo",
                                   "v210", "ffv1", "vc1", "jpeg2000", "mpeg1video", "hevc"})
      may_be_interlaced = may_be_interlaced || stream.codec == codec;
    bool sure = video.scan == "progressive" || (video.scan.empty() && (!may_be_interlaced || video.codedHeight < 480));
    if (!sure) {
      std::int64_t at = info.durationMs.value_or(0) / 10;
      ChildResult result =
          work_.run_short(words(ffmpeg_start(work_.settings().ffmpeg, "info"),
                                std::vector<std::string>{"-ss", fmt::format("{}.{:03}", at / 1000, at % 1000)},
                                input_arguments(work_.input()),
                                std::vector<std::string>{"-map", fmt::format("0:{}", stream.index), "-frames:v", "100",
                                                         "-vf", "idet", "-f", "null", "-"}));
      if (result.stop != ChildResult::Stop::none) return failure_of(result, "", "");
      std::string found = read_idet(result.error_tail);
      // A flag says which field is first; the filter only whether there are fields.
      if (found == "progressive" || video.scan.empty()) video.scan = found;
    }
    if (video.scan.empty()) video.scan = "progressive";
    return {};
  }

  Outcome<void> add_colours(Stream& stream) {
    VideoProperties& video = *stream.video;
    // The pictures of H.264 say of their colours what its header does.
    if (video.bitDepth <= 8 && (!video.colorTransfer.empty() || stream.codec == "h264")) return {};
    ChildResult result = ffprobe(
        {"-select_streams", std::to_string(stream.index), "-show_frames", "-of", "json", "-read_intervals", "%+#1"});
    if (result.stop != ChildResult::Stop::none) return failure_of(result, "", "");
    if (result.ok()) add_frame_data(video, result.output);
    return {};
  }

  // A stream without a table, or a recording that was cut.
  Outcome<void> measure_duration(MediaInfo& info) {
    RV_TRY(const auto length_us, length_of_packets(work_, info));
    if (!length_us) return {};
    info.durationMs = (*length_us + 500) / 1000;
    if (info.container->durationExact) return {};
    // Reckoned from a bit rate, those of the streams and of the whole are no better than the guess at the length.
    info.container->durationExact = true;
    for (Stream& stream : info.streams) stream.durationMs = info.durationMs;
    info.container->bitRate = static_cast<std::int64_t>(work_.input_size()) * 8'000'000 / *length_us;
    return {};
  }

  const Work& work_;
  Sniffed sniffed_;
  FileEnd end_;
  FirstPackets first_packets_;
};

// A name for what holds sound alone in a container of films, and the other way round.
void correct_content_type(MediaInfo& info) {
  const std::string& format = info.container->format;
  auto is = [&](std::string_view type) { return info.contentType == type; };
  if (info.mediaType == "audio") {
    if (is("video/mp4") || is("video/quicktime") || is("video/3gpp"))
      info.contentType = "audio/mp4";
    else if (is("video/webm"))
      info.contentType = "audio/webm";
    else if (is("video/x-matroska"))
      info.contentType = "audio/x-matroska";
    else if (is("video/x-ms-asf"))
      info.contentType = "audio/x-ms-wma";
    else if (format == "aac")
      info.contentType = "audio/aac";
    else if (format == "flac")
      info.contentType = "audio/flac";
    else if (format == "mp3")
      info.contentType = "audio/mpeg";
  } else if (info.mediaType == "video") {
    if (is("audio/mp4"))
      info.contentType = "video/mp4";
    else if (is("audio/ogg"))
      info.contentType = "video/ogg";
  }
  if (media_type_of(info.contentType) != info.mediaType && is("application/octet-stream"))
    info.contentType = fmt::format("{}/x-{}", info.mediaType, format.substr(0, format.find(',')));
}

Outcome<MediaInfo> probe_media(const Work& work, const Sniffed& sniffed, FileEnd end) {
  MediaProbe media(work, sniffed, std::move(end));
  ChildResult result;
  auto info = media.read_streams(result);
  if (!info) {
    if (result.stop != ChildResult::Stop::none || result.signal) return failure_of(result, "", "");
    std::string_view promised = sniffed.media_type;
    if (promised == "video" || promised == "audio" || promised == "image")
      return failure_of(result, "cannot-decode",
                        fmt::format("This file is not {} that can be decoded: {}.", kind_in_words(promised),
                                    why_not_decodable(result.error_tail)));
    MediaInfo other;
    other.contentType = sniffed.content_type;
    other.mediaType = sniffed.media_type;
    return other;
  }
  if (info->streams.size() > kStreamsMax)
    return failure("too-many-streams", fmt::format("This file has {} streams, more than the {} that are looked at.",
                                                   info->streams.size(), kStreamsMax));
  describe(*info);
  if (const Stream* video = info->main_video()) {
    auto pixels =
        static_cast<std::uint64_t>(video->video->codedWidth) * static_cast<std::uint64_t>(video->video->codedHeight);
    if (pixels > work.settings().pixels_max)
      return failure("too-large", fmt::format("The picture of this film has {} megapixels, more than the limit of {}.",
                                              pixels / 1'000'000, work.settings().pixels_max / 1'000'000));
    if (pixels == 0)
      return failure("cannot-decode",
                     "This file is not a video that can be decoded: the size of its picture is unknown.",
                     result.error_tail);
  }
  RV_CHECK(media.look_closer(*info));
  correct_content_type(*info);
  if (Metadata found = container_metadata(info->container->tags); !found.empty()) info->metadata = std::move(found);
  if (info->mediaType == "other") info->reason = "The file holds neither a picture nor sound that can be played.";
  return std::move(*info);
}

// Pictures that libvips does not read.
Outcome<MediaInfo> probe_other_picture(const Work& work, const Sniffed& sniffed) {
  MediaProbe media(work, sniffed);
  ChildResult result;
  auto info = media.read_streams(result);
  const Stream* video = info ? info->main_video() : nullptr;
  if (!video)
    return failure_of(result, "cannot-decode", "This file is not a picture that can be read; it may be damaged.");
  MediaInfo picture;
  picture.contentType = sniffed.content_type;
  picture.mediaType = "image";
  picture.width = video->video->displayWidth;
  picture.height = video->video->displayHeight;
  picture.picture.emplace();
  picture.picture->storedWidth = video->video->codedWidth;
  picture.picture->storedHeight = video->video->codedHeight;
  picture.picture->bitDepth = video->video->bitDepth;
  picture.picture->alpha = video->video->alpha;
  picture.picture->interpretation = video->video->pixelFormat;
  return picture;
}

}  // namespace

Outcome<MediaInfo> probe(const Work& work) {
  std::vector<std::byte> head(kSniffBytes);
  auto file = open_file(work.input(), O_RDONLY | O_CLOEXEC);
  if (!file) return failure_of(std::move(file.error()));
  auto got = read_at(file->get(), head, 0);
  if (!got) return failure_of(std::move(got.error()));
  head.resize(*got);

  Sniffed promised = sniff_name(work.file_name());
  MediaInfo info;
  info.mediaType = promised.media_type;
  info.contentType = promised.content_type;
  if (head.empty()) {
    info.reason = "The file is empty.";
    return info;
  }
  Sniffed sniffed = sniff(head, work.file_name());
  info.mediaType = sniffed.media_type;
  info.contentType = sniffed.content_type;
  bool promised_media = promised.media_type != "document" && promised.media_type != "other";

  if (sniffed.media_type == "image") {
    if (!vips_reads(sniffed.content_type)) return probe_other_picture(work, sniffed);
    RV_CHECK(probe_picture(work, info));
    return info;
  }
  if (sniffed.media_type == "video" || sniffed.media_type == "audio" ||
      (!sniffed.by_content && sniffed.media_type == "other")) {
    FileEnd end;
    if (sniffed.by_content)
      end = file_end(
          sniffed.content_type,
          [&](std::span<std::byte> into, std::uint64_t at) { return read_at(file->get(), into, at).value_or(0); },
          work.input_size());
    return probe_media(work, sniffed, std::move(end));
  }
  if (sniffed.content_type == "application/pdf") RV_CHECK(probe_pdf(work, info));
  if (sniffed.content_type == "application/vnd.apple.mpegurl" || sniffed.content_type == "application/dash+xml")
    info.reason = "The file is a playlist: it points to other files and holds no media itself.";
  else if (promised_media && sniffed.by_content)
    info.reason = fmt::format("Its name promises {}, but the file is {}.", kind_in_words(promised.media_type),
                              sniffed.content_type == "text/plain" ? "plain text" : sniffed.content_type);
  return info;
}

Outcome<std::optional<std::int64_t>> length_of_packets(const Work& work, const MediaInfo& info) {
  std::vector<std::int64_t> streams;
  for (const Stream* stream : info.audio_streams()) streams.push_back(stream->index);
  if (const Stream* video = info.main_video()) streams.push_back(video->index);
  PacketLengths lengths(streams);
  ChildRequest request = work.request(
      words(ffprobe_start(work.settings().ffprobe),
            std::vector<std::string>{"-show_entries", "packet=stream_index,pts_time,duration_time", "-of", "csv=p=0"},
            input_arguments(work.input())));
  request.limits.wall = std::min(request.limits.wall, std::chrono::seconds(1800));
  request.limits.stall = std::chrono::seconds(120);
  request.on_stdout = [&](std::string_view bytes) { return lengths.read(bytes); };
  const ChildResult result = work.run(request);
  // One that was killed has not seen the end.
  if (result.stop != ChildResult::Stop::none || result.signal) return failure_of(result, "", "");
  const auto length_us = lengths.length_us();
  return length_us && *length_us > 0 ? length_us : std::nullopt;
}

Outcome<MediaInfo> known_or_probed(const Work& work) {
  if (auto* given = work.given().if_contains("mediaProperties"))
    if (auto info = media_info_from(*given)) return std::move(*info);
  return probe(work);
}

}  // namespace reelvault::media
