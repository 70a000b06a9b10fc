#include "targets/live_traffic.h"

#include "load/reconcile.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>

namespace blackstart {
namespace {

Result<std::string> url_of(const std::string& service, const AddressBook& addresses, const std::string& target) {
  if (const auto address = addresses.find(service)) return address->url;
  return fail(ErrorCode::kUnavailable,
              fmt::format("traffic goes to the service {} of target {}, and it has no address now", service, target));
}

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Its own, else those of the bids that say nothing about a bid: whoever may place them may read them, too.
Result<Headers> read_back_headers(const Node& arguments, const Templates& templates, const BidMapping& bids) {
  Headers headers;
  if (const Node* own = arguments.find("headers")) {
    for (const Node::Entry& header : own->entries) {
      BS_ASSIGN(std::string value, templates.fill_for_request(header.value.scalar));
      headers.emplace_back(header.key, std::move(value));
    }
    return headers;
  }
  for (const auto& header : bids.headers)
    if (header.second.find("{{bid.") == std::string::npos) headers.push_back(header);
  return headers;
}

Status fill_read_back(const Target& target, const Templates& templates, BidMapping& mapping) {
  const LoadMapping& load = target.load;
  const Node& arguments = load.read_back_arguments;
  mapping.read_back = load.read_back;
  switch (load.read_back) {
    case LoadMapping::ReadBackKind::kNone:
      return ok();
    case LoadMapping::ReadBackKind::kBids:
      mapping.read_back_url = mapping.url;
      return ok();
    case LoadMapping::ReadBackKind::kHttp: {
      BS_ASSIGN(mapping.read_back_url, templates.fill_for_bids(arguments.text("url")));
      BS_ASSIGN(mapping.read_back_headers, read_back_headers(arguments, templates, mapping));
      mapping.items = arguments.text("items");
      mapping.id = arguments.text("id");
      mapping.crc = arguments.text("crc");
      mapping.next = arguments.text("next");
      return ok();
    }
    case LoadMapping::ReadBackKind::kRun: {
      const std::string command = arguments.is_scalar() ? arguments.scalar : arguments.text("run");
      BS_ASSIGN(mapping.run, templates.fill_for_shell(command));
      return ok();
    }
    case LoadMapping::ReadBackKind::kSql:
    case LoadMapping::ReadBackKind::kKafka:
      break;
  }
  return fail(ErrorCode::kUnsupported, "this version reads back through http or run");
}

void append_masked(const std::string& path, const Secrets& secrets, std::string_view text, bool cut) {
  std::string masked = secrets.mask(text);
  // Half a secret may stand at the cut.
  if (cut) masked.erase(0, std::min(secrets.longest(), masked.size()));
  std::ofstream log(path, std::ios::app | std::ios::binary);
  log << "--- the read-back command's standard error\n" << masked << (masked.ends_with('\n') ? "" : "\n");
}

}  // namespace

Result<BidMapping> make_mapping(const Target& target, const Templates& templates, const AddressBook& addresses,
                                const std::string& drill_id, const std::string& folder) {
  const LoadMapping& load = target.load;
  BidMapping mapping;
  mapping.protocol_bids = load.protocol_bids;
  mapping.drill_id = drill_id;
  mapping.folder = folder;
  if (load.protocol_bids) {
    BS_ASSIGN(mapping.url, url_of(load.service, addresses, target.name));
  } else {
    mapping.method = load.http.method;
    BS_ASSIGN(mapping.url, templates.fill_for_bids(load.http.url));
    BS_ASSIGN(mapping.body, templates.fill_for_bids(load.http.body));
    for (const auto& [name, text] : load.http.headers) {
      BS_ASSIGN(std::string value, templates.fill_for_bids(text));
      mapping.headers.emplace_back(name, std::move(value));
    }
    mapping.acknowledged = load.acknowledged;
    mapping.refused = load.refused;
  }
  mapping.degraded_when = load.degraded_when;
  BS_TRY(fill_read_back(target, templates, mapping));
  return mapping;
}

LiveTraffic::LiveTraffic(const Plan& plan, const Templates& templates, const AddressBook& addresses,
                         std::chrono::steady_clock::time_point origin, std::string folder)
    : plan_(plan), templates_(templates), addresses_(addresses), origin_(origin), folder_(std::move(folder)) {}

Result<BidMapping> LiveTraffic::mapping() const {
  BS_ASSIGN(BidMapping made,
            make_mapping(plan_.spec.target, templates_, addresses_, plan_.drill_id, plan_.spec.target.folder));
  made.keep_errors = [this](std::string_view text, bool cut) {
    append_masked(folder_ + "/logs/read-back.log", templates_.secrets(), text, cut);
  };
  return made;
}

Status LiveTraffic::start(const TrafficRequest& request, Generator::IntervalSink intervals,
                          Watchers::Sink notifications) {
  GeneratorConfig config;
  config.seed = seed_ = request.seed;
  config.drill_id = request.drill_id;
  config.load = plan_.spec.scenario.load.bids;
  if (!config.load.replay_file.empty())
    config.load.replay_file = (std::filesystem::path(plan_.spec.scenario.folder) / config.load.replay_file).string();
  config.service_level = plan_.spec.scenario.objectives.service_level;
  config.bin_length = plan_.bin_length;
  BS_ASSIGN(config.mapping, mapping());
  config.origin = origin_;
  config.start = request.start;
  config.folder = folder_;
  const std::string bids_url = config.mapping.url;
  BS_ASSIGN(auto generator, Generator::create(std::move(config)));
  {
    const std::lock_guard lock(mutex_);
    generator_ = std::move(generator);
    end_.reset();
  }
  BS_TRY(generator_->start(std::move(intervals)));
  return start_watchers(bids_url, std::move(notifications));
}

Result<std::string> LiveTraffic::watch_url(const std::string& bids_url) const {
  const Node* load = plan_.spec.target.resolved.find("load");
  const std::string service = load == nullptr ? std::string() : load->text("watch");
  if (service.empty()) return bids_url;
  return url_of(service, addresses_, plan_.spec.target.name);
}

Status LiveTraffic::start_watchers(const std::string& bids_url, Watchers::Sink notifications) {
  const Load& load = plan_.spec.scenario.load;
  if (load.watchers_live == 0) return ok();
  WatchersConfig config;
  BS_ASSIGN(config.url, watch_url(bids_url));
  config.count = load.watchers_live;
  config.seed = seed_;
  config.auctions = load.bids.auctions;
  config.popularity_zipf = load.bids.popularity_zipf;
  config.origin = origin_;
  BS_ASSIGN(watchers_, Watchers::start(std::move(config), generator_->ledger(), std::move(notifications)));
  return ok();
}

Result<TrafficEnd> LiveTraffic::stop() {
  if (end_) return *end_;
  if (!generator_) return fail(ErrorCode::kInvalid, "no traffic was started");
  auto end = generator_->stop();
  if (watchers_) watchers_->stop();
  if (end) end_ = *end;
  return end;
}

void LiveTraffic::cut_bins(Instant at) {
  const std::lock_guard lock(mutex_);
  if (generator_) generator_->cut_bins(at);
}

Result<ReadBackResult> LiveTraffic::read_back(const ReadBackRequest& request, const BlockingLimit& limit) {
  if (!generator_) return fail(ErrorCode::kInvalid, "nothing can be read back: no traffic was started");
  BS_ASSIGN(const BidMapping current, mapping());
  const BidLoad& load = plan_.spec.scenario.load.bids;
  const ContentMaker content(seed_, load.auctions, load.popularity_zipf, generator_->ledger().attempts_max());
  return blackstart::read_back(current, generator_->ledger(), content, generator_->schedule(), plan_.bin_length,
                               request, limit.deadline, limit.stop);
}

}  // namespace blackstart
