#pragma once
// Reading back and reconciling: every stored bid against the ledger, twice. Blocking; called off the loop's thread.

#include "base/result.h"
#include "load/content.h"
#include "load/ledger.h"
#include "load/mapping.h"
#include "load/schedule.h"
#include "rehearsal/traffic.h"
#include "rehearsal/world.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace blackstart {

/// One stored copy as the target shows it.
struct StoredBid {
  std::uint64_t id = 0;      // of an unknown form: any number that follows from its text
  bool id_known = true;      // false: not one of this drill's forms of id: a phantom
  bool content_ok = true;    // checksum and content are what (seed, id) says
  std::uint64_t digest = 0;  // of everything the copy says: two passes must have said the same
};

/// Pure: fed with stored copies pass by pass, it says what became of every bid (definitions: "After reading back").
class Reconciler {
 public:
  /// Marks what it sees in `ledger`, which outlives it, as `content` does.
  Reconciler(Ledger& ledger, const ContentMaker& content, ScheduleConfig schedule, Duration first_bin);
  /// Pass 0, then 1; starting a pass again forgets what it had seen.
  void begin_pass(int pass);
  void add(const StoredBid& bid);
  void end_pass();
  /// After the last pass. REQUIRES: request.passes passes were ended.
  ReadBackResult result(const ReadBackRequest& request) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Pages through the target as the mapping says, request.passes times, and reconciles. A read-back that cannot be made
/// or does not agree is a result with complete = false and the reason, not an Error; kCancelled is an Error.
Result<ReadBackResult> read_back(const BidMapping& mapping, Ledger& ledger, const ContentMaker& content,
                                 const ScheduleConfig& schedule, Duration first_bin, const ReadBackRequest& request,
                                 std::chrono::steady_clock::time_point deadline, std::stop_token stop);

}  // namespace blackstart
