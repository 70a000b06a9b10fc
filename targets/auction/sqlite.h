#pragma once
// SQLite with Results instead of codes. A connection and its statements belong to one thread at a time.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace blackstart::auction {

/// One prepared statement; must not outlive its connection.
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);  // copied
  /// True: a row is there to read. False: done (and reset, ready to be run again).
  Result<bool> step();
  /// Runs to the end and resets. For statements without rows.
  Status run();
  void reset();
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  friend class Sqlite;
  sqlite3_stmt* statement_ = nullptr;
};

class Sqlite {
 public:
  Sqlite() = default;
  ~Sqlite();
  Sqlite(Sqlite&& other) noexcept;
  Sqlite& operator=(Sqlite&& other) noexcept;

  /// Opens or creates `path`.
  static Result<Sqlite> open(const std::string& path);
  Status execute(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  /// First column of the first row; `otherwise` when there is none.
  Result<std::int64_t> integer(const std::string& sql, std::int64_t otherwise);
  Result<std::string> text(const std::string& sql, const std::string& otherwise);
  /// Whether a transaction is open on this connection.
  [[nodiscard]] bool in_transaction() const;

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace blackstart::auction
