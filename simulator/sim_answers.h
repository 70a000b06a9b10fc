#pragma once
// What an answer says, as far as the model knows it: a status, a breaker's state, a value that a query must give. A
// probe that expects what the model knows to be otherwise fails; of what it does not know it takes what the scenario
// expects of a healthy service. Pure.

#include "rehearsal/world.h"
#include "simulator/sim_state.h"

#include <string>
#include <vector>

namespace blackstart {

/// An `http` probe of a member that answers; `health`: whether that is well. A member that is well answers 200 to 299,
/// one that is not 500 to 599.
Observation judge_answer(const SimState& state, const Call& probe, MemberIndex member, Observation health);
/// A `sql` or `redis` probe of a service that is well.
Observation judge_value(const Call& probe, Observation health);

/// Something that a probe expects and the model does not know.
struct Assumed {
  std::string what;  // as it is written: `$.auction: 1`
  Position where;
  std::string by_whom;  // what is asked for it: two probes that ask and expect the same assume the same
  std::string as_long;  // what it holds as long as; "": always
};
/// What the virtual world takes to be as `probe` expects while that is well; empty: it knows all of it.
std::vector<Assumed> assumed_of(const Target& target, const Call& probe);

}  // namespace blackstart
