#pragma once
// Ctrl-C, SIGTERM and SIGHUP (unless it is ignored, as by nohup) where virtual time runs: counted, and looked at
// between events. A third one ends the process.

namespace blackstart {

/// Counts from its construction to its end. One at a time; main thread.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// How often a person has asked to stop.
  [[nodiscard]] int count() const;

 private:
  bool counts_hangup_ = false;
};

}  // namespace blackstart
