#pragma once
// Where a stream keeps its partitions: each on `replication_factor` of its members, any so many as likely as any other.
// Pure.

#include "simulator/model.h"

namespace blackstart {

/// The share of the stream's partitions that take nothing while its members are as they are: fewer of their copies are
/// up than its acks ask for, of which one has to lead. REQUIRES: service.stream().
double share_without_copies(const Model& model, const Service& service);
/// The share of its members that are not up: so many partitions have lost their leader.
double share_lost(const Model& model, const Service& service);

}  // namespace blackstart
