#pragma once
// The http probe: one request, and what is asked of its answer.

#include "targets/probes.h"

namespace blackstart {

/// {url, method?, headers?, body?, status?, json?, within?}. Without `status` any of 200 to 299 is right.
Result<Observation> probe_http(const ProbeContext& context, const Call& probe, const BlockingLimit& limit);

}  // namespace blackstart
