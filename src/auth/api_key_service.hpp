// Managing API keys: everyone their own, administrators everyone's. Another's key is not found, rather than forbidden.
#pragma once
#include "auth/account_json.hpp"
#include "auth/directory.hpp"

namespace reelvault::auth {

class ApiKeyService {
 public:
  ApiKeyService(db::Database& database, Directory& directory) : database_(database), directory_(directory) {}

  Result<ApiKeyJson> get(const Principal& by, const Uuid& id);
  Result<ApiKeyPage> list(const Principal& by, const ApiKeyQuery& query);
  Result<ApiKeyJson> create(const Principal& by, const CreateApiKey& given);  // with the key itself
  Result<ApiKeyJson> patch(const Principal& by, const Uuid& id, const PatchApiKey& given);
  Result<void> remove(const Principal& by, const Uuid& id);

 private:
  db::Database& database_;
  Directory& directory_;
};

}  // namespace reelvault::auth
