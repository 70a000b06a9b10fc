#include "load/reconcile.h"
#include "load/stored_source.h"

#include "base/check.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace blackstart {
namespace {

ReadBackResult incomplete(std::string why, int passes_done, std::uint64_t read) {
  ReadBackResult result;
  result.why_incomplete = std::move(why);
  result.passes = passes_done;
  result.read = read;
  return result;
}

}  // namespace

Result<ReadBackResult> read_back(const BidMapping& mapping, Ledger& ledger, const ContentMaker& content,
                                 const ScheduleConfig& schedule, Duration first_bin, const ReadBackRequest& request,
                                 std::chrono::steady_clock::time_point deadline, std::stop_token stop) {
  BS_CHECK(request.passes == 1 || request.passes == 2);
  auto source = StoredSource::create(mapping, content);
  if (!source) return incomplete(source.error().to_string(), 0, 0);
  Reconciler reconciler(ledger, content, schedule, first_bin);
  const auto progress = request.progress ? request.progress : std::make_shared<ReadBackProgress>();
  for (int pass = 0; pass < request.passes; ++pass) {
    progress->read = 0;
    progress->pass = pass + 1;
    reconciler.begin_pass(pass);
    const Status status = (*source)->read(
        [&](const StoredBid& bid) {
          progress->read.fetch_add(1, std::memory_order_relaxed);
          reconciler.add(bid);
        },
        {deadline, stop});
    if (!status && status.error().code == ErrorCode::kCancelled) return status.error();
    if (!status) {
      return incomplete(fmt::format("pass {} of the read-back failed: {}", pass + 1, status.error().to_string()), pass,
                        progress->read);
    }
    reconciler.end_pass();
  }
  return reconciler.result(request);
}

}  // namespace blackstart
