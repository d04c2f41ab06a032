#include "core/peer/peer.h"

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {
namespace {

sctp::DataChannels::Limits ChannelLimits(const PeerInit& init,
                                         const Limits& limits) {
  return {.max_channels = init.max_data_channels,
          .max_send_buffer = limits.send_buffer_bytes};
}

// The error with its field as one of this entry of a list.
absl::Status InEntry(const absl::Status& status, const std::string& list,
                     size_t index) {
  const std::optional<Error> error = GetError(status);
  if (!error) return status;
  for (const auto& [key, value] : error->metadata) {
    if (key != "field") continue;
    return WithMetadata(status, key,
                        list + "[" + std::to_string(index) + "]." + value);
  }
  return status;
}

std::optional<DescriptionSummary> Summarize(
    const std::optional<jsep::SessionDescription>& description) {
  if (!description) return std::nullopt;
  return DescriptionSummary{description->type, description->body->id};
}

// As many is no reason to come again at once.
constexpr absl::Duration kWatchersDelay = absl::Seconds(1);

}  // namespace

absl::Status CheckGathering(const ice::GatheringConfiguration& wanted,
                            bool ice_lite) {
  if (!wanted.tcp || !ice_lite) return absl::OkStatus();
  return MakeError(Reason::kNotSupported,
                   "A single-port peer has no ICE over TCP; make a full one.",
                   {{"field", "configuration.ice_tcp"}});
}

absl::StatusOr<std::shared_ptr<Peer>> Peer::Create(
    std::string name, PeerInit init, const Environment& environment,
    Executor& executor, absl::AnyInvocable<void()> on_gone) {
  if (absl::Status checked =
          CheckGathering(init.gathering, init.configuration.ice_lite);
      !checked.ok()) {
    return checked;
  }
  init.configuration.max_description_bytes =
      environment.limits.max_description_bytes;
  // And one for the data channels.
  init.configuration.max_sections = environment.limits.max_transceivers + 1;
  for (const NamedCertificate& named : init.certificates) {
    init.configuration.fingerprints.push_back(named.certificate->fingerprint());
  }
  auto session =
      jsep::MakeSession(std::move(init.configuration), environment.random);
  if (!session.ok()) return session.status();
  // Not make_shared: the constructor is private.
  std::shared_ptr<Peer> peer(new Peer(std::move(name), init, environment,
                                      executor, *std::move(session),
                                      std::move(on_gone)));
  const absl::Status added = peer->AddFirstObjects(init);
  if (!added.ok()) return added;
  peer->Start();
  return peer;
}

Peer::Peer(std::string name, PeerInit& init, const Environment& environment,
           Executor& executor, jsep::Session session,
           absl::AnyInvocable<void()> on_gone)
    : environment_(environment),
      executor_(executor),
      info_{.name = std::move(name),
            .labels = std::make_shared<const Labels>(std::move(init.labels)),
            .polite = init.polite,
            .max_data_channels = init.max_data_channels,
            .gathering = std::move(init.gathering),
            .create_time = environment.clock.Now(),
            .lease_ttl = init.lease_ttl},
      session_(std::move(session)),
      chain_([this] {
        if (negotiation_needed_.Update(session_, true)) {
          Emit(NegotiationNeeded());
        }
      }),
      channels_(ChannelLimits(init, environment.limits)),
      ends_({.channel_bytes = environment.limits.receive_buffer_bytes,
             .peer_bytes = environment.limits.peer_receive_buffer_bytes},
            [this] { UpdateReceiving(); }),
      log_(environment.limits.event_history_bytes),
      replies_(environment.limits.request_ids),
      on_gone_(std::move(on_gone)) {
  for (NamedCertificate& named : init.certificates) {
    info_.certificates.push_back(std::move(named.name));
    certificates_.push_back(std::move(named.certificate));
  }
}

Peer::~Peer() = default;

absl::Status Peer::AddFirstObjects(PeerInit& init) {
  if (init.transceivers.size() > environment_.limits.max_transceivers) {
    return MakeError(
        Reason::kLimitExceeded, "too many transceivers",
        {{"field", "transceivers"},
         {"limit", std::to_string(environment_.limits.max_transceivers)}});
  }
  for (size_t i = 0; i < init.transceivers.size(); ++i) {
    TransceiverSpec& spec = init.transceivers[i];
    const auto id = jsep::AddTransceiver(
        session_, spec.kind, std::move(spec.init), environment_.random);
    if (!id.ok()) return InEntry(id.status(), "transceivers", i);
    if (spec.codec_preferences.empty()) continue;
    const absl::Status preferred = jsep::SetCodecPreferences(
        session_, *id, std::move(spec.codec_preferences));
    if (!preferred.ok()) return InEntry(preferred, "transceivers", i);
  }
  for (size_t i = 0; i < init.channels.size(); ++i) {
    ChannelSpec& spec = init.channels[i];
    const auto key = channels_.Create(std::move(spec.init));
    if (!key.ok()) return InEntry(key.status(), "data_channels", i);
    ends_.Add(*key);
    const absl::Status threshold = channels_.SetBufferedAmountLowThreshold(
        *key, spec.buffered_amount_low_threshold);
    if (!threshold.ok()) return threshold;
    const absl::Status noted = jsep::NoteDataChannelCreated(session_);
    if (!noted.ok()) return noted;
  }
  return absl::OkStatus();
}

void Peer::Start() {
  RenewLease();
  strand_.Post([self = shared_from_this()] {
    self->OnLeaseTimer();
    self->FollowPool();
    self->RunChannelEffects();
    if (self->negotiation_needed_.Update(self->session_, true)) {
      self->Emit(NegotiationNeeded());
    }
  });
}

void Peer::Chain(Call call, Continuation refuse, Body body) {
  strand_.Post([self = shared_from_this(), call = std::move(call),
                refuse = std::move(refuse), body = std::move(body)]() mutable {
    // One operation has one answer: either `refuse` or `body` gives it.
    struct Pending {
      Call call;
      Continuation refuse;
      Body body;
    };
    auto pending = std::make_shared<Pending>(
        Pending{std::move(call), std::move(refuse), std::move(body)});
    self->chain_.Enqueue(
        {.run =
             [self, pending](Finished finished) mutable {
               if (!self->Begin(pending->call, pending->refuse)) {
                 return finished();
               }
               pending->body(std::move(finished));
             },
         .refuse =
             [pending](const absl::Status& why) { pending->refuse(why); }});
  });
}

bool Peer::Begin(Call& call, Continuation& refuse) {
  if (closed()) {
    refuse(ClosedError());
    return false;
  }
  if (!call.request_id.empty()) {
    const auto reply = replies_.Find(call.request_id, call.request_hash);
    if (!reply.ok()) {
      refuse(reply.status());
      return false;
    }
    if (*reply != nullptr) {
      call.replay(**reply);
      return false;
    }
  }
  if (call.expected_state && *call.expected_state != session_.state) {
    const std::string now(jsep::SignalingStateName(session_.state));
    const std::string expected(jsep::SignalingStateName(*call.expected_state));
    refuse(MakeError(Reason::kSignalingState,
                     "the signaling state is '" + now + "', not '" + expected +
                         "' as the call expects; nothing was done",
                     {{"state", now}, {"expected_state", expected}}));
    return false;
  }
  RenewLease();
  turn_came_ = environment_.clock.Monotonic();
  return true;
}

Peer::Continuation Peer::Await(Continuation then) {
  waiting_ = std::move(then);
  const uint64_t wait = ++wait_;
  return [self = shared_from_this(), wait](absl::Status status) {
    self->strand_.Post([self, wait, status = std::move(status)]() mutable {
      if (wait != self->wait_ || !self->waiting_) return;
      std::exchange(self->waiting_, nullptr)(std::move(status));
    });
  };
}

void Peer::EnsureCertificate(Continuation then) {
  if (!certificates_.empty()) return then(absl::OkStatus());
  environment_.certificates(
      [self = shared_from_this(), resume = Await(std::move(then))](
          absl::StatusOr<crypto::CertificatePtr> made) mutable {
        self->strand_.Post([self, resume = std::move(resume),
                            made = std::move(made)]() mutable {
          absl::Status status = made.status();
          if (made.ok() && !self->closed() && self->certificates_.empty()) {
            status =
                jsep::SetFingerprints(self->session_, {(*made)->fingerprint()});
            if (status.ok()) self->certificates_ = {*std::move(made)};
          }
          resume(std::move(status));
        });
      });
}

absl::Status Peer::ClosedError() const {
  const std::string reason(CloseReasonName(info_.closure->reason));
  return MakeError(Reason::kPeerClosed,
                   "the peer is closed (" + reason + "); create a new one",
                   {{"close_reason", reason},
                    {"detail", info_.closure->detail},
                    {"peer", info_.name}});
}

void Peer::Emit(EventBody body) {
  snapshot_.reset();
  const auto& event = log_.Append(environment_.clock.Now(), std::move(body));
  if (sink_) sink_->OnEvent(event);
  for (const auto& watcher : watchers_) watcher->OnEventsAvailable();
}

View Peer::CurrentView() { return {info_, session_, CurrentSnapshot()}; }

const Snapshot& Peer::CurrentSnapshot() {
  if (snapshot_) return *snapshot_;
  const jsep::Session& s = session_;
  Snapshot& now = snapshot_.emplace();
  now.signaling_state = s.state;
  now.ice_gathering_state = gathering_state_;
  now.ice_connection_state = ice_state_;
  now.connection_state = connection_state_;
  now.negotiation_needed = negotiation_needed_.needed();
  now.pending_local = Summarize(s.pending_local);
  now.current_local = Summarize(s.current_local);
  now.pending_remote = Summarize(s.pending_remote);
  now.current_remote = Summarize(s.current_remote);
  now.can_trickle = jsep::CanTrickle(s);
  now.transceivers = s.transceivers;
  for (const sctp::Channel* channel : channels_.All()) {
    now.channels.push_back(*channel);
  }
  if (s.sctp) {
    now.sctp = SctpSummary{sctp_state_, s.sctp->remote_max_message_size,
                           channels_.max_channels()};
  }
  now.last_event_sequence = log_.last();
  return now;
}

void Peer::Read(absl::AnyInvocable<void(const View&)> reader) {
  strand_.Post(
      [self = shared_from_this(), reader = std::move(reader)]() mutable {
        reader(self->CurrentView());
      });
}

void Peer::Announce(EventBody event) {
  strand_.Post([self = shared_from_this(), event = std::move(event)]() mutable {
    if (!self->closed()) self->Emit(std::move(event));
  });
}

void Peer::Join(std::shared_ptr<EventSink> sink) {
  strand_.Post([self = shared_from_this(), sink = std::move(sink)] {
    sink->OnJoined(self->CurrentView());
    self->sink_ = sink;
  });
}

void Peer::Post(absl::AnyInvocable<void()> task) {
  strand_.Post([self = shared_from_this(), task = std::move(task)]() mutable {
    task();
  });
}

absl::Status Peer::CheckWatchers() const {
  if (watching_ < kMaxWatchers) return absl::OkStatus();
  return MakeRetryableError(
      Reason::kRate, "as many watch the peer already as may", kWatchersDelay,
      {{"limit", std::to_string(kMaxWatchers)}});
}

void Peer::AddWatcher(std::shared_ptr<Watcher> watcher) {
  ++watching_;
  strand_.Post([self = shared_from_this(), watcher = std::move(watcher)] {
    self->watchers_.push_back(watcher);
    watcher->OnEventsAvailable();
  });
}

void Peer::RemoveWatcher(const Watcher* watcher) {
  strand_.Post([self = shared_from_this(), watcher] {
    self->watching_ -= std::erase_if(self->watchers_, [watcher](const auto& w) {
      return w.get() == watcher;
    });
  });
}

}  // namespace parley::peer
