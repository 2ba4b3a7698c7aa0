#include "media/subtitle_text.hpp"

#include "base/text.hpp"

namespace reelvault::media {
namespace {

constexpr std::size_t kBlockBytesMax = 64 << 10;
constexpr std::size_t kIdBytesMax = 200;
constexpr std::size_t kBlocksMax = 200;
constexpr std::int64_t kMendedMs = 2000;  // for a cue that ends before it begins

bool digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, digit); }
bool among(const auto& range, std::string_view word) { return std::ranges::find(range, word) != std::end(range); }
bool blank(std::string_view line) { return trim(line).empty(); }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto end = text.find_first_of("\r\n");
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    std::size_t length = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n' ? 2 : 1;
    text.remove_prefix(end + length);
  }
  return lines;
}

// "1:02:03,5", "02:03.500", "100:00:00,000", and what is left of the text after it.
std::optional<std::int64_t> read_time(std::string_view& text) {
  std::string_view rest = text;
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  std::array<std::int64_t, 3> fields{};
  std::size_t count = 0;
  while (count < 3) {
    std::size_t length = 0;
    std::int64_t value = 0;
    while (length < rest.size() && length < 9 && digit(rest[length])) value = value * 10 + (rest[length++] - '0');
    if (length == 0) return std::nullopt;
    rest.remove_prefix(length);
    fields[count++] = value;
    if (rest.size() < 2 || rest[0] != ':' || !digit(rest[1])) break;
    if (count < 3) rest.remove_prefix(1);
  }
  if (count < 2) return std::nullopt;
  std::int64_t ms = 0, scale = 100;
  if (rest.size() >= 2 && (rest[0] == ',' || rest[0] == '.') && digit(rest[1])) {
    rest.remove_prefix(1);
    for (; !rest.empty() && digit(rest.front()); rest.remove_prefix(1), scale /= 10) ms += (rest.front() - '0') * scale;
  }
  std::int64_t hours = count == 3 ? fields[0] : 0;
  std::int64_t whole = (hours * 60 + fields[count - 2]) * 60 + fields[count - 1];
  if (whole > (kSubtitleMsMax + kMendedMs) / 1000) return std::nullopt;
  text = rest;
  return whole * 1000 + ms;
}

struct Timing {
  std::int64_t start_ms = 0, end_ms = 0;
  std::string_view rest;  // settings, coordinates
};

std::optional<Timing> read_timing(std::string_view line) {
  auto start = read_time(line);
  if (!start || *start >= kSubtitleMsMax) return std::nullopt;
  line = trim(line);
  if (!line.starts_with("-->")) return std::nullopt;
  line.remove_prefix(3);
  auto end = read_time(line);
  if (!end || (!line.empty() && line.front() != ' ' && line.front() != '\t')) return std::nullopt;
  return Timing{*start, *end, trim(line)};
}

void escape(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '\t')
      out += ' ';
    else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)
      out += c;
    else if (c == '\n')
      out += c;
  }
}

// "&amp;" at the beginning of `text`, escaped as WebVTT has it; nothing where it is a mere ampersand.
std::optional<std::pair<std::string, std::size_t>> entity(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
      {"&amp;", "&amp;"}, {"&lt;", "&lt;"}, {"&gt;", "&gt;"}, {"&nbsp;", "&nbsp;"}, {"&lrm;", "&lrm;"},
      {"&rlm;", "&rlm;"}, {"&quot;", "\""}, {"&apos;", "'"},  {"&#39;", "'"},       {"&#34;", "\""}};
  for (auto& [name, written] : kKnown)
    if (text.starts_with(name)) return std::pair(std::string(written), name.size());
  return std::nullopt;
}

// Writes text with tags: known ones properly nested, others dropped, everything else escaped.
class CueText {
 public:
  explicit CueText(bool vtt) : vtt_(vtt) {}

  void add(std::string_view text) {
    while (!text.empty()) {
      auto special = text.find_first_of("&<{");
      escape(out_, text.substr(0, special));
      if (special == std::string_view::npos) return;
      text.remove_prefix(special);
      if (text.front() == '&') {
        auto found = entity(text);
        if (found)
          out_ += found->first;
        else
          out_ += "&amp;";
        text.remove_prefix(found ? found->second : 1);
      } else if (text.front() == '{') {
        auto end = text.find('}');
        if (!vtt_ && text.starts_with("{\\") && end != std::string_view::npos) {
          override_codes(text.substr(1, end - 1));
          text.remove_prefix(end + 1);
        } else {
          out_ += '{';
          text.remove_prefix(1);
        }
      } else {
        auto end = text.find('>');
        if (end != std::string_view::npos && tag(text.substr(1, end - 1))) {
          text.remove_prefix(end + 1);
        } else {
          out_ += "&lt;";
          text.remove_prefix(1);
        }
      }
    }
  }

  std::string finish() {
    while (!open_.empty()) close();
    return std::move(out_);
  }
  std::string settings;  // that the text itself asked for

 private:
  void close() {
    out_ += "</" + open_.back() + ">";
    open_.pop_back();
  }

  // False where it is no tag at all but people's text: "a < b".
  bool tag(std::string_view inside) {
    if (inside.find('<') != std::string_view::npos || inside.find('\n') != std::string_view::npos) return false;
    bool closing = inside.starts_with('/');
    if (closing) inside.remove_prefix(1);
    std::string name = lower_ascii(inside.substr(0, inside.find_first_of(" .\t")));
    if (name.empty()) return closing;
    if (digit(name[0])) {
      std::string_view time = inside;
      if (closing || !read_time(time) || !time.empty()) return false;
      if (vtt_) out_ += "<" + std::string(inside) + ">";
      return true;
    }
    if (name[0] < 'a' || name[0] > 'z') return false;
    constexpr std::string_view kPlain[] = {"i", "b", "u"}, kOfVtt[] = {"c", "v", "lang", "ruby", "rt"};
    bool known = among(kPlain, name) || (vtt_ && among(kOfVtt, name));
    if (!known) {
      // Font, span and the like mean nothing to players. A longer phrase in angle brackets is what somebody wrote.
      constexpr std::string_view kDropped[] = {"font", "span", "p",  "br", "s", "strike", "em",   "strong", "div",
                                               "html", "body", "tt", "a",  "c", "v",      "lang", "ruby",   "rt"};
      if (!among(kDropped, name)) return vtt_;
      if (name == "br" && !out_.empty() && out_.back() != '\n') out_ += '\n';
      return true;
    }
    if (closing) {
      if (!among(open_, name)) return true;
      while (open_.back() != name) close();
      close();
      return true;
    }
    if (open_.size() >= 16) return true;
    out_ += '<' + name;
    // Classes and the annotation, without what would end or break the tag.
    if (vtt_) {
      for (char c : inside.substr(name.size()))
        if (c == '\t')
          out_ += ' ';
        else if (static_cast<unsigned char>(c) >= 0x20 && c != '&')
          out_ += c;
      while (out_.back() == '-') out_.pop_back();  // "-->" is a time's arrow
    }
    out_ += '>';
    open_.push_back(name);
    return true;
  }

  // "\an8\i1" and others of SubStation, which SRT files borrow: alone where it stands is kept.
  void override_codes(std::string_view codes) {
    auto at = codes.find("\\an");
    if (at == std::string_view::npos || at + 3 >= codes.size() || !settings.empty()) return;
    char place = codes[at + 3];
    if (place < '1' || place > '9') return;
    auto row = (place - '1') / 3, column = (place - '1') % 3;
    if (row == 1) settings = "line:50%";
    if (row == 2) settings = "line:0";
    if (column == 1) return;
    if (!settings.empty()) settings += ' ';
    settings += column == 0 ? "position:0% align:start" : "position:100% align:end";
  }

  bool vtt_;
  std::string out_;
  std::vector<std::string> open_;
};

std::string whole_characters(std::string_view utf8, std::size_t bytes) {
  if (utf8.size() <= bytes) return std::string(utf8);
  while (bytes > 0 && (static_cast<unsigned char>(utf8[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(trim(utf8.substr(0, bytes)));
}

void add_line(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

// Lines joined, without blank ones, which would end a cue of WebVTT.
std::string joined(const std::vector<std::string_view>& lines) {
  std::string out;
  for (std::string_view line : lines)
    if (!blank(line)) add_line(out, line);
  return out;
}

void add_cue(Subtitles& out, Cue cue, const std::string& raw, bool vtt) {
  CueText text(vtt);
  text.add(raw);
  cue.text = text.finish();
  // Dropped tags may have left lines with nothing on them.
  cue.text = joined(lines_of(cue.text));
  if (cue.text.empty()) return;
  if (!vtt) cue.settings = std::move(text.settings);
  out.cues.push_back(std::move(cue));
}

Result<void> check_count(const Subtitles& out) {
  if (out.cues.size() <= kSubtitleCuesMax) return {};
  return fail(Code::invalid, "too-many-cues", fmt::format("The file holds more than {} subtitles.", kSubtitleCuesMax));
}

Result<void> read_srt(const std::vector<std::string_view>& lines, Subtitles& out) {
  std::optional<Timing> timing;
  std::vector<std::string_view> text;
  std::int64_t index_before = 0;
  auto flush = [&] {
    if (timing) add_cue(out, {timing->start_ms, timing->end_ms, {}, {}, {}, {}}, joined(text), false);
    text.clear();
  };
  for (std::string_view line : lines) {
    auto next = read_timing(line);
    if (!next) {
      text.push_back(line);
      continue;
    }
    // The number above a time is the cue's index, not the last line of the text before it: after a blank line, or
    // where it counts on from the one before.
    if (!text.empty() && all_digits(trim(text.back()))) {
      std::string_view number = trim(text.back());
      std::int64_t index = 0;
      std::from_chars(number.data(), number.data() + number.size(), index);
      if (text.size() == 1 || blank(text[text.size() - 2]) || index == index_before + 1) {
        text.pop_back();
        index_before = index;
      }
    }
    flush();
    timing = next;
    RV_CHECK(check_count(out));
  }
  flush();
  return {};
}

std::string known_settings(std::string_view text) {
  std::string out;
  for (std::string_view word : split(text, ' ')) {
    auto colon = word.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == word.size() || word.size() > 100) continue;
    constexpr std::string_view kNames[] = {"vertical", "line", "position", "size", "align", "region"};
    if (!among(kNames, word.substr(0, colon))) continue;
    if (word.contains("-->") || !std::ranges::all_of(word, [](char c) { return c > 0x20 && c < 0x7F; })) continue;
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

bool block_of(std::string_view line, std::string_view word) {
  return line.starts_with(word) &&
         (line.size() == word.size() || line[word.size()] == ' ' || line[word.size()] == '\t');
}

Result<void> read_vtt(const std::vector<std::string_view>& lines, Subtitles& out) {
  std::size_t at = 1;
  // The head goes on to the first blank line, or to the first cue of those who forgot that line.
  while (at < lines.size() && !blank(lines[at]) && !lines[at].contains("-->")) ++at;
  std::string comment;
  while (at < lines.size()) {
    if (blank(lines[at])) {
      ++at;
      continue;
    }
    std::size_t begin = at, timed = lines.size();
    if (lines[at].contains("-->"))
      timed = at;
    else if (at + 1 < lines.size() && lines[at + 1].contains("-->"))
      timed = at + 1;
    if (timed == lines.size()) {
      while (at < lines.size() && !blank(lines[at])) ++at;
      std::string text =
          joined({lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.begin() + static_cast<std::ptrdiff_t>(at)});
      if (text.size() > kBlockBytesMax || text.contains("-->")) continue;
      if (block_of(lines[begin], "NOTE")) {
        std::string_view said = trim(std::string_view(text).substr(4));
        if (!said.empty() && comment.size() + said.size() <= kBlockBytesMax) add_line(comment, said);
      } else if ((block_of(lines[begin], "STYLE") || block_of(lines[begin], "REGION")) &&
                 out.blocks.size() < kBlocksMax) {
        out.blocks.push_back(std::move(text));
      }
      continue;
    }
    Cue cue;
    if (timed > begin) cue.id = whole_characters(trim(lines[begin]), kIdBytesMax);
    auto timing = read_timing(lines[timed]);
    at = timed + 1;
    std::vector<std::string_view> text;
    while (at < lines.size() && !blank(lines[at]) && !lines[at].contains("-->")) text.push_back(lines[at++]);
    // Where the blank line between two cues is missing, the second one's number is no text of the first.
    if (at < lines.size() && text.size() > 1 && lines[at].contains("-->") && all_digits(text.back())) {
      text.pop_back();
      --at;
    }
    if (!timing) continue;
    cue.start_ms = timing->start_ms;
    cue.end_ms = timing->end_ms;
    cue.settings = known_settings(timing->rest);
    cue.comment = std::exchange(comment, {});
    add_cue(out, std::move(cue), joined(text), true);
    RV_CHECK(check_count(out));
  }
  return {};
}

void put_in_order(std::vector<Cue>& cues) {
  // Those that begin together stay as they stood in the file.
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  for (std::size_t i = 0; i < cues.size(); ++i) order.emplace_back(cues[i].start_ms, i);
  std::ranges::sort(order);
  std::vector<Cue> sorted;
  sorted.reserve(cues.size());
  for (auto& [start, i] : order) sorted.push_back(std::move(cues[i]));
  cues = std::move(sorted);
  std::int64_t next_start = INT64_MAX;  // of those that begin later
  for (std::size_t i = cues.size(); i-- > 0;) {
    if (i + 1 < cues.size() && cues[i + 1].start_ms > cues[i].start_ms) next_start = cues[i + 1].start_ms;
    if (cues[i].end_ms <= cues[i].start_ms) cues[i].end_ms = std::min(cues[i].start_ms + kMendedMs, next_start);
  }
}

std::string vtt_time(std::int64_t ms) {
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

}  // namespace

std::int64_t Subtitles::end_ms() const {
  std::int64_t end = 0;
  for (const Cue& cue : cues) end = std::max(end, cue.end_ms);
  return end;
}

Result<Subtitles> read_subtitles(std::string_view bytes, std::string_view language) {
  if (bytes.size() > kSubtitleBytesMax)
    return fail(Code::invalid, "too-large",
                fmt::format("The file has {} bytes, more than the {} MiB that subtitles may have.", bytes.size(),
                            kSubtitleBytesMax >> 20));
  DecodedText decoded = decode_text(bytes, language);
  std::erase(decoded.text, '\0');
  while (decoded.text.starts_with("\xEF\xBB\xBF")) decoded.text.erase(0, 3);
  Subtitles out;
  out.encoding = decoded.encoding;
  std::string_view text = decoded.text;
  auto lines = lines_of(text);
  bool vtt = !lines.empty() && block_of(lines[0], "WEBVTT");
  out.format = vtt ? "vtt" : "srt";
  RV_CHECK(vtt ? read_vtt(lines, out) : read_srt(lines, out));
  if (out.cues.empty())
    return fail(Code::invalid, "no-subtitles",
                "This file is neither SRT nor WebVTT: no line of it gives a text its times, like "
                "\"00:00:01,000 --> 00:00:02,500\".");
  put_in_order(out.cues);
  return out;
}

namespace {

// The times within a cue's text ("<00:00:05.000>"), moved back; those that are not inside it any more go.
std::string moved_text(std::string_view text, std::int64_t by_ms, std::int64_t start_ms, std::int64_t end_ms) {
  std::string out;
  while (!text.empty()) {
    const auto tag = text.find('<');
    out += text.substr(0, tag);
    if (tag == std::string_view::npos) break;
    text.remove_prefix(tag);
    const auto end = text.find('>');
    if (end == std::string_view::npos) {
      out += text;
      break;
    }
    std::string_view inside = text.substr(1, end - 1);
    const auto time = inside.empty() || !digit(inside.front()) ? std::nullopt : read_time(inside);
    if (!time)
      out += text.substr(0, end + 1);
    else if (const std::int64_t at = *time - by_ms; at > start_ms && at < end_ms)
      out += fmt::format("<{}>", vtt_time(at));
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

Subtitles part_of(const Subtitles& whole, std::int64_t from_ms, std::int64_t to_ms) {
  Subtitles part{whole.format, whole.encoding, whole.blocks, {}};
  for (const Cue& cue : whole.cues) {
    const std::int64_t start = std::max(cue.start_ms, from_ms) - from_ms, end = std::min(cue.end_ms, to_ms) - from_ms;
    if (end <= start) continue;
    part.cues.push_back({start, end, moved_text(cue.text, from_ms, start, end), cue.settings, cue.id, cue.comment});
  }
  return part;
}

std::string write_webvtt(const Subtitles& subtitles) {
  std::string out = "WEBVTT\n";
  for (const std::string& block : subtitles.blocks) out += "\n" + block + "\n";
  for (const Cue& cue : subtitles.cues) {
    if (!cue.comment.empty()) out += "\nNOTE\n" + cue.comment + "\n";
    out += '\n';
    if (!cue.id.empty()) out += cue.id + '\n';
    out += fmt::format("{} --> {}{}{}\n{}\n", vtt_time(cue.start_ms), vtt_time(cue.end_ms),
                       cue.settings.empty() ? "" : " ", cue.settings, cue.text);
  }
  return out;
}

std::string subtitle_playlist(std::string_view uri, std::int64_t duration_ms) {
  std::int64_t ms = std::max<std::int64_t>(duration_ms, 1);
  return fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
      "#EXTINF:{}.{:03},\n{}\n#EXT-X-ENDLIST\n",
      std::max<std::int64_t>((ms + 500) / 1000, 1), ms / 1000, ms % 1000, uri);
}

}  // namespace reelvault::media
