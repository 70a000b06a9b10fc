// JSON Schema (draft 2020-12) from the shapes. It says what shapes say: the names of a target, units that contradict
// each other and the like are the loader's alone.

#include "scenarios/languages.h"
#include "scenarios/loader.h"
#include "scenarios/threshold.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace blackstart {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Shape::Kind;

constexpr const char* kDurationPattern =
    "[0-9]+(\\.[0-9]+)?(w|d|h|ms|us|ns|m|s)([0-9]+(\\.[0-9]+)?(d|h|ms|us|ns|m|s))*";
constexpr const char* kRatePattern = "[0-9]+(\\.[0-9]+)?[kM]?/[smh]";
constexpr const char* kSharePattern = "[0-9]+(\\.[0-9]+)?%";
constexpr const char* kDatePattern = "[0-9]{4}-[01][0-9]-[0-3][0-9]";
constexpr const char* kSizePattern = "[0-9]+(\\.[0-9]+)?([KMGT]i?)?B";

/// A text of this form, or one whose variables are still to be filled in.
Json pattern(const std::string& form) { return {{"type", "string"}, {"pattern", "^(" + form + ")$|\\{\\{"}}; }
Json range(const std::string& form) { return pattern(form + "(\\.\\." + form + ")?"); }

/// A number or boolean may stand as a text with {{...}} until variables are filled in.
Json or_filled(Json schema) { return {{"anyOf", {std::move(schema), {{"type", "string"}, {"pattern", "\\{\\{"}}}}}; }

Json text_schema() { return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}}; }

Json numeric(const Shape& shape, const char* type) {
  Json schema = {{"type", type}};
  const bool whole = shape.kind == Kind::kInteger;
  const auto bound = [whole](double value) { return whole ? Json(static_cast<std::int64_t>(value)) : Json(value); };
  schema[shape.above ? "exclusiveMinimum" : "minimum"] = bound(shape.min);
  if (std::isfinite(shape.max)) schema["maximum"] = bound(shape.max);
  return or_filled(std::move(schema));
}

Json between(int least, int most) { return or_filled({{"type", "integer"}, {"minimum", least}, {"maximum", most}}); }

Json words(const Shape& shape) {
  Json allowed = Json::array();
  for (const std::string& word : shape.words) {
    const bool number = word.find_first_not_of("0123456789") == std::string::npos;
    if (number) allowed.push_back(std::stoi(word));
    allowed.push_back(word);
  }
  return {{"anyOf", {{{"enum", std::move(allowed)}}, {{"type", "string"}, {"pattern", "\\{\\{"}}}}};
}

Json thresholds() {
  Json properties = Json::object();
  const Json condition = {{"type", "string"}, {"minLength", 1}};
  const Json conditions = {{"anyOf", {condition, {{"type", "array"}, {"items", condition}, {"minItems", 1}}}}};
  for (const Metric& metric : threshold_metrics()) {
    Json own = conditions;
    own["description"] = metric.doc;
    properties[metric.name] = own;
    if (!metric.phases) continue;
    for (const std::string& phase : threshold_phases()) properties[metric.name + "." + phase] = own;
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json leaf(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kAny:
      return Json::object();
    case Kind::kWord:
      return words(shape);
    case Kind::kInteger:
      return numeric(shape, "integer");
    case Kind::kNumber:
      return numeric(shape, "number");
    case Kind::kBoolean:
      return or_filled({{"type", "boolean"}});
    case Kind::kPort:
      return between(1, 65535);
    case Kind::kStatus:
      return between(100, 599);
    case Kind::kDuration:
    case Kind::kPositiveDuration:
      return pattern(kDurationPattern);
    case Kind::kSignedDuration:
      return pattern(std::string{"-?"} + kDurationPattern);
    case Kind::kDurationRange:
      return range(kDurationPattern);
    case Kind::kRate:
      return pattern(kRatePattern);
    case Kind::kRateRange:
      return range(kRatePattern);
    case Kind::kShare:
      return pattern(kSharePattern);
    case Kind::kShareRange:
      return range(kSharePattern);
    case Kind::kSize:
      return pattern(kSizePattern);
    case Kind::kSizeRate:
      return pattern(std::string{kSizePattern} + "/s");
    case Kind::kTimeOfDay:
      return pattern("[0-2][0-9]:[0-5][0-9] UTC");
    case Kind::kDate:
      return pattern(kDatePattern);
    case Kind::kWindow:
      return pattern(std::string{kDatePattern} + "|[0-9]{4}-(Q[1-4]|W[0-5][0-9]|[01][0-9])");
    case Kind::kPath:
      return pattern("/.*");
    case Kind::kBackup:
      return pattern("[A-Za-z0-9][A-Za-z0-9_-]*\\.backups\\.[A-Za-z0-9][A-Za-z0-9_-]*");
    case Kind::kComparison:
      return pattern("(<=?|>=?|==) *-?[0-9].*");
    case Kind::kLatencyBound:
      return pattern("p\\([0-9.]+\\) *< *" + std::string{kDurationPattern});
    case Kind::kUrl:
      return pattern("https?://.+");
    case Kind::kJsonPath:
      return pattern("\\$.*");
    case Kind::kThresholds:
      return thresholds();
    default:
      return text_schema();
  }
}

Json schema_of(const Shape& shape);

/// How many of a choice's fields are given, in the schema's words.
Json choice_schema(const Choice& choice) {
  Json given = Json::array();
  for (const std::string& name : choice.names) given.push_back({{"required", {name}}});
  if (choice.least == 1) return {{choice.most == 1 ? "oneOf" : "anyOf", std::move(given)}};
  // At most one: exactly one, or none at all.
  Json none = {{"not", {{"anyOf", given}}}};
  given.push_back(std::move(none));
  return {{"oneOf", std::move(given)}};
}

Json map_schema(const Shape& shape) {
  Json schema = {{"type", "object"}};
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : shape.fields) {
    Json own = schema_of(field.shape);
    if (!field.doc.empty()) own["description"] = field.doc;
    properties[field.name] = std::move(own);
    if (field.required) required.push_back(field.name);
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  Json all = Json::array();
  for (const Choice& choice : shape.choices) all.push_back(choice_schema(choice));
  if (!all.empty()) schema["allOf"] = std::move(all);
  if (shape.fields.empty()) schema["type"] = {"object", "null"};
  return schema;
}

Json dictionary_schema(const Shape& shape) {
  Json schema = {{"type", "object"}};
  const Shape& key = shape.key[0];
  if (key.kind == Kind::kWord) schema["propertyNames"] = {{"enum", key.words}};
  if (key.kind == Kind::kName) schema["propertyNames"] = {{"pattern", "^[A-Za-z0-9][A-Za-z0-9_-]*$"}};
  schema["additionalProperties"] = schema_of(shape.item[0]);
  return schema;
}

Json list_schema(const Shape& shape) {
  Json schema = {{"type", "array"}, {"items", schema_of(shape.item[0])}, {"minItems", shape.items_least}};
  if (shape.items_most != std::numeric_limits<std::size_t>::max()) schema["maxItems"] = shape.items_most;
  return schema;
}

Json schema_of(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kNamed:
      return {{"$ref", "#/$defs/" + shape.reference}};
    case Kind::kMap:
      return map_schema(shape);
    case Kind::kDictionary:
      return dictionary_schema(shape);
    case Kind::kList:
      return list_schema(shape);
    case Kind::kOneOf: {
      Json alternatives = Json::array();
      for (const Shape& alternative : shape.alternatives) alternatives.push_back(schema_of(alternative));
      return {{"anyOf", std::move(alternatives)}};
    }
    default:
      return leaf(shape);
  }
}

/// A file that extends another need not have everything itself, and takes a part away by giving null.
void relax_for_extend(Json& root, const Shape& shape) {
  for (const Field& field : shape.fields) {
    if (field.required) continue;
    Json& own = root["properties"][field.name];
    own = {{"anyOf", {std::move(own), {{"type", "null"}}}}};
    if (!field.doc.empty()) own["description"] = field.doc;
  }
  Json whole = {{"required", root["required"]}};
  root.erase("required");
  root["anyOf"] = {{{"required", {"extend"}}}, std::move(whole)};
}

std::string schema_text(const Language& language, const char* id) {
  Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$id", id}, {"title", language.title}};
  Json body = schema_of(language.root);
  if (language.root.find("extend") != nullptr) relax_for_extend(body, language.root);
  root.update(body);
  Json definitions = Json::object();
  for (const auto& [name, shape] : language.definitions) definitions[name] = schema_of(shape);
  if (!definitions.empty()) root["$defs"] = std::move(definitions);
  return root.dump(2) + "\n";
}

}  // namespace

std::string scenario_schema() { return schema_text(scenario_language(), "urn:blackstart:scenario:1"); }
std::string target_schema() { return schema_text(target_language(), "urn:blackstart:target:1"); }
std::string organisation_schema() { return schema_text(organisation_language(), "urn:blackstart:organisation:1"); }

}  // namespace blackstart
