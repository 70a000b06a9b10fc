#include "targets/auction/checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace blackstart::auction {

namespace {

std::string path_in(const std::string& folder) { return folder + "/checkpoint.json"; }

}  // namespace

Result<std::optional<Checkpoint>> load_checkpoint(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot create --data {}: {}", folder, error.message()));
  const auto path = path_in(folder);
  std::ifstream file(path);
  if (!file) return std::optional<Checkpoint>();
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("origin_ns") || !json.contains("through_ns") ||
      !json["origin_ns"].is_number_integer() || !json["through_ns"].is_number_integer()) {
    return fail(ErrorCode::kInvalid, fmt::format("{} is no checkpoint: remove it to begin anew from now", path));
  }
  return std::optional(Checkpoint{.origin_ns = json["origin_ns"].get<std::int64_t>(),
                                  .through_ns = json["through_ns"].get<std::int64_t>()});
}

Status save_checkpoint(const std::string& folder, const Checkpoint& checkpoint) {
  const auto path = path_in(folder);
  const auto next = path + ".tmp";
  const auto text =
      fmt::format(R"({{"origin_ns":{},"through_ns":{}}})", checkpoint.origin_ns, checkpoint.through_ns) + "\n";
  const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return fail_errno(errno, "cannot write " + next);
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fdatasync(file) == 0;
  const int number = errno;
  ::close(file);
  if (!written) return fail_errno(number, "cannot write " + next);
  if (std::rename(next.c_str(), path.c_str()) != 0) return fail_errno(errno, "cannot replace " + path);
  return ok();
}

}  // namespace blackstart::auction
