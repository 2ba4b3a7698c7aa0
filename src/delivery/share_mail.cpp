#include "delivery/share_mail.hpp"

namespace reelvault::delivery {

namespace json = boost::json;

namespace {

constexpr std::string_view kJob = "mail-share";
constexpr int kAttempts = 8;

Letter letter_of(const ShareRepository::Mail& mail, std::string to, const Uuid& job) {
  const Share& share = mail.share;
  const std::string who = share.creator.value_or("Somebody");
  std::string text = fmt::format("{} has shared a file with you: {}\n\n", who, mail.asset_name);
  if (share.message) text += *share.message + "\n\n";
  text += mail.link + "\n";
  if (share.password_hash) text += fmt::format("\nThe link needs a password, which {} will tell you.\n", who);
  if (share.expires_at) text += fmt::format("\nIt is good until {}.\n", rfc3339(*share.expires_at));
  return {.to = std::move(to),
          .subject = fmt::format("{} has shared “{}” with you", who, mail.asset_name),
          .text = std::move(text),
          .id = job.text()};
}

}  // namespace

void ShareMail::register_type() {
  jobs::Type type;
  type.name = kJob;
  type.in_server = true;
  type.crew = "mail";
  type.run = [this](const jobs::Job& job, const std::function<void(double)>&, const std::atomic<bool>& stop) {
    return run(job, stop);
  };
  auto settled = [this](db::Transaction& tx, const jobs::Job& job) -> Result<void> {
    if (auto id = Uuid::parse(std::string_view(job.payload.at("shareId").as_string()))) repository_.mailed(tx, *id);
    return {};
  };
  type.succeeded = [settled](db::Transaction& tx, const jobs::Job& job, const json::object&) {
    return settled(tx, job);
  };
  type.failed = [settled](db::Transaction& tx, const jobs::Job& job, const jobs::Failure&) { return settled(tx, job); };
  jobs_.add(std::move(type));
}

void ShareMail::send(db::Transaction& tx, const Share& share, const std::string& link) {
  repository_.set_mails(tx, share.id, static_cast<std::int64_t>(share.recipients.size()), link);
  for (std::size_t i = 0; i < share.recipients.size(); ++i)
    jobs_.enqueue(tx, {.type = std::string(kJob),
                       .key = fmt::format("mail-share/{}/{}", share.id.text(), i),
                       .payload = {{"shareId", share.id.text()}, {"to", share.recipients[i]}},
                       .priority = 50,
                       .max_attempts = kAttempts});
}

std::expected<json::object, jobs::Failure> ShareMail::run(const jobs::Job& job, const std::atomic<bool>& stop) {
  const auto id = Uuid::parse(std::string_view(job.payload.at("shareId").as_string()));
  auto mail = database_.read(
      [&](db::Transaction& tx) -> Result<std::optional<ShareRepository::Mail>> { return repository_.mail(tx, *id); });
  if (!mail)
    return std::unexpected(
        jobs::Failure{.code = "database", .message = mail.error().message, .detail = mail.error().detail});
  if (!*mail || (*mail)->share.over(now())) return json::object{{"sent", false}};
  auto sent = mailer_.send(letter_of(**mail, std::string(job.payload.at("to").as_string()), job.id), stop);
  if (sent) return json::object{{"sent", true}};
  if (stop)
    return std::unexpected(jobs::Failure{.code = std::string(jobs::kWorkerStopped), .message = "The server stops."});
  return std::unexpected(jobs::Failure{.code = "mail-refused",
                                       .message = "The mail server did not take the letter.",
                                       .detail = sent.error().words,
                                       .permanent = sent.error().permanent});
}

}  // namespace reelvault::delivery
