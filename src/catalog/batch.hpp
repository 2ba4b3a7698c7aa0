// Actions on many assets at once (api.md 9). An action is declared once, by the room that can do it; planning, the
// permission at each step, results in the order in which ids were named, going on after a restart and the routes
// (POST /admin/asset/{actionName} and the single POST /admin/asset/{id}/{route}) come from that declaration.
#pragma once
#include "base/principal.hpp"
#include "catalog/asset.hpp"
#include "db/database.hpp"

#include <functional>

namespace reelvault::catalog {

struct BatchCall {
  const Principal& by;
  const boost::json::object& arguments;  // checked by `check`
};

struct BatchAction {
  std::string name;   // "Archive"; matched in any letter case
  std::string route;  // "archive": the single route; empty: none
  std::string summary;

  // What a named folder stands for.
  enum class Reach {
    named,         // itself alone: Move, Trash, tags
    files_below,   // each file below it: Archive, Reprocess
    all_below,     // itself and all below, what holds others first: Copy
    all_below_up,  // the same, what holds others last: Delete
  };
  Reach reach = Reach::named;
  bool takes_below =
      false;  // of `named`: what lies below a named folder goes with it, so that it is not acted on again
  enum class Where { library, bin, both };
  Where where = Where::library;
  bool buckets = false;                       // it may be done to a bucket
  Permission permission = Permission::write;  // on each asset

  // Faults of the arguments, by JSON Pointer into them ("/parentId"): a 400, and nothing runs. Or an Error that stands
  // for all, like a folder to move to that is not there. Reads only.
  std::function<Result<void>(db::Transaction& tx, const BatchCall& call, std::vector<FieldFault>& faults)> check = {};

  // Optional: in a transaction before the first step of a target, on the named asset itself (locked), where it is a
  // folder; of `all_below_up` on each folder below as well, before what it holds is looked at. May come twice.
  std::function<Result<void>(db::Transaction& tx, const BatchCall& call, Asset& folder)> begin = {};
  // Takes back what `begin` did, of a folder whose own step failed.
  std::function<void(db::Transaction& tx, const BatchCall& call, Asset& folder)> give_up = {};

  // Optional: first in every transaction that does steps, before a row is locked; for a lock that all such actions
  // take.
  std::function<void(db::Transaction& tx)> guard = {};

  struct Step {
    Asset asset;                             // locked
    bool named = false;                      // the target itself, or something below it
    std::optional<std::int64_t> new_parent;  // of a copy below another: the row of the folder that was made for it
    // Set by `act`: jobs (rows) that go on with it behind the answer, because bytes must move. The target ends, and
    // fails, with them.
    std::vector<std::int64_t> jobs = {};
    bool lasting = false;  // set by `act`: work goes on behind the answer that the target does not wait for
  };
  struct Made {
    std::int64_t row = 0;
    Uuid id;
  };
  // One asset, in a transaction that several steps share: an Error must be returned before anything was written.
  // Several may be done in one transaction, and all of them again if it fails, so nothing but the database may be
  // changed. Gives what was made (of a copy), if anything.
  std::function<Result<std::optional<Made>>(db::Transaction& tx, const BatchCall& call, Step& step)> act;
  // Optional, of `named` that make nothing and change nothing but the asset itself: several at once, where that is
  // cheaper. What came of each, in their order.
  std::function<std::vector<Result<void>>(db::Transaction& tx, const BatchCall& call, std::vector<Step>& steps)>
      act_together = {};

  // The single route below /asset/... as well; who may call it there is `write` with role editor or admin.
  bool outside_admin = false;
};

}  // namespace reelvault::catalog
