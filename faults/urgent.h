#pragma once
// Lets the calling thread go before everything else for the few milliseconds around an act. Measured on a machine whose
// two processors had more to do than they could (tests/bench/fault_bench.cc): without it an act was tens of
// milliseconds late at the 99th percentile, in the real-time class a microsecond.

namespace blackstart {

/// While it lives the calling thread runs first: in the real-time class where the machine allows it (root,
/// CAP_SYS_NICE), else with a better nice value, else as before. Threads and processes that it starts meanwhile do not
/// inherit this. Keep it short: nothing that blocks for long, no long spinning. To be destroyed on the same thread.
class Urgent {
 public:
  enum class Granted { kRealTime, kNice, kNothing };
  Urgent();
  ~Urgent();
  Urgent(const Urgent&) = delete;
  Urgent& operator=(const Urgent&) = delete;
  [[nodiscard]] Granted granted() const { return granted_; }

 private:
  Granted granted_ = Granted::kNothing;
  int usual_nice_ = 0;
};

}  // namespace blackstart
