#include "simulator/sim_faults.h"

#include "base/text.h"
#include "base/units.h"
#include "scenarios/arguments.h"
#include "simulator/stores.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

using Act = SimFaults::Act;
struct NamedSimFault {
  std::string word;
  Result<Act> (*act)(SimState& state, std::uint64_t id, ActedFault& fault);
};

std::string names(const SimState& state, const std::vector<MemberIndex>& members) {
  std::vector<std::string> list;
  for (const MemberIndex index : members) list.push_back(state.model.name_of(index));
  return join(list, ", ");
}

const char* verb(const ActedFault& fault) { return fault.members.size() == 1 ? "is" : "are"; }

/// Kills again and again, as long as the fault stands.
void kill_again(SimState& state, std::uint64_t id, Duration every) {
  state.clock.post_at(state.now() + every, [&state, id, every] {
    const ActedFault& fault = state.faults.at(id);
    if (fault.healed) return;
    for (const MemberIndex index : fault.members) state.kill(index);
    kill_again(state, id, every);
  });
}

Result<Act> act_kill(SimState& state, std::uint64_t id, ActedFault& fault) {
  const std::string text = names(state, fault.members);
  for (const MemberIndex index : fault.members) state.kill(index);
  if (const Duration every = duration_argument(fault.spec.kind, "every", {}); every > Duration{})
    kill_again(state, id, every);
  return Act{fmt::format("{} {} gone: signal {}", text, verb(fault), text_argument(fault.spec.kind, "signal", "KILL"))};
}

Result<Act> act_crash_loop(SimState& state, std::uint64_t, ActedFault& fault) {
  fault.times_left = static_cast<int>(number_argument(fault.spec.kind, "times", -1));
  const std::string text = names(state, fault.members);
  for (const MemberIndex index : fault.members) state.kill(index);
  return Act{fmt::format("{} {} gone, and will be after each start", text, verb(fault))};
}

/// Everything in the region or zone ends, one after another where it staggers; with `cascade`, what needs it may
/// follow.
Result<Act> act_place(SimState& state, std::uint64_t, ActedFault& fault) {
  const Call& kind = fault.spec.kind;
  const std::string place = text_argument(kind, "which");
  const Duration stagger = duration_argument(kind, "stagger", {});
  const double cascade = number_argument(kind, "cascade", 0);
  fault.members = state.model.members_in(place);
  for (MemberIndex index = 0; index < state.model.members() && cascade > 0; ++index) {
    const bool inside = std::ranges::find(fault.members, index) != fault.members.end();
    const bool depends = !state.model.service(state.model.member(index).service).needs.empty();
    if (!inside && depends && state.stream("cascades").uniform() < cascade) fault.members.push_back(index);
  }
  if (fault.members.empty()) return fail(ErrorCode::kNotFound, fmt::format("no member is in {} {}", kind.word, place));
  Duration after{};
  for (const MemberIndex index : fault.members) {
    if (after == Duration{})
      state.kill(index);
    else
      state.clock.post_at(state.now() + after, [&state, index] { state.kill(index); });
    after += stagger;
  }
  return Act{fmt::format("all {} members of {} are gone", fault.members.size(), place), after - stagger};
}

/// A fault that acts: its effect is laid by review_effects.
Result<Act> act_effect(SimState& state, std::uint64_t, ActedFault& fault) {
  review_effects(state);
  const std::string whom = fault.members.empty() ? "its links" : names(state, fault.members);
  return Act{fmt::format("{} stands against {}", fault.spec.kind.word, whom)};
}

void flap(SimState& state, std::uint64_t id, Duration period) {
  state.clock.post_at(state.now() + period, [&state, id, period] {
    ActedFault& fault = state.faults.at(id);
    if (fault.healed) return;
    fault.off = !fault.off;
    review_effects(state);
    flap(state, id, period);
  });
}

Result<Act> act_partition(SimState& state, std::uint64_t id, ActedFault& fault) {
  const Duration period = duration_argument(fault.spec.kind, "flap", {});
  if (period > Duration{}) flap(state, id, period);
  return act_effect(state, id, fault);
}

void ramp(SimState& state, std::uint64_t id, Instant until) {
  review_effects(state);
  if (state.now() >= until || state.faults.at(id).healed) return;
  state.clock.post_at(state.now() + std::chrono::seconds{1}, [&state, id, until] { ramp(state, id, until); });
}

Result<Act> act_slow(SimState& state, std::uint64_t id, ActedFault& fault) {
  ramp(state, id, state.now() + duration_argument(fault.spec.kind, "ramp", {}));
  return act_effect(state, id, fault);
}

Result<Act> act_surge(SimState& state, std::uint64_t, ActedFault& fault) {
  const double factor = number_argument(fault.spec.kind, "factor", 1);
  if (state.clients) state.clients->surge(factor);
  return Act{fmt::format("{} times the load is offered", factor)};
}

Result<Act> act_deploy(SimState& state, std::uint64_t id, ActedFault& fault) {
  const Call& kind = fault.spec.kind;
  const std::string version = text_argument(kind, "version");
  const double share = number_argument(kind, "share", 1);
  const auto hit = static_cast<std::size_t>(share * static_cast<double>(fault.members.size()) + 0.999);
  fault.members.resize(std::min(fault.members.size(), std::max<std::size_t>(hit, 1)));
  for (const MemberIndex index : fault.members) {
    Member& member = state.model.member(index);
    member.release = version == "crashes" ? Release::kCrashes : version == "slow" ? Release::kSlow : Release::kErrs;
    if (member.release == Release::kCrashes) state.kill(index);
  }
  auto acted = act_effect(state, id, fault);
  if (acted)
    acted->proof = fmt::format("{} {} version {}", names(state, fault.members),
                               fault.members.size() == 1 ? "runs" : "run", version);
  return acted;
}

Result<Act> act_config(SimState& state, std::uint64_t id, ActedFault& fault) {
  for (const MemberIndex index : fault.members) state.model.member(index).bad_config = true;
  auto acted = act_effect(state, id, fault);
  if (acted)
    acted->proof = fmt::format("{} in effect: {} = {}", names(state, fault.members),
                               text_argument(fault.spec.kind, "key"), text_argument(fault.spec.kind, "value"));
  return acted;
}

/// Rows and files of a store. The drill's bids are in its table of bids, and in files without a name of their own.
Result<Act> damage_data(SimState& state, ActedFault& fault, BidHistory::Damage damage, double share) {
  const auto service = state.model.find(text_argument(fault.spec.kind, "service"));
  if (!service) return fail(ErrorCode::kNotFound, "there is no such service");
  const std::string table = text_argument(fault.spec.kind, "table");
  const bool bids = *service == state.model.keeper() && (table.empty() || table.find("bid") != std::string::npos);
  const MemberIndex primary = state.model.primary_of(*service);
  if (bids && primary != kNoMember)
    state.history.damage(state.model.member(primary).timeline, state.now(), damage, share);
  mark_damaged(state, *service, text_argument(fault.spec.kind, "path") == "**" && share >= 1);
  if (table.empty() || table.find("canar") != std::string::npos)
    state.canaries.damage(fault.spec.name, *service, share, text_argument(fault.spec.kind, "path"));
  return Act{fmt::format("{} of {}{} {}", spell_share({share}), state.model.service(*service).spec->name,
                         table.empty() ? "" : " " + table,
                         damage == BidHistory::Damage::kDeleted ? "are gone" : "say something else")};
}

Result<Act> act_corrupt_rows(SimState& state, std::uint64_t, ActedFault& fault) {
  return damage_data(state, fault, BidHistory::Damage::kCorrupted, number_argument(fault.spec.kind, "share", 0));
}
Result<Act> act_delete_rows(SimState& state, std::uint64_t, ActedFault& fault) {
  return damage_data(state, fault, BidHistory::Damage::kDeleted, number_argument(fault.spec.kind, "share", 0));
}
Result<Act> act_bit_flip(SimState& state, std::uint64_t, ActedFault& fault) {
  return damage_data(state, fault, BidHistory::Damage::kCorrupted,
                     number_argument(fault.spec.kind, "probability", 0.01));
}
Result<Act> act_delete_file(SimState& state, std::uint64_t, ActedFault& fault) {
  return damage_data(state, fault, BidHistory::Damage::kDeleted, number_argument(fault.spec.kind, "probability", 1));
}

Result<Act> act_backup(SimState& state, std::uint64_t, ActedFault& fault) {
  const std::string service = text_argument(fault.spec.kind, "service");
  const auto found = state.backups.find(service);
  if (found == state.backups.end()) return fail(ErrorCode::kNotFound, "there is no service " + service);
  if (fault.spec.kind.word == "corrupt_backup")
    found->second.corrupt(state.now(), text_argument(fault.spec.kind, "which"));
  if (fault.spec.kind.word == "missing_log") found->second.lose_log();
  if (fault.spec.kind.word == "lose_key") found->second.lose_key();
  if (fault.spec.kind.word == "lose_key" && !found->second.any_encrypted())
    return Act{fmt::format("none of the backups of {} is encrypted: they can be read without their key", service)};
  return Act{fmt::format("{} of {}", fault.spec.kind.word, service)};
}

Result<Act> act_leak(SimState&, std::uint64_t, ActedFault& fault) {
  return Act{fmt::format("a second client has access with {}", text_argument(fault.spec.kind, "which"))};
}

const std::vector<NamedSimFault>& faults() {
  static const std::vector<NamedSimFault> list = {{"kill", act_kill},
                                                  {"pause", act_effect},
                                                  {"crash_loop", act_crash_loop},
                                                  {"slow", act_slow},
                                                  {"cpu", act_effect},
                                                  {"partition", act_partition},
                                                  {"latency", act_effect},
                                                  {"loss", act_effect},
                                                  {"down", act_effect},
                                                  {"reset_peer", act_effect},
                                                  {"timeout", act_effect},
                                                  {"gray", act_effect},
                                                  {"dependency_outage", act_effect},
                                                  {"io_error", act_effect},
                                                  {"io_latency", act_effect},
                                                  {"disk_full", act_effect},
                                                  {"read_only", act_effect},
                                                  {"surge", act_surge},
                                                  {"bad_deploy", act_deploy},
                                                  {"bad_config", act_config},
                                                  {"corrupt_rows", act_corrupt_rows},
                                                  {"delete_rows", act_delete_rows},
                                                  {"bit_flip", act_bit_flip},
                                                  {"truncate", act_delete_file},
                                                  {"delete_file", act_delete_file},
                                                  {"corrupt_backup", act_backup},
                                                  {"missing_log", act_backup},
                                                  {"lose_key", act_backup},
                                                  {"leak_credentials", act_leak},
                                                  {"region", act_place},
                                                  {"zone", act_place}};
  return list;
}

const NamedSimFault* find_fault(const std::string& word) {
  const auto found = std::ranges::find(faults(), word, &NamedSimFault::word);
  return found == faults().end() ? nullptr : &*found;
}

/// Members of the service and role that the fault names; a link's fault has none.
std::vector<MemberIndex> members_hit(const SimState& state, const Call& kind) {
  const std::string name = text_argument(kind, "service"), role = text_argument(kind, "role");
  const auto service = state.model.find(name);
  if (!service || kind.arguments.find("between") != nullptr) return {};
  auto members = state.model.members_of(*service, role);
  std::erase_if(members, [&](MemberIndex index) {
    const Member& member = state.model.member(index);
    return member.condition == Condition::kDown || (role.empty() && member.former);
  });
  const auto count = static_cast<std::size_t>(number_argument(kind, "count", 0));
  const bool counts_members = kind.word == "kill" || kind.word == "pause";
  if (counts_members && count > 0 && members.size() > count) members.resize(count);
  return members;
}

/// Starts what is still down and whose role nobody has taken.
Task<Status> bring_back(SimState* state, std::vector<MemberIndex> members, Limit limit) {
  Duration longest{};
  std::erase_if(members, [&](MemberIndex index) {
    const Member& member = state->model.member(index);
    return member.condition != Condition::kDown || member.former;
  });
  for (const MemberIndex index : members) {
    const Service& service = state->model.service(state->model.member(index).service);
    state->starting(index);
    if (service.sim.actions.start)
      longest =
          std::max(longest, draw_from(*service.sim.actions.start, state->stream("starts of " + service.spec->name)));
  }
  // Whoever undoes a drill waits for it; the limit is for machines that hang.
  limit.deadline = kNever;
  if (members.empty()) co_return ok();
  const Status passed = co_await pass(state, longest, std::move(limit));
  for (const MemberIndex index : members) state->up(index);
  co_return passed;
}

/// What is left of a fault after it no longer acts.
void undo(SimState& state, ActedFault& fault) {
  const std::string& word = fault.spec.kind.word;
  if (word == "surge" && state.clients) state.clients->surge(1);
  for (const MemberIndex index : fault.members) {
    if (word == "bad_deploy") state.model.member(index).release = Release::kGood;
    if (word == "bad_config") state.model.member(index).bad_config = false;
  }
  const auto service = state.model.find(text_argument(fault.spec.kind, "service"));
  const bool data = word == "corrupt_rows" || word == "delete_rows" || word == "bit_flip" || word == "truncate" ||
                    word == "delete_file";
  if (data && service) {
    state.canaries.undo(fault.spec.name);
    mark_whole(state, *service);
    const MemberIndex primary = state.model.primary_of(*service);
    if (*service == state.model.keeper() && primary != kNoMember)
      state.history.undo_damage(state.model.member(primary).timeline);
  }
  if (service && (word == "corrupt_backup" || word == "missing_log" || word == "lose_key"))
    state.backups.at(text_argument(fault.spec.kind, "service")).mend();
  review_effects(state);
}

}  // namespace

const std::vector<std::string>& sim_faults() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> list;
    for (const auto& one : faults()) list.push_back(one.word);
    return list;
  }();
  return words;
}

Status SimFaults::arm(const FaultRequest& request) {
  const Call& kind = request.spec.kind;
  if (find_fault(kind.word) == nullptr)
    return fail(ErrorCode::kUnsupported, fmt::format("fault {}: the virtual world cannot inject it", kind.word));
  ActedFault fault;
  fault.spec = request.spec;
  state_.faults[request.id] = std::move(fault);
  return ok();
}

Result<Act> SimFaults::act(std::uint64_t id) {
  ActedFault& fault = state_.faults.at(id);
  const Call& kind = fault.spec.kind;
  fault.members = members_hit(state_, kind);
  const std::string name = text_argument(kind, "service"), role = text_argument(kind, "role");
  const bool needs_members = kind.word == "kill" || kind.word == "pause" || kind.word == "crash_loop" ||
                             kind.word == "bad_deploy" || kind.word == "bad_config";
  if (needs_members && fault.members.empty())
    return fail(ErrorCode::kNotFound, fmt::format("no member of {} {} runs", name, role));
  fault.acted = true;
  fault.acted_at = state_.now();
  return find_fault(kind.word)->act(state_, id, fault);
}

Task<Result<std::string>> SimFaults::heal(std::uint64_t id, Limit limit) {
  const auto found = state_.faults.find(id);
  if (found == state_.faults.end() || !found->second.acted)
    co_return std::string("it never acted: nothing was changed");
  if (found->second.healed) co_return std::string("it is healed already");
  ActedFault* const fault = &found->second;
  fault->healed = true;
  undo(state_, *fault);
  const std::string& word = fault->spec.kind.word;
  const bool ended =
      word == "kill" || word == "crash_loop" || word == "region" || word == "zone" || word == "bad_deploy";
  if (ended) {
    const Status back = co_await bring_back(&state_, fault->members, std::move(limit));
    if (!back) {
      fault->healed = false;
      co_return back.error();
    }
  }
  co_return fmt::format("{} is gone", word);
}

std::vector<std::string> SimFaults::left() const {
  std::vector<std::string> names_left;
  for (const auto& [id, fault] : state_.faults)
    if (fault.acted && !fault.healed) names_left.push_back(fault.spec.name);
  return names_left;
}

}  // namespace blackstart
