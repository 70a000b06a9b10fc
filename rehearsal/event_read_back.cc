// read_back.finished between value and JSON.

#include "rehearsal/event_reader.h"
#include "rehearsal/events.h"

#include <array>

namespace blackstart {
namespace {

struct OutcomeCount {
  const char* name;
  std::uint64_t ReadBackResult::*member;
};
constexpr std::array kCounts{OutcomeCount{"read", &ReadBackResult::read},
                             OutcomeCount{"kept", &ReadBackResult::kept},
                             OutcomeCount{"lost", &ReadBackResult::lost},
                             OutcomeCount{"lost_after_fault", &ReadBackResult::lost_after_fault},
                             OutcomeCount{"rolled_back", &ReadBackResult::rolled_back},
                             OutcomeCount{"corrupted", &ReadBackResult::corrupted},
                             OutcomeCount{"recovered", &ReadBackResult::recovered},
                             OutcomeCount{"not_lost", &ReadBackResult::not_lost},
                             OutcomeCount{"resurrected", &ReadBackResult::resurrected},
                             OutcomeCount{"phantom", &ReadBackResult::phantom},
                             OutcomeCount{"duplicated", &ReadBackResult::duplicated},
                             OutcomeCount{"first_lost_id", &ReadBackResult::first_lost_id},
                             OutcomeCount{"last_lost_id", &ReadBackResult::last_lost_id}};

Json stretch_json(const LossStretch& stretch) {
  return {{"begin_ns", instant_json(stretch.begin)},
          {"end_ns", instant_json(stretch.end)},
          {"acknowledged", stretch.acknowledged},
          {"lost", stretch.lost},
          {"rolled_back", stretch.rolled_back},
          {"first_lost_ack_ns", instant_json(stretch.first_lost_ack)},
          {"last_lost_ack_ns", instant_json(stretch.last_lost_ack)},
          {"last_rolled_back_ack_ns", instant_json(stretch.last_rolled_back_ack)}};
}

LossStretch read_stretch(const Json& body, EventReader& whole) {
  EventReader reader(body, "read_back.finished, stretches");
  LossStretch stretch;
  stretch.begin = reader.instant("begin_ns");
  stretch.end = reader.instant("end_ns");
  stretch.acknowledged = reader.count("acknowledged");
  stretch.lost = reader.count("lost");
  stretch.rolled_back = reader.count("rolled_back");
  stretch.first_lost_ack = reader.instant("first_lost_ack_ns");
  stretch.last_lost_ack = reader.instant("last_lost_ack_ns");
  stretch.last_rolled_back_ack = reader.instant("last_rolled_back_ack_ns");
  whole.adopt(reader.status());
  return stretch;
}

Json example_json(const BidExample& example) {
  return {{"id", example.id},
          {"kind", example.kind},
          {"intended_ns", instant_json(example.intended)},
          {"acknowledged_ns", instant_json(example.acknowledged)}};
}

BidExample read_example(const Json& body, EventReader& whole) {
  EventReader reader(body, "read_back.finished, examples");
  BidExample example;
  example.id = reader.count("id");
  example.kind = reader.text("kind");
  example.intended = reader.instant("intended_ns");
  example.acknowledged = reader.instant("acknowledged_ns");
  whole.adopt(reader.status());
  return example;
}

}  // namespace

Json to_json(const ReadBackResult& read_back) {
  Json body = {
      {"complete", read_back.complete}, {"why_incomplete", read_back.why_incomplete}, {"passes", read_back.passes}};
  for (const auto& [name, member] : kCounts) body[name] = read_back.*member;
  body["first_lost_ack_ns"] = instant_json(read_back.first_lost_ack);
  body["first_bin_lost"] = read_back.first_bin_lost;
  body["rolled_back_span_ns"] = to_ns(read_back.rolled_back_span);
  body["stretches"] = Json::array();
  for (const auto& stretch : read_back.stretches) body["stretches"].push_back(stretch_json(stretch));
  body["examples"] = Json::array();
  for (const auto& example : read_back.examples) body["examples"].push_back(example_json(example));
  return body;
}

Result<ReadBackResult> read_back_from_json(const Json& body) {
  EventReader reader(body, "read_back.finished");
  ReadBackResult result;
  result.complete = reader.flag("complete");
  result.why_incomplete = reader.text("why_incomplete");
  result.passes = reader.integer("passes");
  for (const auto& [name, member] : kCounts) result.*member = reader.count(name);
  result.first_lost_ack = reader.instant("first_lost_ack_ns");
  result.first_bin_lost = reader.flag("first_bin_lost");
  result.rolled_back_span = reader.length("rolled_back_span_ns");
  for (const Json& body_part : reader.list("stretches")) result.stretches.push_back(read_stretch(body_part, reader));
  for (const Json& body_part : reader.list("examples")) result.examples.push_back(read_example(body_part, reader));
  BS_TRY(reader.status());
  return result;
}

}  // namespace blackstart
