// Properties that hold for any traffic: bins are drawn at random, figures must stay in order.

#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rehearsal/measure_incident.h"

namespace blackstart::test {
namespace {

constexpr Duration kHold = 2s;

/// Runs of good and bad bins, as outages come.
rc::Gen<std::vector<Bin>> random_bins() {
  const auto run = rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::inRange(1, 40));
  return rc::gen::map(rc::gen::container<std::vector<std::pair<bool, int>>>(run), [](const auto& runs) {
    std::vector<Bin> bins;
    Instant start = kDrillStart;
    for (const auto& [ok, count] : runs)
      for (int index = 0; index < count; ++index) {
        Bin bin;
        bin.start = start;
        bin.length = kBin;
        bin.offered = 10;
        bin.good = ok ? 10 : 0;
        bin.ok = ok;
        start = bin.end();
        bins.push_back(bin);
      }
    return bins;
  });
}

std::size_t bad_in(const std::vector<Bin>& bins, Instant begin, Instant end) {
  return static_cast<std::size_t>(std::count_if(
      bins.begin(), bins.end(), [&](const Bin& bin) { return !bin.ok && bin.start >= begin && bin.end() <= end; }));
}

/// The definition of impact, bin by bin.
std::optional<Instant> plain_impact(const std::vector<Bin>& bins) {
  for (std::size_t begin = 0; begin < bins.size(); ++begin) {
    std::size_t bad = 0;
    for (std::size_t index = begin; index < std::min(begin + 10, bins.size()); ++index) bad += bins[index].ok ? 0 : 1;
    if (bad < 3) continue;
    while (bins[begin].ok) ++begin;
    return bins[begin].start;
  }
  return std::nullopt;
}

/// The definition of restored, bin by bin.
std::optional<Instant> plain_restored(const std::vector<Bin>& bins, Instant impact, Duration hold) {
  for (std::size_t begin = 0; begin < bins.size(); ++begin) {
    if (bins[begin].start < impact || !bins[begin].ok) continue;
    std::size_t bad = 0, count = 0;
    for (std::size_t index = begin; index < bins.size(); ++index) {
      ++count;
      bad += bins[index].ok ? 0 : 1;
      if (bins[index].end() - bins[begin].start < hold) continue;
      if (bad <= std::max<std::size_t>(1, count / 100)) return bins[begin].start;
      break;
    }
  }
  return std::nullopt;
}

RC_GTEST_PROP(Marks, ImpactIsWhatItsDefinitionSays, ()) {
  const auto bins = *random_bins();
  RC_ASSERT(find_impact(bins, kDrillStart) == plain_impact(bins));
}

RC_GTEST_PROP(Marks, RestoredIsWhatItsDefinitionSays, ()) {
  const auto bins = *random_bins();
  const auto impact = find_impact(bins, kDrillStart);
  RC_PRE(impact.has_value());
  RC_ASSERT(find_restored(bins, *impact, kHold) == plain_restored(bins, *impact, kHold));
}

RC_GTEST_PROP(Marks, ComeInOrder, ()) {
  const auto bins = *random_bins();
  const Instant fault = kDrillStart + *rc::gen::inRange(0, 200) * 50ms;
  const auto impact = find_impact(bins, fault);
  if (!impact) return;
  RC_ASSERT(*impact >= fault);
  const auto restored = find_restored(bins, *impact, kHold);
  if (!restored) return;
  RC_ASSERT(*restored >= *impact);
  RC_ASSERT(bad_in(bins, *restored, *restored + kHold) <= 1);
}

RC_GTEST_PROP(Marks, MoreObservationNeverTakesAMarkBack, ()) {
  const auto bins = *random_bins();
  RC_PRE(!bins.empty());
  auto shorter = bins;
  shorter.resize(*rc::gen::inRange<std::size_t>(0, bins.size()));
  const auto impact = find_impact(shorter, kDrillStart);
  if (!impact) return;
  RC_ASSERT(find_impact(bins, kDrillStart) == impact);
  const auto restored = find_restored(shorter, *impact, kHold);
  if (restored) {
    RC_ASSERT(find_restored(bins, *impact, kHold) == restored);
    return;
  }
  // Censored: the bound never lies above what longer observation finds.
  const Instant bound = earliest_possible_restored(shorter, *impact, kHold);
  const auto later = find_restored(bins, *impact, kHold);
  if (later) RC_ASSERT(bound <= *later);
}

RC_GTEST_PROP(Marks, AWorseBinNeverRestoresEarlier, ()) {
  auto bins = *random_bins();
  const auto impact = find_impact(bins, kDrillStart);
  RC_PRE(impact.has_value());
  const auto before = find_restored(bins, *impact, kHold);
  bins[*rc::gen::inRange<std::size_t>(0, bins.size())].ok = false;
  const auto after = find_restored(bins, *impact, kHold);
  if (after) RC_ASSERT(before.has_value() && *after >= *before);
}

/// A whole drill with random traffic after its fault.
Drill random_drill() {
  auto drill = Drill().steady(15s).fault("primary lost");
  const int runs = *rc::gen::inRange(0, 6);
  for (int run = 0; run < runs; ++run) {
    const Duration length = *rc::gen::inRange(1, 150) * kBin;
    if (*rc::gen::arbitrary<bool>())
      drill.good(length);
    else
      drill.bad(length);
  }
  return drill;
}

RC_GTEST_PROP(Figures, StayInOrder, ()) {
  auto drill = random_drill().lift();
  const auto measurement = drill.measure();
  const Incident& incident = measurement.incidents.at(0);
  const Timeline& timeline = incident.timeline;
  RC_ASSERT(*incident.rto.achieved >= 0s);
  RC_ASSERT(incident.rto.achieved <= *measurement.observation_end - *timeline.fault);
  if (timeline.drained) RC_ASSERT(timeline.restored && *timeline.drained >= *timeline.restored);
  if (timeline.restored) RC_ASSERT(*timeline.restored - *timeline.fault == *incident.rto.achieved);
  if (incident.rto.absorbed) RC_ASSERT(!timeline.impact && *incident.rto.achieved == 0s);
  RC_ASSERT(incident.rto.censored == (!timeline.restored && !incident.rto.absorbed));
  RC_ASSERT(incident.downtime_service_level <= *measurement.observation_end - *timeline.fault);
  RC_ASSERT(measurement.machine_time + measurement.people_exercised + measurement.people_modelled <=
            *incident.rto.achieved);
}

RC_GTEST_PROP(Figures, PhasesNeverCountABidTwice, ()) {
  auto drill = random_drill().lift();
  const auto measurement = drill.measure();
  const auto& bids = measurement.bids;
  RC_ASSERT(bids.steady.offered + bids.impact.offered + bids.after.offered <= bids.all.offered);
  RC_ASSERT(bids.all.offered == bids.all.sent + bids.all.unsent_no_connection + bids.all.unsent_generator);
  RC_ASSERT(bids.all.sent == bids.all.acknowledged + bids.all.refused + bids.all.indeterminate);
  const auto& latency = measurement.latency;
  RC_ASSERT(latency.steady.count() + latency.impact.count() + latency.after.count() <= latency.all.count());
}

RC_GTEST_PROP(Figures, ALongerOutageIsNeverShorterInFigures, ()) {
  const int shorter = *rc::gen::inRange(3, 100);
  const int longer = shorter + *rc::gen::inRange(0, 100);
  const auto rto = [](int bins) {
    auto drill = Drill().steady(12s).fault("primary lost").bad(bins * kBin).good(12s).lift();
    return *drill.measure().incidents.at(0).rto.achieved;
  };
  RC_ASSERT(rto(shorter) == shorter * kBin);
  RC_ASSERT(rto(longer) == longer * kBin);
}

RC_GTEST_PROP(Figures, LossNeverShrinksTheRpo, ()) {
  const Duration first = *rc::gen::inRange(1, 20000) * 1ms;
  const std::uint64_t lost = *rc::gen::inRange<std::uint64_t>(1, 20000);
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s).good(11s).lift();
  const auto result =
      lost_in({stretch(at(0s), at(20s), 20000, lost, at(20s - first)), stretch(at(20s), at(32s), 11000)});
  drill.read_back(result);
  const auto measurement = drill.measure();
  RC_ASSERT(measurement.incidents.at(0).rpo.achieved == first);
  RC_ASSERT(measurement.read_back->kept + measurement.read_back->lost + measurement.read_back->corrupted == 31000);
}

RC_GTEST_PROP(Verdicts, AreTheWorstOfWhatCounts, ()) {
  auto drill = random_drill().lift().read_back(kept(1000)).end();
  const Verdict verdict = drill.judge();
  Outcome expected = Outcome::kPass;
  for (const Judgement& judgement : verdict.judgements)
    if (judgement.counts) expected = worst(expected, judgement.outcome);
  RC_ASSERT(verdict.outcome == expected);
  RC_ASSERT(verdict.exit_code == (expected == Outcome::kPass ? 0 : expected == Outcome::kFail ? 1 : 2));
  RC_ASSERT(!verdict.reasons.empty());
  for (const Judgement& judgement : verdict.judgements)
    if (judgement.outcome != Outcome::kPass) RC_ASSERT(!judgement.why.empty());
}

}  // namespace
}  // namespace blackstart::test
