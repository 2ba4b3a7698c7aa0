#include "base/principal.hpp"

namespace reelvault {

Principal Principal::system() {
  Principal principal;
  principal.kind = Kind::system;
  principal.username = "system";
  principal.role = Role::admin;
  return principal;
}

}  // namespace reelvault
