#pragma once
// The keywords of JSON Schema that the project's schemas use, and no more: an unknown keyword throws.

#include <nlohmann/json.hpp>

#include <string>

namespace blackstart {

class SchemaChecker {
 public:
  explicit SchemaChecker(nlohmann::json schema) : root_(std::move(schema)) {}
  /// "" when `value` fits, else what does not.
  [[nodiscard]] std::string check(const nlohmann::json& value) const { return check(value, root_, "$"); }

 private:
  using Json = nlohmann::json;
  [[nodiscard]] std::string check(const Json& value, const Json& schema, const std::string& path) const;
  [[nodiscard]] std::string check_keyword(const Json& value, const Json& schema, const std::string& keyword,
                                          const Json& rule, const std::string& path) const;
  [[nodiscard]] std::string check_object(const Json& value, const Json& schema, const std::string& path) const;
  [[nodiscard]] int fitting(const Json& value, const Json& schemas, const std::string& path) const;

  Json root_;
};

}  // namespace blackstart
