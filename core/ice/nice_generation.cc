#include "core/ice/nice_generation.h"

#include <atomic>
#include <optional>
#include <utility>

#include "core/base/errors.h"
#include "core/ice/nice_candidates.h"

namespace parley::ice {
namespace {

// Ta. RFC 8445 section 14.2 allows less than 50 ms where the sum over all
// streams is bounded otherwise; each agent here has one stream of one
// component, and a pair connects in 6 ms rather than 21.
constexpr guint kPacingMs = 5;
// Ta where nothing is urgent.
constexpr guint kCalmPacingMs = 50;
// How long libnice keeps ticking after it has run out of work. Before READY the
// same property is the grace before FAILED, so it is lowered only then.
constexpr guint kIdleMs = 200;
// Rc with an RTO of 500 ms: 4.5 s for a server that does not answer.
constexpr guint kServerTransmissions = 4;
// Packets that one component may deliver before others have their turn.
constexpr int kMaxBurst = 64;

std::atomic<int> live_agents = 0;

void CountFreed(gpointer, GObject*) { --live_agents; }

// libnice warns on standard error of what is told through errors here, with
// the names of servers.
void SilenceLibnice() {
  static const guint handler = g_log_set_handler(
      "libnice", G_LOG_LEVEL_WARNING,
      [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
  (void)handler;
}

// With one argument per signal and slot, as GLib has it.
template <typename Function>
void Connect(NiceAgent* agent, const char* signal, Function* function,
             gpointer self) {
  g_signal_connect(agent, signal, G_CALLBACK(function), self);
}

// The candidates of a list that libnice gave away.
std::vector<NiceCandidatePtr> Taken(GSList* list) {
  std::vector<NiceCandidatePtr> result;
  for (const GSList* one = list; one != nullptr; one = one->next) {
    result.emplace_back(static_cast<NiceCandidate*>(one->data));
  }
  g_slist_free(list);
  return result;
}

NiceGeneration& Self(gpointer self) {
  return *static_cast<NiceGeneration*>(self);
}

}  // namespace

absl::StatusOr<std::shared_ptr<NiceGeneration>> NiceGeneration::Create(
    std::shared_ptr<NiceEnvironment> environment, Events& events, Plan plan) {
  PortRegistry::Lease port;
  if (plan.max_port != 0) {
    absl::StatusOr<PortRegistry::Lease> taken = environment->ports.Take(
        plan.min_port, plan.max_port, plan.addresses, plan.tcp);
    if (!taken.ok()) return taken.status();
    port = *std::move(taken);
  }
  absl::StatusOr<GlibContexts::Seat> seat = environment->contexts.Take();
  if (!seat.ok()) return seat.status();
  // A socket for each address, and the component's wake-up; asked for last, so
  // that what the budget finds free still is when libnice takes it.
  absl::StatusOr<FdBudget::Lease> fds =
      environment->fds.Reserve(static_cast<int>(plan.addresses.size()) + 1);
  if (!fds.ok()) return fds.status();

  std::shared_ptr<NiceGeneration> generation(
      new NiceGeneration(std::move(environment), events, std::move(plan),
                         *std::move(fds), std::move(port), *std::move(seat)));
  if (!generation->CreateAgent()) {
    return MakeError(Reason::kMemory, "The ICE agent could not be made.");
  }
  return generation;
}

NiceGeneration::NiceGeneration(std::shared_ptr<NiceEnvironment> environment,
                               Events& events, Plan plan, FdBudget::Lease fds,
                               PortRegistry::Lease port,
                               GlibContexts::Seat seat)
    : environment_(std::move(environment)),
      events_(&events),
      plan_(std::move(plan)),
      fds_(std::move(fds)),
      port_(std::move(port)),
      seat_(std::move(seat)),
      consent_(plan_.consent, environment_->random),
      check_role_(plan_.role) {}

NiceGeneration::~NiceGeneration() {
  Listen(false);
  if (agent_ == nullptr) return;
  g_signal_handlers_disconnect_by_data(agent_, this);
  g_object_unref(agent_);
}

bool NiceGeneration::CreateAgent() {
  SilenceLibnice();
  GMainContext* const context = seat_.context().get();
  // Not libnice's consent freshness: an authenticated 403 sets the component
  // to FAILED in the middle of a burst of packets, and a check that succeeds in
  // the same burst is then an assertion of libnice, which ends the process. It
  // would also give up after 10 s, where RFC 7675 has 30. Nor its keepalive by
  // checks, which gives up after 50 s: what consent.h sends keeps NATs open.
  agent_ = nice_agent_new_full(
      context, NICE_COMPATIBILITY_RFC5245,
      static_cast<NiceAgentOption>(NICE_AGENT_OPTION_REGULAR_NOMINATION |
                                   NICE_AGENT_OPTION_ICE_TRICKLE));
  ++live_agents;
  g_object_weak_ref(G_OBJECT(agent_), CountFreed, nullptr);
  // clang-format off
  g_object_set(agent_,
               "controlling-mode", gboolean{plan_.role == Role::kControlling},
               "force-relay", gboolean{plan_.policy == TransportPolicy::kRelay},
               "ice-tcp", FALSE,
               "upnp", FALSE,
               "keepalive-conncheck", FALSE,
               "stun-pacing-timer", kPacingMs,
               "stun-max-retransmissions", kServerTransmissions,
               nullptr);
  // clang-format on
  seat_.SetBusy(true);
  seat_.context().Touch();
  stream_ = nice_agent_add_stream(agent_, 1);
  if (stream_ == 0 || !nice_agent_set_local_credentials(
                          agent_, stream_, plan_.local.ufrag.c_str(),
                          plan_.local.pwd.c_str())) {
    return false;
  }
  for (const IpAddress& address : plan_.addresses) {
    NiceAddress nice = ToNice(address, 0);
    if (!nice_agent_add_local_address(agent_, &nice)) return false;
  }
  if (port_.port() != 0) {
    nice_agent_set_port_range(agent_, stream_, NICE_COMPONENT_TYPE_RTP,
                              port_.port(), port_.port());
  }
  ConnectSignals();
  Receive(true);
  return true;
}

void NiceGeneration::Adopt(const Credentials& local) {
  seat_.context().Touch();
  nice_agent_set_local_credentials(agent_, stream_, local.ufrag.c_str(),
                                   local.pwd.c_str());
  plan_.local = local;
  for (sdp::Candidate& one : reflexive_) one.ufrag = local.ufrag;
  if (bridge_ != nullptr) bridge_->SetLocal(local);
}

void NiceGeneration::ConnectSignals() {
  Connect(agent_, "new-candidate-full", OnNewCandidate, this);
  Connect(agent_, "candidate-gathering-done", OnGatheringDone, this);
  Connect(agent_, "component-state-changed", OnStateChanged, this);
  Connect(agent_, "new-selected-pair-full", OnNewSelectedPair, this);
  Connect(agent_, "initial-binding-request-received", OnFirstCheck, this);
}

void NiceGeneration::Receive(bool on) {
  nice_agent_attach_recv(agent_, stream_, NICE_COMPONENT_TYPE_RTP,
                         seat_.context().get(), on ? OnReceive : nullptr, this);
}

bool NiceGeneration::Send(std::span<const uint8_t> packet) {
  // A relay may need a permission or a channel first, whose timers are new
  // sources.
  if (relayed_) seat_.context().Touch();
  return nice_agent_send(agent_, stream_, NICE_COMPONENT_TYPE_RTP,
                         static_cast<guint>(packet.size()),
                         reinterpret_cast<const gchar*>(packet.data())) > 0;
}

std::vector<sdp::Candidate> NiceGeneration::LocalCandidates() const {
  const bool relay = plan_.policy == TransportPolicy::kRelay;
  std::vector<sdp::Candidate> result = reflexive_;
  if (bridge_ != nullptr) {
    const auto& over_tcp = bridge_->LocalCandidates();
    result.insert(result.end(), over_tcp.begin(), over_tcp.end());
  }
  for (const NiceCandidatePtr& one : Taken(nice_agent_get_local_candidates(
           agent_, stream_, NICE_COMPONENT_TYPE_RTP))) {
    // A relay policy shows nothing of what lies behind the relay.
    if (relay && one->type != NICE_CANDIDATE_TYPE_RELAYED) continue;
    sdp::Candidate shown = Shown(*one);
    if (FindReflexive(shown) == nullptr) result.push_back(std::move(shown));
  }
  return result;
}

// As it would stand in a local description.
sdp::Candidate NiceGeneration::Shown(const NiceCandidate& local) const {
  sdp::Candidate shown =
      FromNice(local, plan_.policy == TransportPolicy::kRelay);
  shown.ufrag = plan_.local.ufrag;
  return shown;
}

std::vector<sdp::Candidate> NiceGeneration::RemoteCandidates() const {
  std::vector<sdp::Candidate> result;
  if (bridge_ != nullptr) result = bridge_->RemoteCandidates();
  for (const NiceCandidatePtr& one : Taken(nice_agent_get_remote_candidates(
           agent_, stream_, NICE_COMPONENT_TYPE_RTP))) {
    if (Bridged(one->addr)) continue;  // of those above
    result.push_back(FromNice(*one, /*hide_related=*/false));
    // libnice never knew what it was derived from.
    result.back().related_address.clear();
    result.back().related_port.reset();
  }
  return result;
}

void NiceGeneration::OnNewCandidate(NiceAgent*, NiceCandidate* candidate,
                                    gpointer self) {
  NiceGeneration& me = Self(self);
  // Those found by checks are for nobody but the agent (RFC 8445 7.2.5.3.1).
  if (candidate->type == NICE_CANDIDATE_TYPE_PEER_REFLEXIVE) return;
  if (me.events_ == nullptr) return;
  me.events_->OnCandidate(me, me.Shown(*candidate));
}

void NiceGeneration::OnGatheringDone(NiceAgent*, guint, gpointer self) {
  NiceGeneration& me = Self(self);
  me.agent_gathered_ = true;
  me.CheckGathered();
}

void NiceGeneration::OnStateChanged(NiceAgent*, guint, guint, guint state,
                                    gpointer self) {
  Self(self).HandleState(state);
}

void NiceGeneration::OnNewSelectedPair(NiceAgent*, guint, guint,
                                       NiceCandidate* local,
                                       NiceCandidate* remote, gpointer self) {
  NiceGeneration& me = Self(self);
  me.relayed_ = local->type == NICE_CANDIDATE_TYPE_RELAYED;
  me.remote_address_ = remote->addr;
  GSocket* socket = nice_agent_get_selected_socket(me.agent_, me.stream_,
                                                   NICE_COMPONENT_TYPE_RTP);
  me.selected_socket_ = socket == nullptr ? -1 : g_socket_get_fd(socket);
  g_clear_object(&socket);
  if (me.events_ == nullptr) return;
  me.BeginConsent();
  if (auto pair = me.Bridged(remote->addr)) {
    return me.events_->OnSelectedPair(me, *std::move(pair));
  }
  sdp::Candidate ours = me.Shown(*local);
  if (const sdp::Candidate* known = me.FindReflexive(ours)) ours = *known;
  ours.ufrag.clear();
  me.events_->OnSelectedPair(
      me, {.local = std::move(ours), .remote = FromNice(*remote, false)});
}

void NiceGeneration::OnReceive(NiceAgent*, guint, guint, guint size,
                               gchar* bytes, gpointer self) {
  Self(self).HandlePacket({reinterpret_cast<const uint8_t*>(bytes), size});
}

void NiceGeneration::HandleState(guint state) {
  std::optional<Progress> progress;
  switch (state) {
    case NICE_COMPONENT_STATE_CONNECTING:
      progress = Progress::kChecking;
      break;
    case NICE_COMPONENT_STATE_CONNECTED:
      was_usable_ = true;
      FollowSearch();
      progress = Progress::kConnected;
      break;
    case NICE_COMPONENT_STATE_READY:
      was_usable_ = true;
      FollowSearch();
      g_object_set(agent_, "idle-timeout", kIdleMs, nullptr);
      CalmDown();
      progress = Progress::kReady;
      break;
    case NICE_COMPONENT_STATE_FAILED:
      CalmDown();
      lost_ = was_usable_;
      // libnice asserts, and so ends the process, if a check succeeds after
      // this: it is not to read another packet.
      if (lost_) Receive(false);
      progress = lost_ ? Progress::kLost : Progress::kFailed;
      break;
    default:
      break;
  }
  if (progress && events_ != nullptr) events_->OnProgress(*this, *progress);
}

// libnice counts its idle time in ticks of Ta, however late they are: it has to
// know of the slower pace.
void NiceGeneration::CalmDown() {
  g_object_set(agent_, "stun-pacing-timer", kCalmPacingMs, nullptr);
  seat_.SetBusy(false);
}

void NiceGeneration::HandlePacket(std::span<const uint8_t> packet) {
  if (++burst_ == kMaxBurst) {
    // libnice would read for as long as there are packets.
    burst_ = 0;
    Receive(false);
    environment_->loop.Post([weak = weak_from_this()] {
      auto me = weak.lock();
      if (me == nullptr || me->events_ == nullptr || me->lost_) return;
      me->Receive(true);
    });
  }
  if (events_ != nullptr && !IsStun(packet)) {
    if (consent_.OnPacket()) FollowConsent();
    if (events_ != nullptr) events_->OnPacket(*this, packet);
  }
  // Last, just before libnice reads the next one.
  if (listening_ && selected_socket_ >= 0) {
    seat_.context().Peek(selected_socket_);
  }
}

void NiceGeneration::Close(absl::AnyInvocable<void()> done) {
  closed_ = std::move(done);
  Mute();
  environment_->loop.Cancel(consent_timer_);
  environment_->loop.Cancel(hold_timer_);
  EndSearch();
  Listen(false);
  GlibContext& context = seat_.context();
  g_signal_handlers_disconnect_by_data(agent_, this);
  Receive(false);
  if (bridge_ != nullptr) bridge_->Close();
  // How often and how long a relay is asked to forget us.
  g_object_set(agent_, "stun-initial-timeout", guint{200},
               "stun-max-retransmissions", guint{2}, nullptr);
  nice_agent_remove_stream(agent_, stream_);
  seat_.SetBusy(true);
  context.Touch();
  // The callback comes to the context that is the thread's default now.
  g_main_context_push_thread_default(context.get());
  nice_agent_close_async(
      agent_, OnClosed,
      new std::shared_ptr<NiceGeneration>(shared_from_this()));
  g_main_context_pop_thread_default(context.get());
}

void NiceGeneration::OnClosed(GObject*, GAsyncResult*, gpointer self) {
  std::unique_ptr<std::shared_ptr<NiceGeneration>> me(
      static_cast<std::shared_ptr<NiceGeneration>*>(self));
  // GLib's task holds the agent until this call has returned.
  EventLoop& loop = (*me)->environment_->loop;
  loop.Post([me = std::move(*me)]() mutable {
    absl::AnyInvocable<void()> done = std::move(me->closed_);
    me.reset();
    done();
  });
}

int NiceGeneration::LiveAgents() { return live_agents; }

}  // namespace parley::ice
