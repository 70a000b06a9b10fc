#include "schema_checker.h"

#include <regex>
#include <set>
#include <stdexcept>

namespace blackstart {
namespace {

using Json = nlohmann::json;

bool is_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "null") return value.is_null();
  throw std::logic_error("unknown type " + type);
}

std::string check_type(const Json& value, const Json& types) {
  if (types.is_string()) return is_type(value, types) ? "" : "is no " + types.get<std::string>();
  for (const Json& type : types) {
    if (is_type(value, type)) return "";
  }
  return "has none of the types";
}

const std::set<std::string> kAnnotations = {"$schema", "$id", "$defs", "title", "description"};
const std::set<std::string> kOfObjects = {"properties", "required", "additionalProperties", "propertyNames"};

}  // namespace

int SchemaChecker::fitting(const Json& value, const Json& schemas, const std::string& path) const {
  int count = 0;
  for (const Json& schema : schemas) count += check(value, schema, path).empty() ? 1 : 0;
  return count;
}

std::string SchemaChecker::check(const Json& value, const Json& schema, const std::string& path) const {
  for (const auto& [keyword, rule] : schema.items()) {
    if (kAnnotations.contains(keyword) || kOfObjects.contains(keyword)) continue;
    const std::string wrong = check_keyword(value, schema, keyword, rule, path);
    if (!wrong.empty()) return wrong;
  }
  return value.is_object() ? check_object(value, schema, path) : "";
}

std::string SchemaChecker::check_keyword(const Json& value, const Json& schema, const std::string& keyword,
                                         const Json& rule, const std::string& path) const {
  (void)schema;
  const auto unless = [&](bool fine) { return fine ? std::string{} : path + " breaks " + keyword + " " + rule.dump(); };
  if (keyword == "$ref") {
    const std::string name = rule.get<std::string>().substr(std::string{"#/$defs/"}.size());
    return check(value, root_.at("$defs").at(name), path);
  }
  if (keyword == "type") {
    const std::string wrong = check_type(value, rule);
    return wrong.empty() ? "" : path + " " + wrong;
  }
  if (keyword == "enum") return unless(std::find(rule.begin(), rule.end(), value) != rule.end());
  if (keyword == "anyOf") return unless(fitting(value, rule, path) >= 1);
  if (keyword == "oneOf") return unless(fitting(value, rule, path) == 1);
  if (keyword == "allOf") return unless(fitting(value, rule, path) == static_cast<int>(rule.size()));
  if (keyword == "not") return unless(!check(value, rule, path).empty());
  if (keyword == "minimum") return unless(!value.is_number() || value >= rule);
  if (keyword == "exclusiveMinimum") return unless(!value.is_number() || value > rule);
  if (keyword == "maximum") return unless(!value.is_number() || value <= rule);
  if (keyword == "minLength") return unless(!value.is_string() || value.get<std::string>().size() >= rule);
  if (keyword == "minItems") return unless(!value.is_array() || value.size() >= rule);
  if (keyword == "maxItems") return unless(!value.is_array() || value.size() <= rule);
  if (keyword == "pattern") {
    return unless(!value.is_string() ||
                  std::regex_search(value.get<std::string>(), std::regex{rule.get<std::string>()}));
  }
  if (keyword == "items") {
    for (std::size_t index = 0; value.is_array() && index < value.size(); ++index) {
      const std::string wrong = check(value[index], rule, path + "." + std::to_string(index));
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  throw std::logic_error("unknown keyword " + keyword);
}

std::string SchemaChecker::check_object(const Json& value, const Json& schema, const std::string& path) const {
  for (const Json& name : schema.value("required", Json::array())) {
    if (!value.contains(name.get<std::string>())) return path + " lacks " + name.get<std::string>();
  }
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [key, own] : value.items()) {
    if (schema.contains("propertyNames")) {
      const std::string wrong = check(key, schema["propertyNames"], path + " key " + key);
      if (!wrong.empty()) return wrong;
    }
    const Json rule = properties.contains(key) ? properties[key] : schema.value("additionalProperties", Json(true));
    if (rule.is_boolean() && !rule.get<bool>()) return path + " has the unknown key " + key;
    const std::string wrong = rule.is_boolean() ? "" : check(own, rule, path + "." + key);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace blackstart
