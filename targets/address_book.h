#pragma once
// Where the members of the target's services are, and who holds which role now. Answers services.NAME.url, .host,
// .port and services.NAME.ROLE.url, .host, .port. A role that moves (promote) moves the address with it. Thread-safe.

#include "base/result.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct ServiceAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string url;
};

/// Host and port of a url; http's and https's own port where it names none. kInvalid without host or port.
Result<ServiceAddress> address_of_url(const std::string& url);

class AddressBook {
 public:
  /// A member's address; `member` is any key that is unique within the service. Replaces an earlier one.
  void put(const std::string& service, int member, const std::string& role, ServiceAddress address);
  void remove(const std::string& service, int member);
  /// From now on `member` holds `role` (none: ""). REQUIRES: the member was put.
  void set_role(const std::string& service, int member, const std::string& role);

  /// The holder of `role`; with role "": of the service's first role that was put, else its lowest member.
  [[nodiscard]] std::optional<ServiceAddress> find(const std::string& service, const std::string& role = {}) const;
  /// "services.database.primary.url" -> its value.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  /// Everything value() answers.
  [[nodiscard]] std::map<std::string, std::string> values() const;

 private:
  struct Entry {
    std::string role;
    ServiceAddress address;
  };
  struct Service {
    std::string main_role;  // of the member put first: what plain services.NAME.url means
    std::map<int, Entry> members;
  };
  [[nodiscard]] const ServiceAddress* holder(const Service& service, const std::string& role) const;

  mutable std::mutex mutex_;
  std::map<std::string, Service, std::less<>> services_;
};

}  // namespace blackstart
