#include "tests/testing/fake_transport.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace parley::testing {

class FakeTransport final : public peer::Transport,
                            public std::enable_shared_from_this<FakeTransport> {
 public:
  FakeTransport(FakeNetwork& network, Executor& executor,
                crypto::CertificateList certificates,
                std::shared_ptr<Observer> observer)
      : network_(network),
        executor_(executor),
        certificates_(std::move(certificates)),
        observer_(std::move(observer)) {}

  void SetCertificates(crypto::CertificateList certificates) override {
    Post([this, certificates = std::move(certificates)] {
      certificates_ = certificates;
    });
  }

  void PrepareIce() override { ++network_.prepared_; }

  void Configure(ice::GatheringConfiguration configuration) override {
    network_.configured_.push_back(std::move(configuration));
  }

  void StartIce(ice::Credentials local, ice::Role,
                absl::AnyInvocable<void(absl::Status)> done) override {
    auto start = [self = shared_from_this(), local = std::move(local),
                  done = std::move(done)]() mutable {
      absl::Status status =
          std::exchange(self->network_.next_start_, absl::OkStatus());
      const bool started = status.ok() && !self->closed_;
      if (started) self->generations_.push_back({local, std::nullopt, false});
      done(std::move(status));
      if (started) self->Gather(local.ufrag);
    };
    if (network_.answers_) {
      Post(std::move(start));
    } else {
      network_.unanswered_.push_back(std::move(start));
    }
  }

  void SetRemoteIce(ice::RemoteParameters remote) override {
    Post([this, remote = std::move(remote)] {
      if (generations_.empty()) return;
      generations_.back().remote = remote;
      if (ice_ == ice::ConnectionState::kNew) {
        SetIce(ice::ConnectionState::kChecking);
      }
      network_.Match();
    });
  }

  void AddRemoteCandidate(
      sdp::Candidate,
      absl::AnyInvocable<void(ice::CandidateUse)> used) override {
    Post([this, used = std::move(used)]() mutable {
      if (used) used(network_.candidate_use_);
      if (network_.candidate_use_ != ice::CandidateUse::kApplied) return;
      if (!generations_.empty()) generations_.back().has_candidate = true;
      network_.Match();
    });
  }

  void EndOfRemoteCandidates() override {}

  void RollbackIce() override {
    Post([this] {
      ++network_.rolled_back_;
      if (!generations_.empty()) generations_.pop_back();
    });
  }

  void StartDtls(dtls::Role role,
                 std::vector<crypto::Fingerprint> fingerprints) override {
    Post([this, role, fingerprints = std::move(fingerprints)] {
      role_ = role;
      fingerprints_ = fingerprints;
      network_.Match();
    });
  }

  void StartSctp(peer::SctpStart start) override {
    Post([this, start] {
      sctp_start_ = start;
      sctp_ = sctp::State::kConnecting;
      network_.Match();
    });
  }

  void CloseSctp() override {
    Post([this] { EndSctp(); });
  }

  void SendMessage(sctp::OutgoingMessage message) override {
    Post([this, message = std::move(message)]() mutable {
      const std::shared_ptr<FakeTransport> other = other_.lock();
      if (sctp_ != sctp::State::kConnected || other == nullptr) return;
      const size_t size = message.payload.size();
      other->Receive(
          {message.stream, message.ppid, std::move(message.payload)});
      observer_->OnBytesSent(message.stream, size);
    });
  }

  void ResetStreams(std::vector<uint16_t> streams) override {
    Post([this, streams = std::move(streams)] {
      if (const auto other = other_.lock()) {
        other->observer_->OnIncomingStreamsReset(streams);
      }
      observer_->OnOutgoingStreamsReset(streams);
    });
  }

  void Measure(
      absl::AnyInvocable<void(peer::TransportMeasurement)> done) override {
    executor_.Post(
        [self = shared_from_this(), done = std::move(done)]() mutable {
          peer::TransportMeasurement result;
          if (!self->closed_ && !self->generations_.empty()) {
            result.ice_state = self->ice_;
            result.ice.ufrag = self->generations_.back().local.ufrag;
          }
          done(std::move(result));
        });
  }

  void SetReceiving(bool receiving) override {
    Post([this, receiving] {
      receiving_ = receiving;
      if (!receiving_) return;
      for (auto& message : std::exchange(unread_, {})) {
        observer_->OnMessage(std::move(message));
      }
    });
  }

  void Close(absl::AnyInvocable<void()> done) override {
    executor_.Post([self = shared_from_this(),
                    done = std::move(done)]() mutable {
      self->closed_ = true;
      if (const auto other = self->other_.lock()) {
        other->other_.reset();
        other->EndSctp();
        other->observer_->OnDtlsState(dtls::State::kClosed, absl::OkStatus());
      }
      self->observer_.reset();
      done();
    });
  }

  bool closed() const { return closed_; }

  // Whether the two were told to talk to each other.
  bool Fits(const FakeTransport& other) const {
    if (closed_ || generations_.empty() || other.generations_.empty()) {
      return false;
    }
    const Generation& mine = generations_.back();
    const Generation& theirs = other.generations_.back();
    return mine.remote && mine.has_candidate &&
           mine.remote->ufrag == theirs.local.ufrag &&
           mine.remote->pwd == theirs.local.pwd;
  }

  void Connect(const std::shared_ptr<FakeTransport>& other) {
    other_ = other;
    if (ice_ != ice::ConnectionState::kConnected) {
      SetIce(ice::ConnectionState::kConnected);
    }
  }

  void Handshake() {
    const auto other = other_.lock();
    if (other == nullptr || dtls_ != dtls::State::kNew || !role_ ||
        !other->role_ || *role_ == *other->role_) {
      return;
    }
    SetDtls(dtls::State::kConnecting);
    SetDtls(
        crypto::MatchesAny(fingerprints_, other->certificates_.front()->der())
            ? dtls::State::kConnected
            : dtls::State::kFailed);
  }

  void Associate() {
    const auto other = other_.lock();
    if (other == nullptr || sctp_ != sctp::State::kConnecting ||
        !other->sctp_start_ || dtls_ != dtls::State::kConnected ||
        other->dtls_ != dtls::State::kConnected) {
      return;
    }
    sctp_ = sctp::State::kConnected;
    const uint16_t streams = std::min(sctp_start_->options.streams,
                                      other->sctp_start_->options.streams);
    observer_->OnSctpState(sctp_, {streams, streams}, absl::OkStatus());
  }

 private:
  struct Generation {
    ice::Credentials local;
    std::optional<ice::RemoteParameters> remote;
    bool has_candidate = false;
  };

  template <typename Task>
  void Post(Task task) {
    executor_.Post(
        [self = shared_from_this(), task = std::move(task)]() mutable {
          if (!self->closed_) task();
        });
  }

  void Gather(const std::string& ufrag) {
    observer_->OnGatheringState(ufrag, ice::GatheringState::kGathering);
    sdp::Candidate candidate;
    candidate.foundation = "1";
    candidate.priority = 2130706431;
    candidate.address = "127.0.0.1";
    candidate.port = network_.next_port_++;
    observer_->OnLocalCandidate(ufrag, candidate);
    observer_->OnGatheringState(ufrag, ice::GatheringState::kComplete);
  }

  void Receive(sctp::IncomingMessage message) {
    if (receiving_) {
      observer_->OnMessage(std::move(message));
    } else {
      unread_.push_back(std::move(message));
    }
  }

  void SetIce(ice::ConnectionState state) {
    ice_ = state;
    observer_->OnIceState(state);
  }

  void SetDtls(dtls::State state) {
    dtls_ = state;
    observer_->OnDtlsState(state, absl::OkStatus());
  }

  void EndSctp() {
    if (sctp_ != sctp::State::kConnected) return;
    sctp_ = sctp::State::kClosed;
    observer_->OnSctpState(sctp_, {}, absl::OkStatus());
  }

  FakeNetwork& network_;
  Executor& executor_;
  crypto::CertificateList certificates_;
  std::shared_ptr<Observer> observer_;
  std::weak_ptr<FakeTransport> other_;
  std::vector<Generation> generations_;
  std::optional<dtls::Role> role_;
  std::vector<crypto::Fingerprint> fingerprints_;
  std::optional<peer::SctpStart> sctp_start_;
  ice::ConnectionState ice_ = ice::ConnectionState::kNew;
  dtls::State dtls_ = dtls::State::kNew;
  sctp::State sctp_ = sctp::State::kNew;
  std::vector<sctp::IncomingMessage> unread_;
  bool receiving_ = true;
  bool closed_ = false;
};

std::shared_ptr<peer::Transport> FakeNetwork::Create(
    Executor& executor, ice::Mode, crypto::CertificateList certificates,
    ice::GatheringConfiguration configuration,
    std::shared_ptr<peer::Transport::Observer> observer) {
  configured_.push_back(std::move(configuration));
  auto transport = std::make_shared<FakeTransport>(
      *this, executor, std::move(certificates), std::move(observer));
  transports_.push_back(transport);
  return transport;
}

void FakeNetwork::AnswerStarts(bool answer) {
  answers_ = answer;
  if (!answers_) return;
  for (auto& start : std::exchange(unanswered_, {})) start();
}

size_t FakeNetwork::open() const {
  return std::count_if(transports_.begin(), transports_.end(),
                       [](const auto& weak) {
                         const auto transport = weak.lock();
                         return transport != nullptr && !transport->closed();
                       });
}

void FakeNetwork::Match() {
  std::vector<std::shared_ptr<FakeTransport>> live;
  for (const auto& weak : transports_) {
    if (auto transport = weak.lock(); transport && !transport->closed()) {
      live.push_back(std::move(transport));
    }
  }
  for (const auto& a : live) {
    for (const auto& b : live) {
      if (a != b && a->Fits(*b) && b->Fits(*a)) a->Connect(b);
    }
  }
  for (const auto& a : live) a->Handshake();
  for (const auto& a : live) a->Associate();
}

}  // namespace parley::testing
