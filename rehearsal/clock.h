#pragma once
// The Clock port: drill time of one world. Live: steady_clock and an event loop; sim: the event queue. All calls and
// all resumptions happen on the loop's thread.

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

#include <stop_token>

namespace blackstart {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Drill time now; 0 at the drill's start.
  virtual Instant now() const = 0;
  /// Wall time now, for people.
  virtual WallTime wall() const = 0;
  /// Sleeps until `wake`, at once if it has passed. kCancelled when `stop` fires first (on the loop's thread).
  virtual Task<Status> sleep_until(Instant wake, std::stop_token stop) = 0;
};

}  // namespace blackstart
