#include "tests/auction/platform.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/wait.h"

namespace blackstart::auction {

namespace {

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

void Platform::start_primary(const Words& more, const std::string& bug) {
  primary = std::make_unique<Daemon>(
      joined({"store", "--role", "primary", "--port", "0", "--data", folder / "primary"}, more), bug);
  primary->port();
}

void Platform::restart_primary(const Words& more, const std::string& bug) {
  const auto port = std::to_string(primary->port());
  primary.reset();
  primary = std::make_unique<Daemon>(
      joined({"store", "--role", "primary", "--port", port, "--data", folder / "primary"}, more), bug);
  primary->port();
}

void Platform::start_standby(const Words& more, const std::string& bug) {
  standby = std::make_unique<Daemon>(
      joined({"store", "--role", "standby", "--port", "0", "--data", folder / "standby", "--primary", primary->url()},
             more),
      bug);
  standby->port();
}

void Platform::start_api(const Words& more, const std::string& bug) {
  api = std::make_unique<Daemon>(joined({"api", "--port", "0", "--store", primary->url()}, more), bug);
  await_healthy();
}

void Platform::await_healthy() {
  ASSERT_TRUE(wait_until_true([this] { return get(api->port(), "/health").status == 200; })) << api->log();
}

void Platform::await_in_step() {
  const auto position = get(primary->port(), "/replication").json().at("position");
  ASSERT_TRUE(wait_until_true([&] { return get(standby->port(), "/replication").json().at("position") >= position; }))
      << standby->log();
}

void Platform::fail_over() {
  primary->kill();
  ASSERT_EQ(post(standby->port(), "/promote").json().at("role"), "primary");
  ASSERT_EQ(put(api->port(), "/upstreams/database", R"({"url":")" + standby->url() + "\"}").status, 200);
  await_healthy();
}

Bidders::Bidders(std::uint16_t port, std::string drill, int connections) : port_(port), drill_(std::move(drill)) {
  for (int i = 0; i < connections; ++i) threads_.emplace_back([this] { run(); });
}

Bidders::~Bidders() { stop(); }

void Bidders::stop() {
  ending_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Bidders::run() {
  Peer peer(port_);
  const auto headers = "Blackstart-Drill: " + drill_ + "\r\n";
  while (!ending_) {
    const auto id = next_++;
    const auto auction = static_cast<std::uint32_t>(id % 7 + 1);
    const auto answer = peer.call("POST", "/auctions/" + std::to_string(auction) + "/bids",
                                  bid_body(id, auction, 5, static_cast<std::int64_t>(id)), headers);
    note(id, answer, peer.sent());
    // A platform that refuses does so at once: without a pause the refusals alone would fill the machine.
    if (!answer || answer->status != 201) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Bidders::note(std::uint64_t id, const std::optional<Answer>& answer, bool sent) {
  const bool not_stored = answer && (answer->status == 400 || answer->header("blackstart-stored") == "no");
  const std::lock_guard lock(mutex_);
  if (answer && answer->status == 201) {
    acknowledged.insert(id);
    ++acknowledged_count;
  } else if (not_stored || !sent) {
    refused.insert(id);
  } else {
    indeterminate.insert(id);
  }
  ++settled_count;
}

std::set<std::uint64_t> missing(const std::set<std::uint64_t>& ids, const std::vector<std::uint64_t>& stored) {
  const std::set<std::uint64_t> there(stored.begin(), stored.end());
  std::set<std::uint64_t> out;
  std::set_difference(ids.begin(), ids.end(), there.begin(), there.end(), std::inserter(out, out.end()));
  return out;
}

std::set<std::uint64_t> present(const std::set<std::uint64_t>& ids, const std::vector<std::uint64_t>& stored) {
  const std::set<std::uint64_t> there(stored.begin(), stored.end());
  std::set<std::uint64_t> out;
  std::set_intersection(ids.begin(), ids.end(), there.begin(), there.end(), std::inserter(out, out.end()));
  return out;
}

}  // namespace blackstart::auction
