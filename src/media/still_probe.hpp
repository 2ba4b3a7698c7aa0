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
void read_exiv2(std::string_view printed, Picture& picture);
void read_pdfinfo(std::string_view printed, Document& document);

}  // namespace reelvault::media
