#pragma once
// A bid server that misbehaves by script, for tests: in this process, or as the program `scripted_server`. It speaks
// the bid protocol (and a small orders API for the mapping of other people's), over one epoll thread.
//   POST /auctions/N/bids, GET /bids, GET /auctions/N/watch, GET /health    as the protocol says
//   POST /api/orders {"ref","note"}, GET /api/orders?after=N                201;
//   {"orders":[{"ref","note"}],"next":N|null} POST /act {…}          an act of ScriptedStore, obeyed before the answer
//   is sent (a stall begins right after it) POST /script [{"at_ms":T, …act…}, …]   acts at T after this request GET
//   /truth             everything it did, as JSON

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace blackstart::testing {

class ScriptedServer {
 public:
  struct Options {
    std::uint16_t port = 0;  // 0: any
    int backlog = 4096;
  };
  /// Listens on 127.0.0.1. Throws std::runtime_error when it cannot.
  ScriptedServer();
  explicit ScriptedServer(Options options);
  ~ScriptedServer();  // stops
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url() const;  // "http://127.0.0.1:PORT"
  /// Thread-safe; has happened when it returns, but for a stall, which begins then.
  void act(const nlohmann::json& words);
  void script(const nlohmann::json& acts);
  [[nodiscard]] nlohmann::json truth();
  /// Closes every connection and the listening socket, as a killed process would. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace blackstart::testing
