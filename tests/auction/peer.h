#pragma once
// A blocking HTTP client for tests, on plain sockets, so that no code of auctiond's own judges auctiond.

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace blackstart::auction {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// One connection, made when needed and kept alive. Not thread-safe.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : port_(port) {}
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Nothing when no whole answer came; sent() then says whether the request may have arrived.
  std::optional<Answer> call(const std::string& method, const std::string& target, const std::string& body = "",
                             const std::string& headers = "");
  [[nodiscard]] bool sent() const { return sent_; }
  /// The same in pieces, for requests that are no proper ones.
  bool write(const std::string& bytes);
  std::optional<Answer> read_answer();
  /// What arrives until `text` is in it, the peer closes, or the time is over.
  std::string read_until(const std::string& text, std::chrono::milliseconds at_most);
  void close();

 private:
  bool connect();
  bool receive(std::chrono::steady_clock::time_point deadline);

  std::uint16_t port_;
  int socket_ = -1;
  bool sent_ = false;
  std::string buffer_;
};

/// One call on a connection of its own; fails the test without an answer.
Answer get(std::uint16_t port, const std::string& target);
Answer put(std::uint16_t port, const std::string& target, const std::string& body);
Answer post(std::uint16_t port, const std::string& target, const std::string& body = "",
            const std::string& headers = "");

/// A bid's body with the right checksum (computed here, bit by bit).
std::string bid_body(std::uint64_t id, std::uint32_t auction, std::uint32_t bidder, std::int64_t amount);

/// Ids of everything that is read back of `drill` ("" for all), page by page, in order.
std::vector<std::uint64_t> read_back_ids(std::uint16_t port, const std::string& drill, int limit = 5000);

}  // namespace blackstart::auction
