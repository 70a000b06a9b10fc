// simulate.json and runs.csv.

#include <algorithm>

#include "reports/monte_carlo.h"

namespace blackstart {
namespace {

Json ns(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

Json objective_json(const ObjectiveSummary& summary) {
  Json json = {{"name", summary.name}};
  if (!summary.target.empty()) json["target"] = summary.target;
  json["met"] = summary.met;
  json["missed"] = summary.missed;
  json["inconclusive"] = summary.inconclusive;
  json["censored"] = summary.censored;
  json["odds"] = summary.odds.share;
  json["odds_95"] = {summary.odds.low, summary.odds.high};
  const std::uint64_t runs = summary.met + summary.missed + summary.inconclusive;
  if (runs > 0 && summary.met == runs) json["proven_95"] = proven_share_95(runs);
  return json;
}

Json figure_json(const FigureSummary& figure) {
  Json json = {{"name", figure.name},       {"runs", figure.runs},         {"censored", figure.censored},
               {"unknown", figure.unknown}, {"min_ns", to_ns(figure.min)}, {"max_ns", to_ns(figure.max)},
               {"quantiles", Json::array()}};
  for (std::size_t index = 0; index < figure.quantiles.size(); ++index) {
    const QuantileEstimate& quantile = figure.quantiles[index];
    json["quantiles"].push_back({{"p", kQuantiles[index]},
                                 {"value_ns", quantile.value},
                                 {"censored", quantile.censored},
                                 {"low_ns", ns(quantile.low)},
                                 {"high_ns", ns(quantile.high)}});
  }
  return json;
}

Json spread_json(const SpreadSummary& spread) {
  Json parts = Json::array();
  for (const PartSummary& part : spread.parts)
    parts.push_back({{"part", part.name}, {"mean_s", part.mean_s}, {"share", part.share}});
  return {{"figure", spread.figure},
          {"runs", spread.runs},
          {"deviation_s", spread.deviation_s},
          {"parts", std::move(parts)}};
}

Json worst_json(const RunRow& row, const std::string& command) {
  Json json = {{"seed", row.seed}, {"verdict", to_string(row.verdict)}, {"why", row.why}};
  for (const RunFigure& figure : row.figures)
    json[figure.name] = {{"ns", figure.value ? Json(to_ns(*figure.value)) : Json(nullptr)},
                         {"censored", figure.censored}};
  json["command"] = replay_command(command, row.seed);
  return json;
}

Json result_json(const MonteCarlo& result, const std::string& command) {
  Json json = {{"runs", result.runs},         {"every_objective", objective_json(result.every)},
               {"objectives", Json::array()}, {"figures", Json::array()},
               {"spread", Json::array()},     {"worst", Json::array()}};
  for (const auto& objective : result.objectives) json["objectives"].push_back(objective_json(objective));
  for (const auto& figure : result.figures) json["figures"].push_back(figure_json(figure));
  for (const auto& spread : result.spread) json["spread"].push_back(spread_json(spread));
  for (const auto& row : result.worst) json["worst"].push_back(worst_json(row, command));
  return json;
}

Json variation_json(const Variation& variation) {
  Json values = Json::object();
  for (const auto& [path, value] : variation.values) values[path] = value;
  Json json = {{"values", std::move(values)}, {"better", variation.better}, {"worse", variation.worse}};
  json.update(result_json(variation.result, variation.command));
  return json;
}

// ---- CSV

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

/// `names`, and behind them those that rows hold besides, by first appearance.
template <class Item>
std::vector<std::string> names_of(const std::vector<RunRow>& rows, std::vector<Item> RunRow::*items,
                                  std::vector<std::string> names = {}) {
  for (const RunRow& row : rows)
    for (const Item& item : row.*items)
      if (std::find(names.begin(), names.end(), item.name) == names.end()) names.push_back(item.name);
  return names;
}

template <class Item>
const Item* find_named(const std::vector<Item>& items, const std::string& name) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

void add_parts(const std::vector<RunPart>& parts, const std::vector<std::string>& names, bool measured,
               std::string& line) {
  for (const auto& name : names) {
    const RunPart* part = find_named(parts, name);
    line += ',';
    if (measured) line += std::to_string(part == nullptr ? 0 : to_ns(part->length));
  }
}

bool measured(const RunRow& row, const char* figure) {
  const RunFigure* found = row.find(figure);
  return found != nullptr && found->value && !found->censored;
}

}  // namespace

std::string replay_command(const std::string& command, std::uint64_t seed) {
  return command + " --seed " + std::to_string(seed);
}

std::string simulation_json(const SimulationReport& report) {
  Json json = {{"blackstart", 1},
               {"simulation",
                {{"scenario", report.scenario},
                 {"title", report.title},
                 {"target", report.target},
                 {"seeds", {report.seed_first, report.seed_last}},
                 {"stopped", report.stopped},
                 {"tool", report.tool_version}}}};
  json.update(result_json(report.result, report.command));
  if (!report.what_if.empty()) {
    json["what_if"] = Json::array();
    for (const auto& variation : report.what_if) json["what_if"].push_back(variation_json(variation));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json prediction_json(const MonteCarlo& result, std::uint64_t asked) {
  Json json = {{"runs", result.runs}, {"asked", asked}, {"figures", Json::array()}, {"objectives", Json::array()}};
  for (const auto& figure : result.figures) json["figures"].push_back(figure_json(figure));
  for (const auto& objective : result.objectives) json["objectives"].push_back(objective_json(objective));
  return json;
}

std::string simulation_csv(const Scenario& scenario, const std::vector<RunRow>& rows) {
  const auto figures = names_of(rows, &RunRow::figures);
  const auto objectives = names_of(rows, &RunRow::objectives);
  const PartNames parts = part_names(scenario);
  const auto rto = names_of(rows, &RunRow::rto_parts, parts.rto), rpo = names_of(rows, &RunRow::rpo_parts, parts.rpo);
  std::string text = "seed,verdict,exit_code";
  for (const auto& name : figures) text += "," + cell(name + "_ns") + "," + cell(name + "_censored");
  for (const auto& name : objectives) text += "," + cell(name + "_verdict");
  text += ",offered,lost";
  for (const auto& name : rto) text += "," + cell("rto: " + name + "_ns");
  for (const auto& name : rpo) text += "," + cell("rpo: " + name + "_ns");
  text += '\n';
  for (const RunRow& row : rows) {
    std::string line = std::to_string(row.seed) + "," + to_string(row.verdict) + "," + std::to_string(row.exit_code);
    for (const auto& name : figures) {
      const RunFigure* figure = row.find(name);
      const bool known = figure != nullptr && figure->value;
      line += "," + (known ? std::to_string(to_ns(*figure->value)) : "");
      line += known && figure->censored ? ",1" : known ? ",0" : ",";
    }
    for (const auto& name : objectives) {
      const RunObjective* objective = find_named(row.objectives, name);
      line += std::string(",") + (objective == nullptr ? "" : to_string(objective->outcome));
    }
    line += "," + std::to_string(row.offered) + "," + (row.lost ? std::to_string(*row.lost) : "");
    add_parts(row.rto_parts, rto, measured(row, "rto"), line);
    add_parts(row.rpo_parts, rpo, measured(row, "rpo"), line);
    text += line + "\n";
  }
  return text;
}

}  // namespace blackstart
