// Which encoding a text file without a mark is in.
#include "base/text.hpp"
#include "media/subtitle_text.hpp"

#include <iconv.h>

#include <cerrno>

namespace reelvault::media {
namespace {

// `skip` bytes are given up, as U+FFFD, where something cannot be read; 0: then nothing is.
std::optional<std::string> converted(std::string_view bytes, const char* encoding, std::size_t skip = 0) {
  iconv_t converter = iconv_open("UTF-8", encoding);
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;  // NOLINT(performance-no-int-to-ptr): POSIX
  std::string out;
  char block[8192];
  char* from = const_cast<char*>(bytes.data());
  std::size_t left = bytes.size();
  bool whole = true;
  while (left > 0 && whole) {
    char* to = block;
    std::size_t room = sizeof block;
    std::size_t done = iconv(converter, &from, &left, &to, &room);
    int error = errno;
    out.append(block, sizeof block - room);
    if (done != static_cast<std::size_t>(-1) || error == E2BIG) continue;
    whole = skip > 0;
    if (!whole) break;
    out += "\xEF\xBF\xBD";
    std::size_t skipped = std::min(skip, left);
    from += skipped;
    left -= skipped;
  }
  // Hebrew and Vietnamese wait for a mark that might follow the last letter.
  char* to = block;
  std::size_t room = sizeof block;
  if (whole) iconv(converter, nullptr, nullptr, &to, &room);
  out.append(block, sizeof block - room);
  iconv_close(converter);
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

std::string repaired(std::string_view bytes, const char* encoding, std::size_t unit) {
  auto text = converted(bytes, encoding, unit);
  return text ? std::move(*text) : repair_utf8(bytes);
}

struct Page {
  const char* name;       // as people say it
  const char* converter;  // as iconv calls it
  std::string_view languages;
  std::string_view letters;  // the most frequent ones beyond ASCII
  bool latin;                // most letters of such a text are ASCII
};

// Letters in the order of how common they are does not matter; that they are the common ones does.
constexpr Page kPages[] = {
    {"windows-1252", "CP1252", "en de fr es pt it nl sv da nb nn no fi is ca",
     "äöüßéèàçêîôûñáíóúåøæÄÖÜÉãõâëïùœÅØ¿¡«»’‘“”–…°", true},
    {"windows-1250", "CP1250", "pl cs sk hu hr sl ro bs", "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîşţđĄĆŁŚŻČŘŠŽ„”“’‘–…", true},
    {"windows-1254", "CP1254", "tr az", "çğıöşüÇĞİÖŞÜâî’‘“”–…", true},
    {"windows-1257", "CP1257", "lt lv et", "āčēģīķļņšūžąęėįųūõäöüĀČĒŠŪŽ„“’–…", true},
    {"windows-1258", "CP1258", "vi", "", true},
    {"windows-1251", "CP1251", "ru uk be bg sr mk", "оеаинтсрвлкмдпуябьызчгйхіїєОНПВТСЯКМА—«»…", false},
    {"KOI8-R", "KOI8-R", "", "оеаинтсрвлкмдпуябьызчгйхОНПВТСЯКМА", false},
    {"windows-1253", "CP1253", "el", "αοιετσνηυρπκμλςωγθδάέίόήύώΑΤΕΟΚΜΠΝΣ«»…", false},
    {"windows-1255", "CP1255", "he iw yi", "יוהלאמרתבשנכעחדפקטסםןגז", false},
    {"windows-1256", "CP1256", "ar fa ur", "اليمونرتبةعدسفهكقأحجشطصخضذىإ،؟", false},
    {"windows-874", "CP874", "th", "านรอกเงมยลวดทสตะปบคหแจไใโช่้ิีัุูา", false},
    {"Shift_JIS", "CP932", "ja", "のにはをたがでてとしれさいるなもかうんまこすっらよそだけあきくりちみ、。ーンストル",
     false},
    {"EUC-KR", "CP949", "ko", "이다는에을가의고하지도를한로기사나은그아서자어리라인시네요거해야니", false},
    {"GB18030", "GB18030", "zh zh-cn zh-hans zh-sg", "的一是不了我在有人这你他们么来上个到说要就会好没那吗，。？！",
     false},
    {"Big5", "BIG5-HKSCS", "zh-tw zh-hant zh-hk", "的一是不了我在有人這你他們麼來上個到說要就會好沒那嗎，。？！",
     false},
};

const Page* page_of(std::string_view language) {
  std::string tag = lower_ascii(language);
  std::ranges::replace(tag, '_', '-');
  // The longest tag that is known: "zh-hant-tw", "zh-hant", "zh".
  while (!tag.empty()) {
    for (const Page& page : kPages)
      for (std::string_view known : split(page.languages, ' '))
        if (!known.empty() && known == tag) return &page;
    auto dash = tag.rfind('-');
    tag.resize(dash == std::string::npos ? 0 : dash);
  }
  return nullptr;
}

// The characters beyond ASCII of a UTF-8 text, one by one.
template <class Fn>
void each_foreign(std::string_view utf8, Fn fn) {
  for (std::size_t at = 0; at < utf8.size();) {
    auto lead = static_cast<unsigned char>(utf8[at]);
    std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length > 1) fn(utf8.substr(at, length));
    at += length;
  }
}

// How much of what is foreign in it are letters that such a text would have, from 0 to 1.
double fit(const Page& page, std::string_view utf8) {
  std::set<std::string_view> letters;
  each_foreign(page.letters, [&](std::string_view letter) { letters.insert(letter); });
  double known = 0, all = 0;
  const char* expected = nullptr;  // where the next letter of the same word would stand
  bool lower_before = false;
  each_foreign(utf8, [&](std::string_view letter) {
    ++all;
    if (letters.contains(letter)) ++known;
    // Control characters of C1 are in no text that people wrote.
    if (letter.size() == 2 && letter[0] == '\xC2' && static_cast<unsigned char>(letter[1]) < 0xA0) known -= 2;
    // Nor do they write caPitals inside of words, as bytes of two-byte letters look when read one by one.
    bool upper = letter.size() == 2 && fold_case(letter) != letter;
    if (upper && lower_before && letter.data() == expected) known -= 2;
    lower_before = letter.size() == 2 && !upper;
    expected = letter.data() + letter.size();
  });
  return all > 0 ? known / all : 0;
}

std::optional<std::string_view> wide_encoding(std::string_view bytes) {
  if (bytes.size() < 4) return std::nullopt;
  std::size_t even = 0, odd = 0, looked = std::min<std::size_t>(bytes.size(), 65536);
  for (std::size_t i = 0; i < looked; ++i)
    if (bytes[i] == 0) ++(i % 2 == 0 ? even : odd);
  // Digits, arrows and line ends of subtitles are ASCII, so a fifth of the bytes at least are zero, all on one side.
  if (odd * 5 > looked && even * 20 < looked) return "UTF-16LE";
  if (even * 5 > looked && odd * 20 < looked) return "UTF-16BE";
  return std::nullopt;
}

}  // namespace

DecodedText decode_text(std::string_view bytes, std::string_view language) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return {repair_utf8(bytes.substr(3)), "UTF-8"};
  if (bytes.starts_with(std::string_view("\xFF\xFE\0\0", 4)))
    return {repaired(bytes.substr(4), "UTF-32LE", 4), "UTF-32"};
  if (bytes.starts_with("\xFF\xFE")) return {repaired(bytes.substr(2), "UTF-16LE", 2), "UTF-16"};
  if (bytes.starts_with("\xFE\xFF")) return {repaired(bytes.substr(2), "UTF-16BE", 2), "UTF-16"};
  if (auto wide = wide_encoding(bytes)) return {repaired(bytes, wide->data(), 2), "UTF-16"};
  if (valid_utf8(bytes)) return {std::string(bytes), "UTF-8"};

  std::size_t high = 0, ascii_letters = 0;
  for (char c : bytes) {
    if (static_cast<unsigned char>(c) >= 0x80) ++high;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) ++ascii_letters;
  }
  // UTF-8 with a few broken bytes, as old editors cut it.
  std::string as_utf8 = repair_utf8(bytes);
  std::size_t broken = 0, letters = 0;
  each_foreign(as_utf8, [&](std::string_view letter) { ++(letter == "\xEF\xBF\xBD" ? broken : letters); });
  if (letters > broken * 10) return {std::move(as_utf8), "UTF-8"};

  if (const Page* page = page_of(language))
    if (auto text = converted(bytes, page->converter)) return {std::move(*text), page->name};

  bool latin = ascii_letters > high;
  std::string_view sample = bytes;
  if (bytes.size() > (32 << 10)) {
    // Cut at a line's end, so that no character of two bytes is halved.
    auto end = bytes.find('\n', 32 << 10);
    if (end != std::string_view::npos) sample = bytes.substr(0, end);
  }
  const Page* best = nullptr;
  double best_fit = 0;
  for (const Page& page : kPages) {
    auto text = converted(sample, page.converter);
    if (!text) continue;
    // A text of foreign letters that is one of Latin letters with accents is rarer than the other way round.
    double found = fit(page, *text) * (page.latin == latin ? 1 : 0.6);
    if (found <= best_fit) continue;
    best = &page;
    best_fit = found;
  }
  if (best)
    if (auto text = converted(bytes, best->converter)) return {std::move(*text), best->name};
  return {repaired(bytes, "CP1252", 1), "windows-1252"};
}

}  // namespace reelvault::media
