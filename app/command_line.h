#pragma once
// The command's verbs and their options. CLI11 stands behind it and is compiled in command_line.cc alone: it costs ten
// seconds a file.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace blackstart {

/// One option of a verb. Belongs to its VerbsLine.
class VerbOption {
 public:
  explicit VerbOption(CLI::Option* option) : option_(option) {}
  VerbOption required();
  /// --help tells the value that stands when it is not given.
  VerbOption shows_default();
  /// Each time it is given it takes one value.
  VerbOption one_value();
  /// It may be given without a value, which given() tells from not at all. `shown` stands for the value in --help.
  VerbOption may_stand_alone(const std::string& shown);
  VerbOption one_of(const std::vector<std::string>& allowed);
  VerbOption between(unsigned least, unsigned most);
  /// Not both.
  VerbOption excludes(const VerbOption& other);
  [[nodiscard]] bool given() const;

 private:
  CLI::Option* option_;
};

/// One verb. Belongs to its VerbsLine; what its options are read into must live as long.
class Verb {
 public:
  explicit Verb(CLI::App* app, int* exit_code) : app_(app), exit_code_(exit_code) {}
  /// `names`: "--seed", or "SCENARIO" for what has its place.
  VerbOption option(const std::string& names, std::string& into, const std::string& about);
  VerbOption option(const std::string& names, std::vector<std::string>& into, const std::string& about);
  VerbOption option(const std::string& names, std::uint64_t& into, const std::string& about);
  VerbOption option(const std::string& names, unsigned& into, const std::string& about);
  void flag(const std::string& name, bool& into, const std::string& about);
  /// Examples, below the options of --help.
  void footer(const std::string& text);
  /// What the verb does when it is the one given; returns the exit status.
  void runs(std::function<int()> act);

 private:
  CLI::App* app_;
  int* exit_code_;
};

class VerbsLine {
 public:
  VerbsLine(const std::string& about, const std::string& examples, const std::string& version);
  ~VerbsLine();
  VerbsLine(const VerbsLine&) = delete;
  VerbsLine& operator=(const VerbsLine&) = delete;

  Verb verb(const std::string& name, const std::string& about);
  /// Runs the verb that is given; returns the exit status. Mistakes are printed, with the nearest right verb.
  int run(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
  int exit_code_ = 0;
};

}  // namespace blackstart
