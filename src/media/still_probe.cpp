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

void read_exiv2(std::string_view printed, Picture& picture) {
  for (std::string_view line : split(printed, '\n')) {
    auto [key, value] = name_and_value(line, ' ');
    if (value.empty() || value.size() > 2000) continue;
    std::string text = repair_utf8(value);
    if (key.starts_with("Exif.")) {
      // Makers' own notes are hundreds of numbers that mean something to their cameras alone.
      std::string_view group = key.substr(5, key.rfind('.') - 5);
      if (group != "Image" && group != "Photo" && group != "GPSInfo") continue;
      if (key.ends_with("MakerNote") || picture.exif.size() >= 300) continue;
      picture.exif[std::string(key.substr(key.rfind('.') + 1))] = std::move(text);
    } else if (key.starts_with("Iptc.") && picture.iptc.size() < 300) {
      std::string& field = picture.iptc[std::string(key.substr(key.rfind('.') + 1))];
      field += field.empty() ? text : "; " + text;  // keywords come one by one
    } else if (key.starts_with("Xmp.") && picture.xmp.size() < 300) {
      // lang="x-default" Text
      if (text.starts_with("lang=\"x-default\" ")) text.erase(0, 17);
      picture.xmp[std::string(key.substr(4))] = std::move(text);
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
    else if (name == "Page size")
      document.pageSize = text;
    else if (name == "PDF version")
      document.version = text;
    else if (name == "Encrypted")
      document.encrypted = value.starts_with("yes");
  }
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
  ChildResult metadata = work.run_short({"exiv2", "-q", "-PEIXkt", work.input().string()});
  if (metadata.stop == ChildResult::Stop::cancelled) return failure_of(metadata, "", "");
  read_exiv2(metadata.output, picture);
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
  ChildResult result = work.run_short({"pdfinfo", "-enc", "UTF-8", work.input().string()});
  if (result.stop != ChildResult::Stop::none || result.signal)
    return failure_of(result, "cannot-decode", "This document cannot be read.");
  if (result.ok()) {
    read_pdfinfo(result.output, *info.document);
  } else if (result.error_tail.contains("ncorrect password")) {
    info.document->encrypted = true;
    info.reason = "The document is protected by a password.";
  } else {
    info.reason = "The document is damaged and its pages cannot be read.";
  }
  return {};
}

}  // namespace reelvault::media
