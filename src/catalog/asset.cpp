#include "catalog/asset.hpp"

#include "base/text.hpp"

namespace reelvault::catalog {

std::string_view type_name(AssetType type) {
  switch (type) {
    case AssetType::folder: return "Folder";
    case AssetType::file: return "File";
    case AssetType::bucket: return "Bucket";
  }
  return "File";
}

std::string_view status_name(AssetStatus status) {
  switch (status) {
    case AssetStatus::available: return "Available";
    case AssetStatus::renaming: return "Renaming";
    case AssetStatus::copying: return "Copying";
    case AssetStatus::restoring: return "Restoring";
    case AssetStatus::registering: return "Registering";
    case AssetStatus::uploading: return "Uploading";
    case AssetStatus::archiving: return "Archiving";
    case AssetStatus::archived: return "Archived";
    case AssetStatus::pending_archive: return "PendingArchive";
    case AssetStatus::pending_restore: return "PendingRestore";
    case AssetStatus::restored: return "Restored";
    case AssetStatus::deleting: return "Deleting";
    case AssetStatus::moving: return "Moving";
    case AssetStatus::slug_replaced: return "SlugReplaced";
    case AssetStatus::updating: return "Updating";
    case AssetStatus::error: return "Error";
    case AssetStatus::assembling: return "Assembling";
    case AssetStatus::clipping: return "Clipping";
    case AssetStatus::placeholder: return "Placeholder";
    case AssetStatus::creating: return "Creating";
    case AssetStatus::replacing: return "Replacing";
  }
  return "Error";
}

namespace {

struct Extension {
  std::string_view ending;
  std::string_view content_type;
};
// What cameras, editing systems, offices and browsers write; content is looked at later by the probe.
constexpr auto extensions = std::to_array<Extension>({
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"mov", "video/quicktime"},
    {"qt", "video/quicktime"},
    {"mkv", "video/x-matroska"},
    {"webm", "video/webm"},
    {"avi", "video/x-msvideo"},
    {"wmv", "video/x-ms-wmv"},
    {"mpg", "video/mpeg"},
    {"mpeg", "video/mpeg"},
    {"ts", "video/mp2t"},
    {"m2ts", "video/mp2t"},
    {"mts", "video/mp2t"},
    {"mxf", "application/mxf"},
    {"3gp", "video/3gpp"},
    {"ogv", "video/ogg"},
    {"flv", "video/x-flv"},
    {"vob", "video/mpeg"},
    {"dv", "video/x-dv"},
    {"mp3", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"aac", "audio/aac"},
    {"wav", "audio/wav"},
    {"bwf", "audio/wav"},
    {"flac", "audio/flac"},
    {"ogg", "audio/ogg"},
    {"oga", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"aif", "audio/aiff"},
    {"aiff", "audio/aiff"},
    {"wma", "audio/x-ms-wma"},
    {"mka", "audio/x-matroska"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"png", "image/png"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"bmp", "image/bmp"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"avif", "image/avif"},
    {"svg", "image/svg+xml"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"jp2", "image/jp2"},
    {"dng", "image/x-adobe-dng"},
    {"cr2", "image/x-canon-cr2"},
    {"nef", "image/x-nikon-nef"},
    {"arw", "image/x-sony-arw"},
    {"exr", "image/x-exr"},
    {"dpx", "image/x-dpx"},
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
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"edl", "text/plain"},
    {"ale", "text/plain"},
    {"fcpxml", "application/xml"},
});

}  // namespace

std::string guess_content_type(std::string_view file_name) {
  auto dot = file_name.rfind('.');
  if (dot != std::string_view::npos) {
    std::string ending = lower_ascii(file_name.substr(dot + 1));
    for (const Extension& extension : extensions)
      if (extension.ending == ending) return std::string(extension.content_type);
  }
  return "application/octet-stream";
}

std::string guess_media_type(std::string_view content_type, std::string_view file_name) {
  std::string type = lower_ascii(content_type.substr(0, content_type.find(';')));
  if (type.empty() || type == "application/octet-stream") type = guess_content_type(file_name);
  if (type.starts_with("video/") || type == "application/mxf") return "video";
  if (type.starts_with("audio/")) return "audio";
  if (type.starts_with("image/")) return "image";
  if (type.starts_with("text/") || type == "application/pdf" || type == "application/rtf" ||
      type == "application/msword" || type == "application/json" || type == "application/xml" ||
      type == "application/x-subrip" || type.starts_with("application/vnd."))
    return "document";
  return "other";
}

}  // namespace reelvault::catalog
