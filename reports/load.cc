#include "reports/report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/figures.h"
#include "reports/prediction.h"
#include "scenarios/loader.h"

namespace blackstart {
namespace {

Error no_report(const std::string& why) {
  return fail(ErrorCode::kInvalid, fmt::format("no report can be made from this journal: {}", why));
}

Result<Spec> spec_of(const Event& started) {
  const auto scenario = started.body.find("scenario");
  const auto target = started.body.find("target");
  if (scenario == started.body.end() || target == started.body.end())
    return no_report("its first line (drill.started) does not hold the scenario and the target");
  const DrillHead head = drill_head(Journal{.events = {started}, .head = "", .sha256 = ""});
  auto spec = load_resolved(node_from_json(*scenario, "journal"), node_from_json(*target, "journal"), head.scenario);
  if (spec) return std::move(*spec);
  std::vector<std::string> errors;
  for (const Error& error : spec.error().errors) errors.push_back(error.to_string());
  return no_report("this version cannot read its scenario: " + join(errors, "; "));
}

}  // namespace

Result<ReportData> load_report(Journal journal) {
  const Event* started = journal.first("drill.started");
  if (started == nullptr) return no_report("it has no drill.started, so nobody can say what was drilled");
  BS_ASSIGN(Spec spec, spec_of(*started));
  BS_ASSIGN(Measurement measurement, measure(spec, journal.events));
  Verdict verdict = judge(spec, measurement);
  BS_TRY(read_prediction(journal, measurement, verdict));
  return ReportData{std::move(spec), std::move(journal), std::move(measurement), std::move(verdict)};
}

}  // namespace blackstart
