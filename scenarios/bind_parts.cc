// Calls, steps and thresholds: what several parts of a scenario share.

#include "base/check.h"
#include "scenarios/bind.h"
#include "scenarios/threshold.h"
#include "scenarios/words.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

Node scalar_node(const Node& like) {
  Node node = like;
  node.entries.clear();
  node.items.clear();
  return node;
}

/// Arguments are always a map: a bare scalar goes under "", and a word without arguments has an empty map.
Node as_arguments(const Node& node) {
  if (node.is_map()) return node;
  Node map;
  map.kind = Node::Kind::kMap;
  map.where = node.where;
  if (node.is_scalar()) map.entries.push_back(Node::Entry{"", node.where, scalar_node(node)});
  return map;
}

bool has_all_required(const Node& map, const Shape& shape) {
  return std::all_of(shape.fields.begin(), shape.fields.end(),
                     [&](const Field& field) { return !field.required || map.find(field.name) != nullptr; });
}

Step read_step(const Node& node, const std::string& id, const std::string& folder) {
  Step step;
  step.title = node.text("title");
  step.id = id;
  step.where = node.where;
  if (const Node* action = node.find("action")) step.action = read_action(*action);
  if (const Node* check = node.find("check")) step.check = read_check(*check);
  const auto nested = [&](const char* key) {
    const Node* list = node.find(key);
    return list == nullptr ? std::vector<Step>{} : read_steps(*list, fmt::format("{}.{}.", id, key), folder);
  };
  step.together = nested("together");
  step.options = nested("options");
  step.otherwise = nested("otherwise");
  if (const Node* weight = node.find("weight")) step.weight = read_number(*weight);
  step.manual = node.text("manual") == "true";
  if (const Node* budget = node.find("budget")) step.budget = read_duration(*budget);
  step.contains_outage = node.text("contains") == "true";
  step.after_end = node.text("after") == "end";
  step.hold = read_duration(node, "hold", Duration{});
  step.output = node.text("output");
  step.phase = node.text("phase");
  if (const Node* success = node.find("on_success")) step.skip_to = success->text("skip_to");
  if (const Node* decision = node.find("decision")) {
    step.decision = Decision{decision->text("by"), {}};
    if (const Node* takes = decision->find("takes")) step.decision->takes = read_distribution(*takes, folder);
  }
  return step;
}

}  // namespace

Call read_call(const Node& map, const std::vector<std::string>& names) {
  for (const Node::Entry& entry : map.entries) {
    if (std::find(names.begin(), names.end(), entry.key) == names.end()) continue;
    return Call{entry.key, as_arguments(entry.value), entry.where};
  }
  BS_CHECK_MESSAGE(false, "the checker has let through a map without its word");
}

Call read_action(const Node& map) {
  Call call = read_call(map, names_of(action_words()));
  for (const char* key : {"takes", "like"}) {
    if (const Node* value = map.find(key)) call.arguments.entries.push_back(Node::Entry{key, value->where, *value});
  }
  return call;
}

Call read_check(const Node& map) {
  for (const Word& word : check_words()) {
    if (has_all_required(map, word.arguments)) return Call{word.name, map, map.where};
  }
  return read_call(map, names_of(probe_words()));
}

std::vector<Threshold> read_thresholds(const Node& map) {
  std::vector<Threshold> thresholds;
  for (const Node::Entry& entry : map.entries) {
    std::vector<const Node*> conditions;
    if (entry.value.is_scalar()) conditions.push_back(&entry.value);
    for (const Node& item : entry.value.items) conditions.push_back(&item);
    for (const Node* condition : conditions) {
      auto threshold = parse_threshold(entry.key, condition->scalar);
      BS_CHECK_MESSAGE(threshold.has_value(), "the checker has let through what is no threshold");
      threshold->where = condition->where;
      thresholds.push_back(std::move(*threshold));
    }
  }
  return thresholds;
}

std::vector<Step> read_steps(const Node& list, const std::string& id_prefix, const std::string& folder) {
  std::vector<Step> steps;
  for (std::size_t index = 0; index < list.items.size(); ++index) {
    steps.push_back(read_step(list.items[index], fmt::format("{}{}", id_prefix, index + 1), folder));
  }
  return steps;
}

std::vector<std::string> read_texts(const Node* list) {
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const Node& item : list->items) texts.push_back(item.scalar);
  return texts;
}

}  // namespace blackstart
