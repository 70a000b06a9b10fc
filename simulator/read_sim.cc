#include "simulator/read_sim.h"

#include "base/units.h"

#include <cstdlib>

namespace blackstart {
namespace {

Duration length_of(const Node* node, Duration fallback = {}) {
  if (node == nullptr) return fallback;
  const auto length = parse_duration(node->scalar);
  return length ? *length : fallback;
}

Distribution law_of(const Node* node) {
  Distribution law;
  if (node == nullptr) return law;
  if (node->is_scalar()) return always(length_of(node));
  if (node->find("median") != nullptr) {
    law.form = Distribution::Form::kLogNormal;
    law.first = length_of(node->find("median"));
    law.second = length_of(node->find("p95"), law.first);
  } else if (node->find("exponential") != nullptr) {
    law.form = Distribution::Form::kExponential;
    law.first = length_of(node->find("exponential"));
  }
  return law;
}

std::optional<Distribution> maybe(const Node& part, const char* key) {
  if (part.find(key) == nullptr) return std::nullopt;
  return law_of(part.find(key));
}

ServiceSim read_service(const ServiceSpec& spec, const Node& part) {
  ServiceSim sim;
  sim.service = spec.name;
  sim.kind = spec.kind;
  if (const Node* servers = part.find("servers")) sim.station.servers = std::atoi(servers->scalar.c_str());
  sim.station.service_time = maybe(part, "service_time");
  if (const Node* queue = part.find("queue")) sim.station.queue = std::strtoull(queue->scalar.c_str(), nullptr, 10);
  sim.actions.start = maybe(part, "start");
  sim.actions.stop = law_of(part.find("stop"));
  sim.actions.repoint = law_of(part.find("repoint"));
  sim.actions.promote = maybe(part, "promote");
  if (const auto rebuild = maybe(part, "rebuild")) sim.actions.rebuild = Transfer{{}, *rebuild};
  if (spec.kind == "sql") {
    SqlSim sql;
    sql.commit = law_of(part.find("commit"));
    sql.lag = law_of(part.find("lag"));
    sim.own = sql;
  }
  return sim;
}

}  // namespace

Distribution distribution_of(const Node& node) { return law_of(&node); }

SimSpec sim_of(const Target& target) {
  SimSpec sim;
  for (const auto& spec : target.services)
    if (const Node* part = target.sim.find(spec.name)) sim.services.push_back(read_service(spec, *part));
  return sim;
}

const ServiceSim* SimSpec::find(std::string_view service) const {
  for (const auto& one : services)
    if (one.service == service) return &one;
  return nullptr;
}

}  // namespace blackstart
