#pragma once
// Messages between a drill and the supervisor of its cell: one object (CBOR) a datagram of a Unix seqpacket socket,
// with at most one descriptor. Stateless, thread-safe as far as the kernel is.

#include "base/result.h"
#include "faults/spawn.h"

#include <nlohmann/json.hpp>

#include <optional>

namespace blackstart {

struct CellMessage {
  nlohmann::ordered_json body;
  Descriptor descriptor;  // may be none
};

/// A connected pair, closed on exec, with room for long command lines.
struct CellSockets {
  Descriptor drill, supervisor;
};
Result<CellSockets> make_cell_sockets();

/// kUnavailable: the other end is gone. kInvalid: longer than the socket can take.
Status send_message(int socket, const nlohmann::ordered_json& body, int descriptor = -1);
/// Waits; an empty optional is the other end's end of file.
Result<std::optional<CellMessage>> receive_message(int socket);

}  // namespace blackstart
