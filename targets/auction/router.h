#pragma once
// Finds the handler of a request: a path unknown is 404, a method unknown for it 405 with Allow.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "targets/auction/http_server.h"

namespace blackstart::auction {

class Router {
 public:
  /// `parameter` is what stands for the pattern's "{}"; empty without one.
  using Handler = std::function<void(const Request& request, std::string_view parameter, Responder responder)>;

  /// `pattern` is a path with at most one "{}" for a whole segment. The first that fits is taken.
  void add(std::string method, std::string pattern, Handler handler);
  void handle(const Request& request, Responder responder) const;

 private:
  struct Route {
    std::string method;
    std::string before;  // the pattern up to "{}", or whole
    std::string after;
    bool has_parameter;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace blackstart::auction
