#include "media/rendition_plan.hpp"

#include "media/ffmpeg_command.hpp"
#include "media/shots_step.hpp"

#include <cmath>

namespace reelvault::media {
namespace {

constexpr std::int64_t kKeyFrameMsMax = 10'000;  // a copied stream's: longer, and seeking and switching suffer
constexpr std::int64_t kStartUsMax = 45'000;     // one frame of AAC before the first picture, and then some
constexpr double kRateMax = 60.5;

bool container_of_whole_packets(const MediaInfo& info) {
  return info.container &&
         (info.container->format.starts_with("mov,") || info.container->format.starts_with("matroska"));
}

// Grows a little slower than the number of pixels: 1080 lines 5500, 720 3000, 480 1630, 240 570 kbit/s.
std::int64_t kbps_for(PictureSize size, double rate) {
  double share = static_cast<double>(size.width * size.height) / (1920.0 * 1080.0);
  double kbps = 5500 * std::pow(share, 0.75) * (rate > 40 ? 1.5 : 1.0);
  return std::max<std::int64_t>(std::llround(kbps / 10) * 10, 100);
}

std::vector<Rung> ladder_of(const MediaInfo& info, const Stream& stream, const MediaSettings& settings, double rate) {
  const VideoProperties& video = *stream.video;
  bool copy = video_copyable(info, stream);
  std::vector<Rung> rungs;
  auto add = [&](PictureSize size, bool copied) {
    std::int64_t kbps = copied ? stream.bitRate.value_or(0) / 1000 : kbps_for(size, rate);
    rungs.push_back({size, copied, kbps, fmt::format("v{}", rungs.size())});
  };
  PictureSize whole = fit_short_side(video, INT32_MAX / 4);
  if (copy)
    add({video.codedWidth, video.codedHeight}, true);
  else
    add(fit_short_side(video, settings.ladder.front()), false);
  for (int step : settings.ladder) {
    // Too near to the one above it is no choice. Never more than the source has.
    if (step > whole.short_side() || step * 5 > rungs.back().size.short_side() * 4) continue;
    add(fit_short_side(video, step), false);
  }
  return rungs;
}

Sprites sprites_of(const VideoProperties& video, std::int64_t duration_ms) {
  Sprites sprites;
  for (std::int64_t interval : {250, 500, 1000, 2000, 5000, 10'000, 20'000, 30'000, 60'000, 120'000, 300'000}) {
    sprites.interval_ms = interval;
    std::int64_t most = interval < 1000 ? 20 : 1000;
    if (duration_ms <= interval * most) break;
  }
  sprites.tile = fit_inside(video, 160);
  sprites.count = std::max<std::int64_t>((duration_ms + sprites.interval_ms - 1) / sprites.interval_ms, 1);
  if (sprites.count < 25) {
    sprites.columns = std::min<std::int64_t>(sprites.count, 5);
    sprites.rows = (sprites.count + 4) / 5;
  }
  return sprites;
}

// In seconds, without a floating number between.
std::string seconds_text(std::int64_t ms) { return fmt::format("{}.{:03}", ms / 1000, ms % 1000); }
std::string micros_text(std::int64_t us) { return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000); }

// In the numbers of H.264's header.
int colour_code(std::string_view word) { return word == "bt709" ? 1 : word == "bt470bg" ? 5 : 6; }

class Command {
 public:
  Command(const RenditionPlan& plan, const MediaSettings& settings, Outputs outputs, const std::filesystem::path& input,
          const std::filesystem::path& scratch)
      : plan_(plan), settings_(settings), outputs_(outputs), input_(input), scratch_(scratch) {}

  std::vector<std::string> build() {
    add_graph();
    std::vector<std::string> all = words(
        ffmpeg_start(settings_.ffmpeg, "repeat+error"), std::vector<std::string>{"-progress", "pipe:1", "-nostats"},
        plan_.video ? steady_input(*plan_.video->video) : std::vector<std::string>{}, input_arguments(input_));
    for (const std::string& graph : graphs())
      all = words(std::move(all), std::vector<std::string>{"-filter_complex", graph});
    for (std::size_t i = 0; outputs_.ladder && i < plan_.rungs.size(); ++i) add_rung(i);
    for (std::size_t i = outputs_.sounds_from; i < sounds_end(); ++i) add_audio(i);
    if (sprites()) add_sprites();
    return words(std::move(all), args_);
  }

 private:
  std::size_t sounds_end() const { return std::min(outputs_.sounds_to, plan_.audio.size()); }
  bool sprites() const { return outputs_.sprites && plan_.sprites; }
  bool audio_copied(std::size_t track) const { return plan_.copy_audio && plan_.audio[track].copyable; }
  void part(std::string text) {
    if (!graph_.empty()) graph_ += ';';
    graph_ += text;
  }
  void add(std::initializer_list<std::string> more) { args_.insert(args_.end(), more); }

  // Constant rates are made exact, gaps filled; varying ones keep their times, the first picture shown from the start.
  // A film that begins within a frame of the file keeps its beginning: a picture before it would be one too many, and
  // a grid from 0 on would lie beside the copied rung's.
  std::string timing() const {
    if (plan_.variable_rate)
      // An encoder makes the last one a frame long, however long it is shown: so it comes once more, where it ends.
      return fmt::format(",setpts='if(eq(N,0)*not(between(T,0,{})),0,PTS)'{}", micros_text(kStartUsMax),
                         plan_.last_stays ? ",tpad=stop=1:stop_mode=clone" : "");
    if (plan_.lead_us == 0) return fmt::format(",fps=fps={}:start_time=0", plan_.rate.text());
    const std::string lead = micros_text(plan_.lead_us);
    return fmt::format(",setpts='PTS-round({0}/TB)',fps=fps={1}:start_time=0,settb=1/{2},setpts='PTS+round({0}/TB)'",
                       lead, plan_.rate.text(), ticks());
  }
  // Of a second: fine enough for any lead, and each frame a whole number of them.
  std::int64_t ticks() const {
    const std::int64_t frames = plan_.rate.numerator;
    return frames * std::max<std::int64_t>((90'000 + frames - 1) / frames, 1);
  }
  // JPEG has colours of its own, whatever those of the film are.
  std::string sprite_colours() const {
    return fmt::format("in_color_matrix={}:out_color_matrix=bt601:out_range=pc,format=yuvj420p,setsar=1",
                       colours_after(*plan_.video->video).space);
  }
  std::string sprite_filters() const {
    const Sprites& sprites = *plan_.sprites;
    // ffmpeg tells of no progress before it has something for every file, so the first sheet is not waited for. The
    // second follows so soon that the encoder's clock would take both for one.
    return fmt::format("tile={}x{}:init_padding={},setpts=N/(FR*TB)", sprites.columns, sprites.rows, sprites.padding());
  }
  std::string sprite_rate() const {
    Rational rate = Rational::of(1000, plan_.sprites->interval_ms);
    // The picture in the middle of each stretch.
    return fmt::format("fps=fps={}:start_time=0", rate.text());
  }

  // The film's pictures; on their way they are looked at for cuts.
  std::string film() {
    part(fmt::format("[0:{}]{}split[film][seen]", plan_.video->index, steady_size(*plan_.video->video)));
    part(fmt::format("[seen]{},nullsink", score_filters(*plan_.video->video)));
    return "[film]";
  }

  void add_graph() {
    if (!plan_.rungs.empty()) {
      std::vector<std::size_t> encoded;
      for (std::size_t i = 0; i < plan_.rungs.size(); ++i)
        if (outputs_.ladder && !plan_.rungs[i].copied) encoded.push_back(i);
      if (!encoded.empty())
        add_ladder_graph(encoded);
      else if (sprites())
        part(fmt::format("{}{},{},scale={},{}[sprites]", film(), sprite_rate(),
                         upright_filters(*plan_.video->video, plan_.sprites->tile, false), sprite_colours(),
                         sprite_filters()));
    }
  }

  // Each sound on its own: where its channels change on the way, as in a broadcast, ffmpeg begins a graph anew, and the
  // pictures' clock would begin with it.
  std::vector<std::string> graphs() const {
    std::vector<std::string> graphs;
    if (!graph_.empty()) graphs.push_back(graph_);
    for (std::size_t i = outputs_.sounds_from; i < sounds_end(); ++i)
      if (!audio_copied(i)) graphs.push_back(fmt::format("{}[sound{}]", plan_.audio[i].filter, i));
    return graphs;
  }

  void add_ladder_graph(const std::vector<std::size_t>& encoded) {
    const Rung& top = plan_.rungs[encoded.front()];
    std::string chain =
        fmt::format("{}{}{}", film(), upright_filters(*plan_.video->video, top.size, plan_.field_rate), timing());
    // Each rung is shrunk from the one above it, which has all that it needs and fewer pixels than the film.
    for (std::size_t i : encoded) {
      const Rung& rung = plan_.rungs[i];
      if (i != encoded.front())
        chain = fmt::format("[above{}]scale={}:{}:flags=bicubic,setsar=1", i, rung.size.width, rung.size.height);
      part(chain + (i == encoded.back() ? last_rung(i) : fmt::format(",split[v{}][above{}]", i, i + 1)));
    }
  }

  // Sprites are cut from the smallest rung, whose pictures are the cheapest to shrink.
  std::string last_rung(std::size_t rung) {
    if (!sprites()) return fmt::format("[v{}]", rung);
    const Sprites& sprites = *plan_.sprites;
    return fmt::format(",split[v{}][shrink];[shrink]{},scale={}:{}:flags=bilinear:{},{}[sprites]", rung, sprite_rate(),
                       sprites.tile.width, sprites.tile.height, sprite_colours(), sprite_filters());
  }

  void add_rung(std::size_t index) {
    const Rung& rung = plan_.rungs[index];
    if (rung.copied) {
      add({"-map", fmt::format("0:{}", plan_.video->index), "-c:v", "copy"});
      say_colours();
    } else {
      Colours colours = colours_after(*plan_.video->video);
      std::string x264 = "scenecut=0:open-gop=0";
      if (plan_.variable_rate) {
        // Times finer than any rate; the rate is told apart, or x264 would take the fine grid for one.
        add({"-map", fmt::format("[v{}]", index), "-fps_mode", "vfr", "-enc_time_base", "1:90000"});
        x264 += ":fps=" + plan_.rate.text();
      } else {
        add({"-map", fmt::format("[v{}]", index), "-fps_mode", "passthrough"});
        if (plan_.lead_us > 0) {
          add({"-enc_time_base", fmt::format("1:{}", ticks())});
          x264 += ":fps=" + plan_.rate.text();
        }
      }
      // Aligned in every rung: by time, or where the copied one has them.
      std::string keys =
          plan_.copies_video() ? "source" : fmt::format("expr:gte(t,n_forced*{})", seconds_text(kKeyFrameMs));
      add({"-c:v",
           "libx264",
           "-preset",
           settings_.preset,
           "-profile:v",
           "high",
           "-crf",
           "23",
           "-maxrate",
           fmt::format("{}k", rung.kbps_max),
           "-bufsize",
           fmt::format("{}k", 2 * rung.kbps_max),
           "-g",
           "100000",
           "-force_key_frames",
           keys,
           "-x264-params",
           x264,
           "-colorspace",
           colours.space,
           "-color_primaries",
           colours.primaries,
           "-color_trc",
           colours.transfer,
           "-color_range",
           "tv"});
    }
    add_fragmented("frag_keyframe", rung.file());
  }

  // What the film leaves open a player guesses, and not always as we did for the encoded rungs.
  void say_colours() {
    const VideoProperties& video = *plan_.video->video;
    const Colours colours = colours_after(video);
    std::string unsaid;
    auto say = [&](const std::string& said, const std::string& word, std::string_view field, std::string option) {
      if (!said.empty()) return;
      unsaid += fmt::format("{}{}={}", unsaid.empty() ? "h264_metadata=" : ":", field, colour_code(word));
      add({std::move(option), word});
    };
    say(video.colorSpace, colours.space, "matrix_coefficients", "-colorspace");
    say(video.colorPrimaries, colours.primaries, "colour_primaries", "-color_primaries");
    say(video.colorTransfer, colours.transfer, "transfer_characteristics", "-color_trc");
    if (!unsaid.empty()) add({"-bsf:v", unsaid});
  }

  void add_audio(std::size_t index) {
    if (audio_copied(index)) {
      add({"-map", fmt::format("0:{}", plan_.audio[index].source_streams.front()), "-c:a", "copy"});
    } else {
      add({"-map", fmt::format("[sound{}]", index), "-c:a", "aac", "-b:a",
           plan_.audio[index].channels == 1 ? "80k" : "128k"});
    }
    add({"-frag_duration", std::to_string(kSegmentMs * 1000)});
    add_fragmented("", RenditionPlan::audio_name(index) + ".mp4");
    // Decoded beside it, so that damage is noticed.
    if (audio_copied(index))
      add({"-map", fmt::format("0:{}", plan_.audio[index].source_streams.front()), "-f", "null", "-"});
  }

  // CMAF in one file. The moov waits for the first fragment, so that its edit list knows the encoder's delay.
  void add_fragmented(std::string_view more_flags, const std::string& file) {
    std::string flags = "delay_moov+default_base_moof+skip_trailer";
    if (!more_flags.empty()) flags += fmt::format("+{}", more_flags);
    add({"-map_metadata", "-1", "-map_chapters", "-1", "-max_muxing_queue_size", "4096", "-movflags", flags, "-f",
         "mp4", (scratch_ / file).string()});
  }

  void add_sprites() {
    add({"-map", "[sprites]", "-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-f",
         "image2", (scratch_ / "sprites-%d.jpg").string()});
  }

  const RenditionPlan& plan_;
  const MediaSettings& settings_;
  Outputs outputs_;
  const std::filesystem::path& input_;
  const std::filesystem::path& scratch_;
  std::string graph_;
  std::vector<std::string> args_;
};

}  // namespace

bool RenditionPlan::encodes_video() const {
  return std::ranges::any_of(rungs, [](const Rung& rung) { return !rung.copied; });
}

bool video_copyable(const MediaInfo& info, const Stream& stream) {
  const VideoProperties& video = *stream.video;
  auto plain_colour = [](const std::string& word) {
    return word.empty() || word == "bt709" || word == "smpte170m" || word == "bt470bg" || word == "bt470m";
  };
  bool profile = stream.profile == "High" || stream.profile == "Main" || stream.profile.ends_with("Baseline");
  bool picture = video.pixelFormat == "yuv420p" && video.colorRange != "pc" && plain_colour(video.colorSpace) &&
                 plain_colour(video.colorPrimaries) && plain_colour(video.colorTransfer) && video.hdr.empty();
  bool shape = video.orientation == 1 && video.sampleAspectRatio == "1:1" && !is_interlaced(video) &&
               video.codedWidth % 2 == 0 && video.codedHeight % 2 == 0;
  std::int64_t kbps = stream.bitRate.value_or(info.container ? info.container->bitRate.value_or(0) : 0) / 1000;
  double rate = Rational::parse(video.frameRate).value_or(Rational{}).value();
  bool sane = kbps > 0 && kbps <= 3 * kbps_for({video.codedWidth, video.codedHeight}, rate) + 2000 &&
              rate <= kRateMax && stream.level > 0 && stream.level <= 52 && video.startsClean &&
              std::abs(stream.startUs) <= kStartUsMax &&
              video.keyFrameIntervalMs.value_or(kKeyFrameMsMax + 1) <= kKeyFrameMsMax;
  return stream.codec == "h264" && profile && picture && shape && sane && container_of_whole_packets(info);
}

RenditionPlan plan_renditions(const MediaInfo& info, const MediaSettings& settings) {
  RenditionPlan plan;
  plan.audio = plan_audio(info);
  plan.copy_audio = container_of_whole_packets(info);
  plan.video = info.main_video();
  if (!plan.video) {
    if (plan.audio.empty()) plan.refusal = "This file has neither a picture nor sound that can be played.";
    return plan;
  }
  const VideoProperties& video = *plan.video->video;
  if (colours_unknowable(video)) {
    plan.refusal = "This film is in Dolby Vision profile 5, whose colours cannot be shown correctly here.";
    return plan;
  }
  plan.rate = Rational::parse(video.frameRate).value_or(Rational{25, 1});
  if (plan.rate.numerator <= 0 || plan.rate.value() > 1000) plan.rate = {25, 1};
  plan.variable_rate = video.variableFrameRate;
  plan.field_rate = settings.field_rate && is_interlaced(video);
  if (plan.field_rate) plan.rate = plan.rate * Rational{2, 1};
  while (plan.rate.value() > kRateMax && !plan.variable_rate) plan.rate = plan.rate * Rational{1, 2};

  if (!plan.variable_rate) {
    const std::int64_t late = std::max<std::int64_t>(plan.video->startUs, 0);
    const std::int64_t frame_us = std::max<std::int64_t>(std::llround(1'000'000 / plan.rate.value()), 1);
    // Later than that, the first picture stands from the beginning, for whole frames.
    plan.lead_us = late <= kStartUsMax ? late : late % frame_us;
    if (plan.lead_us > kStartUsMax) plan.lead_us = 0;  // of a slide show: a gap that a player would stop at
  }
  plan.rungs = ladder_of(info, *plan.video, settings, plan.rate.value());
  plan.sprites = sprites_of(video, std::max<std::int64_t>(info.durationMs.value_or(0), 1));
  // To download and to scrub: the largest of at most 720 lines, else the smallest there is.
  while (plan.proxy_rung + 1 < plan.rungs.size() && plan.rungs[plan.proxy_rung].size.short_side() > 720)
    ++plan.proxy_rung;
  return plan;
}

std::vector<std::string> rendition_command(const RenditionPlan& plan, const MediaSettings& settings, Outputs outputs,
                                           const std::filesystem::path& input, const std::filesystem::path& scratch) {
  return Command(plan, settings, outputs, input, scratch).build();
}

}  // namespace reelvault::media
