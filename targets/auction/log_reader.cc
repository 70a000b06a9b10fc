#include "targets/auction/log_reader.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "targets/auction/entry.h"
#include "targets/auction/sqlite.h"

namespace blackstart::auction {

namespace {

constexpr std::size_t kWaitingMax = 256;
constexpr const char* kColumns = "position, at_ns, id, auction, bidder, amount, crc, round, log.drill";

std::int64_t bound(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Entry entry_of(const Statement& row) {
  Entry entry;
  entry.position = static_cast<std::uint64_t>(row.integer(0));
  entry.at_ns = row.integer(1);
  entry.id = static_cast<std::uint64_t>(row.integer(2));
  entry.auction = static_cast<std::uint32_t>(row.integer(3));
  entry.bidder = static_cast<std::uint32_t>(row.integer(4));
  entry.amount = row.integer(5);
  entry.crc = static_cast<std::uint32_t>(row.integer(6));
  entry.round = static_cast<std::uint64_t>(row.integer(7));
  return entry;
}

void append_closing_line(std::string& out, const Entry& entry) {
  const std::string winner =
      entry.id == 0 ? "null"
                    : fmt::format(R"({{"id":"{}","bidder":{},"amount":{}}})", entry.id, entry.bidder, entry.amount);
  fmt::format_to(std::back_inserter(out),
                 R"({{"auction":{},"round":{},"position":{},"at_ns":{},"winner":{}}})"
                 "\n",
                 entry.auction, entry.round, entry.position, entry.at_ns, winner);
}

/// Everything that runs on the reading thread.
class Pages {
 public:
  explicit Pages(Sqlite database) : database_(std::move(database)) {}

  Status prepare() {
    const std::string head = fmt::format("SELECT {} FROM log ", kColumns);
    const std::string range = "position > ?1 AND position <= ?2 ";
    const std::string tail = "ORDER BY position LIMIT ?3";
    BS_TRY(database_.execute("PRAGMA query_only=1"));
    BS_ASSIGN(bids_, database_.prepare(head + "WHERE " + range + "AND round = 0 " + tail));
    BS_ASSIGN(bids_of_, database_.prepare(head + "WHERE " + range + "AND round = 0 AND drill = ?4 " + tail));
    BS_ASSIGN(closings_, database_.prepare(head + "WHERE " + range + "AND round <> 0 " + tail));
    BS_ASSIGN(log_, database_.prepare(fmt::format("SELECT {}, name FROM log JOIN drills ON drills.number = log.drill "
                                                  "WHERE {}{}",
                                                  kColumns, range, tail)));
    BS_ASSIGN(drill_, database_.prepare("SELECT number, first FROM drills WHERE name = ?"));
    return ok();
  }

  Result<Page> read(const PageRequest& request) {
    switch (request.kind) {
      case PageRequest::Kind::kBids:
        return read_bids(request);
      case PageRequest::Kind::kClosings:
        return read_rows(closings_, request, append_closing_line);
      case PageRequest::Kind::kLog:
        return read_log(request);
    }
    return fail(ErrorCode::kInternal, "no such page");
  }

 private:
  Result<Page> read_bids(PageRequest request) {
    if (!request.drill) return read_rows(bids_, request, append_read_back_line);
    BS_ASSIGN(const bool known, drill_.bind(1, *request.drill).step());
    if (!known) return Page{.text = {}, .lines = 0, .last = request.after, .more = false};
    bids_of_.bind(4, drill_.integer(0));
    // A drill's bids lie together: its first position spares a scan of all drills before it, at no index's cost.
    request.after = std::max(request.after, static_cast<std::uint64_t>(drill_.integer(1)) - 1);
    drill_.reset();
    return read_rows(bids_of_, request, append_read_back_line);
  }

  template <class Format>
  static Result<Page> read_rows(Statement& rows, const PageRequest& request, Format format) {
    Page page{.text = {}, .lines = 0, .last = request.after, .more = false};
    page.text.reserve(std::min<std::uint64_t>(request.limit, 1000) * 96);
    rows.bind(1, bound(request.after)).bind(2, bound(request.until)).bind(3, bound(request.limit + 1));
    for (;;) {
      BS_ASSIGN(const bool row, rows.step());
      if (!row) return page;
      if (page.lines == request.limit) {  // only the row beyond the limit tells that this is not the last page
        page.more = true;
        rows.reset();
        return page;
      }
      const Entry entry = entry_of(rows);
      format(page.text, entry);
      page.last = entry.position;
      ++page.lines;
    }
  }

  Result<Page> read_log(const PageRequest& request) {
    Batch batch;
    log_.bind(1, bound(request.after)).bind(2, bound(request.until)).bind(3, bound(request.limit));
    for (;;) {
      BS_ASSIGN(const bool row, log_.step());
      if (!row) break;
      Entry entry = entry_of(log_);
      entry.drill = batch.drill_index(log_.text(9));
      batch.entries.push_back(entry);
    }
    const auto last = batch.entries.empty() ? request.after : batch.entries.back().position;
    return Page{.text = encode(batch, LineForm::kLog), .lines = batch.entries.size(), .last = last, .more = false};
  }

  Sqlite database_;
  Statement bids_, bids_of_, closings_, log_, drill_;
};

}  // namespace

struct LogReader::State {
  State(EventLoop& event_loop, Sqlite database) : loop(event_loop), pages(std::move(database)) {}

  EventLoop& loop;
  Pages pages;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::pair<PageRequest, Done>> waiting;
  bool ending = false;
  std::thread thread;

  void run() {
    for (;;) {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return ending || !waiting.empty(); });
      if (ending) return;
      auto [request, done] = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      auto page = std::make_shared<Result<Page>>(pages.read(request));
      loop.post([page, done = std::move(done)] { done(std::move(*page)); });
    }
  }
};

LogReader::LogReader(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<LogReader>> LogReader::start(EventLoop& loop, const std::string& path) {
  BS_ASSIGN(auto database, Sqlite::open(path));
  auto state = std::make_unique<State>(loop, std::move(database));
  BS_TRY(state->pages.prepare());
  auto* running = state.get();
  state->thread = std::thread([running] { running->run(); });
  return std::unique_ptr<LogReader>(new LogReader(std::move(state)));
}

LogReader::~LogReader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_one();
  state_->thread.join();
}

bool LogReader::submit(PageRequest request, Done done) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() >= kWaitingMax) return false;
    state_->waiting.emplace_back(std::move(request), std::move(done));
  }
  state_->wake.notify_one();
  return true;
}

}  // namespace blackstart::auction
