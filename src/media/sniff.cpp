#include "media/sniff.hpp"

#include "base/text.hpp"

namespace reelvault::media {
namespace {

using namespace std::literals;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view content_type;
};

// In this order; what needs a second look is in the functions below.
constexpr Magic kMagics[] = {
    {0, "\xFF\xD8\xFF"sv, "image/jpeg"},
    {0, "\x89PNG\r\n\x1A\n"sv, "image/png"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {0, "FUJIFILMCCD-RAW"sv, "image/x-fuji-raf"},
    {0, "IIRO"sv, "image/x-olympus-orf"},
    {0, "IIRS"sv, "image/x-olympus-orf"},
    {0, "IIU\0"sv, "image/x-panasonic-rw2"},
    {0, "8BPS"sv, "image/vnd.adobe.photoshop"},
    {0, "\0\0\0\x0CjP  \r\n\x87\n"sv, "image/jp2"},
    {0, "\xFF\x4F\xFF\x51"sv, "image/jp2"},
    {0, "\xFF\x0A"sv, "image/jxl"},
    {0, "\0\0\0\x0CJXL \r\n\x87\n"sv, "image/jxl"},
    {0, "\x76\x2F\x31\x01"sv, "image/x-exr"},
    {0, "#?RADIANCE"sv, "image/vnd.radiance"},
    {0, "SDPX"sv, "image/x-dpx"},
    {0, "XPDS"sv, "image/x-dpx"},
    {0, "\0\0\x01\0"sv, "image/vnd.microsoft.icon"},
    {0, "OggS"sv, "application/ogg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "#!AMR"sv, "audio/amr"},
    {0, "caff"sv, "audio/x-caf"},
    {0, ".snd"sv, "audio/basic"},
    {0, "riff\x2E\x91\xCF\x11"sv, "audio/x-w64"},
    {0, "MAC "sv, "audio/x-ape"},
    {0, "wvpk"sv, "audio/x-wavpack"},
    {0, "DSD "sv, "audio/x-dsf"},
    {0, "TTA1"sv, "audio/x-tta"},
    {0, "MPCK"sv, "audio/x-musepack"},
    {0, "MP+"sv, "audio/x-musepack"},
    {0, "\x7F\xFE\x80\x01"sv, "audio/vnd.dts"},
    {0, "\x0B\x77"sv, "audio/ac3"},
    {0, "FLV\x01"sv, "video/x-flv"},
    {0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv, "video/x-ms-asf"},
    {0, "DKIF"sv, "video/x-ivf"},
    {0, "YUV4MPEG2"sv, "video/x-yuv4mpeg"},
    {0, ".RMF"sv, "application/vnd.rn-realmedia"},
    {0, "\0\0\x01\xBA"sv, "video/mpeg"},
    {0, "\0\0\x01\xB3"sv, "video/mpeg"},
    {0, "\0\0\0\x01\x67"sv, "video/h264"},
    {0, "\0\0\0\x01\x09"sv, "video/h264"},
    {0, "\0\0\0\x01\x40\x01"sv, "video/h265"},
    {0, "\x1F\x07\0"sv, "video/x-dv"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "%!PS"sv, "application/postscript"},
    {0, "{\\rtf"sv, "application/rtf"},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "application/x-ole-storage"},
    {0, "PK\x03\x04"sv, "application/zip"},
    {0, "PK\x05\x06"sv, "application/zip"},
    {0, "\x1F\x8B"sv, "application/gzip"},
    {0, "BZh"sv, "application/x-bzip2"},
    {0,
     "\xFD"
     "7zXZ\0"sv,
     "application/x-xz"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "application/x-7z-compressed"},
    {0, "Rar!\x1A\x07"sv, "application/vnd.rar"},
    {0, "\x28\xB5\x2F\xFD"sv, "application/zstd"},
    {257, "ustar"sv, "application/x-tar"},
    {0,
     "\x7F"
     "ELF"sv,
     "application/x-executable"},
    {0, "SQLite format 3\0"sv, "application/vnd.sqlite3"},
    {0, "MThd"sv, "audio/midi"},
    {0, "OTTO"sv, "font/otf"},
    {0, "wOF2"sv, "font/woff2"},
};

struct Name {
  std::string_view extension;
  std::string_view content_type;
};
constexpr Name kNames[] = {
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"mov", "video/quicktime"},
    {"qt", "video/quicktime"},
    {"mkv", "video/x-matroska"},
    {"webm", "video/webm"},
    {"avi", "video/x-msvideo"},
    {"wmv", "video/x-ms-asf"},
    {"asf", "video/x-ms-asf"},
    {"flv", "video/x-flv"},
    {"mxf", "application/mxf"},
    {"gxf", "application/gxf"},
    {"mpg", "video/mpeg"},
    {"mpeg", "video/mpeg"},
    {"m2v", "video/mpeg"},
    {"vob", "video/mpeg"},
    {"ts", "video/mp2t"},
    {"m2ts", "video/mp2t"},
    {"mts", "video/mp2t"},
    {"3gp", "video/3gpp"},
    {"dv", "video/x-dv"},
    {"ogv", "video/ogg"},
    {"mp3", "audio/mpeg"},
    {"mp2", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"aac", "audio/aac"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"ogg", "audio/ogg"},
    {"oga", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"aif", "audio/aiff"},
    {"aiff", "audio/aiff"},
    {"wma", "audio/x-ms-wma"},
    {"amr", "audio/amr"},
    {"ac3", "audio/ac3"},
    {"caf", "audio/x-caf"},
    {"au", "audio/basic"},
    {"mid", "audio/midi"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"png", "image/png"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"bmp", "image/bmp"},
    {"heic", "image/heic"},
    {"heif", "image/heic"},
    {"avif", "image/avif"},
    {"svg", "image/svg+xml"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"jp2", "image/jp2"},
    {"jxl", "image/jxl"},
    {"exr", "image/x-exr"},
    {"dpx", "image/x-dpx"},
    {"ico", "image/vnd.microsoft.icon"},
    {"tga", "image/x-tga"},
    {"cr2", "image/x-canon-cr2"},
    {"cr3", "image/x-canon-cr3"},
    {"nef", "image/x-nikon-nef"},
    {"arw", "image/x-sony-arw"},
    {"dng", "image/x-adobe-dng"},
    {"pef", "image/x-pentax-pef"},
    {"orf", "image/x-olympus-orf"},
    {"rw2", "image/x-panasonic-rw2"},
    {"raf", "image/x-fuji-raf"},
    {"srw", "image/x-samsung-srw"},
    {"pdf", "application/pdf"},
    {"txt", "text/plain"},
    {"md", "text/markdown"},
    {"csv", "text/csv"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"xml", "application/xml"},
    {"json", "application/json"},
    {"srt", "application/x-subrip"},
    {"vtt", "text/vtt"},
    {"rtf", "application/rtf"},
    {"doc", "application/msword"},
    {"xls", "application/vnd.ms-excel"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"epub", "application/epub+zip"},
    {"ps", "application/postscript"},
    {"eps", "application/postscript"},
    {"zip", "application/zip"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"mpd", "application/dash+xml"},
};

constexpr std::string_view kDocuments[] = {"application/pdf",    "application/postscript",    "application/rtf",
                                           "application/msword", "application/x-ole-storage", "application/epub+zip",
                                           "application/json",   "application/xml",           "application/x-subrip"};
constexpr std::string_view kRawPhotos[] = {
    "image/x-canon-cr2",  "image/x-canon-cr3",   "image/x-nikon-nef",     "image/x-sony-arw", "image/x-adobe-dng",
    "image/x-pentax-pef", "image/x-olympus-orf", "image/x-panasonic-rw2", "image/x-fuji-raf", "image/x-samsung-srw"};

std::string extension_of(std::string_view name) {
  auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string() : lower_ascii(name.substr(dot + 1));
}

std::string_view type_by_name(std::string_view file_name) {
  std::string extension = extension_of(file_name);
  auto found = std::ranges::find(kNames, extension, &Name::extension);
  return found == std::end(kNames) ? std::string_view() : found->content_type;
}

// ISO base media files name their brand; older QuickTime files begin with any of a few atoms.
std::string_view iso_media(std::string_view head) {
  if (head.size() < 12) return {};
  std::string_view atom = head.substr(4, 4);
  for (std::string_view old : {"moov"sv, "mdat"sv, "wide"sv, "free"sv, "skip"sv, "pnot"sv})
    if (atom == old) return "video/quicktime";
  if (atom != "ftyp") return {};
  std::string_view brand = head.substr(8, 4);
  for (std::string_view still : {"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "mif1"sv, "msf1"sv})
    if (brand == still) return head.substr(8, 64).contains("avif") ? "image/avif" : "image/heic";
  if (brand.starts_with("avi")) return "image/avif";
  if (brand == "crx ") return "image/x-canon-cr3";
  if (brand == "qt  ") return "video/quicktime";
  if (brand == "M4A " || brand == "M4B ") return "audio/mp4";
  if (brand.starts_with("3g")) return "video/3gpp";
  return "video/mp4";
}

std::string_view riff(std::string_view head) {
  if (head.size() < 12) return {};
  std::string_view kind = head.substr(8, 4);
  if (head.starts_with("RIFF") || head.starts_with("RF64") || head.starts_with("BW64")) {
    if (kind == "WAVE") return "audio/wav";
    if (kind == "AVI ") return "video/x-msvideo";
    if (kind == "WEBP") return "image/webp";
  }
  if (head.starts_with("FORM") && (kind == "AIFF" || kind == "AIFC")) return "audio/aiff";
  return {};
}

std::string_view tiff(std::string_view head, std::string_view by_name) {
  if (!head.starts_with("II*\0"sv) && !head.starts_with("MM\0*"sv) && !head.starts_with("II+\0"sv) &&
      !head.starts_with("MM\0+"sv))
    return {};
  if (head.substr(8).starts_with("CR")) return "image/x-canon-cr2";
  return is_raw_photo(by_name) ? by_name : "image/tiff"sv;
}

std::string_view matroska(std::string_view head) {
  if (!head.starts_with("\x1A\x45\xDF\xA3"sv)) return {};
  return head.substr(0, 256).contains("webm") ? "video/webm" : "video/x-matroska";
}

std::string_view mxf(std::string_view head) {
  return head.contains("\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02"sv) ? "application/mxf" : std::string_view();
}

std::string_view mpeg_audio(std::string_view head) {
  auto byte = [&](std::size_t at) { return at < head.size() ? static_cast<unsigned char>(head[at]) : 0u; };
  if (head.starts_with("ID3")) return "audio/mpeg";
  if (byte(0) != 0xFF || byte(1) < 0xE0) return {};
  if ((byte(1) & 0xF6) == 0xF0) return "audio/aac";
  bool known = (byte(1) & 0x06) && (byte(1) & 0x18) != 0x08 && (byte(2) & 0xF0) != 0xF0 && (byte(2) & 0x0C) != 0x0C;
  return known ? "audio/mpeg" : std::string_view();
}

std::string_view bitmap(std::string_view head) {
  // Two letters alone are also the start of words: the header's own length is one of a few.
  if (!head.starts_with("BM") || head.size() < 18 || head[15] != 0) return {};
  auto length = static_cast<unsigned char>(head[14]);
  return length == 12 || length == 40 || length == 108 || length == 124 ? "image/bmp" : std::string_view();
}

std::string_view zip_kind(std::string_view head, std::string_view by_name) {
  if (head.contains("mimetypeapplication/epub+zip")) return "application/epub+zip";
  for (std::string_view kind : {"text"sv, "spreadsheet"sv, "presentation"sv}) {
    std::string type = "application/vnd.oasis.opendocument." + std::string(kind);
    if (head.contains("mimetype" + type)) return std::ranges::find(kNames, type, &Name::content_type)->content_type;
  }
  if (!head.contains("[Content_Types].xml")) return "application/zip";
  for (auto [folder, extension] : {std::pair{"word/"sv, "x.docx"sv}, {"xl/"sv, "x.xlsx"sv}, {"ppt/"sv, "x.pptx"sv}})
    if (head.contains(folder)) return type_by_name(extension);
  return by_name.contains("openxmlformats") ? by_name : "application/zip"sv;
}

std::string_view ogg_kind(std::string_view head) {
  return head.substr(0, 4096).contains("\x80theora") || head.substr(0, 4096).contains("\1video") ? "video/ogg"
                                                                                                 : "audio/ogg";
}

bool is_text(std::string_view head) {
  if (head.starts_with("\xFF\xFE"sv) || head.starts_with("\xFE\xFF"sv)) return true;
  for (char c : head) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && !"\t\n\r\f\x1B"sv.contains(c)) || byte == 0x7F) return false;
  }
  // The end may have cut a character in two.
  for (std::size_t less = 0; less < 4 && less <= head.size(); ++less)
    if (valid_utf8(head.substr(0, head.size() - less))) return true;
  // Older encodings of western text: letters beyond ASCII are few.
  auto high = std::ranges::count_if(head, [](char c) { return static_cast<signed char>(c) < 0; });
  return static_cast<std::size_t>(high) * 4 < head.size();
}

std::string_view text_kind(std::string_view head, std::string_view by_name) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  std::string_view start = trim(head.substr(0, 1024));
  if (start.starts_with("#EXTM3U")) return "application/vnd.apple.mpegurl";
  if (start.starts_with("WEBVTT")) return "text/vtt";
  std::string lowered = lower_ascii(head.substr(0, 4096));
  if (start.starts_with("<")) {
    if (lowered.contains("<svg")) return "image/svg+xml";
    if (lowered.contains("<!doctype html") || lowered.contains("<html")) return "text/html";
    if (lowered.contains("<mpd")) return "application/dash+xml";
    if (start.starts_with("<?xml")) return "application/xml";
  }
  for (std::string_view type : {"text/csv"sv, "text/markdown"sv, "text/html"sv, "application/xml"sv,
                                "application/json"sv, "application/x-subrip"sv})
    if (by_name == type) return type;
  return "text/plain";
}

std::string_view by_content(std::string_view head, std::string_view by_name) {
  for (std::string_view type : {iso_media(head), riff(head), tiff(head, by_name), matroska(head)})
    if (!type.empty()) return type;
  for (const Magic& magic : kMagics) {
    if (head.size() < magic.offset || !head.substr(magic.offset).starts_with(magic.bytes)) continue;
    // "MAC addresses of the office" is not Monkey's Audio.
    if (!magic.content_type.starts_with("application/") && is_text(head)) break;
    if (magic.content_type == "application/zip") return zip_kind(head, by_name);
    if (magic.content_type == "application/ogg") return ogg_kind(head);
    if (magic.content_type == "application/x-ole-storage" && by_name.starts_with("application/"))
      return by_name == "application/msword" || by_name.starts_with("application/vnd.ms-") ? by_name
                                                                                           : magic.content_type;
    return magic.content_type;
  }
  if (transport_packets(head)) return "video/mp2t";
  for (std::string_view type : {mxf(head), mpeg_audio(head), bitmap(head)})
    if (!type.empty()) return type;
  return is_text(head) ? text_kind(head, by_name) : std::string_view();
}

}  // namespace

std::string_view media_type_of(std::string_view type) {
  for (std::string_view kind : {"video"sv, "audio"sv, "image"sv})
    if (type.starts_with(kind) && type.substr(kind.size()).starts_with("/"))
      return type == "audio/midi" ? "other"sv : kind;
  if (type == "application/mxf" || type == "application/gxf" || type == "application/vnd.rn-realmedia") return "video";
  bool document = type.starts_with("text/") || type.starts_with("application/vnd.oasis.opendocument") ||
                  type.starts_with("application/vnd.openxmlformats") || type.starts_with("application/vnd.ms-") ||
                  std::ranges::find(kDocuments, type) != std::end(kDocuments);
  return document ? "document" : "other";
}

// A packet's first byte comes again at the distance of a packet, with or without a time stamp before each.
std::optional<TransportPackets> transport_packets(std::string_view head) {
  for (const TransportPackets packets : {TransportPackets{0, 188}, {4, 192}, {0, 204}}) {
    bool all = head.size() > packets.offset + 3 * packets.length;
    for (std::size_t packet = 0; all && packet < 4; ++packet)
      all = head[packets.offset + packet * packets.length] == 'G';
    if (all) return packets;
  }
  return std::nullopt;
}

bool is_raw_photo(std::string_view type) { return std::ranges::find(kRawPhotos, type) != std::end(kRawPhotos); }

Sniffed sniff_name(std::string_view file_name) {
  std::string_view type = type_by_name(file_name);
  if (type.empty()) type = "application/octet-stream";
  return {std::string(type), media_type_of(type), false};
}

Sniffed sniff(ByteView bytes, std::string_view file_name) {
  std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string_view type = head.empty() ? std::string_view() : by_content(head, type_by_name(file_name));
  if (type.empty()) return sniff_name(file_name);
  return {std::string(type), media_type_of(type), true};
}

}  // namespace reelvault::media
