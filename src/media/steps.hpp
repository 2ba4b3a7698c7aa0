// What a worker can do with media. Each step takes a StepContext whose `input` has "path" or "url", "fileName" and,
// where the server knows it, "mediaProperties" (the `properties` of the probe, which is else done again). Each gives
//
//   {"files": [{"path": relative to scratch, "name", "contentType", "role"}], "properties": {…}}
//
// Files of one role belong into one folder under these names, which refer to each other relatively. All are regular
// files that hold something. A Failure is permanent where the same content would fail again.
//
// probe        properties: MediaInfo (media/media_info.hpp) as JSON: mediaType, contentType (by content), reason?
//              (why it is less than its name promises), durationMs, frameRate, width, height, hasAudio, startTimecode,
//              container, streams, picture (EXIF, IPTC, XMP), document. Also for empty files and for text that is
//              named .mp4; fails for media that cannot be decoded.
// checksum     properties: sha256, crc32 and, unless the input says "md5": false, md5, in lower-case hexadecimal; size.
// thumbnail    role thumbnail: thumbnail.jpg (480 pixels at most), role preview: preview.jpg (1600). Of pictures, films
//              (a frame), sound (cover, else wave form), PDF (first page). properties: width, height of the preview's
//              source where known. Nothing for other documents.
// renditions   Films and sound. role stream: master.m3u8, v0.m3u8 and v0.mp4 (the largest) and so on, a0.m3u8 and
// a0.mp4
//              and so on, poster.jpg, sprites.vtt and sprites-1.jpg and so on: all that a player fetches. role proxy:
//              proxy.mp4 (or proxy.m4a), one file to download or scrub. properties: recipe, durationMs, what was made
//              and of which source streams, lack? (that the file is damaged or ends before it says, in words for
//              people).
// waveform     Anything with sound. role waveform: waveform.json, peaks in the form of audiowaveform's JSON
//              (version 2, 8 bits). properties: sampleRate, samplesPerPixel, length.
// shots        Films. role screenshot: 00001.jpg and so on, stills of some shots (640 pixels at most). properties:
//              startsUs, the beginning of each shot in microseconds after the file's; endUs, of the last; stills:
//              [{shot (its index), name, atUs, width, height}].
// subtitle     SRT or WebVTT that somebody uploaded ("languageCode" is known or empty): role subtitle: track.vtt.
//              properties: format, encoding, cueCount, endMs.
// picture      What somebody uploaded to stand for an asset ("relationship": thumbnail or preview): one file of that
//              role, like the step thumbnail makes it. Fails where it is no picture. properties: width, height.
// clip         A stretch of a film or sound, "start" and "end" (media/clip_plan.hpp: ClipPoint), "mode" exact or fast:
// role
//              clip, one file. properties: mode, startTimecode, endTimecode, startMs, endMs of what was really cut.
#pragma once
#include "base/config.hpp"
#include "jobs/worker.hpp"

#include <map>
#include <string>

namespace reelvault::media {

// For the worker program. Without a working isolation every step fails with "no-sandbox"; a worker asks first.
std::map<std::string, jobs::Step> steps(const Config& config);
// How decoders are locked in here, in words for log and health; an Error where they cannot be.
Result<std::string> isolation(const Config& config);

}  // namespace reelvault::media
