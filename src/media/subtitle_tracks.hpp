// The subtitles of an asset's content that players are given: what was uploaded and could be read. They are related
// assets of relationship "subtitle" that hold a WebVTT file beside the uploaded one.
#pragma once
#include "catalog/detail.hpp"

namespace reelvault::media {

inline constexpr std::string_view kSubtitleFile = "webvtt/track.vtt";

struct SubtitleTrack {
  Uuid id;  // of the related asset
  std::optional<std::string> language_code;
  std::string label;   // for people, no two alike
  std::string format;  // as uploaded: "srt", "vtt"
  std::int64_t cue_count = 0, end_ms = 0;
  Timestamp created_at;
};

// In the order of uploading.
std::vector<SubtitleTrack> subtitle_tracks(db::Transaction& tx, std::int64_t asset_row, std::int64_t version);

// "German", "Portuguese (BR)"; nothing for languages that are not known here.
std::optional<std::string> language_name(std::string_view language_code);

// `subtitles` of an asset's detail.
void describe_subtitles(db::Transaction& tx, const catalog::Asset& asset, catalog::DetailJson& detail);

}  // namespace reelvault::media
