// One random walk of two sessions, see walk_test.cc.
#ifndef PARLEY_TESTS_CORE_JSEP_WALK_H_
#define PARLEY_TESTS_CORE_JSEP_WALK_H_

#include <cstdint>
#include <deque>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/core/jsep/engine.h"
#include "tests/core/jsep/invariants.h"

namespace parley::jsep::testing {

// What all walks together met, so that a test can tell that it tested.
struct WalkCounts {
  uint64_t exchanges = 0;
  uint64_t rollbacks = 0;
  uint64_t provisional = 0;
  uint64_t refused = 0;
  uint64_t damaged_but_applied = 0;
};

// What applications tell each other. Descriptions arrive in order, though late;
// an application that let them overtake each other would have to blame itself.
struct Signal {
  SdpType type = SdpType::kOffer;
  std::string text;
  std::string offer_id;  // of answers, and of an offer that is rejected
  bool rejects = false;  // the offer was rolled back instead of answered
  bool more = false;     // another offer follows at once
};

struct TrickledCandidate {
  std::string candidate;
  std::string mid;
  std::string ufrag;
};

// A session with its application's memory. Copies are what-ifs.
struct WalkEnd {
  std::string name;
  Engine engine;
  Invariants invariants;
  bool polite = false;
  bool more_to_come = false;  // the remote offer is not the last one
};

class Walk {
 public:
  Walk(uint64_t seed, WalkCounts& counts);

  void Run();
  // What was done, a line each.
  const std::string& History() const { return history_; }

 private:
  // --- Dice ---
  uint64_t Roll(uint64_t sides) { return dice_() % sides; }
  bool Chance(int percent) {
    return Roll(100) < static_cast<uint64_t>(percent);
  }
  template <typename List>
  auto& Pick(List& list) {
    return list[Roll(std::size(list))];
  }

  WalkEnd& Other(const WalkEnd& end) {
    return &end == &ends_[0] ? ends_[1] : ends_[0];
  }
  std::deque<Signal>& Inbox(const WalkEnd& end) {
    return inbox_[&end == &ends_[0] ? 0 : 1];
  }
  std::vector<TrickledCandidate>& Candidates(const WalkEnd& end) {
    return candidates_[&end == &ends_[0] ? 0 : 1];
  }

  void Note(const WalkEnd& end, const std::string& what);
  void Step();

  // walk.cc: what applications do.
  void Change(WalkEnd& end);
  void ChangeTransceiver(WalkEnd& end);
  void CreateOnly(WalkEnd& end);
  void Offer(WalkEnd& end);
  void SetOffer(WalkEnd& end, bool changes_between);
  void Answer(WalkEnd& end, bool final);
  void Deliver(WalkEnd& end);
  void TakeOffer(WalkEnd& end, const Signal& signal);
  void TakeAnswer(WalkEnd& end, const Signal& signal);
  void TakeRejection(WalkEnd& end, const Signal& signal);
  void DeliverCandidate(WalkEnd& end);
  void Trickle(WalkEnd& end);

  // walk_fouls.cc: what they may not do, and damage on the way.
  void Foul(const WalkEnd& end);
  void ReplayRemote(WalkEnd& what_if);
  void DamageRemote(WalkEnd& what_if);
  void ReplayLocal(WalkEnd& what_if);
  void MisuseOperations(WalkEnd& what_if);
  // Tries a description on a what-if.
  void TryRemote(WalkEnd& what_if, const RemoteDescriptionInit& init);
  std::string Damage(std::string text);

  // --- Calls, with the checks that go with each ---
  void Create(WalkEnd& end, SdpType type, OfferOptions options = {});
  void SetLocal(WalkEnd& end, LocalDescriptionInit init);
  void SetRemote(WalkEnd& end, const RemoteDescriptionInit& init);
  void RollBack(WalkEnd& end);

  // --- The end ---
  void Settle();
  bool SettleOne(WalkEnd& end);
  void NegotiateUntilQuiet();
  void NegotiateOnce(WalkEnd& offerer);

  std::mt19937_64 dice_;
  WalkCounts& counts_;
  WalkEnd ends_[2];
  std::deque<Signal> inbox_[2];
  std::vector<TrickledCandidate> candidates_[2];
  std::vector<std::string> past_;  // texts, of either end
  uint64_t names_ = 0;             // given to tracks and streams
  std::string history_;
};

}  // namespace parley::jsep::testing

#endif  // PARLEY_TESTS_CORE_JSEP_WALK_H_
