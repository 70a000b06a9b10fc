#include "faults/run.h"

#include "faults/command.h"
#include "faults/undo_log.h"
#include "faults/wait.h"
#include "scenarios/arguments.h"
#include "scenarios/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace blackstart {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr Duration kTimeout = std::chrono::seconds{60};
constexpr auto kAskAgain = std::chrono::milliseconds{100};

/// Names N of {{env.N}} in any of `texts`, each once.
std::vector<std::string> secrets_of(const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const auto& text : texts) {
    for (const auto& placeholder : find_placeholders(text)) {
      if (placeholder.name.rfind("env.", 0) != 0) continue;
      const std::string name = placeholder.name.substr(4);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> values_of(const std::vector<std::string>& names) {
  std::vector<std::string> values;
  for (const auto& name : names)
    if (const char* value = std::getenv(name.c_str()); value != nullptr) values.emplace_back(value);
  return values;
}

/// `recover` may be called from anywhere.
std::string absolute(const std::string& folder) {
  std::error_code error;
  const auto path = std::filesystem::absolute(folder.empty() ? "." : folder, error);
  return error ? folder : path.lexically_normal().string();
}

/// Everything that the commands of one fault share; what heal_run() makes again from the undo record.
struct Commands {
  std::uint64_t fault = 0;
  std::string name, folder, log_folder;
  std::string inject, heal, prove, prove_healed;
  Duration timeout{}, dead_man{};
  std::vector<std::string> needs;                                // environment variables of secrets
  std::vector<std::pair<std::string, std::string>> environment;  // not in the record
  UndoLog* undo_log = nullptr;

  [[nodiscard]] CommandRequest request(const std::string& key, const std::string& text) const;
  [[nodiscard]] Json facts() const;
  /// Runs until it succeeds or `limit` is over; the last end.
  [[nodiscard]] Result<CommandEnd> run_until_success(const std::string& key, const std::string& text,
                                                     FaultLimit limit) const;
  [[nodiscard]] Status run_heal(SteadyClock::time_point deadline) const;
};

CommandRequest Commands::request(const std::string& key, const std::string& text) const {
  CommandRequest request;
  request.text = text;
  request.what = fmt::format("the {} command of fault '{}'", key, name);
  request.folder = folder;
  request.environment = environment;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(dead_man).count();
  if (seconds > 0) request.environment.emplace_back("BLACKSTART_DEAD_MAN_S", std::to_string(seconds));
  request.secrets = values_of(needs);
  for (const auto& [variable, value] : environment) request.secrets.push_back(value);
  if (!log_folder.empty()) request.log_file = fmt::format("{}/fault-{}-{}.log", log_folder, fault, key);
  request.fault = fault;
  request.key = key;
  request.undo_log = undo_log;
  return request;
}

Json Commands::facts() const {
  return Json{{"name", name},
              {"folder", folder},
              {"log_folder", log_folder},
              {"heal", heal},
              {"prove_healed", prove_healed},
              {"timeout_ns", timeout.count()},
              {"dead_man_length_ns", dead_man.count()},
              {"needs", needs}};
}

Result<CommandEnd> Commands::run_until_success(const std::string& key, const std::string& text,
                                               FaultLimit limit) const {
  std::optional<CommandEnd> answer;  // the last that ended by itself: says more than one that the deadline cut off
  for (;;) {
    const auto deadline = std::min(limit.deadline, SteadyClock::now() + timeout);
    BS_ASSIGN(CommandEnd end, run_command(request(key, text), deadline, limit.stop));
    if (end.timed_out && answer && deadline == limit.deadline) return *answer;
    if (!end.timed_out) answer = end;
    if (end.succeeded() || limit.stop.stop_requested() || SteadyClock::now() + kAskAgain >= limit.deadline) return end;
    wait_until(SteadyClock::now() + kAskAgain, limit.stop, [] { return false; });
  }
}

Status Commands::run_heal(SteadyClock::time_point deadline) const {
  BS_ASSIGN(const CommandEnd end,
            run_command(request("heal", heal), std::min(deadline, SteadyClock::now() + timeout), {}));
  if (end.succeeded()) return ok();
  return fail(ErrorCode::kFailed,
              fmt::format("the heal command of fault '{}' {}; heal it by hand: {}", name, end.to_string(), heal));
}

class RunFault final : public Fault {
 public:
  explicit RunFault(FaultContext context) : context_(std::move(context)) {}

  Status arm(UndoLog& log) override {
    log_ = &log;
    BS_TRY(fill_commands());
    Json facts = commands_.facts();
    if (commands_.dead_man > Duration{}) {
      const auto from = std::max(context_.act_at, SteadyClock::now());
      facts["dead_man_ns"] = std::chrono::nanoseconds{(from + commands_.dead_man).time_since_epoch()}.count();
    }
    // Healing is on disk before the shell of the injection even exists.
    BS_TRY(log.add({context_.id, "run", std::move(facts), false, {}}));
    BS_ASSIGN(inject_, Command::prepare(commands_.request("inject", commands_.inject)));
    return ok();
  }

  Status act() override {
    acted_ = true;
    acted_at_ = SteadyClock::now();
    return inject_->go();
  }

  Proof prove(FaultLimit limit) override {
    if (!acted_) return {false, "it was not carried out"};
    const CommandEnd end = inject_->wait(std::min(limit.deadline, acted_at_ + commands_.timeout), limit.stop);
    if (!end.succeeded()) return {false, fmt::format("inject {}", end.to_string())};
    if (commands_.prove.empty())
      return {false, "inject ended with status 0; without a prove command an impact that follows is the proof", true};
    const auto proven = commands_.run_until_success("prove", commands_.prove, limit);
    if (!proven) return {false, proven.error().to_string()};
    return {proven->succeeded(), fmt::format("prove {}", proven->to_string())};
  }

  Status undo(FaultLimit limit) override {
    if (healed_) return ok();
    if (!acted_) inject_.reset();
    if (!acted_) return ok();
    // Inject and heal must not run side by side.
    (void)inject_->wait(SteadyClock::now(), {});
    BS_TRY(commands_.run_heal(limit.deadline));
    healed_ = true;
    return ok();
  }

  Proof prove_healed(FaultLimit limit) override {
    Proof proof = look_if_healed(std::move(limit));
    if (proof.proven && log_ != nullptr)
      if (const Status marked = log_->mark_done(context_.id, "run"); !marked)
        return {false, marked.error().to_string()};
    return proof;
  }

 private:
  Status fill_commands() {
    const Call& call = context_.spec.kind;
    const std::vector<std::string> texts{text_argument(call, "inject"), text_argument(call, "heal"),
                                         text_argument(call, "prove"), text_argument(call, "prove_healed")};
    if (texts[0].empty() || texts[1].empty())
      return fail(ErrorCode::kInvalid, fmt::format("the run fault '{}' needs inject and heal", context_.spec.name));
    commands_.needs = secrets_of(texts);
    BS_ASSIGN(commands_.inject, context_.target->fill_command(texts[0]));
    BS_ASSIGN(commands_.heal, context_.target->fill_command(texts[1]));
    BS_ASSIGN(commands_.prove, context_.target->fill_command(texts[2]));
    BS_ASSIGN(commands_.prove_healed, context_.target->fill_command(texts[3]));
    commands_.fault = context_.id;
    commands_.name = context_.spec.name;
    commands_.folder = absolute(context_.folder);
    commands_.log_folder = context_.log_folder.empty() ? "" : absolute(context_.log_folder);
    commands_.timeout = duration_argument(call, "timeout", kTimeout);
    commands_.dead_man = duration_argument(call, "dead_man", context_.dead_man);
    commands_.environment = context_.environment;
    commands_.undo_log = log_;
    return ok();
  }

  [[nodiscard]] Proof look_if_healed(FaultLimit limit) {
    if (!acted_) return {true, "inject never ran"};
    if (!healed_) return {false, "the heal command has not succeeded"};
    if (commands_.prove_healed.empty()) return {true, "heal ended with status 0 (there is no prove_healed command)"};
    const auto end = commands_.run_until_success("prove_healed", commands_.prove_healed, std::move(limit));
    if (!end) return {false, end.error().to_string()};
    return {end->succeeded(), fmt::format("prove_healed {}", end->to_string())};
  }

  FaultContext context_;
  Commands commands_;
  UndoLog* log_ = nullptr;
  std::unique_ptr<Command> inject_;
  bool acted_ = false;
  bool healed_ = false;
  SteadyClock::time_point acted_at_;
};

}  // namespace

FaultRegistry::Kind run_kind() {
  return {"run", "runs the scenario's own commands: inject, heal, prove, prove_healed",
          "the prove command exits with 0; without one, an impact that follows",
          [](FaultContext context) -> Result<std::unique_ptr<Fault>> {
            return std::unique_ptr<Fault>{std::make_unique<RunFault>(std::move(context))};
          }};
}

Result<std::string> heal_run(std::uint64_t fault, const Json& facts) {
  Commands commands;
  commands.fault = fault;
  commands.name = facts.value("name", std::string{});
  commands.folder = facts.value("folder", std::string{});
  commands.log_folder = facts.value("log_folder", std::string{});
  commands.heal = facts.value("heal", std::string{});
  commands.prove_healed = facts.value("prove_healed", std::string{});
  commands.timeout = Duration{facts.value("timeout_ns", kTimeout.count())};
  commands.dead_man = Duration{facts.value("dead_man_length_ns", std::int64_t{0})};
  commands.needs = facts.value("needs", std::vector<std::string>{});
  for (const auto& name : commands.needs)
    if (std::getenv(name.c_str()) == nullptr)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("the heal command of fault '{}' needs the environment variable {}: set it and run "
                              "`blackstart recover` again, or heal by hand: {}",
                              commands.name, name, commands.heal));
  BS_TRY(commands.run_heal(SteadyClock::time_point::max()));
  if (commands.prove_healed.empty()) return fmt::format("fault '{}': heal ended with status 0", commands.name);
  BS_ASSIGN(const CommandEnd end, commands.run_until_success("prove_healed", commands.prove_healed,
                                                             {SteadyClock::now() + commands.timeout, {}}));
  if (end.succeeded()) return fmt::format("fault '{}': healed, and prove_healed ended with status 0", commands.name);
  return fail(ErrorCode::kFailed,
              fmt::format("fault '{}': heal ended with status 0, but prove_healed {}", commands.name, end.to_string()));
}

}  // namespace blackstart
