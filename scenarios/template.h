#pragma once
// {{...}} in texts. A pure scanner and filler; who knows the values passes a lookup. {{.x}} (a dot first) is left
// alone. {{env.NAME}} is a secret: fill() leaves it unless the lookup answers it; fill_command() turns it into a shell
// reference to an environment variable, so that the value never stands in an argument.

#include "base/result.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct Placeholder {
  std::size_t begin = 0;  // offset of "{{"
  std::size_t end = 0;    // offset after "}}"
  std::string name;       // trimmed inner text: "services.api.url"
};
/// All placeholders of `text` in order, without {{.…}}.
std::vector<Placeholder> find_placeholders(std::string_view text);

using TemplateLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Replaces every placeholder that the lookup answers; the others are an error that names them.
Result<std::string> fill(std::string_view text, const TemplateLookup& lookup);
/// As fill(), for shell commands: {{env.NAME}} becomes a reference to $NAME that respects the quotes around it.
Result<std::string> fill_command(std::string_view text, const TemplateLookup& lookup);

}  // namespace blackstart
