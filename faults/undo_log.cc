#include "faults/undo_log.h"

#include "base/text.h"
#include "faults/process.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <utility>

namespace blackstart {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSuffix = ".jsonl";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string state_folder() {
  if (const auto given = environment("BLACKSTART_STATE"); !given.empty()) return given;
  if (const auto state = environment("XDG_STATE_HOME"); !state.empty()) return state + "/blackstart";
  if (::geteuid() == 0) return "/var/lib/blackstart";
  return environment("HOME") + "/.local/state/blackstart";
}

/// So that the name itself, not only what is in it, survives a power cut.
void sync_folder(const std::string& file) {
  const std::string folder = std::filesystem::path{file}.parent_path().string();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

/// Between opening a file and locking it, its owner may have removed it.
bool is_still_there(int descriptor, const std::string& path) {
  struct stat open_file {
  }, named{};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

Status lock(int descriptor, const std::string& path) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("the undo log {} is held by a drill that is alive; it heals itself when it ends", path));
    return fail_errno(errno, fmt::format("cannot lock the undo log {}", path));
  }
  return ok();
}

Result<std::string> read_all(int descriptor, const std::string& path) {
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::pread(descriptor, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, fmt::format("cannot read the undo log {}", path));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

/// What the lines of a log say.
struct Content {
  std::vector<UndoRecord> records;
  std::size_t unreadable = 0;
};

void apply_done(Content& content, const Json& done) {
  const auto fault = done.value("fault", std::uint64_t{0});
  const auto kind = done.value("kind", std::string{});
  const auto key = done.value("key", std::string{});
  for (auto& record : content.records)
    if (record.fault == fault && record.kind == kind && (key.empty() || record.key == key)) record.done = true;
}

bool apply_line(Content& content, std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return false;
  try {
    if (json.contains("done")) {
      apply_done(content, json.at("done"));
    } else if (json.contains("add")) {
      const auto& add = json.at("add");
      content.records.push_back({add.at("fault").get<std::uint64_t>(), add.at("kind").get<std::string>(),
                                 add.at("facts"), false, add.value("key", std::string{})});
    }
  } catch (const nlohmann::json::exception&) {
    return false;
  }
  return true;  // other objects: the head line, and what later versions add
}

Content parse(const std::string& text) {
  Content content;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    if (end == std::string::npos) {
      // Torn: what it announced was never done. Whole but for its end of line, it counts, as it will once more follows.
      apply_line(content, std::string_view{text}.substr(begin));
      break;
    }
    const auto line = std::string_view{text}.substr(begin, end - begin);
    if (!line.empty() && !apply_line(content, line)) ++content.unreadable;
    begin = end + 1;
  }
  return content;
}

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

struct UndoLog::State {
  int descriptor = -1;
  std::string path;
  std::string drill_id;
  mutable std::mutex mutex;
  Content own;  // what was written through this object: stands in where the file cannot be read
  bool closed = false;

  State(int descriptor_in, const std::string& path_in)
      : descriptor(descriptor_in), path(path_in), drill_id(std::filesystem::path{path_in}.stem().string()) {}
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status append(const Json& json);
  /// Of the file, else what this object wrote.
  [[nodiscard]] Content read() const;

 private:
  [[nodiscard]] bool ends_in_half_a_line() const;
};

bool UndoLog::State::ends_in_half_a_line() const {
  struct stat file {};
  char last = '\n';
  if (::fstat(descriptor, &file) != 0 || file.st_size == 0) return false;
  return ::pread(descriptor, &last, 1, file.st_size - 1) == 1 && last != '\n';
}

Status UndoLog::State::append(const Json& json) {
  const std::lock_guard guard{mutex};
  if (closed) return fail(ErrorCode::kInternal, fmt::format("the undo log {} is closed", path));
  const std::string whole = to_line(json);
  const std::string line = (ends_in_half_a_line() ? "\n" : "") + whole;
  // One write a line: the janitor appends to the same file.
  ssize_t wrote = 0;
  do {
    wrote = ::write(descriptor, line.data(), line.size());
  } while (wrote < 0 && errno == EINTR);
  const int error = wrote < 0 ? errno : ENOSPC;
  if (wrote == static_cast<ssize_t>(line.size())) {
    apply_line(own, std::string_view{whole}.substr(0, whole.size() - 1));
    if (::fdatasync(descriptor) == 0) return ok();
    return fail_errno(errno, fmt::format("the undo log {} did not reach the disk; nothing more is injected", path));
  }
  return fail_errno(error, fmt::format("cannot write to the undo log {}; nothing more is injected. Free space there, "
                                       "or point BLACKSTART_STATE at another folder",
                                       path));
}

Content UndoLog::State::read() const {
  const std::lock_guard guard{mutex};
  if (descriptor < 0) return own;
  const auto text = read_all(descriptor, path);
  return text ? parse(*text) : own;
}

Result<std::string> undo_folder() {
  const std::string folder = state_folder() + "/undo";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::kIo, fmt::format("cannot create the folder of undo logs {}: {}; set BLACKSTART_STATE to a "
                                            "folder that can be written",
                                            folder, error.message()));
  return folder;
}

UndoLog::UndoLog() = default;
UndoLog::~UndoLog() = default;

Result<std::unique_ptr<UndoLog>> UndoLog::create(const std::string& drill_id) {
  if (drill_id.empty() || drill_id.front() == '.' || drill_id.find('/') != std::string::npos)
    return fail(ErrorCode::kInvalid, fmt::format("'{}' cannot name an undo log", drill_id));
  BS_ASSIGN(const std::string folder, undo_folder());
  const std::string path = folder + "/" + drill_id + kSuffix;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST)
    return fail(
        ErrorCode::kInvalid,
        fmt::format("the drill {} has an undo log already ({}): run `blackstart recover` first", drill_id, path));
  if (descriptor < 0) return fail_errno(errno, fmt::format("cannot create the undo log {}", path));
  std::unique_ptr<UndoLog> log{new UndoLog};
  log->state_ = std::make_unique<State>(descriptor, path);
  BS_TRY(lock(descriptor, path));
  if (!is_still_there(descriptor, path))
    return fail(ErrorCode::kUnavailable,
                fmt::format("the undo log {} was removed while it was created; try again", path));
  BS_TRY(log->state_->append(Json{{"undo", 1}, {"drill", drill_id}}));
  sync_folder(path);
  return log;
}

Result<std::unique_ptr<UndoLog>> UndoLog::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (descriptor < 0) return fail_errno(errno, fmt::format("cannot open the undo log {}", path));
  std::unique_ptr<UndoLog> log{new UndoLog};
  log->state_ = std::make_unique<State>(descriptor, path);
  BS_TRY(lock(descriptor, path));
  if (!is_still_there(descriptor, path))
    return fail(ErrorCode::kNotFound, fmt::format("the undo log {} was healed and removed meanwhile", path));
  BS_ASSIGN(const std::string text, read_all(descriptor, path));
  log->state_->own = parse(text);
  return log;
}

Result<std::unique_ptr<UndoLog>> UndoLog::adopt(int descriptor, const std::string& path) {
  if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
    return fail_errno(errno, fmt::format("descriptor {} is no undo log", descriptor));
  std::unique_ptr<UndoLog> log{new UndoLog};
  log->state_ = std::make_unique<State>(descriptor, path);
  BS_ASSIGN(const std::string text, read_all(descriptor, path));
  log->state_->own = parse(text);
  return log;
}

Status UndoLog::add(const UndoRecord& record) {
  Json facts = record.facts.is_null() ? Json::object() : record.facts;
  facts["boot"] = boot_id();
  facts["pid_namespace"] = pid_namespace();
  Json add{{"fault", record.fault}, {"kind", record.kind}};
  if (!record.key.empty()) add["key"] = record.key;
  add["facts"] = std::move(facts);
  return state_->append(Json{{"add", std::move(add)}});
}

Status UndoLog::mark_done(std::uint64_t fault, const std::string& kind, const std::string& key) {
  Json done{{"fault", fault}, {"kind", kind}};
  if (!key.empty()) done["key"] = key;
  return state_->append(Json{{"done", std::move(done)}});
}

std::vector<UndoRecord> UndoLog::records() const { return state_->read().records; }

std::vector<UndoRecord> UndoLog::open_records() const {
  auto records = state_->read().records;
  std::erase_if(records, [](const UndoRecord& record) { return record.done; });
  return records;
}

std::size_t UndoLog::unreadable_lines() const { return state_->read().unreadable; }
const std::string& UndoLog::drill_id() const { return state_->drill_id; }
const std::string& UndoLog::path() const { return state_->path; }
int UndoLog::descriptor() const { return state_->descriptor; }

Status UndoLog::close() {
  if (state_->closed) return ok();
  const std::lock_guard guard{state_->mutex};
  BS_ASSIGN(const std::string text, read_all(state_->descriptor, state_->path));
  state_->own = parse(text);  // for records() from now on: with what the janitor wrote
  auto left = state_->own.records;
  std::erase_if(left, [](const UndoRecord& record) { return record.done; });
  if (left.empty() && ::unlink(state_->path.c_str()) != 0 && errno != ENOENT)
    return fail_errno(errno, fmt::format("cannot remove the undo log {}", state_->path));
  if (left.empty()) sync_folder(state_->path);
  state_->closed = true;
  ::close(std::exchange(state_->descriptor, -1));
  if (left.empty()) return ok();
  return fail(ErrorCode::kFailed,
              fmt::format("{} record(s) of the undo log {} are not healed: run `blackstart recover`", left.size(),
                          state_->path));
}

}  // namespace blackstart
