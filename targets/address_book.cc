#include "targets/address_book.h"

#include "base/check.h"
#include "base/text.h"

#include <fmt/format.h>
#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace blackstart {
namespace {

constexpr std::string_view kPrefix = "services.";

std::optional<std::string> field_of(const ServiceAddress& address, std::string_view field) {
  if (field == "url") return address.url;
  if (field == "host") return address.host;
  if (field == "port") return std::to_string(address.port);
  return std::nullopt;
}

/// 0: no port from 1 to 65535.
std::uint16_t port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() ? port : 0;
}

void add_fields(std::map<std::string, std::string>& values, const std::string& prefix, const ServiceAddress& address) {
  for (const char* field : {"url", "host", "port"}) values[prefix + "." + field] = *field_of(address, field);
}

}  // namespace

Result<ServiceAddress> address_of_url(const std::string& url) {
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::kInvalid,
                fmt::format("\"{}\" is no url that can be called: {}; write it as http://host:port/path", url, why));
  };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return wrong(parsed.error().message());
  if (parsed->encoded_host().empty()) return wrong("it names no host");
  const std::string_view scheme = parsed->scheme();
  const std::uint16_t usual = scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
  ServiceAddress address;
  address.host = std::string(parsed->host_address());
  address.port = parsed->has_port() ? port_of(parsed->port()) : usual;
  if (address.port == 0) return wrong("its port is not between 1 and 65535, or missing");
  address.url = url;
  return address;
}

void AddressBook::put(const std::string& service, int member, const std::string& role, ServiceAddress address) {
  const std::lock_guard lock(mutex_);
  Service& entry = services_[service];
  if (entry.members.empty() && entry.main_role.empty()) entry.main_role = role;
  entry.members[member] = Entry{role, std::move(address)};
}

void AddressBook::remove(const std::string& service, int member) {
  const std::lock_guard lock(mutex_);
  if (const auto found = services_.find(service); found != services_.end()) found->second.members.erase(member);
}

void AddressBook::set_role(const std::string& service, int member, const std::string& role) {
  const std::lock_guard lock(mutex_);
  auto& members = services_[service].members;
  BS_CHECK(members.contains(member));
  members[member].role = role;
}

const ServiceAddress* AddressBook::holder(const Service& service, const std::string& role) const {
  for (const auto& [key, entry] : service.members) {
    if (entry.role == role) return &entry.address;
  }
  return nullptr;
}

std::optional<ServiceAddress> AddressBook::find(const std::string& service, const std::string& role) const {
  const std::lock_guard lock(mutex_);
  const auto found = services_.find(service);
  if (found == services_.end()) return std::nullopt;
  const ServiceAddress* address = holder(found->second, role.empty() ? found->second.main_role : role);
  return address == nullptr ? std::nullopt : std::optional<ServiceAddress>(*address);
}

std::optional<std::string> AddressBook::value(std::string_view name) const {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  const auto last = name.rfind('.');
  if (last == std::string_view::npos) return std::nullopt;
  const std::string_view field = name.substr(last + 1);
  const std::string whole(name.substr(0, last));
  if (const auto address = find(whole)) return field_of(*address, field);
  const auto role_at = whole.rfind('.');
  if (role_at == std::string::npos) return std::nullopt;
  const auto address = find(whole.substr(0, role_at), whole.substr(role_at + 1));
  return address ? field_of(*address, field) : std::nullopt;
}

std::map<std::string, std::string> AddressBook::values() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> values;
  for (const auto& [name, service] : services_) {
    const std::string prefix = std::string(kPrefix) + name;
    if (const ServiceAddress* main = holder(service, service.main_role)) add_fields(values, prefix, *main);
    for (const auto& [key, entry] : service.members) {
      const std::string with_role = prefix + "." + entry.role;
      if (!entry.role.empty() && !values.contains(with_role + ".url")) add_fields(values, with_role, entry.address);
    }
  }
  return values;
}

}  // namespace blackstart
