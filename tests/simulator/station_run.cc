#include "station_run.h"

#include "simulator/agenda.h"

namespace blackstart {
namespace {

struct StationStep {
  enum class Kind : std::uint32_t { kArrival, kEnd, kStop, kResume };
  Kind kind = Kind::kArrival;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
};

class EventRun {
 public:
  EventRun(const StationConfig& config, const std::vector<OfferedBid>& bids) : station_(config), bids_(bids) {
    run_.served.resize(bids.size());
  }

  void schedule_arrivals() {
    for (std::uint32_t index = 0; index < bids_.size(); ++index) {
      agenda_.push(bids_[index].arrival, {StationStep::Kind::kArrival, index, 0});
    }
  }
  void schedule_standstills(const std::vector<Standstill>& standstills) {
    for (const Standstill& each : standstills) {
      agenda_.push(each.from, {StationStep::Kind::kStop, 0, 0});
      agenda_.push(each.until, {StationStep::Kind::kResume, 0, 0});
    }
  }

  StationRun play() {
    while (!agenda_.empty()) step(agenda_.pop().payload);
    run_.totals = station_.totals(agenda_.now());
    return run_;
  }

 private:
  void step(const StationStep& step) {
    const Instant now = agenda_.now();
    switch (step.kind) {
      case StationStep::Kind::kArrival: {
        const auto offered = station_.offer(now, step.index, bids_[step.index].service);
        if (offered.admission == Station::Admission::kStarted) schedule_end(offered.start);
        break;
      }
      case StationStep::Kind::kEnd:
        if (const auto done = station_.finish(now, step.index, step.generation)) {
          run_.served[done->job] = {done->start, done->end};
          if (done->next) schedule_end(*done->next);
        }
        break;
      case StationStep::Kind::kStop:
        station_.stop(now);
        break;
      case StationStep::Kind::kResume:
        station_.resume(now, [this](const Station::Start& start) { schedule_end(start); });
        break;
    }
  }

  void schedule_end(const Station::Start& start) {
    agenda_.push(start.end, {StationStep::Kind::kEnd, start.server, start.generation});
  }

  Station station_;
  const std::vector<OfferedBid>& bids_;
  Agenda<StationStep> agenda_;
  StationRun run_;
};

}  // namespace

StationRun run_by_events(const StationConfig& config, const std::vector<OfferedBid>& bids,
                         const std::vector<Standstill>& standstills, bool stops_first) {
  EventRun run{config, bids};
  if (stops_first) run.schedule_standstills(standstills);
  run.schedule_arrivals();
  if (!stops_first) run.schedule_standstills(standstills);
  return run.play();
}

StationRun run_by_recursion(const StationConfig& config, const std::vector<OfferedBid>& bids,
                            const std::vector<Standstill>& standstills) {
  StationRecursion station{config, standstills};
  StationRun run;
  run.served.reserve(bids.size());
  for (const OfferedBid& bid : bids) run.served.push_back(station.serve(bid.arrival, bid.service));
  run.totals = station.totals();
  return run;
}

}  // namespace blackstart
