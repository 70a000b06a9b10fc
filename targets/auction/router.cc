#include "targets/auction/router.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace blackstart::auction {

namespace {

/// The segment between `before` and `after`, where the path has that form.
std::optional<std::string_view> parameter_of(std::string_view path, std::string_view before, std::string_view after) {
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) {
    return std::nullopt;
  }
  const auto parameter = path.substr(before.size(), path.size() - before.size() - after.size());
  if (parameter.find('/') != std::string_view::npos) return std::nullopt;
  return parameter;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
  const auto brace = pattern.find("{}");
  const bool has_parameter = brace != std::string::npos;
  routes_.push_back(Route{.method = std::move(method),
                          .before = pattern.substr(0, brace),
                          .after = has_parameter ? pattern.substr(brace + 2) : std::string(),
                          .has_parameter = has_parameter,
                          .handler = std::move(handler)});
}

void Router::handle(const Request& request, Responder responder) const {
  const auto path = request.path();
  std::string allowed;
  for (const auto& route : routes_) {
    std::string_view parameter;
    if (route.has_parameter) {
      const auto found = parameter_of(path, route.before, route.after);
      if (!found) continue;
      parameter = *found;
    } else if (path != route.before) {
      continue;
    }
    if (route.method == request.method) return route.handler(request, parameter, std::move(responder));
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (allowed.empty()) return responder.send(error_response(404, fmt::format("no such path: {}", path)));
  responder.send(error_response(405, fmt::format("{} takes {}", path, allowed), "Allow: " + allowed + "\r\n"));
}

}  // namespace blackstart::auction
