#include "delivery/mailer.hpp"

#include "base/hash.hpp"
#include "base/time.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

namespace reelvault::delivery {
namespace {

constexpr long kTimeoutMs = 60'000, kConnectMs = 15'000;

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

bool plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

// RFC 2047: words of at most 75 characters, none of which ends within a character.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t kBytesMost = 45;
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(kBytesMost, text.size());
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    if (end == 0) end = std::min(kBytesMost, text.size());  // not UTF-8
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", base64(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return out;
}

std::string base64_lines(std::string_view text) {
  constexpr std::size_t kLine = 76;
  const std::string all = base64(text);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += kLine) out += all.substr(at, kLine) + "\r\n";
  return out;
}

// RFC 5322: as in HTTP, with the zone in digits.
std::string mail_date(Timestamp at) {
  std::string text = http_date(at);
  if (text.ends_with("GMT")) text.replace(text.size() - 3, 3, "+0000");
  return text;
}

struct Sending {
  std::string_view left;
  const std::atomic<bool>* stop = nullptr;

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) {
    auto& sending = *static_cast<Sending*>(self);
    const std::size_t bytes = std::min(size * count, sending.left.size());
    std::memcpy(to, sending.left.data(), bytes);
    sending.left.remove_prefix(bytes);
    return bytes;
  }
  static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return *static_cast<Sending*>(self)->stop ? 1 : 0;
  }
};

}  // namespace

Result<std::optional<Mailer>> Mailer::from(const Config& config) {
  const std::string& url = config.text("mail.smtp_url");
  const std::string& from = config.text("mail.from");
  if (url.empty()) return std::optional<Mailer>{};
  if (!url.starts_with("smtp://") && !url.starts_with("smtps://"))
    return fail(Code::invalid, "config", "mail.smtp_url must begin with smtp:// or smtps://.");
  const auto open = from.find('<'), close = from.rfind('>');
  std::string sender = from;
  if (open != std::string::npos && close != std::string::npos && open < close)
    sender = from.substr(open + 1, close - open - 1);
  if (!plain(from) || sender.find('@') == std::string::npos || sender.find(' ') != std::string::npos)
    return fail(Code::invalid, "config", "mail.from must be an address in ASCII, such as Media <media@example.com>.");
  return std::optional(Mailer(url, from, std::move(sender)));
}

std::string Mailer::written(const Letter& letter) const {
  return fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: <{}>\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
      mail_date(now()), from_, letter.to, encoded_words(letter.subject), letter.id,
      sender_.substr(sender_.rfind('@') + 1), base64_lines(letter.text));
}

std::expected<void, Mailer::Refusal> Mailer::send(const Letter& letter, const std::atomic<bool>& stop) const {
  start_curl();
  const std::string text = written(letter);
  const std::string sender = "<" + sender_ + ">", to = "<" + letter.to + ">";
  Sending sending{text, &stop};
  char fault[CURL_ERROR_SIZE] = "";
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), &curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(curl_slist_append(nullptr, to.c_str()),
                                                                               &curl_slist_free_all);
  if (!handle || !recipients) throw std::bad_alloc();
  CURL* curl = handle.get();
  // A password is never sent in the clear.
  const bool secret = url_.find('@') != std::string::npos;
  curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(secret ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, &Sending::read);
  curl_easy_setopt(curl, CURLOPT_READDATA, &sending);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Sending::progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &sending);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fault);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  long answer = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
  return std::unexpected(
      Refusal{fault[0] != 0 ? std::string(fault) : std::string(curl_easy_strerror(code)), answer / 10 == 55});
}

}  // namespace reelvault::delivery
