#include "core/ice/libnice_transport.h"

#include <algorithm>

#include "core/base/errors.h"
#include "core/ice/transport_rules.h"

namespace parley::ice {
namespace {

// How long the other end may take to check first. Where only our own checks
// open the way, a NAT's, they come this late.
//
// Until our answer has reached it.
constexpr absl::Duration kAnswerTravels = absl::Seconds(1);
// It has answered; what it waits for are our candidates, sent after the offer.
constexpr absl::Duration kCandidatesTravel = absl::Milliseconds(300);

}  // namespace

absl::StatusOr<std::vector<LocalAddress>> LibniceShared::Machine() {
  const absl::Duration now = loop.clock().Monotonic();
  if (now - machine_read_ > absl::Seconds(1)) {
    absl::StatusOr<std::vector<LocalAddress>> read = SystemAddresses();
    if (!read.ok()) return read.status();
    machine_ = *std::move(read);
    machine_read_ = now;
  }
  return machine_;
}

void LibniceTransport::Later(Method method) {
  shared_->loop.Post([self = std::weak_ptr(self_), method] {
    if (auto me = self.lock()) ((*me)->*method)();
  });
}

EventLoop::TimerId LibniceTransport::After(absl::Duration delay,
                                           Method method) {
  return shared_->loop.RunAfter(delay, [self = std::weak_ptr(self_), method] {
    if (auto me = self.lock()) ((*me)->*method)();
  });
}

EventLoop::TimerId LibniceTransport::After(absl::Duration delay,
                                           const Generation& generation,
                                           GenerationMethod method) {
  return shared_->loop.RunAfter(
      delay, [self = std::weak_ptr(self_), id = generation.id, method] {
        auto me = self.lock();
        if (me == nullptr) return;
        if (Generation* found = (*me)->Find(id)) ((*me)->*method)(*found);
      });
}

LibniceTransport::LibniceTransport(
    std::shared_ptr<LibniceShared> shared,
    std::shared_ptr<const TransportOptions> options,
    GatheringConfiguration configuration, Observer& observer)
    : shared_(std::move(shared)),
      options_(std::move(options)),
      configuration_(std::move(configuration)),
      queue_(shared_->loop, observer),
      self_(std::make_shared<LibniceTransport*>(this)) {}

LibniceTransport::~LibniceTransport() {
  // Those that were not closed, on a loop that has stopped.
  for (auto& generation : generations_) {
    if (generation->nice != nullptr) generation->nice->Mute();
  }
  if (prepared_ != nullptr) prepared_->nice->Mute();
}

absl::Status LibniceTransport::Start(const Credentials& local, Role role) {
  if (absl::Status checked = CheckStart(local); !checked.ok()) return checked;
  if (prepared_ != nullptr && !Serves(*prepared_, role)) DropPrepared();
  if (prepared_ != nullptr) {
    Adopt(local);
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<Generation>> made = Make(local, role);
  if (!made.ok()) return made.status();
  Generation& generation = generations_.Add(*std::move(made));
  if (absl::Status begun = Begin(generation); !begun.ok()) {
    End(generation);
    return begun;
  }
  // Only now nothing can fail any more.
  if (generations_.size() > 1) ++counters_.restarts;
  for (Generation* old : generations_.Replaced(sending_)) End(*old);
  Update();
  return absl::OkStatus();
}

absl::Status LibniceTransport::CheckStart(const Credentials& local) const {
  if (state_ == ConnectionState::kClosed) return TransportClosed();
  if (absl::Status checked = CheckCredentials(local.ufrag, local.pwd);
      !checked.ok()) {
    return checked;
  }
  if (generations_.FindUfrag(local.ufrag) != nullptr) {
    return MakeError(Reason::kArgument,
                     "An ICE restart needs a ufrag of its own.");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<IpAddress>> LibniceTransport::Addresses() {
  absl::StatusOr<std::vector<LocalAddress>> machine = shared_->Machine();
  if (!machine.ok()) return machine.status();
  return SelectAddresses(options_->addresses, *machine);
}

absl::StatusOr<std::unique_ptr<LibniceTransport::Generation>>
LibniceTransport::Make(const Credentials& local, Role role) {
  absl::StatusOr<std::vector<IpAddress>> addresses = Addresses();
  if (!addresses.ok()) return addresses.status();
  if (addresses->empty()) {
    return MakeError(Reason::kResourceInspection,
                     "The machine has no address that ICE may use.");
  }

  auto generation = std::make_unique<Generation>(++last_id_, local);
  generation->role = role;
  generation->on_loopback =
      std::any_of(addresses->begin(), addresses->end(),
                  [](const IpAddress& a) { return a.IsLoopback(); });
  absl::StatusOr<std::shared_ptr<NiceGeneration>> nice = NiceGeneration::Create(
      shared_, *this,
      {.local = local,
       .role = role,
       .policy = configuration_.policy,
       .tcp =
           configuration_.tcp && configuration_.policy == TransportPolicy::kAll,
       .addresses = *std::move(addresses),
       .min_port = options_->min_port,
       .max_port = options_->max_port,
       .consent = options_->consent});
  if (!nice.ok()) return nice.status();
  generation->nice = *std::move(nice);
  return generation;
}

absl::Status LibniceTransport::Begin(Generation& generation) {
  // Before the servers and candidates which belong to it are reported.
  Tell(generation, ObserverQueue::Gathering{generation.local.ufrag,
                                            GatheringState::kGathering});
  UseServers(generation);
  return Gather(generation);
}

absl::Status LibniceTransport::SetRemote(const RemoteParameters& remote) {
  if (state_ == ConnectionState::kClosed) return TransportClosed();
  absl::StatusOr<Generation*> answered = generations_.ToAnswer(remote);
  if (!answered.ok()) return answered.status();
  if (*answered == nullptr) return absl::OkStatus();
  Generation& newest = **answered;
  if (remote.lite && newest.role == Role::kControlled) {
    return MakeError(Reason::kArgument,
                     "A lite remote end needs a controlling one here.");
  }
  newest.remote = remote;
  if (newest.nice != nullptr) {
    newest.nice->SetRemote(remote, HoldOf(newest));
  }
  newest.patience_timer =
      After(options_->pac_timeout, newest, &LibniceTransport::LosePatience);
  Update();
  return absl::OkStatus();
}

// In a restart the other end checks first where it may be the one that
// controls: our own checks would outrun what announces them, and libwebrtc
// gives up a pair for good that it is told of so early while the old one is
// better known. To an offer it may, whatever the roles were: libwebrtc takes
// control with each restart that it offers, and the conflict ends either way.
// The old pair carries the data meanwhile; without one there is nothing to wait
// for.
absl::Duration LibniceTransport::HoldOf(const Generation& generation) const {
  if (sending_ == nullptr || sending_ == &generation ||
      sending_->status.silent || generation.remote->lite) {
    return absl::ZeroDuration();
  }
  if (generation.remote->offered) return kAnswerTravels;
  return generation.role == Role::kControlled ? kCandidatesTravel
                                              : absl::ZeroDuration();
}

void LibniceTransport::LosePatience(Generation& generation) {
  generation.patience_timer = TimerId::kNone;
  generation.status.patience_over = true;
  Update();
}

absl::StatusOr<CandidateUse> LibniceTransport::AddRemoteCandidate(
    const sdp::Candidate& candidate) {
  if (state_ == ConnectionState::kClosed) return TransportClosed();
  const absl::StatusOr<CandidateUse> use = generations_.AddRemoteCandidate(
      candidate,
      [this](const Generation& generation, const IpAddress& address) {
        return Permitted(generation, address);
      });
  if (!use.ok()) return use;
  if (*use != CandidateUse::kApplied) {
    ++counters_.candidates_ignored;
    return use;
  }
  ++counters_.candidates_applied;
  Update();
  return use;
}

CandidateUse LibniceTransport::Generation::AddRemoteCandidate(
    const sdp::Candidate& candidate, const TransportAddress& address) {
  const bool tcp = candidate.transport == sdp::CandidateTransport::kTcp;
  const auto added = remote_candidates.emplace(
      address, tcp ? candidate.tcp_type : std::nullopt);
  if (!added.second) return CandidateUse::kDuplicate;
  const CandidateUse use = nice->AddRemoteCandidate(candidate, address.address);
  // It may be told again, and find room then.
  if (use != CandidateUse::kApplied) remote_candidates.erase(added.first);
  return use;
}

void LibniceTransport::EndOfRemoteCandidates() {
  Generation* const generation = generations_.Answered();
  if (generation == nullptr || generation->status.remote_ended) return;
  generation->status.remote_ended = true;
  if (generation->nice != nullptr) generation->nice->EndOfRemoteCandidates();
  Update();
}

void LibniceTransport::Rollback() {
  if (generations_.empty()) return;
  End(generations_.newest());
  Update();
}

bool LibniceTransport::Send(std::span<const uint8_t> packet) {
  if (sending_ == nullptr || packet.empty() ||
      packet.size() > kMaxPacketBytes || !sending_->nice->Send(packet)) {
    ++counters_.packets_discarded;
    return false;
  }
  ++counters_.packets_sent;
  counters_.bytes_sent += packet.size();
  return true;
}

GatheringState LibniceTransport::gathering_state() const {
  return generations_.gathering();
}

std::optional<Role> LibniceTransport::role() const {
  if (generations_.empty()) return std::nullopt;
  return generations_.newest().role;
}

std::optional<CandidatePair> LibniceTransport::SelectedPair() const {
  return sending_ == nullptr ? std::nullopt : sending_->pair;
}

void LibniceTransport::Close(absl::AnyInvocable<void()> done) {
  done_.push_back(std::move(done));
  if (state_ != ConnectionState::kClosed) {
    queue_.Close();
    state_ = ConnectionState::kClosed;
    while (!generations_.empty()) End(generations_.newest());
    DropPrepared();
    shared_->loop.Cancel(older_timer_);
    close_timer_ = After(options_->close_timeout, &LibniceTransport::Finish);
  }
  if (retiring_ == 0 || finished_) {
    Later(&LibniceTransport::Finish);
  }
}

// Its `done` may destroy the transport.
void LibniceTransport::Finish() {
  finished_ = true;
  shared_->loop.Cancel(close_timer_);
  std::vector<absl::AnyInvocable<void()>> done = std::move(done_);
  done_.clear();
  for (auto& one : done) one();
}

void LibniceTransport::End(Generation& generation) {
  queue_.Drop(generation.id);
  if (sending_ == &generation) sending_ = nullptr;
  Dismantle(generation);
  generations_.Remove(generation);
}

void LibniceTransport::Dismantle(Generation& generation) {
  for (TimerId timer :
       {generation.gathering_timer, generation.patience_timer}) {
    shared_->loop.Cancel(timer);
  }
  for (NameResolver::RequestId name : generation.names) {
    shared_->resolver.Cancel(name);
  }
  if (generation.nice != nullptr) Retire(std::move(generation.nice));
}

// From a task of its own: this may run inside one of its events.
void LibniceTransport::Retire(std::shared_ptr<NiceGeneration> nice) {
  nice->Mute();
  ++retiring_;
  shared_->loop.Post([nice = std::move(nice), self = std::weak_ptr(self_)] {
    nice->Close([self] {
      auto me = self.lock();
      if (me == nullptr) return;
      LibniceTransport& transport = **me;
      --transport.retiring_;
      if (transport.state_ == ConnectionState::kClosed &&
          transport.retiring_ == 0 && !transport.finished_) {
        transport.Finish();
      }
    });
  });
}

void LibniceTransport::RetireOlder() {
  older_timer_ = TimerId::kNone;
  while (generations_.Overlap(sending_)) {
    End(generations_.oldest());
  }
}

LibniceTransport::Generation* LibniceTransport::Find(
    const NiceGeneration& nice) {
  for (auto& generation : generations_) {
    if (generation->nice.get() == &nice) return generation.get();
  }
  if (prepared_ != nullptr && prepared_->nice.get() == &nice) {
    return prepared_.get();
  }
  return nullptr;
}

LibniceTransport::Generation* LibniceTransport::Find(uint64_t id) {
  if (prepared_ != nullptr && prepared_->id == id) return prepared_.get();
  return generations_.Find(id);
}

bool LibniceTransport::Permitted(const Generation& generation,
                                 const IpAddress& address) const {
  return (address.IsLoopback() && generation.on_loopback) ||
         Permits(options_->policy, address);
}

void LibniceTransport::OnProgress(NiceGeneration& from, Progress progress) {
  Generation* const generation = Find(from);
  if (generation == nullptr) return;
  generation->status.progress = progress;
  if (progress == Progress::kLost) {
    // Only a restart revives it: what it holds is better given back.
    Retire(std::move(generation->nice));
  }
  Update();
}

void LibniceTransport::OnSelectedPair(NiceGeneration& from,
                                      CandidatePair pair) {
  Generation* const generation = Find(from);
  if (generation == nullptr || generation->pair == pair) return;
  generation->pair = std::move(pair);
  if (generation == sending_) NotePair(*generation->pair);
}

void LibniceTransport::OnSilence(NiceGeneration& from, bool silent) {
  Generation* const generation = Find(from);
  if (generation == nullptr) return;
  generation->status.silent = silent;
  Update();
}

void LibniceTransport::OnPacket(NiceGeneration&,
                                std::span<const uint8_t> packet) {
  ++counters_.packets_received;
  counters_.bytes_received += packet.size();
  queue_.observer()->OnPacket(packet);
}

// Data takes this pair from now on.
void LibniceTransport::NotePair(const CandidatePair& pair) {
  ++selected_changes_;
  at_selection_ = counters_;
  queue_.Push(ObserverQueue::kTransport, pair);
}

Measurement LibniceTransport::Measure() const {
  Measurement result{.selected = SelectedPair(),
                     .selected_changes = selected_changes_,
                     .at_selection = at_selection_};
  if (generations_.empty()) return result;
  const Generation& generation =
      sending_ == nullptr ? generations_.newest() : *sending_;
  result.ufrag = generation.local.ufrag;
  if (generation.nice == nullptr) return result;
  result.local = generation.nice->LocalCandidates();
  result.remote = generation.nice->RemoteCandidates();
  return result;
}

// Draws the consequences of whatever has changed.
void LibniceTransport::Update() {
  if (state_ == ConnectionState::kClosed) return;
  const auto outlook = generations_.Look(state_);
  if (outlook.state != state_) {
    state_ = outlook.state;
    queue_.Push(ObserverQueue::kTransport, state_);
  }
  if (outlook.usable != sending_) {
    sending_ = outlook.usable;
    if (sending_ != nullptr && sending_->pair.has_value()) {
      NotePair(*sending_->pair);
    }
  }
  if (generations_.Overlap(sending_) && older_timer_ == TimerId::kNone) {
    older_timer_ =
        After(options_->restart_overlap, &LibniceTransport::RetireOlder);
  }
}

}  // namespace parley::ice
