#include "targets/host_figures.h"

#include <sys/statvfs.h>
#include <cstdlib>
#include <fstream>
#include <limits>

namespace blackstart {

HostFigures read_host_figures(const std::string& folder) {
  HostFigures figures;
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) == 0) {
    figures["host.disk_free"] = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize);
  }
  std::ifstream memory("/proc/meminfo");
  double kib = 0;
  for (std::string name; memory >> name >> kib; memory.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    if (name == "MemAvailable:") figures["host.memory_free"] = kib * 1024;
  }
  double load = 0;
  if (::getloadavg(&load, 1) == 1) figures["host.load"] = load;
  return figures;
}

}  // namespace blackstart
