#pragma once
// Shapes: what a place of a file may hold, as data. The loader's checker (scenarios/checker.h) and the JSON Schema
// (scenarios/schema.cc) are both made from them, so that an editor and the loader never disagree. Immutable values.

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

struct Field;

/// Of the fields `names` of a map, at least `least` and at most `most` are given.
struct Choice {
  std::vector<std::string> names;
  int least = 1;
  int most = 1;
  std::string what;  // "no probe": what is found when too few are given
};

struct Shape {
  enum class Kind {
    kAny,
    kText,
    kWord,     // one of `words`
    kName,     // of a service, a role, a variable: letters, digits, - and _
    kInteger,  // min..max
    kNumber,   // min..max
    kBoolean,
    kDuration,
    kSignedDuration,
    kPositiveDuration,
    kDurationRange,  // 30m..60m
    kRate,
    kRateRange,  // 10000/s..20000/s, or one rate
    kShare,
    kShareRange,  // 10%..100%, or one share
    kSize,
    kSizeRate,    // 1MB/s
    kTimeOfDay,   // 02:00 UTC
    kDate,        // 2026-03-14
    kWindow,      // 2026-Q1, 2026-03, 2026-W07, 2026-03-14
    kPath,        // /alerts
    kComparison,  // < 5s
    kBackup,      // database.backups.full
    kAlert,       // a condition of PromQL
    kPort,
    kStatus,  // an HTTP status
    kUrl,
    kJsonPath,
    kCondition,     // of `when:`
    kLatencyBound,  // p(99)<100ms
    kThresholds,    // map of metric.phase to conditions
    kService,
    kRole,  // of the service beside it
    kRegion,
    kZone,
    kTier,
    kCredential,  // of the target, where it names any; or all
    kList,        // of `item`
    kMap,         // `fields`, none else
    kDictionary,  // `key` to `item`
    kOneOf,       // `alternatives`, told apart by their kind and keys
    kNamed,       // the language's definition `reference`
  };

  Kind kind = Kind::kAny;
  std::string title;  // what it is, in a message: "a duration"; empty: the kind's own
  std::string doc;
  std::vector<std::string> words;
  double min = 0;
  double max = std::numeric_limits<double>::infinity();
  bool above = false;  // more than `min`, not `min` itself
  std::size_t items_least = 0;
  std::size_t items_most = std::numeric_limits<std::size_t>::max();
  std::vector<Field> fields;
  std::vector<Choice> choices;
  std::vector<Shape> alternatives;
  std::vector<Shape> item;  // none or one
  std::vector<Shape> key;   // none or one: what a dictionary's keys are
  std::string reference;

  [[nodiscard]] const Field* find(std::string_view name) const;
};

struct Field {
  std::string name;
  Shape shape;
  bool required = false;
  std::string doc;
};

/// A whole language: the root shape, and named shapes that may refer to each other.
struct Language {
  std::string title;
  Shape root;
  std::vector<std::pair<std::string, Shape>> definitions;

  /// Follows kNamed. REQUIRES: the name is defined.
  [[nodiscard]] const Shape& resolve(const Shape& shape) const;
};

// ---- builders --------------------------------------------------------------------------------------------------

Shape of(Shape::Kind kind);
Shape duration();
Shape positive_duration();
Shape text(std::string title = {});
Shape one_word(std::vector<std::string> words);
Shape integer(double min, double max = 9e15);
Shape number(double min = 0, double max = std::numeric_limits<double>::infinity());
/// A number above 0.
Shape positive_number(double max = std::numeric_limits<double>::infinity());
Shape list_of(Shape item, std::size_t least = 1, std::size_t most = std::numeric_limits<std::size_t>::max());
Shape dictionary_of(Shape item, Shape key = of(Shape::Kind::kName));
Shape named(std::string reference);
Shape one_of(std::vector<Shape> alternatives, std::string title = {});
Shape map_of(std::vector<Field> fields, std::vector<Choice> choices = {}, std::string title = {});
Field must(std::string name, Shape shape, std::string doc = {});
Field may(std::string name, Shape shape, std::string doc = {});
Choice exactly_one(std::vector<std::string> names, std::string what);
Choice at_most_one(std::vector<std::string> names, std::string what);
Choice at_least_one(std::vector<std::string> names, std::string what);

/// What the shape takes, for "allowed: …".
std::string describe(const Language& language, const Shape& shape);

}  // namespace blackstart
