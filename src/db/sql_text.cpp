#include "db/sql_text.hpp"

#include "base/text.hpp"

namespace reelvault::db {
namespace {

using Kind = SqlToken::Kind;

bool starts_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
bool in_word(char c) { return starts_word(c) || (c >= '0' && c <= '9'); }
bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// Past the closing quote; a doubled quote stays inside, as does what a backslash escapes.
std::size_t end_of_quoted(std::string_view sql, std::size_t at, char quote, bool backslash) {
  for (++at; at < sql.size(); ++at) {
    if (backslash && sql[at] == '\\') {
      ++at;
    } else if (sql[at] == quote) {
      if (at + 1 >= sql.size() || sql[at + 1] != quote) return at + 1;
      ++at;
    }
  }
  return sql.size();
}

// Block comments nest, as they do on PostgreSQL.
std::size_t end_of_comment(std::string_view sql, std::size_t at) {
  int depth = 0;
  while (at < sql.size()) {
    const std::string_view two = sql.substr(at, 2);
    if (two == "/*") {
      ++depth;
      at += 2;
    } else if (two == "*/") {
      at += 2;
      if (--depth == 0) return at;
    } else {
      ++at;
    }
  }
  return sql.size();
}

// The end of $tag$ … $tag$ when one starts here, else 0.
std::size_t end_of_dollar_quoted(std::string_view sql, std::size_t at) {
  std::size_t tag_end = at + 1;
  if (tag_end < sql.size() && sql[tag_end] >= '0' && sql[tag_end] <= '9') return 0;  // $1
  while (tag_end < sql.size() && in_word(sql[tag_end])) ++tag_end;
  if (tag_end >= sql.size() || sql[tag_end] != '$') return 0;
  const std::string_view tag = sql.substr(at, tag_end + 1 - at);
  const std::size_t close = sql.find(tag, tag_end + 1);
  return close == std::string_view::npos ? sql.size() : close + tag.size();
}

SqlToken next_token(std::string_view sql, std::size_t at) {
  const char c = sql[at];
  const char following = at + 1 < sql.size() ? sql[at + 1] : '\0';
  auto until = [&](std::size_t end, Kind kind) { return SqlToken{kind, sql.substr(at, end - at)}; };
  if (blank(c)) {
    std::size_t end = at;
    while (end < sql.size() && blank(sql[end])) ++end;
    return until(end, Kind::space);
  }
  if (c == '-' && following == '-') return until(std::min(sql.find('\n', at), sql.size()), Kind::space);
  if (c == '/' && following == '*') return until(end_of_comment(sql, at), Kind::space);
  if (c == '\'') return until(end_of_quoted(sql, at, '\'', false), Kind::string);
  if ((c == 'e' || c == 'E') && following == '\'') return until(end_of_quoted(sql, at + 1, '\'', true), Kind::string);
  if (c == '"') return until(end_of_quoted(sql, at, '"', false), Kind::quoted);
  if (c == '$') {
    if (const std::size_t end = end_of_dollar_quoted(sql, at)) return until(end, Kind::string);
    return until(at + 1, Kind::symbol);
  }
  if (c == ':' && (following == ':' || following == '=')) return until(at + 2, Kind::symbol);
  if (in_word(c) || (c == ':' && starts_word(following))) {
    std::size_t end = at + 1;
    while (end < sql.size() && in_word(sql[end])) ++end;
    return until(end, c == ':' ? Kind::parameter : Kind::word);
  }
  if ((c == '<' && following == '>') || (c == '!' && following == '=')) return until(at + 2, Kind::symbol);
  return until(at + 1, Kind::symbol);
}

// Positions of the tokens that are neither blanks nor comments.
std::vector<std::size_t> code_positions(const std::vector<SqlToken>& tokens) {
  std::vector<std::size_t> code;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != Kind::space) code.push_back(i);
  }
  return code;
}

bool is_word(const SqlToken& token, std::string_view word) {
  return token.kind == Kind::word && iequals(token.text, word);
}
bool is_symbol(const SqlToken& token, std::string_view symbol) {
  return token.kind == Kind::symbol && token.text == symbol;
}

std::string_view trimmed_code(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<SqlToken> scan_sql(std::string_view sql) {
  std::vector<SqlToken> tokens;
  for (std::size_t at = 0; at < sql.size();) {
    tokens.push_back(next_token(sql, at));
    at += tokens.back().text.size();
  }
  return tokens;
}

std::string sqlite_statement(std::string_view sql) {
  const std::vector<SqlToken> tokens = scan_sql(sql);
  const std::vector<std::size_t> code = code_positions(tokens);
  std::string out;
  out.reserve(sql.size() + 40);
  std::size_t copied = 0;  // tokens before this one are in `out`
  for (std::size_t i = 0; i + 4 < code.size(); ++i) {
    const bool any = is_symbol(tokens[code[i]], "=") && is_word(tokens[code[i + 1]], "any");
    const bool all =
        (is_symbol(tokens[code[i]], "<>") || is_symbol(tokens[code[i]], "!=")) && is_word(tokens[code[i + 1]], "all");
    if ((!any && !all) || !is_symbol(tokens[code[i + 2]], "(") || tokens[code[i + 3]].kind != Kind::parameter ||
        !is_symbol(tokens[code[i + 4]], ")")) {
      continue;
    }
    for (; copied < code[i]; ++copied) out += tokens[copied].text;
    out += any ? "in (select value from reelvault_list(" : "not in (select value from reelvault_list(";
    out += tokens[code[i + 3]].text;
    out += "))";
    copied = code[i + 4] + 1;
    i += 4;
  }
  for (; copied < tokens.size(); ++copied) out += tokens[copied].text;
  return out;
}

PostgresStatement postgres_statement(std::string_view sql) {
  PostgresStatement out;
  out.sql.reserve(sql.size());
  for (const SqlToken& token : scan_sql(sql)) {
    if (token.kind != Kind::parameter) {
      out.sql += token.text;
      continue;
    }
    const std::string_view name = token.text.substr(1);
    auto found = std::find(out.names.begin(), out.names.end(), name);
    if (found == out.names.end()) found = out.names.insert(found, std::string(name));
    out.sql += '$';
    out.sql += std::to_string(found - out.names.begin() + 1);
  }
  return out;
}

std::vector<std::string> split_statements(std::string_view script) {
  std::vector<std::string> statements;
  std::string current;
  bool has_code = false;
  bool create = false;   // the statement began with `create`
  bool trigger = false;  // … and is a trigger
  int depth = 0;         // of begin … end and case … end inside a trigger
  auto finish = [&] {
    if (has_code) statements.emplace_back(trimmed_code(current));
    current.clear();
    has_code = create = trigger = false;
    depth = 0;
  };
  for (const SqlToken& token : scan_sql(script)) {
    if (is_symbol(token, ";") && depth == 0) {
      finish();
      continue;
    }
    current += token.text;
    if (token.kind == Kind::space) continue;
    if (!has_code) create = is_word(token, "create");
    has_code = true;
    if (create && is_word(token, "trigger")) trigger = true;
    if (!trigger) continue;
    if (is_word(token, "begin") || (depth > 0 && is_word(token, "case"))) ++depth;
    if (depth > 0 && is_word(token, "end")) --depth;
  }
  finish();
  return statements;
}

std::string postgres_schema(std::string_view statement) {
  const std::vector<SqlToken> tokens = scan_sql(statement);
  const std::vector<std::size_t> code = code_positions(tokens);
  auto word = [&](std::size_t i, std::string_view text) { return i < code.size() && is_word(tokens[code[i]], text); };
  bool table = false;
  for (std::size_t i = 0; i < std::min<std::size_t>(code.size(), 3); ++i) table = table || word(i, "table");
  if (!table || (!word(0, "create") && !word(0, "alter"))) return std::string(statement);

  // A type stands after a column's name, which stands after "(", ",", "add", "column" or "exists".
  auto types_column = [&](std::size_t i) {
    if (i < 2) return false;
    const SqlToken& name = tokens[code[i - 1]];
    const SqlToken& before = tokens[code[i - 2]];
    if (name.kind != Kind::word && name.kind != Kind::quoted) return false;
    if (is_word(before, "add") && is_word(name, "column")) return false;
    return is_symbol(before, "(") || is_symbol(before, ",") || is_word(before, "add") || is_word(before, "column") ||
           is_word(before, "exists");
  };
  std::map<std::size_t, std::string_view> replaced;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (word(i, "integer") && word(i + 1, "primary") && word(i + 2, "key")) {
      replaced[code[i]] = "bigint generated by default as identity";
      if (word(i + 3, "autoincrement")) replaced[code[i + 3]] = "";
    } else if (word(i, "text") && types_column(i) && !word(i + 1, "collate")) {
      replaced[code[i]] = "text collate \"C\"";
    } else if (word(i, "blob") && types_column(i)) {
      replaced[code[i]] = "bytea";
    }
  }
  std::string out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    auto found = replaced.find(i);
    out += found == replaced.end() ? tokens[i].text : found->second;
  }
  return out;
}

}  // namespace reelvault::db
