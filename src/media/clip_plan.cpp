#include "media/clip_plan.hpp"

#include "media/ffmpeg_command.hpp"
#include "media/video_filters.hpp"

namespace reelvault::media {
namespace {

using Words = std::vector<std::string>;

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::string seconds_text(std::int64_t us) {
  const std::int64_t size = us < 0 ? -us : us;
  return fmt::format("{}{}.{:06}", us < 0 ? "-" : "", size / 1'000'000, size % 1'000'000);
}

bool varies(const MediaInfo& info) { return info.main_video() && info.main_video()->video->variableFrameRate; }

Rational rate_of(const VideoProperties& video) {
  const Rational rate = Rational::parse(video.frameRate).value_or(Rational{25, 1});
  return rate.numerator <= 0 || rate.value() > 1000 ? Rational{25, 1} : rate;
}

// Ten bits stay ten, and colour as fine as it was: this is a source, of which what players get is made.
std::string pixel_format(const VideoProperties& video) {
  std::string_view chroma = "420";
  if (one_of(video.chroma, {"4:2:2", "4:1:1"})) chroma = "422";
  if (one_of(video.chroma, {"4:4:4", "4:4:0", "rgb"})) chroma = "444";
  return fmt::format("yuv{}p{}", chroma, video.bitDepth > 8 ? "10le" : "");
}

std::string picture_filters(const VideoProperties& video, const Cut& cut) {
  std::string chain =
      steady_size(video) + fmt::format("trim=start_pts={0}:end_pts={1},setpts=PTS-{0}", *cut.first, *cut.end);
  // Constant rates are made exact, however the container rounded them; varying ones keep their times. What that filter
  // repeats at the end is cut off again.
  if (!video.variableFrameRate)
    chain += fmt::format(",fps=fps={}:start_time=0,trim=end_frame={}", rate_of(video).text(), cut.frames);
  const std::string format = pixel_format(video);
  const bool odd = video.displayWidth % 2 != 0 || video.displayHeight % 2 != 0 || video.codedWidth % 2 != 0 ||
                   video.codedHeight % 2 != 0;
  if (odd && !format.contains("444")) chain += ",crop=trunc(iw/2)*2:trunc(ih/2)*2";
  if (video.chroma == "rgb")
    chain += ",scale=out_color_matrix=bt709:out_range=tv";
  else if (video.colorRange == "pc" || video.pixelFormat.starts_with("yuvj"))
    chain += ",scale=in_range=pc:out_range=tv";
  return chain + ",format=" + format;
}

std::int64_t sample_rate(const AudioProperties& audio) {
  // What AAC can have.
  for (std::int64_t rate : {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000})
    if (audio.sampleRate == rate) return rate;
  return 48000;
}

}  // namespace

ClipFormat clip_format(const MediaInfo& info, bool exact) {
  ClipFormat mp4{".mp4", "video/mp4", "mp4"}, m4a{".m4a", "audio/mp4", "ipod"};
  const Stream* video = info.main_video();
  const std::vector<const Stream*> audio = info.audio_streams();
  if (exact) return video ? mp4 : m4a;
  const std::string source = info.container ? info.container->format : "";
  auto all_sound = [&](auto&& fits) {
    return std::ranges::all_of(audio, [&](const Stream* stream) { return fits(std::string_view(stream->codec)); });
  };
  const bool mp4_sound =
      all_sound([](std::string_view codec) { return one_of(codec, {"aac", "mp3", "ac3", "eac3", "alac", "opus"}); });
  if (video) {
    const bool mp4_video = one_of(video->codec, {"h264", "hevc", "av1", "mpeg4", "vp9"});
    const bool webm = one_of(video->codec, {"vp8", "vp9", "av1"}) &&
                      all_sound([](std::string_view codec) { return one_of(codec, {"opus", "vorbis"}); });
    if (info.contentType == "video/webm" && webm) return {".webm", "video/webm", "webm"};
    if (info.contentType == "video/quicktime") return {".mov", "video/quicktime", "mov"};
    if (mp4_video && mp4_sound && !source.starts_with("matroska")) return mp4;
    return {".mkv", "video/x-matroska", "matroska"};
  }
  const std::string codec = audio.empty() ? "" : audio.front()->codec;
  if (audio.size() == 1) {
    if (codec == "mp3") return {".mp3", "audio/mpeg", "mp3"};
    if (codec.starts_with("pcm_") && source.starts_with("wav")) return {".wav", "audio/x-wav", "wav"};
    if (one_of(codec, {"vorbis", "opus"})) return {".ogg", "audio/ogg", "ogg"};
    if (one_of(codec, {"aac", "alac"})) return m4a;
  }
  // FLAC too: its own header would go on telling the length of the whole.
  return {".mka", "audio/x-matroska", "matroska"};
}

boost::json::object to_json(const ClipPoint& point) { return {{point.is_frame ? "frame" : "ns", point.value}}; }

std::optional<ClipPoint> clip_point_from(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  for (const bool is_frame : {true, false})
    if (const auto* number = object->if_contains(is_frame ? "frame" : "ns"); number && number->is_number())
      return ClipPoint{is_frame, number->to_number<std::int64_t>()};
  return std::nullopt;
}

std::optional<std::string> writable_label(const std::optional<Label>& label, const MediaInfo& info) {
  const Stream* video = info.main_video();
  if (!label || !video || varies(info)) return std::nullopt;
  // ffmpeg rounds what we round up, and such a track has one byte for it.
  const Rational rate = rate_of(*video->video);
  const std::int64_t numbers = frame_numbers(rate);
  if (numbers > 255 || numbers != scale_round(1, rate)) return std::nullopt;
  return label->text();
}

std::vector<std::string> exact_clip_command(const MediaInfo& info, const MediaSettings& settings, const Cut& cut,
                                            const std::filesystem::path& input, const std::filesystem::path& to) {
  Words argv = words(ffmpeg_start(settings.ffmpeg), Words{"-progress", "pipe:1", "-nostats", "-copyts"});
  if (cut.seek_us > 0)
    argv = words(std::move(argv), Words{"-seek_timestamp", "1", "-noaccurate_seek", "-ss", seconds_text(cut.seek_us)});
  const Stream* video = info.main_video();
  if (video) argv = words(std::move(argv), steady_input(*video->video));
  argv = words(std::move(argv), input_arguments(input));

  // One for each, so that a sound whose channels change on the way does not make ffmpeg begin the pictures' anew.
  Words graphs, outputs;
  if (video) {
    const VideoProperties& properties = *video->video;
    graphs = {"-filter_complex", fmt::format("[0:{}]{}[v]", video->index, picture_filters(properties, cut))};
    const Rational rate = rate_of(properties);
    std::string x264 = "open-gop=0";
    outputs = {"-map", "[v]"};
    if (properties.variableFrameRate) {
      // Times finer than any rate; the rate is told apart, or x264 would take the fine grid for one.
      outputs = words(std::move(outputs), Words{"-fps_mode", "vfr", "-enc_time_base", "1:90000"});
      x264 += ":fps=" + rate.text();
    } else {
      outputs = words(std::move(outputs), Words{"-fps_mode", "passthrough"});
    }
    outputs = words(std::move(outputs), Words{"-c:v", "libx264", "-preset", settings.preset, "-crf", "16",
                                              "-force_key_frames", "expr:gte(t,n_forced*2)", "-x264-params", x264});
    if (is_interlaced(properties))
      outputs = words(std::move(outputs),
                      Words{"-flags:v", "+ilme+ildct", "-top", properties.scan == "top-field-first" ? "1" : "0"});
    const bool rgb = properties.chroma == "rgb";
    for (const auto& [option, word] : {std::pair("-colorspace", rgb ? "bt709" : properties.colorSpace),
                                       {"-color_primaries", rgb ? "bt709" : properties.colorPrimaries},
                                       {"-color_trc", rgb ? "bt709" : properties.colorTransfer},
                                       {"-color_range", std::string("tv")}})
      if (!word.empty()) outputs = words(std::move(outputs), Words{option, word});
  }
  std::size_t track = 0;
  for (const Stream* stream : info.audio_streams()) {
    const std::string from = seconds_text(cut.from_us);
    // Silence fills gaps and a late beginning, so that picture and sound stay together.
    const std::string graph =
        fmt::format("[0:{}]atrim=start={}:end={},asetpts=PTS-({})/TB,aresample={}:async=1:first_pts=0[a{}]",
                    stream->index, from, seconds_text(cut.to_us), from, sample_rate(*stream->audio), track);
    graphs = words(std::move(graphs), Words{"-filter_complex", graph});
    const std::int64_t kbps = std::min<std::int64_t>(128 * std::max<std::int64_t>(stream->audio->channels, 1), 768);
    outputs = words(std::move(outputs), Words{"-map", fmt::format("[a{}]", track), fmt::format("-c:a:{}", track), "aac",
                                              fmt::format("-b:a:{}", track), fmt::format("{}k", kbps)});
    if (!stream->language.empty())
      outputs =
          words(std::move(outputs), Words{fmt::format("-metadata:s:a:{}", track), "language=" + stream->language});
    if (!stream->title.empty())
      outputs = words(std::move(outputs), Words{fmt::format("-metadata:s:a:{}", track), "title=" + stream->title});
    ++track;
  }
  argv = words(std::move(argv), graphs, outputs);
  if (auto label = writable_label(cut.label, info)) argv = words(std::move(argv), Words{"-timecode", *label});
  return words(std::move(argv), Words{"-map_metadata", "-1", "-map_chapters", "-1", "-max_muxing_queue_size", "4096",
                                      "-movflags", "+faststart", "-f", clip_format(info, true).muxer, to.string()});
}

std::vector<std::string> fast_clip_command(const MediaInfo& info, const MediaSettings& settings,
                                           const ClipFormat& format, std::int64_t from_us, std::int64_t length_us,
                                           const std::optional<std::string>& label, const std::filesystem::path& input,
                                           const std::filesystem::path& to) {
  Words argv = words(ffmpeg_start(settings.ffmpeg),
                     Words{"-progress", "pipe:1", "-nostats", "-fflags", "+genpts", "-ss", seconds_text(from_us)},
                     input_arguments(input));
  if (const Stream* video = info.main_video())
    argv = words(std::move(argv), Words{"-map", fmt::format("0:{}", video->index)});
  for (const Stream* stream : info.audio_streams())
    argv = words(std::move(argv), Words{"-map", fmt::format("0:{}", stream->index)});
  // What was read to get to the key frame is left out.
  argv = words(std::move(argv), Words{"-c", "copy", "-copypriorss", "0", "-t", seconds_text(length_us),
                                      "-avoid_negative_ts", "auto", "-map_metadata", "-1", "-map_chapters", "-1"});
  std::size_t track = 0;
  for (const Stream* stream : info.audio_streams()) {
    if (!stream->language.empty())
      argv = words(std::move(argv), Words{fmt::format("-metadata:s:a:{}", track), "language=" + stream->language});
    ++track;
  }
  if (label) argv = words(std::move(argv), Words{"-timecode", *label});
  if (one_of(format.muxer, {"mp4", "mov", "ipod"})) argv = words(std::move(argv), Words{"-movflags", "+faststart"});
  return words(std::move(argv), Words{"-max_muxing_queue_size", "4096", "-f", format.muxer, to.string()});
}

}  // namespace reelvault::media
