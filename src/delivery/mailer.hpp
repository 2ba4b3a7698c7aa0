// Letters by SMTP, one at a time. With smtps://, or with a password in the address, never in the clear; with smtp://
// and none, encrypted where the server offers it. Thread-safe.
#pragma once
#include "base/config.hpp"

#include <atomic>

namespace reelvault::delivery {

struct Letter {
  std::string to;       // an address
  std::string subject;  // UTF-8, one line
  std::string text;     // UTF-8
  std::string id;       // the same when it is sent again
};

class Mailer {
 public:
  // Nothing where mail.smtp_url is empty.
  static Result<std::optional<Mailer>> from(const Config& config);

  struct Refusal {
    std::string words;
    bool permanent = false;  // the server will never take it
  };
  std::expected<void, Refusal> send(const Letter& letter, const std::atomic<bool>& stop) const;

  // The letter as it goes over the wire; its lines end in CRLF.
  std::string written(const Letter& letter) const;

 private:
  Mailer(std::string url, std::string from, std::string sender)
      : url_(std::move(url)), from_(std::move(from)), sender_(std::move(sender)) {}

  std::string url_;
  std::string from_;    // as it stands in the head: "Media <media@example.com>"
  std::string sender_;  // the address in it
};

}  // namespace reelvault::delivery
