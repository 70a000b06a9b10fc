#include "scenarios/checker.h"

#include "base/text.h"
#include "scenarios/template.h"
#include "scenarios/threshold.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

using Kind = Shape::Kind;

bool takes_map(const Shape& shape) {
  return shape.kind == Kind::kMap || shape.kind == Kind::kDictionary || shape.kind == Kind::kThresholds;
}
bool takes_list(const Shape& shape) { return shape.kind == Kind::kList; }

/// Kinds whose value may hold {{...}} until the drill runs.
bool may_be_late(Kind kind) { return kind == Kind::kText || kind == Kind::kUrl || kind == Kind::kAny; }

/// {{services.NAME.port}} or, in a driver's part, {{port}}: nothing else can be counted on to be a port.
bool is_late_port(const std::vector<Placeholder>& placeholders, std::string_view text) {
  if (placeholders.size() != 1 || placeholders[0].begin != 0 || placeholders[0].end != text.size()) return false;
  const std::string& name = placeholders[0].name;
  return name == "port" || (name.starts_with("services.") && name.ends_with(".port"));
}

/// Kinds that name something of the target.
struct Reference {
  Kind kind;
  std::vector<std::string> TargetNames::*names;
  const char* what;
};
constexpr Reference kReferences[] = {{Kind::kService, &TargetNames::services, "services"},
                                     {Kind::kRegion, &TargetNames::regions, "regions"},
                                     {Kind::kZone, &TargetNames::zones, "zones"},
                                     {Kind::kTier, &TargetNames::tiers, "tiers"},
                                     {Kind::kCredential, &TargetNames::credentials, "credentials"}};

const Reference* reference_of(Kind kind) {
  const auto* const found = std::find_if(std::begin(kReferences), std::end(kReferences),
                                         [&](const Reference& reference) { return reference.kind == kind; });
  return found == std::end(kReferences) ? nullptr : found;
}

std::size_t keys_known(const Node& map, const Shape& shape) {
  return static_cast<std::size_t>(std::count_if(map.entries.begin(), map.entries.end(), [&](const Node::Entry& entry) {
    return shape.find(entry.key) != nullptr;
  }));
}

std::vector<std::string> field_names(const Shape& shape) {
  std::vector<std::string> names;
  for (const Field& field : shape.fields) names.push_back(field.name);
  return names;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void Checker::check(const Node& node, const Shape& named_shape, const Spot& spot) {
  const Shape& shape = language_.resolve(named_shape);
  if (diagnostics_.is_broken(node.where)) return;
  if (shape.kind == Kind::kAny) return;
  if (shape.kind == Kind::kOneOf) return check_one_of(node, shape, spot);
  if (takes_map(shape)) {
    if (node.is_null() && shape.kind == Kind::kMap && shape.fields.empty()) return;
    if (!node.is_map()) return refuse(node, shape, spot);
    if (shape.kind == Kind::kMap) return check_map(node, shape, spot.named_after(node));
    if (shape.kind == Kind::kDictionary) return check_dictionary(node, shape, spot);
    return check_thresholds(node, spot);
  }
  if (takes_list(shape)) {
    if (!node.is_list()) return refuse(node, shape, spot);
    return check_list(node, shape, spot);
  }
  if (!node.is_scalar()) return refuse(node, shape, spot);
  check_scalar(node, shape, spot);
}

void Checker::refuse(const Node& node, const Shape& shape, const Spot& spot) {
  diagnostics_.add(spot, describe_found(node), describe(language_, shape));
}

void Checker::check_scalar(const Node& node, const Shape& shape, const Spot& spot) {
  const auto placeholders = find_placeholders(node.scalar);
  if (!placeholders.empty()) {
    if (may_be_late(shape.kind) || (shape.kind == Kind::kPort && is_late_port(placeholders, node.scalar))) return;
    diagnostics_.add(spot, fmt::format("{}, which is known only while the drill runs", describe_found(node)),
                     describe(language_, shape));
    return;
  }
  if (reference_of(shape.kind) != nullptr) return check_reference(node, shape, spot);
  const ScalarFit fit = fit_scalar(node, shape);
  if (fit.fits) return;
  if (shape.kind == Kind::kCondition) return diagnostics_.add_message(spot, fit.why);  // which says all itself
  const std::string found = describe_found(node) + (fit.why.empty() ? "" : ": " + fit.why);
  if (!fit.meant.empty()) return add_meant(spot, found, describe(language_, shape), fit.meant);
  diagnostics_.add(spot, found, describe(language_, shape), node.scalar, shape.words);
}

/// What was meant can be told, however far it is from what stands there.
void Checker::add_meant(const Spot& spot, const std::string& found, const std::string& allowed,
                        const std::string& meant) {
  diagnostics_.add_message(spot, fmt::format("found {}; allowed: {}; did you mean \"{}\"?", found, allowed, meant));
}

bool Checker::fits_scalar(const Node& node, const Shape& shape) const {
  Diagnostics silent;
  Checker{language_, names_, silent}.check(node, shape, Spot{});
  return silent.empty();
}

void Checker::check_reference(const Node& node, const Shape& shape, const Spot& spot) {
  if (names_ == nullptr) return;
  const Reference& reference = *reference_of(shape.kind);
  std::vector<std::string> known = names_->*reference.names;
  const bool none = known.empty();
  if (shape.kind == Kind::kCredential) known.emplace_back("all");
  if (contains(known, node.scalar)) return;
  const std::string of_target = names_->target.empty() ? "the target" : names_->target;
  const std::string allowed =
      none ? fmt::format("{}, as {} has no {}", known.empty() ? "none" : "all", of_target, reference.what)
           : fmt::format("{} (the {} of {})", join(known, ", "), reference.what, of_target);
  diagnostics_.add(spot, describe_found(node), allowed, node.scalar, known);
}

void Checker::check_list(const Node& node, const Shape& shape, const Spot& spot) {
  if (node.items.size() < shape.items_least || node.items.size() > shape.items_most) {
    const bool exact = shape.items_least == shape.items_most;
    const bool few = node.items.size() < shape.items_least;
    diagnostics_.add(spot, describe_found(node),
                     fmt::format("{} {} of them: {}",
                                 exact ? "exactly"
                                 : few ? "at least"
                                       : "at most",
                                 few ? shape.items_least : shape.items_most, describe(language_, shape)));
  }
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    const Node& item = node.items[index];
    check(item, shape.item[0], spot.child(item.where, std::to_string(index)).named_after(item));
  }
}

void Checker::check_map(const Node& node, const Shape& shape, const Spot& spot) {
  std::vector<std::string> meant;  // right words of the wrong keys
  const std::vector<std::string> names = field_names(shape);
  for (const Node::Entry& entry : node.entries) {
    if (const Field* field = shape.find(entry.key)) {
      check(entry.value, field->shape, spot.child(entry.value.where, entry.key));
      continue;
    }
    const std::string meant_key = refuse_key(entry, shape, spot, names);
    if (!meant_key.empty()) meant.push_back(meant_key);
  }
  for (const Field& field : shape.fields) {
    if (!field.required || node.find(field.name) != nullptr || contains(meant, field.name)) continue;
    diagnostics_.add(spot.child(node.where, field.name), "nothing, and it is required",
                     describe(language_, field.shape));
  }
  check_choices(node, shape, spot, meant);
  check_roles(node, shape, spot);
}

/// Returns the key that was meant, as far as can be guessed: the nearest one, or one below which the word belongs.
std::string Checker::refuse_key(const Node::Entry& entry, const Shape& shape, const Spot& spot,
                                const std::vector<std::string>& names) {
  const Spot at = spot.child(entry.where, entry.key);
  const std::string allowed = names.empty() ? "no keys at all" : join(names, ", ");
  const auto near = nearest_word(entry.key, names);
  for (const Field& field : shape.fields) {
    const Shape& below = language_.resolve(field.shape);
    if (near || below.kind != Kind::kMap || below.find(entry.key) == nullptr) continue;
    diagnostics_.add_message(at, fmt::format("found an unknown key; allowed: {}; did you mean \"{}: {{{}: …}}\"?",
                                             allowed, field.name, entry.key));
    return field.name;
  }
  diagnostics_.add(at, "an unknown key", allowed, entry.key, names);
  return near.value_or("");
}

void Checker::check_choices(const Node& node, const Shape& shape, const Spot& spot,
                            const std::vector<std::string>& meant) {
  for (const Choice& choice : shape.choices) {
    std::vector<std::string> given;
    bool meant_one = false;
    for (const std::string& name : choice.names) {
      if (node.find(name) != nullptr) given.push_back("\"" + name + "\"");
      meant_one = meant_one || contains(meant, name);
    }
    const auto count = static_cast<int>(given.size());
    if (count < choice.least && !meant_one) {
      diagnostics_.add(
          spot, choice.what,
          fmt::format("{} of {}", choice.most == 1 ? "exactly one" : "at least one", join(choice.names, ", ")));
    } else if (count > choice.most) {
      diagnostics_.add(spot, join(given, " and "), fmt::format("only one of {}", join(choice.names, ", ")));
    }
  }
}

/// A role belongs to the service that stands beside it.
void Checker::check_roles(const Node& node, const Shape& shape, const Spot& spot) {
  const Field* field = shape.find("role");
  const Node* role = node.find("role");
  if (names_ == nullptr || field == nullptr || field->shape.kind != Kind::kRole || role == nullptr) return;
  const std::string service = node.text("service");
  if (!role->is_scalar() || !contains(names_->services, service) || diagnostics_.is_broken(role->where)) return;
  const auto roles = names_->roles.find(service);
  const Spot at = spot.child(role->where, "role");
  if (roles == names_->roles.end()) {
    diagnostics_.add(at, describe_found(*role), fmt::format("no role, as {} has none", service));
  } else if (!contains(roles->second, role->scalar)) {
    diagnostics_.add(at, describe_found(*role), fmt::format("{} (the roles of {})", join(roles->second, ", "), service),
                     role->scalar, roles->second);
  }
}

void Checker::check_dictionary(const Node& node, const Shape& shape, const Spot& spot) {
  for (const Node::Entry& entry : node.entries) {
    Node key;
    key.kind = Node::Kind::kScalar;
    key.scalar = entry.key;
    key.where = entry.where;
    check(key, shape.key[0], spot.child(entry.where, entry.key));
    check(entry.value, shape.item[0], spot.child(entry.value.where, entry.key));
  }
}

void Checker::check_one_of(const Node& node, const Shape& shape, const Spot& spot) {
  const Shape* best = nullptr;
  std::size_t best_known = 0;
  for (const Shape& alternative : shape.alternatives) {
    const Shape& candidate = language_.resolve(alternative);
    if (node.is_scalar()) {
      if (!takes_map(candidate) && !takes_list(candidate) && fits_scalar(node, candidate)) return;
    } else if (node.is_list() && takes_list(candidate)) {
      best = best == nullptr ? &candidate : best;
    } else if (node.is_map() && takes_map(candidate)) {
      const std::size_t known = keys_known(node, candidate);
      if (best != nullptr && known <= best_known) continue;
      best = &candidate;
      best_known = known;
    }
  }
  if (node.is_scalar()) return refuse_scalar(node, shape, spot);
  const bool telling = best != nullptr && (best_known > 0 || node.is_list() || best->kind == Kind::kDictionary);
  if (telling) return check(node, *best, spot);
  if (best != nullptr && best->kind == Kind::kMap && !node.entries.empty()) return refuse_keys(node, shape, spot);
  refuse(node, shape, spot);
}

/// No alternative knows any of the map's keys: each is unknown, and a key of any alternative may have been meant.
void Checker::refuse_keys(const Node& node, const Shape& one_of, const Spot& spot) {
  std::vector<std::string> names;
  for (const Shape& alternative : one_of.alternatives)
    for (const Field& field : language_.resolve(alternative).fields)
      if (!contains(names, field.name)) names.push_back(field.name);
  const std::string allowed = describe(language_, one_of);
  for (const Node::Entry& entry : node.entries)
    diagnostics_.add(spot.child(entry.where, entry.key), "an unknown key", allowed, entry.key, names);
}

/// None of the alternatives takes it; the first that can say why does.
void Checker::refuse_scalar(const Node& node, const Shape& one_of, const Spot& spot) {
  std::string found = describe_found(node);
  std::vector<std::string> words;
  for (const Shape& alternative : one_of.alternatives) {
    const Shape& candidate = language_.resolve(alternative);
    words.insert(words.end(), candidate.words.begin(), candidate.words.end());
    const ScalarFit fit = fit_scalar(node, candidate);
    if (fit.why.empty() && fit.meant.empty()) continue;
    if (!fit.why.empty()) found += ": " + fit.why;
    if (!fit.meant.empty()) return add_meant(spot, found, describe(language_, one_of), fit.meant);
    break;
  }
  diagnostics_.add(spot, found, describe(language_, one_of), node.scalar, words);
}

void Checker::check_thresholds(const Node& node, const Spot& spot) {
  for (const Node::Entry& entry : node.entries) {
    const Spot at = spot.child(entry.where, entry.key);
    if (const Status known = check_metric_and_phase(entry.key); !known) {
      diagnostics_.add_message(at, known.error().message);
      continue;
    }
    std::vector<const Node*> conditions;
    if (entry.value.is_scalar()) conditions.push_back(&entry.value);
    for (const Node& item : entry.value.items) conditions.push_back(&item);
    if (conditions.empty()) refuse(entry.value, of(Kind::kThresholds), spot.child(entry.value.where, entry.key));
    for (const Node* condition : conditions) {
      const Spot here = spot.child(condition->where, entry.key);
      if (diagnostics_.is_broken(condition->where)) continue;
      if (!condition->is_scalar()) {
        refuse(*condition, of(Kind::kThresholds), here);
      } else if (const auto parsed = parse_threshold(entry.key, condition->scalar); !parsed) {
        diagnostics_.add_message(here, parsed.error().message);
      }
    }
  }
}

}  // namespace blackstart
