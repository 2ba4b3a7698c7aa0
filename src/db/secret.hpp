// Keys of the program's own, made at first use and shared by every node.
#pragma once
#include "db/database.hpp"

namespace reelvault::db {

// What `make` gives is kept under `name` unless something is there already; the kept text is given.
Result<std::string> kept_secret(Database& database, std::string_view name, const std::function<std::string()>& make);
// 32 random raw bytes.
Result<std::string> server_secret(Database& database, std::string_view name);

}  // namespace reelvault::db
