#include "scenarios/comparison.h"

#include "base/text.h"
#include "base/units.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace blackstart {
namespace {

using Op = Comparison::Op;
using Unit = Comparison::Unit;

std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::pair<double, Unit>> quantity(std::string_view text) {
  if (const auto value = plain_number(text)) return std::pair{*value, Unit::kNumber};
  if (const auto length = parse_duration(text)) return std::pair{to_seconds(*length), Unit::kSeconds};
  if (const auto share = parse_share(text)) return std::pair{share->value, Unit::kShare};
  if (const auto size = parse_size(text)) return std::pair{static_cast<double>(size->bytes), Unit::kBytes};
  if (const auto rate = parse_rate(text)) return std::pair{rate->per_second, Unit::kPerSecond};
  return std::nullopt;
}

}  // namespace

bool Comparison::holds(double value) const {
  switch (op) {
    case Op::kLess:
      return value < bound;
    case Op::kAtMost:
      return value <= bound;
    case Op::kMore:
      return value > bound;
    case Op::kAtLeast:
      return value >= bound;
    case Op::kEqual:
      return value == bound;
  }
  return false;
}

Result<Comparison> parse_comparison(std::string_view text) {
  constexpr std::pair<std::string_view, Op> kOps[] = {
      {"<=", Op::kAtMost}, {">=", Op::kAtLeast}, {"==", Op::kEqual}, {"<", Op::kLess}, {">", Op::kMore}};
  const std::string_view whole = trim(text);
  for (const auto& [spelled, op] : kOps) {
    if (!whole.starts_with(spelled)) continue;
    const auto bound = quantity(trim(whole.substr(spelled.size())));
    if (!bound) return fail(ErrorCode::kInvalid, "no number, duration, share, size or rate after the comparison");
    return Comparison{op, bound->second, bound->first};
  }
  return fail(ErrorCode::kInvalid, "no < <= > >= or == at its beginning");
}

}  // namespace blackstart
