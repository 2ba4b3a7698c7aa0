// Wrong passwords in 15 minutes, counted by account and by address (of IPv6 the /64, which one customer has to
// himself). A count that is full closes that account, or that address, until its 15 minutes are over. Counted in the
// database, so that neither a restart nor another node forgets, and under hashes, since people type passwords where the
// name goes. Attempts that run at the same time are looked at before they are counted; Cost::hash keeps them to one per
// core.
#pragma once
#include "db/database.hpp"

namespace reelvault::auth {

class LoginLimiter {
 public:
  LoginLimiter(db::Database& database, std::int64_t limit) : database_(database), limit_(limit) {}

  struct Subjects {
    std::string account;  // hashes
    std::string address;  // empty: none (a Unix socket)
  };
  static Subjects subjects(std::string_view username_key, std::string_view remote_address);

  Result<void> check(const Subjects& subjects, Timestamp at);  // too_many, with the time to wait
  Result<void> failed(const Subjects& subjects, Timestamp at);
  static void succeeded(db::Transaction& tx, const Subjects& subjects);  // forgets the account's, not the address's
  static void prune(db::Transaction& tx, Timestamp at);

 private:
  db::Database& database_;
  std::int64_t limit_;
};

}  // namespace reelvault::auth
