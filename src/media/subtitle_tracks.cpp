#include "media/subtitle_tracks.hpp"

#include "base/text.hpp"

namespace reelvault::media {

std::optional<std::string> language_name(std::string_view language_code) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"en", "English"},    {"fr", "French"},    {"de", "German"},     {"es", "Spanish"},    {"it", "Italian"},
      {"pt", "Portuguese"}, {"nl", "Dutch"},     {"ru", "Russian"},    {"uk", "Ukrainian"},  {"pl", "Polish"},
      {"cs", "Czech"},      {"sk", "Slovak"},    {"hu", "Hungarian"},  {"ro", "Romanian"},   {"el", "Greek"},
      {"sv", "Swedish"},    {"da", "Danish"},    {"no", "Norwegian"},  {"nb", "Norwegian"},  {"fi", "Finnish"},
      {"tr", "Turkish"},    {"ar", "Arabic"},    {"he", "Hebrew"},     {"fa", "Persian"},    {"hi", "Hindi"},
      {"ja", "Japanese"},   {"ko", "Korean"},    {"zh", "Chinese"},    {"vi", "Vietnamese"}, {"th", "Thai"},
      {"id", "Indonesian"}, {"bg", "Bulgarian"}, {"hr", "Croatian"},   {"sr", "Serbian"},    {"sl", "Slovenian"},
      {"et", "Estonian"},   {"lv", "Latvian"},   {"lt", "Lithuanian"}, {"ca", "Catalan"},    {"is", "Icelandic"}};
  auto dash = language_code.find('-');
  std::string first = lower_ascii(language_code.substr(0, dash));
  for (auto& [code, name] : kNames) {
    if (code != first) continue;
    if (dash == std::string_view::npos) return std::string(name);
    return fmt::format("{} ({})", name, language_code.substr(dash + 1));
  }
  return std::nullopt;
}

std::vector<SubtitleTrack> subtitle_tracks(db::Transaction& tx, std::int64_t asset_row, std::int64_t version) {
  std::vector<SubtitleTrack> tracks;
  std::set<std::string> labels;
  tx.each(
      "select r.uid, r.language_code, r.label, r.properties, r.created_at from related_asset r "
      "join related_file f on f.related_id = r.id and f.name = :file "
      "where r.asset_id = :asset and r.version = :version and r.relationship = 'subtitle' and not r.superseded order "
      "by r.id",
      {{"file", kSubtitleFile}, {"asset", asset_row}, {"version", version}}, [&](const db::Row& row) {
        SubtitleTrack track{.id = row.get<Uuid>(0),
                            .language_code = row.get<std::optional<std::string>>(1),
                            .created_at = row.get<Timestamp>(4)};
        auto properties = boost::json::parse(row.get<std::string>(3)).as_object();
        if (auto* format = properties.if_contains("format"); format && format->is_string())
          track.format = format->get_string();
        auto number = [&](std::string_view name) {
          auto* value = properties.if_contains(name);
          return value && value->is_number() ? value->to_number<std::int64_t>() : 0;
        };
        track.cue_count = number("cueCount");
        track.end_ms = number("endMs");
        auto known = track.language_code ? language_name(*track.language_code) : std::nullopt;
        std::string file = row.get<std::optional<std::string>>(2).value_or("");
        std::string stem = file.substr(0, file.rfind('.'));
        std::string label = known                                                  ? *known
                            : track.language_code && !track.language_code->empty() ? *track.language_code
                            : !stem.empty()                                        ? stem
                                                                                   : "Subtitles";
        track.label = label;
        for (int number_of_label = 2; !labels.insert(track.label).second; ++number_of_label)
          track.label = fmt::format("{} {}", label, number_of_label);
        tracks.push_back(std::move(track));
      });
  return tracks;
}

void describe_subtitles(db::Transaction& tx, const catalog::Asset& asset, catalog::DetailJson& detail) {
  for (const SubtitleTrack& track : subtitle_tracks(tx, asset.row, asset.version)) {
    boost::json::object out{{"id", track.id.text()},
                            {"languageCode", nullptr},
                            {"label", track.label},
                            {"format", track.format},
                            {"url", fmt::format("/media/{}/{}/{}", asset.id.text(), track.id.text(), kSubtitleFile)},
                            {"cueCount", track.cue_count},
                            {"durationMs", track.end_ms},
                            {"createdAt", rfc3339(track.created_at)}};
    if (track.language_code) out["languageCode"] = *track.language_code;
    detail.subtitles.push_back(std::move(out));
  }
}

}  // namespace reelvault::media
