#pragma once
// Exit codes that more than one verb ends with; all of them are in docs/exit-codes.md.

namespace blackstart {

inline constexpr int kExitStopped = 3;  // a person stopped it

}  // namespace blackstart
