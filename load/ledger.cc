#include "load/ledger.h"

#include "base/check.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace blackstart {
namespace {

constexpr std::uint64_t kChunkEntries = 1U << 17;
constexpr std::size_t kChunkBytes = kChunkEntries * sizeof(std::uint64_t);
constexpr std::size_t kChunksMax = 1U << 17;  // a plane: 17 thousand million bids
constexpr std::size_t kDirectoryBytes = kChunksMax * sizeof(void*);

// An entry, from the lowest bit: outcome 4, seen in pass 0 and 1 2 each, wrong content in pass 0 and 1 1 each,
// acknowledgement + 1 in steps 54.
constexpr std::uint64_t kOutcomeMask = 0xf;
constexpr int kSeenShift[2] = {4, 6};
constexpr int kCorruptShift[2] = {8, 9};
constexpr int kAcknowledgedShift = 10;
constexpr std::uint64_t kPassesMask = 0x3f0;

void* map_memory(std::size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

Result<int> open_spill_file(const std::string& folder) {
  int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  // Not every file system knows nameless files: unlinked right after opening is the same to everyone else.
  std::string name = folder + "/ledger.XXXXXX";
  fd = mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    return fail_errno(error, fmt::format("could not create the ledger's spill file in {}", folder));
  }
  unlink(name.c_str());
  return fd;
}

std::uint64_t seen_of(std::uint64_t entry, int pass) { return (entry >> kSeenShift[pass]) & 3; }

}  // namespace

struct Ledger::State {
  using Slot = std::atomic<Entry*>;

  int attempts_max = 1;
  int fd = -1;
  std::string folder;
  std::mutex growing;  // guards what follows
  std::uint64_t file_bytes = 0;
  bool disk_full = false;
  std::vector<Slot*> planes;  // one directory of chunks an attempt number
  std::atomic<std::uint64_t> size{0};

  ~State() {
    for (Slot* plane : planes) {
      for (std::size_t chunk = 0; chunk < kChunksMax; ++chunk) {
        Entry* const entries = plane[chunk].load(std::memory_order_relaxed);
        if (entries != nullptr) munmap(entries, kChunkBytes);
      }
      munmap(plane, kDirectoryBytes);
    }
    if (fd >= 0) close(fd);
  }

  struct Place {
    std::size_t plane, chunk, offset;
  };
  [[nodiscard]] Place place(std::uint64_t id) const {
    const auto attempts = static_cast<std::uint64_t>(attempts_max);
    const std::uint64_t bid = (id - 1) / attempts;
    return {static_cast<std::size_t>((id - 1) % attempts), bid / kChunkEntries, bid % kChunkEntries};
  }

  /// One more chunk's memory; where the disk is full it is anonymous and `status` says so once.
  Entry* map_chunk(Status& status) {
    if (fd >= 0 && !disk_full) {
      const int error = posix_fallocate(fd, static_cast<off_t>(file_bytes), kChunkBytes);
      if (error == 0) {
        void* const memory =
            mmap(nullptr, kChunkBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(file_bytes));
        file_bytes += kChunkBytes;
        if (memory != MAP_FAILED) return static_cast<Entry*>(memory);
      }
      disk_full = true;
      status = fail_errno(error == 0 ? errno : error,
                          fmt::format("could not reserve {} bytes for the ledger in {} (it goes on in memory; free "
                                      "space there for longer drills)",
                                      kChunkBytes, folder));
    }
    void* const memory = map_memory(kChunkBytes);
    BS_CHECK_MESSAGE(memory != nullptr, "no memory is left for the ledger of bids");
    return static_cast<Entry*>(memory);
  }

  Status grow(const Place& to) {
    const std::lock_guard lock(growing);
    Status status = ok();
    Slot& slot = planes[to.plane][to.chunk];
    if (slot.load(std::memory_order_relaxed) == nullptr) slot.store(map_chunk(status), std::memory_order_release);
    return status;
  }
};

Result<std::unique_ptr<Ledger>> Ledger::create(const std::string& folder, int attempts_max) {
  BS_CHECK(attempts_max >= 1);
  std::unique_ptr<Ledger> ledger(new Ledger);
  ledger->state_ = std::make_unique<State>();
  State& state = *ledger->state_;
  state.attempts_max = attempts_max;
  state.folder = folder;
  if (!folder.empty()) {
    BS_ASSIGN(state.fd, open_spill_file(folder));
  }
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    void* const directory = map_memory(kDirectoryBytes);
    if (directory == nullptr) return fail_errno(errno, "could not map the ledger's directory");
    state.planes.push_back(static_cast<State::Slot*>(directory));  // zero bytes are null slots
  }
  return ledger;
}

Ledger::~Ledger() = default;

Ledger::Entry* Ledger::find(std::uint64_t id) const {
  const State::Place place = state_->place(id);
  if (id == 0 || place.chunk >= kChunksMax) return nullptr;
  Entry* const chunk = state_->planes[place.plane][place.chunk].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : chunk + place.offset;
}

Status Ledger::reserve(std::uint64_t id) {
  if (find(id) != nullptr) return ok();
  const State::Place place = state_->place(id);
  BS_CHECK_MESSAGE(id >= 1 && place.chunk < kChunksMax, "more bids than a ledger can hold");
  return state_->grow(place);
}

Ledger::Entry& Ledger::at(std::uint64_t id) {
  if (Entry* const entry = find(id)) return *entry;
  (void)reserve(id);  // a full disk was reported by the reservation ahead; here only the room matters
  return *find(id);
}

void Ledger::set(std::uint64_t id, AttemptOutcome outcome, Instant acknowledged) {
  Entry& entry = at(id);
  std::uint64_t value = entry.load(std::memory_order_relaxed) & kPassesMask;
  value |= static_cast<std::uint64_t>(outcome);
  if (acknowledged != kNever) {
    BS_CHECK(to_ns(acknowledged) >= 0);
    value |= static_cast<std::uint64_t>(to_ns(acknowledged) / kStep.count() + 1) << kAcknowledgedShift;
  }
  entry.store(value, std::memory_order_relaxed);
  std::uint64_t highest = state_->size.load(std::memory_order_relaxed);
  while (id > highest && !state_->size.compare_exchange_weak(highest, id, std::memory_order_relaxed)) {
  }
}

LedgerEntry Ledger::get(std::uint64_t id) const {
  const Entry* const entry = find(id);
  if (entry == nullptr) return {};
  const std::uint64_t value = entry->load(std::memory_order_relaxed);
  const std::uint64_t steps = value >> kAcknowledgedShift;
  return {static_cast<AttemptOutcome>(value & kOutcomeMask),
          steps == 0 ? kNever : kDrillStart + kStep * static_cast<std::int64_t>(steps - 1)};
}

int Ledger::mark_seen(std::uint64_t id, int pass) {
  Entry& entry = at(id);
  // Compare and swap: a provisional pass marks entries that a worker may be settling.
  std::uint64_t value = entry.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t before = seen_of(value, pass);
    if (before == 2) return 2;
    const std::uint64_t marked = value + (std::uint64_t{1} << kSeenShift[pass]);
    if (entry.compare_exchange_weak(value, marked, std::memory_order_relaxed)) return static_cast<int>(before);
  }
}

int Ledger::seen(std::uint64_t id, int pass) const {
  const Entry* const entry = find(id);
  return entry == nullptr ? 0 : static_cast<int>(seen_of(entry->load(std::memory_order_relaxed), pass));
}

void Ledger::mark_corrupted(std::uint64_t id, int pass) {
  at(id).fetch_or(std::uint64_t{1} << kCorruptShift[pass], std::memory_order_relaxed);
}

bool Ledger::corrupted(std::uint64_t id, int pass) const {
  const Entry* const entry = find(id);
  return entry != nullptr && ((entry->load(std::memory_order_relaxed) >> kCorruptShift[pass]) & 1) != 0;
}

void Ledger::clear_seen(int pass) {
  const std::uint64_t mask = ~((std::uint64_t{3} << kSeenShift[pass]) | (std::uint64_t{1} << kCorruptShift[pass]));
  for (State::Slot* plane : state_->planes) {
    for (std::size_t chunk = 0; chunk < kChunksMax; ++chunk) {
      Entry* const entries = plane[chunk].load(std::memory_order_acquire);
      if (entries == nullptr) continue;
      for (std::uint64_t i = 0; i < kChunkEntries; ++i) {
        if ((entries[i].load(std::memory_order_relaxed) & ~mask) != 0) entries[i].fetch_and(mask);
      }
    }
  }
}

std::uint64_t Ledger::size() const { return state_->size.load(std::memory_order_relaxed); }
int Ledger::attempts_max() const { return state_->attempts_max; }

}  // namespace blackstart
