#pragma once
// Paths into JSON documents as scenarios and targets write them: "$.status", "$.alerts[0].status", "$['odd key'][-1]".
// Names run up to the next '.' or '[' ("$.circuitBreakers.market-data.state" needs no quotes); indices may count from
// the end. No wildcards, no filters. Pure.

#include "base/result.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace blackstart {

class JsonPath {
 public:
  /// kInvalid names the path and the offset of what was not understood.
  static Result<JsonPath> parse(std::string_view text);

  /// The value at this path, or null when any part of it is missing. The pointer lives as long as `root`.
  template <class AnyJson>
  [[nodiscard]] const AnyJson* find(const AnyJson& root) const {
    const AnyJson* at = &root;
    for (const Part& part : parts_) {
      at = std::holds_alternative<std::string>(part) ? member(*at, std::get<std::string>(part))
                                                     : element(*at, std::get<std::int64_t>(part));
      if (at == nullptr) return nullptr;
    }
    return at;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  using Part = std::variant<std::string, std::int64_t>;

  template <class AnyJson>
  static const AnyJson* member(const AnyJson& value, const std::string& name) {
    if (!value.is_object()) return nullptr;
    const auto found = value.find(name);
    return found == value.end() ? nullptr : &*found;
  }
  template <class AnyJson>
  static const AnyJson* element(const AnyJson& value, std::int64_t index) {
    if (!value.is_array()) return nullptr;
    const auto size = static_cast<std::int64_t>(value.size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return nullptr;
    return &value[static_cast<std::size_t>(index)];
  }

  std::string text_;
  std::vector<Part> parts_;
};

/// A JSON value as text to compare with what a scenario says: strings without quotes, anything else as compact JSON.
template <class AnyJson>
std::string json_text(const AnyJson& value) {
  return value.is_string() ? value.template get<std::string>()
                           : value.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

}  // namespace blackstart
