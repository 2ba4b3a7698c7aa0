#include "media/clip_service.hpp"

#include "base/text.hpp"
#include "catalog/display_name.hpp"
#include "media/clip_plan.hpp"
#include "media/published.hpp"
#include "media/subtitle_tracks.hpp"

namespace reelvault::media {

namespace json = boost::json;
using catalog::Asset;
using catalog::AssetStatus;
using catalog::Operation;

namespace {

constexpr std::string_view kJob = "clip";
constexpr int kPriority = 35;  // somebody waits for it; thumbnails of what is there come first

std::optional<Uuid> user_of(const Principal& by) { return by.user_row != 0 ? std::optional(by.user_id) : std::nullopt; }

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

MediaInfo info_of(const catalog::Version& version) {
  return media_info_from(json::parse(version.media_properties_json)).value_or(MediaInfo{});
}

std::pair<std::string, std::string> stem_and_extension(const std::string& name) {
  const auto dot = name.rfind('.');
  const bool any = dot != std::string::npos && dot > 0 && name.size() - dot <= 10 && dot + 1 < name.size();
  return any ? std::pair(name.substr(0, dot), name.substr(dot)) : std::pair(name, std::string());
}

// "film.mov" as "film (clip).mp4", and its clip as that again, not as "film (clip) (clip).mp4".
std::string clip_name(const std::string& name, const std::string& extension) {
  std::string stem = stem_and_extension(name).first;
  if (!stem.ends_with(" (clip)")) stem += " (clip)";
  return safe_file_name(stem + extension);
}

std::unexpected<Error> invalid(std::vector<FieldFault> faults) {
  return fail(Error{Code::invalid,
                    "invalid-request",
                    "The request has fields that are not valid.",
                    {},
                    std::move(faults),
                    {},
                    0,
                    {}});
}

std::string text_of(const TimePoint& point) {
  return std::visit([](const auto& value) { return value.text(); }, point);
}

}  // namespace

std::span<const dto::Rule> ClipRequest::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "startTimecode",
       .sentence =
           "HH:MM:SS:FF, HH:MM:SS;FF (drop frame), both counted from the file's start timecode, or HH:MM:SS.mmm "
           "or a number of seconds, both elapsed. The first frame is the one shown then.",
       .example_json = "\"00:00:10:00\""},
      {.field = "endTimecode",
       .sentence = "Likewise, after startTimecode; exclusive: the last frame is the one before it.",
       .example_json = "\"00:00:15:12\""},
      {.field = "displayName",
       .sentence = "By default the source's with (clip). A name that is taken gets a number.",
       .min_length = 1,
       .max_length = 1000},
      {.field = "parentId", .sentence = "The folder that it goes to; by default the source's."},
      {.field = "mode",
       .sentence = "exact: frame-accurate, encoded anew. fast: streams are copied from the nearest key frame; the "
                   "history says what was really cut.",
       .one_of = "exact|fast",
       .default_json = "\"exact\""},
  };
  return rules;
}

void ClipRequest::check(Faults& faults) const {
  for (const auto& [given, pointer] : {std::pair(&startTimecode, "/startTimecode"), {&endTimecode, "/endTimecode"}}) {
    if (given->is_null())
      faults.add(pointer, "is required");
    else if (auto parsed = parse_time_point(*given); !parsed)
      faults.add(pointer, parsed.error());
  }
  if (displayName) (void)faults.take(catalog::valid_name(*displayName, "/displayName"));
}

struct ClipService::Range {
  ClipPoint start, end;
  std::string text;  // for people
};

void ClipService::register_type() {
  jobs::Type type;
  type.name = kJob;
  type.prepare = [this](const jobs::Job& job) { return prepare(job); };
  type.publish = [this](const jobs::Job& job, const std::filesystem::path& scratch, Object result) {
    return publish_files(assets_, stores_, job, scratch, std::move(result));
  };
  type.succeeded = [this](db::Transaction& tx, const jobs::Job& job, const Object& result) {
    return made(tx, job, result);
  };
  type.failed = [this](db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure) {
    return failed(tx, job, failure);
  };
  jobs_.add(std::move(type));
}

Result<ClipService::Range> ClipService::range_of(const Asset& source, const catalog::Version& version,
                                                 const ClipRequest& request) {
  const FrameLabels labels = FrameLabels::of(source.frame_rate, source.start_timecode);
  const MediaInfo info = info_of(version);
  // Frames are counted from the first picture, which may come later than the sound.
  const std::int64_t picture_ns = info.main_video() ? info.main_video()->startUs * 1000 : 0;
  const std::int64_t whole_ns = source.duration_ms.value_or(0) * 1'000'000;
  struct Found {
    ClipPoint point;
    std::int64_t ns = 0, tolerance = 0;
    std::string text;
  };
  std::vector<FieldFault> faults;
  auto find = [&](const json::value& given, const std::string& pointer) -> std::optional<Found> {
    auto parsed = parse_time_point(given);
    std::string fault = parsed ? "" : parsed.error();
    Found found;
    if (parsed && std::holds_alternative<Label>(*parsed)) {
      if (auto frame = labels.frame_of(std::get<Label>(*parsed))) {
        const std::int64_t ns = elapsed_at(*frame, labels.rate).ns;
        found = {{true, *frame}, ns + picture_ns, elapsed_at(1, labels.rate).ns / 2 + 1'000'000, {}};
      } else {
        fault = frame.error();
      }
    } else if (parsed) {
      // Lengths are known in whole milliseconds.
      const std::int64_t ns = std::get<Elapsed>(*parsed).ns;
      found = {{false, ns}, ns, 1'000'000, {}};
    }
    if (fault.empty()) {
      found.text = text_of(*parsed);
      return found;
    }
    faults.push_back({pointer, fault});
    return std::nullopt;
  };
  const auto start = find(request.startTimecode, "/startTimecode"), end = find(request.endTimecode, "/endTimecode");
  auto outside = [&](const Found& found) {
    const bool before = labels.start && found.point.is_frame && found.ns >= whole_ns + 3600 * 1'000'000'000ll;
    return before ? fmt::format("must be within the media, which begins at {} and lasts {}", labels.start->text(),
                                Elapsed{whole_ns}.text())
                  : fmt::format("must be within the media, which lasts {}", Elapsed{whole_ns}.text());
  };
  if (start && start->ns >= whole_ns) faults.push_back({"/startTimecode", outside(*start)});
  if (end && end->ns > whole_ns + end->tolerance) faults.push_back({"/endTimecode", outside(*end)});
  if (start && end && end->ns <= start->ns) faults.push_back({"/endTimecode", "must be after startTimecode"});
  if (!faults.empty()) return invalid(std::move(faults));
  return Range{start->point, end->point, fmt::format("{} to {}", start->text, end->text)};
}

Result<Asset> ClipService::destination(db::Transaction& tx, const Principal& by, const Asset& source,
                                       const std::optional<Uuid>& id) {
  auto wanted = id;
  if (!wanted) {
    auto own = assets_.tree().folder(source.parent_row);
    if (!own) return fail_not_found("folder");
    wanted = own->id;
  }
  auto folder = assets_.repository().find(tx, *wanted);
  auto chain = folder ? assets_.tree().chain_of(*folder) : std::nullopt;
  auto highest = chain ? assets_.access().highest(by, *chain) : std::nullopt;
  if (!highest) return fail_not_found("folder");
  if (*highest < Permission::write)
    return fail(Code::forbidden, "forbidden", "You have no write permission on the folder that the clip goes to.");
  RV_CHECK(assets_.can_hold(*folder));
  RV_CHECK(assets_.check_depth(assets_.repository().ancestors(tx, folder->row).size()));
  return std::move(*folder);
}

Result<Asset> ClipService::request(db::Transaction& tx, const Principal& by, const Uuid& id,
                                   const ClipRequest& request) {
  catalog::AssetRepository& repository = assets_.repository();
  RV_CHECK(dto::check(request));
  std::string name;
  if (request.displayName) {
    RV_TRY(name, catalog::valid_name(*request.displayName, "/displayName"));
  }

  RV_TRY(Asset source, assets_.lock_permitted(tx, by, id, Permission::read));
  if (source.folder_like()) return fail_field("{id}", "must be a video or sound: a folder has no time");
  auto version = source.version != 0 ? catalog::VersionRepository{}.find(tx, source.row, source.version) : std::nullopt;
  const std::string media_type = source.media_type.value_or("other");
  const bool timed = media_type == "video" || media_type == "audio";
  if (version && version->settled && !timed)
    return fail_field("{id}", fmt::format("must be a video or sound: this is {}, which has no time",
                                          media_type == "image"      ? "a picture"
                                          : media_type == "document" ? "a document"
                                                                     : "another kind of file"));
  std::optional<Range> range;
  if (version && source.duration_ms) {
    RV_TRY(range, range_of(source, *version, request));
  }
  RV_TRY(Asset parent, destination(tx, by, source, request.parentId));
  RV_CHECK(assets_.content_open_to(by, source));
  RV_CHECK(catalog::after(Operation::clip, source.status));
  auto blob = version ? blobs_.find(tx, version->blob_row) : std::nullopt;
  if (!blob || blob->state == storage::BlobState::overwritten)
    return fail(Code::conflict, "version-gone",
                "The content of this asset is gone: the object that was registered as it has been overwritten.");
  if (!timed || !range)
    return fail(Code::unprocessable, "no-duration", "How long this asset lasts could not be found out.");

  const ClipFormat format = clip_format(info_of(*version), request.mode != "fast");
  const std::string file_name = clip_name(version->file_name, format.extension);
  if (name.empty()) name = clip_name(source.name, format.extension);
  RV_TRY(name, assets_.claim_name(tx, by, parent.row, name, "rename"));
  Asset clip;
  clip.id = Uuid::v7();
  clip.parent_row = parent.row;
  clip.status = AssetStatus::clipping;
  clip.name = name;
  clip.file_name = file_name;
  clip.content_type = format.content_type;
  clip.media_type = media_type;
  // What is said of the whole holds for its piece, and so does when it may be seen.
  clip.description = source.description;
  clip.language_code = source.language_code;
  clip.tags_json = source.tags_json;
  clip.custom_fields_json = source.custom_fields_json;
  clip.available_from = source.available_from;
  clip.available_until = source.available_until;
  clip.created_at = clip.modified_at = now();
  clip.created_by = clip.modified_by = user_of(by);
  clip.row = repository.insert(tx, clip);
  repository.add_history(
      tx, catalog::first_history(clip, by.username, catalog::operation_name(Operation::clip),
                                 fmt::format("{} of {}, {}", range->text, source.id.text(), request.mode)));
  repository_.hold(tx, clip.row, blob->row);
  repository_.hold_subtitles(tx, clip.row, source.row, version->number);
  jobs_.enqueue(tx, {.type = std::string(kJob),
                     .asset_row = clip.row,
                     .asset_id = clip.id,
                     .key = fmt::format("{}/{}", clip.id.text(), kJob),
                     .payload = {{"sourceId", source.id.text()},
                                 {"sourceVersion", version->number},
                                 {"blob", blob->id.text()},
                                 {"fileName", version->file_name},
                                 {"start", to_json(range->start)},
                                 {"end", to_json(range->end)},
                                 {"mode", request.mode}},
                     .priority = kPriority,
                     .flow = jobs::flow_of(kJob, clip.created_by)});
  assets_.changed(tx, clip, "create");
  return clip;
}

std::optional<catalog::Version> ClipService::source_of(db::Transaction& tx, const jobs::Job& job) {
  const auto id = Uuid::parse(text_of(job.payload, "sourceId"));
  const auto source = id ? assets_.repository().find(tx, *id) : std::nullopt;
  if (!source) return std::nullopt;
  return catalog::VersionRepository{}.find(tx, source->row, job.payload.at("sourceVersion").to_number<std::int64_t>());
}

// An administrator had a failed job tried again, whose source was let go of. While the job runs, or nobody would let
// go.
Result<std::optional<std::int64_t>> ClipService::hold_again(const jobs::Job& job) {
  return assets_.database().write([&](db::Transaction& tx) -> Result<std::optional<std::int64_t>> {
    auto asset = assets_.repository().lock_row(tx, job.asset_row);
    if (!asset) return std::nullopt;
    if (auto held = repository_.held(tx, asset->row)) return held;
    const auto running = jobs_.find(tx, job.id);
    const auto id = Uuid::parse(text_of(job.payload, "blob"));
    const auto row = id ? repository_.find_blob(tx, *id) : std::nullopt;
    if (!row || !running || running->status != jobs::Status::running || running->fence != job.fence)
      return std::nullopt;
    repository_.hold(tx, asset->row, *row);
    if (const auto version = source_of(tx, job))
      repository_.hold_subtitles(tx, asset->row, version->asset_row, version->number);
    return row;
  });
}

Result<ClipService::Object> ClipService::prepare(const jobs::Job& job) {
  RV_TRY(auto row, assets_.database().read([&](db::Transaction& tx) -> Result<std::optional<std::int64_t>> {
    return repository_.held(tx, job.asset_row);
  }));
  if (!row) {
    RV_TRY(row, hold_again(job));
  }
  if (!row) return fail(Code::not_found, "content-gone", "What this clip is made from has been deleted.");
  Object out{{"fileName", text_of(job.payload, "fileName")}};
  std::vector<storage::Blob> tracks;
  RV_TRY(auto blob, assets_.database().read([&](db::Transaction& tx) -> Result<storage::Blob> {
    tracks.clear();
    for (const ClipRepository::Subtitle& track : repository_.subtitles(tx, job.asset_row))
      if (auto found = blobs_.find(tx, track.blob_row)) tracks.push_back(std::move(*found));
    auto found = blobs_.find(tx, *row);
    if (!found) return fail(Code::not_found, "content-gone", "What this clip is made from has been deleted.");
    const auto version = source_of(tx, job);
    // Of a source that is gone by now the worker finds out anew what it is.
    if (version && version->media_properties_json != "{}")
      out["mediaProperties"] = json::parse(version->media_properties_json);
    return std::move(*found);
  }));
  const auto* entry = stores_.find(blob.location.store);
  if (!blob.owned && entry) {
    auto there = entry->store->stat(blob.location.key);
    if (!there && there.error().code != Code::not_found) return std::unexpected(std::move(there).error());
    if (blob.state == storage::BlobState::overwritten || !there || storage::changed(blob.expected(), *there))
      return fail(Code::gone, "content-gone",
                  "What this clip is made from, an object that was registered where it lies, has been overwritten or "
                  "removed.");
  }
  for (std::string_view name : {"start", "end", "mode"}) out[name] = job.payload.at(name);
  out["size"] = blob.size;
  RV_CHECK(add_place(stores_, blob, out));
  json::array inputs;
  for (const storage::Blob& track : tracks) {
    Object place;
    RV_CHECK(add_place(stores_, track, place));
    inputs.push_back(std::move(place));
  }
  if (!inputs.empty()) out["inputs"] = std::move(inputs);
  return out;
}

Result<void> ClipService::made(db::Transaction& tx, const jobs::Job& job, const Object& result) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset) return {};  // the sweep takes what was published
  const std::vector<ClipRepository::Subtitle> tracks = repository_.subtitles(tx, asset->row);
  repository_.let_go(tx, asset->row);
  // Somebody gave a failed clip another content before it was tried again.
  if (asset->version != 0 || !catalog::allowed(Operation::content_arrived, asset->status)) return {};
  const auto* files = result.if_contains("files");
  const auto* properties = result.if_contains("properties");
  auto file_of = [&](std::string_view role, std::string_view name) -> const Object* {
    for (const json::value& each : files->get_array())
      if (text_of(each.as_object(), "role") == role && (name.empty() || text_of(each.as_object(), "name") == name))
        return &each.as_object();
    return nullptr;
  };
  if (!files || !files->is_array() || !file_of("clip", "") || !properties || !properties->is_object())
    return fail(Code::internal, "bad-output", "Cutting gave no clip.");
  const Object& file = *file_of("clip", "");
  const Object& cut = properties->get_object();
  const storage::Blob blob = published_blob(file);
  const std::string extension = std::filesystem::path(text_of(file, "name")).extension().string();
  RV_TRY(
      Asset done,
      content_.attach(
          tx, Principal::system(), std::move(*asset),
          {.blob_row = blobs_.insert(tx, blob),
           .file_name = clip_name(text_of(job.payload, "fileName"), extension),
           .content_type = text_of(file, "contentType"),
           .size = static_cast<std::int64_t>(blob.size),
           .expected_checksum = {},
           .reason = fmt::format(
               "{}{} to {} of {}", text_of(cut, "mode") == "fast" ? "copied from the key frame before: " : "",
               text_of(cut, "startTimecode"), text_of(cut, "endTimecode"), text_of(job.payload, "sourceId")),
           .start_timecode = cut.contains("firstLabel") ? std::optional(text_of(cut, "firstLabel")) : std::nullopt}));
  const auto* subtitles = cut.if_contains("subtitles");
  for (const json::value& each : subtitles && subtitles->is_array() ? subtitles->get_array() : json::array{}) {
    const Object& found = each.as_object();
    const auto input = found.at("input").to_number<std::uint64_t>();
    const Object* part = file_of("subtitle", text_of(found, "file"));
    if (!part || input >= tracks.size())
      return fail(Code::internal, "bad-output", "Cutting gave other subtitles than there were.");
    RV_CHECK(put_subtitle(tx, done, tracks[input], *part, found));
  }
  return {};
}

// As if somebody had uploaded it beside the clip: a later one in its language takes its place.
Result<void> ClipService::put_subtitle(db::Transaction& tx, const Asset& clip, const ClipRepository::Subtitle& track,
                                       const Object& file, const Object& found) {
  const storage::Blob blob = published_blob(file);
  const std::int64_t row = blobs_.insert(tx, blob);
  const auto size = static_cast<std::int64_t>(blob.size);
  const std::string name = safe_file_name(stem_and_extension(track.label.value_or("subtitles")).first + ".vtt");
  catalog::Related related;
  related.id = Uuid::v7();
  related.version = clip.version;
  related.relationship = "subtitle";
  related.language_code = track.language_code;
  related.content_type = "text/vtt";
  related.recipe = "upload:" + related.id.text();
  related.label = name;
  related.created_by = clip.created_by;
  related.files = {{name, row, "text/vtt", size}, {std::string(kSubtitleFile), row, "text/vtt", size}};
  related.properties_json = json::serialize(Object{{"format", found.at("format")},
                                                   {"encoding", found.at("encoding")},
                                                   {"cueCount", found.at("cueCount")},
                                                   {"endMs", found.at("endMs")}});
  RV_CHECK(content_.put_related(tx, clip, std::move(related)));
  return {};
}

Result<void> ClipService::failed(db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset) return {};
  repository_.let_go(tx, asset->row);
  if (asset->status != AssetStatus::clipping) return {};
  asset->error = failure.message;
  assets_.repository().update(tx, *asset, std::nullopt);
  return assets_.transit(tx, *asset, Operation::fail, Principal::system(), failure.message);
}

}  // namespace reelvault::media
