#pragma once
// What the scripted server keeps, and what it does wrong on command. Everything it does is counted, so that a test can
// hold a drill's report to the exact truth. Not thread-safe; time comes in as a parameter.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace blackstart::testing {

/// One copy in the store.
struct ScriptedBid {
  std::string ref;  // the id as it was sent
  std::uint32_t auction = 0;
  std::uint32_t bidder = 0;
  std::int64_t amount = 0;
  std::uint32_t crc = 0;
  std::string drill;
  std::int64_t acknowledged_ns = -1;  // of the server's clock; -1: never acknowledged
};

/// How one bid is to be answered.
enum class ScriptedAnswer {
  kStored,         // 201
  kServerError,    // 500
  kRefused,        // 422
  kUnavailableNo,  // 503 with Blackstart-Stored: no
  kGarbage,        // bytes that are no HTTP
  kHang,           // half an answer, then silence
  kHuge,           // an answer that announces 1 GB and sends it
  kCloseSilently,  // the connection is closed without an answer
};

class ScriptedStore {
 public:
  /// Obeys an act at `now_ns`: an object of the words below, every number a count unless named otherwise.
  ///   stall_ms               answer nothing for exactly so long (returned; the server does it)
  ///   slow_ms                answer each bid so late from now on (0: at once)
  ///   lose_last_ms           forget the bids acknowledged in the last so many milliseconds
  ///   drop                   acknowledge the next k bids and do not store them
  ///   corrupt                store the next k bids with another amount
  ///   duplicate              store the next k bids twice
  ///   phantoms               store k bids that nobody sent, at once
  ///   fail                   answer 500 to the next k bids, of which every second one is stored
  ///   refuse                 answer 422 to the next k bids, not stored
  ///   refuse_stored          answer 422 to the next k bids, stored all the same
  ///   unavailable            answer 503 with Blackstart-Stored: no to the next k bids, not stored
  ///   garbage hang huge close   answer the next k bids like that, not stored
  ///   read_back              "ok", "fail", "disagree", "garbage", "loop", "unframed", "cut",
  ///                          "foreign" (of orders: one without a ref on each page)
  ///   read_back_slow_ms      before each page
  ///   health                 "up", "down"
  /// Unknown words throw std::invalid_argument.
  void act(const nlohmann::json& words, std::int64_t now_ns);

  /// Takes a bid and says how to answer it.
  ScriptedAnswer place(ScriptedBid bid, std::int64_t now_ns);

  struct Page {
    std::vector<const ScriptedBid*> bids;
    std::size_t next = 0;  // 0: the last page
  };
  Page page(const std::string& drill, std::size_t after, std::size_t limit);

  [[nodiscard]] const std::string& read_back_mode() const { return read_back_; }
  [[nodiscard]] std::int64_t read_back_slow_ms() const { return read_back_slow_ms_; }
  [[nodiscard]] std::int64_t slow_ms() const { return slow_ms_; }
  [[nodiscard]] bool healthy() const { return healthy_; }
  /// Takes the stall that was commanded, 0 without one.
  std::int64_t take_stall_ms();
  /// Everything done so far.
  [[nodiscard]] nlohmann::json truth() const;

 private:
  void lose_since(std::int64_t from_ns, std::int64_t now_ns);
  void add_phantoms(std::uint64_t count);
  bool take(const char* word);
  void keep(const ScriptedBid& bid);

  std::vector<ScriptedBid> bids_;
  std::map<std::string, std::uint64_t> pending_;  // acts on coming bids: how many are left
  std::map<std::string, std::uint64_t> counts_;
  std::int64_t stall_ms_ = 0;
  std::int64_t slow_ms_ = 0;
  std::int64_t read_back_slow_ms_ = 0;
  std::string read_back_ = "ok";
  bool healthy_ = true;
  std::uint64_t passes_begun_ = 0;
  bool fail_stores_next_ = false;
  std::string last_drill_;
  std::vector<std::string> lost_refs_;
  std::int64_t lost_first_ns_ = -1, lost_last_ns_ = -1, lost_at_ns_ = -1;
};

}  // namespace blackstart::testing
