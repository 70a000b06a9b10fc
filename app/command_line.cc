#include "app/command_line.h"

#include "app/say.h"
#include "app/verbs.h"
#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

/// Whether `word` is a verb; says which was meant where it is none.
bool is_verb(const CLI::App& app, const std::string& word) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    verbs.push_back(verb->get_name());
  if (std::find(verbs.begin(), verbs.end(), word) != verbs.end()) return true;
  const auto meant = nearest_word(word, verbs);
  say("blackstart: there is no verb \"{}\"{}; allowed: {}\n", word,
      meant ? fmt::format("; did you mean \"{}\"?", *meant) : "", fmt::join(verbs, ", "));
  return false;
}

/// CLI11 takes -1 for the largest number there is.
CLI::Validator not_negative() {
  return {[](const std::string& text) {
            const bool negative = trim(text).starts_with('-');
            return negative ? fmt::format("found {}; allowed: a whole number from 0 on", text) : std::string();
          },
          "", "not negative"};
}

}  // namespace

VerbOption VerbOption::required() {
  option_->required();
  return *this;
}

VerbOption VerbOption::shows_default() {
  option_->capture_default_str();
  return *this;
}

VerbOption VerbOption::one_value() {
  option_->allow_extra_args(false);
  return *this;
}

VerbOption VerbOption::may_stand_alone(const std::string& shown) {
  option_->type_name(shown)->expected(0, 1);
  return *this;
}

VerbOption VerbOption::one_of(const std::vector<std::string>& allowed) {
  option_->check(CLI::IsMember(allowed));
  return *this;
}

VerbOption VerbOption::between(unsigned least, unsigned most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

VerbOption VerbOption::excludes(const VerbOption& other) {
  option_->excludes(other.option_);
  return *this;
}

bool VerbOption::given() const { return option_->count() > 0; }

VerbOption Verb::option(const std::string& names, std::string& into, const std::string& about) {
  return VerbOption(app_->add_option(names, into, about));
}

VerbOption Verb::option(const std::string& names, std::vector<std::string>& into, const std::string& about) {
  return VerbOption(app_->add_option(names, into, about));
}

VerbOption Verb::option(const std::string& names, std::uint64_t& into, const std::string& about) {
  return VerbOption(app_->add_option(names, into, about)->check(not_negative()));
}

VerbOption Verb::option(const std::string& names, unsigned& into, const std::string& about) {
  return VerbOption(app_->add_option(names, into, about)->check(not_negative()));
}

void Verb::flag(const std::string& name, bool& into, const std::string& about) { app_->add_flag(name, into, about); }

void Verb::footer(const std::string& text) { app_->footer(text); }

void Verb::runs(std::function<int()> act) {
  app_->callback([exit_code = exit_code_, act = std::move(act)] { *exit_code = act(); });
}

VerbsLine::VerbsLine(const std::string& about, const std::string& examples, const std::string& version)
    : app_(std::make_unique<CLI::App>(about, "blackstart")) {
  app_->footer(examples);
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
}

VerbsLine::~VerbsLine() = default;

Verb VerbsLine::verb(const std::string& name, const std::string& about) {
  return Verb(app_->add_subcommand(name, about), &exit_code_);
}

int VerbsLine::run(int argc, char** argv) {
  if (argc < 2) {
    say("{}", app_->help());
    return kExitBadInput;
  }
  if (argv[1][0] != '-' && !is_verb(*app_, argv[1])) return kExitBadInput;
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0 ? 0 : kExitBadInput;
  }
  return exit_code_;
}

}  // namespace blackstart
