#include "drill/journal.h"

#include "base/check.h"
#include "base/hash.h"
#include "drill/journal_line.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace blackstart {

struct JournalWriter::State {
  std::string path;  // "": in memory
  int file = -1;
  std::uint64_t size = 0;  // bytes of whole lines
  bool spoiled = false;    // half a line could not be cut off: nothing may follow it
  std::vector<Event> events;
  std::string head;
  std::string text;
  std::function<void(const Event&)> listener;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (file >= 0) ::close(file);
  }

  Status write(std::string_view line);
  Error cut_back(int error_number);
};

/// After a failed write: what of the line reached the file is cut off again.
Error JournalWriter::State::cut_back(int error_number) {
  if (::ftruncate(file, static_cast<off_t>(size)) != 0 || ::lseek(file, static_cast<off_t>(size), SEEK_SET) < 0)
    spoiled = true;
  return fail_errno(error_number, fmt::format("could not write line {} of the journal", events.size() + 1), path);
}

Status JournalWriter::State::write(std::string_view line) {
  if (path.empty()) {
    text += line;
    return ok();
  }
  if (spoiled)
    return fail(ErrorCode::kIo, "the journal ends in half a line that could not be cut off; nothing more is written",
                path);
  for (std::size_t done = 0; done < line.size();) {
    const auto written = ::write(file, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return cut_back(written < 0 ? errno : ENOSPC);
    done += static_cast<std::size_t>(written);
  }
  size += line.size();
  return ok();
}

JournalWriter::JournalWriter() : state_(std::make_unique<State>()) {}
JournalWriter::JournalWriter(JournalWriter&&) noexcept = default;
JournalWriter& JournalWriter::operator=(JournalWriter&&) noexcept = default;
JournalWriter::~JournalWriter() = default;

Result<JournalWriter> JournalWriter::create(const std::string& path) {
  JournalWriter writer;
  if (path.empty()) return writer;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return fail_errno(errno, "could not create the journal", path);
  writer.state_->file = file;
  writer.state_->path = path;
  return writer;
}

Result<std::uint64_t> JournalWriter::append(Instant at, WallTime wall, std::string_view type, Json body) {
  BS_CHECK(body.is_object() || body.is_null());
  State& state = *state_;
  Event event{
      .seq = state.events.size() + 1, .at = at, .wall = journal_wall(wall), .type = std::string(type), .body = {}};
  event.body = body.is_null() ? Json::object() : std::move(body);
  const std::string open = journal_line_without_hash(event);
  std::string hash = journal_hash(state.head, open);
  BS_TRY(state.write(journal_line(open, hash) + '\n'));
  state.head = std::move(hash);
  state.events.push_back(std::move(event));
  const std::uint64_t seq = state.events.back().seq;
  if (state.listener) state.listener(state.events.back());
  return seq;
}

Status JournalWriter::sync() {
  if (state_->path.empty() || ::fdatasync(state_->file) == 0) return ok();
  return fail_errno(errno, "could not bring the journal to the disk", state_->path);
}

const std::vector<Event>& JournalWriter::events() const { return state_->events; }
const std::string& JournalWriter::head() const { return state_->head; }
const std::string& JournalWriter::text() const { return state_->text; }
void JournalWriter::on_append(std::function<void(const Event&)> listener) { state_->listener = std::move(listener); }

}  // namespace blackstart
