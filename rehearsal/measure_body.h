#pragma once
// Reading an event's body strictly: the first field that is not what docs/journal.md says is kept as the error, so
// that a caller reads all fields and asks once. Pure; borrows the event.

#include "base/histogram.h"
#include "base/result.h"
#include "rehearsal/journal.h"

#include <cstdint>
#include <optional>
#include <string>

namespace blackstart {

class Body {
 public:
  /// REQUIRES: `event` outlives this.
  explicit Body(const Event& event) : event_(event), json_(event.body) {}
  /// A part of `event`'s body (`plan`, one residue).
  Body(const Event& event, const Json& part) : event_(event), json_(part) {}

  /// Null where the field is missing or null.
  [[nodiscard]] const Json* find(const char* key) const;

  std::string text(const char* key);  // required
  std::string text_or(const char* key, std::string fallback);
  std::int64_t integer(const char* key);  // required
  std::optional<std::int64_t> maybe_integer(const char* key);
  std::uint64_t count(const char* key);  // required, >= 0
  bool flag(const char* key, bool fallback);
  std::optional<Instant> instant(const char* key);  // null or missing: never came
  std::optional<Duration> length(const char* key);

  [[nodiscard]] Status status() const;
  void reject(const std::string& what);

 private:
  const Event& event_;
  const Json& json_;
  std::string error_;
};

}  // namespace blackstart
