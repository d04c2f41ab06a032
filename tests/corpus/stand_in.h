// Parley in the place of one side of a recorded negotiation: the application
// does what the recorded one did, the other side says what it said, and what
// Parley says in between is judged. Thread-compatible.
#ifndef PARLEY_TESTS_CORPUS_STAND_IN_H_
#define PARLEY_TESTS_CORPUS_STAND_IN_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/jsep/session.h"
#include "tests/corpus/recording.h"
#include "tests/corpus/translation.h"
#include "tests/corpus/validator.h"
#include "tests/testing/fake_random.h"

namespace parley::corpus {

struct Verdict {
  // What Parley did wrong: illegal text, another state than W3C prescribes.
  std::vector<std::string> faults;
  // Why Parley refused a description or candidate; OK: it refused nothing.
  absl::Status refusal;
  size_t refused_step = 0;
};

class StandIn {
 public:
  StandIn(const Record& record, char side);

  // All steps, up to a refusal or the first fault.
  Verdict Play();
  // All steps but the last, which is only judged: set, and if it is an offer
  // answered. For malformed descriptions.
  Verdict PlayMalformed();

 private:
  using TransceiverId = jsep::TransceiverId;

  bool PlayStep(size_t index);
  void PlayOwn(const Step& step);
  void PlayTheirs(const Step& step);

  void MakeOffer(const Step& step);
  void MakeAnswer(const Step& step);
  void RollBack();
  void NoteRejections(const sdp::Description& answer);
  void TakeOffer(const Step& step);
  void TakeAnswer(const Step& step);
  void TakeCandidates(const Step& step);
  absl::Status SetRemote(jsep::SdpType type, const std::string& text);
  bool SetLocal(jsep::SdpType type, const std::string& text);

  // What the recorded application did.
  void ActBeforeOffer(const Step& step, const sdp::Description& recorded);
  void ActBeforeAnswer(const Step& step, const sdp::Description& recorded);
  void ActBeforeTheirs(const Step& step, const sdp::Description& translated);
  void FollowStates(const Step& step, bool stop);
  void AddUnassociated(const Step& step);
  void Want(TransceiverId id, sdp::Direction direction);
  jsep::TransceiverId AtSlot(const std::string& recorded_mid) const;
  bool WantsRestart(const sdp::Description& recorded) const;
  void ChoosePolicy(const Step& first);
  std::optional<sdp::Direction> DirectionAfter(const std::string& mid) const;

  // The text that the recorded side said, for Parley's ears.
  std::string Heard(const Step& step, const sdp::Description& recorded,
                    const sdp::Description& translated) const;
  void KeepRoles(sdp::Description& answer) const;

  void CompareStates(const Step& step);
  void Fault(std::string what);
  void Faulty(Faults faults);

  const Record& record_;
  const char side_;
  // Whether the recorded states of our side are those of a stack that follows
  // W3C's transceivers.
  const bool follows_w3c_;
  size_t step_ = 0;
  size_t next_name_ = 0;
  Verdict verdict_;
  Validator validator_;
  Translation translation_;
  Translation::Slots stable_slots_;
  std::set<size_t> rejected_;  // sections that Parley alone rejected
  std::optional<sdp::Description> settled_recording_;  // of our side
  std::optional<sdp::Description> said_recording_;     // likewise, pending
  parley::testing::FakeRandom random_{7};
  jsep::Session session_;
};

}  // namespace parley::corpus

#endif  // PARLEY_TESTS_CORPUS_STAND_IN_H_
