#include "scenarios/yaml_reader.h"

#include "base/text.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <sstream>

namespace blackstart {
namespace {

constexpr std::size_t kNodesMax = 100'000;    // aliases could otherwise multiply a small file into gigabytes
constexpr std::size_t kBytesMax = 4U << 20U;  // far above any drill; a file by mistake is refused early

struct TooLarge : std::exception {};

std::size_t count_nodes(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Node::Entry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

/// Turns yaml-cpp's events into a tree. Keys given twice and complex keys are noted, and the first value stays.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, std::vector<ParsedYaml::Issue>& issues) : file_(std::move(file)), issues_(issues) {}

  Node take_root() { return std::move(root_); }
  [[nodiscard]] int documents() const { return documents_; }
  [[nodiscard]] const Position& second_document() const { return second_document_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) second_document_ = position(mark);
  }
  void OnDocumentEnd() override {}

  /// The mark of a value that is missing is that of whatever follows it, lines below: its key is where to look.
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.where = position(mark);
    if (!stack_.empty() && stack_.back().key && stack_.back().key->second.line != node.where.line)
      node.where = stack_.back().key->second;
    finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw YAML::ParserException(mark, "an alias stands inside its own anchor");
    count_ += count_nodes(known->second);
    finish(Node{known->second}, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::kScalar;
    node.scalar = value;
    node.quoted = tag != "?";
    node.where = position(mark);
    if (tag != "?" && tag != "!") refuse_tag(node.where, tag);
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<std::pair<std::string, Position>> key;  // of a map, while its value is awaited
    std::optional<std::string> braces;                    // the map is an unquoted {{text}}
    bool skip_value = false;                              // the value of a key that cannot be kept
  };

  Position position(const YAML::Mark& mark) const { return Position{file_, mark.line + 1, mark.column + 1}; }

  /// "load.bids.rate (in \"item\"): ", of a key of the innermost map.
  [[nodiscard]] std::string place(const std::string& key) const {
    std::string path;
    std::string item;
    for (const Frame& frame : stack_) {
      const std::string name = frame.node.text("name", frame.node.text("title"));
      if (!name.empty() && &frame != &stack_.front()) item = name;
      std::string step = frame.key ? frame.key->first : "";
      if (frame.node.is_list()) step = std::to_string(frame.node.items.size());
      if (&frame == &stack_.back()) step = key;
      if (!step.empty()) path += (path.empty() ? "" : ".") + step;
    }
    return printable(path) + (item.empty() ? ": " : fmt::format(" (in \"{}\"): ", printable(item)));
  }

  void note(const Position& where, std::string message) {
    issues_.push_back({where, fail(ErrorCode::kInvalid, std::move(message), where.to_string())});
  }

  void refuse_tag(const Position& where, const std::string& tag) {
    note(where, fmt::format("found the YAML tag {}; allowed: values without tags", printable(tag)));
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Frame frame;
    frame.node.kind = kind;
    frame.node.where = position(mark);
    frame.anchor = anchor;
    if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(frame.node.where, tag);
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.braces) frame.node = braces_text(*frame.braces, frame.node.where);
    finish(std::move(frame.node), frame.anchor);
  }

  /// What the author meant by an unquoted {{text}}: the checks that follow then see the right thing.
  static Node braces_text(const std::string& text, const Position& where) {
    Node node;
    node.kind = Node::Kind::kScalar;
    node.scalar = "{{" + text + "}}";
    node.where = where;
    return node;
  }

  void finish(Node node, YAML::anchor_t anchor) {
    if (++count_ > kNodesMax) throw TooLarge{};
    if (anchor != 0) anchors_[anchor] = node;
    if (stack_.empty()) {
      if (documents_ <= 1) root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.skip_value) {
      parent.skip_value = false;
    } else if (parent.key) {
      add_entry(parent, std::move(node));
    } else {
      take_key(parent, std::move(node));
    }
  }

  void take_key(Frame& map, Node key) {
    if (key.is_scalar()) {
      map.key.emplace(std::move(key.scalar), key.where);
    } else if (key.is_null()) {
      map.key.emplace("null", key.where);
    } else {
      map.skip_value = true;
      take_complex_key(map, key);
    }
  }

  void take_complex_key(Frame& map, const Node& key) {
    const bool braces = key.is_map() && key.entries.size() == 1 && key.entries[0].value.is_null();
    if (braces) {
      map.braces = key.entries[0].key;
      note(map.node.where,
           place("") + fmt::format("found {{{{{0}}}}} without quotes, which YAML reads as a map; quote it: "
                                   "\"{{{{{0}}}}}\"",
                                   printable(*map.braces)));
    } else {
      note(key.where, place("") + "found a list or a map as a key; allowed: text as a key");
    }
  }

  void add_entry(Frame& map, Node value) {
    auto [key, where] = std::move(*map.key);
    map.key.reset();
    for (const Node::Entry& entry : map.node.entries) {
      if (entry.key != key) continue;
      note(where,
           place(key) + fmt::format("found the key \"{}\" a second time; allowed: once (it stands at line {} already)",
                                    printable(key), entry.where.line));
      return;
    }
    map.node.entries.push_back(Node::Entry{std::move(key), std::move(where), std::move(value)});
  }

  std::string file_;
  std::vector<ParsedYaml::Issue>& issues_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  Node root_;
  std::size_t count_ = 0;
  int documents_ = 0;
  Position second_document_;
};

std::string_view line_of(std::string_view text, int line) {
  const auto lines = split(text, '\n');
  const auto index = static_cast<std::size_t>(line < 0 ? 0 : line);
  return index < lines.size() ? lines[index] : std::string_view{};
}

/// `key: {{x}}/health` is no YAML at all; say so rather than what the parser stumbled over. The parser may notice only
/// on the next line.
std::string syntax_hint(std::string_view text, int line) {
  for (const int candidate : {line, line - 1}) {
    const std::string_view source = line_of(text, candidate);
    if (source.find(": {{") != std::string_view::npos || source.find("- {{") != std::string_view::npos) {
      return "; a text that begins with {{ must be quoted: \"{{…}}…\"";
    }
  }
  if (line_of(text, line).find('\t') != std::string_view::npos) return "; indent with spaces, never with tabs";
  return "";
}

ParsedYaml unreadable(Position where, std::string message) {
  ParsedYaml parsed;
  parsed.readable = false;
  parsed.issues.push_back({where, fail(ErrorCode::kInvalid, std::move(message), where.to_string())});
  return parsed;
}

ParsedYaml read(std::string_view text, const std::string& file) {
  ParsedYaml parsed;
  TreeBuilder builder{file, parsed.issues};
  std::istringstream stream{std::string{text}};
  YAML::Parser parser{stream};
  while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
  }
  if (builder.documents() > 1) {
    const Position& where = builder.second_document();
    parsed.issues.push_back(
        {where, fail(ErrorCode::kInvalid, "found a second YAML document; allowed: one a file", where.to_string())});
  }
  parsed.root = builder.take_root();
  if (parsed.root.where.file.empty()) parsed.root.where = Position{file, 1, 1};
  return parsed;
}

/// Counts from 1; 0: every line is text.
int first_line_that_is_no_text(std::string_view text) {
  int line = 0;
  for (const std::string_view candidate : split(text, '\n')) {
    ++line;
    if (!is_text(candidate)) return line;
  }
  return 0;
}

}  // namespace

bool is_text(std::string_view text) {
  while (text.ends_with('\r')) text.remove_suffix(1);
  return printable(text) == text;
}

ParsedYaml read_yaml(std::string_view text, const std::string& file) {
  if (text.size() > kBytesMax) {
    return unreadable(Position{file, 0, 0},
                      fmt::format("found a file of {} bytes; allowed: at most 4 MiB", text.size()));
  }
  if (const int line = first_line_that_is_no_text(text); line != 0) {
    return unreadable(Position{file, line, 1},
                      "found bytes that are no text; allowed: UTF-8 without control characters");
  }
  try {
    return read(text, file);
  } catch (const YAML::Exception& error) {
    return unreadable(
        Position{file, error.mark.line + 1, error.mark.column + 1},
        fmt::format("found invalid YAML: {}{}", printable(error.msg), syntax_hint(text, error.mark.line)));
  } catch (const TooLarge&) {
    return unreadable(Position{file, 0, 0}, fmt::format("found more than {} values; allowed: fewer", kNodesMax));
  } catch (const std::exception& error) {
    return unreadable(Position{file, 0, 0}, fmt::format("found what the YAML parser cannot read: {}", error.what()));
  }
}

boost::system::result<Node, std::vector<Error>> parse_yaml(std::string_view text, const std::string& file) {
  ParsedYaml parsed = read_yaml(text, file);
  if (parsed.issues.empty()) return std::move(parsed.root);
  std::vector<Error> errors;
  for (ParsedYaml::Issue& issue : parsed.issues) errors.push_back(std::move(issue.error));
  return errors;
}

}  // namespace blackstart
