// What single values may be.

#include "base/json_path.h"
#include "base/text.h"
#include "base/time.h"
#include "base/units.h"
#include "scenarios/alert.h"
#include "scenarios/checker.h"
#include "scenarios/comparison.h"
#include "scenarios/expression.h"
#include "scenarios/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace blackstart {
namespace {

using Kind = Shape::Kind;

std::optional<double> decimal(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return static_cast<double>(value);
}

bool is_name(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && plain(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-' || c == '_'; });
}

bool is_time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 9 || !digit(0) || !digit(1) || text[2] != ':' || !digit(3) || !digit(4)) return false;
  return text.substr(5) == " UTC" && text.substr(0, 2) < "24" && text.substr(3, 2) < "60";
}

/// `form` with # for a digit.
bool has_form(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), [](char c, char f) {
           return f == '#' ? c >= '0' && c <= '9' : c == f;
         });
}

bool is_window(std::string_view text) {
  const auto from_to = [&](std::size_t at, std::string_view least, std::string_view most) {
    return text.substr(at) >= least && text.substr(at) <= most;
  };
  return is_date(text) || (has_form(text, "####-Q#") && from_to(6, "1", "4")) ||
         (has_form(text, "####-##") && from_to(5, "01", "12")) ||
         (has_form(text, "####-W##") && from_to(6, "01", "53"));
}

/// SERVICE.backups.NAME
bool is_backup(std::string_view text) {
  constexpr std::string_view kMiddle = ".backups.";
  const std::size_t middle = text.find(kMiddle);
  return middle != std::string_view::npos && is_name(text.substr(0, middle)) &&
         is_name(text.substr(middle + kMiddle.size()));
}

bool is_url(std::string_view text) {
  const auto after = [&](std::string_view scheme) { return text.starts_with(scheme) && text.size() > scheme.size(); };
  return (after("http://") || after("https://") || text.starts_with("{{")) && text.find(' ') == std::string_view::npos;
}

bool is_size_rate(std::string_view text) { return text.ends_with("/s") && parse_size(text.substr(0, text.size() - 2)); }

template <class Parse>
bool is_range(std::string_view text, const Parse& parse) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return parse(text).has_value();
  return parse(text.substr(0, dots)).has_value() && parse(text.substr(dots + 2)).has_value();
}

bool is_duration_range(std::string_view text) {
  if (!is_range(text, parse_duration)) return false;
  const std::size_t dots = text.find("..");
  return dots == std::string_view::npos ||
         *parse_duration(text.substr(0, dots)) <= *parse_duration(text.substr(dots + 2));
}

bool within(std::optional<double> value, const Shape& shape) {
  return value && *value >= shape.min && *value <= shape.max && !(shape.above && *value == shape.min);
}

ScalarFit fit_number(const Node& node, const Shape& shape) {
  // What stands in quotes in a file is meant as a text; what was filled in or overridden has lost its quotes.
  if (node.quoted && node.where.line != 0) return {false, "in quotes"};
  switch (shape.kind) {
    case Kind::kBoolean:
      return {node.scalar == "true" || node.scalar == "false", ""};
    case Kind::kInteger:
      return {within(whole(node.scalar), shape), ""};
    case Kind::kNumber:
      return {within(decimal(node.scalar), shape), ""};
    case Kind::kPort:
      return {within(whole(node.scalar), integer(1, 65535)), ""};
    case Kind::kStatus:
      return {within(whole(node.scalar), integer(100, 599)), ""};
    default:
      return {};
  }
}

/// A number without its unit deserves to be told so; `meant` where the unit can be nothing else.
ScalarFit fit_quantity(std::string_view text, bool fits, std::string meant = {}) {
  if (fits) return {};
  return {false, decimal(text) ? "a bare number without its unit" : "", std::move(meant)};
}

ScalarFit fit_duration(std::string_view text, Kind kind) {
  const bool negative = text.starts_with('-');
  const auto parsed = parse_duration(negative ? text.substr(1) : text);
  if (parsed && negative && kind != Kind::kSignedDuration)
    return {false, "a negative time", std::string{text.substr(1)}};
  if (kind == Kind::kPositiveDuration && parsed && *parsed <= Duration::zero()) return {false, ""};
  return fit_quantity(text, parsed.has_value());
}

/// 99 is meant as 99%; of 0.99 nobody knows.
ScalarFit fit_share(std::string_view text, bool fits) {
  const std::string percent = std::string{text} + "%";
  return fit_quantity(text, fits, decimal(text).value_or(0) > 1 && parse_share(percent) ? percent : "");
}

ScalarFit fit_size_rate(std::string_view text) {
  return fit_quantity(text, is_size_rate(text), parse_size(text) ? std::string{text} + "/s" : "");
}

/// 2:00 and 02:00 are meant as 02:00 UTC.
ScalarFit fit_time_of_day(std::string_view text) {
  if (is_time_of_day(text)) return {};
  std::string meant = (text.size() == 4 ? "0" : "") + std::string{text} + " UTC";
  return {false, "", is_time_of_day(meant) ? meant : ""};
}

template <class Parsed>
ScalarFit fit_parsed(const Parsed& parsed) {
  return {parsed.has_value(), parsed ? "" : parsed.error().message};
}

}  // namespace

ScalarFit fit_scalar(const Node& node, const Shape& shape) {
  const std::string& text = node.scalar;
  switch (shape.kind) {
    case Kind::kWord:
      return {std::find(shape.words.begin(), shape.words.end(), text) != shape.words.end(), ""};
    case Kind::kText:
      return {!text.empty(), ""};
    case Kind::kName:
      return {is_name(text), ""};
    case Kind::kInteger:
    case Kind::kNumber:
    case Kind::kBoolean:
    case Kind::kPort:
    case Kind::kStatus:
      return fit_number(node, shape);
    case Kind::kDuration:
    case Kind::kSignedDuration:
    case Kind::kPositiveDuration:
      return fit_duration(text, shape.kind);
    case Kind::kDurationRange:
      return fit_quantity(text, is_duration_range(text));
    case Kind::kRate: {
      const auto rate = parse_rate(text);
      return fit_quantity(text, rate && rate->per_second > 0);
    }
    case Kind::kRateRange:
      return fit_quantity(text, is_range(text, parse_rate));
    case Kind::kShare:
      return fit_share(text, parse_share(text).has_value());
    case Kind::kShareRange:
      return fit_quantity(text, is_range(text, parse_share));
    case Kind::kSize:
      return fit_quantity(text, parse_size(text).has_value());
    case Kind::kSizeRate:
      return fit_size_rate(text);
    case Kind::kTimeOfDay:
      return fit_time_of_day(text);
    case Kind::kDate:
      return {is_date(text), ""};
    case Kind::kWindow:
      return {is_window(text), ""};
    case Kind::kPath:
      return {text.starts_with('/') && text.find(' ') == std::string::npos, ""};
    case Kind::kComparison:
      return fit_parsed(parse_comparison(text));
    case Kind::kBackup:
      return {is_backup(text)};
    case Kind::kAlert:
      return fit_parsed(parse_alert(text));
    case Kind::kUrl:
      return {is_url(text), ""};
    case Kind::kJsonPath:
      return {JsonPath::parse(text).has_value(), ""};
    case Kind::kCondition:
      return fit_parsed(Expression::parse(text));
    case Kind::kLatencyBound:
      return {parse_latency_bound(text).has_value(), ""};
    default:
      return {};
  }
}

}  // namespace blackstart
