// Steps that the commands which negotiate have in common.
#ifndef PARLEY_CLIENT_COMMAND_NEGOTIATE_H_
#define PARLEY_CLIENT_COMMAND_NEGOTIATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command/command.h"
#include "parley/messages.h"

namespace parley::command {

// Options of a command that may create a peer, and of one that may wait for
// candidates.
std::vector<Option> PeerOptions();
Option GatherOption();

// What those options ask for.
absl::StatusOr<v1::CreatePeerRequest> PeerRequest(const Arguments& arguments);

// How long --gather waits. nullopt: not at all.
absl::StatusOr<std::optional<absl::Duration>> GatherTime(
    const Arguments& arguments);

// Waits until the peer has gathered, or the time is up. False: it had not.
absl::StatusOr<bool> AwaitGathering(const Context& context,
                                    const std::string& peer,
                                    absl::Duration limit);

// The content of the operand at `index`, or of the standard input.
absl::StatusOr<std::string> ReadOperand(const Context& context, size_t index);

}  // namespace parley::command

#endif  // PARLEY_CLIENT_COMMAND_NEGOTIATE_H_
