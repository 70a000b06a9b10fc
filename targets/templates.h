#pragma once
// What {{...}} means in a live drill: addresses of the target, the drill's facts, outputs of earlier steps, and the
// secrets of the environment. Three ways to fill, by where the text goes: to a server (secrets in it), to a person or
// file (secrets as ***), to a shell (secrets as references to environment variables). Thread-safe.

#include "base/result.h"
#include "targets/address_book.h"
#include "targets/secrets.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace blackstart {

class Templates {
 public:
  using Extra = std::map<std::string, std::string, std::less<>>;  // {{port}}, {{to.url}}, ...: looked at first

  Templates(const AddressBook& addresses, const Secrets& secrets, Extra facts);

  /// For requests: everything, secrets too. The result must not be printed or kept.
  [[nodiscard]] Result<std::string> fill_for_request(const std::string& text, const Extra& extra = {}) const;
  /// For people and files: secrets read ***.
  [[nodiscard]] Result<std::string> fill_for_people(const std::string& text, const Extra& extra = {}) const;
  /// For `sh -c`: secrets are references to environment variables.
  [[nodiscard]] Result<std::string> fill_for_shell(const std::string& text, const Extra& extra = {}) const;
  /// As fill_for_request(), but {{bid.…}} and {{cursor}} stay for the load generator.
  [[nodiscard]] Result<std::string> fill_for_bids(const std::string& text) const;

  void remember_output(const std::string& step, const std::string& output);
  [[nodiscard]] const Secrets& secrets() const { return secrets_; }

 private:
  [[nodiscard]] std::optional<std::string> known(std::string_view name, const Extra& extra) const;

  const AddressBook& addresses_;
  const Secrets& secrets_;
  const Extra facts_;  // title, drill.id, target
  mutable std::mutex mutex_;
  Extra outputs_;  // steps.NAME, steps.NAME.output
};

}  // namespace blackstart
