#include "simulator/sim_probes.h"

#include "base/text.h"
#include "scenarios/arguments.h"
#include "scenarios/comparison.h"
#include "simulator/sim_answers.h"
#include "simulator/stores.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blackstart {
namespace {

constexpr Duration kRoundTrip = std::chrono::milliseconds{1};  // what a look takes at least
constexpr std::string_view kOwnNames = ".sim";                 // behind the target's services: fill_text()'s

/// What a look at one member comes to; `silent`: nothing answers, and it is waited for.
struct Look {
  Observation seen;
  bool silent = false;
};
using SimProbe = Result<Look> (*)(const SimState&, const Call&);
struct NamedSimProbe {
  std::string word;
  SimProbe look;
};

enum class Contact : std::uint8_t { kSilent, kRefused, kAccepted };

Contact contact(const SimState& state, MemberIndex index) {
  const Link& link = state.model.link(kNoMember, index);
  if (link.cut == Cut::kDrop || link.closes_after > Duration{}) return Contact::kSilent;
  const bool refused = link.cut != Cut::kNone || state.model.member(index).condition != Condition::kUp;
  return refused ? Contact::kRefused : Contact::kAccepted;
}

bool answers(const SimState& state, MemberIndex index) {
  return contact(state, index) == Contact::kAccepted && !state.model.member(index).hung;
}

Look reach(const SimState& state, MemberIndex index) {
  std::string name = state.model.name_of(index);
  const Contact made = contact(state, index);
  if (made == Contact::kSilent) return {{false, std::move(name) + " does not answer"}, true};
  return {made == Contact::kRefused ? Observation{false, std::move(name) + ": connection refused"}
                                    : Observation{true, std::move(name) + " accepts"}};
}

Look answer(const SimState& state, MemberIndex index) {
  if (answers(state, index)) return {health_of(state, index)};
  Look look = reach(state, index);
  return look.seen.ok ? Look{{false, state.model.name_of(index) + " does not answer"}, true} : look;
}

/// Whom a call to the service reaches: the holder of the role, or the first that takes calls; kNoMember: there is none.
MemberIndex reached(const SimState& state, ServiceIndex service, std::string_view role) {
  const Service& one = state.model.service(service);
  const MemberIndex primary = role.empty() && one.by_role ? state.model.primary_of(service) : kNoMember;
  if (primary != kNoMember) return primary;
  MemberIndex first = kNoMember;
  for (const MemberIndex index : one.members) {
    const Member& member = state.model.member(index);
    if (!role.empty() && member.role != role) continue;
    if (member.condition == Condition::kUp) return index;
    if (first == kNoMember) first = index;
  }
  return first;
}

Result<MemberIndex> reached(const SimState& state, std::string_view name, std::string_view role) {
  const auto service = state.model.find(name);
  if (!service) return fail(ErrorCode::kNotFound, fmt::format("there is no service {}", name));
  const MemberIndex member = reached(state, *service, role);
  if (member != kNoMember) return member;
  return fail(ErrorCode::kNotFound, fmt::format("no member of {} holds the role {}", name, role));
}

/// The probe that the target says replication is looked at with.
const Node* in_step_of(const SimState& state, std::string_view service) {
  const Node* node = state.plan.spec.target.resolved.find("services");
  node = node == nullptr ? nullptr : node->find(service);
  node = node == nullptr ? nullptr : node->find("in_step");
  return node == nullptr ? nullptr : node->find("http");
}

Result<HttpPlace> find_place(const SimState& state, const std::string& written) {
  HttpPlace place;
  BS_ASSIGN(place.url, state.fill_text(written));
  const auto [service, role] = service_of_url(place.url);
  place.service = service;
  place.role = role;
  const Node* const in_step = in_step_of(state, service);
  place.shows_replication = in_step != nullptr && in_step->text("url") == written;
  return place;
}

Look look_at(const SimState& state, const Call& probe, const HttpPlace& place) {
  if (place.service.empty()) return {{true, place.url + " is no service of the target: taken as well"}};
  const auto member = reached(state, place.service, place.role);
  if (!member) return {{false, member.error().message}};
  Look look = answer(state, *member);
  if (answers(state, *member)) look.seen = judge_answer(state, probe, *member, std::move(look.seen));
  if (look.seen.ok && place.shows_replication)
    look.seen = replication_state(state, state.model.member(*member).service);
  return look;
}

Result<Look> look_http(const SimState& state, const Call& probe) {
  const Node* const url = probe.arguments.find("url");
  const std::string_view written = url == nullptr ? std::string_view{} : url->scalar;
  auto known = state.places.find(written);
  if (known == state.places.end()) {
    BS_ASSIGN(HttpPlace place, find_place(state, std::string{written}));
    if (written.find("steps.") != std::string_view::npos) return look_at(state, probe, place);
    known = state.places.emplace(written, std::move(place)).first;
  }
  return look_at(state, probe, known->second);
}

Result<Look> look_tcp(const SimState& state, const Call& probe) {
  const std::string service = text_argument(probe, "service");
  if (service.empty()) return Look{{true, "a place outside the target: taken as well"}};
  const auto member = reached(state, service, text_argument(probe, "role"));
  if (!member) return Look{{false, member.error().message}};
  return reach(state, *member);
}

Result<Look> look_process(const SimState& state, const Call& probe) {
  const auto service = state.model.find(text_argument(probe, "service"));
  Look look{{true, ""}};
  for (const MemberIndex index : state.model.members_of(service.value_or(0), text_argument(probe, "role"))) {
    if (state.model.member(index).condition != Condition::kDown) continue;
    look.seen = {false, state.model.name_of(index) + " does not run"};
  }
  if (look.seen.ok) look.seen.detail = "every process runs";
  return look;
}

/// The services whose component has the probe `exec` as its evidence.
std::vector<std::string> covered_by(const Scenario& scenario, const Call& exec) {
  std::vector<std::string> services;
  for (const Component& component : scenario.objectives.components) {
    const auto is_evidence = [&](const ProbeRule& rule) {
      return component.evidence == Component::Evidence::kProbe && rule.name == component.source &&
             rule.probe.word == exec.word && text_argument(rule.probe, "") == text_argument(exec, "");
    };
    const bool steady = scenario.steady_state && std::ranges::any_of(scenario.steady_state->probes, is_evidence);
    if (steady || std::ranges::any_of(scenario.detection, is_evidence))
      services.insert(services.end(), component.services.begin(), component.services.end());
  }
  return services;
}

/// Commands look at data: they pass unless a service's data are damaged. One that is a component's evidence also asks
/// each service that the component covers.
Result<Look> look_exec(const SimState& state, const Call& probe) {
  for (const std::string& name : covered_by(state.plan.spec.scenario, probe)) {
    const auto service = state.model.find(name);
    if (!service) continue;
    Look look{{false, name + " has no member"}};
    for (const MemberIndex index : state.model.service(*service).members)
      if (!look.seen.ok) look = answer(state, index);
    if (!look.seen.ok) return look;
  }
  for (const auto& service : state.model.services())
    if (service.damaged) return Look{{false, service.spec->name + " holds damaged data"}};
  return Look{{true, "modelled: nothing is damaged"}};
}

Observation judge(const SimState& state, const std::vector<MemberIndex>& members, const std::string& is) {
  std::vector<std::string> well, unwell;
  for (const MemberIndex index : members) {
    const Look look = is == "healthy" ? answer(state, index) : reach(state, index);
    (look.seen.ok ? well : unwell).push_back(look.seen.detail);
  }
  if (is == "down") return {well.empty(), well.empty() ? join(unwell, "; ") : join(well, "; ")};
  return {unwell.empty() && !well.empty(), unwell.empty() ? join(well, "; ") : join(unwell, "; ")};
}

Result<Look> look_state(const SimState& state, const Call& check) {
  Look whole{{true, ""}};
  for (const auto& name : list_argument(check, "services", "service")) {
    const auto service = state.model.find(name);
    std::vector<MemberIndex> members;
    if (service) members = state.model.members_of(*service, text_argument(check, "role"));
    std::erase_if(members, [&](MemberIndex index) { return state.model.member(index).former; });
    const Observation one = judge(state, members, text_argument(check, "is"));
    whole.seen.ok = whole.seen.ok && one.ok;
    whole.seen.detail += (whole.seen.detail.empty() ? "" : "; ") + one.detail;
  }
  return whole;
}

Result<Look> look_region(const SimState& state, const Call& check) {
  return Look{judge(state, state.model.members_in(text_argument(check, "region")), text_argument(check, "is"))};
}

Result<Look> look_replication(const SimState& state, const Call& check) {
  const auto service = state.model.find(text_argument(check, "service"));
  return Look{replication_state(state, service.value_or(0))};
}

Look look_at_service(const SimState& state, ServiceIndex index) {
  const Service& service = state.model.service(index);
  const auto member = reached(state, service.spec->name, "");
  if (!member) return {{false, member.error().message}};
  Look look = answer(state, *member);
  if (look.seen.ok && service.damaged) look.seen = {false, service.spec->name + " holds damaged data"};
  return look;
}

Result<Look> look_service(const SimState& state, const Call& probe) {
  const std::string name = text_argument(probe, "service");
  const auto service = state.model.find(name);
  if (!service) return Look{{false, fmt::format("there is no service {}", name)}};
  Look look = look_at_service(state, *service);
  look.seen = judge_value(probe, std::move(look.seen));
  return look;
}

Result<Look> look_metric(const SimState& state, const Call& probe) {
  const auto service = state.model.find(text_argument(probe, "of"));
  const std::string name = text_argument(probe, "name");
  BS_ASSIGN(const double value, state.metrics.value(service.value_or(0), name));
  BS_ASSIGN(const Comparison is, parse_comparison(text_argument(probe, "is")));
  return Look{{is.holds(value), fmt::format("{} is {:.6g}", name, value)}};
}

/// An alert that fires is a probe that fails.
Result<Look> look_alert(const SimState& state, const Call& probe) {
  BS_ASSIGN(const bool fires, state.metrics.holds(text_argument(probe, "when")));
  return Look{{!fires, fires ? "the alert's condition holds" : "the alert's condition does not hold"}};
}

const std::vector<NamedSimProbe>& probes() {
  static const std::vector<NamedSimProbe> list = {
      {"http", look_http},     {"tcp", look_tcp},       {"process", look_process},
      {"exec", look_exec},     {"sql", look_service},   {"redis", look_service},
      {"kafka", look_service}, {"metric", look_metric}, {"alert", look_alert}};
  return list;
}

const std::vector<NamedSimProbe>& checks() {
  static const std::vector<NamedSimProbe> list = {
      {"state", look_state}, {"region", look_region}, {"replication", look_replication}};
  return list;
}

/// Null: there is none of that name.
SimProbe find_look(std::string_view word) {
  for (const auto* list : {&probes(), &checks()})
    for (const auto& one : *list)
      if (one.word == word) return one.look;
  return nullptr;
}

std::vector<std::string> words_of(const std::vector<NamedSimProbe>& list) {
  std::vector<std::string> words;
  for (const auto& one : list) words.push_back(one.word);
  return words;
}

/// What keeps a member from answering with all that it cannot do without.
struct Lack {
  enum class Of : std::uint8_t { kNothing, kItself, kAnswers, kNeed } of = Of::kNothing;
  ServiceIndex need = 0;
};

Lack lack_of(const SimState& state, MemberIndex index) {
  const Member& member = state.model.member(index);
  if (member.condition != Condition::kUp || member.hung) return {Lack::Of::kItself};
  if (member.burden.errors >= 1) return {Lack::Of::kAnswers};
  for (const auto& need : state.model.service(member.service).needs) {
    if (!need.call.required || need.call.fallback || !need.call.wait) continue;
    const Service& other = state.model.service(need.service);
    const bool well = std::ranges::any_of(other.members, [&](MemberIndex target) {
      const bool called = !other.by_role || state.model.address(member.service, need.service) == target;
      const bool takes = !need.stores || other.sql() == nullptr || accepts_writes(state.model, target);
      return called && takes && state.model.link(index, target).cut == Cut::kNone && is_well(state, target);
    });
    if (!well) return {Lack::Of::kNeed, need.service};
  }
  return {};
}

}  // namespace

std::pair<std::string_view, std::string_view> service_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const auto ends_host = [](char c) { return c == '/' || c == ':' || c == '?'; };
  std::string_view host(url.begin(), std::ranges::find_if(url, ends_host));
  if (!host.ends_with(kOwnNames)) return {};
  host.remove_suffix(kOwnNames.size());
  const auto before = host.rfind('.');
  if (before == std::string_view::npos) return {host, {}};
  return {host.substr(before + 1), host.substr(0, host.find('.'))};
}

bool is_well(const SimState& state, MemberIndex index) { return lack_of(state, index).of == Lack::Of::kNothing; }

Observation health_of(const SimState& state, MemberIndex index) {
  const Lack lack = lack_of(state, index);
  std::string name = state.model.name_of(index);
  switch (lack.of) {
    case Lack::Of::kItself:
      return {false, std::move(name) + " does not serve"};
    case Lack::Of::kAnswers:
      return {false, std::move(name) + " answers with errors"};
    case Lack::Of::kNeed:
      return {false,
              fmt::format("{} is unwell: {} does not serve it", name, state.model.service(lack.need).spec->name)};
    case Lack::Of::kNothing:
      break;
  }
  return {true, std::move(name) + " is well"};
}

bool service_is_well(const SimState& state, ServiceIndex service) {
  const MemberIndex member = reached(state, service, "");
  if (member == kNoMember || state.model.service(service).damaged) return false;
  return state.model.link(kNoMember, member).cut == Cut::kNone && is_well(state, member);
}

const std::vector<std::string>& sim_probes() {
  static const std::vector<std::string> words = words_of(probes());
  return words;
}

const std::vector<std::string>& sim_checks() {
  static const std::vector<std::string> words = words_of(checks());
  return words;
}

Status probe_is_understood(const SimState& state, const Call& probe) {
  if (probe.word == "alert") {
    const auto seen = look_alert(state, probe);
    return seen ? ok() : Status(seen.error());
  }
  if (probe.word != "metric") return ok();
  const auto seen = look_metric(state, probe);
  return seen ? ok() : Status(seen.error());
}

Task<Result<Observation>> run_sim_probe(SimState* state, const Call& probe, Limit limit) {
  const SimProbe looks = find_look(probe.word);
  if (looks == nullptr)
    co_return fail(ErrorCode::kUnsupported, fmt::format("the virtual world cannot look at {}", probe.word));
  Limit own = limit;
  const Status passed = co_await pass(state, kRoundTrip, std::move(own));
  if (!passed) co_return passed.error();
  auto look = looks(*state, probe);
  if (!look) co_return look.error();
  if (look->silent && limit.deadline != kNever) {
    const auto woken = co_await state->clock.sleep_until(limit.deadline, limit.stop);
    if (!woken) co_return woken.error();
  }
  co_return std::move(look->seen);
}

}  // namespace blackstart
