// What faults may say that the virtual world does not model.

#include "scenarios/arguments.h"
#include "simulator/sim_faults.h"

#include <algorithm>
#include <string_view>

namespace blackstart {
namespace {

struct Unknown {
  std::string_view fault;
  std::vector<std::string_view> words;
};

const std::vector<Unknown>& unknown_words() {
  static const std::vector<Unknown> list = {
      {"latency", {"correlation", "toxicity", "stream"}},
      {"loss", {"correlation", "pg", "pb", "one_h", "one_k"}},
      {"gray", {"keys"}},
      {"io_error", {"path", "methods"}},
      {"io_latency", {"path", "methods", "percent"}},
      {"disk_full", {"path", "bytes_left"}},
      {"read_only", {"path"}},
      {"bit_flip", {"offset"}},
      {"truncate", {"offset"}},
      {"cpu", {"count"}},
  };
  return list;
}

/// It says what is so anyway.
bool says_nothing(const std::string& value) { return value == "100%" || value == "0B"; }

}  // namespace

std::vector<std::string> words_without_effect(const Call& fault) {
  std::vector<std::string> words;
  const auto unknown = std::ranges::find(unknown_words(), fault.word, &Unknown::fault);
  if (unknown != unknown_words().end())
    for (const std::string_view word : unknown->words)
      if (fault.arguments.find(word) != nullptr && !says_nothing(text_argument(fault, word))) words.emplace_back(word);
  const bool shares = fault.word == "dependency_outage" && text_argument(fault, "mode") != "errors";
  if (shares && number_argument(fault, "share", 1) < 1) words.emplace_back("share");
  return words;
}

}  // namespace blackstart
