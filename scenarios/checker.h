#pragma once
// Holds a document to its language's shapes, and its references to the target's names. Reports everything at once.

#include "scenarios/diagnostics.h"
#include "scenarios/shape.h"
#include "scenarios/target_names.h"

#include <optional>
#include <string>

namespace blackstart {

class Checker {
 public:
  /// `names` null: references are not looked at (the target is not known). All must outlive the checker.
  Checker(const Language& language, const TargetNames* names, Diagnostics& diagnostics)
      : language_(language), names_(names), diagnostics_(diagnostics) {}

  void check(const Node& root) { check(root, language_.root, Spot{root.where, "", ""}); }
  void check(const Node& node, const Shape& shape, const Spot& spot);

 private:
  void check_scalar(const Node& node, const Shape& shape, const Spot& spot);
  void check_list(const Node& node, const Shape& shape, const Spot& spot);
  void check_map(const Node& node, const Shape& shape, const Spot& spot);
  void check_choices(const Node& node, const Shape& shape, const Spot& spot, const std::vector<std::string>& meant);
  void check_dictionary(const Node& node, const Shape& shape, const Spot& spot);
  void check_one_of(const Node& node, const Shape& shape, const Spot& spot);
  void check_thresholds(const Node& node, const Spot& spot);
  void check_roles(const Node& node, const Shape& shape, const Spot& spot);
  [[nodiscard]] bool fits_scalar(const Node& node, const Shape& shape) const;
  void refuse(const Node& node, const Shape& shape, const Spot& spot);
  void add_meant(const Spot& spot, const std::string& found, const std::string& allowed, const std::string& meant);
  void refuse_scalar(const Node& node, const Shape& one_of, const Spot& spot);
  void refuse_keys(const Node& node, const Shape& one_of, const Spot& spot);
  std::string refuse_key(const Node::Entry& entry, const Shape& shape, const Spot& spot,
                         const std::vector<std::string>& names);
  void check_reference(const Node& node, const Shape& shape, const Spot& spot);

  const Language& language_;
  const TargetNames* names_;
  Diagnostics& diagnostics_;
};

/// Whether a scalar is what a shape of a plain kind (no map, list or reference) takes; in words why not, if more can be
/// said than what is allowed, and what was meant, if that can be told.
struct ScalarFit {
  bool fits = true;
  std::string why = {};
  std::string meant = {};
};
ScalarFit fit_scalar(const Node& node, const Shape& shape);

}  // namespace blackstart
