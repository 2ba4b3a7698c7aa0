// The configured stores. "local", a folder of the data folder, is always there; further ones, or another in its place,
// are tables of the configuration file:
//
//   [stores.media]                     [stores.archive]
//   kind = "local"                     kind = "s3"
//   root = "/mnt/media"                endpoint = "https://s3.eu-west-1.amazonaws.com"
//                                      public_endpoint = "…"   # what clients reach, when it is not the same
//                                      region = "eu-west-1"    # us-east-1 by default
//                                      bucket = "archive"
//                                      prefix = "reelvault"    # none by default
//                                      access_key = "…"
//                                      secret_key = "…"
//                                      path_style = true       # false: the bucket's name is part of the host's
//
// A store belongs to one installation: its sweep removes what none of its rows names (storage/sweep.hpp).
#pragma once
#include "base/config.hpp"
#include "storage/blob_store.hpp"

namespace reelvault::storage {

inline constexpr std::string_view default_store = "local";

// Makes the default folder. Every fault of every table is in one Error. A local root must be there: what is missing
// may be a disk that is not mounted.
Result<Stores> configured_stores(const Config& config);

}  // namespace reelvault::storage
