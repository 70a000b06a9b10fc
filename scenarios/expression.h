#pragma once
// `when:` conditions of stop conditions and communications: comparisons with units over the drill's variables, joined
// by and, or, not. Parsed once; evaluated purely against a lookup. Quantities are doubles in base units: seconds,
// bytes, shares 0..1, counts; text compares with == and != only.

#include "base/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace blackstart {

/// A variable's value now; monostate where it is not known yet (a comparison with it is false).
using ExpressionValue = std::variant<std::monostate, double, std::string>;

/// The phases of a drill, in their order: what the journal's phase.entered and the variable `phase` say.
const std::vector<std::string>& drill_phases();

class Expression {
 public:
  using Lookup = std::function<ExpressionValue(std::string_view variable)>;

  /// Parses `text`; unknown variables and units that do not fit the variable are errors (variables: elapsed, outage,
  /// phase, faults_active, goodput, bid_failed, bid_latency.pXX, host.disk_free, host.memory_free, host.load).
  static Result<Expression> parse(std::string_view text);

  [[nodiscard]] bool evaluate(const Lookup& lookup) const;
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Canonical spelling, with every bracket written out; parse() takes it back to the same meaning.
  [[nodiscard]] std::string spelled() const;
  /// Names used, each once.
  [[nodiscard]] std::vector<std::string> variables() const;
  /// What `phase` is compared with, as written; one that no drill has is never entered.
  [[nodiscard]] std::vector<std::string> phases() const;

  struct Term;  // expression.cc

 private:
  std::string text_;
  std::shared_ptr<const Term> root_;
};

}  // namespace blackstart
