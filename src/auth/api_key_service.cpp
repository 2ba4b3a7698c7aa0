#include "auth/api_key_service.hpp"

#include "audit/audit_repository.hpp"
#include "auth/api_key.hpp"
#include "auth/api_key_repository.hpp"

namespace reelvault::auth {
namespace {

constexpr std::chrono::days kDefaultLife{365};

ApiKeyJson json_of(const StoredApiKey& key) {
  ApiKeyJson out{.id = key.id,
                 .userId = key.user,
                 .name = key.name,
                 .prefix = std::string(kApiKeyStart) + key.prefix,
                 .expiresAt = key.expires_at,
                 .lastUsedAt = key.last_used_at,
                 .createdAt = key.created_at};
  if (key.scopes) {
    auto scopes = split_scopes(*key.scopes);
    out.scopes.emplace(scopes.begin(), scopes.end());
  }
  return out;
}

Result<StoredApiKey> visible(db::Transaction& tx, const Principal& by, const Uuid& id) {
  auto key = api_keys::find(tx, id);
  if (!key || (by.role != Role::admin && key->user_row != by.user_row)) return fail_not_found("API key");
  return std::move(*key);
}

}  // namespace

Result<ApiKeyJson> ApiKeyService::get(const Principal& by, const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<ApiKeyJson> {
    RV_TRY(StoredApiKey key, visible(tx, by, id));
    return json_of(key);
  });
}

Result<ApiKeyPage> ApiKeyService::list(const Principal& by, const ApiKeyQuery& query) {
  RV_TRY(PageRequest request, page_request(query.pageSize, query.pageToken, query.sort));
  ApiKeyPage out;
  if (by.role != Role::admin && query.userId && *query.userId != by.user_id) return out;
  std::optional<Uuid> user = by.role == Role::admin ? query.userId : std::optional(by.user_id);
  return database_.read([&](db::Transaction& tx) -> Result<ApiKeyPage> {
    auto page =
        make_page(api_keys::page(tx, request, user), request, api_keys::count(tx, request, user),
                  [](const StoredApiKey& key) { return PageRequest::After{"", unix_ms(key.created_at), key.row}; });
    ApiKeyPage found{.nextPageToken = page.next, .totalItemCount = page.total, .totalIsEstimate = page.estimate};
    for (const StoredApiKey& key : page.items) found.items.push_back(json_of(key));
    return found;
  });
}

Result<ApiKeyJson> ApiKeyService::create(const Principal& by, const CreateApiKey& given) {
  RV_CHECK(dto::check(given));
  Uuid owner = given.userId.value_or(by.user_id);
  if (owner != by.user_id && by.role != Role::admin)
    return fail(Code::forbidden, "role-missing", "Only administrators make keys for others.");
  NewApiKey made = make_api_key();
  StoredApiKey key{.id = Uuid::v7(), .user = owner, .prefix = made.prefix, .created_at = now()};
  RV_TRY(key.name, clean_name(given.name, "/name"));
  if (given.scopes) key.scopes = join_scopes(*given.scopes);
  key.expires_at = given.expiresAt.value_or(key.created_at + kDefaultLife);
  return database_.write([&](db::Transaction& tx) -> Result<ApiKeyJson> {
    auto user = users::find(tx, owner);
    if (!user) return fail_not_found("user");
    key.user_row = user->row;
    api_keys::insert(tx, key, made.hash, by.user_id);
    audit::append(tx, audit::account("create-api-key", "api-key", key.id, key.name,
                                     fmt::format("of {}, scopes {}", user->username, key.scopes.value_or("all"))));
    ApiKeyJson out = json_of(key);
    out.key = made.text;
    return out;
  });
}

Result<ApiKeyJson> ApiKeyService::patch(const Principal& by, const Uuid& id, const PatchApiKey& given) {
  RV_CHECK(dto::check(given));
  std::optional<std::string> name;
  if (given.name) {
    RV_TRY(name, clean_name(*given.name, "/name"));
  }
  return database_.write([&](db::Transaction& tx) -> Result<ApiKeyJson> {
    Changes changes{.epoch = next_epoch(tx)};
    RV_TRY(StoredApiKey key, visible(tx, by, id));
    if (name) key.name = *name;
    if (given.scopes) key.scopes = join_scopes(*given.scopes);
    if (given.expiresAt) key.expires_at = given.expiresAt;
    api_keys::update(tx, key);
    audit::append(
        tx, audit::account("update-api-key", "api-key", key.id, key.name, "scopes " + key.scopes.value_or("all")));
    directory_.apply_after(tx, std::move(changes));  // the gates look again
    return json_of(key);
  });
}

Result<void> ApiKeyService::remove(const Principal& by, const Uuid& id) {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    Changes changes{.epoch = next_epoch(tx)};
    RV_TRY(StoredApiKey key, visible(tx, by, id));
    api_keys::remove(tx, key.row);
    audit::append(tx, audit::account("delete-api-key", "api-key", key.id, key.name));
    directory_.apply_after(tx, std::move(changes));
    return {};
  });
}

}  // namespace reelvault::auth
