// Transports without a network: those of one FakeNetwork find each other by
// their ICE credentials and connect when both ends were told the right things,
// as real ones would: credentials, at least one candidate, DTLS roles that
// fit, fingerprints that match. For one thread, on virtual time.
#ifndef PARLEY_TESTS_TESTING_FAKE_TRANSPORT_H_
#define PARLEY_TESTS_TESTING_FAKE_TRANSPORT_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "core/peer/transport.h"

namespace parley::testing {

class FakeTransport;

class FakeNetwork : public peer::TransportFactory {
 public:
  std::shared_ptr<peer::Transport> Create(
      Executor& executor, ice::Mode mode, crypto::CertificateList certificates,
      ice::GatheringConfiguration configuration,
      std::shared_ptr<peer::Transport::Observer> observer) override;

  // What the next StartIce answers; OK again after it.
  void FailNextStart(absl::Status status) { next_start_ = std::move(status); }
  // How often a transport was told to roll back.
  size_t rolled_back() const { return rolled_back_; }
  // With false StartIce does not answer until true comes.
  void AnswerStarts(bool answer);
  // How often a transport was told to gather before it was started.
  size_t prepared() const { return prepared_; }
  // What transports were told to gather with, at creation or later, in order.
  const std::vector<ice::GatheringConfiguration>& configured() const {
    return configured_;
  }
  // What becomes of the candidates that transports get from now on.
  void UseCandidatesAs(ice::CandidateUse use) { candidate_use_ = use; }
  // Transports that were not closed.
  size_t open() const;

 private:
  friend class FakeTransport;

  // Connects whoever can be connected now.
  void Match();

  std::vector<std::weak_ptr<FakeTransport>> transports_;
  std::vector<ice::GatheringConfiguration> configured_;
  absl::Status next_start_;
  size_t rolled_back_ = 0;
  size_t prepared_ = 0;
  ice::CandidateUse candidate_use_ = ice::CandidateUse::kApplied;
  bool answers_ = true;
  std::vector<absl::AnyInvocable<void()>> unanswered_;
  uint16_t next_port_ = 10000;
};

}  // namespace parley::testing

#endif  // PARLEY_TESTS_TESTING_FAKE_TRANSPORT_H_
