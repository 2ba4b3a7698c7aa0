// Local restore over HTTP. Archive and Restore are batch actions, with their routes for one asset (catalog/batch.hpp).
#pragma once
#include "archive/local_restore.hpp"
#include "http/route.hpp"

namespace reelvault::archive {

void add_archive_routes(http::RouteTable& table, LocalRestoreService& restores);

}  // namespace reelvault::archive
