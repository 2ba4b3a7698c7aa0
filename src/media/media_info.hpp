// What a file is: the probe's verdict. Written as JSON it is the asset's `mediaProperties`, and what later steps plan
// by.
#pragma once
#include "base/rational.hpp"
#include "base/time.hpp"
#include "media/metadata.hpp"

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::media {

struct VideoProperties {
  std::int64_t codedWidth = 0, codedHeight = 0;      // samples as stored
  std::int64_t displayWidth = 0, displayHeight = 0;  // square pixels, upright
  std::string sampleAspectRatio;                     // "1:1"
  std::string displayAspectRatio;                    // "16:9", upright
  std::int64_t orientation = 1;                      // how to turn it upright, in EXIF's numbers 1 to 8
  std::int64_t rotation = 0;                         // the same without mirrors: degrees clockwise
  std::string pixelFormat;
  std::int64_t bitDepth = 8;
  std::string chroma;  // "4:2:0", "4:4:4", "rgb", "gray"
  bool alpha = false;
  std::string colorRange, colorSpace, colorPrimaries, colorTransfer;  // ffmpeg's words; empty: not said
  std::string hdr;                                                    // "", "HDR10", "HLG", "Dolby Vision"
  std::optional<std::int64_t> dolbyVisionProfile;
  std::optional<std::int64_t> peakNits;  // as the file says, where that can be
  std::string frameRate;                 // "30000/1001"; the average, where it varies
  bool variableFrameRate = false;
  std::string scan;  // "progressive", "top-field-first", "bottom-field-first"
  // Of the beginning of the file, for whether it can be delivered as it is.
  std::optional<std::int64_t> keyFrameIntervalMs;  // the longest
  bool startsClean = false;                        // with a key frame, and nothing is cut off by an edit list
  bool operator==(const VideoProperties&) const = default;
};
BOOST_DESCRIBE_STRUCT(VideoProperties, (),
                      (codedWidth, codedHeight, displayWidth, displayHeight, sampleAspectRatio, displayAspectRatio,
                       orientation, rotation, pixelFormat, bitDepth, chroma, alpha, colorRange, colorSpace,
                       colorPrimaries, colorTransfer, hdr, dolbyVisionProfile, peakNits, frameRate, variableFrameRate,
                       scan, keyFrameIntervalMs, startsClean))

struct AudioProperties {
  std::int64_t channels = 0;
  std::string channelLayout;  // "stereo", "5.1(side)"; empty: not said
  std::int64_t sampleRate = 0;
  std::int64_t bitsPerSample = 0;  // 0: not fixed
  bool startsClean = false;        // no edit list cuts off more than an encoder's delay; looked at for AAC alone
  bool operator==(const AudioProperties&) const = default;
};
BOOST_DESCRIBE_STRUCT(AudioProperties, (), (channels, channelLayout, sampleRate, bitsPerSample, startsClean))

struct Stream {
  std::int64_t index = 0;
  std::string kind;  // "video", "audio", "subtitle", "data", "attachment"
  std::string codec, codecName, profile;
  std::int64_t level = 0;
  std::optional<std::int64_t> bitRate, durationMs;
  std::int64_t startUs = 0;  // after the earliest stream's
  std::string language, title;
  bool isDefault = false;
  bool commentary = false;          // also for the hearing or visually impaired: not what plays unasked
  std::optional<std::string> role;  // of such a one, in words: "Audio description"
  bool attachedPicture = false;     // cover art
  std::optional<VideoProperties> video;
  std::optional<AudioProperties> audio;
  bool operator==(const Stream&) const = default;
};
BOOST_DESCRIBE_STRUCT(Stream, (),
                      (index, kind, codec, codecName, profile, level, bitRate, durationMs, startUs, language, title,
                       isDefault, commentary, role, attachedPicture, video, audio))

struct Container {
  std::string format, formatName;
  std::optional<std::int64_t> bitRate;
  bool durationExact = true;  // false: reckoned from bit rate, and could not be measured
  std::map<std::string, std::string> tags;
  bool operator==(const Container&) const = default;
};
BOOST_DESCRIBE_STRUCT(Container, (), (format, formatName, bitRate, durationExact, tags))

struct Picture {
  std::int64_t storedWidth = 0, storedHeight = 0;
  std::int64_t orientation = 1;  // EXIF
  std::int64_t bands = 3, bitDepth = 8;
  std::string interpretation;  // libvips' word: "srgb", "cmyk", "b-w", "rgb16", …
  bool alpha = false;
  bool iccProfile = false;
  std::int64_t pages = 1;  // of an animation or a file of many
  std::map<std::string, std::string> exif, iptc, xmp;
  bool operator==(const Picture&) const = default;
};
BOOST_DESCRIBE_STRUCT(Picture, (),
                      (storedWidth, storedHeight, orientation, bands, bitDepth, interpretation, alpha, iccProfile,
                       pages, exif, iptc, xmp))

struct Document {
  std::optional<std::int64_t> pageCount;
  std::string title, author, producer, pageSize, version;
  std::optional<std::string> subject, keywords, createdAt;
  bool encrypted = false;
  bool operator==(const Document&) const = default;
};
BOOST_DESCRIBE_STRUCT(Document, (),
                      (pageCount, title, author, producer, pageSize, version, subject, keywords, createdAt, encrypted))

struct MediaInfo {
  std::string mediaType = "other";  // "video", "audio", "image", "document", "other"
  std::string contentType = "application/octet-stream";
  std::optional<std::string> reason;  // why it is less than its name promises, in words for people
  std::optional<std::int64_t> durationMs;
  std::optional<std::string> frameRate;
  std::optional<std::int64_t> width, height;  // as displayed
  bool hasAudio = false;
  std::optional<std::string> startTimecode;
  std::optional<Container> container;
  std::vector<Stream> streams;
  std::optional<Picture> picture;
  std::optional<Document> document;
  std::optional<Metadata> metadata;
  bool operator==(const MediaInfo&) const = default;

  // The picture and the sound that play unasked; null: there is none. Cover art is not a picture that plays.
  const Stream* main_video() const;
  const Stream* cover() const;
  std::vector<const Stream*> audio_streams() const;
};
BOOST_DESCRIBE_STRUCT(MediaInfo, (),
                      (mediaType, contentType, reason, durationMs, frameRate, width, height, hasAudio, startTimecode,
                       container, streams, picture, document, metadata))

boost::json::object to_json(const MediaInfo& info);
std::optional<MediaInfo> media_info_from(const boost::json::value& value);  // nothing: another program wrote it

}  // namespace reelvault::media
