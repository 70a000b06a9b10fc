#include "rehearsal/canaries.h"

#include "base/units.h"
#include "rehearsal/conductor_context.h"
#include "rehearsal/conductor_limits.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

constexpr Duration kReadMost = 5s;         // between two reads while something new is unread ...
constexpr Duration kReadLeast = 100ms;     // ... a quarter of `every`, but not faster than this
constexpr Duration kReadAll = 30s;         // between two reads of everything that is unread
constexpr Duration kTellEvery = 10s;       // between two canary.interval of one canary
constexpr std::size_t kTellMost = 1000;    // records in one
constexpr Duration kFinalRead = 1min;      // one try of the last read
constexpr Duration kFinalPause = 1s;       // between its tries
constexpr Duration kFinalPatience = 2min;  // beside the canary's `within`: how long the last read waits for more

Duration read_pause(const Canary& canary) {
  return std::clamp(std::min(canary.every, canary.within) / 4, kReadLeast, kReadMost);
}

Task<void> write_records(DrillContext* drill, CanaryLog* log, std::stop_token scope) {
  const Duration every = std::max(log->canary().every, kReadLeast);
  const Instant start = drill->now();
  while (!scope.stop_requested()) {
    const std::uint64_t number = log->begin_write(drill->now());
    Limit limit{drill->now() + every, scope};
    const auto written = co_await drill->world.write_canary(log->canary(), number, std::move(limit));
    log->end_write(number, written && written->ok);
    const Instant next = start + ((drill->now() - start) / every + 1) * every;
    const auto woken = co_await drill->world.clock().sleep_until(next, scope);
    if (!woken) co_return;
  }
}

void tell(DrillContext& drill, CanaryLog& log) {
  const auto news = log.take_news(drill.now());
  for (std::size_t from = 0; from < news.size(); from += kTellMost) {
    Json records = Json::array();
    for (std::size_t index = from; index < std::min(news.size(), from + kTellMost); ++index)
      records.push_back(to_json(news[index]));
    drill.record("canary.interval", {{"name", log.canary().name}, {"records", std::move(records)}});
  }
}

Task<bool> read_once(DrillContext* drill, CanaryLog* log, std::uint64_t from, Limit limit) {
  const auto numbers = co_await drill->world.read_canary(log->canary(), from, std::move(limit));
  if (numbers) log->read(*numbers, drill->now());
  co_return numbers.has_value();
}

Task<void> read_records(DrillContext* drill, CanaryLog* log, std::stop_token scope) {
  const Duration pause = read_pause(log->canary());
  Instant told = drill->now(), read_all = drill->now();
  while (!scope.stop_requested()) {
    const bool everything = drill->now() - read_all >= kReadAll;
    if (everything) read_all = drill->now();
    if (const auto from = log->unread(everything)) {
      Limit limit{drill->now() + std::max(log->canary().within, limits::kCheckOnce), scope};
      (void)co_await read_once(drill, log, *from, std::move(limit));
    }
    if (drill->now() - told >= kTellEvery) {
      told = drill->now();
      tell(*drill, *log);
    }
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + pause, scope);
    if (!woken) break;
  }
}

std::vector<std::uint64_t> missing_from(const CanaryLog& log, const std::vector<std::uint64_t>& seen) {
  std::vector<std::uint64_t> missing;
  for (const CanaryRecord& record : log.records())
    if (record.confirmed && !std::binary_search(seen.begin(), seen.end(), record.number))
      missing.push_back(record.number);
  return missing;
}

std::uint64_t confirmed_of(const CanaryLog& log) {
  return static_cast<std::uint64_t>(std::ranges::count_if(log.records(), &CanaryRecord::confirmed));
}

/// What the last read came to.
struct LastRead {
  bool complete = false;
  std::string why;
  std::vector<std::uint64_t> missing;
};

/// What lags behind is waited for, as long as something more comes.
Task<LastRead> read_last(DrillContext* drill, CanaryLog* log) {
  LastRead last;
  const Instant until = drill->now() + log->canary().within + kFinalPatience;
  const Duration pause = std::max(kFinalPause, read_pause(log->canary()));
  int still = 0;  // tries that brought nothing more
  while (true) {
    Limit limit = drill->surely_within(kFinalRead);
    auto seen = co_await drill->world.read_canary(log->canary(), 1, std::move(limit));
    if (seen) {
      std::ranges::sort(*seen);
      log->read(*seen, drill->now());
      auto missing = missing_from(*log, *seen);
      still = last.complete && missing.size() == last.missing.size() ? still + 1 : 0;
      last = {true, "", std::move(missing)};
    } else if (!last.complete) {
      last.why = seen.error().to_string();
    }
    const bool waited = drill->now() - until >= Duration{} || (still >= 3 && drill->now() + kFinalPatience >= until);
    if ((last.complete && last.missing.empty()) || waited || drill->ended()) co_return last;
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + pause, {});
    if (!woken) co_return last;
  }
}

Task<void> finish(DrillContext* drill, CanaryLog* log) {
  const LastRead last = co_await read_last(drill, log);
  tell(*drill, *log);
  drill->record("canary.finished", {{"name", log->canary().name},
                                    {"written", log->records().size()},
                                    {"confirmed", confirmed_of(*log)},
                                    {"complete", last.complete},
                                    {"why", last.why},
                                    {"missing", number_rows(last.missing)}});
}

}  // namespace

Canaries::Canaries(const std::vector<Canary>& canaries) {
  for (const Canary& canary : canaries) logs_.emplace_back(canary);
}

CanaryLog* Canaries::find(const std::string& name) {
  for (CanaryLog& log : logs_)
    if (log.canary().name == name) return &log;
  return nullptr;
}

Task<void> run_canaries(DrillContext* drill, std::stop_token scope) {
  drill->canaries.running = true;
  TaskGroup group;
  for (CanaryLog& log : drill->canaries.all()) {
    group.spawn(write_records(drill, &log, scope));
    group.spawn(read_records(drill, &log, scope));
  }
  co_await group.join();
  for (CanaryLog& log : drill->canaries.all()) tell(*drill, log);
  drill->canaries.running = false;
}

Task<void> finish_canaries(DrillContext* drill) {
  TaskGroup group;
  for (CanaryLog& log : drill->canaries.all())
    if (!log.records().empty()) group.spawn(finish(drill, &log));
  co_await group.join();
}

Task<CanaryAnswer> wait_for_canary(DrillContext* drill, std::string name, std::uint64_t count, Duration hold,
                                   Limit limit) {
  CanaryLog* const log = drill->canaries.find(name);
  if (log == nullptr) co_return CanaryAnswer{false, fmt::format("there is no canary {}", name)};
  const Instant since = drill->now();
  const auto more = static_cast<std::uint64_t>(hold / std::max(log->canary().every, Duration{1}));
  while (true) {
    const std::uint64_t row = log->row_since(since);
    const std::string found = fmt::format("{} of {} records in a row written and read", row, count + more);
    if (row >= count + more) co_return CanaryAnswer{true, found};
    if (!drill->canaries.running)
      co_return CanaryAnswer{false, found + "; canaries are written while traffic runs, and it has ended"};
    const Instant next = drill->now() + limits::kPoll;
    Status woken = fail(ErrorCode::kTimeout, "the time was up");
    if (next < limit.deadline) woken = co_await drill->world.clock().sleep_until(next, limit.stop);
    if (!woken) co_return CanaryAnswer{false, fmt::format("{} within {}", found, human_duration(drill->now() - since))};
  }
}

}  // namespace blackstart
