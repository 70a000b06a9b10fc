#include "simulator/sim_state.h"

#include "base/text.h"
#include "scenarios/arguments.h"
#include "scenarios/template.h"
#include "simulator/cache_hits.h"
#include "simulator/stores.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blackstart {
namespace {

/// "services.database.primary.url" and its like: names of the virtual world's own.
std::optional<std::string> address_value(const Model& model, std::string_view name) {
  auto parts = split(name, '.');
  if (parts.size() < 3 || parts.front() != "services") return std::nullopt;
  const auto service = model.find(parts[1]);
  if (!service) return std::nullopt;
  std::string host = std::string(parts[1]) + ".sim";
  if (parts.size() > 3) host = fmt::format("{}.{}", parts[2], host);
  const std::string_view what = parts.back();
  if (what == "url") return "http://" + host;
  if (what == "host") return host;
  if (what == "port") return "80";
  return std::nullopt;
}

/// Whether `fault` kills the member again as often as it starts.
bool loops(const ActedFault& fault, MemberIndex index) {
  return fault.spec.kind.word == "crash_loop" && fault.acted && !fault.healed && fault.times_left != 0 &&
         std::ranges::find(fault.members, index) != fault.members.end();
}

/// Of what bids look for in a cache, where the target does not say how often that is found: their auctions.
void lay_hit_ratio(const Target& target, const BidLoad& bids, Service& service) {
  auto* const cache = std::get_if<CacheSim>(&service.sim.own);
  const Node* const parts = target.resolved.find("sim");
  const Node* const part = parts == nullptr ? nullptr : parts->find(service.spec->name);
  if (cache == nullptr || part == nullptr || part->find("hit_ratio") != nullptr) return;
  if (!cache->entries && !cache->ttl) return;
  const auto members = static_cast<double>(service.by_role ? 1 : service.members.size());
  const CacheLookUps look_ups{bids.auctions, bids.popularity_zipf, bids.profile.front().from.per_second / members};
  cache->hit_ratio = {warm_hit_ratio(look_ups, cache->entries, cache->ttl)};
  cache->cold_ratio = {std::min(cache->cold_ratio.value, cache->hit_ratio.value)};
}

/// The limit's deadline passes before what takes longer is over.
Task<Status> time_out(SimState* state, Limit limit) {
  const auto woken = co_await state->clock.sleep_until(limit.deadline, limit.stop);
  if (!woken) co_return woken.error();
  co_return fail(ErrorCode::kTimeout, "it takes longer than there is time for");
}

Duration lives_for(const ActedFault& fault) { return duration_argument(fault.spec.kind, "every", {}); }

}  // namespace

SimState::SimState(Plan plan_in, WallTime start)
    : plan(std::move(plan_in)), clock(start), model(plan.spec.target), history(plan.seed, plan.bin_length) {
  for (const auto& service : plan.spec.target.services)
    backups.emplace(service.name, Backups(service, plan.seed, start));
  for (const auto& service : model.services()) {
    if (service.dns() == nullptr) continue;
    for (const auto& record : service.dns()->records)
      if (std::ranges::find(plan.spec.target.regions, record.to) != plan.spec.target.regions.end())
        resolver.begin(record.to);
  }
  for (ServiceIndex index = 0; index < model.services().size(); ++index) {
    lay_hit_ratio(plan.spec.target, plan.spec.scenario.load.bids, model.service(index));
    review_backups(*this, index);
  }
}

RandomStream& SimState::stream(const std::string& name) {
  auto found = streams_.find(name);
  if (found == streams_.end()) found = streams_.emplace(name, RandomStream(plan.seed, name)).first;
  return found->second;
}

void SimState::visit_streams(const std::function<void(const std::string&, const RandomStream&)>& visit) const {
  for (const auto& [name, stream] : streams_) visit(name, stream);
  history.visit_streams(visit);
  if (clients) clients->visit_streams(visit);
  if (flow) flow->visit_streams(visit);
}

void SimState::about_to_change() {
  if (flow) flow->end_foresight();
}

void SimState::kill(MemberIndex index) {
  Member& member = model.member(index);
  if (member.condition == Condition::kDown) return;
  if (member.condition == Condition::kUp) canaries.lost(index);
  member.condition = Condition::kDown;
  member.hung = member.leaving = false;
  const Service& service = model.service(member.service);
  if (service.stream() != nullptr) {
    const Duration election = draw_from(service.stream()->election, stream("elections of " + service.spec->name));
    model.service(member.service).electing_until = now() + election;
  }
  review_replication(*this, member.service);
  review_backups(*this, member.service);
  review_names(*this);
  consumers.look();
  if (flow) flow->killed(index);
}

void SimState::starting(MemberIndex index) {
  kill(index);
  if (!lost_place_of(*this, model.member(index))) model.member(index).condition = Condition::kStarting;
}

void SimState::up(MemberIndex index) {
  Member& member = model.member(index);
  const Service& service = model.service(member.service);
  // Who dies in the instant in which it starts has served nobody, and no standby has caught up with it.
  const bool dies = std::ranges::any_of(faults, [index](const auto& entry) {
    return loops(entry.second, index) && lives_for(entry.second) == Duration{};
  });
  const bool cannot = dies || member.release == Release::kCrashes || lost_place_of(*this, member);
  member.condition = cannot ? Condition::kDown : Condition::kUp;
  ++member.incarnation;
  member.up_since = now();
  if (const auto& warm_up = service.sim.station.warm_up)
    member.warm_up = draw_from(warm_up->takes, stream("warming up of " + service.spec->name));
  if (const CacheSim* cache = service.cache(); cache != nullptr && !cache->persistent) {
    member.cold = true;
    member.warming = draw_from(cache->warming, stream("warming of " + service.spec->name));
  }
  if (flow) flow->begun(index);
  review_effects(*this);
  for (auto& [id, fault] : faults) {
    if (!loops(fault, index)) continue;
    if (fault.times_left > 0) --fault.times_left;
    clock.post_at(now() + lives_for(fault), [this, index] { kill(index); });
  }
}

Result<std::string> SimState::fill_text(const std::string& text) const {
  if (const auto known = filled_.find(text); known != filled_.end()) return known->second;
  auto filled = fill_anew(text);
  if (filled && text.find("steps.") == std::string::npos) filled_.emplace(text, *filled);
  return filled;
}

Result<std::string> SimState::fill_anew(const std::string& text) const {
  return fill(text, [this](std::string_view name) -> std::optional<std::string> {
    if (name == "title") return plan.spec.scenario.title;
    if (name == "drill.id") return plan.drill_id;
    if (name == "target") return plan.spec.target.name;
    if (name.starts_with("env.")) return "***";
    if (name.starts_with("steps.")) {
      std::string step(name.substr(6));
      if (step.ends_with(".output")) step.resize(step.size() - 7);
      const auto found = outputs.find(step);
      return found == outputs.end() ? std::nullopt : std::optional(found->second);
    }
    return address_value(model, name);
  });
}

Task<Status> pass(SimState* state, Duration length, Limit limit) {
  const Instant end = state->now() + length;
  if (end <= limit.deadline) return state->clock.sleep_until(end, std::move(limit.stop));
  return time_out(state, std::move(limit));
}

}  // namespace blackstart
