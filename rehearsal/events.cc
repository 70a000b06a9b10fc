#include "rehearsal/events.h"

#include "rehearsal/event_reader.h"

#include <algorithm>
#include <array>

namespace blackstart {
namespace {

Json bin_json(const Bin& bin) {
  return Json::array({to_ns(bin.start), to_ns(bin.length), bin.offered, bin.good, to_ns(bin.percentile), bin.ok});
}

bool is_bin(const Json& row) {
  return row.is_array() && row.size() == 6 && row[5].is_boolean() &&
         std::all_of(row.begin(), row.begin() + 5, [](const Json& cell) { return cell.is_number_integer(); }) &&
         row[2] >= 0 && row[3] >= 0;
}

Bin bin_of(const Json& row) {
  return {.start = instant_from_ns(row[0].get<std::int64_t>()),
          .length = Duration{row[1].get<std::int64_t>()},
          .offered = row[2].get<std::uint64_t>(),
          .good = row[3].get<std::uint64_t>(),
          .percentile = Duration{row[4].get<std::int64_t>()},
          .ok = row[5].get<bool>()};
}

/// Beside the bins' rows, whose form other programs know.
Json first_acknowledged_json(const std::vector<Bin>& bins) {
  Json firsts = Json::array();
  for (const Bin& bin : bins)
    firsts.push_back(bin.first_acknowledged == kNever ? Json(nullptr) : Json(to_ns(bin.first_acknowledged)));
  return firsts;
}

/// Journals of earlier versions lack it: there a bin with good answers had its first at its start, as near as they
/// tell.
void read_first_acknowledged(const Json& body, EventReader& reader, std::vector<Bin>& bins) {
  constexpr const char* kField = "first_acknowledged_ns";
  if (!body.contains(kField)) {
    for (Bin& bin : bins) bin.first_acknowledged = bin.good > 0 ? bin.start : kNever;
    return;
  }
  const Json& firsts = reader.list(kField);
  const bool fits = firsts.size() == bins.size() && std::ranges::all_of(firsts, [](const Json& first) {
                      return first.is_null() || first.is_number_integer();
                    });
  if (!fits) return reader.mistake(kField, "an instant or null for each bin");
  for (std::size_t index = 0; index < bins.size(); ++index)
    bins[index].first_acknowledged =
        firsts[index].is_null() ? kNever : instant_from_ns(firsts[index].get<std::int64_t>());
}

std::vector<Bin> read_bins(const Json& body, EventReader& reader) {
  std::vector<Bin> bins;
  for (const Json& row : reader.list("bins")) {
    if (!is_bin(row)) {
      reader.mistake("bins", "rows of [start, length, offered, good, percentile, ok]");
      return {};
    }
    bins.push_back(bin_of(row));
  }
  read_first_acknowledged(body, reader, bins);
  return bins;
}

/// Counts of an interval with their names in the journal.
struct IntervalCount {
  const char* name;
  std::uint64_t TrafficInterval::*member;
};
constexpr std::array kIntervalCounts{IntervalCount{"offered", &TrafficInterval::offered},
                                     IntervalCount{"sent", &TrafficInterval::sent},
                                     IntervalCount{"acknowledged", &TrafficInterval::acknowledged},
                                     IntervalCount{"degraded", &TrafficInterval::degraded},
                                     IntervalCount{"refused", &TrafficInterval::refused},
                                     IntervalCount{"indeterminate", &TrafficInterval::indeterminate},
                                     IntervalCount{"timed_out", &TrafficInterval::timed_out},
                                     IntervalCount{"unsent_no_connection", &TrafficInterval::unsent_no_connection},
                                     IntervalCount{"unsent_generator", &TrafficInterval::unsent_generator},
                                     IntervalCount{"attempts", &TrafficInterval::attempts}};

GeneratorFigures read_generator(EventReader& reader) {
  GeneratorFigures figures;
  figures.lateness = reader.histogram("lateness");
  figures.cpu_s = reader.number("cpu_s");
  figures.offered_rate = reader.number("offered_rate");
  figures.memory_peak_bytes = reader.count("memory_peak_bytes");
  figures.connections_max = reader.integer("connections_max");
  figures.connections_peak = reader.integer("connections_peak");
  return figures;
}

}  // namespace

Json instant_json(Instant at) { return at == kNever ? Json(nullptr) : Json(to_ns(at)); }

Instant instant_from_json(const Json& value) {
  return value.is_number_integer() ? instant_from_ns(value.get<std::int64_t>()) : kNever;
}

Json to_json(const TrafficInterval& interval) {
  Json body = {{"start_ns", to_ns(interval.start)}, {"length_ns", to_ns(interval.length)}};
  for (const auto& [name, member] : kIntervalCounts) body[name] = interval.*member;
  body["bins"] = Json::array();
  for (const Bin& bin : interval.bins) body["bins"].push_back(bin_json(bin));
  body["first_acknowledged_ns"] = first_acknowledged_json(interval.bins);
  body["latency"] = interval.latency.encode();
  body["service_time"] =
      interval.service_time == interval.latency ? body["latency"] : Json(interval.service_time.encode());
  body["lateness"] = interval.lateness.encode();
  return body;
}

Result<TrafficInterval> traffic_interval_from_json(const Json& body) {
  EventReader reader(body, "traffic.interval");
  TrafficInterval interval;
  interval.start = reader.instant("start_ns");
  interval.length = reader.length("length_ns");
  for (const auto& [name, member] : kIntervalCounts) interval.*member = reader.count(name);
  interval.bins = read_bins(body, reader);
  interval.latency = reader.histogram("latency");
  const auto latency = body.find("latency"), service_time = body.find("service_time");
  const bool same = latency != body.end() && service_time != body.end() && *latency == *service_time;  // nobody waited
  interval.service_time = same ? interval.latency : reader.histogram("service_time");
  interval.lateness = reader.histogram("lateness");
  BS_TRY(reader.status());
  return interval;
}

TrafficInterval as_journalled(TrafficInterval interval) {
  const bool same = interval.service_time == interval.latency;
  interval.latency = std::move(interval.latency).as_decoded();
  interval.service_time = same ? interval.latency : std::move(interval.service_time).as_decoded();
  interval.lateness = std::move(interval.lateness).as_decoded();
  return interval;
}

NotificationInterval as_journalled(NotificationInterval interval) {
  interval.delay = std::move(interval.delay).as_decoded();
  return interval;
}

Json to_json(const NotificationInterval& interval) {
  return {{"start_ns", to_ns(interval.start)},
          {"length_ns", to_ns(interval.length)},
          {"events", interval.events},
          {"delay", interval.delay.encode()}};
}

Result<NotificationInterval> notification_interval_from_json(const Json& body) {
  EventReader reader(body, "notification.interval");
  NotificationInterval interval;
  interval.start = reader.instant("start_ns");
  interval.length = reader.length("length_ns");
  interval.events = reader.count("events");
  interval.delay = reader.histogram("delay");
  BS_TRY(reader.status());
  return interval;
}

Json to_json(const GeneratorFigures& figures) {
  return {{"lateness", figures.lateness.encode()},      {"cpu_s", figures.cpu_s},
          {"offered_rate", figures.offered_rate},       {"memory_peak_bytes", figures.memory_peak_bytes},
          {"connections_max", figures.connections_max}, {"connections_peak", figures.connections_peak}};
}

Result<GeneratorFigures> generator_from_json(const Json& body) {
  EventReader reader(body, "generator.measured");
  GeneratorFigures figures = read_generator(reader);
  BS_TRY(reader.status());
  return figures;
}

Json to_json(const TrafficEnd& end) {
  Json body = to_json(end.generator);
  body["first_intended_ns"] = to_ns(end.first_intended);
  body["last_intended_ns"] = to_ns(end.last_intended);
  body["bids"] = end.bids;
  body["attempts"] = end.attempts;
  return body;
}

Result<TrafficEnd> traffic_end_from_json(const Json& body) {
  EventReader reader(body, "generator.measured");
  TrafficEnd end;
  end.generator = read_generator(reader);
  end.first_intended = reader.instant("first_intended_ns");
  end.last_intended = reader.instant("last_intended_ns");
  end.bids = reader.count("bids");
  end.attempts = reader.count("attempts");
  BS_TRY(reader.status());
  return end;
}

}  // namespace blackstart
