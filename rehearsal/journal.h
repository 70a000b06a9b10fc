#pragma once
// The journal: JSON Lines with a hash chain, from which alone every report follows. Writing: append() flushes to the
// operating system before it returns, sync() to the disk. Reading verifies the chain. docs/journal.md lists every type
// and field. Not thread-safe: the loop's thread writes.

#include "base/result.h"
#include "base/time.h"
#include "rehearsal/traffic.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace blackstart {

using Json = nlohmann::ordered_json;

/// One line of a journal.
struct Event {
  std::uint64_t seq = 0;  // from 1
  Instant at;
  WallTime wall;
  std::string type;  // "fault.effective"
  Json body;         // the type's own fields (an object without seq, t, wall, type, hash)
  /// Of traffic.interval and notification.interval, but where they were read as text: a drill of hours has thousands of
  /// them, and values take less memory. The body has nothing but the text of the latencies then, which a report hands
  /// on; it is empty where the interval was appended and not read.
  std::variant<std::monostate, TrafficInterval, NotificationInterval> value = {};
};

/// Where a journal's bytes go.
class JournalSink {
 public:
  virtual ~JournalSink() = default;
  /// Hands the whole line over, or nothing of it and an error.
  virtual Status write(std::string_view line) = 0;
  virtual Status sync() { return ok(); }
};

/// Appends events to a file (or, without a path, to memory alone: sim, tests).
class JournalWriter {
 public:
  /// Creates `path`; an existing file is an error. "" keeps everything in memory.
  static Result<JournalWriter> create(const std::string& path);
  /// Writes to a sink of the caller's.
  static JournalWriter to(std::unique_ptr<JournalSink> sink);
  /// Keeps events alone, for measure(): no lines, no hashes, and intervals as values instead of as text. What is
  /// measured is the same.
  static JournalWriter of_values();
  JournalWriter(JournalWriter&&) noexcept;
  JournalWriter& operator=(JournalWriter&&) noexcept;
  ~JournalWriter();

  /// Adds seq and hash, writes one line, returns the event's seq. kIo when the disk is full: nothing of the line is
  /// then in the journal (what was written of it is cut off again).
  Result<std::uint64_t> append(Instant at, WallTime wall, std::string_view type, Json body);
  /// The same for an interval of the traffic, and of what watchers heard.
  Result<std::uint64_t> append_interval(Instant at, WallTime wall, const TrafficInterval& interval);
  Result<std::uint64_t> append_interval(Instant at, WallTime wall, const NotificationInterval& interval);
  Status sync();
  /// All events so far, in order: what measure() reads while the drill runs.
  [[nodiscard]] const std::vector<Event>& events() const;
  [[nodiscard]] const std::string& head() const;  // the last line's hash
  /// The bytes so far, only of a journal in memory.
  [[nodiscard]] const std::string& text() const;
  /// Called after each append, for the live view and plain progress lines.
  void on_append(std::function<void(const Event&)> listener);

 private:
  JournalWriter();
  [[nodiscard]] Event next_event(Instant at, WallTime wall, std::string_view type) const;
  Status write(const Event& event);
  std::uint64_t keep(Event event);
  template <class Interval>
  Result<std::uint64_t> append_interval(Instant at, WallTime wall, std::string_view type, const Interval& interval);
  struct State;
  std::unique_ptr<State> state_;
};

/// A journal as read.
struct Journal {
  std::vector<Event> events;
  std::string head;       // last hash
  std::string sha256;     // of the file's bytes
  bool torn = false;      // the last line was cut off and is ignored
  bool finished = false;  // it has drill.finished
  [[nodiscard]] const Event* first(std::string_view type) const;
  [[nodiscard]] const Event* last(std::string_view type) const;
};

/// What becomes of intervals: decoding them costs more than all else, and only measure() needs it.
enum class Intervals { kAsText, kAsValues };
/// Parses and verifies. A broken chain is kInvalid and names the line; a torn last line is tolerated. An interval that
/// cannot be decoded stays text: measure() says what is wrong with it.
Result<Journal> read_journal(std::string_view bytes, const std::string& name, Intervals intervals = Intervals::kAsText);
Result<Journal> load_journal(const std::string& path, Intervals intervals = Intervals::kAsText);

}  // namespace blackstart
