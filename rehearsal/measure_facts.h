#pragma once
// Between the journal and the figures: what events say, as records, before anything is computed from it. Pure.

#include "rehearsal/measurement.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace blackstart {

/// A communication as it went out.
struct SentMessage {
  std::size_t index = 0;  // of the scenario's communications
  std::string audience, channel, message;
  std::optional<Instant> due;
  Instant sent;
  bool delivered = false;
  std::uint64_t evidence = 0;
};

/// What the figures need besides the records that Measurement itself holds.
struct Facts {
  std::vector<NotificationInterval> notifications;
  std::map<Instant, std::uint64_t> interval_seqs;  // by the start of each traffic interval
  std::vector<SentMessage> sent;
  std::optional<Instant> lifted;  // acting faults begin to be lifted, or traffic stops: no more is observed
  std::set<std::uint64_t> healed_before_verdict;  // ids of faults
  bool judged = false;                            // drill.judged was seen
  std::optional<Instant> verdict;                 // when it was judged: what comes later changes no judgement
  bool people_modelled = false;                   // people's time comes from the scenario or --assume-manual
  bool in_sim = false;                            // the virtual world's people
};

/// Fills the records of `measurement` and `facts` from all events. kInvalid names the line that cannot be read.
Status read_facts(const std::vector<Event>& events, Measurement& measurement, Facts& facts);

}  // namespace blackstart
