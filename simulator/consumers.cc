#include "simulator/consumers.h"

#include "simulator/sim_state.h"

#include <algorithm>

namespace blackstart {
namespace {

bool takes_part(const Member& member) { return member.condition == Condition::kUp && !member.hung && !member.isolated; }

}  // namespace

Consumers::Consumers(SimState& state) : state_(state) {
  const Model& model = state.model;
  for (ServiceIndex service = 0; service < model.services().size(); ++service)
    for (const Need& need : model.service(service).needs)
      if (const StreamSim* stream = model.service(need.service).stream(); stream != nullptr && stream->consume)
        readers_.push_back({need.service, service, 0, 0, kDrillStart});
}

std::uint64_t Consumers::written() const { return state_.clients ? state_.clients->acknowledged() : 0; }

double Consumers::rate_of(const Reader& reader) const {
  const Model& model = state_.model;
  const Service& stream = model.service(reader.stream);
  const auto reaches = [&](MemberIndex from) {
    return takes_part(model.member(from)) && std::ranges::any_of(stream.members, [&](MemberIndex to) {
             return takes_part(model.member(to)) && model.link(from, to).cut == Cut::kNone &&
                    model.link(to, from).cut == Cut::kNone;
           });
  };
  const auto reading = std::ranges::count_if(model.service(reader.service).members, reaches);
  // A partition is one member's to read.
  const auto most = std::min<std::int64_t>(reading, stream.stream()->partitions);
  return stream.damaged ? 0 : static_cast<double>(most) * stream.stream()->consume->per_second;
}

void Consumers::advance(Reader& reader) {
  const double read = reader.read + reader.rate * to_seconds(state_.now() - reader.since);
  reader.read = std::min(read, static_cast<double>(written()));
  reader.since = state_.now();
}

void Consumers::look() {
  for (Reader& reader : readers_) {
    advance(reader);
    reader.rate = rate_of(reader);
  }
}

bool Consumers::has_read(ServiceIndex stream, ServiceIndex reader, std::uint64_t before) {
  for (Reader& one : readers_) {
    if (one.stream != stream || one.service != reader) continue;
    advance(one);
    return one.read >= static_cast<double>(before);
  }
  return true;
}

Duration Consumers::behind(ServiceIndex reader) {
  Duration longest{};
  for (Reader& one : readers_) {
    if (one.service != reader || one.rate <= 0) continue;
    advance(one);
    longest = std::max(longest, from_seconds((static_cast<double>(written()) - one.read) / one.rate));
  }
  return longest;
}

}  // namespace blackstart
