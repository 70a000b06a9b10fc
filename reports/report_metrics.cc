// metrics.prom: OpenMetrics text, base units, for a push gateway or a textfile collector.

#include <fmt/format.h>

#include <array>
#include <map>

#include "reports/components.h"
#include "reports/escape.h"
#include "reports/figures.h"

namespace blackstart {
namespace {

/// Upper edges of the latency histogram's buckets, in seconds as OpenMetrics spells them.
struct Bucket {
  const char* edge;
  Duration length;
};
using namespace std::chrono_literals;
constexpr std::array kBuckets = {
    Bucket{"0.0005", 500us}, Bucket{"0.001", 1ms},  Bucket{"0.0025", 2500us}, Bucket{"0.005", 5ms},
    Bucket{"0.01", 10ms},    Bucket{"0.025", 25ms}, Bucket{"0.05", 50ms},     Bucket{"0.1", 100ms},
    Bucket{"0.25", 250ms},   Bucket{"0.5", 500ms},  Bucket{"1.0", 1s},        Bucket{"2.5", 2500ms},
    Bucket{"5.0", 5s},       Bucket{"10.0", 10s},   Bucket{"30.0", 30s},      Bucket{"60.0", 60s}};

class Page {
 public:
  explicit Page(std::string labels) : labels_(std::move(labels)) {}

  void family(const std::string& name, const char* type, const char* unit, const char* help) {
    text_ += fmt::format("# TYPE blackstart_{} {}\n", name, type);
    if (*unit != '\0') text_ += fmt::format("# UNIT blackstart_{} {}\n", name, unit);
    text_ += fmt::format("# HELP blackstart_{} {}\n", name, help);
  }
  void sample(const std::string& name, const std::string& more, const std::string& value) {
    text_ += fmt::format("blackstart_{}{{{}{}{}}} {}\n", name, labels_, more.empty() ? "" : ",", more, value);
  }
  std::string finish() { return std::move(text_) + "# EOF\n"; }

 private:
  std::string labels_;
  std::string text_;
};

/// To the nanosecond: as many digits as tell the length apart from every other.
std::string seconds(Duration length) { return fmt::format("{}", static_cast<double>(to_ns(length)) / 1e9); }
std::string label(const char* name, const std::string& value) {
  return fmt::format("{}=\"{}\"", name, metrics_escape(value));
}

/// A gauge that is left out where there is no figure: a missing value is no 0.
void gauge(Page& page, const std::string& name, const char* help, const std::optional<Duration>& value) {
  if (!value) return;
  page.family(name, "gauge", "seconds", help);
  page.sample(name, "", seconds(*value));
}

void objectives(Page& page, const ReportInput& input) {
  const Objectives& targets = input.spec.scenario.objectives;
  const Incident* incident = headline(input.measurement);
  const auto rto = incident == nullptr ? std::nullopt : incident->rto.achieved;
  const auto rpo = incident == nullptr ? std::nullopt : incident->rpo.achieved;
  gauge(page, "rto_seconds", "Recovery time achieved, from the fault (a lower bound where censored).", rto);
  gauge(page, "rto_target_seconds", "Recovery time objective.",
        targets.rto ? std::optional(targets.rto->within) : std::nullopt);
  gauge(page, "rpo_seconds", "Recovery point achieved (a lower bound where censored).", rpo);
  gauge(page, "rpo_target_seconds", "Recovery point objective.", targets.rpo);
  if (incident == nullptr) return;
  page.family("figure_censored", "gauge", "", "1 where the figure is a lower bound.");
  page.sample("figure_censored", label("figure", "rto"), incident->rto.censored ? "1" : "0");
  page.sample("figure_censored", label("figure", "rpo"), incident->rpo.censored ? "1" : "0");
}

/// Families of their own, so that what reads rto_seconds goes on to find the drill's alone.
void components(Page& page, const ReportInput& input) {
  struct Value {
    std::string component;
    Duration length;
  };
  const auto family = [&](const char* name, const char* help, auto value_of) {
    std::vector<Value> values;
    for (const Component& component : input.spec.scenario.objectives.components) {
      const ComponentRecord* record = find_component(input.measurement, component.name);
      const Incident* incident =
          record == nullptr || record->incidents.empty() ? nullptr : &record->incidents[record->worst];
      if (const std::optional<Duration> value = value_of(component, incident))
        values.push_back({component.name, *value});
    }
    if (values.empty()) return;
    page.family(name, "gauge", "seconds", help);
    for (const Value& value : values) page.sample(name, label("component", value.component), seconds(value.length));
  };
  using Figure = std::optional<Duration>;
  family("component_rto_seconds", "Recovery time of a component (a lower bound where censored).",
         [](const Component&, const Incident* incident) { return incident ? incident->rto.achieved : Figure(); });
  family("component_rto_target_seconds", "Recovery time objective of a component.",
         [](const Component& component, const Incident*) {
           return component.rto ? Figure(component.rto->within) : Figure();
         });
  family("component_rpo_seconds", "Recovery point of a component (a lower bound where censored).",
         [](const Component&, const Incident* incident) { return incident ? incident->rpo.achieved : Figure(); });
  family("component_rpo_target_seconds", "Recovery point objective of a component.",
         [](const Component& component, const Incident*) { return component.rpo; });
  if (input.spec.scenario.objectives.components.empty()) return;
  page.family("component_verdict", "gauge", "", "1 for the component's verdict, 0 for the others.");
  for (const Component& component : input.spec.scenario.objectives.components) {
    const Outcome outcome = component_outcome(component_judgements(input.verdict, component.name));
    for (const Outcome each : {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive})
      page.sample("component_verdict", label("component", component.name) + "," + label("verdict", to_string(each)),
                  each == outcome ? "1" : "0");
  }
}

void bids(Page& page, const Measurement& measurement) {
  page.family("bids", "counter", "", "Bids by outcome.");
  const auto outcome = [&](const char* name, std::uint64_t count) {
    page.sample("bids_total", label("outcome", name), std::to_string(count));
  };
  const BidTotals& all = measurement.bids.all;
  outcome("offered", all.offered);
  outcome("sent", all.sent);
  outcome("acknowledged", all.acknowledged);
  outcome("degraded", all.degraded);
  outcome("refused", all.refused);
  outcome("indeterminate", all.indeterminate);
  outcome("unsent_no_connection", all.unsent_no_connection);
  outcome("unsent_generator", all.unsent_generator);
  if (!measurement.read_back || !measurement.read_back->complete) return;
  const ReadBackResult& stored = *measurement.read_back;
  outcome("kept", stored.kept);
  outcome("lost", stored.lost);
  outcome("lost_after_fault", stored.lost_after_fault);
  outcome("rolled_back", stored.rolled_back);
  outcome("corrupted", stored.corrupted);
  outcome("recovered", stored.recovered);
  outcome("not_lost", stored.not_lost);
  outcome("resurrected", stored.resurrected);
  outcome("phantom", stored.phantom);
  outcome("duplicated", stored.duplicated);
}

void histogram(Page& page, const char* phase, const Histogram& latency) {
  const std::string phase_label = label("phase", phase);
  for (const Bucket& bucket : kBuckets)
    page.sample("bid_latency_seconds_bucket", phase_label + "," + label("le", bucket.edge),
                std::to_string(latency.count_at_or_below(bucket.length)));
  page.sample("bid_latency_seconds_bucket", phase_label + "," + label("le", "+Inf"), std::to_string(latency.count()));
  page.sample("bid_latency_seconds_count", phase_label, std::to_string(latency.count()));
  const double sum = latency.empty() ? 0 : to_seconds(latency.mean()) * static_cast<double>(latency.count());
  page.sample("bid_latency_seconds_sum", phase_label, fmt::format("{:.9g}", sum));
}

void latency(Page& page, const PhaseLatency& phases) {
  page.family("bid_latency_seconds", "histogram", "seconds", "From a bid's intended start to its answer, by phase.");
  histogram(page, "steady", phases.steady);
  histogram(page, "impact", phases.impact);
  histogram(page, "after", phases.after);
}

void faults(Page& page, const Measurement& measurement) {
  std::uint64_t active = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> injections;
  for (const FaultRecord& fault : measurement.faults) {
    const bool proven = fault.proven || fault.proven_by_impact;
    if (fault.acted && !fault.heal_proven) ++active;
    ++injections[{fault.kind, proven ? "proven" : fault.acted ? "unproven" : "not injected"}];
  }
  page.family("faults_active", "gauge", "", "Faults that are not proven healed.");
  page.sample("faults_active", "", std::to_string(active));
  page.family("fault_injections", "counter", "", "Faults by kind and by what became of them.");
  for (const auto& [key, count] : injections)
    page.sample("fault_injections_total", label("kind", key.first) + "," + label("result", key.second),
                std::to_string(count));
}

void verdict(Page& page, Outcome outcome) {
  page.family("drill_verdict", "gauge", "", "1 for the drill's verdict, 0 for the others.");
  for (const Outcome each : {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive})
    page.sample("drill_verdict", label("verdict", to_string(each)), each == outcome ? "1" : "0");
}

}  // namespace

std::string report_metrics(const ReportInput& input) {
  const DrillHead head = drill_head(input.journal);
  Page page(label("scenario", head.scenario) + "," + label("target", head.target) + "," + label("world", head.world));
  objectives(page, input);
  components(page, input);
  bids(page, input.measurement);
  latency(page, input.measurement.latency);
  faults(page, input.measurement);
  verdict(page, input.verdict.outcome);
  return page.finish();
}

}  // namespace blackstart
