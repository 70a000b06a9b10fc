#pragma once
// How far many simulated runs have come, on stderr: one line on a terminal, elsewhere a line now and then.

#include <chrono>
#include <cstdint>

namespace blackstart {

class SimulateProgress {
 public:
  /// Of `all` runs.
  explicit SimulateProgress(std::uint64_t all);
  /// So many are done. Prints nothing where there is nothing new to say.
  void look(std::uint64_t done);
  /// Takes the line away.
  void clear() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t all_;
  bool terminal_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point next_ = began_;  // elsewhere than on a terminal: not before this
};

}  // namespace blackstart
