#pragma once
// Strict reading of an event's body: every field by name and type, the first mistake kept. Pure.

#include "base/histogram.h"
#include "base/result.h"
#include "base/time.h"
#include "rehearsal/journal.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace blackstart {

/// Reads fields of one JSON object. After a mistake every further read gives a zero value; status() tells.
class EventReader {
 public:
  EventReader(const Json& body, std::string_view type);

  std::uint64_t count(const char* field);
  int integer(const char* field);
  double number(const char* field);
  bool flag(const char* field);
  std::string text(const char* field);
  /// Integer ns; null is kNever.
  Instant instant(const char* field);
  Duration length(const char* field);
  Histogram histogram(const char* field);
  /// An array, or an empty one after a mistake.
  const Json& list(const char* field);
  /// Notes a mistake that the caller found in `field`.
  void mistake(const char* field, std::string_view expected);
  /// Takes over the mistake of a reader of a part.
  void adopt(const Status& part);

  [[nodiscard]] Status status() const { return status_; }

 private:
  const Json* find(const char* field, bool (*fits)(const Json&), std::string_view expected);

  const Json& body_;
  std::string type_;
  Status status_;
};

}  // namespace blackstart
