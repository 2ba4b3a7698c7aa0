// What programs in the sandbox print is as hostile as the files they read: any bytes give a report or none, and what is
// planned from a report never exceeds its source.
#include "media/ffprobe_json.hpp"
#include "media/rendition_plan.hpp"
#include "media/sniff.hpp"
#include "media/still_probe.hpp"

#include <cstdlib>

using namespace reelvault;
using namespace reelvault::media;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);

  if (auto info = read_ffprobe(text)) {
    describe(*info);
    auto again = media_info_from(boost::json::parse(boost::json::serialize(to_json(*info))));
    expect(again && *again == *info);
    RenditionPlan plan = plan_renditions(*info, {});
    for (const Rung& rung : plan.rungs) {
      expect(rung.size.width >= 2 && rung.size.height >= 2 && rung.size.width % 2 == 0 && rung.size.height % 2 == 0);
      expect(rung.size.width <= std::max<std::int64_t>(plan.video->video->displayWidth + 2, 2));
    }
    if (!plan.refusal) rendition_command(plan, {}, {}, "/input", "/output");
  }
  Packets packets = read_packets(text);
  cadence_of({packets, packets}, packets.time_base.value_or(Rational{1, 1000}));
  std::vector<Stream> streams(2);
  streams[0].audio.emplace();
  mark_clean_sounds(streams, text);
  read_idet(text);
  VideoProperties video;
  add_frame_data(video, text);
  Picture picture;
  read_vips_header(text, picture);
  std::vector<std::string> keywords;
  read_exiv2(text, picture, keywords);
  (void)picture_metadata(picture.exif, picture.iptc, picture.xmp, std::move(keywords));
  (void)container_metadata(picture.exif);
  Document document;
  read_pdfinfo(text, document);
  Sniffed sniffed = sniff(std::as_bytes(std::span(data, size)), "name.mp4");
  expect(!sniffed.content_type.empty());
  return 0;
}
