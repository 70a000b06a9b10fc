#include "targets/auction/committer.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace blackstart::auction {

namespace {

struct Item {
  WriteJob job;
  Committer::JobDone done;
  std::function<Status(LogWriter&)> act;  // instead of a job
  std::function<void(Status)> act_done;
};

}  // namespace

bool certainly_not_stored(ErrorCode code) { return code == ErrorCode::kUnavailable || code == ErrorCode::kProtocol; }

struct Committer::State {
  EventLoop& loop;
  std::unique_ptr<LogWriter> writer;
  Config config;
  GroupDone group_done;

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<Item> queue;
  std::size_t entries_queued = 0;
  bool ending = false;
  std::atomic<std::uint64_t> commits{0};
  Status broken = ok();  // once the writer failed in a way that leaves its state unknown, nothing is written again
  std::thread thread;

  void push(Item item) {
    {
      const std::lock_guard lock(mutex);
      entries_queued += item.job.batch.entries.size();
      queue.push_back(std::move(item));
    }
    wake.notify_one();
  }

  void run();
  void work(std::vector<Item> items);
  void commit(std::vector<Item> items);
  void report(Status status, std::vector<Item> items, std::uint64_t before);
  void act(Item item);
};

void Committer::State::run() {
  auto begin_next = SteadyClock::now();
  for (;;) {
    std::unique_lock lock(mutex);
    wake.wait(lock, [this] { return ending || !queue.empty(); });
    if (queue.empty()) return;
    if (!ending) {
      lock.unlock();
      std::this_thread::sleep_until(begin_next);  // what arrives meanwhile shares the commit
      lock.lock();
    }
    auto items = std::exchange(queue, {});
    entries_queued = 0;
    lock.unlock();
    begin_next = SteadyClock::now() + config.interval;
    work(std::move(items));
  }
}

// Jobs between two acts share a commit.
void Committer::State::work(std::vector<Item> items) {
  std::vector<Item> group;
  for (auto& item : items) {
    if (!item.act) {
      group.push_back(std::move(item));
      continue;
    }
    commit(std::exchange(group, {}));
    act(std::move(item));
  }
  commit(std::move(group));
}

void Committer::State::commit(std::vector<Item> items) {
  if (items.empty()) return;
  const auto before = writer->position();
  if (config.bug == Bug::kAckBeforeCommit) {
    auto early = items;
    for (auto& item : early) item.job.marks.assign(item.job.batch.entries.size(), '0');
    report(ok(), std::move(early), before);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (auto& item : items) item.done = {};
  }
  std::vector<WriteJob*> jobs;
  jobs.reserve(items.size());
  for (auto& item : items) jobs.push_back(&item.job);
  const auto status = broken ? writer->write(jobs, wall_now_ns()) : broken;
  if (!status && !certainly_not_stored(status.error().code)) broken = status;
  commits.fetch_add(1, std::memory_order_relaxed);
  report(status, std::move(items), before);
}

void Committer::State::report(Status status, std::vector<Item> items, std::uint64_t before) {
  CommittedGroup group{
      .first = before + 1, .last = writer->position(), .newest_ns = writer->newest_ns(), .log_text = {}};
  if (status && group.last > before) {
    for (const auto& item : items) group.log_text += encode(item.job.batch, LineForm::kLog);
  }
  // One trip to the loop for the whole group.
  auto held = std::make_shared<std::vector<Item>>(std::move(items));
  auto told = std::make_shared<CommittedGroup>(std::move(group));
  loop.post([this, status, held, told] {
    if (status) group_done(std::move(*told));
    for (auto& item : *held) {
      if (item.done) item.done(status, item.job);
    }
  });
}

void Committer::State::act(Item item) {
  const auto status = item.act(*writer);
  loop.post([status, done = std::move(item.act_done)] { done(status); });
}

Committer::Committer(EventLoop& loop, std::unique_ptr<LogWriter> writer, Config config, GroupDone group_done)
    : state_(new State{.loop = loop,
                       .writer = std::move(writer),
                       .config = config,
                       .group_done = std::move(group_done),
                       .mutex = {},
                       .wake = {},
                       .queue = {},
                       .broken = ok(),
                       .thread = {}}) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Committer::~Committer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_one();
  state_->thread.join();
}

bool Committer::submit(WriteJob job, JobDone done) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->entries_queued > state_->config.entries_max) return false;
  }
  state_->push(Item{.job = std::move(job), .done = std::move(done), .act = {}, .act_done = {}});
  return true;
}

void Committer::run(std::function<Status(LogWriter&)> act, std::function<void(Status)> done) {
  state_->push(Item{.job = {}, .done = {}, .act = std::move(act), .act_done = std::move(done)});
}

const Leaders& Committer::leaders() const { return state_->writer->leaders(); }
std::uint64_t Committer::commits() const { return state_->commits.load(std::memory_order_relaxed); }
std::size_t Committer::queued() const {
  const std::lock_guard lock(state_->mutex);
  return state_->entries_queued;
}

}  // namespace blackstart::auction
