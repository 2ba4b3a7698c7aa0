#include "db/sqlite_database.hpp"

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/origin.hpp"
#include "db/nesting.hpp"
#include "db/sqlite_transaction.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace reelvault::db {
namespace {

constexpr std::chrono::hours read_no_limit{24};

// SQLite's locks and shared memory do not hold across machines.
Result<void> refuse_network_file_system(const std::filesystem::path& directory) {
  struct statfs info{};
  if (::statfs(directory.c_str(), &info) != 0) return fail_errno(errno, "statfs " + directory.string());
  std::string_view name;
  switch (static_cast<std::uint32_t>(info.f_type)) {
    case 0x6969: name = "NFS"; break;
    case 0x517B:
    case 0xFF534D42:
    case 0xFE534D42: name = "SMB"; break;
    case 0x01021997:  // 9p
    case 0x00C36400:  // Ceph
    case 0x5346414F:  // AFS
    case 0x65735546:  // FUSE
      log::warning("the database may lie on a network file system, on which SQLite is not safe",
                   {{"directory", directory.string()}});
      return {};
    default: return {};
  }
  const std::string sentence =
      fmt::format("The database directory {} lies on {}, where SQLite loses data; use a local disk, or PostgreSQL.",
                  directory.string(), name);
  return fail(Code::internal, "network-file-system", sentence, sentence);
}

// The file is made empty before SQLite opens it, so that its mode, which log and shared memory inherit, is ours.
Result<void> make_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return {};
  RV_TRY(UniqueFd made, open_file(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  made.reset();
  return sync_directory(path.parent_path());
}

}  // namespace

SqliteDatabase::SqliteDatabase(Options options)
    : options_(std::move(options)),
      read_seconds_(metrics::seconds("reelvault_db_read_seconds", "Time of a read closure, waiting included")) {}

Result<std::unique_ptr<Database>> SqliteDatabase::open(Options options) {
  if (options.path.empty()) return fail(Code::internal, "", "No database is configured.", "SQLite without a path");
  options.path = std::filesystem::absolute(options.path);
  RV_CHECK(make_directories(options.path.parent_path()));
  RV_CHECK(refuse_network_file_system(options.path.parent_path()));
  RV_CHECK(make_file(options.path));
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(std::move(options)));
  const std::filesystem::path& path = database->options_.path;
  RV_TRY(auto writer, SqliteConnection::open(path, SqliteConnection::Role::writer));
  RV_TRY(auto checkpointer, SqliteConnection::open(path, SqliteConnection::Role::checkpointer));
  for (int i = 0; i < std::max(1, database->options_.readers); ++i) {
    RV_TRY(auto reader, SqliteConnection::open(path, SqliteConnection::Role::reader));
    database->readers_.add(std::move(reader));
  }
  RV_TRY(auto beside, SqliteConnection::open(path, SqliteConnection::Role::reader));
  database->beside_.add(std::move(beside));
  database->checkpointer_ = std::make_unique<SqliteCheckpointer>(std::move(checkpointer), path);
  database->writer_ = std::make_unique<SqliteWriter>(
      std::move(writer), database->options_.run_closures_twice,
      [checkpointer = database->checkpointer_.get()](int pages) { checkpointer->committed(pages); });
  return database;
}

Result<void> SqliteDatabase::run_read(const Closure& closure) {
  const Nesting nesting;
  return read_with(readers_, options_.read_limit, closure);
}

Result<void> SqliteDatabase::run_read_unlimited(const Closure& closure) {
  const Nesting nesting;
  return read_with(readers_, read_no_limit, closure);
}

Result<void> SqliteDatabase::run_read_beside(const Closure& closure) {
  return read_with(beside_, options_.read_limit, closure);
}

Result<void> SqliteDatabase::read_with(Pool<SqliteConnection>& readers, std::chrono::milliseconds limit,
                                       const Closure& closure) {
  const auto start = std::chrono::steady_clock::now();
  auto reader = readers.borrow(limit);
  if (!reader) return fail(unavailable_error("no reader connection came free"));
  reader->set_deadline(start + limit);
  if (const int code = reader->control("begin"); code != SQLITE_OK) return fail(reader->failure(code, "begin").error);
  SqliteTransaction transaction(*reader);
  Outcome outcome = run_closure(closure, transaction);
  reader->set_deadline(std::chrono::steady_clock::time_point::max());
  if (reader->in_transaction()) reader->control("rollback");
  read_seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (outcome.exception) std::rethrow_exception(outcome.exception);
  return std::move(outcome.result);
}

Result<void> SqliteDatabase::run_write(const Closure& closure) { return write_with(true, closure); }

Result<void> SqliteDatabase::run_write_unsynced(const Closure& closure) { return write_with(false, closure); }

Result<void> SqliteDatabase::write_with(bool synced, const Closure& closure) {
  const Nesting nesting;
  // The closure runs on the writer's thread, for whomever this thread works.
  const Origin* origin = Origin::current();
  return writer_->run(
      [&](Transaction& tx) {
        const OriginScope scope(origin);
        return closure(tx);
      },
      synced);
}

Result<void> SqliteDatabase::backup(const std::filesystem::path& to) {
  std::filesystem::path partial = std::filesystem::absolute(to);
  partial += ".partial";
  std::error_code ignored;
  std::filesystem::remove(partial, ignored);
  RV_TRY(auto source, SqliteConnection::open(options_.path, SqliteConnection::Role::reader));
  RV_TRY(UniqueFd file, open_file(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  sqlite3* copy = nullptr;
  int code = sqlite3_open_v2(partial.c_str(), &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::string problem;
  if (code == SQLITE_OK) {
    // In one step: the copy is of one snapshot, and writers, who only append to the log, do not make it start again.
    if (sqlite3_backup* work = sqlite3_backup_init(copy, "main", source->handle(), "main")) {
      sqlite3_backup_step(work, -1);
      code = sqlite3_backup_finish(work);
    } else {
      code = sqlite3_errcode(copy);
    }
  }
  if (code != SQLITE_OK) problem = sqlite3_errmsg(copy);
  sqlite3_close_v2(copy);
  Result<void> synced = code == SQLITE_OK ? sync_data(file.get(), partial) : Result<void>();
  if (code == SQLITE_OK && synced) {
    if (::rename(partial.c_str(), to.c_str()) == 0) return sync_directory(std::filesystem::absolute(to).parent_path());
    synced = fail_errno(errno, "rename " + to.string());
  }
  std::filesystem::remove(partial, ignored);
  if (!synced) return synced;
  if (code == SQLITE_FULL) return fail_errno(ENOSPC, "backup to " + to.string());
  return fail(Code::internal, "", "The backup failed.", fmt::format("SQLite {}: {}", code, problem));
}

}  // namespace reelvault::db
