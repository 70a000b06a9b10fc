#include "rehearsal/canary_log.h"

#include "base/check.h"
#include "rehearsal/events.h"

#include <algorithm>

namespace blackstart {
namespace {

constexpr std::uint64_t kRecent = 64;  // records that a short read asks for

}  // namespace

std::uint64_t CanaryLog::begin_write(Instant now) {
  CanaryRecord record;
  record.number = records_.size() + 1;
  record.written = now;
  records_.push_back(record);
  open_ = record.number;
  return record.number;
}

void CanaryLog::end_write(std::uint64_t number, bool confirmed) {
  BS_CHECK(number >= 1 && number <= records_.size());
  records_[number - 1].confirmed = confirmed;
  if (open_ == number) open_ = 0;
}

void CanaryLog::read(const std::vector<std::uint64_t>& numbers, Instant now) {
  for (const std::uint64_t number : numbers) {
    if (number < 1 || number > records_.size()) continue;  // of nobody that this drill knows
    CanaryRecord& record = records_[number - 1];
    if (record.readable != kNever) continue;
    record.readable = now;
    read_.push_back(number);
  }
  while (oldest_unread_ <= records_.size() && records_[oldest_unread_ - 1].readable != kNever) ++oldest_unread_;
}

std::optional<std::uint64_t> CanaryLog::unread(bool everything) const {
  if (oldest_unread_ > records_.size()) return std::nullopt;
  if (everything || records_.size() < kRecent) return oldest_unread_;
  for (std::uint64_t number = std::max(oldest_unread_, records_.size() - kRecent + 1); number <= records_.size();
       ++number)
    if (records_[number - 1].readable == kNever) return number;
  return std::nullopt;
}

std::vector<CanaryRecord> CanaryLog::take_news(Instant now) {
  std::vector<CanaryRecord> news;
  for (; next_late_ <= records_.size(); ++next_late_) {
    const CanaryRecord& record = records_[next_late_ - 1];
    const bool time_is_up = now - record.written > canary_.within && next_late_ != open_;
    if (record.readable == kNever && !time_is_up) break;
    if (record.readable == kNever) news.push_back(record);
  }
  // One that is still being written is told of with the outcome of its write.
  std::vector<std::uint64_t> later;
  for (const std::uint64_t number : read_) {
    if (number == open_)
      later.push_back(number);
    else
      news.push_back(records_[number - 1]);
  }
  read_ = std::move(later);
  return news;
}

std::uint64_t CanaryLog::row_since(Instant since) const {
  std::uint64_t row = 0, longest = 0;
  for (auto record = records_.rbegin(); record != records_.rend() && record->written >= since; ++record) {
    row = record->confirmed && record->readable != kNever ? row + 1 : 0;
    longest = std::max(longest, row);
  }
  return longest;
}

bool CanaryLog::good_for(Duration hold, Instant since, Instant now) const {
  Instant end = kNever;  // of the newest record whose time is over, or that was read
  for (auto record = records_.rbegin(); record != records_.rend() && record->written >= since; ++record) {
    const bool open = record->readable == kNever && now - record->written <= canary_.within;
    if (open && end == kNever) continue;
    if (open || record->readable == kNever || record->readable - record->written > canary_.within) return false;
    if (end == kNever) end = std::min(now, record->written + canary_.every);
    if (end - record->written >= hold) return true;
  }
  return false;
}

Json number_rows(const std::vector<std::uint64_t>& numbers) {
  Json rows = Json::array();
  for (const std::uint64_t number : numbers) {
    if (!rows.empty() && rows.back()[1].get<std::uint64_t>() + 1 == number)
      rows.back()[1] = number;
    else
      rows.push_back(Json::array({number, number}));
  }
  return rows;
}

Json to_json(const CanaryRecord& record) {
  return Json::array({record.number, to_ns(record.written), record.confirmed, instant_json(record.readable)});
}

}  // namespace blackstart
