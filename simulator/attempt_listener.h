#pragma once
// What the clients of a call flow hear of their bids.

#include "simulator/bid_history.h"

#include <cstdint>

namespace blackstart {

/// How a call ends for its caller.
enum class Answer : std::uint8_t {
  kDone,
  kDegraded,   // done, from a fallback
  kRefused,    // certainly without effect
  kUnsettled,  // an error that leaves open whether it had an effect
  kReset,      // the connection was lost
};

/// Who sent a bid's attempt, and hears what came of it.
class AttemptListener {
 public:
  virtual ~AttemptListener() = default;
  virtual void on_answer(std::uint32_t bid, std::uint32_t attempt, Answer answer) = 0;
  /// The attempt's record was committed by a store that holds `timeline`.
  virtual void on_stored(std::uint32_t bid, std::uint32_t attempt, std::uint16_t timeline) = 0;
  /// No call of this bid is on its way any more.
  virtual void on_gone(std::uint32_t bid) = 0;

  // Of a bid by express (CallFlow::send_express()):
  struct Passenger {
    std::uint64_t number = 0;
    std::int64_t sent_ns = 0;                          // and intended
    BidHistory::CopyIndex copy = BidHistory::kNoCopy;  // none yet
  };
  /// Its record was committed: the copy.
  virtual BidHistory::CopyIndex on_express_stored(const Passenger& passenger, std::uint16_t timeline) = 0;
  /// Acknowledged, at `at_ns`: now, or before it where nobody could tell (CallFlow::catch_up()). It is over.
  virtual void on_express_answer(const Passenger& passenger, std::int64_t at_ns) = 0;
  /// It goes on by calls. The bid that it is from now on.
  virtual std::uint32_t on_express_left(const Passenger& passenger) = 0;
};

}  // namespace blackstart
