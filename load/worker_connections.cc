// The worker's descriptors: dialling, sending, reading answers.
#include "load/worker.h"

#include "base/check.h"

#include <sys/epoll.h>
#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

constexpr std::int64_t kShortageNs = 10'000'000;  // before dialling again after a local shortage
constexpr int kReadsAtOnce = 16;  // one connection's share of a wake-up: an endless answer starves nobody

}  // namespace

void Worker::dial_more(std::int64_t now) {
  while (dialling_.size < waiting_size_ && open_connections() < pool_.max && now >= dial_again_ns_) {
    if (!dial(now)) break;
  }
}

bool Worker::dial(std::int64_t now) {
  std::uint32_t index = 0;
  if (closed_slots_.empty()) {
    index = static_cast<std::uint32_t>(connections_.size());
    connections_.emplace_back(&shared_.classifier->kept_headers(), shared_.classifier->limits());
  } else {
    index = closed_slots_.back();
    closed_slots_.pop_back();
  }
  Connection& connection = connections_[index];
  connection.state = State::kDialling;
  connection.address = preferred_address_;
  connection.addresses_tried = 0;
  connection.since_ns = now;
  join(dialling_, index);
  connections_peak_.store(std::max(connections_peak(), open_connections()), std::memory_order_relaxed);
  const DialState state = dial_address(index);
  if (state == DialState::kRefused) on_dial_failed(index);
  if (state != DialState::kLocal) return true;
  close(index);
  dial_again_ns_ = now + kShortageNs;
  return false;
}

DialState Worker::dial_address(std::uint32_t index) {
  Connection& connection = connections_[index];
  ++connection.addresses_tried;
  const DialState state = connection.channel.dial(shared_.addresses[connection.address % shared_.addresses.size()]);
  if (state != DialState::kPending || watch(index, EPOLLIN | EPOLLOUT)) return state;
  connection.channel.close();
  return DialState::kLocal;
}

void Worker::on_dialled(std::uint32_t index) {
  if (connections_[index].channel.dial_error() != 0) return on_dial_failed(index);
  preferred_address_ = connections_[index].address;
  connections_[index].state = State::kHandshake;
  on_handshake(index);
}

void Worker::on_dial_failed(std::uint32_t index) {
  Connection& connection = connections_[index];
  while (connection.addresses_tried < shared_.addresses.size()) {
    connection.channel.close();
    connection.events = 0;
    ++connection.generation;
    connection.address = static_cast<std::uint16_t>((connection.address + 1) % shared_.addresses.size());
    const DialState state = dial_address(index);
    if (state == DialState::kPending) return;
    if (state == DialState::kLocal) break;
  }
  close(index);
  // The connection was asked for by the bid that has waited longest.
  if (waiting_size_ == 0) return;
  Attempt attempt = pop_waiting();
  conclude(attempt, AttemptOutcome::kRefused, true, shared_.now_ns(), -1);
}

void Worker::on_handshake(std::uint32_t index) {
  Connection& connection = connections_[index];
  switch (connection.channel.handshake(shared_.tls)) {
    case IoState::kDone:
      return on_open(index);
    case IoState::kWantRead:
      watch(index, EPOLLIN);
      return;
    case IoState::kWantWrite:
      watch(index, EPOLLIN | EPOLLOUT);
      return;
    case IoState::kClosed:
    case IoState::kFailed:
      connection.addresses_tried = static_cast<std::uint16_t>(shared_.addresses.size());
      return on_dial_failed(index);
  }
}

void Worker::on_open(std::uint32_t index) {
  watch(index, EPOLLIN);
  leave(dialling_, index);
  connections_[index].state = State::kClosed;  // in no list until make_free
  make_free(index, shared_.now_ns());
}

void Worker::make_free(std::uint32_t index, std::int64_t now) {
  connections_[index].state = State::kIdle;
  join(idle_, index);
  if (waiting_size_ > 0) return serve_waiting(now);
  if (!shared_.as_fast_as_possible || holding()) return;
  Attempt attempt;
  attempt.bid = closed_loop_bid_;
  attempt.intended_ns = attempt.due_ns = now;
  closed_loop_bid_ += static_cast<std::uint64_t>(shared_.workers);
  send_attempt(idle_.first, attempt, now);
}

void Worker::serve_waiting(std::int64_t now) {
  while (idle_.size > 0 && waiting_size_ > 0) send_attempt(idle_.first, pop_waiting(), now);
}

void Worker::send_attempt(std::uint32_t index, Attempt attempt, std::int64_t now) {
  Connection& connection = connections_[index];
  BS_CHECK(connection.state == State::kIdle);
  const BidContent content = shared_.content->make(attempt.bid, attempt.number);
  shared_.ledger->set(content.id, AttemptOutcome::kInFlight);
  shared_.requests->make(content, scratch_, request_);
  const IoResult sent = connection.channel.write(request_);
  if (sent.state == IoState::kFailed || sent.state == IoState::kClosed) {
    // Closed by the target while it was idle: nothing of the bid left, another connection takes it.
    close(index);
    push_waiting(attempt, true);
    return;
  }
  if (!attempt.waited && attempt.number == 0 && !shared_.as_fast_as_possible) {
    attempt.lateness_ns = std::max<std::int64_t>(now - attempt.intended_ns, 0);
  }
  leave(idle_, index);
  connection.parser.reset();
  connection.attempt = attempt;
  connection.since_ns = now;
  connection.written = sent.bytes;
  connection.state = sent.bytes == request_.size() ? State::kAwaiting : State::kSending;
  join(in_flight_, index);
  if (connection.state == State::kSending) watch(index, EPOLLIN | EPOLLOUT);
}

void Worker::write_rest(std::uint32_t index) {
  Connection& connection = connections_[index];
  // What a bid says follows from its id: rendered again rather than kept.
  shared_.requests->make(shared_.content->make(connection.attempt.bid, connection.attempt.number), scratch_, request_);
  while (connection.written < request_.size()) {
    const IoResult sent = connection.channel.write(std::string_view(request_).substr(connection.written));
    if (sent.state == IoState::kWantWrite || sent.state == IoState::kWantRead) return;
    if (sent.state != IoState::kDone) return on_lost(index);
    connection.written += sent.bytes;
  }
  connection.state = State::kAwaiting;
  watch(index, EPOLLIN);
}

void Worker::on_readable(std::uint32_t index) {
  Connection& connection = connections_[index];
  for (int i = 0; i < kReadsAtOnce; ++i) {
    const IoResult got = connection.channel.read(read_buffer_.data(), read_buffer_.size());
    if (got.state == IoState::kWantRead || got.state == IoState::kWantWrite) {
      if (connection.state != State::kSending) watch(index, EPOLLIN);
      return;
    }
    if (connection.state == State::kIdle) return close(index);  // closed, or bytes that nobody asked for
    if (got.state != IoState::kDone) {
      const bool ended = got.state == IoState::kClosed && connection.parser.begun() &&
                         connection.parser.finish() == HttpParser::Progress::kComplete;
      return ended ? on_answer(index, true) : on_lost(index);
    }
    std::size_t consumed = 0;
    switch (connection.parser.feed({read_buffer_.data(), got.bytes}, consumed)) {
      case HttpParser::Progress::kComplete:
        return on_answer(index, consumed < got.bytes);
      case HttpParser::Progress::kError:
        return on_lost(index);
      case HttpParser::Progress::kNeedMore:
        break;
    }
    if (shared_.tls == nullptr && got.bytes < read_buffer_.size()) return;
  }
  // More is there. Plain descriptors tell again by themselves; what TLS has decrypted already they would not tell.
  if (shared_.tls != nullptr) watch(index, EPOLLIN | EPOLLOUT);
}

void Worker::on_answer(std::uint32_t index, bool more_follows) {
  Connection& connection = connections_[index];
  const std::int64_t now = shared_.now_ns();
  Attempt attempt = connection.attempt;
  const std::int64_t service = now - connection.since_ns;
  const AnswerMeaning meaning = shared_.classifier->classify(connection.parser, id_of(attempt));
  const bool reusable = connection.state == State::kAwaiting && connection.parser.keep_alive() && !more_follows;
  if (reusable) {
    watch(index, EPOLLIN);
    leave(in_flight_, index);
    connection.state = State::kClosed;  // in no list until make_free
  } else {
    close(index);
  }
  conclude(attempt, meaning.outcome, meaning.worth_retrying, now, service);
  if (reusable) make_free(index, now);
}

void Worker::on_lost(std::uint32_t index) {
  Connection& connection = connections_[index];
  Attempt attempt = connection.attempt;
  close(index);
  conclude(attempt, AttemptOutcome::kIndeterminate, true, shared_.now_ns(), -1);
}

void Worker::close(std::uint32_t index) {
  Connection& connection = connections_[index];
  if (connection.state != State::kClosed) leave(lane_of(connection.state), index);
  connection.channel.close();  // which ends epoll's watch, too
  connection.state = State::kClosed;
  connection.events = 0;
  ++connection.generation;
  closed_slots_.push_back(index);
}

bool Worker::watch(std::uint32_t index, std::uint32_t events) {
  Connection& connection = connections_[index];
  if (connection.events == events) return true;
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<std::uint64_t>(connection.generation) << 32 | index;
  const int operation = connection.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_, operation, connection.channel.fd(), &event) != 0) {
    BS_CHECK(operation == EPOLL_CTL_ADD);  // only a new watch can find the kernel's limit reached
    return false;
  }
  connection.events = events;
  return true;
}

Worker::Lane& Worker::lane_of(State state) {
  BS_CHECK(state != State::kClosed);
  if (state == State::kIdle) return idle_;
  return state == State::kDialling || state == State::kHandshake ? dialling_ : in_flight_;
}

void Worker::join(Lane& lane, std::uint32_t index) {
  Connection& connection = connections_[index];
  connection.previous = lane.last;
  connection.next = kNone;
  (lane.last == kNone ? lane.first : connections_[lane.last].next) = index;
  lane.last = index;
  ++lane.size;
}

void Worker::leave(Lane& lane, std::uint32_t index) {
  const Connection& connection = connections_[index];
  (connection.previous == kNone ? lane.first : connections_[connection.previous].next) = connection.next;
  (connection.next == kNone ? lane.last : connections_[connection.next].previous) = connection.previous;
  --lane.size;
}

}  // namespace blackstart
