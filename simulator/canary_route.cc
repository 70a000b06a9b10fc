#include "simulator/canary_route.h"

#include "simulator/canary_stores.h"
#include "simulator/sim_canaries.h"
#include "simulator/sim_probes.h"
#include "simulator/sim_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

Error cannot(const Canary& canary, const std::string& what) {
  return fail(ErrorCode::kUnsupported, fmt::format("canary {}: {}", canary.name, what), canary.where.to_string());
}

bool needs(const Model& model, ServiceIndex service, ServiceIndex other) {
  return std::ranges::any_of(model.service(service).needs, [&](const Need& need) { return need.service == other; });
}

/// The stream that `service` reads.
std::optional<ServiceIndex> stream_of(const Model& model, ServiceIndex service) {
  for (const Need& need : model.service(service).needs)
    if (model.service(need.service).stream() != nullptr) return need.service;
  return std::nullopt;
}

std::optional<ServiceIndex> any_stream(const Model& model) {
  for (ServiceIndex index = 0; index < model.services().size(); ++index)
    if (model.service(index).stream() != nullptr) return index;
  return std::nullopt;
}

/// The service that one end names; of a topic, the stream that `reader` reads, else the target's first.
Result<ServiceIndex> place_of_end(const SimState& state, const Canary& canary, const CanaryEnd& end,
                                  const std::optional<ServiceIndex>& reader) {
  const Model& model = state.model;
  std::optional<ServiceIndex> found;
  std::string what = end.what;
  if (end.way == "exec")
    return cannot(canary, "commands are not run in the virtual world, so that nobody knows where its records go");
  if (end.way == "kafka") {
    if (reader) found = stream_of(model, *reader);
    if (!found) found = any_stream(model);
    what = "stream for the topic " + end.what;
  } else if (end.way == "http") {
    const auto url = state.fill_text(end.what);
    if (!url) return url.error();
    found = model.find(service_of_url(*url).first);
  } else {
    found = model.find(end.what);
  }
  if (!found) return cannot(canary, fmt::format("the target has no {}", what));
  return *found;
}

/// Written as a bid, read as a bid or by who watches.
Result<CanaryRoute> bid_route(const SimState& state, const Canary& canary) {
  const Model& model = state.model;
  CanaryRoute route;
  route.by_bid = true;
  route.write = model.front();
  if (canary.read.way == "bid") {
    route.reads_bids = true;
    route.read = model.keeper();
    return route;
  }
  route.taker = model.find(state.plan.spec.target.load.watch).value_or(model.front());
  if (canary.read.way == "watch") {
    route.read = kWatchers;
  } else {
    BS_ASSIGN(route.read, place_of_end(state, canary, canary.read, std::nullopt));
    route.taker = route.read;
    if (route.read == model.keeper()) return route;  // the store itself is asked
  }
  // What the front publishes comes by the stream that both know; else the store's log tells.
  const auto stream = stream_of(model, route.taker);
  const bool published = stream && needs(model, model.front(), *stream);
  route.source = published ? *stream : model.keeper();
  const bool fed = published || canary.read.way == "watch" || needs(model, route.taker, model.keeper());
  if (!fed)
    return cannot(canary,
                  fmt::format("nothing in the target brings a bid to {}", model.service(route.read).spec->name));
  return route;
}

}  // namespace

Result<CanaryRoute> route_of(const SimState& state, const Canary& canary) {
  if (canary.write.way == "bid") return bid_route(state, canary);
  if (canary.read.way == "bid" || canary.read.way == "watch")
    return cannot(canary, fmt::format("what is written by {} is no bid, and cannot be read as one", canary.write.way));
  CanaryRoute route;
  std::optional<ServiceIndex> reader;
  if (canary.read.way != "kafka") {
    BS_ASSIGN(route.read, place_of_end(state, canary, canary.read, std::nullopt));
    reader = route.read;
  }
  BS_ASSIGN(route.write, place_of_end(state, canary, canary.write, reader));
  if (!reader) {
    BS_ASSIGN(route.read, place_of_end(state, canary, canary.read, std::nullopt));
  }
  if (route.read == route.write) return route;
  const Model& model = state.model;
  if (!needs(model, route.read, route.write))
    return cannot(canary, fmt::format("nothing in the target brings a record from {0} to {1}: {1} does not need {0}",
                                      model.service(route.write).spec->name, model.service(route.read).spec->name));
  route.source = route.write;
  route.taker = route.read;
  return route;
}

Status canary_is_understood(const SimState& state, const Canary& canary) {
  const auto route = route_of(state, canary);
  if (!route) return route.error();
  return ok();
}

bool lies_under(const SimState& state, const std::string& canary, const std::string& pattern) {
  const auto& canaries = state.plan.spec.scenario.canaries;
  const auto found = std::ranges::find(canaries, canary, &Canary::name);
  if (found == canaries.end() || found->write.way != "http") return true;
  const auto url = state.fill_text(found->write.what);
  if (!url) return true;
  const auto host = url->find("://");
  const auto slash = url->find('/', host == std::string::npos ? 0 : host + 3);
  const std::string path = slash == std::string::npos ? "" : url->substr(slash + 1);
  const std::string fixed = pattern.substr(0, pattern.find_first_of("*?["));
  return path.starts_with(fixed.starts_with('/') ? fixed.substr(1) : fixed);
}

}  // namespace blackstart
