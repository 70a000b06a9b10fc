#include "reports/report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace blackstart {
namespace {

/// A file that is gone again unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path)
      : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(path_.c_str());
  }

  Status write(std::string_view bytes) {
    if (fd_ < 0) return failed();
    while (!bytes.empty()) {
      const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failed();
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return ::fsync(fd_) == 0 ? ok() : failed();
  }
  Status rename_to(const std::string& path) {
    if (std::rename(path_.c_str(), path.c_str()) != 0) return failed();
    renamed_ = true;
    return ok();
  }

 private:
  Status failed() const {
    return fail_errno(errno, fmt::format("writing the report {} (free space or choose another --out, then run "
                                         "`blackstart report` on the journal)",
                                         path_));
  }

  std::string path_;
  int fd_;
  bool renamed_ = false;
};

}  // namespace

Status write_file(const std::string& path, std::string_view bytes) {
  TemporaryFile file(path + ".part");
  BS_TRY(file.write(bytes));
  return file.rename_to(path);
}

Status write_reports(const ReportInput& input, const std::string& folder) {
  for (const ReportFormat& format : report_formats())
    BS_TRY(write_file(fmt::format("{}/{}", folder, format.file), format.make(input)));
  return ok();
}

}  // namespace blackstart
