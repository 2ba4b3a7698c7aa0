// The only SQL over shares.
#pragma once
#include "db/database.hpp"
#include "delivery/share.hpp"

namespace reelvault::delivery {

class ShareRepository {
 public:
  void insert(db::Transaction& tx, const Share& share);
  std::optional<Share> find(db::Transaction& tx, const Uuid& id);
  std::optional<Share> by_token(db::Transaction& tx, std::string_view token_hash);
  std::vector<Share> of_asset(db::Transaction& tx, std::int64_t asset_row, std::int64_t limit);  // newest first
  std::int64_t count_open(db::Transaction& tx, std::int64_t asset_row, Timestamp at);            // those not over
  bool revoke(db::Transaction& tx, std::int64_t row, Timestamp at);  // false: it was already
  // What is to be written to its recipients; nothing once all have been.
  struct Mail {
    Share share;
    std::string link, asset_name;
  };
  void set_mails(db::Transaction& tx, const Uuid& share, std::int64_t count, const std::string& link);
  std::optional<Mail> mail(db::Transaction& tx, const Uuid& share);
  void mailed(db::Transaction& tx, const Uuid& share);  // one of them, or it was given up; after the last the link goes
  void opened(db::Transaction& tx, std::int64_t row, Timestamp at);
};

}  // namespace reelvault::delivery
