// Stands by a running child: reads what it prints, watches time, memory, threads, output and progress, kills it with
// all it started when it goes too far, and says why.
#pragma once
#include "media/child_start.hpp"

namespace reelvault::media {

// `wrapped`: the process is bubblewrap, which gives a signal of the program within as 128 + its number.
ChildResult supervise(Started child, const ChildRequest& request, bool wrapped);

}  // namespace reelvault::media
