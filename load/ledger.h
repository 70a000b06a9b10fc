#pragma once
// The ledger: what became of every attempt, 8 bytes each: outcome, acknowledgement in 10 us steps, two bits a read-back
// pass (seen once, seen again). Indexed by attempt id - 1. Chunks are files mapped into memory (space reserved first,
// so that a full disk is an error, not a crash), which the kernel spills. Workers write distinct entries concurrently
// (relaxed atomics); the reconciler reads after they have stopped, or provisionally while they run.

#include "base/result.h"
#include "base/time.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace blackstart {

enum class AttemptOutcome : std::uint8_t {
  kNone = 0,           // never sent
  kInFlight,
  kAcknowledged,
  kDegraded,           // acknowledged, from a fallback
  kRefused,
  kIndeterminate,
  kTimedOut,           // indeterminate, by time-out
  kUnsentNoConnection,
  kUnsentGenerator,
};

struct LedgerEntry {
  AttemptOutcome outcome = AttemptOutcome::kNone;
  Instant acknowledged = kNever;   // of kAcknowledged and kDegraded, in 10 us steps
};

class Ledger {
 public:
  static constexpr Duration kStep = std::chrono::microseconds{10};

  /// `folder` "" keeps chunks in anonymous memory. Removes its files when it goes.
  static Result<std::unique_ptr<Ledger>> create(const std::string& folder, int attempts_max);
  ~Ledger();

  /// Makes room for ids up to `id`; called ahead of use. kIo when the disk is full (the ledger goes on in memory).
  Status reserve(std::uint64_t id);
  void set(std::uint64_t id, AttemptOutcome outcome, Instant acknowledged = kNever);
  [[nodiscard]] LedgerEntry get(std::uint64_t id) const;
  /// Marks `id` as seen in read-back pass 0 or 1; returns how often it had been seen in that pass before (0, 1).
  int mark_seen(std::uint64_t id, int pass);
  [[nodiscard]] int seen(std::uint64_t id, int pass) const;  // 0, 1, 2 (twice or more)
  /// Forgets what pass `pass` saw.
  void clear_seen(int pass);
  [[nodiscard]] std::uint64_t size() const;                  // highest id ever set
  [[nodiscard]] int attempts_max() const;

 private:
  Ledger() = default;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace blackstart
