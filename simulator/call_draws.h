#pragma once
// What chance decides about a call. Every draw follows from the call's key and from what it is for, so that it does not
// depend on what happens to other calls, nor on when it is drawn: what is foreseen draws what would be played. A call's
// key follows from the seed, its bid and the way from its client down to it. Pure.

#include "base/hash.h"
#include "base/random.h"

#include <cstdint>

namespace blackstart {

enum class DrawOf : std::uint8_t {
  kWayThere = 1,  // how long it takes
  kWayBack,
  kCutThere,  // whether it is cut, whether it is lost
  kCutBack,
  kService,  // its time, and whether a cache misses
  kLeader,
  kFailure,
  kShare,     // whether a need is called; of the need
  kPause,     // before a need is called again; of the need and the try
  kFallback,  // of the need
  kMember,    // who is called, where that is left to chance; of the need and the try
};

using CallKey = std::uint64_t;

inline constexpr std::uint32_t kMissNeed = 0xffff;  // no need's number: what a cache's miss asks

inline CallKey key_of_attempt(std::uint64_t seed, std::uint64_t bid_number, std::uint32_t attempt) {
  return mix64(seed ^ mix64(bid_number << 16 | attempt));
}
inline CallKey key_of_need(CallKey caller, std::uint32_t need, std::uint32_t attempt) {
  constexpr std::uint64_t kOdd = 0xd1342543de82ef95;
  return mix64(caller + (std::uint64_t{need} << 8 | (attempt + 1)) * kOdd);
}
/// `which` tells several of a kind apart.
inline KeyedStream draws_of(CallKey key, DrawOf of, std::uint32_t which = 0) {
  constexpr std::uint64_t kOdd = 0xaef17502108ef2d9;
  return KeyedStream(key + (std::uint64_t{which} << 8 | static_cast<std::uint64_t>(of)) * kOdd);
}

}  // namespace blackstart
