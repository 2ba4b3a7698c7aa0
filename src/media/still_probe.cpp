#include "media/still_probe.hpp"

#include "base/text.hpp"
#include "media/sniff.hpp"

namespace reelvault::media {
namespace {

// "name: value" or, for exiv2, "name   value".
std::pair<std::string_view, std::string_view> name_and_value(std::string_view line, char separator) {
  auto at = line.find(separator);
  if (at == std::string_view::npos) return {line, {}};
  return {trim(line.substr(0, at)), trim(line.substr(at + 1))};
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

constexpr std::size_t kValueBytes = 2000;
constexpr std::size_t kValues = 300;
constexpr std::string_view kNoWords[] = {"MakerNote",
                                         "XMLPacket",
                                         "IPTCNAA",
                                         "ImageResources",
                                         "InterColorProfile",
                                         "JPEGTables",
                                         "ExifTag",
                                         "GPSTag",
                                         "InteroperabilityTag",
                                         "StripOffsets",
                                         "StripByteCounts",
                                         "TileOffsets",
                                         "TileByteCounts",
                                         "SubIFDs",
                                         "PrintImageMatching",
                                         "Padding"};

}  // namespace

bool vips_reads(std::string_view type) {
  for (std::string_view kind : {"image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/heic",
                                "image/avif", "image/svg+xml", "image/jp2", "image/jxl"})
    if (type == kind) return true;
  return is_raw_photo(type);  // by the preview inside
}

bool vips_needs_any_format(std::string_view type) {
  return type == "image/svg+xml" || type == "image/jp2" || type == "image/jxl";
}

void read_vips_header(std::string_view printed, Picture& picture) {
  std::string format;
  for (std::string_view line : split(printed, '\n')) {
    auto [name, value] = name_and_value(line, ':');
    if (name == "width")
      picture.storedWidth = number_of(value);
    else if (name == "height")
      picture.storedHeight = number_of(value);
    else if (name == "bands")
      picture.bands = number_of(value);
    else if (name == "format")
      format = value;
    else if (name == "interpretation")
      picture.interpretation = value;
    else if (name == "orientation")
      picture.orientation = std::clamp<std::int64_t>(number_of(value), 1, 8);
    else if (name == "n-pages")
      picture.pages = std::max<std::int64_t>(number_of(value), 1);
    else if (name == "icc-profile-data")
      picture.iccProfile = true;
  }
  picture.bitDepth = format == "ushort" || format == "short" ? 16 : format == "uchar" || format == "char" ? 8 : 32;
  std::int64_t colours = picture.interpretation == "cmyk"                                        ? 4
                         : picture.interpretation == "b-w" || picture.interpretation == "grey16" ? 1
                                                                                                 : 3;
  picture.alpha = picture.bands == colours + 1;
}

void read_vips_exif(std::string_view printed, Picture& picture) {
  for (std::string_view line : split(printed, '\n')) {
    // exif-ifd3-GPSLatitude: 48/1 51/1 30/1 (48, 51, 30, Rational, 3 components, 24 bytes)
    if (!line.starts_with("exif-ifd0-") && !line.starts_with("exif-ifd2-") && !line.starts_with("exif-ifd3-")) continue;
    auto [key, value] = name_and_value(line, ':');
    const std::string name(key.substr(std::string_view("exif-ifd0-").size()));
    if (!value.ends_with(" bytes)") || value.size() > kValueBytes) continue;
    for (int word = 0; word < 3 && !value.empty(); ++word) value = value.substr(0, value.rfind(", "));
    // "A (A" for texts, which may hold brackets of their own, and "48/1 (48" for numbers.
    const std::size_t half = value.size() < 2 ? 0 : (value.size() - 2) / 2;
    const auto open = value.rfind(" (");
    if (open == std::string_view::npos) continue;
    const bool twice = value.substr(half, 2) == " (" && value.substr(0, half) == value.substr(half + 2);
    std::string text = text_of_file(twice ? value.substr(0, half) : value.substr(open + 2));
    if (text.empty() || std::ranges::find(kNoWords, name) != std::end(kNoWords) || picture.exif.size() >= kValues)
      continue;
    picture.exif[name] = std::move(text);
  }
}

void read_exiv2(std::string_view printed, Picture& picture, std::vector<std::string>& keywords) {
  std::string* last = nullptr;
  for (std::string_view line : split(printed, '\n')) {
    if (!line.starts_with("Exif.") && !line.starts_with("Iptc.") && !line.starts_with("Xmp.")) {
      // A text of several lines goes on.
      if (last && !trim(line).empty() && last->size() + line.size() < kValueBytes) *last += "\n" + text_of_file(line);
      continue;
    }
    last = nullptr;
    auto [key, after_key] = name_and_value(line, ' ');
    auto [type, after_type] = name_and_value(after_key, ' ');
    auto [count, value] = name_and_value(after_type, ' ');
    if (value.empty() || value.size() > kValueBytes) continue;
    std::string text = text_of_file(value);
    const std::string name(key.substr(key.rfind('.') + 1));
    if (key.starts_with("Exif.")) {
      // Makers' own notes are hundreds of numbers that mean something to their cameras alone; what is stored where, and
      // what other groups hold, as bytes, means something to nobody.
      std::string_view group = key.substr(5, key.rfind('.') - 5);
      if (group != "Image" && group != "Photo" && group != "GPSInfo") continue;
      if (std::ranges::find(kNoWords, name) != std::end(kNoWords) || picture.exif.size() >= kValues) continue;
      last = &(picture.exif[name] = std::move(text));
    } else if (key.starts_with("Iptc.") && picture.iptc.size() < kValues) {
      if (key == "Iptc.Application2.Keywords") keywords.push_back(text);
      std::string& field = picture.iptc[name];
      field += field.empty() ? text : "; " + text;  // keywords come one by one
      last = &field;
    } else if (key.starts_with("Xmp.") && picture.xmp.size() < kValues) {
      if (text.starts_with("lang=\"x-default\" ")) text.erase(0, 17);
      if (key == "Xmp.dc.subject") {
        // One item is one keyword, whatever commas it has; of several nothing but ", " tells them apart.
        std::string_view rest = text;
        while (number_of(count) > 1 && rest.contains(", ")) {
          keywords.emplace_back(rest.substr(0, rest.find(", ")));
          rest.remove_prefix(rest.find(", ") + 2);
        }
        keywords.emplace_back(rest);
      }
      last = &(picture.xmp[std::string(key.substr(4))] = std::move(text));
    }
  }
}

void read_pdfinfo(std::string_view printed, Document& document) {
  for (std::string_view line : split(printed, '\n')) {
    auto [name, value] = name_and_value(line, ':');
    std::string text = repair_utf8(value).substr(0, 1000);
    if (name == "Pages")
      document.pageCount = number_of(value);
    else if (name == "Title")
      document.title = text;
    else if (name == "Author")
      document.author = text;
    else if (name == "Producer")
      document.producer = text;
    else if (name == "Subject")
      document.subject = text;
    else if (name == "Keywords")
      document.keywords = text;
    else if (name == "CreationDate")
      document.createdAt = rfc3339_of(text);
    else if (name == "Page size")
      document.pageSize = text;
    else if (name == "PDF version")
      document.version = text;
    else if (name == "Encrypted")
      document.encrypted = value.starts_with("yes");
  }
}

Metadata document_metadata(const Document& document) {
  Metadata out;
  out.title = document.title;
  out.creator = document.author;
  out.description = document.subject.value_or("");
  const std::string given = document.keywords.value_or("");
  std::vector<std::string> keywords;
  for (std::string_view each : split(given, given.contains(';') ? ';' : ',')) keywords.emplace_back(each);
  out.keywords = distinct_keywords(keywords);
  out.capturedAt = document.createdAt.value_or("");
  out.software = document.producer;
  return out;
}

Outcome<void> probe_picture(const Work& work, MediaInfo& info) {
  Picture picture;
  ChildResult header =
      work.run_vips({"vipsheader", "-a", work.input().string()}, vips_needs_any_format(info.contentType));
  bool raw = is_raw_photo(info.contentType);
  if (!header.ok() && !raw)
    return failure_of(header, "cannot-decode", "This file is not a picture that can be read; it may be damaged.");
  if (header.ok()) read_vips_header(header.output, picture);

  // Metadata is a bonus: a picture without, or with broken ones, is a picture all the same.
  ChildResult metadata = work.run_short({"exiv2", "-q", "-PEIXkyct", work.input().string()});
  if (metadata.stop == ChildResult::Stop::cancelled) return failure_of(metadata, "", "");
  std::vector<std::string> keywords;
  read_exiv2(metadata.output, picture, keywords);
  if (picture.exif.empty() && header.ok()) read_vips_exif(header.output, picture);
  if (Metadata found = picture_metadata(picture.exif, picture.iptc, picture.xmp, std::move(keywords)); !found.empty())
    info.metadata = std::move(found);
  auto exif_number = [&](const char* name) {
    auto found = picture.exif.find(name);
    return found == picture.exif.end() ? 0 : number_of(found->second);
  };
  // In a raw photo, what libvips finds is the small preview; the camera noted the real size.
  if (raw && exif_number("PixelXDimension") > picture.storedWidth) {
    picture.storedWidth = exif_number("PixelXDimension");
    picture.storedHeight = exif_number("PixelYDimension");
  }
  if (picture.storedWidth > 0) {
    info.width = picture.orientation >= 5 ? picture.storedHeight : picture.storedWidth;
    info.height = picture.orientation >= 5 ? picture.storedWidth : picture.storedHeight;
  }
  info.picture = std::move(picture);
  return {};
}

Outcome<void> probe_pdf(const Work& work, MediaInfo& info) {
  info.document.emplace();
  ChildResult result = work.run_short({"pdfinfo", "-isodates", "-enc", "UTF-8", work.input().string()});
  if (result.stop != ChildResult::Stop::none || result.signal)
    return failure_of(result, "cannot-decode", "This document cannot be read.");
  if (result.ok()) {
    read_pdfinfo(result.output, *info.document);
    if (Metadata found = document_metadata(*info.document); !found.empty()) info.metadata = std::move(found);
  } else if (result.error_tail.contains("ncorrect password")) {
    info.document->encrypted = true;
    info.reason = "The document is protected by a password.";
  } else {
    info.reason = "The document is damaged and its pages cannot be read.";
  }
  return {};
}

}  // namespace reelvault::media
