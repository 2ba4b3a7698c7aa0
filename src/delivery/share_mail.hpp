// Tells the recipients of a share of its link: a durable job for each, so that nobody is written to twice because
// another's server was away, and nobody sees whom else it went to. The link stands in the share's row for as long as a
// job needs it. What is revoked or over meanwhile is not sent.
#pragma once
#include "delivery/mailer.hpp"
#include "delivery/share_repository.hpp"
#include "jobs/engine.hpp"

namespace reelvault::delivery {

class ShareMail {
 public:
  ShareMail(db::Database& database, jobs::Engine& jobs, Mailer mailer)
      : database_(database), jobs_(jobs), mailer_(std::move(mailer)) {}
  void register_type();
  // In the transaction that makes the share.
  void send(db::Transaction& tx, const Share& share, const std::string& link);

 private:
  std::expected<boost::json::object, jobs::Failure> run(const jobs::Job& job, const std::atomic<bool>& stop);

  db::Database& database_;
  jobs::Engine& jobs_;
  Mailer mailer_;
  ShareRepository repository_;
};

}  // namespace reelvault::delivery
