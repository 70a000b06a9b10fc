#pragma once
// How long the Conductor waits for each thing at most. Every wait of a drill has its end here or in the scenario.

#include "base/time.h"

namespace blackstart::limits {

using namespace std::chrono_literals;

inline constexpr Duration kPoll = 100ms;  // how often a condition is looked at
inline constexpr Duration kBringUp = 15min;
inline constexpr Duration kStartTraffic = 1min;
inline constexpr Duration kStopTraffic = 3min;  // beside the bids' own time-out
inline constexpr Duration kArmingLead = 300ms;  // a fault is armed this long before its act
inline constexpr Duration kProof = 1min;        // of a fault's effect, after its act
inline constexpr Duration kHeal = 1min;         // one try to undo a fault and prove it
inline constexpr int kHealTries = 3;
inline constexpr Duration kHealPause = 1s;           // between tries
inline constexpr Duration kCheckOnce = 10s;          // one look of a check or probe without a time-out of its own
inline constexpr Duration kCheckPause = 500ms;       // between looks
inline constexpr Duration kCheckLast = 100ms;        // the last look is this long before the limit
inline constexpr int kValidationLooks = 3;           // a validation check may need a moment
inline constexpr Duration kStepAfterEnd = 10min;     // of a step without budget after the end
inline constexpr Duration kFurtherRecovery = 10min;  // what a failed validation sets off, beside its budgets
inline constexpr Duration kReadBack = 15min;
inline constexpr Duration kReadBackProvisional = 5min;
inline constexpr Duration kReadBackStopped = 30s;  // after a stop: only where it is quick
inline constexpr Duration kReadBackHurried = 2s;   // after a second wish to stop
inline constexpr Duration kReadBackTold = 5s;      // how often it is told how far it has come
inline constexpr Duration kNotify = 10s;
inline constexpr int kNotifyTries = 3;
inline constexpr Duration kStopConditions = 1s;  // how often they are evaluated
inline constexpr Duration kResidues = 1min;
inline constexpr Duration kTearDown = 2min;

}  // namespace blackstart::limits
