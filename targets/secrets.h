#pragma once
// The one place that knows secrets: the values of {{env.NAME}}. What commands print, what probes answer and what
// members log passes through mask() before it is kept anywhere. Thread-safe after construction (immutable).

#include "base/result.h"
#include "scenarios/spec.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

class Secrets {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  /// Finds every {{env.NAME}} of the scenario and its target and looks it up (the process's environment by default).
  explicit Secrets(const Spec& spec, const Environment& environment = {});

  /// The value; nothing when the scenario and target do not name it or the environment lacks it.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  /// Names that are used and that the environment lacks, each with its first place (file:line:column) and what to do.
  [[nodiscard]] std::vector<Error> missing() const;
  /// Every text that mask() replaces.
  [[nodiscard]] const std::vector<std::string>& forms() const { return forms_; }
  [[nodiscard]] bool any() const { return !forms_.empty(); }
  /// Replaces every secret value, also in its percent-encoded and JSON-escaped form, by "***".
  [[nodiscard]] std::string mask(std::string_view text) const;
  /// The longest form of any secret in bytes, 0 without one: what a mask over a stream has to hold back.
  [[nodiscard]] std::size_t longest() const { return longest_; }

 private:
  std::map<std::string, std::optional<std::string>, std::less<>> values_;
  std::map<std::string, Position, std::less<>> used_at_;
  std::vector<std::string> forms_;  // longest first, so that a secret within another leaves no tail
  std::size_t longest_ = 0;
};

}  // namespace blackstart
