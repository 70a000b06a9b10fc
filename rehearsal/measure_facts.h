#pragma once
// Between the journal and the figures: what events say, as records, before anything is computed from it. Pure.

#include "rehearsal/measurement.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

/// A communication as it went out.
struct SentMessage {
  std::size_t index = 0;  // of the scenario's communications
  std::string audience, channel, message;
  std::optional<Instant> due;
  Instant sent;
  bool delivered = false;
  std::string detail;  // why not
  std::uint64_t evidence = 0;
};

/// What the journal says of one record of a canary.
struct CanaryFact {
  Instant written;
  bool confirmed = false;
  Instant readable = kNever;
};
struct CanaryFacts {
  std::map<std::uint64_t, CanaryFact> records;  // by number
  bool read_complete = false;                   // of the last read, after traffic has ended
  std::string why_incomplete = "the drill ended before its last read";
  std::uint64_t written = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> missing;  // rows of confirmed records that are gone
  std::vector<std::uint64_t> evidence;                           // seqs: of the last interval, of the last read
};
/// When a probe rule failed and recovered, and from when to when it was looked at.
struct ProbeFacts {
  std::vector<std::pair<Instant, bool>> changes;  // true: recovered
  std::optional<Instant> from, until;             // of probe.watched; empty: nobody knows whether it was looked at
  std::vector<std::uint64_t> evidence;
};

/// Intervals of a journal, which are values in its events already or are read from their text. Not copied: they are
/// most of what a journal holds.
template <class Interval>
struct IntervalsRead {
  std::vector<const Interval*> all;  // by start; of the events, or of `from_text`
  std::deque<Interval> from_text;

  IntervalsRead() = default;
  IntervalsRead(const IntervalsRead&) = delete;
  IntervalsRead& operator=(const IntervalsRead&) = delete;
};

/// What the figures need besides the records that Measurement itself holds. REQUIRES: the events outlive it.
struct Facts {
  IntervalsRead<TrafficInterval> traffic;
  IntervalsRead<NotificationInterval> notifications;
  std::vector<std::pair<Instant, std::uint64_t>> interval_seqs;  // the start of each traffic interval, ascending
  std::vector<SentMessage> sent;
  std::optional<Instant> lifted;  // acting faults begin to be lifted, or traffic stops: no more is observed
  std::set<std::uint64_t> healed_before_verdict;  // ids of faults
  bool judged = false;                            // drill.judged was seen
  std::optional<Instant> verdict;                 // when it was judged: what comes later changes no judgement
  bool people_modelled = false;                   // people's time comes from the scenario or --assume-manual
  std::map<std::string, CanaryFacts> canaries;
  std::map<std::string, ProbeFacts> probes;
  std::vector<std::pair<Instant, bool>> protections;  // whether redundancy was as declared, by time; empty: the world
                                                      // cannot tell
  bool in_sim = false;                                // the virtual world's people
};

/// Fills the records of `measurement` and `facts` from all events. kInvalid names the line that cannot be read.
Status read_facts(const std::vector<Event>& events, Measurement& measurement, Facts& facts);
/// The part of it that components and the mark `protected` come from.
Status read_component_facts(const std::vector<Event>& events, Facts& facts);
/// An error of reading `event`, with what to do.
Error unreadable_line(const Event& event, Error error);

}  // namespace blackstart
