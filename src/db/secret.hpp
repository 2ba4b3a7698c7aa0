// Random keys of the program's own, made at first use and shared by every node: 32 raw bytes each.
#pragma once
#include "db/database.hpp"

namespace reelvault::db {

Result<std::string> server_secret(Database& database, std::string_view name);

}  // namespace reelvault::db
