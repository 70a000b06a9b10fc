#include "targets/auction/log_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace blackstart::auction {

namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timeline (epoch INTEGER PRIMARY KEY, start INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS drills (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS log (
  position INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, id INTEGER NOT NULL, auction INTEGER NOT NULL,
  bidder INTEGER NOT NULL, amount INTEGER NOT NULL, crc INTEGER NOT NULL, round INTEGER NOT NULL,
  drill INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS closings (
  auction INTEGER, round INTEGER, position INTEGER NOT NULL, PRIMARY KEY (auction, round)) WITHOUT ROWID;
)sql";

std::int64_t stored(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<int> lock_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot create --data {}: {}", folder, error.message()));
  const std::string path = folder + "/lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return fail_errno(errno, "cannot open " + path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  ::close(descriptor);
  return fail(ErrorCode::kUnavailable,
              fmt::format("--data {} is in use by another store: stop that one, or choose another folder", folder));
}

}  // namespace

LogWriter::~LogWriter() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::unique_ptr<LogWriter>> LogWriter::open(const std::string& folder) {
  std::unique_ptr<LogWriter> writer(new LogWriter());
  BS_ASSIGN(writer->lock_, lock_folder(folder));
  writer->path_ = folder + "/auction.db";
  BS_ASSIGN(writer->database_, Sqlite::open(writer->path_));
  BS_TRY(writer->prepare());
  BS_TRY(writer->load());
  return writer;
}

Status LogWriter::prepare() {
  // The promise of an acknowledgement rests on these two: asked back, not assumed.
  BS_ASSIGN(const auto mode, database_.text("PRAGMA journal_mode=WAL", ""));
  BS_TRY(database_.execute("PRAGMA synchronous=FULL"));
  BS_ASSIGN(const auto synchronous, database_.integer("PRAGMA synchronous", 0));
  if (mode != "wal" || synchronous != 2) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: SQLite would not take journal_mode=WAL with synchronous=FULL (has {} and {}); "
                            "use a local file system for --data",
                            path_, mode, synchronous));
  }
  // Fewer, larger checkpoints: each one makes the commit that meets it wait for two more fsyncs.
  BS_TRY(database_.execute("PRAGMA wal_autocheckpoint=4000"));
  BS_TRY(database_.execute(kSchema));
  BS_ASSIGN(insert_, database_.prepare("INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)"));
  BS_ASSIGN(insert_closing_, database_.prepare("INSERT INTO closings VALUES (?,?,?) ON CONFLICT DO NOTHING "
                                               "RETURNING 1"));
  BS_ASSIGN(insert_drill_, database_.prepare("INSERT INTO drills (name, first) VALUES (?,?) RETURNING number"));
  BS_ASSIGN(begin_, database_.prepare("BEGIN IMMEDIATE"));
  BS_ASSIGN(commit_, database_.prepare("COMMIT"));
  BS_ASSIGN(rollback_, database_.prepare("ROLLBACK"));
  return ok();
}

Status LogWriter::load() {
  BS_ASSIGN(auto drills, database_.prepare("SELECT name, number FROM drills"));
  for (;;) {
    BS_ASSIGN(const bool row, drills.step());
    if (!row) break;
    drills_[drills.text(0)] = drills.integer(1);
  }
  BS_ASSIGN(auto epochs, database_.prepare("SELECT epoch, start FROM timeline ORDER BY epoch"));
  for (;;) {
    BS_ASSIGN(const bool row, epochs.step());
    if (!row) break;
    timeline_.add(Epoch{static_cast<std::uint64_t>(epochs.integer(0)), static_cast<std::uint64_t>(epochs.integer(1))});
  }
  BS_ASSIGN(auto log, database_.prepare("SELECT position, at_ns, id, auction, bidder, amount, round FROM log "
                                        "ORDER BY position"));
  for (;;) {
    BS_ASSIGN(const bool row, log.step());
    if (!row) break;
    Entry entry;
    entry.position = position_ = static_cast<std::uint64_t>(log.integer(0));
    entry.at_ns = newest_ns_ = log.integer(1);
    entry.id = static_cast<std::uint64_t>(log.integer(2));
    entry.auction = static_cast<std::uint32_t>(log.integer(3));
    entry.bidder = static_cast<std::uint32_t>(log.integer(4));
    entry.amount = log.integer(5);
    entry.round = static_cast<std::uint64_t>(log.integer(6));
    leaders_.apply(entry);
  }
  leaders_.keep();
  return ok();
}

Status LogWriter::write(std::span<WriteJob* const> jobs, std::int64_t at_ns) {
  next_ = position_ + 1;
  next_newest_ns_ = newest_ns_;
  Status status = begin_.run();
  for (auto* job : jobs) {
    if (!status) break;
    status = write_job(*job, at_ns);
  }
  if (status) status = commit_.run();
  if (status) {
    position_ = next_ - 1;
    newest_ns_ = next_newest_ns_;
    leaders_.keep();
    return status;
  }
  leaders_.discard();
  drills_.clear();  // some may have been rolled back: looked up again
  if (database_.in_transaction() && !rollback_.run()) return fail(ErrorCode::kIo, status.error().message);
  return status;
}

Status LogWriter::write_job(WriteJob& job, std::int64_t at_ns) {
  std::vector<std::int64_t> numbers;
  for (const auto& name : job.batch.drills) {
    BS_ASSIGN(const auto number, drill_number(name));
    numbers.push_back(number);
  }
  job.marks.clear();
  for (auto& entry : job.batch.entries) {
    if (!job.placed) entry.at_ns = at_ns;
    BS_ASSIGN(const char mark, write_entry(entry, job.placed, numbers[entry.drill]));
    job.marks += mark;
  }
  if (!job.placed) std::erase_if(job.batch.entries, [](const Entry& entry) { return entry.position == 0; });
  return ok();
}

Result<char> LogWriter::write_entry(Entry& entry, bool placed, std::int64_t drill_number) {
  if (placed && entry.position != next_) {
    return fail(ErrorCode::kProtocol,
                fmt::format("the primary's log goes on at {} where {} was due", entry.position, next_));
  }
  if (entry.is_closing()) {
    insert_closing_.bind(1, entry.auction).bind(2, stored(entry.round)).bind(3, stored(next_));
    BS_ASSIGN(const bool closed_now, insert_closing_.step());
    insert_closing_.reset();
    if (!closed_now && bug_ != Bug::kCloseTwice) return 'a';
    const Leader winner = leaders_.tentative(entry.auction);
    entry.id = winner.id;
    entry.bidder = winner.bidder;
    entry.amount = winner.amount;
  }
  entry.position = next_;
  insert_.bind(1, stored(next_)).bind(2, entry.at_ns).bind(3, stored(entry.id)).bind(4, entry.auction);
  insert_.bind(5, entry.bidder).bind(6, entry.amount).bind(7, entry.crc).bind(8, stored(entry.round));
  BS_TRY(insert_.bind(9, drill_number).run());
  ++next_;
  next_newest_ns_ = entry.at_ns;
  const bool leads = leaders_.apply(entry);
  return entry.is_closing() ? 'c' : leads ? '1' : '0';
}

Result<std::int64_t> LogWriter::drill_number(const std::string& name) {
  if (auto known = drills_.find(name); known != drills_.end()) return known->second;
  BS_ASSIGN(auto find, database_.prepare("SELECT number FROM drills WHERE name = ?"));
  BS_ASSIGN(const bool found, find.bind(1, name).step());
  std::int64_t number = 0;
  if (found) {
    number = find.integer(0);
  } else {
    insert_drill_.bind(1, name).bind(2, stored(next_));
    BS_ASSIGN(const bool inserted, insert_drill_.step());
    number = inserted ? insert_drill_.integer(0) : 0;
    insert_drill_.reset();
  }
  drills_[name] = number;
  return number;
}

Status LogWriter::transact(const std::function<Status()>& change) {
  BS_TRY(begin_.run());
  Status status = change();
  if (status) status = commit_.run();
  if (!status && database_.in_transaction()) BS_TRY(rollback_.run());
  return status;
}

Status LogWriter::put_timeline(const Timeline& timeline) {
  BS_TRY(database_.execute("DELETE FROM timeline"));
  for (const auto& epoch : timeline.epochs()) {
    BS_TRY(database_.execute(fmt::format("INSERT INTO timeline VALUES ({}, {})", epoch.number, epoch.start)));
  }
  return ok();
}

Status LogWriter::adopt(const std::string& cluster, const Timeline& timeline) {
  BS_TRY(transact([&]() -> Status {
    BS_TRY(put_timeline(timeline));
    return set_note("cluster", cluster);
  }));
  timeline_ = timeline;
  return ok();
}

Status LogWriter::begin_epoch(const std::string& origin) {
  Timeline timeline = timeline_;
  timeline.advance(position_);
  BS_TRY(transact([&]() -> Status {
    BS_TRY(put_timeline(timeline));
    BS_TRY(set_note("role", "primary"));
    return set_note("origin", origin);
  }));
  timeline_ = timeline;
  return ok();
}

Result<std::string> LogWriter::note(const std::string& key) {
  BS_ASSIGN(auto find, database_.prepare("SELECT value FROM notes WHERE key = ?"));
  BS_ASSIGN(const bool found, find.bind(1, key).step());
  return found ? find.text(0) : std::string();
}

Status LogWriter::set_note(const std::string& key, const std::string& value) {
  BS_ASSIGN(auto put,
            database_.prepare("INSERT INTO notes VALUES (?,?) ON CONFLICT DO UPDATE SET value=excluded.value"));
  return put.bind(1, key).bind(2, value).run();
}

}  // namespace blackstart::auction
