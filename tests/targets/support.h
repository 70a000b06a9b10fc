#pragma once
// What the tests of targets/ share: Specs from YAML text, a server that misbehaves by script, and
// the test program itself as blackstart's executable and as a small service.

#include "base/result.h"
#include "scenarios/spec.h"
#include "targets/http_client.h"
#include "tests/support/files.h"
#include "tests/support/scratch_folder.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace blackstart::test {

/// The state folder (undo logs) of everything in this test program: a folder of its own.
void use_own_state_folder();

bool contains(const std::string& text, const std::string& part);

/// This test program: the tool of cells and janitors, and with kFakeService the service below.
std::string own_program();
inline constexpr const char* kFakeService = "fake-service";
/// main() of the service: --port P [--role R] [--dir D] [--upstream U] [--print TEXT] [--die STATUS] [--deaf]. Serves
/// GET /health, GET /who (role, upstream, whether the folder is marked), POST /mark, POST /promote, PUT /upstream, and
/// bids in memory by the bid protocol, without pages.
int fake_service_main(int argc, char** argv);

/// Loads both texts as the loader does; a failure ends the test program with its messages.
Spec spec_of(const std::string& scenario, const std::string& target);
/// A scenario that has only what it must.
std::string least_scenario(const std::string& more = {});

/// A limit of `length` from now on.
BlockingLimit within(Duration length = std::chrono::seconds{30});

/// Listens on a port of its own; every connection's socket is given to `serve`, which may do as it likes with it.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(int socket)> serve);
  ~ScriptedServer();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "/") const;

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::function<void(int)> serve_;
  std::jthread thread_;
};
/// Reads a request's head and body away and returns it.
std::string read_request(int socket);
void send_text(int socket, const std::string& text);
/// A whole answer with status and body.
std::string answer_text(int status, const std::string& body);
/// A server that answers every request with this.
std::unique_ptr<ScriptedServer> answering(int status, const std::string& body);
/// A port on which nobody listens.
std::uint16_t free_port();

}  // namespace blackstart::test
