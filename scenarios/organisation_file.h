#pragma once
// An organisation's file on its way into a scenario's tree: in the place of its name, so that the resolved scenario,
// and with it a journal, holds all that the drill goes by. Pure.

#include "scenarios/document.h"

#include <string>

namespace blackstart {

/// Nothing is wrong with the tree, by shape and by meaning.
bool is_right_organisation(const Node& organisation);
/// Without a `name` of its own it has its file's.
void name_organisation(Node& organisation, const std::string& file);
/// Where the scenario says nothing of communications, those of its organisation (in its place, not a name) are its own.
void take_communications(Node& scenario);

}  // namespace blackstart
