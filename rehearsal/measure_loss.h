#pragma once
// RPO of every incident, from the final read-back and the recovery points of executed restores. Pure.

#include "rehearsal/measure_incident.h"

namespace blackstart {

/// The RPO of the incident `window`. REQUIRES: measurement.read_back and recovery_points are final.
RpoFigure measure_rpo(const Facts& facts, const Measurement& measurement, const IncidentWindow& window,
                      const Incident& incident);

}  // namespace blackstart
