#pragma once
// What a person sees while a drill runs, on stderr: on a terminal a block of lines that is drawn anew at each event,
// elsewhere one plain line per event that matters. Fed by the journal alone; changes nothing. Loop's thread.

#include "rehearsal/journal.h"
#include "scenarios/spec.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace blackstart {

class LiveView {
 public:
  /// `terminal`: draw in place with colours; otherwise plain lines. `columns` bounds each line.
  LiveView(const Spec& spec, bool terminal, std::size_t columns);
  void on_event(const Event& event);
  /// Removes the block, so that the summary starts on a clean line.
  void finish();

 private:
  void take_interval(const Event& event);
  /// The line for the log of what happened, or "".
  std::string headline(const Event& event) const;
  std::string step_headline(const Event& event) const;
  std::string decision_headline(const Event& event) const;
  std::string fault_headline(const Event& event) const;
  [[nodiscard]] std::string reading_headline(const Event& event) const;
  void note_state(const Event& event);
  void draw(Instant now);
  void erase();

  const Spec& spec_;
  bool terminal_;
  std::size_t columns_;
  std::size_t drawn_ = 0;  // lines of the block on the screen
  std::string phase_ = "bring up";
  std::string traffic_;                   // the newest interval in words
  std::optional<Instant> traffic_shown_;  // plain mode: a line every 5 s
  std::uint64_t acknowledged_ = 0;        // bids, all in all
  std::optional<Instant> first_fault_;
  std::map<std::uint64_t, std::string> active_;  // faults
  struct RunningStep {
    std::string title;
    Instant since;
    std::optional<Duration> budget;
  };
  std::map<std::string, RunningStep> steps_;
};

}  // namespace blackstart
