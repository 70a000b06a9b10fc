#pragma once
// An event of virtual time, and the one order of all events: (time, sequence). Sequence numbers are given out in the
// order of scheduling, so events of one instant come in the order in which they were scheduled. Pure.

#include "base/time.h"

#include <cstdint>
#include <type_traits>

namespace blackstart {

/// What a payload has to be: copied by value, without a destructor. 16 bytes are usual.
template <class Payload>
concept EventPayload = std::is_trivially_copyable_v<Payload> && std::is_default_constructible_v<Payload>;

template <EventPayload Payload>
struct TimedEvent {
  Instant time;
  std::uint64_t sequence = 0;
  Payload payload{};
};

/// Whether an event at (time, sequence) comes before one at (other_time, other_sequence).
constexpr bool comes_before(Instant time, std::uint64_t sequence, Instant other_time, std::uint64_t other_sequence) {
  return time != other_time ? time < other_time : sequence < other_sequence;
}

}  // namespace blackstart
