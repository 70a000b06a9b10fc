// Scenario and target files from anywhere: no YAML, expression, threshold, template or document may break more than its
// own reading, and what is accepted must be spelled so that it is accepted again with the same meaning.

#include "base/check.h"
#include "base/json_path.h"
#include "scenarios/expression.h"
#include "scenarios/loader.h"
#include "scenarios/template.h"
#include "scenarios/threshold.h"
#include "scenarios/yaml_reader.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace blackstart;

namespace {

void small_languages(std::string_view text) {
  if (const auto expression = Expression::parse(text)) {
    const auto again = Expression::parse(expression->spelled());
    BS_CHECK(again.has_value() && again->spelled() == expression->spelled());
    (void)expression->evaluate([](std::string_view) { return ExpressionValue{1.0}; });
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    if (const auto threshold = parse_threshold(text.substr(0, colon), text.substr(colon + 1))) {
      const auto again = parse_threshold(text.substr(0, colon), spell_condition(*threshold));
      BS_CHECK(again.has_value() && again->bound == threshold->bound && again->comparison == threshold->comparison);
    }
  }
  (void)parse_latency_bound(text);
  (void)JsonPath::parse(text);
  const auto nothing = [](std::string_view) -> std::optional<std::string> { return ""; };
  (void)fill(text, nothing);
  (void)fill_command(text, nothing);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  small_languages(text);
  const auto parsed = read_yaml(text, "fuzz.yaml");
  if (!parsed.readable) {
    BS_CHECK(!parsed.issues.empty());
    return 0;
  }
  const auto spec = load_resolved(parsed.root, parsed.root, "fuzz");
  BS_CHECK(spec.has_value() || !spec.error().errors.empty());
  return 0;
}
