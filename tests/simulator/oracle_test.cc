// The stations against the closed forms of queueing theory. Time is in mean services of a server (1 ms).

#include "closed_forms.h"
#include "coverage.h"

#include "base/random.h"
#include "simulator/agenda.h"
#include "simulator/duration_sampler.h"
#include "simulator/station.h"
#include "simulator/station_recursion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace blackstart {
namespace {

using std::chrono::milliseconds;

constexpr Duration kService = milliseconds(1);

Duration times_service(double count) { return from_seconds(count * to_seconds(kService)); }
double in_services(Duration length) {
  return static_cast<double>(to_ns(length)) / static_cast<double>(to_ns(kService));
}

struct Bid {
  Instant arrival;
  Duration service;
};

/// Poisson arrivals, and services.
class Source {
 public:
  Source(std::uint64_t seed, double rate, const DurationSampler& service)
      : gaps_(seed, "arrivals"),
        services_(seed, "services"),
        gap_(DurationSampler::exponential(times_service(1 / rate))),
        service_(service) {}
  Bid next() {
    now_ += gap_.draw(gaps_);
    return {now_, service_.draw(services_)};
  }

 private:
  RandomStream gaps_;
  RandomStream services_;
  DurationSampler gap_;
  DurationSampler service_;
  Instant now_ = kDrillStart;
};

/// What is seen of a bid; wait and sojourn in services.
using Look = std::function<double(double wait, double sojourn, bool dropped)>;

Look wait_itself() {
  return [](double wait, double, bool) { return wait; };
}
Look wait_beyond(double t) {
  return [t](double wait, double, bool) { return wait > t ? 1.0 : 0.0; };
}
Look sojourn_itself() {
  return [](double, double sojourn, bool) { return sojourn; };
}
Look sojourn_beyond(double t) {
  return [t](double, double sojourn, bool) { return sojourn > t ? 1.0 : 0.0; };
}

struct Watched {
  Figure figure;
  Look look;
  bool of_dropped = false;  // whether dropped bids are seen too
};

/// One station by recursion.
void expect_station(double rho, const StationConfig& config, const DurationSampler& service,
                    const std::vector<Watched>& watched, std::size_t batch = 10'000) {
  Oracle oracle;
  oracle.rho = rho;
  oracle.batch = batch;
  for (const Watched& each : watched) oracle.figures.push_back(each.figure);
  oracle.run = [&](std::uint64_t seed, std::vector<BatchMeans>& seen) {
    Source source{seed, rho * config.servers, service};
    StationRecursion station{config};
    while (std::any_of(seen.begin(), seen.end(), [](const BatchMeans& means) { return !means.full(); })) {
      const Bid bid = source.next();
      const auto served = station.serve(bid.arrival, bid.service);
      const double wait = served.dropped() ? 0 : in_services(served.start - bid.arrival);
      const double sojourn = served.dropped() ? 0 : in_services(served.end - bid.arrival);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        if (!served.dropped() || watched[i].of_dropped) seen[i].add(watched[i].look(wait, sojourn, served.dropped()));
      }
    }
  };
  expect_covered(oracle);
}

const DurationSampler& exponential_service() {
  static const DurationSampler kSampler = DurationSampler::exponential(kService);
  return kSampler;
}

void expect_mm1(double rho, std::size_t batch) {
  const double p50 = std::log(2) / (1 - rho);
  const double p99 = std::log(100) / (1 - rho);
  expect_station(
      rho, {}, exponential_service(),
      {{{"mean wait", [](double r) { return closed_form::mmc_wait_mean(1, r); }}, wait_itself()},
       {{"mean sojourn", [](double r) { return 1 / (1 - r); }}, sojourn_itself()},
       {{"median sojourn", [=](double r) { return closed_form::mm1_sojourn_beyond(r, p50); }}, sojourn_beyond(p50)},
       {{"99th percentile of sojourn", [=](double r) { return closed_form::mm1_sojourn_beyond(r, p99); }},
        sojourn_beyond(p99)}},
      batch);
}

TEST(oracle, mm1_at_half_load) { expect_mm1(0.5, 10'000); }
TEST(oracle, mm1_at_high_load) { expect_mm1(0.9, 25'000); }

void expect_mmc(int servers, double rho, std::size_t batch) {
  const double p95 = std::log(closed_form::erlang_c(servers, rho) / 0.05) / (servers * (1 - rho));
  expect_station(rho, {static_cast<std::uint32_t>(servers), std::nullopt}, exponential_service(),
                 {{{"mean wait", [=](double r) { return closed_form::mmc_wait_mean(servers, r); }}, wait_itself()},
                  {{"has to wait", [=](double r) { return closed_form::erlang_c(servers, r); }}, wait_beyond(0)},
                  {{"95th percentile of wait", [=](double r) { return closed_form::mmc_wait_beyond(servers, r, p95); }},
                   wait_beyond(p95)}},
                 batch);
}

TEST(oracle, mmc_of_4_servers) { expect_mmc(4, 0.9, 12'000); }
TEST(oracle, mmc_of_16_servers) { expect_mmc(16, 0.8, 8'000); }

void expect_loss(const DurationSampler& service) {
  expect_station(0.8, {10, 0}, service,
                 {{{"dropped", [](double r) { return closed_form::erlang_b(10, 10 * r); }},
                   [](double, double, bool dropped) { return dropped ? 1.0 : 0.0; },
                   true}});
}

TEST(oracle, mmcc_erlang_b) { expect_loss(exponential_service()); }
TEST(oracle, mgcc_knows_no_more_of_the_service_than_its_mean) {
  const auto shape = DurationSampler::log_normal(milliseconds(1), milliseconds(4));
  const double scale = in_services(shape.mean());
  expect_loss(DurationSampler::log_normal(times_service(1 / scale), times_service(4 / scale)));
}

TEST(oracle, mm1k) {
  constexpr int kPlaces = 8;
  expect_station(
      0.9, {1, kPlaces - 1}, exponential_service(),
      {{{"dropped", [](double r) { return closed_form::mm1k_dropped(kPlaces, r); }},
        [](double, double, bool dropped) { return dropped ? 1.0 : 0.0; },
        true},
       {{"mean sojourn", [](double r) { return closed_form::mm1k_sojourn_mean(kPlaces, r); }}, sojourn_itself()},
       {{"sojourn beyond 8", [](double r) { return closed_form::mm1k_sojourn_beyond(kPlaces, r, 8); }},
        sojourn_beyond(8)}});
}

TEST(oracle, md1) {
  expect_station(
      0.8, {}, DurationSampler::constant(kService),
      {{{"mean wait", [](double r) { return closed_form::mg1_wait_mean(r, 0); }}, wait_itself()},
       {{"wait beyond 1.5", [](double r) { return closed_form::md1_wait_beyond(r, 1.5); }}, wait_beyond(1.5)},
       {{"wait beyond 7", [](double r) { return closed_form::md1_wait_beyond(r, 7); }}, wait_beyond(7)}},
      15'000);
}

void expect_mg1(double rho, const DurationSampler& service, std::size_t batch) {
  ASSERT_NEAR(in_services(service.mean()), 1, 1e-5);
  const double variation = service.squared_variation();
  expect_station(
      rho, {}, service,
      {{{"mean wait", [=](double r) { return closed_form::mg1_wait_mean(r, variation); }}, wait_itself()},
       {{"mean sojourn", [=](double r) { return 1 + closed_form::mg1_wait_mean(r, variation); }}, sojourn_itself()}},
      batch);
}

TEST(oracle, mg1_erlang_service) { expect_mg1(0.9, DurationSampler::erlang(4, kService), 12'000); }
TEST(oracle, mg1_uniform_service) { expect_mg1(0.7, DurationSampler::uniform(Duration{0}, 2 * kService), 10'000); }
TEST(oracle, mg1_log_normal_service) {
  // Median and p95 as 1 to 2.2: mean exp(sigma^2 / 2).
  const double mean = in_services(DurationSampler::log_normal(milliseconds(1), times_service(2.2)).mean());
  expect_mg1(0.8, DurationSampler::log_normal(times_service(1 / mean), times_service(2.2 / mean)), 12'000);
}

TEST(oracle, mg1_hyperexponential_service) {
  constexpr closed_form::Hyperexponential kShape{0.8, 0.5, 3.0};
  const auto service = DurationSampler::hyperexponential(kShape.p, times_service(0.5), times_service(3));
  const double variation = service.squared_variation();
  expect_station(
      0.7, {}, service,
      {{{"mean wait", [=](double r) { return closed_form::mg1_wait_mean(r, variation); }}, wait_itself()},
       {{"wait beyond 2", [=](double r) { return closed_form::mh1_wait_beyond(r, kShape, 2); }}, wait_beyond(2)},
       {{"wait beyond 15", [=](double r) { return closed_form::mh1_wait_beyond(r, kShape, 15); }}, wait_beyond(15)}},
      12'000);
}

/// Up for exponential times, then under repair, for `length`.
std::vector<Standstill> some_breakdowns(std::uint64_t seed, double rate, const DurationSampler& repair,
                                        Duration length) {
  RandomStream stream{seed, "breakdowns"};
  const auto up = DurationSampler::exponential(times_service(1 / rate));
  std::vector<Standstill> standstills;
  Instant now = kDrillStart;
  while (now < kDrillStart + length) {
    const Instant from = now + up.draw(stream);
    now = from + repair.draw(stream);
    standstills.push_back({from, now});
  }
  return standstills;
}

TEST(oracle, mg1_with_breakdowns) {
  constexpr double kRho = 0.6;
  constexpr std::size_t kBatch = 12'000;
  const auto repair = DurationSampler::erlang(2, times_service(5));
  const closed_form::Breakdowns breakdowns{0.05, 5, repair.squared_variation()};
  const auto service = DurationSampler::hyperexponential(0.8, times_service(0.5), times_service(3));
  const double variation = service.squared_variation();
  Oracle oracle;
  oracle.rho = kRho;
  oracle.batch = kBatch;
  oracle.figures = {
      {"mean wait", [=](double r) { return closed_form::mg1_breakdowns_wait_mean(r, variation, breakdowns); }},
      {"mean sojourn", [=](double r) { return closed_form::mg1_breakdowns_sojourn_mean(r, variation, breakdowns); }}};
  oracle.run = [&](std::uint64_t seed, std::vector<BatchMeans>& seen) {
    Source source{seed, kRho, service};
    StationRecursion station{{}, some_breakdowns(seed, breakdowns.rate, repair, times_service(24 * kBatch / kRho))};
    while (!seen[0].full()) {
      const Bid bid = source.next();
      const auto served = station.serve(bid.arrival, bid.service);
      seen[0].add(in_services(served.start - bid.arrival));
      seen[1].add(in_services(served.end - bid.arrival));
    }
  };
  expect_covered(oracle);
}

struct Happening {
  bool arrival = false;
  std::uint32_t server = 0;
  std::uint32_t generation = 0;
};

/// By events. What an arrival finds is what there is at any time (Poisson arrivals see time averages).
TEST(oracle, mginf_number_in_service) {
  constexpr double kOffered = 20;
  const auto service = DurationSampler::hyperexponential(0.8, times_service(0.5), times_service(3));
  Oracle oracle;
  oracle.rho = kOffered;
  oracle.batch = 5'000;
  oracle.figures = {{"mean number", [](double offered) { return offered; }},
                    {"more than 25", [](double offered) { return closed_form::mginf_more_than(offered, 25); }}};
  oracle.run = [&](std::uint64_t seed, std::vector<BatchMeans>& seen) {
    Source source{seed, kOffered, service};
    Station station{{kUnlimitedServers, std::nullopt}};
    Agenda<Happening> agenda;
    Bid bid = source.next();
    agenda.push(bid.arrival, {true, 0, 0});
    while (!seen[0].full()) {
      const TimedEvent<Happening> event = agenda.pop();
      if (!event.payload.arrival) {
        (void)station.finish(event.time, event.payload.server, event.payload.generation);
        continue;
      }
      seen[0].add(static_cast<double>(station.in_flight()));
      seen[1].add(station.in_flight() > 25 ? 1 : 0);
      const auto offered = station.offer(event.time, 0, bid.service);
      agenda.push(offered.start.end, {false, offered.start.server, offered.start.generation});
      bid = source.next();
      agenda.push(bid.arrival, {true, 0, 0});
    }
  };
  expect_covered(oracle);
}

TEST(oracle, tandem_of_two_stations) {
  constexpr double kRho = 0.8;
  constexpr double kFaster = 1.25;
  const double t = 12;
  const auto second_service = DurationSampler::exponential(times_service(1 / kFaster));
  Oracle oracle;
  oracle.rho = kRho;
  oracle.batch = 12'000;
  oracle.figures = {{"mean sojourn", [](double r) { return 1 / (1 - r) + 1 / (kFaster - r); }},
                    {"sojourn beyond 12", [=](double r) { return closed_form::tandem_sojourn_beyond(r, kFaster, t); }},
                    {"second sojourn beyond 5", [](double r) { return std::exp(-(kFaster - r) * 5); }}};
  oracle.run = [&](std::uint64_t seed, std::vector<BatchMeans>& seen) {
    Source source{seed, kRho, exponential_service()};
    RandomStream second_stream{seed, "second services"};
    StationRecursion first{{}};
    StationRecursion second{{}};
    while (!seen[0].full()) {
      const Bid bid = source.next();
      const Instant between = first.serve(bid.arrival, bid.service).end;
      const Instant end = second.serve(between, second_service.draw(second_stream)).end;
      const double sojourn = in_services(end - bid.arrival);
      seen[0].add(sojourn);
      seen[1].add(sojourn > t ? 1 : 0);
      seen[2].add(in_services(end - between) > 5 ? 1 : 0);
    }
  };
  expect_covered(oracle);
}

/// Departures of several servers overtake each other: they go through an event queue. None that is still to come ends
/// before the last begin.
TEST(oracle, tandem_behind_several_servers) {
  constexpr double kRho = 0.8;
  constexpr std::uint32_t kServers = 4;
  const auto second_service = DurationSampler::exponential(times_service(1.0 / kServers));
  Oracle oracle;
  oracle.rho = kRho;
  oracle.batch = 8'000;
  oracle.figures = {{"second mean sojourn", [](double r) { return 1 / (kServers * (1 - r)); }},
                    {"second sojourn beyond 2", [](double r) { return std::exp(-(kServers * (1 - r)) * 2); }}};
  oracle.run = [&](std::uint64_t seed, std::vector<BatchMeans>& seen) {
    Source source{seed, kRho * kServers, exponential_service()};
    RandomStream second_stream{seed, "second services"};
    StationRecursion first{{kServers, std::nullopt}};
    StationRecursion second{{}};
    EventQueue<std::uint32_t> departures;
    while (!seen[0].full()) {
      const Bid bid = source.next();
      const auto served = first.serve(bid.arrival, bid.service);
      departures.push(served.end, 0U);
      while (departures.next_time() <= served.start) {
        const Instant arrival = departures.pop().time;
        const double sojourn = in_services(second.serve(arrival, second_service.draw(second_stream)).end - arrival);
        seen[0].add(sojourn);
        seen[1].add(sojourn > 2 ? 1 : 0);
      }
    }
  };
  expect_covered(oracle);
}

}  // namespace
}  // namespace blackstart
