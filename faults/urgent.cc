#include "faults/urgent.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace blackstart {
namespace {

id_t this_thread() { return static_cast<id_t>(::syscall(SYS_gettid)); }

}  // namespace

Urgent::Urgent() {
  sched_param first{};
  first.sched_priority = 1;
  const bool ordinary = ::sched_getscheduler(0) == SCHED_OTHER;
  if (ordinary && ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first) == 0) {
    granted_ = Granted::kRealTime;
    return;
  }
  usual_nice_ = ::getpriority(PRIO_PROCESS, this_thread());
  if (::setpriority(PRIO_PROCESS, this_thread(), -15) == 0) granted_ = Granted::kNice;
}

Urgent::~Urgent() {
  const sched_param usual{};
  if (granted_ == Granted::kRealTime) ::sched_setscheduler(0, SCHED_OTHER, &usual);
  if (granted_ == Granted::kNice) ::setpriority(PRIO_PROCESS, this_thread(), usual_nice_);
}

}  // namespace blackstart
