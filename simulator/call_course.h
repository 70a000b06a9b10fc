#pragma once
// What is kept of calls whose course is foreseen (call_flow_foresight.cc). Plain records.

#include "simulator/call_draws.h"
#include "simulator/model.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace blackstart {

/// Whose turn it is among what falls on one instant: older bids go first, then earlier attempts, then what was called
/// again less often on its way.
struct Turn {
  static constexpr int kBits = 48;
  std::uint32_t order = 0;  // the bid's number, its lower bits
  std::uint8_t attempt = 0;
  std::uint8_t again = 0;

  /// By `newest`, the order of the newest bid. The less goes first.
  [[nodiscard]] std::uint64_t rank(std::uint32_t newest) const {
    return std::uint64_t{~(newest - order)} << 16 | std::uint64_t{attempt} << 8 | again;
  }
};
struct Caller {  // what decides whom a call calls, and how that goes
  CallKey key = 0;
  std::uint32_t order = 0;
  MemberIndex member = kNoMember;
  std::uint16_t need = 0;    // which one is being called, or next
  std::uint8_t attempt = 0;  // of the bid: at most 100
  std::uint8_t tries = 0;    // of the present need, after the first
  std::uint8_t again = 0;    // tries after the first, of all calls that lead to it

  [[nodiscard]] Turn turn() const { return {order, attempt, again}; }
  /// `again` of the call that it makes for the `tried`th time after the first.
  [[nodiscard]] std::uint8_t again_of_call(int tried) const {
    return static_cast<std::uint8_t>(std::min(again + tried, 255));
  }
  [[nodiscard]] Caller at_need(std::size_t number) const {
    Caller caller = *this;
    caller.need = static_cast<std::uint16_t>(number);
    return caller;
  }
};
struct EndOfService {
  std::int64_t at_ns = 0;
  bool misses = false;  // of a cache, which asks another service then
};
struct Leg {  // a foreseen call that is waited for
  std::int64_t made_ns = 0, arrival_ns = 0, served_ns = 0, end_ns = 0, heard_ns = 0;
  CallKey key = 0;
  MemberIndex to = kNoMember;
  MemberIndex asked = kNoMember;  // by a cache that misses, once it is served; kNoMember: nobody
  std::uint16_t need = 0;
  std::uint8_t tries = 0;
  CallKey asked_key = 0;
  std::int64_t asked_arrival_ns = 0, asked_end_ns = 0;

  [[nodiscard]] Turn turn(const Caller& caller) const {
    return {caller.order, caller.attempt, caller.again_of_call(tries)};
  }
};
struct Course {  // what is foreseen of a call
  static constexpr std::size_t kLegsMost = 4;
  enum class Begin : std::uint8_t {
    kTravels,  // on its way to its member, where it is served
    kHears,    // an answer is on its way to it
    kServes,   // at its member, in that instant
  };
  enum class End : std::uint8_t {
    kCalls,     // a call that is played: `call`, on its way
    kGoesOn,    // by an event
    kFinishes,  // its answer is heard at `heard_ns`
  };
  Begin begin = Begin::kServes;
  End end = End::kGoesOn;
  std::uint8_t legs_count = 0;
  bool tells = false;    // kGoesOn: its need's breaker is told then how its last leg ended
  bool at_once = false;  // kTravels: it arrives in the event that sends it; kServes: so does its first leg
  bool stored_before = false, answer_stored = false;  // kHears
  std::uint16_t need = 0;                             // kHears: the one that is answered
  std::uint16_t end_need = 0;
  MemberIndex answerer = kNoMember;            // kHears
  std::uint32_t call = 0;                      // kCalls: its frame
  std::int64_t arrival_ns = 0, served_ns = 0;  // kTravels
  std::int64_t answer_ns = 0;                  // kHears
  std::int64_t end_ns = 0, heard_ns = 0;
  std::array<Leg, kLegsMost> legs;
};
struct Heard {  // an answer by express that its client hears, or has heard
  std::int64_t at_ns = 0;
  std::uint32_t order = 0;
  std::uint32_t index = 0;
};
struct SentOff {                                   // a foreseen call that nobody waits for
  static constexpr std::size_t kSweptLeast = 256;  // so many of them
  static constexpr std::int64_t kUndrawn = -1;
  std::int64_t made_ns = 0, arrival_ns = 0;
  std::int64_t over_ns = 0;        // while it is undrawn: it has ended by then, whatever is drawn
  std::int64_t end_ns = kUndrawn;  // nor is its arrival then: nobody has asked (draw_sent)
  CallKey key = 0;
  std::uint32_t order = 0;
  std::uint8_t attempt = 0;
  std::uint8_t again = 0;
  MemberIndex from = kNoMember, to = kNoMember;
  bool made_at_once = false, arrives_at_once = false;

  [[nodiscard]] Turn turn() const { return {order, attempt, again}; }
};

}  // namespace blackstart
