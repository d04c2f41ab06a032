// Peers, events and messages as lines for people. Stateless.
#ifndef PARLEY_CLIENT_COMMAND_DESCRIBE_H_
#define PARLEY_CLIENT_COMMAND_DESCRIBE_H_

#include <string>
#include <string_view>

#include "parley/messages.h"

namespace parley::command {

// Time of day, UTC, to the millisecond.
std::string DescribeTime(const google::protobuf::Timestamp& time);

// "signaling stable, gathering complete, ice connected, connection connected".
std::string DescribeState(const v1::PeerState& state);

// A peer on one line, for lists.
std::string SummarizePeer(const v1::Peer& peer);

// A peer on several lines.
std::string DescribePeer(const v1::Peer& peer);

// An event on one line, without its number and time.
std::string DescribeEvent(const v1::Event& event);

// The text, or `binary, N bytes: 00ff...`.
std::string DescribeMessage(const v1::DataMessage& message);

// What became of a candidate.
std::string DescribeCandidateResult(const v1::IceCandidateResult& result);

// Without control characters, which could play with a terminal: what comes from
// the other end of a connection is anybody's.
std::string Printable(std::string_view text);

}  // namespace parley::command

#endif  // PARLEY_CLIENT_COMMAND_DESCRIBE_H_
