// What a recorded peer said to the one that Parley stands in for, as it would
// have said it to Parley: the same description with Parley's mids, payload
// types, extension ids and order of sections where Parley's own offers chose
// others. What Parley did not offer is left out of answers; whatever else is
// odd about a description stays so. Thread-compatible.
#ifndef PARLEY_TESTS_CORPUS_TRANSLATION_H_
#define PARLEY_TESTS_CORPUS_TRANSLATION_H_

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/sdp/description.h"

namespace parley::corpus {

class Translation {
 public:
  // A section of the recording, and which one of Parley's it is.
  struct Slot {
    std::string recorded_mid;
    std::string mid;
    std::optional<size_t> index;
  };
  using Slots = std::vector<Slot>;

  // Parley's offer in the place of the recorded one.
  void LearnOffer(const sdp::Description& recorded,
                  const sdp::Description& ours);

  // An offer of the recorded peer. `sections`: how many Parley has; `mids`:
  // those it has given.
  sdp::Description Offer(const sdp::Description& recorded, size_t sections,
                         const std::set<std::string>& mids);

  // The answer to the offers of the last LearnOffer.
  sdp::Description Answer(const sdp::Description& recorded) const;

  // Which sections of the recording are which; to be kept and put back around
  // an exchange that is rolled back.
  const Slots& slots() const { return slots_; }
  void set_slots(Slots slots) { slots_ = std::move(slots); }
  const Slot* FindSlot(const std::string& recorded_mid) const;

 private:
  // (recorded payload type, what it is) and (recorded id, URI).
  using CodecKey = std::pair<int, std::string>;

  sdp::MediaSection AnswerSection(const sdp::MediaSection& answered,
                                  const sdp::MediaSection& recorded_offer,
                                  const sdp::MediaSection& our_offer) const;
  void RenumberOffered(sdp::MediaSection& section);
  void RenumberExtensions(sdp::MediaSection& section);
  int OfferedNumber(int number, const std::string& key);

  Slots slots_;
  std::map<CodecKey, int> numbers_;
  std::map<int, std::string> used_numbers_;  // in offers of Parley's
  std::map<CodecKey, int> extensions_;
  std::map<int, std::string> used_extensions_;
  sdp::Description recorded_offer_;
  sdp::Description our_offer_;
};

}  // namespace parley::corpus

#endif  // PARLEY_TESTS_CORPUS_TRANSLATION_H_
