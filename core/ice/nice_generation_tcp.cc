// How a generation reaches, and is reached by, ends that have no UDP.

#include <optional>
#include <utility>

#include "core/ice/nice_candidates.h"
#include "core/ice/nice_generation.h"

namespace parley::ice {

// Beside the sockets of libnice's host candidates, which it has bound by now.
absl::Status NiceGeneration::OpenBridge() {
  std::vector<TransportAddress> hosts;
  for (const sdp::Candidate& one : LocalCandidates()) {
    const std::optional<IpAddress> address = IpAddress::Parse(one.address);
    if (one.type != sdp::CandidateType::kHost || !address) continue;
    hosts.push_back({*address, one.port});
  }
  absl::StatusOr<std::unique_ptr<TcpBridge>> bridge = TcpBridge::Open(
      environment_->loop, environment_->fds, environment_->lobby, hosts,
      port_.port(), plan_.local,
      [this](const TransportAddress& stand_in, TcpBridge::Change change) {
        OnBridge(stand_in, change);
      });
  if (!bridge.ok()) return bridge.status();
  bridge_ = *std::move(bridge);
  for (const sdp::Candidate& one : bridge_->LocalCandidates()) {
    events_->OnCandidate(*this, one);
  }
  return absl::OkStatus();
}

void NiceGeneration::OnBridge(const TransportAddress& stand_in,
                              TcpBridge::Change change) {
  const NiceAddress seen = ToNice(stand_in.address, stand_in.port);
  if (events_ == nullptr || !nice_address_equal(&seen, &remote_address_)) {
    return;
  }
  if (change == TcpBridge::Change::kAttached) {
    return events_->OnSelectedPair(*this, *bridge_->Find(stand_in));
  }
  // Whether it comes back, or there is another way, is soon seen.
  consent_.Doubt(environment_->loop.clock().Monotonic());
  FollowConsent();
}

std::optional<CandidatePair> NiceGeneration::Bridged(
    const NiceAddress& remote) const {
  if (bridge_ == nullptr) return std::nullopt;
  sockaddr_storage name{};
  nice_address_copy_to_sockaddr(&remote, reinterpret_cast<sockaddr*>(&name));
  const std::optional<TransportAddress> address = FromSockaddr(name);
  return address ? bridge_->Find(*address) : std::nullopt;
}

}  // namespace parley::ice
