// A body has faults that its binding sees (a wrong type, a limit) and others that only its service knows (a value that
// a custom field does not take). So that all are told at once, a body that does not bind is shown to the service as
// well, as far as it could be read: members that could not be are as if they had not been sent.
//
//   table.add(with_all_faults<NewField>(post<NoQuery, NewField, FieldJson>(…),
//       [](const Request&, const NewField& body) -> Result<void> { return check(body); }));
//
// `check` runs before anybody asks for the permission, so what it says must be for everyone whom the route lets in.
#pragma once
#include "http/route.hpp"

namespace reelvault::http {

// Of `more` what is not at or below a place that has a fault already.
void add_faults(std::vector<FieldFault>& faults, std::vector<FieldFault> more);

template <class B, class F>
Route with_all_faults(Route route, F check) {
  route.bind = [bind = std::move(route.bind), check = std::move(check)](Request& request) -> Result<Handler> {
    auto handler = bind(request);
    if (handler || handler.error().faults.empty()) return handler;
    RV_TRY(auto document, parse_json_body(request));
    B body{};
    std::vector<FieldFault> known;
    dto::parse(document, body, "", known);
    if (Result<void> checked = check(request, body); !checked && !checked.error().faults.empty())
      add_faults(handler.error().faults, std::move(checked.error().faults));
    return handler;
  };
  return route;
}

}  // namespace reelvault::http
