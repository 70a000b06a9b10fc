#include "app/arguments.h"

#include "app/paths.h"
#include "app/say.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace blackstart {

namespace {

Result<std::pair<std::string, std::string>> split_pair(const std::string& option, const std::string& text) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0) {
    return fail(ErrorCode::kInvalid, fmt::format("{} {}: expected name=value", option, text));
  }
  return std::make_pair(text.substr(0, at), text.substr(at + 1));
}

}  // namespace

void LoadArguments::add_values_to(Verb& verb) {
  verb.option("--var", vars, "Give a variable of the scenario a value: --var rate=500/s").one_value();
  verb.option("--set", sets, "Override any value: --set load.bids.rate=1000/s, --set faults.0.at=5s").one_value();
}

void LoadArguments::add_to(Verb& verb) {
  add_values_to(verb);
  verb.option("--world", world, "live or sim").one_of({"live", "sim"}).shows_default();
  verb.option("--driver", driver, "Which of the target's drivers; without it the first this machine can do")
      .one_of({"local", "compose", "kubernetes", "external"});
}

Result<LoadOptions> LoadArguments::options() const {
  LoadOptions options;
  for (const auto& text : vars) {
    BS_ASSIGN(auto pair, split_pair("--var", text));
    options.vars.push_back(std::move(pair));
  }
  for (const auto& text : sets) {
    BS_ASSIGN(auto pair, split_pair("--set", text));
    options.sets.push_back(std::move(pair));
  }
  // Given by name, the targets are those alone; else one's own go before those that come with the tool.
  (std::getenv("BLACKSTART_SCENARIOS") != nullptr ? options.targets_folder : options.targets_last) = targets_folder();
  options.live = world == "live";
  options.driver = driver;
  return options;
}

void print_error(const Error& error) { say("blackstart: {}\n", error.to_string()); }

void print_errors(const std::vector<Error>& errors) {
  for (const auto& error : errors) say("{}\n", error.to_string());
  say("{} {}; nothing was started\n", errors.size(), errors.size() == 1 ? "error" : "errors");
}

bool print_result(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return true;
  if (errno == EPIPE) return true;  // its reader has seen enough (list | head)
  std::perror("blackstart: cannot write to standard output");
  return false;
}

LoadResult<Spec> load_scenario(const std::string& file_or_name, const LoadArguments& arguments) {
  const auto options = arguments.options();
  if (!options) {
    print_error(options.error());
    return LoadFailure{{options.error()}};
  }
  const auto file = find_scenario(file_or_name);
  if (!file) {
    print_error(file.error());
    return LoadFailure{{file.error()}};
  }
  auto spec = load_spec(*file, *options);
  if (!spec) print_errors(spec.error().errors);
  return spec;
}

}  // namespace blackstart
