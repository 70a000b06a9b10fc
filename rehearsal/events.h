#pragma once
// Between the values of rehearsal/ and the bodies of journal events: one pair of functions a type that measurement
// reads. Pure. Writers never fail; readers return kInvalid for bodies that are not what docs/journal.md says.

#include "rehearsal/journal.h"
#include "rehearsal/traffic.h"
#include "rehearsal/world.h"

namespace blackstart {

Json to_json(const TrafficInterval& interval);
Result<TrafficInterval> traffic_interval_from_json(const Json& body);
/// What reading back its own JSON gives: nothing is lost but what histograms lose (base/histogram.h).
TrafficInterval as_journalled(TrafficInterval interval);
NotificationInterval as_journalled(NotificationInterval interval);
Json to_json(const NotificationInterval& interval);
Result<NotificationInterval> notification_interval_from_json(const Json& body);
Json to_json(const GeneratorFigures& figures);
Result<GeneratorFigures> generator_from_json(const Json& body);
/// generator.measured: the figures and the traffic's extent.
Json to_json(const TrafficEnd& end);
Result<TrafficEnd> traffic_end_from_json(const Json& body);
Json to_json(const ReadBackResult& read_back);
Result<ReadBackResult> read_back_from_json(const Json& body);

/// An instant as JSON: integer ns, or null for kNever.
Json instant_json(Instant at);
/// kNever for null and for anything that is no integer.
Instant instant_from_json(const Json& value);

}  // namespace blackstart
