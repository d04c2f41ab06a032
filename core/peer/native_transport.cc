#include "core/peer/native_transport.h"

#include <optional>
#include <utility>
#include <vector>

#include "core/base/errors.h"

namespace parley::peer {
namespace {

// RFC 7983 section 7: which protocol a datagram's first byte tells.
bool IsDtls(std::span<const uint8_t> packet) {
  return !packet.empty() && packet[0] >= 20 && packet[0] <= 63;
}

bool IsUp(ice::ConnectionState state) {
  return state == ice::ConnectionState::kConnected ||
         state == ice::ConnectionState::kCompleted;
}

class NativeTransport final
    : public Transport,
      public ice::IceTransport::Observer,
      public dtls::Transport::Observer,
      public sctp::Association::Observer,
      public std::enable_shared_from_this<NativeTransport> {
 public:
  NativeTransport(Executor& executor, ice::IceTransportFactory& ice_factory,
                  std::shared_ptr<const ice::TransportOptions> ice_options,
                  ice::GatheringConfiguration configuration,
                  std::shared_ptr<dtls::Context> dtls_context,
                  crypto::CertificateList certificates, sctp::Stack& stack,
                  std::shared_ptr<Transport::Observer> observer)
      : executor_(executor),
        ice_factory_(ice_factory),
        ice_options_(std::move(ice_options)),
        configuration_(std::move(configuration)),
        dtls_context_(std::move(dtls_context)),
        certificates_(std::move(certificates)),
        stack_(stack),
        observer_(std::move(observer)) {}

  // --- peer::Transport, from any thread ---

  void SetCertificates(crypto::CertificateList certificates) override {
    Post([this, certificates = std::move(certificates)]() mutable {
      certificates_ = std::move(certificates);
    });
  }

  void Configure(ice::GatheringConfiguration configuration) override {
    Post([this, configuration = std::move(configuration)]() mutable {
      configuration_ = std::move(configuration);
      if (ice_) ice_->Configure(configuration_);
    });
  }

  void PrepareIce() override {
    Post([this] {
      // What hinders it now StartIce will tell.
      Ice().Prepare().IgnoreError();
    });
  }

  void StartIce(ice::Credentials local, ice::Role role,
                absl::AnyInvocable<void(absl::Status)> done) override {
    executor_.Post([self = shared_from_this(), local = std::move(local), role,
                    done = std::move(done)]() mutable {
      done(self->StartIceNow(local, role));
    });
  }

  void SetRemoteIce(ice::RemoteParameters remote) override {
    Post([this, remote = std::move(remote)] {
      // Negotiation has checked what ICE checks again.
      if (ice_) ice_->SetRemote(remote).IgnoreError();
    });
  }

  void AddRemoteCandidate(
      sdp::Candidate candidate,
      absl::AnyInvocable<void(ice::CandidateUse)> used) override {
    Post([this, candidate = std::move(candidate),
          used = std::move(used)]() mutable {
      if (!ice_) return;
      // One that cannot be used is counted there and harms nobody.
      const auto use = ice_->AddRemoteCandidate(candidate);
      if (use.ok() && used) used(*use);
    });
  }

  void EndOfRemoteCandidates() override {
    Post([this] {
      if (ice_) ice_->EndOfRemoteCandidates();
    });
  }

  void RollbackIce() override {
    Post([this] {
      if (ice_) ice_->Rollback();
    });
  }

  void StartDtls(dtls::Role role,
                 std::vector<crypto::Fingerprint> fingerprints) override {
    Post([this, role, fingerprints = std::move(fingerprints)]() mutable {
      StartDtlsNow({role, std::move(fingerprints)});
    });
  }

  void StartSctp(SctpStart start) override {
    Post([this, start] {
      CloseSctpNow();
      sctp_start_ = start;
      ConnectSctp();
    });
  }

  void CloseSctp() override {
    Post([this] { CloseSctpNow(); });
  }

  void SendMessage(sctp::OutgoingMessage message) override {
    Post([this, message = std::move(message)]() mutable {
      if (sctp_) sctp_->Send(std::move(message));
    });
  }

  void ResetStreams(std::vector<uint16_t> streams) override {
    Post([this, streams = std::move(streams)] {
      if (sctp_) sctp_->ResetStreams(streams);
    });
  }

  void Measure(absl::AnyInvocable<void(TransportMeasurement)> done) override {
    executor_.Post(
        [self = shared_from_this(), done = std::move(done)]() mutable {
          done(self->MeasureNow());
        });
  }

  void SetReceiving(bool receiving) override {
    Post([this, receiving] {
      if (sctp_) sctp_->SetReceiving(receiving);
    });
  }

  void Close(absl::AnyInvocable<void()> done) override {
    executor_.Post(
        [self = shared_from_this(), done = std::move(done)]() mutable {
          self->CloseNow(std::move(done));
        });
  }

  // --- ice::IceTransport::Observer, on the executor like all below ---

  void OnLocalCandidate(std::string_view ufrag,
                        const sdp::Candidate& candidate) override {
    observer_->OnLocalCandidate(ufrag, candidate);
  }
  void OnGatheringState(std::string_view ufrag,
                        ice::GatheringState state) override {
    observer_->OnGatheringState(ufrag, state);
  }
  void OnGatheringError(std::string_view ufrag,
                        const absl::Status& error) override {
    observer_->OnGatheringError(ufrag, error);
  }
  void OnConnectionState(ice::ConnectionState state) override {
    observer_->OnIceState(state);
    if (IsUp(state)) BeginHandshake();
  }
  void OnPacket(std::span<const uint8_t> packet) override {
    if (!IsDtls(packet)) return;
    // The ClientHello may come before the answer that says whose it is.
    EnsureDtls();
    dtls_->HandlePacket(packet);
  }
  void OnSelectedPair(const ice::CandidatePair& pair) override {
    observer_->OnSelectedPair(pair);
  }

  // --- dtls::Transport::Observer ---

  void OnDtlsPacket(std::span<const uint8_t> packet) override {
    if (ice_) ice_->Send(packet);
  }
  void OnDtlsData(std::span<const uint8_t> data) override {
    if (sctp_) sctp_->HandlePacket(data);
  }
  void OnDtlsState(dtls::State state, const absl::Status& why) override {
    if (replacing_dtls_) return;
    observer_->OnDtlsState(state, why);
    if (state == dtls::State::kConnected) ConnectSctp();
    if (state == dtls::State::kClosed || state == dtls::State::kFailed) {
      if (sctp_) sctp_->Close();
    }
  }

  // --- sctp::Association::Observer ---

  void OnSctpPacket(std::span<const uint8_t> packet) override {
    if (dtls_) dtls_->Send(packet);
  }
  void OnSctpState(sctp::State state, sctp::StreamCounts streams,
                   const absl::Status& why) override {
    observer_->OnSctpState(state, streams, why);
  }
  void OnSctpMessage(sctp::IncomingMessage message) override {
    observer_->OnMessage(std::move(message));
  }
  void OnIncomingStreamsReset(std::span<const uint16_t> streams) override {
    observer_->OnIncomingStreamsReset({streams.begin(), streams.end()});
  }
  void OnOutgoingStreamsReset(std::span<const uint16_t> streams) override {
    observer_->OnOutgoingStreamsReset({streams.begin(), streams.end()});
  }
  void OnBytesSent(uint16_t stream, size_t bytes) override {
    observer_->OnBytesSent(stream, bytes);
  }

 private:
  struct DtlsStart {
    dtls::Role role;
    std::vector<crypto::Fingerprint> fingerprints;
  };

  template <typename Task>
  void Post(Task task) {
    executor_.Post(
        [self = shared_from_this(), task = std::move(task)]() mutable {
          if (!self->closed_) task();
        });
  }

  absl::Status StartIceNow(const ice::Credentials& local, ice::Role role) {
    if (closed_) return MakeError(Reason::kPeerClosed, "the peer is closed");
    return Ice().Start(local, role);
  }

  ice::IceTransport& Ice() {
    if (ice_ == nullptr) {
      ice_ = ice_factory_.Create(ice_options_, configuration_, *this);
    }
    return *ice_;
  }

  TransportMeasurement MeasureNow() const {
    TransportMeasurement result;
    if (ice_) {
      result.ice_state = ice_->state();
      result.ice_role = ice_->role();
      result.ice = ice_->Measure();
      result.counters = ice_->counters();
    }
    if (dtls_) {
      result.dtls_state = dtls_->state();
      result.dtls_role = dtls_->role();
      result.dtls_session = dtls_->session();
      result.remote_certificates = dtls_->remote_certificates();
    }
    return result;
  }

  void EnsureDtls() {
    if (dtls_) return;
    dtls_.emplace(dtls_context_, certificates_, dtls::TransportOptions(),
                  executor_, *this);
  }

  // Whether the association that there is can go on with these parameters.
  bool Continues(const DtlsStart& start) const {
    if (!dtls_start_ || dtls_start_->role != start.role) return !dtls_start_;
    return dtls_start_->fingerprints == start.fingerprints ||
           (dtls_ && dtls_->MatchesRemote(start.fingerprints));
  }

  void StartDtlsNow(DtlsStart start) {
    if (!Continues(start)) {
      CloseSctpNow();
      // The old one says goodbye, but its end is not the transport's.
      replacing_dtls_ = true;
      if (dtls_) dtls_->Close();
      dtls_.reset();
      replacing_dtls_ = false;
      handshaking_ = false;
    }
    dtls_start_ = std::move(start);
    BeginHandshake();
  }

  void BeginHandshake() {
    if (handshaking_ || !dtls_start_ || !ice_ || !IsUp(ice_->state())) return;
    handshaking_ = true;
    EnsureDtls();
    dtls_->Start(dtls_start_->role, dtls_start_->fingerprints);
  }

  void ConnectSctp() {
    if (sctp_ || !sctp_start_ || !dtls_ ||
        dtls_->state() != dtls::State::kConnected) {
      return;
    }
    sctp_.emplace(stack_, sctp_start_->options, executor_, *this);
    const absl::Status connected =
        sctp_->Connect(sctp_start_->local_port, sctp_start_->remote_port);
    if (connected.ok()) return;
    sctp_.reset();
    observer_->OnSctpState(sctp::State::kClosed, {}, connected);
  }

  void CloseSctpNow() {
    sctp_start_.reset();
    if (sctp_) sctp_->Close();
    sctp_.reset();
  }

  void CloseNow(absl::AnyInvocable<void()> done) {
    closed_ = true;
    observer_ = std::make_shared<Nobody>();
    CloseSctpNow();
    if (dtls_) dtls_->Close();
    dtls_.reset();
    if (ice_ == nullptr) return done();
    ice_->Close([self = shared_from_this(), done = std::move(done)]() mutable {
      // Not inside its own call: `done` is still running in it.
      self->executor_.Post([self, done = std::move(done)]() mutable {
        self->ice_.reset();
        done();
      });
    });
  }

  // Hears the last words of a transport that closes.
  class Nobody final : public Transport::Observer {
   public:
    void OnLocalCandidate(std::string_view, const sdp::Candidate&) override {}
    void OnGatheringState(std::string_view, ice::GatheringState) override {}
    void OnGatheringError(std::string_view, const absl::Status&) override {}
    void OnIceState(ice::ConnectionState) override {}
    void OnDtlsState(dtls::State, const absl::Status&) override {}
    void OnSelectedPair(const ice::CandidatePair&) override {}
    void OnSctpState(sctp::State, sctp::StreamCounts,
                     const absl::Status&) override {}
    void OnMessage(sctp::IncomingMessage) override {}
    void OnIncomingStreamsReset(std::vector<uint16_t>) override {}
    void OnOutgoingStreamsReset(std::vector<uint16_t>) override {}
    void OnBytesSent(uint16_t, size_t) override {}
  };

  // Constant after construction.
  Executor& executor_;
  ice::IceTransportFactory& ice_factory_;
  const std::shared_ptr<const ice::TransportOptions> ice_options_;

  // On the executor.
  ice::GatheringConfiguration configuration_;
  const std::shared_ptr<dtls::Context> dtls_context_;
  crypto::CertificateList certificates_;
  sctp::Stack& stack_;
  std::shared_ptr<Transport::Observer> observer_;
  std::unique_ptr<ice::IceTransport> ice_;
  std::optional<dtls::Transport> dtls_;
  std::optional<sctp::Association> sctp_;
  std::optional<DtlsStart> dtls_start_;
  std::optional<SctpStart> sctp_start_;
  bool handshaking_ = false;
  bool replacing_dtls_ = false;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<Transport> NativeTransportFactory::Create(
    Executor& executor, ice::Mode mode, crypto::CertificateList certificates,
    ice::GatheringConfiguration configuration,
    std::shared_ptr<Transport::Observer> observer) {
  return std::make_shared<NativeTransport>(
      executor, ice_(executor, mode), ice_options_, std::move(configuration),
      dtls_, std::move(certificates), sctp_, std::move(observer));
}

}  // namespace parley::peer
