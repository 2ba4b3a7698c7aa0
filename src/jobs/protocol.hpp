// What workers say to the server, over HTTP: claim (a long poll), heartbeat, complete, fail, leave; and for workers
// that cannot read the server's files: their job's input, and a place for each output. The same routes are served
// twice: on a Unix socket that only the server's own user can open, to workers that share its files, and on the main
// port to whoever shows the worker token. Hidden from the OpenAPI document.
//
// To a worker elsewhere an input {"path": P} is told as {"url": U}, where U is relative to the server and gives the
// bytes (Range is honoured); likewise each member of an array "inputs". What it puts as output NAME lies in the job's
// scratch folder before it completes, as if a step on this machine had made it there. Which of the two a worker is
// follows from the connection.
#pragma once
#include "http/route.hpp"
#include "jobs/engine.hpp"
#include "jobs/worker_list.hpp"

namespace reelvault::jobs {

// `workers` hears of each that claims.
void add_worker_routes(http::RouteTable& table, Engine& engine, WorkerList& workers);

}  // namespace reelvault::jobs
