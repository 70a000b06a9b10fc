#pragma once
// Probes and checks in the virtual world: answered from the model's state, as a client outside would see it. To add
// one: a function of the table's shape and one line in sim_probes.cc.

#include "rehearsal/world.h"
#include "simulator/sim_state.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart {

const std::vector<std::string>& sim_probes();
const std::vector<std::string>& sim_checks();
/// Looks once; what hangs is waited for until the limit's deadline. `probe` must outlive the look.
Task<Result<Observation>> run_sim_probe(SimState* state, const Call& probe, Limit limit);

/// Whether an alert's condition and a metric's name are understood here; kUnsupported says what is not.
Status probe_is_understood(const SimState& state, const Call& probe);

/// "http://primary.database.sim/replication" -> {database, primary}, parts of `url`; empty where it is no place of the
/// target.
std::pair<std::string_view, std::string_view> service_of_url(std::string_view url);

/// Whether `member` answers with all that it cannot do without.
bool is_well(const SimState& state, MemberIndex member);
/// The same; says what is wrong otherwise.
Observation health_of(const SimState& state, MemberIndex member);
/// Whether a call to the service is answered by a member that is well, from data that are whole.
bool service_is_well(const SimState& state, ServiceIndex service);

}  // namespace blackstart
