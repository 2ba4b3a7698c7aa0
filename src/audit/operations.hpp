// Every word that stands as operation in the audit, so that asking for one that does not exist is a fault rather than
// an empty list. A room that writes a new one adds it here; tests/http/conftest.py holds what was written against it.
#pragma once
#include <string_view>

namespace reelvault::audit {

inline constexpr std::string_view kOperations =
    // of assets
    "create|upload|cancel-upload|assemble|content-arrived|settle|fail|fill-placeholder|replace|register|"
    "update|update-bucket|rename|move|copy|clip|revert|reprocess|archive-request|archive|archive-done|"
    "archive-failed|restore-request|restore|restore-done|restore-failed|local-restore|transfer-move|"
    "transfer-copy|transfer-end|trash|undelete|delete|add-tag|remove-tag|add-collection|"
    "remove-collection|share|revoke-share|"
    // reads
    "view|stream|download|"
    // accounts, and what administrators set
    "sign-in|sign-in-failed|sign-out|end-session|change-password|create-user|update-user|delete-user|"
    "create-group|update-group|delete-group|add-member|remove-member|grant|change-grant|revoke-grant|"
    "create-api-key|update-api-key|delete-api-key|create-field|update-field|delete-field|"
    "create-collection|update-collection|delete-collection|create-webhook|update-webhook|delete-webhook";

}  // namespace reelvault::audit
