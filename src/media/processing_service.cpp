#include "media/processing_service.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"
#include "media/published.hpp"
#include "media/shots.hpp"
#include "media/subtitle_tracks.hpp"

namespace reelvault::media {

namespace json = boost::json;
using catalog::Asset;
using catalog::AssetStatus;

namespace {

constexpr std::array<std::string_view, 5> steps{"probe", "checksum", "thumbnail", "renditions", "waveform"};
// Once those have ended.
constexpr std::string_view shots_step_name = "shots";
// Of what is uploaded beside the content, which waits for none of it.
constexpr std::string_view subtitle_step_name = "subtitle";
constexpr std::string_view picture_step_name = "picture";
constexpr std::string_view checksum_mismatch = "checksum-mismatch";

// Quick things that people look at come first, then what makes it play.
int priority_of(std::string_view step) {
  if (step == "probe") return 50;
  if (step == subtitle_step_name || step == picture_step_name) return 45;
  if (step == "thumbnail") return 40;
  if (step == "checksum") return 30;
  if (step == "renditions") return 20;
  if (step == shots_step_name) return 5;
  return 10;
}

// Those that decode the whole of it.
constexpr std::array<std::string_view, 3> slow_steps{"renditions", "waveform", shots_step_name};

// Whose failure means that nothing can be shown of the content.
std::string_view main_step(std::string_view media_type) {
  if (media_type == "video" || media_type == "audio") return "renditions";
  if (media_type == "image") return "thumbnail";
  return "";
}

std::string text_of(const json::object& object, std::string_view name) {
  auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}
std::optional<std::int64_t> number_of(const json::object& object, std::string_view name) {
  auto* value = object.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  return value->is_double() ? static_cast<std::int64_t>(value->get_double()) : value->to_number<std::int64_t>();
}
std::optional<std::string> optional_text(const json::object& object, std::string_view name) {
  std::string text = text_of(object, name);
  return text.empty() ? std::nullopt : std::optional(text);
}

bool is_of_upload(const jobs::Job& job) { return job.type == subtitle_step_name || job.type == picture_step_name; }

// What reads an upload of this relationship; empty: it stays what it is.
std::string_view step_of_upload(const catalog::Related& related) {
  if (related.relationship == "subtitle") return subtitle_step_name;
  if (related.relationship == "thumbnail" || related.relationship == "preview") return picture_step_name;
  return "";
}
// The file that is made of it, which lies beside it in a folder.
std::string made_of_upload(const catalog::Related& related) {
  return related.relationship == "subtitle" ? std::string(kSubtitleFile)
                                            : fmt::format("still/{}.jpg", related.relationship);
}

// The uploaded file that a job is about; nothing when it is gone or was replaced.
std::optional<catalog::Related> related_of(db::Transaction& tx, const jobs::Job& job) {
  auto id = Uuid::parse(text_of(job.payload, "relatedAssetId"));
  auto related = id ? catalog::RelatedRepository{}.find(tx, *id) : std::nullopt;
  if (!related || related->asset_row != job.asset_row) return std::nullopt;
  return related;
}

}  // namespace

void ProcessingService::register_types() {
  auto types = {steps[0], steps[1],        steps[2],           steps[3],
                steps[4], shots_step_name, subtitle_step_name, picture_step_name};
  for (std::string_view step : types) {
    jobs::Type type;
    type.name = step;
    type.prepare = [this](const jobs::Job& job) { return prepare(job); };
    type.publish = [this](const jobs::Job& job, const std::filesystem::path& scratch, Object result) -> Result<Object> {
      if (job.type == "checksum") RV_CHECK(compare_checksum(job, result));
      return publish_files(assets_, stores_, job, scratch, std::move(result));
    };
    type.succeeded = [this](db::Transaction& tx, const jobs::Job& job, const Object& result) -> Result<void> {
      if (job.type == "probe") return probed(tx, job, result);
      if (job.type == "checksum") return hashed(tx, job, result);
      if (is_of_upload(job)) return related_read(tx, job, result);
      if (job.type == shots_step_name) return shots_found(tx, job, result);
      return made(tx, job, result);
    };
    type.failed = [this](db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure) {
      return failed(tx, job, failure);
    };
    jobs_.add(std::move(type));
  }
}

void ProcessingService::enqueue(db::Transaction& tx, const Asset& asset, std::int64_t version, std::string_view step,
                                const jobs::Flow& flow, std::string_view generation, Object payload) {
  std::string key = fmt::format("{}/{}/{}", asset.id.text(), version, step);
  if (!generation.empty()) {
    key += fmt::format("/{}", generation);
    payload["generation"] = generation;
  }
  jobs_.enqueue(tx, {.type = std::string(step),
                     .asset_row = asset.row,
                     .asset_id = asset.id,
                     .version = version,
                     .key = std::move(key),
                     .payload = std::move(payload),
                     .priority = priority_of(step),
                     .slow = std::ranges::find(slow_steps, step) != slow_steps.end(),
                     .flow = flow});
}

void ProcessingService::declare(catalog::BatchService& batches) {
  batches.add(
      {.name = "Reprocess",
       .route = "reprocess",
       .summary = "Run the processing again, or some steps of it",
       .reach = catalog::BatchAction::Reach::files_below,
       .check = [](db::Transaction&, const catalog::BatchCall& call, std::vector<FieldFault>& faults) -> Result<void> {
         const json::value* given = call.arguments.if_contains("steps");
         if (!given || given->is_null()) return {};
         if (!given->is_array() || given->get_array().empty())
           faults.push_back({"/steps", "must be a list of steps, or left out for all"});
         else
           for (std::size_t i = 0; i < given->get_array().size(); ++i) {
             const json::value& step = given->get_array()[i];
             const std::string_view name = step.is_string() ? std::string_view(step.get_string()) : "";
             const bool known = std::ranges::find(steps, name) != steps.end() || name == shots_step_name;
             if (!known)
               faults.push_back({fmt::format("/steps/{}", i),
                                 fmt::format("must be one of {}, {}", fmt::join(steps, ", "), shots_step_name)});
           }
         return {};
       },
       .act = [this](db::Transaction& tx, const catalog::BatchCall& call,
                     catalog::BatchAction::Step& step) -> Result<std::optional<catalog::BatchAction::Made>> {
         RV_CHECK(reprocess(tx, call, step.asset));
         step.lasting = true;
         return std::nullopt;
       }});
}

Result<void> ProcessingService::reprocess(db::Transaction& tx, const catalog::BatchCall& call, Asset& asset) {
  RV_CHECK(catalog::after(catalog::Operation::reprocess, asset.status));
  catalog::VersionRepository versions;
  const std::int64_t number = asset.version != 0 ? asset.version : versions.latest(tx, asset.row);
  auto version = versions.find(tx, asset.row, number);
  if (!version) return fail(Code::conflict, "no-content", "The asset has no content to process.");
  if (!version->settled) return fail(Code::conflict, "asset-status", "The asset is being processed already.");
  if (asset.version == 0 && version->expected_checksum)
    return fail(Code::conflict, "no-content", "What was uploaded is not what was declared: upload it again.");
  std::set<std::string_view> wanted;
  if (const json::value* given = call.arguments.if_contains("steps"); given && given->is_array())
    for (const json::value& step : given->get_array()) wanted.insert(step.get_string());
  const std::string generation = Uuid::v7().text();
  const jobs::Flow flow = jobs::flow_of("reprocess", call.by.user_id);
  const bool shots = wanted.erase(shots_step_name) > 0;
  // They come with the probe anyway; alone they are nothing that the asset has to wait for.
  if (shots && !wanted.contains("probe") && version->media_type == "video")
    enqueue(tx, asset, number, shots_step_name, flow, generation);
  if (shots && wanted.empty()) return {};
  versions.unsettle(tx, version->row);
  RV_CHECK(assets_.transit(tx, asset, catalog::Operation::reprocess, call.by, "asked for"));
  // The probe says what else there is to do.
  if (wanted.empty() || wanted.contains("probe")) {
    enqueue(tx, asset, number, "checksum", flow, generation);
    enqueue(tx, asset, number, "probe", flow, generation);
    return {};
  }
  for (std::string_view step : wanted) enqueue(tx, asset, number, step, flow, generation);
  return {};
}

Result<void> ProcessingService::content_arrived(db::Transaction& tx, const Asset& asset,
                                                const catalog::Version& version, std::string_view reason) {
  const jobs::Flow flow = jobs::flow_of(reason, version.created_by);
  enqueue(tx, asset, version.number, "checksum", flow, "");
  // Nothing is looked at, let alone published, before a declared checksum was found right.
  if (!version.expected_checksum)
    enqueue(tx, asset, version.number, "probe", flow, "", version.process ? Object{} : Object{{"only", true}});
  return {};
}

Result<void> ProcessingService::related_arrived(db::Transaction& tx, const Asset& asset,
                                                const catalog::Related& related) {
  const std::string_view step = step_of_upload(related);
  if (step.empty()) return {};
  jobs_.enqueue(tx, {.type = std::string(step),
                     .asset_row = asset.row,
                     .asset_id = asset.id,
                     .version = related.version,
                     .key = fmt::format("{}/{}", related.id.text(), step),
                     .payload = {{"relatedAssetId", related.id.text()}},
                     .priority = priority_of(step)});
  return {};
}

void ProcessingService::version_cloned(db::Transaction& tx, const catalog::Version& from, std::int64_t to_asset_row,
                                       std::int64_t number) {
  // An upload that nothing was made of yet is the copy's own to read.
  if (const auto copy = assets_.repository().find_row(tx, to_asset_row))
    for (const catalog::Related& related : catalog::RelatedRepository{}.of_asset(tx, to_asset_row, number)) {
      const bool read =
          std::ranges::find(related.files, made_of_upload(related), &catalog::RelatedFile::name) != related.files.end();
      if (related.uploaded() && !related.error && !read) (void)related_arrived(tx, *copy, related);
    }
  if (from.media_type != "video" || segments_.copy(tx, from, to_asset_row, number)) return;
  // What is still being looked for in the source is looked for in the copy, too.
  const auto history = jobs_.history(tx, from.asset_row);
  const auto awaited = std::ranges::find_if(history, [&](const jobs::Job& job) {
    return job.type == shots_step_name && job.version == from.number && !ended(job.status);
  });
  auto to = awaited != history.end() ? assets_.repository().find_row(tx, to_asset_row) : std::nullopt;
  if (to) enqueue(tx, *to, number, shots_step_name, awaited->flow, "");
}

Result<ProcessingService::Object> ProcessingService::prepare(const jobs::Job& job) {
  struct Input {
    catalog::Version version;
    storage::Blob blob;
    std::string language, relationship;  // of an upload
    Object shots;                        // where its renditions were made and looked for them on their way
  };
  RV_TRY(auto input, assets_.database().read([&](db::Transaction& tx) -> Result<Input> {
    if (is_of_upload(job)) {
      auto related = related_of(tx, job);
      auto blob = related && !related->files.empty() ? blobs_.find(tx, related->files.front().blob_row) : std::nullopt;
      if (!blob) return fail(Code::not_found, "content-gone", "The uploaded file was deleted or replaced.");
      catalog::Version uploaded;
      uploaded.file_name = related->files.front().name;
      uploaded.content_type = related->content_type;
      return Input{
          std::move(uploaded), std::move(*blob), related->language_code.value_or(""), related->relationship, {}};
    }
    auto version = catalog::VersionRepository{}.find(tx, job.asset_row, job.version);
    auto blob = version ? blobs_.find(tx, version->blob_row) : std::nullopt;
    if (!blob) return fail(Code::not_found, "content-gone", "The content of this asset is gone.");
    Input out{std::move(*version), std::move(*blob), {}, {}, {}};
    if (job.type == shots_step_name)
      for (const jobs::Job& other : jobs_.history(tx, job.asset_row))
        if (other.type == "renditions" && other.version == job.version && other.status == jobs::Status::succeeded)
          if (const auto* shots = other.result.if_contains("shots"); shots && shots->is_object())
            out.shots = shots->get_object();
    return out;
  }));
  Object out{{"size", input.blob.size},
             {"fileName", input.version.file_name},
             {"contentType", input.version.content_type},
             {"mediaType", input.version.media_type}};
  if (job.type == "checksum") out["md5"] = lower_ascii(input.version.expected_checksum.value_or("")).starts_with("md5");
  if (!input.language.empty()) out["languageCode"] = input.language;
  if (!input.relationship.empty()) out["relationship"] = input.relationship;
  RV_CHECK(add_place(stores_, input.blob, out));
  if (input.version.media_properties_json != "{}")
    out["mediaProperties"] = json::parse(input.version.media_properties_json);
  if (job.type == shots_step_name && !input.shots.empty()) out["shots"] = std::move(input.shots);
  return out;
}

namespace {

// What the file says of itself becomes the asset's, where nobody has said anything: keywords are added to the tags, a
// description is taken where there is none.
void adopt(const json::object& properties, Asset& asset) {
  const json::value* metadata = properties.if_contains("metadata");
  if (!metadata || !metadata->is_object()) return;
  const json::object& found = metadata->get_object();
  if (std::string description = text_of(found, "description"); !asset.description && !description.empty())
    asset.description = std::move(description);
  const json::value* keywords = found.if_contains("keywords");
  if (!keywords || !keywords->is_array()) return;
  std::vector<std::string> tags;
  const json::value own = json::parse(asset.tags_json);
  for (const json::array* list : {&own.as_array(), &keywords->get_array()})
    for (const json::value& tag : *list)
      if (tag.is_string() && tags.size() < 100) tags.emplace_back(tag.get_string());
  if (auto normal = catalog::normal_tags(tags)) asset.tags_json = catalog::tags_json(*normal);
}

}  // namespace

Result<void> ProcessingService::probed(db::Transaction& tx, const jobs::Job& job, const Object& result) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  catalog::VersionRepository versions;
  auto version = versions.find(tx, job.asset_row, job.version);
  if (!asset || !version) return {};
  auto* properties = result.if_contains("properties");
  if (!properties || !properties->is_object())
    return fail(Code::internal, "bad-output", "The probe gave no properties.");
  json::object found = properties->get_object();
  // Not every file can say it: what was known of this one before goes on.
  if (version->start_timecode && text_of(found, "startTimecode").empty())
    found["startTimecode"] = *version->start_timecode;
  version->media_properties_json = json::serialize(found);
  if (auto type = optional_text(found, "contentType")) version->content_type = *type;
  if (auto type = optional_text(found, "mediaType")) version->media_type = *type;
  Asset measured = *asset;
  measured.duration_ms = number_of(found, "durationMs");
  measured.frame_rate = optional_text(found, "frameRate");
  measured.width = number_of(found, "width");
  measured.height = number_of(found, "height");
  measured.start_timecode = optional_text(found, "startTimecode");
  measured.has_audio = std::nullopt;
  if (auto* audio = found.if_contains("hasAudio"); audio && audio->is_bool()) measured.has_audio = audio->get_bool();
  versions.set_properties(tx, *version, measured);
  if (asset->version == version->number) {
    // Once: what people change or take away afterwards stays so, whatever is processed again.
    if (adopt_metadata_ && version->number == 1 && text_of(job.payload, "generation").empty()) adopt(found, measured);
    measured.content_type = version->content_type;
    measured.media_type = version->media_type;
    assets_.repository().update(tx, measured, std::nullopt);
    assets_.changed(tx, measured, "probed");
  }
  RV_CHECK(content_.looked_at(tx, measured));
  // Of an empty file there is nothing to be made, whatever its name says that it is.
  if (job.payload.contains("only") || version->size == 0) return settle_when_done(tx, job, std::nullopt);
  const std::string& media_type = version->media_type;
  const std::string generation = text_of(job.payload, "generation");
  if (media_type == "video" || media_type == "audio" || media_type == "image")
    enqueue(tx, *asset, job.version, "thumbnail", job.flow, generation);
  if (media_type == "document" && version->content_type == "application/pdf")
    enqueue(tx, *asset, job.version, "thumbnail", job.flow, generation);
  if (media_type == "video" || media_type == "audio")
    enqueue(tx, *asset, job.version, "renditions", job.flow, generation);
  if (media_type == "audio" || (media_type == "video" && measured.has_audio.value_or(false)))
    enqueue(tx, *asset, job.version, "waveform", job.flow, generation);
  return settle_when_done(tx, job, std::nullopt);
}

namespace {

// Declared in hexadecimal or base64; computed in hexadecimal.
bool as_declared(std::string_view declared, const json::object& computed) {
  const auto colon = declared.find(':');
  const std::string found = text_of(computed, lower_ascii(declared.substr(0, colon)));
  const std::string_view given = declared.substr(colon + 1);
  return !found.empty() && (lower_ascii(given) == found || from_base64(given) == from_hex(found));
}

}  // namespace

// A mismatch is the job's failure, so that its history says what was found; failed() tells the asset.
Result<void> ProcessingService::compare_checksum(const jobs::Job& job, const Object& result) {
  RV_TRY(const auto declared, assets_.database().read([&](db::Transaction& tx) -> Result<std::optional<std::string>> {
    const auto version = catalog::VersionRepository{}.find(tx, job.asset_row, job.version);
    return version ? version->expected_checksum : std::nullopt;
  }));
  const auto* properties = result.if_contains("properties");
  if (!declared || !properties || !properties->is_object()) return {};
  if (as_declared(*declared, properties->get_object())) return {};
  return fail(Code::unprocessable, std::string(checksum_mismatch),
              "The received bytes do not have the checksum that was declared.");
}

Result<void> ProcessingService::hashed(db::Transaction& tx, const jobs::Job& job, const Object& result) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  auto version = catalog::VersionRepository{}.find(tx, job.asset_row, job.version);
  auto* properties = result.if_contains("properties");
  if (!asset || !version || !properties) return {};
  const json::object& found = properties->as_object();
  auto sha = from_hex(text_of(found, "sha256"));
  auto crc = from_hex(text_of(found, "crc32"));
  std::optional<std::uint32_t> crc_value;
  if (crc && crc->size() == 4) {
    crc_value = 0;
    for (char c : *crc) crc_value = *crc_value << 8 | static_cast<unsigned char>(c);
  }
  blobs_.set_hashes(tx, version->blob_row, sha, crc_value);
  assets_.changed(tx, *asset, "checksum");
  if (!version->expected_checksum) return settle_when_done(tx, job, std::nullopt);
  RV_CHECK(content_.checksum_compared(tx, job.asset_row, job.version, true));
  enqueue(tx, *asset, job.version, "probe", job.flow,
          text_of(job.payload, "generation"));  // unless it was, when the checksum is computed once more
  return settle_when_done(tx, job, std::nullopt);
}

Result<void> ProcessingService::related_read(db::Transaction& tx, const jobs::Job& job, const Object& result) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  auto related = related_of(tx, job);
  auto* files = result.if_contains("files");
  auto* properties = result.if_contains("properties");
  if (!asset || !related) return {};  // the sweep takes what was published
  if (!files || !files->is_array() || files->get_array().size() != 1 || !properties || !properties->is_object())
    return fail(Code::internal, "bad-output", "Reading the uploaded file gave nothing.");
  storage::Blob blob = published_blob(files->get_array().front().as_object());
  std::int64_t blob_row = blobs_.insert(tx, blob);
  const std::string made = made_of_upload(*related);
  const std::string type = job.type == subtitle_step_name ? "text/vtt" : "image/jpeg";
  content_.put_related_file(tx, *related, {made, blob_row, type, static_cast<std::int64_t>(blob.size)});
  related->properties_json = json::serialize(properties->get_object());
  related->error.reset();
  catalog::RelatedRepository{}.set_outcome(tx, *related);
  for (std::int64_t gone : catalog::RelatedRepository{}.supersede_uploads(tx, *related, made)) blobs_.release(tx, gone);
  if (job.type == picture_step_name && related->version == asset->version)
    catalog::VersionRepository{}.apply_measures(tx, *asset);
  assets_.changed(tx, *asset, related->relationship);
  return {};
}

Result<void> ProcessingService::made(db::Transaction& tx, const jobs::Job& job, const Object& result) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset) return {};
  if (job.type == "renditions") ends_early(tx, *asset, job, result);
  RV_CHECK(put_files(tx, *asset, job, result));
  return settle_when_done(tx, job, std::nullopt);
}

// The probe believed what the file says of itself. Now it is known how much of it there is.
void ProcessingService::ends_early(db::Transaction& tx, Asset& asset, const jobs::Job& job, const Object& result) {
  const auto* properties = result.if_contains("properties");
  if (!properties || !properties->is_object()) return;
  const auto lack = optional_text(properties->get_object(), "lack");
  const auto duration_ms = number_of(properties->get_object(), "durationMs");
  catalog::VersionRepository versions;
  auto version = versions.find(tx, job.asset_row, job.version);
  if (!lack || !duration_ms || !version) return;
  json::object known = json::parse(version->media_properties_json).as_object();
  known["durationMs"] = *duration_ms;
  known["reason"] = *lack;
  versions.set_duration(tx, version->row, json::serialize(known), *duration_ms);
  if (asset.version != version->number) return;
  versions.apply_measures(tx, asset);
  asset.duration_ms = duration_ms;
  assets_.changed(tx, asset, "probed");
}

Result<void> ProcessingService::put_files(db::Transaction& tx, const Asset& asset, const jobs::Job& job,
                                          const Object& result) {
  auto* files = result.if_contains("files");
  if (!files || !files->is_array()) return {};
  // One related asset for each role; its files lie side by side under one path.
  std::map<std::string, catalog::Related> by_role;
  for (const json::value& each : files->get_array()) {
    const json::object& file = each.as_object();
    std::string role = text_of(file, "role");
    storage::Blob blob = published_blob(file);
    std::int64_t blob_row = blobs_.insert(tx, blob);
    catalog::Related& related = by_role[role];
    related.version = job.version;
    related.relationship = role;
    related.recipe = job.type + "/" + role;
    related.files.push_back(
        {text_of(file, "name"), blob_row, text_of(file, "contentType"), static_cast<std::int64_t>(blob.size)});
  }
  for (auto& [role, related] : by_role) {
    auto main = std::ranges::find(related.files, "master.m3u8", &catalog::RelatedFile::name);
    related.content_type = (main == related.files.end() ? related.files.front() : *main).content_type;
    RV_CHECK(content_.put_related(tx, asset, std::move(related)));
  }
  assets_.changed(tx, asset, "rendition");
  return {};
}

Result<void> ProcessingService::shots_found(db::Transaction& tx, const jobs::Job& job, const Object& result) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  auto version = catalog::VersionRepository{}.find(tx, job.asset_row, job.version);
  auto* properties = result.if_contains("properties");
  if (!asset || !version) return {};  // the sweep takes what was published
  if (!properties || !properties->is_object())
    return fail(Code::internal, "bad-output", "Looking for shots gave none.");
  RV_CHECK(segments_.found(tx, *version, properties->get_object()));
  // Stills of an earlier run go, also where there are none now.
  for (std::int64_t gone :
       catalog::RelatedRepository{}.supersede(tx, asset->row, version->number, kShotsRecipe, std::nullopt))
    blobs_.release(tx, gone);
  return put_files(tx, *asset, job, result);
}

Result<void> ProcessingService::failed(db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure) {
  // Locked like wherever a step ends: of two that end together, the later one must see the earlier one's end.
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset) return {};
  if (is_of_upload(job)) {
    auto related = related_of(tx, job);
    if (!related) return {};
    related->error = failure.message;
    catalog::RelatedRepository{}.set_outcome(tx, *related);
    assets_.changed(tx, *asset, related->relationship);
    return {};
  }
  if (job.type == shots_step_name) return {};  // the asset goes without
  if (job.type == "checksum") {
    auto version = catalog::VersionRepository{}.find(tx, job.asset_row, job.version);
    if (version && version->expected_checksum && !version->settled)
      return content_.checksum_compared(tx, job.asset_row, job.version, false,
                                        failure.code == checksum_mismatch
                                            ? failure.message
                                            : "The checksum could not be computed: " + failure.message);
  }
  return settle_when_done(tx, job, failure);
}

Result<void> ProcessingService::settle_when_done(db::Transaction& tx, const jobs::Job& last,
                                                 const std::optional<jobs::Failure>& failure) {
  auto version = catalog::VersionRepository{}.find(tx, last.asset_row, last.version);
  if (!version) return {};
  if (version->settled && last.type == "checksum") return {};
  // Of a step that was run again its newest run counts.
  std::map<std::string, std::optional<jobs::Failure>> newest;
  std::string generation;
  bool nothing_made = false;
  for (const jobs::Job& job : jobs_.history(tx, last.asset_row)) {
    if (job.version != last.version || std::ranges::find(steps, job.type) == steps.end()) continue;
    const bool is_last = job.row == last.row;
    // A first run does not wait for the checksum, of which nothing that is shown depends.
    const bool waits = job.type != "checksum" || job.payload.contains("generation");
    if (waits && !is_last && !ended(job.status)) return {};
    newest[job.type] = is_last ? failure : job.failure;
    if (job.type == "probe") {
      generation = text_of(job.payload, "generation");
      nothing_made = job.payload.contains("only") || version->size == 0;
    }
  }
  const bool probe_seen = newest.contains("probe");
  std::optional<std::string> error, lack;
  for (const auto& [type, why] : newest) {
    if (!why) continue;
    const bool main = type == main_step(version->media_type);
    if (type == "probe" || (main && why->permanent)) error = why->message;
    if (main) lack = why->message;
  }
  if (!probe_seen) return {};
  const bool shots = version->media_type == "video" && !error && !nothing_made;
  RV_CHECK(content_.settle(tx, last.asset_row, last.version, std::move(error), std::move(lack)));
  // Once for each run of the probe, whatever ends after it.
  auto asset = shots ? assets_.repository().find_row(tx, last.asset_row) : std::nullopt;
  if (asset) enqueue(tx, *asset, last.version, shots_step_name, last.flow, generation);
  return {};
}

}  // namespace reelvault::media
