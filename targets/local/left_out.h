#pragma once
// Services that a local drill leaves out: the target describes them, but on this machine nothing is started for them
// and nothing runs already. A drill that names one is refused; the others run without it. Pure.

#include "base/result.h"
#include "scenarios/spec.h"

#include <vector>

namespace blackstart {

/// Whether the service runs already: it has no part under drivers.local, and its url is whole as written.
bool runs_elsewhere(const Target& target, const ServiceSpec& service);
/// Whether a local drill goes without it: neither a part under drivers.local nor a url where it runs already.
bool left_out(const Target& target, const ServiceSpec& service);
/// One error (kInvalid) for each service that is left out and that the drill needs: it takes bids or tells watchers, a
/// fault, probe, step or canary names it, or a text of these or of a part that is started asks for its address.
std::vector<Error> needed_but_left_out(const Spec& spec);

}  // namespace blackstart
