#include "scenarios/shape.h"

#include "base/check.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace blackstart {
namespace {

std::string describe_range(const char* what, double min, double max) {
  const bool bounded_above = std::isfinite(max) && max < 9e15;
  if (bounded_above) return fmt::format("{} from {} to {}", what, min, max);
  return min == 0 ? fmt::format("{}, 0 or more", what) : fmt::format("{}, {} or more", what, min);
}

std::string describe_map(const Shape& shape) {
  std::vector<std::string> names;
  for (const Field& field : shape.fields) names.push_back(field.name);
  return fmt::format("a map with {}", join(names, ", "));
}

std::string describe_alternatives(const Language& language, const Shape& shape) {
  std::vector<std::string> parts;
  for (const Shape& alternative : shape.alternatives) parts.push_back(describe(language, alternative));
  return join(parts, "; or ");
}

/// Kinds with a fixed description.
struct FixedDescription {
  Shape::Kind kind;
  const char* text;
};
constexpr FixedDescription kFixed[] = {
    {Shape::Kind::kAny, "anything"},
    {Shape::Kind::kText, "a text"},
    {Shape::Kind::kName, "a name of letters, digits, - and _"},
    {Shape::Kind::kBoolean, "true or false"},
    {Shape::Kind::kDuration, "a duration such as 250us, 10ms, 30s, 5m30s, 4h"},
    {Shape::Kind::kSignedDuration, "a duration such as 30s or -5m"},
    {Shape::Kind::kPositiveDuration, "a duration above 0s, such as 250us, 10ms, 30s, 5m30s, 4h"},
    {Shape::Kind::kDurationRange, "a duration or a range of durations such as 30m..60m"},
    {Shape::Kind::kRate, "a rate above 0 such as 10000/s, 600/m"},
    {Shape::Kind::kRateRange, "a rate such as 10000/s, or a ramp such as 10000/s..20000/s"},
    {Shape::Kind::kShare, "a share such as 99.9%, from 0% to 100%"},
    {Shape::Kind::kShareRange, "a share such as 50%, or a ramp such as 10%..100%"},
    {Shape::Kind::kSize, "a size such as 512B, 4KiB, 1MB, 2GiB"},
    {Shape::Kind::kSizeRate, "a size a second such as 80MB/s"},
    {Shape::Kind::kTimeOfDay, "a time of day such as \"02:00 UTC\""},
    {Shape::Kind::kDate, "a date such as 2026-03-14"},
    {Shape::Kind::kWindow,
     "a quarter such as 2026-Q1, a month such as 2026-03, a week such as 2026-W07, or a date such as "
     "2026-03-14"},
    {Shape::Kind::kPath, "a path that begins with /, such as /alerts"},
    {Shape::Kind::kComparison, "a comparison such as \"< 5s\", \">= 99%\" or \"== 0\""},
    {Shape::Kind::kBackup, "a backup of the target such as database.backups.full"},
    {Shape::Kind::kAlert, "a condition of PromQL such as \"rate(http_5xx[5m]) > 0.05\""},
    {Shape::Kind::kPort, "a port from 1 to 65535, or {{services.NAME.port}}"},
    {Shape::Kind::kStatus, "an HTTP status from 100 to 599"},
    {Shape::Kind::kUrl, "a url that begins with http:// or https://, or with {{services.NAME.url}}"},
    {Shape::Kind::kJsonPath, "a JSON path such as $.status or $.items[0].id"},
    {Shape::Kind::kCondition, "a condition such as elapsed > 20m or host.disk_free < 1GiB"},
    {Shape::Kind::kLatencyBound, "a percentile of the latency and its bound, as p(99)<100ms"},
    {Shape::Kind::kThresholds, "metrics with conditions, as bid_latency.steady: [\"p(99)<100ms\"]"},
    {Shape::Kind::kService, "a service of the target"},
    {Shape::Kind::kRole, "a role of the service"},
    {Shape::Kind::kRegion, "a region of the target"},
    {Shape::Kind::kZone, "a zone of the target"},
    {Shape::Kind::kCredential, "a credential of the target, or all"},
    {Shape::Kind::kTier, "a tier that a service of the target has"},
};

const char* fixed_description(Shape::Kind kind) {
  const auto* const found = std::find_if(std::begin(kFixed), std::end(kFixed),
                                         [&](const FixedDescription& fixed) { return fixed.kind == kind; });
  return found == std::end(kFixed) ? "" : found->text;
}

}  // namespace

const Field* Shape::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const Shape& Language::resolve(const Shape& shape) const {
  if (shape.kind != Shape::Kind::kNamed) return shape;  // NOLINT(bugprone-return-const-ref-from-parameter)
  for (const auto& [name, definition] : definitions) {
    if (name == shape.reference) return resolve(definition);
  }
  check_failed("the shape is defined", __FILE__, __LINE__, shape.reference.c_str());
}

Shape of(Shape::Kind kind) {
  Shape shape;
  shape.kind = kind;
  return shape;
}

Shape duration() { return of(Shape::Kind::kDuration); }

Shape positive_duration() { return of(Shape::Kind::kPositiveDuration); }

Shape text(std::string title) {
  Shape shape = of(Shape::Kind::kText);
  shape.title = std::move(title);
  return shape;
}

Shape one_word(std::vector<std::string> words) {
  Shape shape = of(Shape::Kind::kWord);
  shape.words = std::move(words);
  return shape;
}

Shape integer(double min, double max) {
  Shape shape = of(Shape::Kind::kInteger);
  shape.min = min;
  shape.max = max;
  return shape;
}

Shape number(double min, double max) {
  Shape shape = of(Shape::Kind::kNumber);
  shape.min = min;
  shape.max = max;
  return shape;
}

Shape positive_number(double max) {
  Shape shape = number(0, max);
  shape.above = true;
  return shape;
}

Shape list_of(Shape item, std::size_t least, std::size_t most) {
  Shape shape = of(Shape::Kind::kList);
  shape.item.push_back(std::move(item));
  shape.items_least = least;
  shape.items_most = most;
  return shape;
}

Shape dictionary_of(Shape item, Shape key) {
  Shape shape = of(Shape::Kind::kDictionary);
  shape.key.push_back(std::move(key));
  shape.item.push_back(std::move(item));
  return shape;
}

Shape named(std::string reference) {
  Shape shape = of(Shape::Kind::kNamed);
  shape.reference = std::move(reference);
  return shape;
}

Shape one_of(std::vector<Shape> alternatives, std::string title) {
  Shape shape = of(Shape::Kind::kOneOf);
  shape.alternatives = std::move(alternatives);
  shape.title = std::move(title);
  return shape;
}

Shape map_of(std::vector<Field> fields, std::vector<Choice> choices, std::string title) {
  Shape shape = of(Shape::Kind::kMap);
  shape.fields = std::move(fields);
  shape.choices = std::move(choices);
  shape.title = std::move(title);
  return shape;
}

Field must(std::string name, Shape shape, std::string doc) {
  return Field{std::move(name), std::move(shape), true, std::move(doc)};
}

Field may(std::string name, Shape shape, std::string doc) {
  return Field{std::move(name), std::move(shape), false, std::move(doc)};
}

Choice exactly_one(std::vector<std::string> names, std::string what) {
  return {std::move(names), 1, 1, std::move(what)};
}
Choice at_most_one(std::vector<std::string> names, std::string what) {
  return {std::move(names), 0, 1, std::move(what)};
}
Choice at_least_one(std::vector<std::string> names, std::string what) {
  return {std::move(names), 1, std::numeric_limits<int>::max(), std::move(what)};
}

std::string describe(const Language& language, const Shape& shape) {
  if (!shape.title.empty()) return shape.title;
  switch (shape.kind) {
    case Shape::Kind::kWord:
      return join(shape.words, ", ");
    case Shape::Kind::kInteger:
      return describe_range("a whole number", shape.min, shape.max);
    case Shape::Kind::kNumber:
      if (shape.above) return "a number above 0";
      return describe_range("a number", shape.min, shape.max);
    case Shape::Kind::kList:
      return fmt::format("a list, each item {}", describe(language, shape.item[0]));
    case Shape::Kind::kMap:
      return describe_map(shape);
    case Shape::Kind::kDictionary:
      return "a map from names of your own";
    case Shape::Kind::kOneOf:
      return describe_alternatives(language, shape);
    case Shape::Kind::kNamed:
      return describe(language, language.resolve(shape));
    default:
      return fixed_description(shape.kind);
  }
}

}  // namespace blackstart
