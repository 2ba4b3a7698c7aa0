#include "media/renditions.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "media/ffmpeg_command.hpp"
#include "media/playlist.hpp"
#include "media/probe.hpp"
#include "media/shots_step.hpp"
#include "media/stills.hpp"

#include <fcntl.h>

#include <cmath>

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
constexpr std::string_view kRecipe = "hls-1";
constexpr auto kStall = std::chrono::seconds(180);

class Renditions {
 public:
  Renditions(const Work& work, MediaInfo info)
      : work_(work), info_(std::move(info)), plan_(plan_renditions(info_, work.settings())) {
    starts_clean_ = plan_.video && plan_.video->video->startsClean;
  }

  Outcome<json::object> make() {
    if (plan_.refusal) return failure("cannot-decode", *plan_.refusal);
    RV_TRY(const bool last_stays, last_picture_stays());
    plan_.last_stays = last_stays;
    RV_CHECK(encode());
    // Neither is to be copied.
    const bool beyond = copied_beyond_the_end();
    bool anew = beyond;
    for (Stream& stream : info_.streams) {
      if (!beyond && !(copied(stream) && damaged(stream))) continue;
      if (stream.video) stream.video->startsClean = false;
      if (stream.audio) stream.audio->startsClean = false;
      anew = true;
    }
    if (anew) {
      plan_ = plan_renditions(info_, work_.settings());
      plan_.last_stays = last_stays;
      notes_.clear();
      remove_made();
      RV_CHECK(encode());
    }
    RV_CHECK(write_playlists());
    RV_CHECK(check_length());
    say_damage();
    if (lack_) notes_.insert(notes_.begin(), *lack_);
    write_sprite_index();
    RV_CHECK(make_proxy());
    RV_CHECK(make_poster());
    describe();
    work_.progress(100);
    RV_TRY(json::object result, result_.finish(work_));
    // Of a film that nothing had to decode the step that wants them finds them by itself.
    if (plan_.video)
      if (auto shots = found_shots(work_.scratch(), info_, *plan_.video, made_ms_ * 1000))
        result["shots"] = shots_json(*shots);
    return result;
  }

 private:
  // At the end of a slide show, say.
  Outcome<bool> last_picture_stays() {
    constexpr double kLong = 0.2;
    if (!plan_.video || !plan_.variable_rate) return false;
    const std::int64_t from = std::max<std::int64_t>(info_.durationMs.value_or(0) / 1000 - 10, 0);
    const ChildResult result =
        work_.run_short(words(ffprobe_start(work_.settings().ffprobe),
                              std::vector<std::string>{"-select_streams", std::to_string(plan_.video->index),
                                                       "-show_entries", "packet=pts_time,duration_time", "-of",
                                                       "csv=p=0", "-read_intervals", fmt::format("{}%", from)},
                              input_arguments(work_.input())));
    if (result.stop != ChildResult::Stop::none) return failure_of(result, "", "");
    const auto number = [](std::string_view text, double& into) {
      return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc();
    };
    std::pair<double, double> last{-1, 0};  // when, how long
    for (std::string_view line : split(result.output, '\n')) {
      const auto fields = split(line, ',');
      std::pair<double, double> packet;
      if (fields.size() >= 2 && number(fields[0], packet.first) && number(fields[1], packet.second))
        last = std::max(last, packet);
    }
    return last.second >= kLong;
  }

  ChildResult ffmpeg(std::vector<std::string> argv, double from, double to) {
    ProgressReader progress;
    double whole = std::max<double>(static_cast<double>(info_.durationMs.value_or(0)) * 1000, 1);
    ChildRequest request = work_.request(std::move(argv));
    request.limits.stall = kStall;
    request.on_stderr = [&](std::string_view bytes) { log_.read(bytes); };
    request.on_stdout = [&](std::string_view bytes) {
      bool advanced = progress.read(bytes);
      double share = std::clamp(static_cast<double>(progress.out_time_us()) / whole, 0.0, 1.0);
      work_.progress(from + (to - from) * share);
      return advanced;
    };
    return work_.run(request);
  }
  ChildResult run(Outputs outputs, double from, double to) {
    return ffmpeg(rendition_command(plan_, work_.settings(), outputs, work_.input(), work_.scratch()), from, to);
  }

  // One decode for all. What kills one output kills that process, hence a second try with the parts on their own, of
  // which those that come out are all that can be had.
  Outcome<void> encode() {
    log_ = {};
    ChildResult all = run({}, 0, 92);
    if (all.ok() || !content_at_fault(all)) return judged(all);
    remove_made();
    log_ = {};
    ChildResult trouble;
    std::size_t parts = 0;
    for (std::size_t i = 0; i < plan_.audio.size(); ++i) {
      ChildResult sound = run({.ladder = false, .sprites = false, .sounds_from = i, .sounds_to = i + 1}, 0, 5);
      if (!sound.ok() && !content_at_fault(sound)) return judged(sound);
      // What came before the damage is whole, or it is left out where it is read.
      if (sound.ok() || read_fragments(work_.scratch() / (RenditionPlan::audio_name(i) + ".mp4")))
        ++parts;
      else
        trouble = std::move(sound);
    }
    if (plan_.video) {
      ChildResult pictures = run({.ladder = true, .sprites = false, .sounds_to = 0}, 5, 85);
      if (!pictures.ok()) {
        if (parts == 0 || !content_at_fault(pictures)) return judged(pictures);
        lose_pictures();
      } else {
        ++parts;
        ChildResult sprites = run({.ladder = false, .sprites = true, .sounds_to = 0}, 85, 92);
        if (sprites.stop == ChildResult::Stop::cancelled) return judged(sprites);
        if (!sprites.ok()) notes_.emplace_back("The preview pictures of the time line could not be made.");
      }
    }
    return parts > 0 ? Outcome<void>() : judged(trouble);
  }

  // Rather than a limit, a crash, or somebody who told it to end.
  static bool content_at_fault(const ChildResult& result) {
    constexpr int kTold = 255;
    return result.exit_code != kTold && result.stop == ChildResult::Stop::none && result.signal == 0 &&
           !result.error_tail.contains("No space left on device");
  }

  void lose_pictures() {
    lack_ = "The file is damaged: none of its pictures could be decoded, so its sound is all there is of it.";
    plan_.video = nullptr;
    plan_.rungs.clear();
    plan_.sprites.reset();
  }

  bool copied(const Stream& stream) const {
    if (&stream == plan_.video) return plan_.copies_video();
    return plan_.copy_audio && std::ranges::any_of(plan_.audio, [&](const AudioTrack& track) {
             return track.copyable && track.source_streams.front() == stream.index;
           });
  }

  // Beyond what is usual where a recording begins in the middle of a broadcast, or ends in one.
  bool damaged(const Stream& stream) const {
    if (stream.video && &stream == plan_.video) {
      const double start = starts_clean_ ? 0 : 2 * plan_.rate.value();
      return static_cast<double>(log_.failures(stream.index)) > start || (stream.codec == "h264" && log_.smears() > 0);
    }
    constexpr std::int64_t kUsual = 4;
    return stream.audio && log_.failures(stream.index) > kUsual;
  }

  // A film that was shortened without encoding it has its former end still, and an edit list that does not show it.
  bool copied_beyond_the_end() const {
    const auto longer = [&](const std::string& file, const Stream& source) {
      const auto made = read_fragments(work_.scratch() / file);
      const auto shown_ms = source.durationMs ? source.durationMs : info_.durationMs;
      const double margin_s = std::max(0.15, 2 / std::max(plan_.rate.value(), 1.0));
      return made && shown_ms && made->seconds(made->end()) > static_cast<double>(*shown_ms) / 1000 + margin_s;
    };
    if (plan_.copies_video() && longer(plan_.rungs.front().file(), *plan_.video)) return true;
    for (std::size_t i = 0; plan_.copy_audio && i < plan_.audio.size(); ++i) {
      const AudioTrack& track = plan_.audio[i];
      const auto source = std::ranges::find(info_.streams, track.source_streams.front(), &Stream::index);
      if (track.copyable && source != info_.streams.end() && longer(RenditionPlan::audio_name(i) + ".mp4", *source))
        return true;
    }
    return false;
  }

  Outcome<void> judged(const ChildResult& result) {
    decoder_complained_ = decoder_complained_ || !result.error_tail.empty();
    if (result.ok()) return {};
    return failure_of(
        result, "cannot-decode",
        fmt::format("This file is not {} that can be decoded: its content is damaged or of an unknown kind.",
                    plan_.video ? "a video" : "sound"));
  }

  void remove_made() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(work_.scratch(), error))
      if (entry.path() != work_.input() && entry.path().filename() != "fetched" && entry.is_regular_file(error))
        fs::remove(entry.path(), error);
  }

  Outcome<void> write(const std::string& name, const std::string& content, std::string_view type) {
    if (auto written = replace_file(work_.scratch() / name, content); !written)
      return failure_of(std::move(written.error()));
    result_.add_file(name, name, type, "stream");
    return {};
  }

  Outcome<FragmentedFile> read(const std::string& name) {
    auto file = read_fragments(work_.scratch() / name);
    if (file && file->codec.empty()) file = fail(Code::internal, "bad-output", "", name + ": unknown codec");
    if (!file) {
      // A stream that ffmpeg found nothing in gives a file without fragments.
      return failure("cannot-decode",
                     fmt::format("Nothing of this file's {} could be decoded; it may be damaged.",
                                 name.starts_with('v') ? "picture" : "sound"),
                     name + ": " + file.error().detail);
    }
    result_.add_file(name, name, name.starts_with('v') ? "video/mp4" : "audio/mp4", "stream");
    return std::move(*file);
  }

  Outcome<void> write_playlists() {
    std::vector<FragmentedFile> videos;
    for (const Rung& rung : plan_.rungs) {
      RV_TRY(FragmentedFile file, read(rung.file()));
      videos.push_back(std::move(file));
    }
    std::vector<double> starts = segment_starts(videos);
    std::vector<StreamInfo> streams;
    for (std::size_t i = 0; i < videos.size(); ++i) {
      const Rung& rung = plan_.rungs[i];
      std::vector<Segment> segments = join_segments(videos[i], starts);
      segments_.push_back(segments.size());
      if (segments.size() != segments_.front())
        return failure("bad-output", "The renditions did not come out alike.", rung.name, false);
      RV_CHECK(write(rung.name + ".m3u8", media_playlist(videos[i], segments, rung.file()),
                     "application/vnd.apple.mpegurl"));
      StreamInfo info = stream_info(videos[i], segments, rung.name + ".m3u8");
      info.size = rung.size;
      info.frame_rate = plan_.rate.value();
      pictures_ms_ = std::max(pictures_ms_, std::llround(1000 * videos[i].seconds(videos[i].end())));
      streams.push_back(std::move(info));
    }
    made_ms_ = pictures_ms_;
    std::vector<SoundInfo> sounds;
    for (std::size_t i = 0; i < plan_.audio.size(); ++i) {
      std::string name = RenditionPlan::audio_name(i);
      // A track without a single sample is left out, and missed only where there is nothing else.
      const bool nothing_else = plan_.rungs.empty() && sounds.empty() && i + 1 == plan_.audio.size();
      if (!nothing_else && !read_fragments(work_.scratch() / (name + ".mp4"))) {
        notes_.push_back(fmt::format("The sound \"{}\" is empty or damaged.", plan_.audio[i].name));
        continue;
      }
      RV_TRY(FragmentedFile file, read(name + ".mp4"));
      std::vector<Segment> segments = join_segments(file, segment_starts({file}));
      RV_CHECK(write(name + ".m3u8", media_playlist(file, segments, name + ".mp4"), "application/vnd.apple.mpegurl"));
      sounds.push_back({stream_info(file, segments, name + ".m3u8"), plan_.audio[i].name, plan_.audio[i].language,
                        plan_.audio[i].channels});
      if (sounds.size() == 1) main_sound_ = name;
      made_ms_ = std::max(made_ms_, std::llround(1000 * file.seconds(file.end())));
    }
    if (!streams.empty())
      RV_CHECK(write(std::string(kSubtitledMaster), master_playlist(streams, sounds, true), kPlaylistType));
    return write("master.m3u8", master_playlist(streams, sounds), kPlaylistType);
  }

  // A decoder that gives up in the middle says so at most in its log; its result looks whole. What it says that it
  // could not decode is damaged, and a file that ends before its own promise is no fault of the decoder: then what was
  // made is as long as what is there. In both cases it is all that can be had.
  Outcome<void> check_length() {
    std::int64_t expected = info_.durationMs.value_or(0);
    if (!info_.container || !info_.container->durationExact || expected <= 0) return {};
    // The last picture of a screen recording may stand for long, and its length is nowhere written.
    if (!short_of(made_ms_, expected) || (plan_.variable_rate && !decoder_complained_)) return {};
    RV_TRY(const auto there_us, length_of_packets(work_, info_));
    const bool all_there_is = there_us && !short_of(made_ms_, *there_us / 1000);
    if (all_there_is || gave_up()) {
      RV_CHECK(read_to_the_end());
      const double whole = static_cast<double>(expected) / 1000, made = static_cast<double>(made_ms_) / 1000;
      lack_ = all_there_is
                  ? fmt::format(
                        "The file is damaged or ends too early: of the {:.1f} seconds that it promises "
                        "{:.1f} are there. It may not have been copied whole.",
                        whole, made)
                  : fmt::format("The file is damaged: of its {:.1f} seconds {:.1f} could be decoded.", whole, made);
      return {};
    }
    return failure("truncated",
                   fmt::format("The file is damaged or cut off: it says that it lasts {:.1f} seconds, of which "
                               "{:.1f} could be decoded.",
                               static_cast<double>(expected) / 1000, static_cast<double>(made_ms_) / 1000));
  }

  static bool short_of(std::int64_t made_ms, std::int64_t length_ms) {
    return made_ms < length_ms - length_ms / 30 - 400;
  }
  bool gave_up() const {
    return std::ranges::any_of(info_.streams, [&](const Stream& stream) { return damaged(stream); });
  }

  // What is damaged in the middle, or in one of picture and sound.
  void say_damage() {
    if (lack_) return;
    const Stream* video = plan_.video;
    const bool sound =
        std::ranges::any_of(info_.streams, [&](const Stream& stream) { return stream.audio && damaged(stream); });
    const bool pictures = video && damaged(*video);
    const std::int64_t length_ms = video ? video->durationMs.value_or(info_.durationMs.value_or(0)) : 0;
    if (pictures && short_of(pictures_ms_, length_ms))
      lack_ = fmt::format("The file is damaged: of its {:.1f} seconds of pictures {:.1f} could be decoded.",
                          static_cast<double>(length_ms) / 1000, static_cast<double>(pictures_ms_) / 1000);
    else if (pictures || sound)
      lack_ = fmt::format("The file is damaged: parts of its {} could not be decoded.", pictures && sound
                                                                                            ? "pictures and sound"
                                                                                        : pictures ? "pictures"
                                                                                                   : "sound");
  }

  // To ffmpeg a disk that cannot be read any further looks like the end of the file.
  Outcome<void> read_to_the_end() {
    auto file = open_file(work_.input(), O_RDONLY | O_CLOEXEC);
    if (!file) return failure_of(std::move(file.error()));
    std::vector<std::byte> block(1 << 20);
    for (std::uint64_t at = 0; at < work_.input_size();) {
      if (work_.cancelled()) return failure("cancelled", "The work was cancelled.", {}, false);
      auto got = read_at(file->get(), block, at);
      if (!got) return failure_of(std::move(got.error()));
      if (*got == 0) return failure("input-missing", "The file became shorter while it was read.", {}, false);
      at += *got;
    }
    return {};
  }

  void write_sprite_index() {
    if (!plan_.sprites) return;
    std::int64_t sheets = 0;
    auto sheet = [](std::int64_t number) { return fmt::format("sprites-{}.jpg", number); };
    std::error_code error;
    while (fs::is_regular_file(work_.scratch() / sheet(sheets + 1), error)) ++sheets;
    if (sheets == 0) return;
    for (std::int64_t number = 1; number <= sheets; ++number)
      result_.add_file(sheet(number), sheet(number), "image/jpeg", "stream");
    (void)write("sprites.vtt", sprite_index(*plan_.sprites, made_ms_, sheets), "text/vtt");
    sprite_sheets_ = sheets;
  }

  // The same bytes in the order that downloads and editing programs like.
  Outcome<void> make_proxy() {
    std::string name = plan_.rungs.empty() ? "proxy.m4a" : "proxy.mp4";
    std::vector<std::string> argv = words(ffmpeg_start(work_.settings().ffmpeg),
                                          std::vector<std::string>{"-progress", "pipe:1", "-nostats", "-copyts"});
    auto add_input = [&](const std::string& file) {
      argv = words(std::move(argv), own_input_arguments(work_.scratch() / file));
    };
    if (!plan_.rungs.empty()) add_input(plan_.rungs[plan_.proxy_rung].file());
    if (!main_sound_.empty()) add_input(main_sound_ + ".mp4");
    argv = words(std::move(argv), std::vector<std::string>{"-map", "0"});
    if (!plan_.rungs.empty() && !main_sound_.empty())
      argv = words(std::move(argv), std::vector<std::string>{"-map", "1"});
    argv =
        words(std::move(argv), std::vector<std::string>{"-c", "copy", "-map_metadata", "-1", "-movflags", "+faststart",
                                                        "-f", "mp4", (work_.scratch() / name).string()});
    ChildResult result = ffmpeg(std::move(argv), 92, 97);
    if (!result.ok()) return failure_of(result, "bad-output", "The proxy file could not be made.");
    result_.add_file(name, name, plan_.rungs.empty() ? "audio/mp4" : "video/mp4", "proxy");
    return {};
  }

  Outcome<void> make_poster() {
    if (plan_.rungs.empty()) return {};
    // Of the proxy, which is upright and small; the source may be neither.
    const Rung& rung = plan_.rungs[plan_.proxy_rung];
    Stream stream;
    stream.index = 0;
    stream.video.emplace();
    stream.video->displayWidth = stream.video->codedWidth = rung.size.width;
    stream.video->displayHeight = stream.video->codedHeight = rung.size.height;
    stream.video->pixelFormat = "yuv420p";
    const Colours colours = colours_after(*plan_.video->video);  // whatever size it has now
    stream.video->colorSpace = colours.space;
    stream.video->colorPrimaries = colours.primaries;
    stream.video->colorTransfer = colours.transfer;
    stream.video->keyFrameIntervalMs = rung.copied ? plan_.video->video->keyFrameIntervalMs : kKeyFrameMs;
    auto poster = make_film_stills(work_, work_.scratch() / rung.file(), stream, made_ms_, "poster.jpg");
    if (!poster && work_.cancelled()) return std::unexpected(poster.error());
    if (poster)
      result_.add_file("poster.jpg", "poster.jpg", "image/jpeg", "stream");
    else
      notes_.emplace_back("The poster could not be made.");
    return {};
  }

  void describe() {
    json::array renditions, sounds, notes;
    for (const Rung& rung : plan_.rungs)
      renditions.push_back(json::object{
          {"name", rung.name}, {"width", rung.size.width}, {"height", rung.size.height}, {"copied", rung.copied}});
    for (std::size_t i = 0; i < plan_.audio.size(); ++i) {
      const AudioTrack& track = plan_.audio[i];
      sounds.push_back(json::object{{"name", RenditionPlan::audio_name(i)},
                                    {"title", track.name},
                                    {"languageCode", track.language},
                                    {"channels", track.channels},
                                    {"copied", plan_.copy_audio && track.copyable},
                                    {"sourceStreams", json::value_from(track.source_streams)}});
    }
    for (const std::string& note : notes_) notes.emplace_back(note);
    if (!notes_.empty()) result_.note(fmt::format("{}", fmt::join(notes_, " ")));
    result_.properties() = {{"recipe", kRecipe},
                            {"durationMs", made_ms_},
                            {"renditions", std::move(renditions)},
                            {"sounds", std::move(sounds)},
                            {"segments", segments_.empty() ? 0 : segments_.front()},
                            {"spriteSheets", sprite_sheets_},
                            {"notes", std::move(notes)}};
    if (lack_) result_.properties()["lack"] = *lack_;
  }

  const Work& work_;
  MediaInfo info_;
  RenditionPlan plan_;
  StepResult result_;
  std::vector<std::size_t> segments_;
  std::string main_sound_;
  long long made_ms_ = 0, pictures_ms_ = 0;
  DecodeLog log_;
  std::int64_t sprite_sheets_ = 0;
  bool decoder_complained_ = false;
  bool starts_clean_ = false;  // the film itself
  std::vector<std::string> notes_;
  std::optional<std::string> lack_;  // that the file ends too early, or is damaged
};

}  // namespace

Outcome<json::object> renditions_step(const Work& work) {
  RV_TRY(MediaInfo info, known_or_probed(work));
  return Renditions(work, std::move(info)).make();
}

}  // namespace reelvault::media
