#pragma once
// A server that gives every request the same bytes for an answer, whatever it was asked.

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace blackstart::auction {

class Impostor {
 public:
  explicit Impostor(std::string answer);
  ~Impostor();
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Requests answered so far.
  [[nodiscard]] int answered() const { return answered_; }

  /// A whole HTTP answer with this body.
  static std::string http(int status, const std::string& body, const std::string& headers = "");

 private:
  void run();

  std::string answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> answered_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace blackstart::auction
