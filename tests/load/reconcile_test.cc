// Every outcome of "After reading back", with planted loss, corruption, phantoms and duplicates, counted exactly.
#include "load/reconcile.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace blackstart {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant at_ms(std::int64_t ms) { return kDrillStart + milliseconds(ms); }

/// A drill of 1,000 bids/s from t = 0: bid n is intended at n ms and, where acknowledged, so 5 ms later.
class Drill {
 public:
  explicit Drill(int attempts_max = 1) : content(3, 100, 1.1, attempts_max), ledger(*Ledger::create("", attempts_max)) {
    schedule.arrivals = Arrivals::kConstant;
    schedule.profile = {{seconds(1), {1000}, {1000}}};
  }
  [[nodiscard]] std::uint64_t id(std::uint64_t bid, int attempt = 0) const { return content.make(bid, attempt).id; }
  void was(std::uint64_t bid, AttemptOutcome outcome, int attempt = 0) {
    const bool acknowledged = outcome == AttemptOutcome::kAcknowledged || outcome == AttemptOutcome::kDegraded;
    ledger->set(id(bid, attempt), outcome, acknowledged ? at_ms(static_cast<std::int64_t>(bid) + 5) : kNever);
  }
  void all_acknowledged(std::uint64_t bids) {
    for (std::uint64_t bid = 0; bid < bids; ++bid) was(bid, AttemptOutcome::kAcknowledged);
    for (std::uint64_t bid = 0; bid < bids; ++bid) stored.push_back({id(bid)});
  }
  void forget(std::uint64_t from, std::uint64_t to) {
    std::erase_if(stored, [&](const StoredBid& bid) { return bid.id >= id(from) && bid.id < id(to); });
  }
  ReadBackResult reconcile(ReadBackRequest request = {}) {
    Reconciler reconciler(*ledger, content, schedule, milliseconds(100));
    for (int pass = 0; pass < request.passes; ++pass) {
      reconciler.begin_pass(pass);
      for (const StoredBid& bid : pass == 1 && !stored_again.empty() ? stored_again : stored) reconciler.add(bid);
      reconciler.end_pass();
      std::reverse(stored.begin(), stored.end());  // the order between passes is nobody's business
    }
    return reconciler.result(request);
  }

  ContentMaker content;
  std::unique_ptr<Ledger> ledger;
  ScheduleConfig schedule;
  std::vector<StoredBid> stored, stored_again;
};

TEST(Reconcile, EverythingKept) {
  Drill drill;
  drill.all_acknowledged(1000);
  const auto result = drill.reconcile();
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.passes, 2);
  EXPECT_EQ(result.read, 1000U);
  EXPECT_EQ(result.kept, 1000U);
  EXPECT_EQ(result.lost + result.corrupted + result.phantom + result.duplicated + result.resurrected, 0U);
  EXPECT_EQ(result.first_lost_ack, kNever);
  EXPECT_EQ(result.first_lost_id, 0U);
  EXPECT_TRUE(result.examples.empty());
  ASSERT_EQ(result.stretches.size(), 1U);
  EXPECT_EQ(result.stretches[0].acknowledged, 1000U);
}

TEST(Reconcile, LossIsCountedSpannedAndSplitByTheFault) {
  Drill drill;
  drill.all_acknowledged(1000);
  drill.forget(450, 500);
  ReadBackRequest request;
  request.fault_acts = {at_ms(505)};
  request.effective = at_ms(510);
  const auto result = drill.reconcile(request);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.lost, 50U);
  EXPECT_EQ(result.kept, 950U);
  EXPECT_EQ(result.lost_after_fault, 0U);
  EXPECT_EQ(result.first_lost_id, drill.id(450));
  EXPECT_EQ(result.last_lost_id, drill.id(499));
  EXPECT_EQ(result.first_lost_ack, at_ms(455));
  EXPECT_FALSE(result.first_bin_lost);
  ASSERT_EQ(result.stretches.size(), 2U);
  EXPECT_EQ(result.stretches[0].acknowledged, 500U);
  EXPECT_EQ(result.stretches[0].lost, 50U);
  EXPECT_EQ(result.stretches[0].first_lost_ack, at_ms(455));
  EXPECT_EQ(result.stretches[0].last_lost_ack, at_ms(504));
  EXPECT_EQ(result.stretches[1].begin, at_ms(505));
  EXPECT_EQ(result.stretches[1].end, kNever);
  EXPECT_EQ(result.stretches[1].acknowledged, 500U);
  EXPECT_EQ(result.stretches[1].first_lost_ack, kNever);
}

TEST(Reconcile, LostAfterTheFaultIsByIntendedStart) {
  Drill drill;
  drill.all_acknowledged(1000);
  drill.forget(509, 512);  // intended at 509, 510, 511: one before, one at, one after `effective`
  ReadBackRequest request;
  request.effective = at_ms(510);
  const auto result = drill.reconcile(request);
  EXPECT_EQ(result.lost, 3U);
  EXPECT_EQ(result.lost_after_fault, 1U);
  EXPECT_EQ(result.examples.size(), 3U);
  EXPECT_EQ(std::count_if(result.examples.begin(), result.examples.end(),
                          [](const BidExample& one) { return one.kind == "lost_after_fault"; }),
            1);
}

TEST(Reconcile, ARestoreExplainsWhatItRolledBackAndNothingElse) {
  Drill drill;
  drill.all_acknowledged(1000);
  drill.forget(300, 600);  // acknowledged 305..604
  drill.forget(900, 901);  // acknowledged at 905, after the restore was done
  ReadBackRequest request;
  request.effective = at_ms(400);
  request.restored_points = {at_ms(350)};
  request.restored_at = {at_ms(700)};
  const auto result = drill.reconcile(request);
  EXPECT_EQ(result.lost, 301U);
  EXPECT_EQ(result.rolled_back, 254U);  // 351..604
  EXPECT_EQ(result.rolled_back_span, milliseconds(604 - 351));
  EXPECT_EQ(result.lost_after_fault, 1U);
  EXPECT_EQ(result.stretches[0].rolled_back, 254U);
  EXPECT_EQ(result.stretches[0].last_rolled_back_ack, at_ms(604));
}

TEST(Reconcile, LossBackToTheFirstBinIsSaid) {
  Drill drill;
  drill.all_acknowledged(1000);
  drill.forget(99, 100);
  EXPECT_TRUE(drill.reconcile().first_bin_lost);
  Drill later;
  later.all_acknowledged(1000);
  later.forget(100, 101);
  EXPECT_FALSE(later.reconcile().first_bin_lost);
}

TEST(Reconcile, IndeterminateAndRefused) {
  Drill drill;
  drill.all_acknowledged(10);
  for (const auto& [bid, outcome] : std::map<std::uint64_t, AttemptOutcome>{{10, AttemptOutcome::kIndeterminate},
                                                                            {11, AttemptOutcome::kTimedOut},
                                                                            {12, AttemptOutcome::kIndeterminate},
                                                                            {13, AttemptOutcome::kRefused},
                                                                            {14, AttemptOutcome::kRefused},
                                                                            {15, AttemptOutcome::kIndeterminate}}) {
    drill.was(bid, outcome);
  }
  for (const std::uint64_t bid : {10, 11, 13}) drill.stored.push_back({drill.id(bid)});
  drill.stored.push_back({drill.id(15), true, false});
  const auto result = drill.reconcile();
  EXPECT_EQ(result.kept, 10U);
  EXPECT_EQ(result.recovered, 2U);
  EXPECT_EQ(result.not_lost, 1U);
  EXPECT_EQ(result.resurrected, 1U);
  EXPECT_EQ(result.corrupted, 1U);
  EXPECT_EQ(result.lost + result.phantom, 0U);
}

TEST(Reconcile, CorruptedIsNotKept) {
  Drill drill;
  drill.all_acknowledged(100);
  drill.stored[7].content_ok = false;
  const auto result = drill.reconcile();
  EXPECT_EQ(result.corrupted, 1U);
  EXPECT_EQ(result.kept, 99U);
  EXPECT_EQ(result.examples.at(0).kind, "corrupted");
  EXPECT_EQ(result.examples.at(0).id, drill.id(7));
  EXPECT_EQ(result.examples.at(0).intended, at_ms(7));
}

TEST(Reconcile, PhantomsAreWhatWasNeverSent) {
  Drill drill;
  drill.all_acknowledged(100);
  drill.was(100, AttemptOutcome::kUnsentNoConnection);
  drill.was(101, AttemptOutcome::kUnsentGenerator);
  drill.was(102, AttemptOutcome::kAcknowledged);
  drill.stored.push_back({drill.id(100)});
  drill.stored.push_back({drill.id(101)});
  drill.stored.push_back({drill.id(102)});
  drill.stored.push_back({5'000'000});
  drill.stored.push_back({0});
  drill.stored.push_back({77, false});  // of an unknown form, though 77 was sent
  drill.stored.push_back({77, false});
  const auto result = drill.reconcile();
  EXPECT_EQ(result.phantom, 5U);
  EXPECT_EQ(result.duplicated, 1U);
  EXPECT_EQ(result.kept, 101U);
}

TEST(Reconcile, TwoStoredAttemptsOfOneBidAreOneDuplicatedBid) {
  Drill drill(3);
  drill.was(0, AttemptOutcome::kTimedOut, 0);
  drill.was(0, AttemptOutcome::kAcknowledged, 1);
  drill.was(1, AttemptOutcome::kTimedOut, 0);
  drill.was(1, AttemptOutcome::kTimedOut, 1);
  drill.was(1, AttemptOutcome::kTimedOut, 2);
  drill.was(2, AttemptOutcome::kTimedOut, 0);
  drill.was(2, AttemptOutcome::kAcknowledged, 1);
  drill.was(3, AttemptOutcome::kRefused, 0);
  drill.was(3, AttemptOutcome::kAcknowledged, 1);
  drill.was(4, AttemptOutcome::kAcknowledged, 0);
  drill.stored = {{drill.id(0, 0)}, {drill.id(0, 1)}, {drill.id(1, 2)},
                  {drill.id(2, 0)}, {drill.id(4, 0)}, {drill.id(4, 1)}};  // the second attempt of bid 4 was never made
  const auto result = drill.reconcile();
  EXPECT_EQ(result.duplicated, 1U);
  EXPECT_EQ(result.kept, 3U);  // 0, 2 (by its other attempt) and 4
  EXPECT_EQ(result.recovered, 1U);
  EXPECT_EQ(result.lost, 1U);
  EXPECT_EQ(result.first_lost_id, drill.id(3, 1));
  EXPECT_EQ(result.phantom, 1U);
}

TEST(Reconcile, SameCopyTwiceIsDuplicatedOnce) {
  Drill drill;
  drill.all_acknowledged(10);
  for (int i = 0; i < 4; ++i) drill.stored.push_back({drill.id(3)});
  const auto result = drill.reconcile();
  EXPECT_EQ(result.duplicated, 1U);
  EXPECT_EQ(result.kept, 10U);
  EXPECT_EQ(result.read, 14U);
}

TEST(Reconcile, PassesThatDisagreeCountForNothing) {
  for (const int how : {0, 1, 2, 3}) {
    Drill drill;
    drill.all_acknowledged(100);
    drill.stored_again = drill.stored;
    if (how == 0) drill.stored_again.pop_back();
    if (how == 1) drill.stored_again[5].content_ok = false;
    if (how == 2) drill.stored_again[5].id = drill.stored_again[6].id;
    if (how == 3) drill.stored_again[5].digest = 99;
    const auto result = drill.reconcile();
    EXPECT_FALSE(result.complete) << how;
    EXPECT_NE(result.why_incomplete.find("disagree"), std::string::npos) << how;
  }
}

TEST(Reconcile, ProvisionalPassLooksAtEarlierAcknowledgementsAlone) {
  Drill drill;
  drill.all_acknowledged(1000);
  drill.forget(400, 410);
  drill.forget(700, 800);
  drill.was(1000, AttemptOutcome::kInFlight);
  drill.stored.push_back({drill.id(1000)});
  ReadBackRequest request;
  request.passes = 1;
  request.acknowledged_before = at_ms(505);
  const auto result = drill.reconcile(request);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.passes, 1);
  EXPECT_EQ(result.kept, 490U);
  EXPECT_EQ(result.lost, 10U);
  EXPECT_EQ(result.phantom + result.recovered + result.not_lost, 0U);
  EXPECT_EQ(drill.reconcile().lost, 110U);  // the final passes start afresh
}

TEST(Reconcile, ExamplesAreAtMostAHundredOfAKind) {
  Drill drill;
  drill.all_acknowledged(1000);
  drill.forget(0, 500);
  for (int i = 0; i < 300; ++i) drill.stored.push_back({6'000'000 + static_cast<std::uint64_t>(i)});
  const auto result = drill.reconcile();
  EXPECT_EQ(result.phantom, 300U);
  EXPECT_EQ(result.lost, 500U);
  EXPECT_EQ(result.examples.size(), 200U);
}

RC_GTEST_PROP(Reconcile, PartitionsAndFindsExactlyWhatWasPlanted, ()) {
  const int attempts = *rc::gen::inRange(1, 4);
  Drill drill(attempts);
  const auto bids = *rc::gen::inRange<std::uint64_t>(1, 300);
  std::uint64_t lost = 0, kept = 0, corrupted = 0, recovered = 0, not_lost = 0, resurrected = 0, phantom = 0,
                duplicated = 0;
  for (std::uint64_t bid = 0; bid < bids; ++bid) {
    const int attempt = *rc::gen::inRange(0, attempts);
    const auto outcome =
        *rc::gen::element(AttemptOutcome::kAcknowledged, AttemptOutcome::kDegraded, AttemptOutcome::kTimedOut,
                          AttemptOutcome::kIndeterminate, AttemptOutcome::kRefused, AttemptOutcome::kUnsentNoConnection,
                          AttemptOutcome::kUnsentGenerator);
    const int copies = *rc::gen::weightedElement<int>({{3, 0}, {5, 1}, {1, 2}, {1, 3}});
    const bool wrong = *rc::gen::weightedElement<bool>({{5, false}, {1, true}});
    for (int before = 0; before < attempt; ++before) drill.was(bid, AttemptOutcome::kRefused, before);
    drill.was(bid, outcome, attempt);
    for (int i = 0; i < copies; ++i) drill.stored.push_back({drill.id(bid, attempt), true, !wrong});
    if (copies > 1) ++duplicated;
    const bool here = copies > 0;
    switch (outcome) {
      case AttemptOutcome::kAcknowledged:
      case AttemptOutcome::kDegraded:
        ++(!here ? lost : wrong ? corrupted : kept);
        break;
      case AttemptOutcome::kTimedOut:
      case AttemptOutcome::kIndeterminate:
        ++(!here ? not_lost : wrong ? corrupted : recovered);
        break;
      case AttemptOutcome::kRefused:
        if (here) ++resurrected;
        break;
      default:
        if (here) ++phantom;
    }
  }
  const auto result = drill.reconcile();
  RC_ASSERT(result.complete);
  RC_ASSERT(result.kept == kept && result.lost == lost && result.corrupted == corrupted);
  RC_ASSERT(result.recovered == recovered && result.not_lost == not_lost && result.resurrected == resurrected);
  RC_ASSERT(result.phantom == phantom && result.duplicated == duplicated);
}

}  // namespace
}  // namespace blackstart
