// A native peer connection: the negotiation of jsep::Session, the transports
// that carry it out, data channels, a log of events and a lease.
//
// Safe for concurrent use, unless marked "on the strand": each call is posted
// to the peer's strand, runs there without a lock, perhaps inside the call, and
// answers by its callback. Calls that change the peer go through W3C's
// operations chain, one at a time in the order of arrival; Close overtakes
// them, and ends those that wait or run with PEER_CLOSED.
#ifndef PARLEY_CORE_PEER_PEER_H_
#define PARLEY_CORE_PEER_PEER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/strand.h"
#include "core/jsep/answer.h"
#include "core/jsep/negotiation_needed.h"
#include "core/jsep/offer.h"
#include "core/jsep/plan.h"
#include "core/loop/executor.h"
#include "core/peer/channel_ends.h"
#include "core/peer/event_log.h"
#include "core/peer/history.h"
#include "core/peer/measurement.h"
#include "core/peer/operation_chain.h"
#include "core/peer/peer_types.h"
#include "core/peer/reply_cache.h"
#include "core/peer/transport.h"

namespace parley::peer {

// Told, on the strand, that there are events to read.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void OnEventsAvailable() = 0;
};

// Where the events of a peer also go, whoever watches it, and the sizes of what
// its data channels carry. Called on the strand.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // Once, first: the peer as it is now.
  virtual void OnJoined(const View& view) = 0;
  // Each event after that, in order.
  virtual void OnEvent(const std::shared_ptr<const Event>& event) = 0;
  // The bytes of a message that the application sent, or that has come for it.
  virtual void OnMessageSent(size_t bytes) = 0;
  virtual void OnMessageReceived(size_t bytes) = 0;
  // A remote candidate was ignored because it has a name in place of an
  // address: mDNS (RFC 8828), or a domain name.
  virtual void OnCandidateNameIgnored() = 0;
};

// NOT_SUPPORTED: what no lite peer can gather.
absl::Status CheckGathering(const ice::GatheringConfiguration& wanted,
                            bool ice_lite);

class Peer : public std::enable_shared_from_this<Peer> {
 public:
  // Creates a peer with its first transceivers and data channels, all of them
  // or an error (those of jsep::MakeSession, AddTransceiver,
  // SetCodecPreferences and sctp::DataChannels::Create). The executor, on which
  // its transports will live, must outlive it. `on_gone` is called once, on the
  // strand, when the peer was closed and has given everything back.
  static absl::StatusOr<std::shared_ptr<Peer>> Create(
      std::string name, PeerInit init, const Environment& environment,
      Executor& executor, absl::AnyInvocable<void()> on_gone);
  ~Peer();

  const std::string& name() const { return info_.name; }
  // Its labels a moment ago.
  std::shared_ptr<const Labels> labels() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return info_.labels;
  }

  // --- Negotiation (the operations of RTCPeerConnection) ---

  // Errors: those of jsep::CreateOffer, and of the certificate source.
  void CreateOffer(Call call, OfferRequest request,
                   Reply<jsep::CreatedDescription> reply);
  void CreateAnswer(Call call, jsep::AnswerOptions options,
                    Reply<jsep::CreatedDescription> reply);
  // Errors: those of jsep::PlanLocal, of the certificate source, and of
  // ice::IceTransport::Start; nothing has changed then.
  void SetLocalDescription(Call call, std::optional<jsep::SdpType> type,
                           std::string text, StatusReply reply);
  // Errors: those of jsep::PlanRemote, GLARE. `validate_only` changes nothing.
  void SetRemoteDescription(Call call, jsep::SdpType type, std::string text,
                            std::string offer_id, bool validate_only,
                            StatusReply reply);
  // One result per candidate; the call itself fails only when closed.
  void AddIceCandidates(Call call, std::vector<CandidateInput> candidates,
                        bool queue_early,
                        Reply<std::vector<CandidateResult>> reply);
  void RestartIce(Call call, StatusReply reply);

  // CreateOffer and SetLocalDescription with it, as one operation. Errors:
  // those of both; no description has changed then.
  void SetLocalOffer(Call call, OfferRequest request, StatusReply reply);
  // SetRemoteDescription with this offer, CreateAnswer and SetLocalDescription,
  // as one operation. Errors: those of the three. When the offer was applied
  // and the answer fails, the offer is rolled back; a local one that it had
  // rolled back before is not restored (metadata `rolled_back`).
  void AnswerOffer(Call call, std::string text, StatusReply reply);

  // W3C setConfiguration, and what else can change in the life of a peer: all
  // of it or nothing. Servers and policy count from the next gathering, for
  // which the next offer restarts ICE. Errors: those of jsep::SetConfiguration.
  void Update(Call call, PeerUpdate update, StatusReply reply);

  // Runs `change` on a copy of the session and keeps the copy if it succeeds:
  // addTransceiver and what else core/jsep/transceivers.h has. The id is that
  // of the transceiver that changed; there is no event if nothing did.
  using TransceiverFunction =
      absl::AnyInvocable<absl::StatusOr<jsep::TransceiverId>(jsep::Session&,
                                                             Random&)>;
  void ChangeTransceiver(Call call, TransceiverFunction change,
                         Reply<jsep::TransceiverId> reply);

  // --- Data channels ---

  void CreateDataChannel(Call call, ChannelSpec spec,
                         Reply<sctp::ChannelKey> reply);
  void CloseDataChannel(Call call, sctp::ChannelKey channel, StatusReply reply);
  // Not chained. Errors: those of sctp::DataChannels::Send.
  void SendMessage(Call call, sctp::ChannelKey channel, bool binary,
                   std::string data, StatusReply reply);

  // --- Life ---

  // Whether it was closed and has given everything back.
  bool gone() const { return gone_; }
  // Whether its connection state is connected, and how many of its channels
  // are not closed: a moment ago, for counting.
  bool connected() const { return connected_; }
  size_t live_channels() const { return live_channels_; }

  // Measures the peer (W3C getStats). Renews nothing. Errors:
  // TRANSCEIVER_UNKNOWN, CHANNEL_UNKNOWN.
  void Measure(MeasurementSelector selector, Reply<Measurement> reply);

  // Shows the peer. Renews nothing.
  void Read(absl::AnyInvocable<void(const View&)> reader);

  // W3C close, and the end of the peer; `closed` is called when everything it
  // used was given back, also when it was closed before.
  void Close(CloseReason reason, std::string detail,
             absl::AnyInvocable<void(const View&)> closed);

  static constexpr size_t kMaxWatchers = 256;
  void AddWatcher(std::shared_ptr<Watcher> watcher);
  void RemoveWatcher(const Watcher* watcher);

  // While held the lease does not end; it begins anew with the last release.
  void HoldLease();
  void ReleaseLease();

  void Announce(EventBody event);

  // Once in the life of a peer.
  void Join(std::shared_ptr<EventSink> sink);

  // Runs a task on the strand.
  void Post(absl::AnyInvocable<void()> task);

  // --- On the strand only ---

  // See EventLog::Next.
  absl::StatusOr<std::shared_ptr<const Event>> NextEvent(uint64_t after) const {
    return log_.Next(after);
  }
  // For `Call::replay`: a call that has succeeded stores its reply.
  ReplyCache& replies() { return replies_; }
  // Its past, for people who look for a fault. Calls are noted by those who
  // make them; the last one's turn came then (monotonic).
  History& history() { return history_; }
  absl::Duration turn_came() const { return turn_came_; }
  View CurrentView();
  // Reading and writing messages; changes wake the receive window.
  ChannelEnds& channel_ends() { return ends_; }
  const sctp::DataChannels& channels() const { return channels_; }
  // Hands a writer's message to its channel: SendMessage, for attachments.
  absl::Status SendNow(sctp::ChannelKey channel, bool binary, std::string data);
  bool closed() const { return info_.closure.has_value(); }
  // RATE when as many watch it as may: to be asked before AddWatcher.
  absl::Status CheckWatchers() const;
  // PEER_CLOSED, with what closed it. Only when it is closed.
  absl::Status ClosedError() const;

 private:
  class TransportEvents;
  struct TransportEntry;
  using Finished = OperationChain::Finished;
  // What goes on when something that was waited for has ended.
  using Continuation = absl::AnyInvocable<void(absl::Status)>;
  // Begins an operation. It calls Finished when it was answered.
  using Body = absl::AnyInvocable<void(Finished)>;

  Peer(std::string name, PeerInit& init, const Environment& environment,
       Executor& executor, jsep::Session session,
       absl::AnyInvocable<void()> on_gone);

  // peer.cc: calls and state.
  void Chain(Call call, Continuation refuse, Body body);
  bool Begin(Call& call, Continuation& refuse);
  absl::Status AddFirstObjects(PeerInit& init);
  void Start();
  const Snapshot& CurrentSnapshot();
  void Emit(EventBody body);

  // Waiting inside an operation, for one thing at a time. The result may come
  // on any thread; when the peer is closed before, PEER_CLOSED comes instead.
  Continuation Await(Continuation then);
  void EnsureCertificate(Continuation then);

  // peer_pool.cc: W3C's ICE candidate pool.
  void FollowPool();
  std::unique_ptr<TransportEntry> TakePooled();
  void ClosePool();

  // peer_negotiation.cc
  template <typename Creator>
  void CreateDescription(Call call, absl::Status (*check)(const jsep::Session&),
                         Creator create, Reply<jsep::CreatedDescription> reply);
  void OfferToReceive(const OfferRequest& request);
  void PlanLocalAndApply(std::optional<jsep::SdpType> type,
                         const std::string& text, Continuation done);
  absl::StatusOr<jsep::Plan> PlanRemote(
      const jsep::RemoteDescriptionInit& description);
  void Apply(jsep::Plan plan, Continuation done);
  struct Starts;
  void StartTransports(const std::shared_ptr<Starts>& starts,
                       Continuation done);
  void UndoStarts(const Starts& starts);
  void PlanRemoteAndApply(const jsep::RemoteDescriptionInit& description,
                          Continuation done);
  // peer_composites.cc
  void AnswerPending(bool rolled_back, Continuation done);

  // peer_candidates.cc
  struct CandidateBatch;
  CandidateResult AddCandidate(const CandidateInput& input, bool queue_early);
  CandidateResult JudgeCandidate(const CandidateInput& input, bool queue_early);
  CandidateIgnored Unusable(
      const std::optional<sdp::Candidate>& candidate) const;
  static bool HasName(const sdp::Candidate& candidate);
  void CountIgnoredName();
  void RetryQueuedCandidates();

  // peer_effects.cc: what a committed plan asks for.
  void Execute(jsep::Effects effects);
  void Do(const jsep::StartIce& effect);
  void Do(const jsep::SetRemoteIce& effect);
  void Do(const jsep::AddRemoteCandidates& effect);
  void Do(const jsep::EndRemoteCandidates& effect);
  void Do(const jsep::AbandonIce& effect);
  void Do(const jsep::SetDtls& effect);
  void Do(const jsep::SetSctp& effect);
  void Do(const jsep::CloseSctp& effect);
  void Do(const jsep::CloseTransport& effect);
  void Do(const jsep::DescriptionApplied& effect);
  void Do(const jsep::RolledBack& effect);
  void Do(const jsep::SignalingStateChanged& effect);
  void Do(const jsep::TrackMuted& effect);
  void Do(const jsep::TrackRemovedFromStream& effect);
  void Do(const jsep::TrackAddedToStream& effect);
  void Do(const jsep::TrackEvent& effect);
  // Everything else shows in the state that comes with DescriptionApplied.
  template <typename Shown>
  void Do(const Shown&) {}
  void EmitApplied(jsep::Side side, jsep::SdpType type,
                   std::optional<DescriptionSummary> description,
                   bool implicit = false);

  // peer_measure.cc
  struct Measuring;
  void EndMeasuring(Measuring& measuring);
  absl::StatusOr<std::vector<TransportEntry*>> Selected(
      const MeasurementSelector& selector);
  Measurement MeasureOwn(const MeasurementSelector& selector) const;

  // peer_update.cc
  absl::Status SetConfiguration(RtcConfiguration wanted);
  void SetLabels(Labels labels) ABSL_LOCKS_EXCLUDED(mutex_);

  // peer_transports.cc: what transports report.
  TransportEntry* FindEntry(jsep::TransportId id);
  std::unique_ptr<TransportEntry> NewTransport();
  TransportEntry& OpenTransport(const jsep::StartIce& start);
  void CloseEntry(jsep::TransportId id);
  void CloseTransport(std::shared_ptr<Transport> transport);
  void OnLocalCandidate(jsep::TransportId id, const std::string& ufrag,
                        const std::optional<sdp::Candidate>& candidate);
  void OnGatheringState(jsep::TransportId id, const std::string& ufrag,
                        ice::GatheringState state);
  void ReleaseHeld();
  void UpdateStates();

  // peer_channels.cc
  void OnSctpState(sctp::State state, sctp::StreamCounts streams,
                   const absl::Status& why);
  void OnBytesSent(uint16_t stream, size_t bytes);
  void RunChannelEffects();
  void Do(sctp::SendMessage& effect);
  void Do(const sctp::ResetStream& effect);
  void Do(const sctp::ChannelAnnounced& effect);
  void Do(const sctp::ChannelIdAssigned& effect);
  void Do(const sctp::ChannelStateChanged& effect);
  void Do(const sctp::ChannelFailed& effect);
  void Do(sctp::MessageReceived& effect);
  void Do(const sctp::BufferedAmountLow& effect);
  void UpdateReceiving();
  Transport* SctpTransport();

  // peer_lifetime.cc
  void ArmLease(absl::Duration delay);
  void OnLeaseTimer();
  void RenewLease();
  void CloseNow(CloseReason reason, std::string detail);
  void CheckGone();

  const Environment& environment_;
  Executor& executor_;

  std::atomic<bool> gone_ = false;
  std::atomic<bool> connected_ = false;
  std::atomic<size_t> live_channels_ = 0;
  mutable absl::Mutex mutex_;  // what `labels` reads and the strand replaces
  Strand strand_;
  // --- All below: on the strand ---

  PeerInfo info_;
  jsep::Session session_;
  jsep::NegotiationNeededFlag negotiation_needed_;
  OperationChain chain_;
  Continuation waiting_;
  uint64_t wait_ = 0;  // numbers the waits, so that a late end is known
  crypto::CertificateList certificates_;  // empty: not needed yet

  std::vector<std::unique_ptr<TransportEntry>> transports_;
  std::unique_ptr<TransportEntry> pooled_;  // gathers for the first of them
  size_t closing_transports_ = 0;
  // While a description waits for its transports to start, what they gather is
  // held back until it is applied.
  bool holding_ = false;
  std::vector<absl::AnyInvocable<void()>> held_;
  ice::GatheringState gathering_state_ = ice::GatheringState::kNew;
  ice::ConnectionState ice_state_ = ice::ConnectionState::kNew;
  ConnectionState connection_state_ = ConnectionState::kNew;

  sctp::DataChannels channels_;
  ChannelEnds ends_;
  sctp::State sctp_state_ = sctp::State::kNew;
  uint32_t sctp_association_ = 0;
  bool receiving_ = true;
  absl::Status channel_error_;  // of the next state change

  std::vector<CandidateInput> queued_candidates_;
  std::shared_ptr<CandidateBatch> batch_;  // whose candidates are being added
  uint64_t candidate_names_ignored_ = 0;
  EventLog log_;
  ReplyCache replies_;
  History history_;
  absl::Duration turn_came_;
  std::shared_ptr<EventSink> sink_;
  std::vector<std::shared_ptr<Watcher>> watchers_;
  // With those that are about to be among them.
  std::atomic<size_t> watching_ = 0;
  std::optional<Snapshot> snapshot_;  // while nothing has changed

  absl::Duration lease_end_;  // monotonic
  int lease_holders_ = 0;
  bool lease_warned_ = false;
  // On the executor only.
  Executor::TimerId lease_timer_ = Executor::TimerId::kNone;

  absl::AnyInvocable<void()> on_gone_;
  std::vector<absl::AnyInvocable<void(const View&)>> closers_;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_PEER_H_
