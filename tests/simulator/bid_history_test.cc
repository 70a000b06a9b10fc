// What stores hold of the bids, and that folding changes nothing of it.

#include "simulator/bid_history.h"

#include "base/random.h"

#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = kDrillStart + 300ms;

/// The same life in two histories, of which one folds soon and one never.
struct Pair {
  BidHistory folded{1, 100ms, 1s}, exact{1, 100ms, 1h};
  RandomStream chance{1, "test"};
  std::uint64_t number = 0;

  Pair() {
    each([](BidHistory& history) { history.begin(kStart); });
  }
  template <class F>
  void each(F act) {
    act(folded);
    act(exact);
  }
  /// One bid a millisecond, committed after one and acknowledged after two more; some never hear of it.
  void bids(Instant from, Instant until, BidHistory::TimelineId timeline) {
    for (Instant at = from; at < until; at += 1ms) {
      const bool heard = chance.uniform() < 0.9;
      const std::uint64_t id = ++number;
      each([&](BidHistory& history) {
        const auto copy = history.append(at + 1ms, id, at, timeline);
        if (heard) history.acknowledge(copy, at + 3ms);
        history.close(copy);
      });
    }
  }
};

void expect_same(const ReadBackResult& a, const ReadBackResult& b) {
  EXPECT_EQ(a.read, b.read);
  EXPECT_EQ(a.kept, b.kept);
  EXPECT_EQ(a.lost, b.lost);
  EXPECT_EQ(a.lost_after_fault, b.lost_after_fault);
  EXPECT_EQ(a.rolled_back, b.rolled_back);
  EXPECT_EQ(a.recovered, b.recovered);
  EXPECT_EQ(a.not_lost, b.not_lost);
  EXPECT_EQ(a.corrupted, b.corrupted);
  EXPECT_EQ(a.first_lost_ack, b.first_lost_ack);
  EXPECT_EQ(a.first_bin_lost, b.first_bin_lost);
  ASSERT_EQ(a.stretches.size(), b.stretches.size());
  for (std::size_t i = 0; i < a.stretches.size(); ++i) {
    EXPECT_EQ(a.stretches[i].acknowledged, b.stretches[i].acknowledged);
    EXPECT_EQ(a.stretches[i].lost, b.stretches[i].lost);
    EXPECT_EQ(a.stretches[i].first_lost_ack, b.stretches[i].first_lost_ack);
    EXPECT_EQ(a.stretches[i].last_lost_ack, b.stretches[i].last_lost_ack);
  }
}

TEST(BidHistory, FoldingChangesNothingOfAPromotion) {
  Pair pair;
  const Instant fault = kStart + 4s, held = kStart + 3600ms;
  pair.bids(kStart, fault, 0);
  pair.each([&](BidHistory& history) {
    history.split_at(fault);
    history.effective_at(fault);
    history.may_fork_at(held);
  });
  BidHistory::TimelineId timeline = 0;
  pair.bids(fault, fault + 3s, 0);  // the old primary goes on, and its log is lost
  pair.each([&](BidHistory& history) {
    const auto fork = history.fork(0, held);
    EXPECT_EQ(fork.contains_until, held);
    timeline = fork.timeline;
  });
  pair.bids(fault + 3s, fault + 8s, timeline);
  ReadBackRequest request;
  request.fault_acts = {fault};
  request.effective = fault;
  const auto folded = pair.folded.read(timeline, request);
  expect_same(folded, pair.exact.read(timeline, request));
  EXPECT_GT(folded.lost, 3000U * 8 / 10);
  EXPECT_GT(folded.lost_after_fault, 2000U);
  EXPECT_EQ(folded.kept + folded.lost + folded.recovered + folded.not_lost, pair.number);
  // As seen from the old log, what was written to the new one is not there.
  expect_same(pair.folded.read(0, request), pair.exact.read(0, request));
  request.acknowledged_before = fault;
  request.passes = 1;
  expect_same(pair.folded.read(timeline, request), pair.exact.read(timeline, request));
}

TEST(BidHistory, ARestoreRollsBackAndAReplayBringsItBack) {
  Pair pair;
  const Instant backup = kStart + 2s, fault = kStart + 4s, done = kStart + 6s;
  pair.each([&](BidHistory& history) { history.may_fork_at(backup); });
  pair.bids(kStart, fault, 0);
  pair.each([&](BidHistory& history) {
    history.split_at(fault);
    history.effective_at(fault);
  });
  BidHistory::TimelineId timeline = 0;
  pair.each([&](BidHistory& history) {
    timeline = history.fork(0, backup).timeline;
    history.split_at(done);
  });
  pair.bids(done, done + 4s, timeline);
  ReadBackRequest request;
  request.fault_acts = {fault};
  request.effective = fault;
  request.restored_points = {backup};
  request.restored_at = {done};
  const auto folded = pair.folded.read(timeline, request);
  expect_same(folded, pair.exact.read(timeline, request));
  EXPECT_EQ(folded.lost, folded.rolled_back);
  EXPECT_GT(folded.lost, 1700U);
  EXPECT_EQ(folded.lost_after_fault, 0U);
  pair.each([&](BidHistory& history) { history.adopt(timeline, backup, fault + 10ms); });
  const auto replayed = pair.folded.read(timeline, request);
  expect_same(replayed, pair.exact.read(timeline, request));
  EXPECT_EQ(replayed.lost, 0U);
}

TEST(BidHistory, DamageHitsItsShareAndARestoreFromBeforeIsWhole) {
  BidHistory history(1, 100ms);
  history.begin(kStart);
  for (int i = 0; i < 20'000; ++i) {
    const Instant at = kStart + i * 1ms;
    const auto copy = history.append(at, static_cast<std::uint64_t>(i) + 1, at, 0);
    history.acknowledge(copy, at + 1ms);
    history.close(copy);
  }
  const Instant hit = kStart + 21s;
  history.damage(0, hit, BidHistory::Damage::kCorrupted, 0.1);
  ReadBackRequest request;
  request.fault_acts = {hit};
  request.effective = hit;
  const auto damaged = history.read(0, request);
  EXPECT_NEAR(static_cast<double>(damaged.corrupted), 2000, 5 * 43);
  EXPECT_EQ(damaged.corrupted, history.read(0, request).corrupted);
  const auto before = history.fork(0, hit - 1ms), after = history.fork(0, hit + 1s);
  EXPECT_EQ(history.read(before.timeline, request).corrupted, 0U);
  EXPECT_EQ(history.read(after.timeline, request).corrupted, damaged.corrupted);
  EXPECT_EQ(history.read(before.timeline, request).kept, 20'000U);
}

TEST(BidHistory, ABidStoredTwiceIsDuplicatedAndARefusedOneThatIsThereResurrected) {
  BidHistory history(1, 100ms);
  history.begin(kStart);
  const auto first = history.append(kStart + 1ms, 1, kStart, 0), second = history.append(kStart + 2ms, 2, kStart, 0);
  BidHistory::Fate fate;
  fate.id = 2;
  fate.intended = kStart;
  fate.acknowledged = kStart + 3ms;
  history.close(fate, {first, second});
  BidHistory::Fate refused;
  refused.id = 5;
  refused.intended = kStart + 5ms;
  refused.refused = true;
  const auto a = history.append(kStart + 6ms, 5, refused.intended, 0),
             b = history.append(kStart + 7ms, 6, refused.intended, 0);
  history.close(refused, {a, b});
  BidHistory::Fate nowhere;
  nowhere.id = 9;
  nowhere.intended = kStart + 9ms;
  nowhere.acknowledged = kStart + 10ms;
  history.close(nowhere, {});
  const auto read = history.read(0, {});
  EXPECT_EQ(read.duplicated, 2U);
  EXPECT_EQ(read.kept, 1U);
  EXPECT_EQ(read.resurrected, 1U);
  EXPECT_EQ(read.lost, 1U);
  EXPECT_EQ(read.read, 4U);
}

}  // namespace
}  // namespace blackstart::testing
