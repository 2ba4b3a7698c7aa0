#include "media/ffmpeg_command.hpp"

#include "base/text.hpp"

namespace reelvault::media {

std::string_view demuxers() {
  return "aac,ac3,aiff,amr,ape,asf,au,avi,av1,caf,dnxhd,dsf,dts,dtshd,dv,eac3,flac,flv,gxf,h264,hevc,ivf,loas,m4v,"
         "matroska,mjpeg,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,mxf,mxf_opatom,nut,obu,ogg,r3d,rm,tak,truehd,tta,"
         "vc1,vc1test,voc,w64,wav,wv,xwma,yuv4mpegpipe,"
         // pictures that libvips leaves to others
         "bmp_pipe,psd_pipe,dpx_pipe,exr_pipe,png_pipe,jpeg_pipe,tiff_pipe,webp_pipe,gif,ico,hdr_pipe,j2k_pipe";
}

std::vector<std::string> input_arguments(const std::filesystem::path& input) {
  return {"-protocol_whitelist", "file", "-format_whitelist", std::string(demuxers()), "-i", "file:" + input.string()};
}

std::vector<std::string> own_input_arguments(const std::filesystem::path& input) {
  return {"-protocol_whitelist", "file", "-i", "file:" + input.string()};
}

std::vector<std::string> ffmpeg_start(std::string_view program, std::string_view log_level) {
  return {std::string(program), "-hide_banner",         "-nostdin",        "-y",
          "-loglevel",          std::string(log_level), "-max_error_rate", "1"};
}

std::vector<std::string> ffprobe_start(std::string_view program) {
  // Streams of a broadcast may come late.
  return {std::string(program), "-hide_banner", "-loglevel", "warning", "-probesize", "20M", "-analyzeduration", "20M"};
}

bool ProgressReader::read(std::string_view bytes) {
  bool advanced = false;
  auto take = [&](std::string_view name, std::int64_t& value) {
    if (!line_.starts_with(name)) return;
    std::string_view text = trim(std::string_view(line_).substr(name.size()));
    std::int64_t number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return;
    if (number > value) {
      value = number;
      advanced = true;
    }
  };
  for (char c : bytes) {
    if (c != '\n') {
      if (line_.size() < 256) line_ += c;
      continue;
    }
    take("out_time_us=", out_time_us_);
    take("frame=", frame_);
    take("total_size=", size_);
    line_.clear();
  }
  return advanced;
}

void DecodeLog::read(std::string_view bytes) {
  constexpr std::string_view kFailure = "Error while decoding stream #0:";
  for (char c : bytes) {
    if (c != '\n') {
      if (line_.size() < 256) line_ += c;
      continue;
    }
    std::int64_t stream = 0;
    if (line_.starts_with(kFailure) &&
        std::from_chars(line_.data() + kFailure.size(), line_.data() + line_.size(), stream).ec == std::errc())
      ++failures_[stream];
    else if (line_.contains("error while decoding MB"))
      ++smears_;
    line_.clear();
  }
}

std::int64_t DecodeLog::failures(std::int64_t stream) const {
  const auto found = failures_.find(stream);
  return found == failures_.end() ? 0 : found->second;
}

}  // namespace reelvault::media
