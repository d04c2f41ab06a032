// A judge of offers and answers by the RFCs alone. It shares nothing with the
// code that makes them but the parser of core/sdp, and looks only at text that
// went over the wire: what each side said before, and what it says now.
// Thread-compatible.
#ifndef PARLEY_TESTS_CORPUS_VALIDATOR_H_
#define PARLEY_TESTS_CORPUS_VALIDATOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sdp/description.h"

namespace parley::corpus {

// What is wrong with a description: "section 2: ... (RFC 9429 5.3.1)". Empty:
// nothing.
using Faults = std::vector<std::string>;

// A static look at an answer beside the offer it answers.
Faults CheckAnswer(const sdp::Description& offer,
                   const sdp::Description& answer);

// The descriptions of one side over a whole negotiation.
class Validator {
 public:
  // An offer or answer of the side that is judged. `restarts`: the application
  // asked for an ICE restart.
  Faults JudgeOffer(std::string_view text, bool restarts);
  Faults JudgeAnswer(std::string_view text);
  // A description of the other side, which is taken as it is.
  void HearOffer(std::string_view text);
  // The last offer, of either side, was answered by this or was rolled back.
  void HearAnswer(std::string_view text);
  // Our last answer was final.
  void Settle();
  void RollBack();

 private:
  struct Exchange {
    sdp::Description ours;
    sdp::Description theirs;
  };

  void CheckOrigin(const sdp::Description& ours, Faults& faults);

  std::optional<sdp::Description> heard_offer_;
  std::optional<sdp::Description> said_;  // our pending offer or answer
  std::optional<Exchange> settled_;
  bool restarts_ = false;
  std::optional<uint64_t> session_id_;
  uint64_t version_ = 0;
};

}  // namespace parley::corpus

#endif  // PARLEY_TESTS_CORPUS_VALIDATOR_H_
