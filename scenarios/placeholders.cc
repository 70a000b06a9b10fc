#include "scenarios/placeholders.h"

#include "base/text.h"
#include "scenarios/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace blackstart {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Walks a tree with a set of names that grows as steps are passed.
class Walker {
 public:
  Walker(const PlaceholderContext& context, Diagnostics& diagnostics) : context_(context), diagnostics_(diagnostics) {
    known_ = {"title", "drill.id"};
    if (context.names == nullptr) return;
    for (const std::string& service : context.names->services) add_service(service);
  }

  void know(std::vector<std::string> names) { known_.insert(known_.end(), names.begin(), names.end()); }
  /// What `names` give is known only below; call forget() with the result to go back.
  [[nodiscard]] std::size_t mark() const { return known_.size(); }
  void forget(std::size_t mark) { known_.resize(mark); }

  void walk(const Node& node, const Spot& spot) {
    const Spot here = spot.named_after(node);
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      walk(node.items[index], here.child(node.items[index].where, std::to_string(index)));
    }
    for (const Node::Entry& entry : node.entries) walk(entry.value, here.child(entry.value.where, entry.key));
    if (!node.is_scalar()) return;
    for (const Placeholder& placeholder : find_placeholders(node.scalar)) {
      if (!is_known(placeholder.name)) report(node, here, placeholder.name);
    }
  }

  void walk_steps(const Node& steps, const Spot& spot) {
    steps_ = true;
    for (std::size_t index = 0; index < steps.items.size(); ++index) {
      walk_step(steps.items[index], spot.child(steps.items[index].where, std::to_string(index)));
    }
  }

 private:
  void walk_step(const Node& step, const Spot& spot) {
    const Spot here = spot.named_after(step);
    std::vector<std::pair<const Node*, Spot>> later;
    for (const Node::Entry& entry : step.entries) {
      const Spot at = here.child(entry.value.where, entry.key);
      const bool nested = entry.key == "together" || entry.key == "otherwise" || entry.key == "options";
      if (nested) {
        later.emplace_back(&entry.value, at);
      } else {
        walk(entry.value, at);
      }
    }
    for (const char* key : {"output", "title"}) {
      const std::string name = step.text(key);
      if (!name.empty()) know({"steps." + name, "steps." + name + ".output"});
    }
    for (const auto& [steps, at] : later)
      at.path.ends_with(".together") ? walk_together(*steps, at) : walk_steps(*steps, at);
  }

  /// Steps at once do not know each other's outputs.
  void walk_together(const Node& steps, const Spot& spot) {
    const std::size_t before = mark();
    std::vector<std::string> learnt;
    for (std::size_t index = 0; index < steps.items.size(); ++index) {
      walk_step(steps.items[index], spot.child(steps.items[index].where, std::to_string(index)));
      learnt.insert(learnt.end(), known_.begin() + static_cast<std::ptrdiff_t>(before), known_.end());
      forget(before);
    }
    know(std::move(learnt));
  }

  void add_service(const std::string& service) {
    if (context_.external && !contains(context_.names->services_with_url, service)) return;
    for (const char* field : {"url", "host", "port"}) known_.push_back(fmt::format("services.{}.{}", service, field));
    const auto roles = context_.names->roles.find(service);
    if (roles == context_.names->roles.end()) return;
    for (const std::string& role : roles->second) {
      for (const char* field : {"url", "host", "port"}) {
        known_.push_back(fmt::format("services.{}.{}.{}", service, role, field));
      }
    }
  }

  [[nodiscard]] bool is_known(std::string_view name) const {
    if (name.starts_with("env.") && name.size() > 4) return true;
    if (name.starts_with("services.") && context_.names == nullptr) return true;
    return contains(known_, name);
  }

  void report(const Node& node, const Spot& spot, const std::string& name) {
    diagnostics_.mark_broken(node.where);
    if (contains(context_.variables, name)) {
      return diagnostics_.add(spot, fmt::format("{{{{{}}}}}, whose value leads back to itself", printable(name)),
                              "a variable whose value does not");
    }
    const std::string found = fmt::format("{{{{{}}}}}, which nothing gives a value", printable(name));
    std::vector<std::string> candidates = known_;
    candidates.insert(candidates.end(), context_.variables.begin(), context_.variables.end());
    diagnostics_.add(spot, found, allowed_for(name), name, candidates);
  }

  [[nodiscard]] std::string allowed_for(std::string_view name) const {
    if (name.starts_with("services.")) {
      std::string allowed = "services.NAME.url, .host, .port, or services.NAME.ROLE.url, .host, .port";
      if (context_.names != nullptr)
        allowed += fmt::format(", with NAME one of {}", join(context_.names->services, ", "));
      if (context_.external) allowed += " (with the driver external, of services that have a url)";
      return allowed;
    }
    if (name.starts_with("steps.")) return "steps.TITLE.output or steps.OUTPUT of an earlier step";
    std::vector<std::string> plain;
    for (const std::string& known : known_) {
      if (!known.starts_with("services.") && !known.starts_with("steps.")) plain.push_back(known);
    }
    for (const std::string& variable : context_.variables) {
      if (!contains(plain, variable)) plain.push_back(variable);
    }
    return fmt::format("{}, services.NAME.url, {}env.NAME, or a variable from vars or --var", join(plain, ", "),
                       steps_ ? "steps.TITLE.output, " : "");
  }

  const PlaceholderContext& context_;
  Diagnostics& diagnostics_;
  std::vector<std::string> known_;
  bool steps_ = false;  // outputs of steps may be meant here
};

const std::vector<std::string> kMemberNames = {"port", "dir", "host", "role", "region", "index", "secret"};
const std::vector<std::string> kRepointNames = {"to.url", "to.host", "to.port", "to.service"};
const std::vector<std::string> kBidNames = {"bid.id", "bid.auction", "bid.bidder", "bid.amount", "bid.crc"};

void walk_drivers(const Node& drivers, const Spot& spot, const PlaceholderContext& context, Walker& walker) {
  for (const Node::Entry& driver : drivers.entries) {
    if (!context.driver.empty() && driver.key != context.driver) continue;
    const std::size_t before = walker.mark();
    if (driver.key != "external") walker.know(kMemberNames);
    const Spot at = spot.child(driver.value.where, driver.key);
    for (const Node::Entry& service : driver.value.entries) {
      Spot here = at.child(service.value.where, service.key);
      here.item = service.key;
      for (const Node::Entry& part : service.value.entries) {
        const std::size_t inner = walker.mark();
        if (part.key == "repoint") walker.know(kRepointNames);
        walker.walk(part.value, here.child(part.value.where, part.key));
        walker.forget(inner);
      }
      if (!service.value.is_map()) walker.walk(service.value, here);
    }
    walker.forget(before);
  }
}

void walk_load(const Node& load, const Spot& spot, Walker& walker) {
  const std::size_t before = walker.mark();
  for (const Node::Entry& part : load.entries) {
    walker.know(part.key == "read_back" ? std::vector<std::string>{"cursor"} : kBidNames);
    walker.walk(part.value, spot.child(part.value.where, part.key));
    walker.forget(before);
  }
}

}  // namespace

void check_scenario_placeholders(const Node& scenario, const PlaceholderContext& context, Diagnostics& diagnostics) {
  const Spot root{scenario.where, "", ""};
  Walker walker{context, diagnostics};
  const auto after_steps = [](std::string_view key) { return key == "validation" || key == "communications"; };
  for (const Node::Entry& entry : scenario.entries) {
    // What a drill takes of its organisation stands at its own place too.
    if (entry.key == "recovery" || entry.key == "vars" || entry.key == "organisation" || after_steps(entry.key))
      continue;
    walker.walk(entry.value, root.child(entry.value.where, entry.key));
  }
  if (const Node* recovery = scenario.find("recovery")) {
    const Spot spot = root.child(recovery->where, "recovery");
    for (const Node::Entry& entry : recovery->entries) {
      const Spot at = spot.child(entry.value.where, entry.key);
      entry.key == "steps" ? walker.walk_steps(entry.value, at) : walker.walk(entry.value, at);
    }
  }
  for (const Node::Entry& entry : scenario.entries) {
    if (after_steps(entry.key)) walker.walk(entry.value, root.child(entry.value.where, entry.key));
  }
}

void check_target_placeholders(const Node& target, const PlaceholderContext& context, Diagnostics& diagnostics) {
  const Spot root{target.where, "", ""};
  for (const Node::Entry& entry : target.entries) {
    if (entry.key == "vars") continue;
    const Spot spot = root.child(entry.value.where, entry.key);
    Walker walker{context, diagnostics};
    if (entry.key == "drivers") {
      if (context.live) walk_drivers(entry.value, spot, context, walker);
    } else if (entry.key == "load") {
      if (context.live) walk_load(entry.value, spot, walker);
    } else if (entry.key == "services") {
      if (!context.external) walker.know(kMemberNames);
      if (context.live) walker.walk(entry.value, spot);
    } else {
      walker.walk(entry.value, spot);
    }
  }
}

}  // namespace blackstart
