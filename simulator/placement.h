#pragma once
// Who starts members where: the control plane of their region, where the target has one. It places what serves calls
// alone (kinds api and gateway); a region without a control plane needs none. Deterministic.

#include "simulator/model.h"

#include <optional>
#include <string>
#include <string_view>

namespace blackstart {

struct SimState;

/// "control plane cluster is down": why it cannot start members of `service` in `region` now; empty: it can.
std::optional<std::string> unplaceable(const SimState& state, ServiceIndex service, std::string_view region);

/// "region east is lost", or what unplaceable() says: why this member cannot start now; empty: it can.
std::optional<std::string> unstartable(const SimState& state, const Member& member);

/// How long it takes from the order until the member, which is down, begins to start: until it is scheduled, and until
/// there is one more host where as many run as fit. Draws; to be asked once a start.
Duration placing_time(SimState& state, MemberIndex index);

}  // namespace blackstart
