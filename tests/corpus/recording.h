// Recorded negotiations and malformed descriptions, read from their text.
//
// One record after the other, each from a head line to the line "end":
//   sequence STACK/CONFIG | malformed ID
//   error TEXT                    sequence: its stacks did not complete it
//   expected accept|reject CONFIDENCE       malformed: the verdict on its last
//   why TEXT                                description
//   step SIDE TYPE                begins a step; what follows is about it
//   undelivered                   never given to the other side
//   localResult TEXT, remoteResult TEXT     only where it is not "ok"
//   state SIDE SIGNALING-STATE    after the step
//   transceiver SIDE MID KIND DIRECTION CURRENT-DIRECTION   likewise
//   candidate MID INDEX UFRAG LINE          trickled after the description
//   sdp BYTES                     a line, then that many bytes and a line end
// Within a line "-" is an absent value and "" an empty one.
// Plain values; thread-compatible.
#ifndef PARLEY_TESTS_CORPUS_RECORDING_H_
#define PARLEY_TESTS_CORPUS_RECORDING_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/jsep/signaling.h"

namespace parley::corpus {

struct RecordedTransceiver {
  std::optional<std::string> mid;
  std::string kind;
  std::string direction;  // "stopped" among them
  std::optional<std::string> current_direction;
};

struct RecordedState {
  std::string signaling_state;
  std::vector<RecordedTransceiver> transceivers;
};

struct RecordedCandidate {
  std::optional<std::string> mid;
  std::optional<uint32_t> mline_index;
  std::optional<std::string> ufrag;
  std::string line;  // empty: the end of candidates
};

struct Step {
  char side = 'a';
  jsep::SdpType type = jsep::SdpType::kOffer;
  std::string sdp;
  bool delivered = true;
  std::string local_result;   // empty: it went well
  std::string remote_result;  // likewise
  std::map<char, RecordedState> states;
  std::vector<RecordedCandidate> candidates;
};

struct Record {
  std::string name;
  bool malformed = false;
  std::string error;  // of a sequence that was not completed
  bool accept = true;
  std::string confidence;
  std::string why;
  std::vector<Step> steps;

  // "chromium" of "firefox+chromium/av-dc" and side b.
  std::string_view StackOf(char side) const;
};

// Errors: what is wrong, with the number of the line.
absl::StatusOr<std::vector<Record>> ReadRecords(std::string_view text);

}  // namespace parley::corpus

#endif  // PARLEY_TESTS_CORPUS_RECORDING_H_
