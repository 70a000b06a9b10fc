// The program `scripted_server`: a bid server that misbehaves by script, for end-to-end tests of the real binary.
// Prints "listening PORT", serves until SIGTERM or SIGINT, then prints what it did as JSON.
#include "tests/support/scripted_server.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

int main(int argc, char** argv) {
  CLI::App app("A bid server that misbehaves by script; see tests/support/scripted_server.h for its words");
  blackstart::testing::ScriptedServer::Options options;
  std::string script;
  app.add_option("--port", options.port, "0: any free one, printed");
  app.add_option("--backlog", options.backlog);
  app.add_option("--script", script, R"([{"at_ms":5000,"stall_ms":2000}, ...])");
  CLI11_PARSE(app, argc, argv);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);  // before the server's thread, which inherits it
  try {
    blackstart::testing::ScriptedServer server(options);
    if (!script.empty()) server.script(nlohmann::json::parse(script));
    fmt::print("listening {}\n", server.port());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ends, &signal);
    const std::string truth = server.truth().dump();
    server.stop();
    fmt::print("{}\n", truth);
  } catch (const std::exception& error) {
    fmt::print(stderr, "scripted_server: {}\n", error.what());
    return 1;
  }
  return 0;
}
