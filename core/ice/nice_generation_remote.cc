// What a generation is told of the other end, and when libnice learns of it.

#include <optional>
#include <utility>

#include "core/ice/nice_candidates.h"
#include "core/ice/nice_generation.h"

namespace parley::ice {
namespace {

// Rc with an RTO of 500 ms: 2 s for a pair. A longer check would keep libnice,
// when controlling, from nominating a pair that does work; one that has failed
// is checked again as soon as the remote end's own check arrives.
constexpr guint kCheckTransmissions = 3;
// A remote end that has not answered for this long gets its checks when it is
// convenient.
constexpr absl::Duration kHaste = absl::Seconds(3);

}  // namespace

void NiceGeneration::SetRemote(const RemoteParameters& remote,
                               absl::Duration hold) {
  remote_ufrag_ = remote.ufrag;
  check_username_ = remote.ufrag + ":" + plan_.local.ufrag;
  check_password_ = remote.pwd;
  remote_known_ = true;
  if (bridge_ != nullptr) bridge_->SetRemote(remote);
  Listen(true);
  if (hold == absl::ZeroDuration() || was_checked_) return Apply(remote);
  held_ = Held{.remote = remote};
  hold_timer_ = environment_->loop.RunAfter(hold, [weak = weak_from_this()] {
    auto me = weak.lock();
    if (me != nullptr && me->events_ != nullptr) me->Release();
  });
}

void NiceGeneration::OnFirstCheck(NiceAgent*, guint, gpointer self) {
  auto& me = *static_cast<NiceGeneration*>(self);
  me.was_checked_ = true;
  if (!me.held_.has_value()) return;
  // Not from inside libnice's reading.
  me.environment_->loop.Post([weak = me.weak_from_this()] {
    auto held = weak.lock();
    if (held != nullptr && held->events_ != nullptr) held->Release();
  });
}

void NiceGeneration::Release() {
  if (!held_.has_value()) return;
  environment_->loop.Cancel(hold_timer_);
  const Held held = *std::exchange(held_, std::nullopt);
  Apply(held.remote);
  for (const auto& [candidate, address] : held.candidates) {
    Tell(candidate, address);
  }
  if (held.ended) EndOfRemoteCandidates();
}

void NiceGeneration::Apply(const RemoteParameters& remote) {
  seat_.context().Touch();
  g_object_set(agent_, "stun-max-retransmissions", kCheckTransmissions,
               nullptr);
  nice_agent_set_remote_credentials(agent_, stream_, remote.ufrag.c_str(),
                                    remote.pwd.c_str());
  environment_->loop.RunAfter(kHaste, [weak = weak_from_this()] {
    auto me = weak.lock();
    if (me != nullptr && me->events_ != nullptr) me->CalmDown();
  });
}

CandidateUse NiceGeneration::AddRemoteCandidate(const sdp::Candidate& candidate,
                                                const IpAddress& address) {
  if (candidate.transport != sdp::CandidateTransport::kTcp) {
    Tell(candidate, address);
    return CandidateUse::kApplied;
  }
  const TcpBridge::Added added = bridge_->Add(candidate, address);
  if (added.stand_in) {
    sdp::Candidate seen = candidate;
    seen.port = added.stand_in->port;
    Tell(seen, added.stand_in->address);
  }
  return added.use;
}

void NiceGeneration::Tell(const sdp::Candidate& candidate,
                          const IpAddress& address) {
  if (held_.has_value()) {
    held_->candidates.emplace_back(candidate, address);
    return;
  }
  seat_.context().Touch();
  const NiceCandidatePtr nice = ToNice(candidate, address, stream_);
  GSList list = {nice.get(), nullptr};
  nice_agent_set_remote_candidates(agent_, stream_, NICE_COMPONENT_TYPE_RTP,
                                   &list);
}

void NiceGeneration::EndOfRemoteCandidates() {
  if (held_.has_value()) {
    held_->ended = true;
    return;
  }
  seat_.context().Touch();
  nice_agent_peer_candidate_gathering_done(agent_, stream_);
}

}  // namespace parley::ice
