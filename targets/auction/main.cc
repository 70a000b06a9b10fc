// auctiond: the embedded reference platform. Each role of it is a subcommand and a process of its own.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>

#include "base/units.h"
#include "targets/auction/api.h"
#include "targets/auction/bugs.h"
#include "targets/auction/descriptors.h"
#include "targets/auction/notifications.h"
#include "targets/auction/store.h"
#include "targets/auction/timers.h"

namespace {

using namespace blackstart;
using namespace blackstart::auction;

void add_duration(CLI::App& command, const std::string& name, std::chrono::nanoseconds& into, const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [&into, name](const std::string& text) {
            const auto duration = parse_duration(text);
            if (!duration) throw CLI::ValidationError(name, duration.error().message);
            into = *duration;
          },
          help)
      ->default_str(spell_duration(into));
}

Url url_or_throw(const std::string& name, const std::string& text) {
  const auto url = parse_url(text);
  if (!url) throw CLI::ValidationError(name, fmt::format("{} is no http://host:port", text));
  return *url;
}

void add_url(CLI::App& command, const std::string& name, std::optional<Url>& into, const std::string& help) {
  command.add_option_function<std::string>(
      name, [&into, name](const std::string& text) { into = url_or_throw(name, text); }, help);
}

void add_url(CLI::App& command, const std::string& name, Url& into, const std::string& help) {
  command
      .add_option_function<std::string>(
          name, [&into, name](const std::string& text) { into = url_or_throw(name, text); }, help)
      ->required();
}

void add_listening(CLI::App& command, std::string& host, std::uint16_t& port) {
  command.add_option("--port", port, "Port to listen on (0: any free one, told on stderr)")->required();
  command.add_option("--host", host, "IP address to listen on")->capture_default_str();
}

struct Configs {
  ApiConfig api;
  StoreConfig store;
  TimersConfig timers;
  NotificationsConfig notifications;
};

CLI::App* add_api(CLI::App& app, ApiConfig& config) {
  auto* command = app.add_subcommand("api", "takes bids, tells watchers");
  add_listening(*command, config.host, config.port);
  add_url(*command, "--store", config.store, "The store that makes bids durable");
  add_url(*command, "--stream", config.stream, "The service that fans bids out: shown in /health");
  add_duration(*command, "--settle-within", config.settle_within, "A bid is answered within this, whatever happens");
  add_duration(*command, "--batch-interval", config.batch_interval, "Least time between two hand-overs to the store");
  return command;
}

CLI::App* add_store(CLI::App& app, StoreConfig& config) {
  auto* command = app.add_subcommand("store", "holds bids durably, as primary or as standby");
  add_listening(*command, config.host, config.port);
  command
      ->add_option_function<std::string>(
          "--role", [&config](const std::string& role) { config.primary = role == "primary"; }, "primary or standby")
      ->check(CLI::IsMember({"primary", "standby"}))
      ->default_str("primary");
  command->add_option("--data", config.folder, "Folder of the log; created where missing")->required();
  add_url(*command, "--primary", config.follow, "Of a standby: whom it follows (or later: PUT /replication)");
  command
      ->add_option_function<std::string>(
          "--replication", [&config](const std::string& mode) { config.mode.sync = mode == "sync"; },
          "async, or sync: acknowledge only what a standby has made durable too")
      ->check(CLI::IsMember({"async", "sync"}))
      ->default_str("async");
  add_duration(*command, "--lag", config.mode.lag, "async: entries reach standbys when they are this old, at most 30s");
  add_duration(*command, "--commit-interval", config.commit_interval, "Least time between two commits");
  add_duration(*command, "--sync-timeout", config.sync_timeout, "sync: how long an append waits for a standby");
  return command;
}

CLI::App* add_timers(CLI::App& app, TimersConfig& config) {
  auto* command = app.add_subcommand("timers", "closes auctions on schedule, exactly once");
  add_listening(*command, config.host, config.port);
  add_url(*command, "--store", config.store, "The store that keeps closings");
  command->add_option("--data", config.folder, "Folder of the checkpoint; created where missing")->required();
  command->add_option("--auctions", config.auctions, "How many auctions there are, numbered from 1")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  add_duration(*command, "--length", config.length, "Length of an auction's round; rounds are staggered");
  return command;
}

CLI::App* add_notifications(CLI::App& app, NotificationsConfig& config) {
  auto* command = app.add_subcommand("notifications", "fans bids out to watchers");
  add_listening(*command, config.host, config.port);
  add_url(*command, "--api,--stream", config.feed, "An api or a store whose log is followed");
  return command;
}

Status check(const StoreConfig& config) {
  if (config.mode.lag > ReplicationMode::kLagMax) {
    return fail(ErrorCode::kInvalid, fmt::format("--lag is at most 30s, not {}", spell_duration(config.mode.lag)));
  }
  return ok();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("auctiond: Blackstart's reference platform, to be drilled");
  app.require_subcommand(1);
  Configs configs;
  auto* api = add_api(app, configs.api);
  auto* store = add_store(app, configs.store);
  auto* timers = add_timers(app, configs.timers);
  auto* notifications = add_notifications(app, configs.notifications);
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  configs.api.bug = configs.store.bug = configs.timers.bug = configs.notifications.bug = planted_bug();
  Status status = ok();
  if (api->parsed()) status = run_api(configs.api);
  if (store->parsed()) {
    status = check(configs.store);
    if (status) status = run_store(configs.store);
  }
  if (timers->parsed()) status = run_timers(configs.timers);
  if (notifications->parsed()) status = run_notifications(configs.notifications);
  if (status) return 0;
  fmt::print(stderr, "auctiond {}: {}\n", app.get_subcommands().front()->get_name(), status.error().to_string());
  return 1;
}
