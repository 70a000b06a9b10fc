// The parts of whole runbooks: canaries, components, expectations, deadlines, phases.

#include "base/check.h"
#include "scenarios/bind.h"

namespace blackstart {
namespace {

CanaryEnd read_end(const Node& node) {
  BS_CHECK_MESSAGE(!node.entries.empty(), "the checker has let through a canary without a way");
  return CanaryEnd{node.entries.front().key, node.entries.front().value.scalar};
}

Canary read_canary(const std::string& name, const Node& node) {
  Canary canary;
  canary.name = name;
  canary.write = read_end(*node.find("write"));
  canary.read = read_end(*node.find("read"));
  canary.every = read_duration(*node.find("every"));
  canary.within = read_duration(node, "within", canary.every);
  canary.where = node.where;
  return canary;
}

Component read_component(const std::string& name, const Node& node) {
  using Evidence = Component::Evidence;
  Component component;
  component.name = name;
  const Node& covers = *node.find("covers");
  component.tier = covers.text("tier");
  component.services = read_texts(covers.find("services"));
  const Node& from = *node.find("from");
  if (from.is_map()) {
    component.evidence = from.find("canary") != nullptr ? Evidence::kCanary : Evidence::kProbe;
    component.source = from.text(component.evidence == Evidence::kCanary ? "canary" : "probe");
  }
  if (const Node* rto = node.find("rto")) component.rto = read_rto(*rto);
  component.rpo = read_optional_duration(node, "rpo");
  component.mtd = read_optional_duration(node, "mtd");
  component.where = node.where;
  return component;
}

Expectation read_expectation(const Node& node) {
  using State = Expectation::State;
  const std::string becomes = node.text("becomes");
  Expectation expectation;
  expectation.breaker = node.text("breaker");
  expectation.becomes = becomes == "open" ? State::kOpen : becomes == "closed" ? State::kClosed : State::kHalfOpen;
  expectation.within = read_duration(*node.find("within"));
  expectation.of = node.text("of");
  expectation.where = node.where;
  return expectation;
}

Deadline read_deadline(const Node& node) {
  return Deadline{node.text("name"), node.text("mark"), read_duration(*node.find("within")), node.text("of", "fault"),
                  node.where};
}

RunbookPhase read_phase(const Node& node) {
  return RunbookPhase{node.text("name"), read_duration(*node.find("from")), read_duration(*node.find("to")),
                      node.where};
}

}  // namespace

RtoObjective read_rto(const Node& node) {
  if (node.is_scalar()) return RtoObjective{read_duration(node), false};
  return RtoObjective{read_duration(*node.find("within")), node.text("from") == "healed"};
}

void bind_runbook(const Node& root, Scenario& scenario) {
  if (const Node* canaries = root.find("canaries")) {
    for (const Node::Entry& entry : canaries->entries) {
      scenario.canaries.push_back(read_canary(entry.key, entry.value));
    }
  }
  if (const Node* components = root.find("objectives")->find("components")) {
    for (const Node::Entry& entry : components->entries) {
      scenario.objectives.components.push_back(read_component(entry.key, entry.value));
    }
  }
  if (const Node* list = root.find("expect")) {
    for (const Node& item : list->items) scenario.expect.push_back(read_expectation(item));
  }
  if (const Node* list = root.find("deadlines")) {
    for (const Node& item : list->items) scenario.deadlines.push_back(read_deadline(item));
  }
  if (const Node* list = root.find("phases")) {
    for (const Node& item : list->items) scenario.phases.push_back(read_phase(item));
  }
}

}  // namespace blackstart
