#include "tests/auction/peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace blackstart::auction {

namespace {

using std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(20);

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::optional<Answer> parse_head(const std::string& head) {
  if (!head.starts_with("HTTP/1.1 ")) return std::nullopt;
  Answer answer;
  answer.status = std::stoi(head.substr(9, 3));
  std::istringstream lines(head.substr(head.find("\r\n") + 2));
  for (std::string line; std::getline(lines, line) && line.size() > 1;) {
    const auto colon = line.find(": ");
    if (colon != std::string::npos)
      answer.headers[lower(line.substr(0, colon))] = line.substr(colon + 2, line.size() - colon - 3);
  }
  return answer;
}

std::uint32_t crc32c_bitwise(const std::string& text) {
  std::uint32_t crc = 0xffffffff;
  for (const unsigned char byte : text) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82f63b78U & (0U - (crc & 1U)));
  }
  return ~crc;
}

}  // namespace

Peer::~Peer() { close(); }

void Peer::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  buffer_.clear();
}

bool Peer::connect() {
  if (socket_ >= 0) return true;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
  close();
  return false;
}

bool Peer::write(const std::string& bytes) {
  if (!connect()) return false;
  for (std::size_t done = 0; done < bytes.size();) {
    const auto wrote = ::send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (wrote <= 0) return false;
    sent_ = true;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

bool Peer::receive(steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
  pollfd waiting{socket_, POLLIN, 0};
  if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
  char bytes[65536];
  const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<Answer> Peer::read_answer() {
  const auto deadline = steady_clock::now() + kPatience;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(deadline)) return close(), std::nullopt;
  }
  auto answer = parse_head(buffer_.substr(0, end + 2));
  if (!answer) return close(), std::nullopt;
  const auto length = static_cast<std::size_t>(std::stoul("0" + answer->header("content-length")));
  while (buffer_.size() < end + 4 + length) {
    if (!receive(deadline)) return close(), std::nullopt;
  }
  answer->body = buffer_.substr(end + 4, length);
  buffer_.erase(0, end + 4 + length);
  if (answer->header("connection") == "close") close();
  return answer;
}

std::optional<Answer> Peer::call(const std::string& method, const std::string& target, const std::string& body,
                                 const std::string& headers) {
  sent_ = false;
  const auto wire = method + " " + target + " HTTP/1.1\r\nHost: test\r\n" + headers +
                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  if (!write(wire)) return close(), std::nullopt;
  return read_answer();
}

std::string Peer::read_until(const std::string& text, std::chrono::milliseconds at_most) {
  const auto deadline = steady_clock::now() + at_most;
  while (buffer_.find(text) == std::string::npos && receive(deadline)) {
  }
  return buffer_;
}

Answer get(std::uint16_t port, const std::string& target) {
  const auto answer = Peer(port).call("GET", target);
  EXPECT_TRUE(answer) << "no answer to GET " << target;
  return answer.value_or(Answer{});
}

Answer put(std::uint16_t port, const std::string& target, const std::string& body) {
  const auto answer = Peer(port).call("PUT", target, body);
  EXPECT_TRUE(answer) << "no answer to PUT " << target;
  return answer.value_or(Answer{});
}

Answer post(std::uint16_t port, const std::string& target, const std::string& body, const std::string& headers) {
  const auto answer = Peer(port).call("POST", target, body, headers);
  EXPECT_TRUE(answer) << "no answer to POST " << target;
  return answer.value_or(Answer{});
}

std::string bid_body(std::uint64_t id, std::uint32_t auction, std::uint32_t bidder, std::int64_t amount) {
  const auto text =
      std::to_string(id) + ":" + std::to_string(auction) + ":" + std::to_string(bidder) + ":" + std::to_string(amount);
  return R"({"id":")" + std::to_string(id) + R"(","bidder":)" + std::to_string(bidder) + R"(,"amount":)" +
         std::to_string(amount) + R"(,"crc":)" + std::to_string(crc32c_bitwise(text)) + "}";
}

std::vector<std::uint64_t> read_back_ids(std::uint16_t port, const std::string& drill, int limit) {
  std::vector<std::uint64_t> ids;
  Peer peer(port);
  std::string after;
  do {
    const auto answer = peer.call(
        "GET", "/bids?drill=" + drill + "&limit=" + std::to_string(limit) + (after.empty() ? "" : "&after=" + after));
    EXPECT_TRUE(answer && answer->status == 200);
    if (!answer) break;
    std::istringstream lines(answer->body);
    for (std::string line; std::getline(lines, line);) {
      ids.push_back(std::stoull(nlohmann::json::parse(line).at("id").get<std::string>()));
    }
    after = answer->header("next-cursor");
  } while (!after.empty());
  return ids;
}

}  // namespace blackstart::auction
