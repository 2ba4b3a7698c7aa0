#include "media/ffprobe_json.hpp"

#include "media/sniff.hpp"
#include "media/still_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::media {
namespace {

Packets packets_of(const std::vector<std::int64_t>& times) {
  Packets packets;
  packets.times = times;
  packets.keys.assign(times.size(), false);
  if (!times.empty()) packets.keys[0] = true;
  return packets;
}

TEST(Cadence, TakesRoundedTimesForAConstantRate) {
  std::vector<std::int64_t> film, fields, jumps, varying;
  for (std::int64_t i = 0; i < 300; ++i) {
    film.push_back((i * 1001 * 1000 / 24000));  // whole milliseconds
    fields.push_back(i * 3600);
    jumps.push_back((i + (i > 100 ? 40 : 0)) * 1001);  // one gap
    varying.push_back(i * 33 + (i % 3 == 0 ? 9 : 0));
  }
  EXPECT_FALSE(cadence_of({packets_of(film)}, {1, 1000}).variable);
  EXPECT_FALSE(cadence_of({packets_of(fields)}, {1, 90000}).variable);
  EXPECT_FALSE(cadence_of({packets_of(jumps)}, {1, 30000}).variable);
  EXPECT_TRUE(cadence_of({packets_of(varying)}, {1, 1000}).variable);
  EXPECT_FALSE(cadence_of({packets_of({0})}, {1, 1000}).variable);
  EXPECT_FALSE(cadence_of({}, {1, 1000}).variable);
}

TEST(Cadence, MeasuresKeyFramesAndCutBeginnings) {
  Packets packets = packets_of({0, 40, 80, 120, 160, 200});
  packets.keys[3] = true;
  Cadence cadence = cadence_of({packets}, {1, 1000});
  EXPECT_EQ(cadence.key_interval_ms, 120);
  EXPECT_TRUE(cadence.starts_clean);
  packets.first_discarded = true;
  EXPECT_FALSE(cadence_of({packets}, {1, 1000}).starts_clean);
  EXPECT_FALSE(cadence_of({packets_of({80, 0, 40})}, {1, 1000}).starts_clean);
}

TEST(Rates, AreTheStandardOnesWhenNearToThem) {
  EXPECT_EQ(standard_rate({2997, 100}), (Rational{30000, 1001}));
  EXPECT_EQ(standard_rate({23976, 1000}), (Rational{24000, 1001}));
  EXPECT_EQ(standard_rate({30, 1}), (Rational{30, 1}));
  EXPECT_EQ(standard_rate({17, 1}), (Rational{17, 1}));
}

TEST(Idet, DecidesOnlyWhenSure) {
  auto log = [](int top, int bottom, int progressive) {
    return fmt::format(
        "[x] Single frame detection: TFF: 1 BFF: 1\n[x] Multi frame detection: TFF: {:5} BFF: {:5} "
        "Progressive: {:5} Undetermined:     3\n",
        top, bottom, progressive);
  };
  EXPECT_EQ(read_idet(log(90, 0, 5)), "top-field-first");
  EXPECT_EQ(read_idet(log(0, 90, 5)), "bottom-field-first");
  EXPECT_EQ(read_idet(log(3, 2, 90)), "progressive");
  EXPECT_EQ(read_idet(log(50, 30, 10)), "");
  EXPECT_EQ(read_idet(log(0, 0, 0)), "");
  EXPECT_EQ(read_idet("nothing"), "");
}

MediaInfo read_stream(std::string_view stream) {
  auto info = read_ffprobe(fmt::format(R"({{"streams":[{}],"format":{{"format_name":"mov,mp4","duration":"10.0005",
      "start_time":"1.400000","tags":{{"timecode":"10:00:00:00"}}}}}})",
                                       stream));
  return info.value_or(MediaInfo{});
}

TEST(FfprobeJson, TurnsTheMatrixIntoOneOfEight) {
  struct Case {
    std::string_view matrix;
    std::int64_t orientation;
  };
  for (auto [matrix, orientation] :
       {Case{"65536 0 0\\n00000001: 0 65536 0", 1}, Case{"-65536 0 0\\n00000001: 0 65536 0", 2},
        Case{"-65536 0 0\\n00000001: 0 -65536 0", 3}, Case{"65536 0 0\\n00000001: 0 -65536 0", 4},
        Case{"0 65536 0\\n00000001: 65536 0 0", 5}, Case{"0 65536 0\\n00000001: -65536 0 0", 6},
        Case{"0 -65536 0\\n00000001: -65536 0 0", 7}, Case{"0 -65536 0\\n00000001: 65536 0 0", 8}, Case{"7 7 7", 1}}) {
    MediaInfo info = read_stream(fmt::format(
        R"({{"codec_type":"video","width":640,"height":360,"side_data_list":[{{"side_data_type":"Display Matrix",
        "displaymatrix":"\n00000000: {}\n00000002: 0 0 1073741824\n"}}]}})",
        matrix));
    ASSERT_EQ(info.streams.size(), 1u);
    EXPECT_EQ(info.streams[0].video->orientation, orientation) << matrix;
    EXPECT_EQ(info.streams[0].video->displayWidth, orientation >= 5 ? 360 : 640) << matrix;
  }
}

TEST(FfprobeJson, CountsTimeFromTheEarliestStreamAndRounds) {
  MediaInfo info = read_stream(R"({"codec_type":"audio","channels":2,"sample_rate":"48000","start_time":"1.921000"})");
  EXPECT_EQ(info.durationMs, 10'001);
  EXPECT_EQ(info.streams[0].startUs, 521'000);
  EXPECT_EQ(info.startTimecode, "10:00:00:00");
  EXPECT_EQ(info.streams[0].audio->sampleRate, 48000);
}

TEST(FfprobeJson, KnowsDepthChromaAndTransparency) {
  struct Case {
    std::string_view format, chroma;
    std::int64_t depth;
    bool alpha;
  };
  for (auto [format, chroma, depth, alpha] :
       {Case{"yuv420p", "4:2:0", 8, false}, Case{"yuv420p10le", "4:2:0", 10, false}, Case{"p010le", "4:2:0", 10, false},
        Case{"yuv422p12be", "4:2:2", 12, false}, Case{"yuva444p10le", "4:4:4", 10, true},
        Case{"gbrap16le", "rgb", 16, true}, Case{"rgb48le", "rgb", 16, false}, Case{"bgra", "rgb", 8, true},
        Case{"gray", "gray", 8, false}, Case{"gray10le", "gray", 10, false}, Case{"uyvy422", "4:2:2", 8, false},
        Case{"yuv411p", "4:1:1", 8, false}, Case{"pal8", "rgb", 8, false}, Case{"nv12", "4:2:0", 8, false},
        Case{"", "", 8, false}}) {
    MediaInfo info =
        read_stream(fmt::format(R"({{"codec_type":"video","width":64,"height":64,"pix_fmt":"{}"}})", format));
    EXPECT_EQ(info.streams[0].video->chroma, chroma) << format;
    EXPECT_EQ(info.streams[0].video->bitDepth, depth) << format;
    EXPECT_EQ(info.streams[0].video->alpha, alpha) << format;
  }
}

TEST(FfprobeJson, FindsCadenceAndSoundsAmongTheFirstPacketsOfAllStreams) {
  std::string text = R"({"packets":[{"stream_index":1,"pts":-1024,"pts_time":"-0.021333","flags":"KD_"},)";
  for (int i = 0; i < 50; ++i) {
    text += fmt::format(R"({{"stream_index":0,"pts":{},"pts_time":"{}.{:02}","flags":"{}"}},)", i * 512, i / 25,
                        i % 25 * 4, i % 25 == 0 ? "K__" : "___");
    text += fmt::format(R"({{"stream_index":1,"pts":{},"pts_time":"{}.{:02}","flags":"K__"}},)", i * 1920, i / 25,
                        i % 25 * 4);
  }
  text += R"({"stream_index":2,"pts_time":"N/A","flags":"K__"}],
             "streams":[{"index":0,"time_base":"1/12800"},{"index":1,"time_base":"1/48000"}],"format":{}})";
  FirstPackets cut = read_first_packets(text, 102), whole = read_first_packets(text, 103);
  EXPECT_FALSE(cut.of(0, 51)) << "there may be more";
  ASSERT_TRUE(cut.of(0, 50));
  auto packets = whole.of(0, 51);
  ASSERT_TRUE(packets);
  EXPECT_EQ(packets->time_base->text(), "1/12800");
  EXPECT_FALSE(packets->first_discarded);
  EXPECT_TRUE(whole.of(1, 0)->first_discarded);
  Cadence cadence = cadence_of({*packets}, *packets->time_base);
  EXPECT_FALSE(cadence.variable);
  EXPECT_TRUE(cadence.starts_clean);
  EXPECT_EQ(cadence.key_interval_ms, 1000);

  std::vector<Stream> streams(2);
  streams[0].index = 0;
  streams[1].index = 1;
  streams[1].audio.emplace();
  EXPECT_TRUE(cut.mark_clean_sounds(streams));
  EXPECT_TRUE(streams[1].audio->startsClean);
  streams[1].audio->startsClean = false;
  streams[1].index = 2;
  EXPECT_FALSE(cut.mark_clean_sounds(streams)) << "its sound may come later";
  EXPECT_FALSE(read_first_packets("{", 1).mark_clean_sounds(streams));
  EXPECT_FALSE(read_first_packets(R"({"packets":[1,{},null],"streams":3})", 2500).of(0, 1)->time_base);
}

TEST(PacketLengths, GoToTheEndOfTheLastPacketInWhateverPiecesTheyCome) {
  PacketLengths lengths({0, 2});
  const std::string text =
      "0,1.000000,0.040000\n2,1.020000,0.021333\n1,99.000000,1.000000\n0,1.080000,0.040000,\n0,1.040000,0.040000\n";
  for (const char c : text) lengths.read(std::string_view(&c, 1));
  EXPECT_EQ(lengths.length_us(), 120'000);
}

TEST(PacketLengths, AddUpWhereThereAreNoTimes) {
  PacketLengths lengths({0});
  EXPECT_FALSE(lengths.read("nonsense\n0,N/A\n"));
  EXPECT_EQ(lengths.length_us(), std::nullopt);
  EXPECT_TRUE(lengths.read("0,N/A,0.040000\n0,N/A,0.040000\n0,N/A,N/A\n0,N/A,0.040000\n"));
  EXPECT_EQ(lengths.length_us(), 120'000);
}

TEST(FfprobeJson, SurvivesNonsense) {
  for (std::string_view text :
       {"", "{", "[]", "{}", R"({"format":1})", R"({"format":{}})", R"({"format":{},"streams":[1,{},null]})",
        R"({"format":{"duration":"N/A","tags":[]},"streams":{}})",
        R"({"format":{"duration":"99999999999999999999"},"streams":[{"codec_type":"video","width":"x",
                                   "sample_aspect_ratio":"0:1","avg_frame_rate":"1/0","side_data_list":[1,{"side_data_type":2}]}]})"})
    read_ffprobe(text);
  EXPECT_TRUE(read_packets("N/A,N/A,__\n,,\nx").times.empty());
  VideoProperties video;
  add_frame_data(video, "{\"frames\":[]}");
}

TEST(FfprobeJson, KnowsDolbyVision) {
  MediaInfo info = read_stream(R"({"codec_type":"video","width":64,"height":64,"color_transfer":"smpte2084",
      "side_data_list":[{"side_data_type":"DOVI configuration record","dv_profile":5}]})");
  EXPECT_EQ(info.streams[0].video->hdr, "Dolby Vision");
  EXPECT_EQ(info.streams[0].video->dolbyVisionProfile, 5);
}

TEST(Sniff, KnowsFilesByTheirFirstBytes) {
  using namespace std::literals;
  auto type = [](std::string_view bytes, std::string_view name = "") {
    return sniff(bytes_of(bytes), name).content_type;
  };
  EXPECT_EQ(type("\0\0\0\x18"
                 "ftypqt  \0\0\0\0"sv),
            "video/quicktime");
  EXPECT_EQ(type("\0\0\0\x18"
                 "ftypheic\0\0\0\0"sv),
            "image/heic");
  EXPECT_EQ(type("\0\0\0\x18"
                 "ftypM4A \0\0\0\0"sv),
            "audio/mp4");
  EXPECT_EQ(type("RIFF\0\0\0\0WAVEfmt "sv), "audio/wav");
  EXPECT_EQ(type("RIFF\0\0\0\0WEBPVP8 "sv), "image/webp");
  EXPECT_EQ(type("II*\0\x10\0\0\0CR\2\0"sv), "image/x-canon-cr2");
  EXPECT_EQ(type("II*\0\x10\0\0\0"sv, "photo.NEF"), "image/x-nikon-nef");
  EXPECT_EQ(type("II*\0\x10\0\0\0"sv, "photo.tif"), "image/tiff");
  EXPECT_EQ(type("PK\3\4\x14\0\0\0\0\0[Content_Types].xml word/document.xml"sv),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
  EXPECT_EQ(type("%PDF-1.7\n"), "application/pdf");
  EXPECT_EQ(type("Hello, world\n", "a.mp4"), "text/plain");
  EXPECT_EQ(type("MAC addresses of the office\n"), "text/plain");
  EXPECT_EQ(type("BMW drives past\n"), "text/plain");
  EXPECT_EQ(type("<?xml version=\"1.0\"?><svg xmlns=''/>"), "image/svg+xml");
  EXPECT_EQ(type("<!DOCTYPE html><html></html>"), "text/html");
  EXPECT_EQ(type("\xEF\xBB\xBFWEBVTT\n\n"), "text/vtt");
  EXPECT_EQ(type("a;b\n1;2\n", "table.csv"), "text/csv");
  EXPECT_EQ(type("\x01\x02\x03", "x.unknown"), "application/octet-stream");
  EXPECT_EQ(sniff(bytes_of("\x01\x02\x03"), "film.mov").by_content, false);
  EXPECT_EQ(media_type_of("audio/midi"), "other");
  EXPECT_EQ(media_type_of("application/mxf"), "video");
}

TEST(StillProbe, ReadsMetadataAndLeavesOutMakersNotes) {
  Picture picture;
  std::vector<std::string> keywords;
  read_exiv2(
      "Exif.Image.Make                              Ascii       6  Canon\n"
      "Exif.CanonCs.Macro                           Short       1  Off\n"
      "Exif.Photo.MakerNote                         Undefined  99  (Binary value suppressed)\n"
      "Iptc.Application2.Keywords                   String      3  one\nIptc.Application2.Keywords                   "
      "String      3  two\n"
      "Xmp.dc.title                                 LangAlt     1  lang=\"x-default\" Titel\n",
      picture, keywords);
  EXPECT_EQ(picture.exif, (std::map<std::string, std::string>{{"Make", "Canon"}}));
  EXPECT_EQ(picture.iptc.at("Keywords"), "one; two");
  EXPECT_EQ(picture.xmp.at("dc.title"), "Titel");
  Document document;
  read_pdfinfo(
      "Title:          A: title\nPages:          12\nEncrypted:      yes (print:yes)\nPage size:      595 x 842 pts "
      "(A4)\n",
      document);
  EXPECT_EQ(document.title, "A: title");
  EXPECT_EQ(document.pageCount, 12);
  EXPECT_TRUE(document.encrypted);
}

}  // namespace
}  // namespace reelvault::media
