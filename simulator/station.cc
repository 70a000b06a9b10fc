#include "simulator/station.h"

#include <algorithm>

namespace blackstart {

Station::Station(const StationConfig& config) : servers_(config.servers), queue_limit_(config.queue_limit) {
  BS_CHECK(config.servers >= 1);
}

Station::Offered Station::offer(Instant now, Job job, Duration service) {
  advance(now);
  const Waiting bid{job, now, std::max(service, kServiceLeast), totals_.arrivals};
  ++totals_.arrivals;
  law_.enter(to_ns(now));
  Offered offered;
  if (busy_ < servers_) {
    const auto start = begin(now, bid);
    offered = start ? Offered{Admission::kStarted, *start} : Offered{Admission::kWaiting, {}};
  } else if (!queue_limit_ || waiting_.size() < *queue_limit_ || waiting_.size() < *queue_limit_ + freeing_at(now)) {
    waiting_.push_back(bid);
    offered.admission = Admission::kWaiting;
  } else {
    ++totals_.dropped;
    law_.leave(to_ns(now), to_ns(now));
  }
  check_conservation();
  return offered;
}

std::optional<Station::Done> Station::finish(Instant now, std::uint32_t server, std::uint32_t generation) {
  BS_CHECK(server < slots_.size());
  const Server& slot = slots_[server];
  if (!slot.busy || slot.generation != generation) return std::nullopt;
  BS_CHECK(slot.end == now);
  advance(now);
  Done done{slot.bid.job, slot.bid.arrival, slot.start, now, std::nullopt};
  release(server);
  ++totals_.done;
  law_.leave(to_ns(now), to_ns(done.arrival));
  if (!waiting_.empty() && busy_ < servers_) done.next = take_next(now);
  check_conservation();
  return done;
}

void Station::stop(Instant now) {
  if (stopped_) return;
  advance(now);
  stopped_ = true;
  for (Server& slot : slots_) {
    if (!slot.busy || slot.end <= now) continue;
    slot.left = slot.end - now;
    slot.end = kNever;
    ++slot.generation;
    if (slot.start == now) slot.start = kNever;
  }
}

StationTotals Station::totals(Instant now) {
  advance(now);
  WideNs still = 0;
  for (const Server& slot : slots_)
    if (slot.busy) still += to_ns(now - slot.bid.arrival);
  for (std::size_t place = 0; place < waiting_.size(); ++place) still += to_ns(now - waiting_[place].arrival);
  law_.check(still);
  StationTotals totals = totals_;
  totals.in_flight = in_flight();
  totals.area = law_.area();
  return totals;
}

std::optional<Station::Start> Station::take_next(Instant now) {
  const Waiting bid = waiting_.front();
  waiting_.pop_front();
  return begin(now, bid);
}

/// Gives the bid a server; empty while work stands still.
std::optional<Station::Start> Station::begin(Instant now, const Waiting& bid) {
  if (idle_.empty()) {
    idle_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t server = idle_.back();
  idle_.pop_back();
  ++busy_;
  Server& slot = slots_[server];
  slot.bid = bid;
  slot.busy = true;
  slot.start = kNever;
  slot.end = kNever;
  slot.left = bid.service;
  if (stopped_) return std::nullopt;
  return thaw(now, server);
}

Station::Start Station::thaw(Instant now, std::uint32_t server) {
  Server& slot = slots_[server];
  if (slot.start == kNever) slot.start = now;
  slot.end = now + slot.left;
  return {slot.end, server, slot.generation};
}

void Station::release(std::uint32_t server) {
  slots_[server].busy = false;
  ++slots_[server].generation;
  idle_.push_back(server);
  --busy_;
}

/// Servers whose end is due at `now` and has not been told, as far as the queue will get them.
std::size_t Station::freeing_at(Instant now) const {
  const auto ending =
      std::count_if(slots_.begin(), slots_.end(), [now](const Server& slot) { return slot.busy && slot.end == now; });
  const std::size_t surplus = busy_ - servers_;
  return static_cast<std::size_t>(ending) - std::min(surplus, static_cast<std::size_t>(ending));
}

/// The busy slots that `chosen` takes, in order of their bids' arrival.
template <class Chosen>
std::vector<std::uint32_t> Station::by_arrival(Chosen chosen) const {
  std::vector<std::uint32_t> servers;
  for (std::uint32_t server = 0; server < slots_.size(); ++server) {
    if (slots_[server].busy && chosen(slots_[server])) servers.push_back(server);
  }
  std::sort(servers.begin(), servers.end(), [this](std::uint32_t left, std::uint32_t right) {
    return slots_[left].bid.ticket < slots_[right].bid.ticket;
  });
  return servers;
}

std::vector<std::uint32_t> Station::frozen() const {
  return by_arrival([](const Server& slot) { return slot.end == kNever; });
}

std::vector<Station::Job> Station::clear(Instant now) {
  advance(now);
  std::vector<Job> jobs;
  for (const std::uint32_t server : by_arrival([](const Server&) { return true; })) {
    jobs.push_back(slots_[server].bid.job);
    law_.leave(to_ns(now), to_ns(slots_[server].bid.arrival));
    release(server);
  }
  for (; !waiting_.empty(); waiting_.pop_front()) {
    jobs.push_back(waiting_.front().job);
    law_.leave(to_ns(now), to_ns(waiting_.front().arrival));
  }
  totals_.dropped += jobs.size();
  check_conservation();
  return jobs;
}

void Station::check_conservation() const {
  BS_CHECK(totals_.arrivals == totals_.done + totals_.dropped + in_flight());
  BS_CHECK(law_.inside() == in_flight());
}

}  // namespace blackstart
