#pragma once
// From a checked tree to the Spec's types. REQUIRES everywhere: the loader has found nothing wrong with the tree.

#include "scenarios/spec.h"

#include <string>
#include <vector>

namespace blackstart {

void bind_scenario(const Node& root, Scenario& scenario);
void bind_organisation(const Node& root, Organisation& organisation);
void bind_target(const Node& root, Target& target);
/// `sim:` and `network:`; the target's services are bound already.
SimSpec bind_sim(const Node& root, const Target& target);

// Parts, for bind_scenario.
Duration read_duration(const Node& node);
Duration read_duration(const Node& map, const char* key, Duration fallback);
std::optional<Duration> read_optional_duration(const Node& map, const char* key);
/// "02:00 UTC" as the time since midnight.
Duration read_time_of_day(const std::string& text);
Share read_share(const Node& map, const char* key, Share fallback);
double read_number(const Node& node);
/// "80MB/s" in bytes a second.
double read_size_rate(const std::string& text);
/// `folder`: where a file of samples is looked for; "": it is not read.
Distribution read_distribution(const Node& node, const std::string& folder);
Communication read_communication(const Node& node);
Retry read_retry(const Node& node);
int read_integer(const Node& map, const char* key, int fallback);
/// The one word of `map` that is in `names`, with its arguments as Call describes them.
Call read_call(const Node& map, const std::vector<std::string>& names);
Call read_action(const Node& map);
Call read_check(const Node& map);
std::vector<Threshold> read_thresholds(const Node& map);
/// `folder` as of read_distribution.
std::vector<Step> read_steps(const Node& list, const std::string& id_prefix, const std::string& folder);
RtoObjective read_rto(const Node& node);
/// Canaries, components, expectations, deadlines, phases.
void bind_runbook(const Node& root, Scenario& scenario);
std::vector<std::string> read_texts(const Node* list);

}  // namespace blackstart
