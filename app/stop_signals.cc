#include "app/stop_signals.h"

#include "app/exit_codes.h"

#include <unistd.h>

#include <csignal>

namespace blackstart {
namespace {

volatile std::sig_atomic_t signals = 0;

extern "C" void count_stop_signal(int) {
  signals = signals + 1;
  if (signals > 2) ::_exit(kExitStopped);
}

}  // namespace

StopSignals::StopSignals() {
  signals = 0;
  std::signal(SIGINT, count_stop_signal);
  std::signal(SIGTERM, count_stop_signal);
  counts_hangup_ = std::signal(SIGHUP, count_stop_signal) != SIG_IGN;
  if (!counts_hangup_) std::signal(SIGHUP, SIG_IGN);  // as nohup wants it
}

StopSignals::~StopSignals() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (counts_hangup_) std::signal(SIGHUP, SIG_DFL);
}

int StopSignals::count() const { return signals; }

}  // namespace blackstart
