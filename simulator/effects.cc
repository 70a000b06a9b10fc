#include "simulator/effects.h"

#include "scenarios/arguments.h"
#include "simulator/sim_probes.h"
#include "simulator/sim_state.h"
#include "simulator/stores.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace blackstart {
namespace {

constexpr double kAll = 1;

Place place_of(const Model& model, const Node& node) {
  Place place;
  const std::string service = node.is_scalar() ? node.scalar : node.text("service");
  if (const auto index = model.find(service))
    place.members = model.members_of(*index, node.is_scalar() ? "" : node.text("role"));
  else if (const std::string where = node.text("region") + node.text("zone"); !where.empty())
    place.members = model.members_in(where);
  return place;
}

std::vector<MemberIndex> spread(const Model& model, const Place& place, const Place& other) {
  if (!place.anywhere) return place.members;
  std::vector<MemberIndex> all = {kNoMember};
  for (MemberIndex index = 0; index < model.members(); ++index)
    if (std::ranges::find(other.members, index) == other.members.end()) all.push_back(index);
  return all;
}

Cut cut_of(const std::string& mode) {
  if (mode == "reject") return Cut::kReject;
  return mode == "reset" ? Cut::kReset : Cut::kDrop;
}

/// What one fault does to one way of a link.
void burden_link(const Call& fault, Link& link) {
  link.plain = false;
  const std::string& word = fault.word;
  if (word == "partition") {
    link.cut = cut_of(text_argument(fault, "mode", "drop"));
    link.closes_after = {};
    link.toxicity = kAll;
  } else if (word == "latency") {
    link.extra += duration_argument(fault, "latency", {});
    link.jitter += duration_argument(fault, "jitter", {});
  } else if (word == "loss") {
    link.loss = 1 - (1 - link.loss) * (1 - number_argument(fault, "percent", 0));
  } else {  // down, reset_peer, timeout
    link.closes_after = duration_argument(fault, "timeout", {});
    const bool resets = word == "reset_peer" || link.closes_after > Duration{};
    link.cut = word == "down" ? Cut::kReject : resets ? Cut::kReset : Cut::kDrop;
    link.toxicity = number_argument(fault, "toxicity", kAll);
  }
}

bool hits_a_share(const Call& fault) { return number_argument(fault, "toxicity", kAll) < kAll; }

/// A share of the calls is hit once: as it is sent, or as it is answered.
std::string direction_of(const Call& fault) {
  if (!hits_a_share(fault)) return text_argument(fault, "direction", "both");
  return fault.word == "down" || text_argument(fault, "stream") == "upstream" ? "to" : "from";
}

/// Whether `from` makes calls to `to`, and is not only called by it.
bool calls_it(const Model& model, MemberIndex from, MemberIndex to) {
  if (from == kNoMember || to == kNoMember) return true;
  const ServiceIndex service = model.member(to).service;
  return std::ranges::any_of(model.service(model.member(from).service).needs,
                             [service](const Need& need) { return need.service == service; });
}

void burden_links(Model& model, const Call& fault) {
  const auto [a, b] = places_of(model, fault);
  const std::string direction = direction_of(fault);
  for (const MemberIndex from : spread(model, a, b)) {
    for (const MemberIndex to : spread(model, b, a)) {
      if (a.anywhere && hits_a_share(fault) && !calls_it(model, from, to)) continue;
      if (direction != "from") burden_link(fault, model.link(from, to));
      if (direction != "to") burden_link(fault, model.link(to, from));
    }
  }
}

void burden_member(const Call& fault, Member& member, Duration acted_for) {
  Burden& burden = member.burden;
  const std::string& word = fault.word;
  if (word == "pause") {
    burden.hung = true;
  } else if (word == "slow") {
    double factor = number_argument(fault, "factor", 1);
    if (const double runs = number_argument(fault, "duty_cycle", 1); runs > 0) factor /= runs;
    const Duration ramp = duration_argument(fault, "ramp", {});
    if (ramp > acted_for) factor = 1 + (factor - 1) * to_seconds(acted_for) / to_seconds(ramp);
    burden.slower *= factor;
  } else if (word == "cpu") {
    burden.slower /= std::max(0.01, 1 - number_argument(fault, "load", 0.9));
  } else if (word == "io_latency") {
    burden.commit_extra += duration_argument(fault, "latency", {});
  } else if (word == "io_error") {
    burden.errors = std::max(burden.errors, number_argument(fault, "percent", kAll));
  } else if (word == "disk_full" || word == "read_only") {
    burden.rejects_writes = true;
  } else if (word == "gray") {
    burden.gray = std::max(burden.gray, number_argument(fault, "share", 0));
  } else if (word == "dependency_outage") {
    const std::string mode = text_argument(fault, "mode");
    if (mode == "errors") burden.errors = std::max(burden.errors, number_argument(fault, "share", kAll));
    if (mode == "latency") burden.extra += duration_argument(fault, "latency", {});
    if (mode == "hang") burden.hung = true;
  }
}

void burden_by_release(Member& member) {
  if (member.release == Release::kErrs || member.bad_config) member.burden.errors = kAll;
  if (member.release == Release::kSlow) member.burden.slower *= 20;
}

/// Without its tables, topics or indices a store answers with errors; a cache or a file store takes what comes.
void burden_by_loss(const Service& service, Member& member) {
  const bool has_schema = service.sql() != nullptr || service.stream() != nullptr || service.search() != nullptr;
  if (service.emptied && has_schema && !member.former) member.burden.errors = kAll;
}

/// A member that is cut off on purpose: refused by everyone.
void cut_off(Model& model, MemberIndex index) {
  for (std::size_t other = 0; other <= model.members(); ++other) {
    const MemberIndex peer = other == model.members() ? kNoMember : static_cast<MemberIndex>(other);
    for (Link* link : {&model.link(peer, index), &model.link(index, peer)}) {
      link->plain = false;
      link->cut = Cut::kReject;
      link->toxicity = kAll;
    }
  }
}

/// Whether a fault of the kind `word` stands that took `place`.
bool is_taken(const SimState& state, std::string_view word, std::string_view place) {
  return std::ranges::any_of(state.faults, [word, place](const auto& entry) {
    const ActedFault& fault = entry.second;
    const bool stands = fault.acted && !fault.healed && fault.spec.kind.word == word;
    return stands && text_argument(fault.spec.kind, "which") == place;
  });
}

}  // namespace

std::vector<std::string> zones_left(const SimState& state, std::string_view region) {
  if (is_taken(state, "region", region)) return {};
  std::vector<std::string> zones = state.model.zones_of(region);
  std::erase_if(zones, [&state](const std::string& zone) { return is_taken(state, "zone", zone); });
  return zones;
}

bool region_is_lost(const SimState& state, std::string_view region) { return zones_left(state, region).empty(); }

std::vector<std::string> lost_regions(const SimState& state) {
  std::vector<std::string> lost = state.plan.spec.target.regions;
  std::erase_if(lost, [&state](const std::string& region) { return !region_is_lost(state, region); });
  return lost;
}

std::optional<std::string> lost_place_of(const SimState& state, const Member& member) {
  if (region_is_lost(state, member.region)) return "region " + member.region;
  if (is_taken(state, "zone", member.zone)) return "zone " + member.zone;
  return std::nullopt;
}

std::pair<Place, Place> places_of(const Model& model, const Call& fault) {
  if (const Node* between = fault.arguments.find("between"); between != nullptr && between->items.size() == 2)
    return {place_of(model, between->items[0]), place_of(model, between->items[1])};
  Place outside, inside;
  outside.anywhere = true;
  if (const auto service = model.find(text_argument(fault, "service")))
    inside.members = model.members_of(*service, text_argument(fault, "role"));
  return {outside, inside};
}

void review_names(SimState& state) {
  for (ServiceIndex index = 0; index < state.model.services().size(); ++index) {
    const Service& service = state.model.service(index);
    if (service.dns() == nullptr || service.dns()->records.empty()) continue;
    if (service_is_well(state, index)) return state.resolver.speak();
    return state.resolver.fall_silent(state.now(), service.dns()->ttl);
  }
}

void review_effects(SimState& state) {
  constexpr std::array<std::string_view, 6> kLinks = {"partition", "latency", "loss", "down", "reset_peer", "timeout"};
  Model& model = state.model;
  state.about_to_change();
  model.lay_links();
  for (MemberIndex index = 0; index < model.members(); ++index) model.member(index).burden = {};
  for (const auto& [id, fault] : state.faults) {
    if (!fault.acted || fault.healed || fault.off || fault.spec.fault_class != FaultClass::kActing) continue;
    if (std::ranges::find(kLinks, fault.spec.kind.word) != kLinks.end()) burden_links(model, fault.spec.kind);
    for (const MemberIndex index : fault.members)
      burden_member(fault.spec.kind, model.member(index), state.now() - fault.acted_at);
  }
  for (MemberIndex index = 0; index < model.members(); ++index) {
    Member& member = model.member(index);
    burden_by_release(member);
    burden_by_loss(model.service(member.service), member);
    if (member.isolated) cut_off(model, index);
    member.hung = member.burden.hung && member.condition == Condition::kUp;
  }
  for (ServiceIndex service = 0; service < model.services().size(); ++service) {
    review_replication(state, service);
    review_backups(state, service);
  }
  review_names(state);
  state.consumers.look();
  if (!state.flow) return;
  state.flow->members_changed();
  for (MemberIndex index = 0; index < model.members(); ++index) state.flow->resumed(index);
}

}  // namespace blackstart
