#include "targets/templates.h"

#include "base/text.h"
#include "scenarios/template.h"

#include <utility>

namespace blackstart {
namespace {

constexpr std::string_view kSecretPrefix = "env.";

std::optional<std::string> look_up(const Templates::Extra& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
}

}  // namespace

Templates::Templates(const AddressBook& addresses, const Secrets& secrets, Extra facts)
    : addresses_(addresses), secrets_(secrets), facts_(std::move(facts)) {}

std::optional<std::string> Templates::known(std::string_view name, const Extra& extra) const {
  if (auto value = look_up(extra, name)) return value;
  if (auto value = look_up(facts_, name)) return value;
  if (auto value = addresses_.value(name)) return value;
  const std::lock_guard lock(mutex_);
  return look_up(outputs_, name);
}

Result<std::string> Templates::fill_for_request(const std::string& text, const Extra& extra) const {
  return fill(text, [&](std::string_view name) {
    if (name.starts_with(kSecretPrefix)) return secrets_.value(name.substr(kSecretPrefix.size()));
    return known(name, extra);
  });
}

Result<std::string> Templates::fill_for_people(const std::string& text, const Extra& extra) const {
  return fill(text, [&](std::string_view name) {
    if (name.starts_with(kSecretPrefix)) return std::optional<std::string>("***");
    return known(name, extra);
  });
}

Result<std::string> Templates::fill_for_shell(const std::string& text, const Extra& extra) const {
  return fill_command(text, [&](std::string_view name) { return known(name, extra); });
}

Result<std::string> Templates::fill_for_bids(const std::string& text) const {
  return fill(text, [&](std::string_view name) -> std::optional<std::string> {
    if (name.starts_with("bid.") || name == "cursor") return "{{" + std::string(name) + "}}";
    if (name.starts_with(kSecretPrefix)) return secrets_.value(name.substr(kSecretPrefix.size()));
    return known(name, {});
  });
}

void Templates::remember_output(const std::string& step, const std::string& output) {
  const std::string text(trim(output));
  const std::lock_guard lock(mutex_);
  outputs_["steps." + step] = text;
  outputs_["steps." + step + ".output"] = text;
}

}  // namespace blackstart
