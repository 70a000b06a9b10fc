#include "targets/auction/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

namespace blackstart::auction {

namespace {

/// A full disk is kUnavailable (nothing was written; it may pass), everything else kIo.
Error failure(sqlite3* handle, std::string_view attempted) {
  const int code = sqlite3_errcode(handle);
  return fail(code == SQLITE_FULL ? ErrorCode::kUnavailable : ErrorCode::kIo,
              fmt::format("{}: {} (SQLite {})", attempted, sqlite3_errmsg(handle), sqlite3_extended_errcode(handle)));
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }
Statement::Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_, index, value);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_, index, text.empty() ? "" : text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  auto error = failure(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
  sqlite3_reset(statement_);
  return error;
}

Status Statement::run() {
  for (;;) {
    BS_ASSIGN(const bool row, step());
    if (!row) return ok();
  }
}

void Statement::reset() { sqlite3_reset(statement_); }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  const auto size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string()
                          : std::string(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

Sqlite::~Sqlite() { sqlite3_close(handle_); }
Sqlite::Sqlite(Sqlite&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Sqlite& Sqlite::operator=(Sqlite&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Result<Sqlite> Sqlite::open(const std::string& path) {
  Sqlite database;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &database.handle_, flags, nullptr) != SQLITE_OK) {
    return failure(database.handle_, "cannot open " + path);
  }
  sqlite3_extended_result_codes(database.handle_, 1);
  sqlite3_busy_timeout(database.handle_, 5000);
  return database;
}

Status Sqlite::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failure(handle_, sql);
  return ok();
}

Result<Statement> Sqlite::prepare(const std::string& sql) {
  Statement statement;
  if (sqlite3_prepare_v3(handle_, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement.statement_, nullptr) != SQLITE_OK) {
    return failure(handle_, sql);
  }
  return statement;
}

Result<std::int64_t> Sqlite::integer(const std::string& sql, std::int64_t otherwise) {
  BS_ASSIGN(auto statement, prepare(sql));
  BS_ASSIGN(const bool row, statement.step());
  return row ? statement.integer(0) : otherwise;
}

Result<std::string> Sqlite::text(const std::string& sql, const std::string& otherwise) {
  BS_ASSIGN(auto statement, prepare(sql));
  BS_ASSIGN(const bool row, statement.step());
  return row ? statement.text(0) : otherwise;
}

bool Sqlite::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

}  // namespace blackstart::auction
