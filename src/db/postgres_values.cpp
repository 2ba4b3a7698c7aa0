#include "db/postgres_values.hpp"

#include "base/hash.hpp"
#include "db/failure.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <bit>

namespace reelvault::db {
namespace {

// From PostgreSQL's pg_type.dat; they never change.
enum TypeOid : unsigned {
  bool_oid = 16,
  bytea_oid = 17,
  int8_oid = 20,
  int2_oid = 21,
  int4_oid = 23,
  text_oid = 25,
  oid_oid = 26,
  xid_oid = 28,
  float4_oid = 700,
  float8_oid = 701,
  text_array_oid = 1009,
  int8_array_oid = 1016,
  numeric_oid = 1700,
  uuid_oid = 2950,
  uuid_array_oid = 2951,
  xid8_oid = 5069,
};

template <class T>
void append_big_endian(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff);
  }
}

std::string_view view(const Uuid& uuid) { return {reinterpret_cast<const char*>(uuid.bytes.data()), 16}; }

std::string encode(std::int64_t value) {
  std::string out;
  append_big_endian(out, value);
  return out;
}
std::string_view encode(const std::string& value) {
  check_text(value);
  return value;
}
std::string_view encode(const Uuid& value) { return view(value); }

// One dimension, from 1, without nulls.
template <class T>
std::string array(unsigned element_type, const std::vector<T>& list) {
  std::string out;
  append_big_endian<std::int32_t>(out, list.empty() ? 0 : 1);
  append_big_endian<std::int32_t>(out, 0);
  append_big_endian(out, element_type);
  if (list.empty()) return out;
  append_big_endian(out, static_cast<std::int32_t>(list.size()));
  append_big_endian<std::int32_t>(out, 1);
  for (const T& element : list) {
    const auto bytes = encode(element);
    append_big_endian(out, static_cast<std::int32_t>(bytes.size()));
    out += bytes;
  }
  return out;
}

bool number_type(unsigned type) {
  for (unsigned one : {int8_oid, int4_oid, int2_oid, oid_oid, xid_oid, xid8_oid, float4_oid, float8_oid, numeric_oid}) {
    if (one == type) return true;
  }
  return false;
}

}  // namespace

PostgresArguments::PostgresArguments(const std::vector<std::string>& names, const Parameters& parameters,
                                     std::string_view sql) {
  for (const std::string& name : names) {
    const auto found = std::find_if(parameters.begin(), parameters.end(), [&](auto& p) { return p.name == name; });
    if (found == parameters.end()) throw_bug(fmt::format("no value for :{} in: {}", name, sql));
    std::visit(
        [&]<class T>(const T& v) {
          if constexpr (std::is_same_v<T, Null>) {
            constexpr unsigned types[] = {0,         bool_oid, int8_oid,       float8_oid,     text_oid,
                                          bytea_oid, uuid_oid, int8_array_oid, text_array_oid, uuid_array_oid};
            static_assert(std::size(types) == std::variant_size_v<Value::Variant>);
            types_.push_back(types[v.type]);
            values_.push_back(nullptr);
            lengths_.push_back(0);
            formats_.push_back(1);
          } else if constexpr (std::is_same_v<T, bool>) {
            add(bool_oid, std::string_view(v ? "\1" : "\0", 1));
          } else if constexpr (std::is_same_v<T, std::int64_t>) {
            add_own(int8_oid, encode(v));
          } else if constexpr (std::is_same_v<T, double>) {
            add_own(float8_oid, encode(std::bit_cast<std::int64_t>(v)));
          } else if constexpr (std::is_same_v<T, std::string_view>) {
            check_text(v);
            add(text_oid, v);
          } else if constexpr (std::is_same_v<T, Blob>) {
            add(bytea_oid, v.bytes);
          } else if constexpr (std::is_same_v<T, Uuid>) {
            add(uuid_oid, view(v));
          } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
            add_own(int8_array_oid, array(int8_oid, v));
          } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
            add_own(text_array_oid, array(text_oid, v));
          } else {
            add_own(uuid_array_oid, array(uuid_oid, v));
          }
        },
        found->value.variant());
  }
}

void PostgresArguments::add(unsigned type, std::string_view borrowed) {
  types_.push_back(type);
  values_.push_back(borrowed.empty() ? "" : borrowed.data());  // a null pointer would be NULL
  lengths_.push_back(static_cast<int>(borrowed.size()));
  formats_.push_back(1);
}

void PostgresArguments::add_own(unsigned type, std::string bytes) { add(type, own_.emplace_back(std::move(bytes))); }

int PostgresRow::position(std::string_view column) const {
  const int count = PQnfields(result_);
  for (int i = 0; i < count; ++i) {
    if (column == PQfname(result_, i)) return i;
  }
  throw_bug(fmt::format("no column {}", column));
}

bool PostgresRow::null(int column) const {
  if (column < 0 || column >= PQnfields(result_)) throw_bug(fmt::format("no column {}", column));
  return PQgetisnull(result_, row_, column) != 0;
}

std::string_view PostgresRow::raw(int column) const {
  return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::int64_t PostgresRow::integer(int column) const {
  const std::string_view text = raw(column);
  const unsigned type = PQftype(result_, column);
  if (type == bool_oid) return text == "t" ? 1 : 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (number_type(type) && error == std::errc() && end == text.data() + text.size()) return value;
  const double rounded = real(column);  // sums are numeric, averages have a fraction: cut as SQLite does
  if (rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0) return static_cast<std::int64_t>(rounded);
  throw_bug(fmt::format("column {} holds {}, which is no integer", column, text));
}

double PostgresRow::real(int column) const {
  const std::string_view text = raw(column);
  double value = 0;
  if (!number_type(PQftype(result_, column)) ||
      std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) {
    throw_bug(fmt::format("column {} is not a number", column));
  }
  return value;
}

std::string_view PostgresRow::bytes(int column) const {
  const std::string_view text = raw(column);
  const unsigned type = PQftype(result_, column);
  if (type == bool_oid) return text == "t" ? "1" : "0";
  if (type != bytea_oid && type != uuid_oid) return text;
  auto found = decoded_.find(column);
  if (found == decoded_.end()) {
    std::optional<std::string> decoded;
    if (type == uuid_oid) {
      decoded = std::string(view(uuid(column)));
    } else if (text.starts_with("\\x")) {
      decoded = from_hex(text.substr(2));
    }
    if (!decoded) throw_bug(fmt::format("column {} is not bytea in hexadecimal", column));
    found = decoded_.emplace(column, std::move(*decoded)).first;
  }
  return found->second;
}

Uuid PostgresRow::uuid(int column) const {
  if (PQftype(result_, column) == uuid_oid) {
    if (auto parsed = Uuid::parse(raw(column))) return *parsed;
  }
  throw_bug(fmt::format("column {} is not a uuid", column));
}

}  // namespace reelvault::db
