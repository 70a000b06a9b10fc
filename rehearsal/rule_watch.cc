#include "rehearsal/rule_watch.h"

#include <algorithm>

namespace blackstart {

RuleWatch::RuleWatch(int failures, int successes, Duration hold)
    : failures_(std::max(1, failures)), successes_(std::max(1, successes)), hold_(hold) {}

RuleWatch::Change RuleWatch::observe(Instant at, bool ok) {
  if (!seen_ || ok != last_ok_) {
    in_row_ = 0;
    row_began_ = at;
  }
  seen_ = true;
  last_ok_ = ok;
  ++in_row_;
  if (!ok && !failed_ && in_row_ >= failures_ && at - row_began_ >= hold_) {
    failed_ = true;
    return Change::kFailed;
  }
  if (ok && failed_ && in_row_ >= successes_) {
    failed_ = false;
    recovered_at_ = at;
    return Change::kRecovered;
  }
  return Change::kNone;
}

bool RuleWatch::passes_since(Instant from) const {
  return seen_ && last_ok_ && !failed_ && (!recovered_at_ || *recovered_at_ <= from);
}

}  // namespace blackstart
