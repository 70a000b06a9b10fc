#pragma once
// What all faults that act, all bad releases and all cut-offs together make of the model's members and links. Put
// together anew from nothing whenever one of them begins or ends, so that the order of healing does not matter and
// nothing is left behind.

#include "scenarios/spec.h"
#include "simulator/model.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct SimState;

/// What was done for one fault, so that it can be undone.
struct ActedFault {
  FaultSpec spec;
  std::vector<MemberIndex> members;  // hit
  bool acted = false;
  bool healed = false;
  Instant acted_at;
  bool off = false;     // of one that flaps: it rests now
  int times_left = -1;  // of crash_loop; negative: no end
};

/// Lays every burden and every link anew; stores, servers and calls then follow.
void review_effects(SimState& state);

/// Whether the authoritative servers of the first DNS service that has records answer.
void review_names(SimState& state);

/// The zones of the region that no standing fault took, "" alone where it has none; empty: the whole region is lost.
std::vector<std::string> zones_left(const SimState& state, std::string_view region);
/// Whether faults stand that took the whole region: nothing in it can start until they are healed.
bool region_is_lost(const SimState& state, std::string_view region);
/// Each of which that is so.
std::vector<std::string> lost_regions(const SimState& state);
/// "region east", "zone east-a": what is lost of where the member lives, so that it cannot start.
std::optional<std::string> lost_place_of(const SimState& state, const Member& member);

/// The places of a link fault: members, or everything outside.
struct Place {
  std::vector<MemberIndex> members;
  bool anywhere = false;  // the clients, and every member that is not on the other side
};
/// The two places of a fault on links: {service, role?} is everything that reaches it; between: [a, b] are two.
std::pair<Place, Place> places_of(const Model& model, const Call& fault);

}  // namespace blackstart
