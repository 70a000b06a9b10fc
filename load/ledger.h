#pragma once
// The ledger: what became of every attempt, 8 bytes each: outcome, acknowledgement in 10 us steps, and per read-back
// pass how often it was seen (0, 1, more) and whether its content was ever wrong. Indexed by attempt id. Entries lie in
// chunks of one file mapped into memory (space reserved first, so that a full disk is an error, not a crash; unlinked
// at once, so that nothing survives the process), which the kernel spills. First attempts, second attempts ... have
// chunks of their own: retries that never happen cost nothing. Workers write distinct entries concurrently (relaxed
// atomics); the reconciler reads after they have stopped, or provisionally while they run.

#include "base/result.h"
#include "base/time.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace blackstart {

enum class AttemptOutcome : std::uint8_t {
  kNone = 0,  // never sent
  kInFlight,
  kAcknowledged,
  kDegraded,  // acknowledged, from a fallback
  kRefused,
  kIndeterminate,
  kTimedOut,  // indeterminate, by time-out
  kUnsentNoConnection,
  kUnsentGenerator,
};

struct LedgerEntry {
  AttemptOutcome outcome = AttemptOutcome::kNone;
  Instant acknowledged = kNever;  // of kAcknowledged and kDegraded, in 10 us steps
};

class Ledger {
 public:
  static constexpr Duration kStep = std::chrono::microseconds{10};

  /// `folder` "" keeps chunks in anonymous memory. Nothing is left in the folder, also after SIGKILL.
  static Result<std::unique_ptr<Ledger>> create(const std::string& folder, int attempts_max);
  ~Ledger();

  /// Makes room for the entry of `id`; called ahead of use, by any thread. kIo when the disk is full: the entry has its
  /// room all the same, in memory alone.
  Status reserve(std::uint64_t id);
  /// Any thread, one at a time an id. Room that was not reserved is made.
  void set(std::uint64_t id, AttemptOutcome outcome, Instant acknowledged = kNever);
  [[nodiscard]] LedgerEntry get(std::uint64_t id) const;
  /// Marks `id` as seen in read-back pass 0 or 1; returns how often it had been seen in that pass before (0, 1, 2).
  int mark_seen(std::uint64_t id, int pass);
  [[nodiscard]] int seen(std::uint64_t id, int pass) const;  // 0, 1, 2 (twice or more)
  /// Marks that pass `pass` saw a copy of `id` with wrong content.
  void mark_corrupted(std::uint64_t id, int pass);
  [[nodiscard]] bool corrupted(std::uint64_t id, int pass) const;
  /// Forgets what pass `pass` saw.
  void clear_seen(int pass);
  [[nodiscard]] std::uint64_t size() const;  // highest id ever set
  [[nodiscard]] int attempts_max() const;

 private:
  using Entry = std::atomic<std::uint64_t>;
  Ledger() = default;
  [[nodiscard]] Entry* find(std::uint64_t id) const;
  Entry& at(std::uint64_t id);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace blackstart
