#include "core/ice/single_port_transport.h"

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/ice/transport_rules.h"

namespace parley::ice {
namespace {

bool OnLoopback(const std::vector<TransportAddress>& sockets) {
  return std::any_of(sockets.begin(), sockets.end(), [](const auto& socket) {
    return socket.address.IsLoopback();
  });
}

}  // namespace

SinglePortTransport::SinglePortTransport(
    std::shared_ptr<SinglePortShared> shared,
    std::shared_ptr<const TransportOptions> options,
    GatheringConfiguration configuration, Observer& observer)
    : shared_(std::move(shared)),
      options_(std::move(options)),
      route_{.loop = shared_->loop, .transport = ++shared_->last_id},
      on_loopback_(OnLoopback(shared_->port.sockets())),
      configuration_(std::move(configuration)),
      queue_(shared_->executor, observer),
      self_(std::make_shared<SinglePortTransport*>(this)) {
  shared_->transports.emplace(route_.transport, this);
}

SinglePortTransport::~SinglePortTransport() {
  // Those that were not closed, on a loop that has stopped.
  for (auto& generation : generations_) Leave(*generation);
  shared_->transports.erase(route_.transport);
}

Executor::Task SinglePortTransport::Task(const Generation& generation,
                                         GenerationMethod method) {
  return [self = std::weak_ptr(self_), id = generation.id, method] {
    auto me = self.lock();
    if (me == nullptr) return;
    if (Generation* found = (*me)->generations_.Find(id))
      ((*me)->*method)(*found);
  };
}

Executor::TimerId SinglePortTransport::After(absl::Duration delay,
                                             const Generation& generation,
                                             GenerationMethod method) {
  return shared_->executor.RunAfter(delay, Task(generation, method));
}

void SinglePortTransport::Configure(GatheringConfiguration configuration) {
  configuration_ = std::move(configuration);
}

absl::Status SinglePortTransport::CheckStart(const Credentials& local,
                                             Role role) const {
  if (state_ == ConnectionState::kClosed) return TransportClosed();
  if (role == Role::kControlling) {
    return MakeError(Reason::kArgument,
                     "A lite ICE end is always the controlled one.");
  }
  return CheckCredentials(local.ufrag, local.pwd);
}

absl::Status SinglePortTransport::Start(const Credentials& local, Role role) {
  if (absl::Status checked = CheckStart(local, role); !checked.ok()) {
    return checked;
  }
  if (generations_.FindUfrag(local.ufrag) != nullptr ||
      !shared_->port.Claim(local.ufrag, route_)) {
    return MakeError(Reason::kArgument,
                     "An ICE generation needs a ufrag of its own.");
  }
  Generation& generation = generations_.Add(std::make_unique<Generation>(
      ++last_id_, local, configuration_.policy, options_->lite));
  generation.listening = true;
  queue_.Push(generation.id, ObserverQueue::Gathering{
                                 local.ufrag, GatheringState::kGathering});
  shared_->executor.Post(Task(generation, &SinglePortTransport::Gather));
  if (generations_.size() > 1) ++counters_.restarts;
  for (Generation* old : generations_.Replaced(sending_)) End(*old);
  Update();
  return absl::OkStatus();
}

// What others call gathering is known already: it only remains to be told.
void SinglePortTransport::Gather(Generation& generation) {
  if (generation.policy != TransportPolicy::kRelay) {
    for (sdp::Candidate& candidate :
         HostCandidates(shared_->port.sockets(), options_->external)) {
      queue_.Push(generation.id,
                  ObserverQueue::LocalCandidate{generation.local.ufrag,
                                                std::move(candidate)});
    }
  }
  generation.gathering = GatheringState::kComplete;
  generation.status.gathered = true;
  queue_.Push(generation.id,
              ObserverQueue::Gathering{generation.local.ufrag,
                                       GatheringState::kComplete});
  Update();
}

absl::Status SinglePortTransport::SetRemote(const RemoteParameters& remote) {
  if (state_ == ConnectionState::kClosed) return TransportClosed();
  absl::StatusOr<Generation*> answered = generations_.ToAnswer(remote);
  if (!answered.ok()) return answered.status();
  if (*answered == nullptr) return absl::OkStatus();
  Generation& newest = **answered;
  if (remote.lite) {
    return MakeError(Reason::kArgument,
                     "Both ends are lite: nobody would check.");
  }
  newest.remote = remote;
  newest.patience_timer =
      After(options_->pac_timeout, newest, &SinglePortTransport::LosePatience);
  // The other end may have been told first, and have nominated already.
  if (newest.nominated) newest.status.progress = Progress::kReady;
  Update();
  return absl::OkStatus();
}

void SinglePortTransport::LosePatience(Generation& generation) {
  generation.patience_timer = TimerId::kNone;
  GenerationStatus& status = generation.status;
  status.patience_over = true;
  // Nobody has nominated, of those who would have had to.
  if (status.progress == Progress::kChecking || status.remote_candidates) {
    if (!IsUsable(status)) status.progress = Progress::kFailed;
  }
  Update();
}

absl::StatusOr<CandidateUse> SinglePortTransport::AddRemoteCandidate(
    const sdp::Candidate& candidate) {
  if (state_ == ConnectionState::kClosed) return TransportClosed();
  const absl::StatusOr<CandidateUse> use = generations_.AddRemoteCandidate(
      candidate, [this](const Generation&, const IpAddress& address) {
        return Permitted(address);
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

void SinglePortTransport::EndOfRemoteCandidates() {
  Generation* const generation = generations_.Answered();
  if (generation == nullptr || generation->status.remote_ended) return;
  generation->status.remote_ended = true;
  Update();
}

void SinglePortTransport::Rollback() {
  if (generations_.empty()) return;
  End(generations_.newest());
  Update();
}

bool SinglePortTransport::Send(std::span<const uint8_t> packet) {
  if (!sending_path_ || packet.empty() || packet.size() > kMaxPacketBytes ||
      !shared_->port.Send(route_.loop, *sending_path_, packet)) {
    ++counters_.packets_discarded;
    return false;
  }
  ++counters_.packets_sent;
  counters_.bytes_sent += packet.size();
  return true;
}

GatheringState SinglePortTransport::gathering_state() const {
  return generations_.gathering();
}

std::optional<Role> SinglePortTransport::role() const {
  if (generations_.empty()) return std::nullopt;
  return Role::kControlled;
}

std::optional<CandidatePair> SinglePortTransport::SelectedPair() const {
  if (!sending_path_) return std::nullopt;
  return Pair(*sending_, *sending_path_);
}

CandidatePair SinglePortTransport::Pair(const Generation& generation,
                                        const Path& path) const {
  return {.local = HostCandidate(shared_->port.sockets(), options_->external,
                                 path.socket),
          .remote = generation.RemoteCandidate(path.remote)};
}

Measurement SinglePortTransport::Measure() const {
  Measurement result{.selected = SelectedPair(),
                     .selected_changes = selected_changes_,
                     .at_selection = at_selection_};
  if (generations_.empty()) return result;
  const Generation& generation =
      sending_ == nullptr ? generations_.newest() : *sending_;
  result.ufrag = generation.local.ufrag;
  if (!generation.listening) return result;
  result.local = HostCandidates(shared_->port.sockets(), options_->external);
  result.remote = generation.RemoteCandidates();
  return result;
}

// Its `done` may destroy the transport.
void SinglePortTransport::Close(absl::AnyInvocable<void()> done) {
  if (state_ != ConnectionState::kClosed) {
    queue_.Close();
    state_ = ConnectionState::kClosed;
    while (!generations_.empty()) End(generations_.newest());
    shared_->executor.Cancel(older_timer_);
    shared_->transports.erase(route_.transport);
  }
  shared_->executor.Post(std::move(done));
}

void SinglePortTransport::End(Generation& generation) {
  queue_.Drop(generation.id);
  shared_->executor.Cancel(generation.patience_timer);
  Leave(generation);
  if (sending_ == &generation) {
    sending_ = nullptr;
    sending_path_.reset();
  }
  generations_.Remove(generation);
}

void SinglePortTransport::Leave(Generation& generation) {
  if (!std::exchange(generation.listening, false)) return;
  shared_->executor.Cancel(generation.watch_timer);
  shared_->port.Release(generation.local.ufrag);
  for (const Path& path : generation.Paths()) GiveBack(generation, path);
}

// Unless another generation has it too: both ends keep their ports through a
// restart.
void SinglePortTransport::GiveBack(const Generation& generation,
                                   const Path& path) {
  for (const auto& other : generations_) {
    if (other.get() != &generation && other->listening && other->Has(path)) {
      return;
    }
  }
  shared_->port.Unbind(path, route_);
}

void SinglePortTransport::RetireOlder() {
  older_timer_ = TimerId::kNone;
  while (generations_.Overlap(sending_)) {
    End(generations_.oldest());
  }
}

bool SinglePortTransport::Permitted(const IpAddress& address) const {
  return (address.IsLoopback() && on_loopback_) ||
         Permits(options_->policy, address);
}

// Draws the consequences of whatever has changed.
void SinglePortTransport::Update() {
  if (state_ == ConnectionState::kClosed) return;
  const auto outlook = generations_.Look(state_);
  if (outlook.state != state_) {
    state_ = outlook.state;
    queue_.Push(ObserverQueue::kTransport, state_);
  }
  sending_ = outlook.usable;
  const auto path = sending_ == nullptr ? std::nullopt : sending_->Selected();
  if (path != sending_path_) {
    sending_path_ = path;
    if (path) NotePath();
  }
  if (generations_.Overlap(sending_) && older_timer_ == TimerId::kNone) {
    older_timer_ = shared_->executor.RunAfter(options_->restart_overlap,
                                              [self = std::weak_ptr(self_)] {
                                                if (auto me = self.lock())
                                                  (*me)->RetireOlder();
                                              });
  }
}

// Data takes this path from now on.
void SinglePortTransport::NotePath() {
  ++selected_changes_;
  at_selection_ = counters_;
  queue_.Push(ObserverQueue::kTransport, Pair(*sending_, *sending_path_));
}

}  // namespace parley::ice
