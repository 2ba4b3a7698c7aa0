// A body has faults that its binding sees (types, limits, what its DTO's check says) and others that only a service
// knows (a value that a custom field does not take). So that all are told at once, a request that does not bind is
// shown to the service as well, as far as it could be read: members that could not be are as if they had not been sent.
//
//   table.add(with_all_faults<NewBucket>(post<NoQuery, NewBucket, AssetJson>(…),
//       [&](const Request&, const NewBucket& body) { return assets.check(body); }));
//
// `check` runs before anybody asks for the permission, so what it says must be for everyone whom the route lets in.
#pragma once
#include "http/route.hpp"

namespace reelvault::http {

// For a check: the id in the path, nil where it is malformed.
inline Uuid path_id(const Request& request, std::string_view name = "id") {
  return Uuid::parse(request.path_parameters.find(name)->second).value_or(Uuid{});
}

template <class B, class F>
Route with_all_faults(Route route, F check) {
  route.check = [check = std::move(check)](const Request& request) -> Result<void> {
    RV_TRY(auto document, parse_json_body(request));
    B body{};
    std::vector<FieldFault> known;
    dto::parse(document, body, "", known);
    return check(request, body);
  };
  return route;
}

}  // namespace reelvault::http
