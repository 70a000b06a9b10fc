#include "targets/secrets.h"

#include "scenarios/template.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace blackstart {
namespace {

constexpr std::string_view kPrefix = "env.";

/// Adds each name that `node` uses with the first place where it stands.
void collect(const Node& node, std::map<std::string, Position, std::less<>>& names) {
  for (const Placeholder& placeholder : find_placeholders(node.scalar))
    if (placeholder.name.starts_with(kPrefix)) names.emplace(placeholder.name.substr(kPrefix.size()), node.where);
  for (const Node& item : node.items) collect(item, names);
  for (const Node::Entry& entry : node.entries) collect(entry.value, names);
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       byte == '-' || byte == '.' || byte == '_' || byte == '~';
    encoded += plain ? std::string(1, character) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

std::string json_escaped(const std::string& text) {
  const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

Secrets::Secrets(const Spec& spec, const Environment& environment) {
  collect(spec.scenario.resolved, used_at_);
  collect(spec.target.resolved, used_at_);
  for (const auto& [name, where] : used_at_)
    values_[name] = environment ? environment(name) : process_environment(name);
  for (const auto& [name, value] : values_) {
    if (!value || value->empty()) continue;
    for (std::string form : {*value, percent_encoded(*value), json_escaped(*value)}) {
      if (std::ranges::find(forms_, form) == forms_.end()) forms_.push_back(std::move(form));
    }
  }
  std::ranges::sort(forms_, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  longest_ = forms_.empty() ? 0 : forms_.front().size();
}

std::optional<std::string> Secrets::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : found->second;
}

std::vector<Error> Secrets::missing() const {
  std::vector<Error> errors;
  for (const auto& [name, value] : values_) {
    if (value) continue;
    errors.push_back(fail(ErrorCode::kInvalid,
                          fmt::format("{{{{env.{0}}}}} is used, and the environment has no {0}: export {0} before the "
                                      "drill",
                                      name),
                          used_at_.at(name).to_string()));
  }
  return errors;
}

std::string Secrets::mask(std::string_view text) const {
  std::string masked(text);
  for (const std::string& form : forms_) {
    for (std::size_t at = masked.find(form); at != std::string::npos; at = masked.find(form, at + 3)) {
      masked.replace(at, form.size(), "***");
    }
  }
  return masked;
}

}  // namespace blackstart
