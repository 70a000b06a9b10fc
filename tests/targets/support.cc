#include "tests/targets/support.h"

#include "scenarios/loader.h"
#include "targets/local/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <fmt/format.h>

namespace blackstart::test {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "test support: {}\n", why);
  std::abort();
}

/// A listening socket on 127.0.0.1 and its port.
std::pair<int, std::uint16_t> listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 64) != 0)
    return {-1, 0};
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  return {listener, ntohs(address.sin_port)};
}

Node parsed(const std::string& text, const std::string& name) {
  auto node = parse_yaml(text, name);
  if (!node) give_up(node.error().front().to_string());
  return *node;
}

}  // namespace

void use_own_state_folder() {
  static const ScratchFolder folder;
  ::setenv("BLACKSTART_STATE", folder.path().c_str(), 1);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string own_program() { return fs::read_symlink("/proc/self/exe").string(); }

Spec spec_of(const std::string& scenario, const std::string& target) {
  auto spec = load_resolved(parsed(scenario, "scenario.yaml"), parsed(target, "target.yaml"), "test");
  if (!spec) {
    std::string all;
    for (const Error& error : spec.error().errors) all += error.to_string() + "\n";
    give_up(all);
  }
  const Node target_node = parsed(target, "target.yaml");
  spec->scenario.folder = fs::temp_directory_path().string();
  spec->target.folder = fs::temp_directory_path().string();
  return *spec;
}

std::string least_scenario(const std::string& more) {
  return "blackstart: 1\ntitle: A test\ntarget: test\n"
         "load: {bids: {rate: 100/s}}\n"
         "objectives: {rto: 1m, service_level: {goodput: 99%}}\n" +
         (more.find("faults:") == std::string::npos
              ? "faults: [{name: none, run: {inject: 'true', heal: 'true'}, for: 1s}]\n" + more
              : more);
}

BlockingLimit within(Duration length) { return {std::chrono::steady_clock::now() + length, {}}; }

ScriptedServer::ScriptedServer(std::function<void(int)> serve) : serve_(std::move(serve)) {
  std::tie(listener_, port_) = listen_on(0);
  if (listener_ < 0) give_up("no port to listen on");
  thread_ = std::jthread([this] {
    for (int socket = 0; (socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; ::close(socket)) {
      serve_(socket);
    }
  });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::string ScriptedServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::string read_request(int socket) {
  std::string text;
  char buffer[4096];
  std::size_t wanted = std::string::npos;
  while (text.size() < wanted) {
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    const auto head = text.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    const auto length = text.find("Content-Length: ");
    wanted = head + 4 + (length < head ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0);
  }
  return text;
}

void send_text(int socket, const std::string& text) { (void)!::send(socket, text.data(), text.size(), MSG_NOSIGNAL); }

std::string answer_text(int status, const std::string& body) {
  return fmt::format("HTTP/1.1 {} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status, body.size(), body);
}

std::unique_ptr<ScriptedServer> answering(int status, const std::string& body) {
  return std::make_unique<ScriptedServer>([text = answer_text(status, body)](int socket) {
    read_request(socket);
    send_text(socket, text);
  });
}

std::uint16_t free_port() {
  static PortPool pool;
  return *pool.take();
}

// ---- the service -------------------------------------------------------------------------------------------------

namespace {

struct ServiceState {
  std::string role, folder, upstream, bids;

  std::string bid(const std::string& line, const std::string& body) {
    constexpr std::size_t kBefore = std::string_view("POST /auctions/").size();
    const std::string auction = line.substr(kBefore, line.find('/', kBefore) - kBefore);
    bids += fmt::format("{},\"auction\":{}}}\n", body.substr(0, body.size() - 1), auction);
    const auto id = body.find("\"id\":\"") + 6;
    return answer_text(
        201, fmt::format(R"({{"id":"{}","stored":true,"leading":false}})", body.substr(id, body.find('"', id) - id)));
  }
  std::string answer(const std::string& request) {
    const std::string line = request.substr(0, request.find("\r\n"));
    const std::string body = request.substr(std::min(request.size(), request.find("\r\n\r\n") + 4));
    if (line.starts_with("GET /health ")) return answer_text(200, R"({"status":"UP"})");
    if (line.starts_with("GET /who ")) return answer_text(200, who());
    if (line.starts_with("POST /auctions/")) return bid(line, body);
    if (line.starts_with("GET /bids?")) return answer_text(200, bids);
    if (line.starts_with("POST /mark ")) std::ofstream(folder + "/mark") << "marked";
    if (line.starts_with("POST /promote ")) role = "primary";
    if (line.starts_with("PUT /upstream ")) upstream = body;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return answer_text(
        200, fmt::format(R"({{"newest_ns":{}}})", std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
  }
  [[nodiscard]] std::string who() const {
    return fmt::format(R"({{"role":"{}","upstream":"{}","marked":{}}})", role, upstream, fs::exists(folder + "/mark"));
  }
};

}  // namespace

int fake_service_main(int argc, char** argv) {
  ServiceState state;
  std::uint16_t port = 0;
  for (int i = 2; i < argc; ++i) {
    const std::string name = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--port") port = static_cast<std::uint16_t>(std::stoi(value));
    if (name == "--role") state.role = value;
    if (name == "--dir") state.folder = value;
    if (name == "--upstream") state.upstream = value;
    if (name == "--print") fmt::print("it says {}\n", value);
    std::fflush(stdout);
    if (name == "--die") return std::stoi(value);
    if (name == "--deaf") {
      while (true) ::pause();
    }
  }
  const int listener = listen_on(port).first;
  if (listener < 0) {
    fmt::print(stderr, "cannot listen on {}: {}\n", port, std::strerror(errno));
    return 1;
  }
  std::mutex one_at_a_time;
  for (int socket = 0; (socket = ::accept(listener, nullptr, nullptr)) >= 0;) {
    std::thread([socket, &state, &one_at_a_time] {  // ends with the process, which only a signal ends
      const std::string request = read_request(socket);
      const std::lock_guard lock(one_at_a_time);
      send_text(socket, state.answer(request));
      ::close(socket);
    })
        .detach();
  }
  return 0;
}

}  // namespace blackstart::test
