#pragma once
// What the stores of the system under drill hold of the drill's bids, and what became of each bid at its client: the
// exact read-back of the virtual world. Copies are appended in order of their commit. A timeline is what one store
// holds: what its parent had committed up to the fork, and what was committed on it since; a promoted standby and a
// restored backup begin a new one. Bids that are settled and old are folded: ranges of commits that share every fate
// that is still possible become one record, so that memory grows with time and not with bids. A fork inside a folded
// range falls back to the range's begin. Single-threaded, deterministic.

#include "base/random.h"
#include "base/time.h"
#include "rehearsal/traffic.h"
#include "rehearsal/world.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace blackstart {

class BidHistory {
 public:
  using CopyIndex = std::uint64_t;  // from 0, by commit
  static constexpr CopyIndex kNoCopy = ~CopyIndex{0};
  using TimelineId = std::uint16_t;                                  // from 0, the first store's
  static constexpr Duration kGrid = std::chrono::milliseconds{100};  // folded ranges are at most so long
  static constexpr Duration kExact = std::chrono::seconds{90};       // younger commits are never folded

  /// `exact`: commits younger than this are never folded.
  BidHistory(std::uint64_t seed, Duration first_bin, Duration exact = kExact);

  /// Traffic begins: stretches of the read-back do.
  void begin(Instant traffic_start);
  [[nodiscard]] Instant traffic_start() const { return traffic_start_; }

  // ---- bids
  CopyIndex append(Instant commit, std::uint64_t id, Instant intended, TimelineId timeline);
  /// The bid of this copy was acknowledged at its client.
  void acknowledge(CopyIndex copy, Instant at);
  /// Nothing more will happen to the bid of this one copy.
  void close(CopyIndex copy);
  /// Both.
  void close_acknowledged(CopyIndex copy, Instant at);
  struct Fate {
    std::uint64_t id = 0;  // of the attempt that was acknowledged, else of the first
    Instant intended;
    Instant acknowledged = kNever;
    bool indeterminate = false, refused = false;
  };
  /// Nothing more will happen to a bid with several copies, or with none.
  void close(const Fate& fate, const std::vector<CopyIndex>& copies);
  struct OpenBid {  // calls of it are under way: more may happen to it
    Fate fate;      // as it is by now
    std::vector<CopyIndex> copies;
  };

  // ---- what happens to stores
  struct Fork {
    TimelineId timeline = 0;
    Instant contains_until;  // commits up to here, this instant included
  };
  /// A new timeline that holds what `parent` held of commits up to `until`; damage done to it later is not in it.
  Fork fork(TimelineId parent, Instant until);
  /// `until` may become a fork later: no folded range goes beyond it. REQUIRES: not folded yet, or already an end.
  void may_fork_at(Instant until);
  enum class Damage { kCorrupted, kDeleted };
  /// A share of what the timeline holds at `at` is damaged.
  void damage(TimelineId timeline, Instant at, Damage damage, double share);
  /// Everything damaged on `timeline` is whole again, from originals.
  void undo_damage(TimelineId timeline);
  /// `timeline` gets what any other holds of commits in (after, until], from another log.
  void adopt(TimelineId timeline, Instant after, Instant until);
  /// A fault acted, or a restore was done: acknowledgements before and after are told apart from now on.
  void split_at(Instant at);
  /// The first fault took effect.
  void effective_at(Instant at);

  /// Whether a store on `reader` holds what was committed at `commit` on `writer`, but for damage and what was adopted.
  [[nodiscard]] bool contains(TimelineId reader, TimelineId writer, Instant commit) const;
  /// What a reader of `timeline` would find, reconciled. Complete by construction. `open`: by id; of open bids with one
  /// copy only who was not refused may be left out.
  [[nodiscard]] ReadBackResult read(TimelineId timeline, const ReadBackRequest& request,
                                    const std::vector<OpenBid>& open = {}) const;
  /// Copies on `timeline`, as a reader counts them.
  [[nodiscard]] std::uint64_t copies() const { return next_; }
  /// The newest commit on `timeline` not after `until`; kDrillStart where there is none.
  [[nodiscard]] Instant newest_commit(TimelineId timeline, Instant until) const;

  /// visit(name, stream) for its random stream.
  template <class Visit>
  void visit_streams(const Visit& visit) const {
    visit("damaged rows", salts_);
  }

 private:
  enum class State : std::uint8_t { kOpen, kClosed, kOfMany };
  struct Copy {  // young, one a commit
    Instant commit;
    Instant intended;
    Instant acknowledged = kNever;
    std::uint64_t id = 0;
    TimelineId timeline = 0;
    State state = State::kOpen;
  };
  struct Folded {
    Instant begin, end;  // commits in (begin, end]
    TimelineId timeline = 0;
    std::uint16_t split = 0;       // of the acknowledgements
    bool after_effective = false;  // intended later than the first fault's effect
    std::uint64_t acknowledged = 0, indeterminate = 0;
    Instant first_ack = kNever, last_ack = kDrillStart;
    Instant first_intended = kNever;
    std::uint64_t first_id = 0, last_id = 0;  // of the acknowledged
    std::uint64_t first_indeterminate_id = 0;
  };
  struct Many {  // a bid with several copies
    Fate fate;
    std::vector<Copy> copies;
  };
  struct Timeline {
    TimelineId parent = 0;
    bool has_parent = false;
    Instant fork = kNever;
    struct Done {
      Instant at;
      Damage kind;
      double share;
      std::uint64_t salt;
    };
    std::vector<Done> damages;
    struct Adopted {
      Instant after, until;
    };
    std::vector<Adopted> adopted;
  };
  class Reader;

  Copy& young(CopyIndex index);
  void grow_ring();
  void fold_old(Instant now);
  void go_to_range_of(Instant commit);
  std::size_t open_record(TimelineId timeline, std::uint16_t split, bool after_effective);
  void fold(const Copy& copy);
  [[nodiscard]] std::uint16_t split_of(Instant acknowledged) const;

  RandomStream salts_;
  Duration first_bin_;
  Duration exact_;
  Instant traffic_start_;
  std::vector<Instant> splits_;  // ascending
  Instant effective_ = kNever;
  std::vector<Timeline> timelines_;

  std::vector<Copy> ring_;       // a power of two
  std::uint64_t ring_mask_ = 0;  // its size but one
  std::uint64_t first_ = 0, next_ = 0;
  std::vector<Folded> folded_;
  std::size_t open_from_ = 0;        // of folded_: those that end at range_end_
  Instant range_begin_, range_end_;  // of commits being folded now
  std::vector<Instant> ends_;        // ascending: ends of ranges to come, beside the grid
  std::vector<Many> many_;
  std::vector<Fate> unstored_;      // acknowledged and never committed anywhere
  std::uint64_t never_stored_ = 0;  // indeterminate bids without a copy
};

}  // namespace blackstart
