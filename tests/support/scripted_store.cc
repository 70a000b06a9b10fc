#include "tests/support/scripted_store.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace blackstart::testing {
namespace {

constexpr std::array kCounted = {"drop",        "corrupt", "duplicate", "fail", "refuse", "refuse_stored",
                                 "unavailable", "garbage", "hang",      "huge", "close"};
constexpr std::uint64_t kFirstPhantom = 900'000'000'000'000;

bool is_counted(std::string_view word) { return std::find(kCounted.begin(), kCounted.end(), word) != kCounted.end(); }

}  // namespace

void ScriptedStore::act(const nlohmann::json& words, std::int64_t now_ns) {
  for (const auto& [word, value] : words.items()) {
    if (is_counted(word)) {
      pending_[word] += value.get<std::uint64_t>();
    } else if (word == "stall_ms") {
      stall_ms_ += value.get<std::int64_t>();
      ++counts_["stalls"];
    } else if (word == "slow_ms") {
      slow_ms_ = value.get<std::int64_t>();
    } else if (word == "lose_last_ms") {
      lose_since(now_ns - value.get<std::int64_t>() * 1'000'000, now_ns);
    } else if (word == "phantoms") {
      add_phantoms(value.get<std::uint64_t>());
    } else if (word == "read_back") {
      read_back_ = value.get<std::string>();
    } else if (word == "read_back_slow_ms") {
      read_back_slow_ms_ = value.get<std::int64_t>();
    } else if (word == "health") {
      healthy_ = value.get<std::string>() == "up";
    } else {
      throw std::invalid_argument("the scripted server knows no act \"" + word + "\"");
    }
  }
}

void ScriptedStore::lose_since(std::int64_t from_ns, std::int64_t now_ns) {
  const auto lost = [&](const ScriptedBid& bid) { return bid.acknowledged_ns >= from_ns && bid.acknowledged_ns >= 0; };
  for (const ScriptedBid& bid : bids_) {
    if (!lost(bid)) continue;
    ++counts_["lost"];
    lost_refs_.push_back(bid.ref);
    lost_first_ns_ = lost_first_ns_ < 0 ? bid.acknowledged_ns : std::min(lost_first_ns_, bid.acknowledged_ns);
    lost_last_ns_ = std::max(lost_last_ns_, bid.acknowledged_ns);
  }
  lost_at_ns_ = now_ns;
  std::erase_if(bids_, lost);
}

void ScriptedStore::add_phantoms(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    ScriptedBid bid;
    bid.ref = std::to_string(kFirstPhantom + counts_["phantoms"]++);
    bid.auction = 1;
    bid.bidder = 1;
    bid.amount = 100;
    bid.drill = last_drill_;
    bids_.push_back(std::move(bid));
  }
}

bool ScriptedStore::take(const char* word) {
  const auto found = pending_.find(word);
  if (found == pending_.end() || found->second == 0) return false;
  --found->second;
  ++counts_[word];
  return true;
}

void ScriptedStore::keep(const ScriptedBid& bid) { bids_.push_back(bid); }

ScriptedAnswer ScriptedStore::place(ScriptedBid bid, std::int64_t now_ns) {
  ++counts_["received"];
  last_drill_ = bid.drill;
  if (take("garbage")) return ScriptedAnswer::kGarbage;
  if (take("hang")) return ScriptedAnswer::kHang;
  if (take("huge")) return ScriptedAnswer::kHuge;
  if (take("close")) return ScriptedAnswer::kCloseSilently;
  if (take("unavailable")) return ScriptedAnswer::kUnavailableNo;
  if (take("refuse")) return ScriptedAnswer::kRefused;
  if (take("refuse_stored")) {
    keep(bid);
    return ScriptedAnswer::kRefused;
  }
  if (take("fail")) {
    if (std::exchange(fail_stores_next_, !fail_stores_next_)) return ScriptedAnswer::kServerError;
    ++counts_["fail_stored"];
    keep(bid);
    return ScriptedAnswer::kServerError;
  }
  bid.acknowledged_ns = now_ns;
  ++counts_["acknowledged"];
  if (take("drop")) return ScriptedAnswer::kStored;
  if (take("corrupt")) bid.amount += 1;
  if (take("duplicate")) keep(bid);
  keep(bid);
  return ScriptedAnswer::kStored;
}

ScriptedStore::Page ScriptedStore::page(const std::string& drill, std::size_t after, std::size_t limit) {
  if (after == 0) ++passes_begun_;
  Page page;
  const bool forget_last = read_back_ == "disagree" && passes_begun_ % 2 == 0;
  const std::size_t end = bids_.size() - (forget_last && !bids_.empty() ? 1 : 0);
  std::size_t at = after;
  for (; at < end && page.bids.size() < limit; ++at) {
    if (drill.empty() || bids_[at].drill == drill) page.bids.push_back(&bids_[at]);
  }
  page.next = at < end ? at : 0;
  return page;
}

std::int64_t ScriptedStore::take_stall_ms() { return std::exchange(stall_ms_, 0); }

nlohmann::json ScriptedStore::truth() const {
  nlohmann::json truth;
  for (const char* word : {"received", "acknowledged", "lost", "phantoms", "fail_stored", "stalls"}) {
    const auto found = counts_.find(word);
    truth[word] = found == counts_.end() ? 0 : found->second;
  }
  for (const char* word : kCounted) {
    const auto found = counts_.find(word);
    truth[word] = found == counts_.end() ? 0 : found->second;
  }
  truth["stored"] = bids_.size();
  truth["lost_ids"] = lost_refs_;
  truth["lost_first_ns"] = lost_first_ns_;
  truth["lost_last_ns"] = lost_last_ns_;
  truth["lost_at_ns"] = lost_at_ns_;
  return truth;
}

}  // namespace blackstart::testing
