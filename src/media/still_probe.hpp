// The parts of the probe for pictures and documents.
#pragma once
#include "media/media_info.hpp"
#include "media/work.hpp"

namespace reelvault::media {

// Fill `info`, whose content type is known.
Outcome<void> probe_picture(const Work& work, MediaInfo& info);
Outcome<void> probe_pdf(const Work& work, MediaInfo& info);

// Whether libvips reads this kind; ffmpeg takes the others.
bool vips_reads(std::string_view content_type);
// Kinds that it reads well enough for us, though its authors have not vetted their libraries.
bool vips_needs_any_format(std::string_view content_type);

// Pure parts.
void read_vips_header(std::string_view printed, Picture& picture);
// EXIF of `vipsheader -a`, where exiv2 found none: HEIC files whose parts lie where exiv2 does not look.
void read_vips_exif(std::string_view printed, Picture& picture);
// Of `exiv2 -PEIXkyct`. Keywords of IPTC and XMP alike, in the order of the file.
void read_exiv2(std::string_view printed, Picture& picture, std::vector<std::string>& keywords);
void read_pdfinfo(std::string_view printed, Document& document);
Metadata document_metadata(const Document& document);

}  // namespace reelvault::media
