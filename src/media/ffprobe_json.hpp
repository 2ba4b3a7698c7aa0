// Reads what ffprobe prints. Pure: every odd file that was met can be a test of text.
#pragma once
#include "media/media_info.hpp"

#include <string_view>

namespace reelvault::media {

// Container, streams, duration, start timecode of `ffprobe -show_format -show_streams -of json`; what it says of the
// whole (width, frameRate, hasAudio) is filled in by describe(). Nothing: it is not such a document.
std::optional<MediaInfo> read_ffprobe(std::string_view json);

// Of `-show_entries packet=pts,duration,flags:stream=time_base -of csv=p=0`: a row a packet, then the time base.
struct Packets {
  std::optional<Rational> time_base;
  std::vector<std::int64_t> times;  // presentation, in order of decoding
  std::vector<bool> keys;
  bool first_discarded = false;
};
Packets read_packets(std::string_view csv);

// Of the beginning of a file: the "packets" (stream_index, pts, pts_time, flags) of all its streams that one
// `-show_streams -of json` listed as well, with a number of packets at which it stopped.
class FirstPackets {
 public:
  // Those of one stream, `enough` of them or all that the file has; else nothing.
  std::optional<Packets> of(std::int64_t stream, std::size_t enough) const;
  // As below; false: nothing is known of the sounds.
  bool mark_clean_sounds(std::vector<Stream>& streams) const;

  struct Packet {
    std::int64_t stream = 0;
    std::optional<std::int64_t> time;
    std::optional<std::int64_t> time_us;
    bool key = false, discarded = false;
  };
  std::vector<Packet> packets;
  std::map<std::int64_t, Rational> time_bases;
  bool whole_file = false;
};
// `most`: at how many ffprobe stopped.
FirstPackets read_first_packets(std::string_view json, std::size_t most);

struct Cadence {
  bool variable = false;
  std::optional<std::int64_t> key_interval_ms;
  bool starts_clean = false;
};
// `samples`: from several places of the file, the first from its start.
Cadence cadence_of(const std::vector<Packets>& samples, Rational time_base);

// Streams whose first packet is shown from (nearly) its beginning, of `packet=stream_index,pts_time -of csv=p=0`.
void mark_clean_sounds(std::vector<Stream>& streams, std::string_view csv);

// How long some streams last by their packets: from the first one's time to the end of the last, or, of an elementary
// stream, whose packets have no times, all one after the other. Reads `packet=stream_index,pts_time,duration_time -of
// csv=p=0` as it comes.
class PacketLengths {
 public:
  explicit PacketLengths(std::vector<std::int64_t> streams) : wanted_(std::move(streams)) {}

  // Whether there was a packet of theirs.
  bool read(std::string_view bytes);
  std::optional<std::int64_t> length_us() const;

 private:
  bool take_line();

  std::vector<std::int64_t> wanted_;
  std::string line_;
  std::optional<std::int64_t> begin_us_, end_us_;
  std::map<std::int64_t, std::int64_t> untimed_us_;  // by stream
};

// The rate that is meant: a standard one if the measured is within 0.04 % of it.
Rational standard_rate(Rational measured);

// What ffmpeg's idet filter printed: "progressive", "top-field-first", "bottom-field-first"; empty: undecided.
std::string read_idet(std::string_view log);

// The picture's own side data (HDR) from `-show_frames` of the first picture.
void add_frame_data(VideoProperties& video, std::string_view json);

// Fills in what follows from the streams: media type, size, rate, sound.
void describe(MediaInfo& info);

}  // namespace reelvault::media
