// A shot of a film, and stills of it: values, and what the API shows of them.
#pragma once
#include "base/dto.hpp"

namespace reelvault::media {

struct Screenshot {
  Uuid id;
  std::string name;  // of the file
  std::int64_t at_us = 0;
  std::string timecode;
  std::int64_t width = 0, height = 0;
};

struct Shot {
  Uuid id;
  std::int64_t position = 0;              // from 0, in order of time
  std::int64_t start_us = 0, end_us = 0;  // after the file's beginning; end exclusive
  std::string start_timecode, end_timecode;
  std::vector<Screenshot> screenshots;
};

struct ScreenshotJson {
  Uuid id;
  std::string timecode;
  std::int64_t timeMs = 0;
  std::string contentType;
  std::int64_t width = 0, height = 0;
  std::string url;
};
BOOST_DESCRIBE_STRUCT(ScreenshotJson, (), (id, timecode, timeMs, contentType, width, height, url))

struct ScreenshotDetailJson : ScreenshotJson {
  Uuid assetId, segmentId;
  boost::json::array labels, faces, detectedText;
};
BOOST_DESCRIBE_STRUCT(ScreenshotDetailJson, (ScreenshotJson), (assetId, segmentId, labels, faces, detectedText))

struct SegmentJson {
  Uuid id;
  std::int64_t index = 0;
  std::string startTimecode, endTimecode;
  std::int64_t startMs = 0, endMs = 0;
  std::vector<ScreenshotJson> screenshots;
};
BOOST_DESCRIBE_STRUCT(SegmentJson, (), (id, index, startTimecode, endTimecode, startMs, endMs, screenshots))

struct SegmentDetailJson : SegmentJson {
  Uuid assetId;
  boost::json::array labels, faces, detectedText, transcripts;
};
BOOST_DESCRIBE_STRUCT(SegmentDetailJson, (SegmentJson), (assetId, labels, faces, detectedText, transcripts))

}  // namespace reelvault::media
