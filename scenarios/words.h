#pragma once
// The words of the language with their arguments: faults, actions, probes, checks. What a world can do of them is the
// world's to say; here is what may be written. Immutable tables.

#include "scenarios/shape.h"
#include "scenarios/spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct Word {
  std::string name;
  Shape arguments;
  std::string doc;  // one line
};
struct FaultWord {
  Word word;
  FaultClass fault_class = FaultClass::kActing;
};

const std::vector<FaultWord>& fault_words();
const std::vector<Word>& action_words();
/// Those of every probe rule.
const std::vector<Word>& probe_words();
/// What may detect besides: alert, webhook.
const std::vector<Word>& detection_words();
/// Checks that are no probes; `name` is the Call's word, the shape is the whole map.
const std::vector<Word>& check_words();

/// The class of a kind of fault; `run` says its own (`class:`). REQUIRES: a known kind.
FaultClass fault_class(const Call& kind);

/// One optional field a word, and their names, for the shape that takes one of them.
std::vector<Field> fields_of(const std::vector<Word>& words);
std::vector<std::string> names_of(const std::vector<Word>& words);

}  // namespace blackstart
