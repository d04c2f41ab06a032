// A session with what a peer would do around it, so that a test reads like an
// application: two engines negotiate by handing each other text.
#ifndef PARLEY_TESTS_CORE_JSEP_ENGINE_H_
#define PARLEY_TESTS_CORE_JSEP_ENGINE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/base/errors.h"
#include "core/base/random.h"
#include "core/jsep/answer.h"
#include "core/jsep/candidates.h"
#include "core/jsep/negotiation_needed.h"
#include "core/jsep/offer.h"
#include "core/jsep/plan.h"
#include "core/jsep/session.h"
#include "core/jsep/transceivers.h"
#include "core/sdp/description.h"

namespace parley::jsep::testing {

// A configuration with one certificate.
Configuration DefaultConfiguration(char digit = 'A');

// Randomness that a seed repeats and a copy goes on with.
class SmallRandom : public Random {
 public:
  explicit SmallRandom(uint64_t seed) : state_(seed) {}
  void Fill(std::span<uint8_t> out) override;

 private:
  uint64_t state_;
};

// Copies are what-ifs: they share nothing that changes.
class Engine {
 public:
  explicit Engine(uint64_t seed = 1,
                  Configuration configuration = DefaultConfiguration());

  // --- What fails the test when it fails ---

  TransceiverId Add(MediaKind kind, TransceiverInit init = {});
  TransceiverId AddTrack(MediaKind kind, std::string track,
                         std::vector<std::string> streams = {});
  void AddData();
  // createOffer and createAnswer; the text.
  std::string CreateOffer(OfferOptions options = {});
  std::string CreateAnswer();
  // setLocalDescription and setRemoteDescription; the effects.
  Effects SetLocal(SdpType type, std::string_view text = {});
  Effects SetRemote(SdpType type, std::string_view text);
  Effects RollBack(Side side = Side::kLocal);

  // --- What may fail ---

  absl::Status TryLocal(LocalDescriptionInit description);
  absl::Status TryRemote(RemoteDescriptionInit description);
  absl::Status TryRollback(Side side);
  // Plans and commits.
  absl::StatusOr<CandidatePlan> AddCandidate(CandidateInit init,
                                             bool queue_early = true);

  const Transceiver& Get(TransceiverId id) const;
  std::string LocalText() const;
  std::string RemoteText() const;

  Session session;
  Effects effects;  // of the last description or candidate
  SmallRandom random;
};

// Two peer connections with certificates of their own.
struct Pair {
  Engine a;
  Engine b{2, DefaultConfiguration('B')};
};

// The same; `a` has audio and video.
struct MediaPair : Pair {
  MediaPair();
  void Negotiated();
};

// Of an error that this project made; fails the test for another status.
Reason ReasonOf(const absl::Status& status);

// offer.SetLocal, answer.SetRemote, answer.SetLocal, offer.SetRemote.
void Negotiate(Engine& offerer, Engine& answerer, OfferOptions options = {});

// All effects of one kind, in order.
template <typename Kind>
std::vector<Kind> Only(const Effects& effects) {
  std::vector<Kind> result;
  for (const Effect& effect : effects) {
    if (const Kind* one = std::get_if<Kind>(&effect)) result.push_back(*one);
  }
  return result;
}

sdp::Description MustParse(std::string_view text);

// Text in which every occurrence of a piece is another one; fails the test when
// there is none.
std::string Replaced(std::string text, std::string_view from,
                     std::string_view to);
// Only the first one.
std::string ReplacedOnce(std::string text, std::string_view from,
                         std::string_view to);
// Without the lines that begin so.
std::string WithoutLines(std::string_view text, std::string_view prefix);

}  // namespace parley::jsep::testing

#endif  // PARLEY_TESTS_CORE_JSEP_ENGINE_H_
