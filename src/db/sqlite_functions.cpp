#include "db/sqlite_functions.hpp"

#include "db/database.hpp"

#include <sqlite3.h>

#include <cstring>
#include <memory>
#include <vector>

namespace reelvault::db {
namespace {

// SQLite has no public comparison of two values, so numbers and texts are told apart here; nulls are passed over.
bool less(sqlite3_value* a, sqlite3_value* b) {
  auto number = [](sqlite3_value* v) {
    const int type = sqlite3_value_type(v);
    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
  };
  if (number(a) != number(b)) return number(a);
  if (sqlite3_value_type(a) == SQLITE_INTEGER && sqlite3_value_type(b) == SQLITE_INTEGER) {
    return sqlite3_value_int64(a) < sqlite3_value_int64(b);
  }
  if (number(a)) return sqlite3_value_double(a) < sqlite3_value_double(b);
  auto view = [](sqlite3_value* v) {
    const void* data = sqlite3_value_blob(v);
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(v));
    return std::string_view(size == 0 ? "" : static_cast<const char*>(data), size);
  };
  return view(a) < view(b);
}

void extreme(sqlite3_context* context, int count, sqlite3_value** values) {
  const bool greatest = sqlite3_user_data(context) != nullptr;
  sqlite3_value* best = nullptr;
  for (int i = 0; i < count; ++i) {
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) continue;
    if (best == nullptr || (greatest ? less(best, values[i]) : less(values[i], best))) best = values[i];
  }
  if (best != nullptr) sqlite3_result_value(context, best);
}

// reelvault_numbers(x): all values of a query in one row, which costs a third of a row each.
void numbers_step(sqlite3_context* context, int, sqlite3_value** values) {
  auto** numbers = static_cast<std::vector<std::int64_t>**>(sqlite3_aggregate_context(context, sizeof(void*)));
  if (numbers == nullptr) return sqlite3_result_error_nomem(context);
  if (*numbers == nullptr) *numbers = new std::vector<std::int64_t>;
  (*numbers)->push_back(sqlite3_value_int64(values[0]));
}

void numbers_final(sqlite3_context* context) {
  auto** numbers = static_cast<std::vector<std::int64_t>**>(sqlite3_aggregate_context(context, 0));
  if (numbers == nullptr || *numbers == nullptr) return sqlite3_result_zeroblob(context, 0);
  const std::unique_ptr<std::vector<std::int64_t>> all(std::exchange(*numbers, nullptr));
  sqlite3_result_blob64(context, all->data(), all->size() * sizeof(std::int64_t), SQLITE_TRANSIENT);
}

constexpr int value_column = 0;
constexpr int list_column = 1;  // hidden: the argument

struct ListCursor : sqlite3_vtab_cursor {
  const Value::Variant* list = nullptr;
  std::size_t position = 0;
  std::size_t size = 0;
};

int list_connect(sqlite3* handle, void*, int, const char* const*, sqlite3_vtab** out, char**) {
  const int code = sqlite3_declare_vtab(handle, "create table x(value, list hidden)");
  if (code == SQLITE_OK) {
    sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
    *out = new sqlite3_vtab{};
  }
  return code;
}

int list_disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}

int list_best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn != list_column || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->estimatedCost = 100;
    info->estimatedRows = 100;
    return SQLITE_OK;
  }
  info->estimatedCost = 1;
  info->estimatedRows = 1;
  return SQLITE_OK;  // without a list: no rows
}

int list_open(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  *out = new ListCursor{};
  return SQLITE_OK;
}

int list_close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<ListCursor*>(cursor);
  return SQLITE_OK;
}

int list_filter(sqlite3_vtab_cursor* base, int, const char*, int count, sqlite3_value** values) {
  auto* cursor = static_cast<ListCursor*>(base);
  cursor->position = 0;
  cursor->size = 0;
  cursor->list =
      count == 1 ? static_cast<const Value::Variant*>(sqlite3_value_pointer(values[0], sqlite_list_pointer)) : nullptr;
  if (cursor->list == nullptr) return SQLITE_OK;
  std::visit(
      [&](const auto& list) {
        if constexpr (requires {
                        list.begin();
                        list.at(0);
                      } && !std::is_convertible_v<decltype(list), std::string_view>)
          cursor->size = list.size();
      },
      *cursor->list);
  return SQLITE_OK;
}

int list_next(sqlite3_vtab_cursor* base) {
  ++static_cast<ListCursor*>(base)->position;
  return SQLITE_OK;
}

int list_eof(sqlite3_vtab_cursor* base) {
  const auto* cursor = static_cast<ListCursor*>(base);
  return cursor->position >= cursor->size ? 1 : 0;
}

int list_column_value(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  const auto* cursor = static_cast<ListCursor*>(base);
  if (column != value_column) return SQLITE_OK;
  // The list outlives the statement, so its bytes need no copy.
  if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(cursor->list)) {
    sqlite3_result_int64(context, (*numbers)[cursor->position]);
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(cursor->list)) {
    const std::string& text = (*texts)[cursor->position];
    sqlite3_result_text64(context, text.c_str(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  } else if (const auto* uuids = std::get_if<std::vector<Uuid>>(cursor->list)) {
    sqlite3_result_blob(context, (*uuids)[cursor->position].bytes.data(), 16, SQLITE_STATIC);
  }
  return SQLITE_OK;
}

int list_rowid(sqlite3_vtab_cursor* base, sqlite3_int64* rowid) {
  *rowid = static_cast<sqlite3_int64>(static_cast<ListCursor*>(base)->position);
  return SQLITE_OK;
}

const sqlite3_module list_module = [] {
  sqlite3_module module{};
  module.xConnect = list_connect;  // no xCreate: the table exists by itself
  module.xBestIndex = list_best_index;
  module.xDisconnect = list_disconnect;
  module.xOpen = list_open;
  module.xClose = list_close;
  module.xFilter = list_filter;
  module.xNext = list_next;
  module.xEof = list_eof;
  module.xColumn = list_column_value;
  module.xRowid = list_rowid;
  return module;
}();

}  // namespace

std::vector<std::int64_t> numbers_of(std::string_view bytes) {
  std::vector<std::int64_t> out(bytes.size() / sizeof(std::int64_t));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * sizeof(std::int64_t));
  return out;
}

int add_sqlite_functions(sqlite3* handle) {
  static char greatest;
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  if (int code = sqlite3_create_function(handle, "greatest", -1, flags, &greatest, extreme, nullptr, nullptr)) {
    return code;
  }
  if (int code = sqlite3_create_function(handle, "least", -1, flags, nullptr, extreme, nullptr, nullptr)) return code;
  if (int code = sqlite3_create_function(handle, "reelvault_numbers", 1, flags, nullptr, nullptr, numbers_step,
                                         numbers_final)) {
    return code;
  }
  return sqlite3_create_module(handle, "reelvault_list", &list_module, nullptr);
}

}  // namespace reelvault::db
