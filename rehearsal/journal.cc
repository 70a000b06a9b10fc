#include "rehearsal/journal.h"

#include "base/check.h"
#include "base/hash.h"
#include "rehearsal/events.h"
#include "rehearsal/journal_line.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace blackstart {

namespace {

class MemorySink final : public JournalSink {
 public:
  explicit MemorySink(std::string& text) : text_(text) {}
  Status write(std::string_view line) override {
    text_ += line;
    return ok();
  }

 private:
  std::string& text_;
};

class FileSink final : public JournalSink {
 public:
  FileSink(int file, std::string path) : file_(file), path_(std::move(path)) {}
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override { ::close(file_); }

  Status write(std::string_view line) override;
  Status sync() override {
    if (::fdatasync(file_) == 0) return ok();
    return fail_errno(errno, "could not bring the journal to the disk", path_);
  }

 private:
  Error cut_back(int error_number);

  int file_;
  std::string path_;
  std::uint64_t size_ = 0;  // bytes of whole lines
  bool spoiled_ = false;    // half a line could not be cut off: nothing may follow it
};

Status FileSink::write(std::string_view line) {
  if (spoiled_)
    return fail(ErrorCode::kIo, "the journal ends in half a line that could not be cut off; nothing more is written",
                path_);
  for (std::size_t done = 0; done < line.size();) {
    const auto written = ::write(file_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return cut_back(written < 0 ? errno : ENOSPC);
    done += static_cast<std::size_t>(written);
  }
  size_ += line.size();
  return ok();
}

/// After a failed write: what of the line reached the file is cut off again.
Error FileSink::cut_back(int error_number) {
  const auto whole = static_cast<off_t>(size_);
  spoiled_ = ::ftruncate(file_, whole) != 0 || ::lseek(file_, whole, SEEK_SET) != whole;
  Error error = fail_errno(error_number, fmt::format("could not write to the journal after {} bytes", size_), path_);
  error.code = ErrorCode::kIo;
  return error;
}

}  // namespace

struct JournalWriter::State {
  std::unique_ptr<JournalSink> sink;  // null: values alone
  std::vector<Event> events;
  std::string head;
  std::string text;
  std::function<void(const Event&)> listener;
};

JournalWriter::JournalWriter() : state_(std::make_unique<State>()) {}
JournalWriter::JournalWriter(JournalWriter&&) noexcept = default;
JournalWriter& JournalWriter::operator=(JournalWriter&&) noexcept = default;
JournalWriter::~JournalWriter() = default;

JournalWriter JournalWriter::to(std::unique_ptr<JournalSink> sink) {
  BS_CHECK(sink);
  JournalWriter writer;
  writer.state_->sink = std::move(sink);
  return writer;
}

JournalWriter JournalWriter::of_values() { return JournalWriter(); }

Result<JournalWriter> JournalWriter::create(const std::string& path) {
  if (path.empty()) {
    JournalWriter writer;
    writer.state_->sink = std::make_unique<MemorySink>(writer.state_->text);
    return writer;
  }
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return fail_errno(errno, "could not create the journal", path);
  return to(std::make_unique<FileSink>(file, path));
}

Result<std::uint64_t> JournalWriter::append(Instant at, WallTime wall, std::string_view type, Json body) {
  BS_CHECK(body.is_object() || body.is_null());
  Event event = next_event(at, wall, type);
  if (!body.is_null()) event.body = std::move(body);
  BS_TRY(write(event));
  return keep(std::move(event));
}

Event JournalWriter::next_event(Instant at, WallTime wall, std::string_view type) const {
  return {.seq = state_->events.size() + 1,
          .at = at,
          .wall = journal_wall(wall),
          .type = std::string(type),
          .body = Json::object(),
          .value = {}};
}

/// Its line, where there are lines.
Status JournalWriter::write(const Event& event) {
  State& state = *state_;
  if (!state.sink) return ok();
  const std::string open = journal_line_without_hash(event);
  std::string hash = journal_hash(state.head, open);
  BS_TRY(state.sink->write(journal_line(open, hash) + '\n'));
  state.head = std::move(hash);
  return ok();
}

template <class Interval>
Result<std::uint64_t> JournalWriter::append_interval(Instant at, WallTime wall, std::string_view type,
                                                     const Interval& interval) {
  Event event = next_event(at, wall, type);
  if (state_->sink) {
    event.body = to_json(interval);
    BS_TRY(write(event));
    event.body = Json::object();
  }
  event.value = as_journalled(interval);
  return keep(std::move(event));
}

Result<std::uint64_t> JournalWriter::append_interval(Instant at, WallTime wall, const TrafficInterval& interval) {
  return append_interval(at, wall, "traffic.interval", interval);
}

Result<std::uint64_t> JournalWriter::append_interval(Instant at, WallTime wall, const NotificationInterval& interval) {
  return append_interval(at, wall, "notification.interval", interval);
}

std::uint64_t JournalWriter::keep(Event event) {
  State& state = *state_;
  state.events.push_back(std::move(event));
  const std::uint64_t seq = state.events.back().seq;
  if (state.listener) state.listener(state.events.back());
  return seq;
}

Status JournalWriter::sync() { return state_->sink ? state_->sink->sync() : ok(); }

const std::vector<Event>& JournalWriter::events() const { return state_->events; }
const std::string& JournalWriter::head() const { return state_->head; }
const std::string& JournalWriter::text() const { return state_->text; }
void JournalWriter::on_append(std::function<void(const Event&)> listener) { state_->listener = std::move(listener); }

}  // namespace blackstart
