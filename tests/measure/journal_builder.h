#pragma once
// Journals written by hand, in a line or two: every call adds what happens from the cursor on.
//
//   Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().read_back(kept(1000)).end()
//
// Bins are 100 ms long and offer 100 bids; a good one answers them all in 1 ms, a bad one refuses them all. An interval
// lasts 1 s and is cut at a fault, as in a real drill.

#include "rehearsal/journal.h"
#include "rehearsal/measurement.h"
#include "rehearsal/verdict.h"
#include "scenarios/spec.h"

#include <optional>
#include <string>
#include <vector>

namespace blackstart::test {

using namespace std::chrono_literals;

constexpr Duration kBin = 100ms;
constexpr std::uint64_t kBidsPerBin = 100;

inline Instant at(Duration since_start) { return kDrillStart + since_start; }

/// A scenario with RTO 30 s, RPO 1 s, MTD 5 min, hold 10 s and one fault "primary lost".
Spec simple_spec();

struct FaultOptions {
  std::string kind = "kill";
  std::string fault_class = "damage";
  std::optional<Duration> effective_after = 3ms;  // empty: no proof
  bool with_prove = true;
};
struct StepOptions {
  std::string id = "";  // "": the title
  std::string outcome = "ok";
  std::optional<Duration> budget = std::nullopt;
  std::string by = "machine";
  bool contains = false, after_end = false;
  std::optional<Json> recovery_point = std::nullopt;
  std::string command = "";
};

class Drill {
 public:
  explicit Drill(std::string world = "live");

  // Traffic, from the cursor on.
  Drill& good(Duration length) { return traffic(length, true, 1ms); }
  Drill& bad(Duration length) { return traffic(length, false, 1ms); }
  Drill& slow(Duration length, Duration latency) { return traffic(length, true, latency); }  // good bins all the same
  Drill& pattern(const std::string& bins);  // 'o' a good bin, 'x' a bad one
  /// From now on a bin's first acknowledged bid is `after` its start.
  Drill& first_after(Duration after);
  /// A bad bin of which half the bids are acknowledged, the first `after` its start.
  Drill& half_bad(Duration after);
  Drill& late(Duration length, Duration lateness, std::uint64_t unsent);  // the generator's fault
  Drill& counted(Duration length, std::uint64_t degraded, std::uint64_t indeterminate, std::uint64_t attempts);
  /// Good traffic that is the steady state; the first fault may follow at once.
  Drill& steady(Duration length);
  Drill& steady_failed(const std::string& why);

  // What happens at the cursor.
  Drill& fault(const std::string& name, FaultOptions options = {});
  Drill& healed(std::uint64_t id, bool proven = true);
  Drill& detected(const std::string& name = "database health");
  Drill& step(const std::string& title, Duration took, StepOptions options = {});  // the cursor stays
  Drill& step_started(const std::string& title, StepOptions options = {});
  Drill& validation(const std::string& name, bool passed, const std::string& detail = "");
  Drill& notified(std::size_t index, Instant due, bool delivered = true);
  Drill& watchers(Duration length, Duration delay);
  Drill& stop(const std::string& reason);
  Drill& lift();
  Drill& generator();
  Drill& read_back(ReadBackResult result, bool provisional = false);
  Drill& judged();
  /// drill.judged, heals what is open (unless `leave`), drill.finished.
  Drill& end(bool leave = false, const std::string& error = "", const Json& residues = Json::array());
  Drill& event(const std::string& type, Json body);
  Drill& skip(Duration length);  // time without traffic

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::vector<Event> events() const;
  [[nodiscard]] Measurement measure(const Spec& spec = simple_spec()) const;
  [[nodiscard]] Verdict judge(const Spec& spec = simple_spec()) const;

 private:
  Drill& traffic(Duration length, bool good, Duration latency);
  void add_bin(const Bin& bin);
  void flush();

  Instant now_;
  Duration first_after_{};
  std::optional<TrafficInterval> open_;
  std::vector<Event> events_;
  std::vector<std::uint64_t> unhealed_;
  std::uint64_t faults_ = 0;
};

/// A complete read-back that found `count` bids kept and nothing else.
ReadBackResult kept(std::uint64_t count);
/// Loss within [begin, end): of `acknowledged`, `lost` from `first` to `last`.
LossStretch stretch(Instant begin, Instant end, std::uint64_t acknowledged, std::uint64_t lost = 0,
                    Instant first = kNever, Instant last = kNever);
/// A complete read-back with these stretches.
ReadBackResult lost_in(std::vector<LossStretch> stretches);

/// The judgement `name`; the test fails when there is none.
Judgement find_judgement(const Verdict& verdict, const std::string& name);

}  // namespace blackstart::test
