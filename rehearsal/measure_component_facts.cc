// What the journal says of canaries, of probe rules as evidence, and of redundancy.

#include "rehearsal/measure_body.h"
#include "rehearsal/measure_facts.h"

#include <algorithm>
#include <string_view>

namespace blackstart {
namespace {

/// [number, written_ns, confirmed, readable_ns]; the last line of a number counts.
bool read_record(const Json& record, CanaryFacts& canary) {
  const bool shaped = record.is_array() && record.size() == 4 && record[0].is_number_integer() &&
                      record[1].is_number_integer() && record[2].is_boolean() &&
                      (record[3].is_null() || record[3].is_number_integer());
  if (!shaped) return false;
  CanaryFact& fact = canary.records[record[0].get<std::uint64_t>()];
  fact.written = instant_from_ns(record[1].get<std::int64_t>());
  fact.confirmed = record[2].get<bool>();
  fact.readable = record[3].is_null() ? kNever : instant_from_ns(record[3].get<std::int64_t>());
  return true;
}

Status read_interval(const Event& event, Facts& facts) {
  Body body(event);
  CanaryFacts& canary = facts.canaries[body.text("name")];
  const Json* records = body.find("records");
  const bool shaped = records != nullptr && records->is_array() &&
                      std::ranges::all_of(*records, [&](const Json& record) { return read_record(record, canary); });
  if (!shaped) body.reject("'records' is no list of [number, written_ns, confirmed, readable_ns]");
  canary.evidence = {event.seq};
  return body.status();
}

Status read_end(const Event& event, Facts& facts) {
  Body body(event);
  CanaryFacts& canary = facts.canaries[body.text("name")];
  canary.written = body.count("written");
  canary.read_complete = body.flag("complete", false);
  canary.why_incomplete = body.text_or("why", "");
  canary.missing.clear();
  const Json* missing = body.find("missing");
  if (missing == nullptr || !missing->is_array()) {
    body.reject("'missing' is no list");
    return body.status();
  }
  for (const Json& row : *missing) {
    const bool shaped = row.is_array() && row.size() == 2 && row[0].is_number_integer() && row[1].is_number_integer();
    if (shaped)
      canary.missing.emplace_back(row[0].get<std::uint64_t>(), row[1].get<std::uint64_t>());
    else
      body.reject("'missing' is no list of [first, last]");
  }
  canary.evidence.push_back(event.seq);
  return body.status();
}

/// Of a name that stands in both lists, the steady state's rule is the evidence.
Status read_change(const Event& event, Facts& facts) {
  Body body(event);
  ProbeFacts& probe = facts.probes[body.text("name") + "\n" + body.text_or("of", "")];
  probe.changes.emplace_back(event.at, event.type == "probe.recovered");
  probe.evidence.push_back(event.seq);
  return body.status();
}

Status read_watch(const Event& event, Facts& facts) {
  Body body(event);
  ProbeFacts& probe = facts.probes[body.text("name") + "\n" + body.text_or("of", "")];
  probe.from = instant_from_ns(body.integer("from_ns"));
  probe.until = instant_from_ns(body.integer("until_ns"));
  if (body.count("looks") == 0) probe.from.reset();
  probe.evidence.push_back(event.seq);
  return body.status();
}

Status read_protection(const Event& event, Facts& facts) {
  Body body(event);
  facts.protections.emplace_back(event.at, body.flag("held", false));
  return body.status();
}

using ComponentHandler = Status (*)(const Event&, Facts&);
ComponentHandler handler_of(std::string_view type) {
  if (type == "canary.interval") return read_interval;
  if (type == "canary.finished") return read_end;
  if (type == "probe.failed" || type == "probe.recovered") return read_change;
  if (type == "probe.watched") return read_watch;
  if (type == "protection.observed") return read_protection;
  return nullptr;
}

}  // namespace

Status read_component_facts(const std::vector<Event>& events, Facts& facts) {
  for (const Event& event : events) {
    const ComponentHandler handler = handler_of(event.type);
    if (handler == nullptr) continue;
    if (auto status = handler(event, facts); !status) return unreadable_line(event, status.error());
  }
  return ok();
}

}  // namespace blackstart
