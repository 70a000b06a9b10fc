#include "simulator/sim_notices.h"

#include "base/text.h"
#include "scenarios/looks.h"
#include "simulator/sim_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace blackstart {
namespace {

/// A word that is read and does nothing.
struct Idle {
  std::string_view word;
  std::string_view kinds;    // of the service that has it, parted by spaces; "": any
  std::string_view nothing;  // a value that says what is so anyway
  std::string_view beside;   // another word, without which it has an effect; "": none
};

const std::vector<Idle>& words_of_services() {
  static const std::vector<Idle> list = {{"entries", "cache", "", "hit_ratio"},
                                         {"ttl", "cache", "", "hit_ratio"},
                                         {"unclean_election", "stream", "false", ""}};
  return list;
}

class SimNotices {
 public:
  explicit SimNotices(const Target& target) : target_(target) {}

  std::vector<std::string> find() {
    for (const Idle& idle : words_of_services())
      for (const auto& service : target_.services) look_at(idle, service);
    look_at_bandwidth();
    return std::move(lines_);
  }

 private:
  const Node* part(std::string_view group, std::string_view name) const {
    const Node* const found = target_.resolved.find(group);
    return found == nullptr ? nullptr : found->find(name);
  }

  void note(std::string_view word, const Node& node, const std::string& who) {
    if (users_.empty()) where_ = node.where.to_string();
    if (std::ranges::find(users_, who) == users_.end()) users_.push_back(who);
    word_ = word;
  }
  void close(std::string_view beside = "") {
    if (!users_.empty())
      lines_.push_back(fmt::format("{}: {} of {} has no effect in the virtual world{}{}", where_, word_,
                                   join(users_, ", "), beside.empty() ? "" : " beside ", beside));
    users_.clear();
  }

  void look_at(const Idle& idle, const ServiceSpec& service) {
    const auto kinds = split(idle.kinds, ' ');
    const bool has = idle.kinds.empty() || std::ranges::find(kinds, service.kind) != kinds.end();
    const Node* const own = part("sim", service.name);
    const Node* const node = own == nullptr || !has ? nullptr : own->find(idle.word);
    const bool counts = node == nullptr || (!idle.nothing.empty() && node->scalar == idle.nothing) ||
                        (!idle.beside.empty() && own->find(idle.beside) == nullptr);
    if (!counts) note(idle.word, *node, service.name);
    if (&service == &target_.services.back()) close(idle.beside);
  }

  /// What clients send is no bulk of data.
  void look_at_bandwidth() {
    const Node* const network = target_.resolved.find("network");
    if (network == nullptr) return;
    if (const Node* clients = network->find("clients"))
      if (const Node* node = clients->find("bandwidth")) note("bandwidth", *node, "network.clients");
    const Node* const links = network->find("links");
    for (const Node& link : links == nullptr ? std::vector<Node>() : links->items) {
      const Node* const between = link.find("between");
      const bool to_clients = between != nullptr && std::ranges::any_of(between->items, [](const Node& place) {
                                return place.scalar == "clients";
                              });
      if (const Node* node = link.find("bandwidth"); node != nullptr && to_clients)
        note("bandwidth", *node, "network.links");
    }
    close();
  }

  const Target& target_;
  std::vector<std::string> lines_, users_;
  std::string where_;
  std::string_view word_;
};

}  // namespace

std::vector<std::string> find_sim_notices(const Spec& spec) {
  if (spec.target.resolved.find("sim") == nullptr) return {};  // it is played live alone
  std::vector<std::string> lines = SimNotices(spec.target).find();
  std::set<std::pair<std::string, std::string>> told;
  for (const PlacedLook& look : looks_of(spec.scenario))
    for (const Assumed& one : assumed_of(spec.target, *look.call))
      if (told.emplace(one.by_whom, one.what).second)
        lines.push_back(fmt::format("{}: what {} expects ({}) is taken to hold in the virtual world{}{}",
                                    one.where.to_string(), look.who, one.what,
                                    one.as_long.empty() ? "" : " as long as ", one.as_long));
  return lines;
}

}  // namespace blackstart
