#include "targets/local/start_order.h"

#include "base/text.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace blackstart {
namespace {

class Walk {
 public:
  explicit Walk(const Target& target) : target_(target) {}

  Status visit(const ServiceSpec& service) {
    if (std::ranges::find(order_, service.name) != order_.end()) return ok();
    const bool circle = std::ranges::find(path_, service.name) != path_.end();
    path_.push_back(service.name);
    if (circle) {
      const auto first = std::ranges::find(path_, service.name);
      return fail(ErrorCode::kInvalid,
                  fmt::format("target {}: services need each other in a circle: {}; remove one of these needs",
                              target_.name, join(std::vector<std::string>(first, path_.end()), " -> ")));
    }
    for (const std::string& need : service.needs) {
      if (const ServiceSpec* needed = target_.find_service(need)) BS_TRY(visit(*needed));
    }
    path_.pop_back();
    order_.push_back(service.name);
    return ok();
  }
  std::vector<std::string> take() { return std::move(order_); }

 private:
  const Target& target_;
  std::vector<std::string> path_;
  std::vector<std::string> order_;
};

}  // namespace

Result<std::vector<std::string>> start_order(const Target& target) {
  Walk walk(target);
  for (const ServiceSpec& service : target.services) BS_TRY(walk.visit(service));
  return walk.take();
}

}  // namespace blackstart
