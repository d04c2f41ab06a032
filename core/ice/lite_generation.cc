#include "core/ice/lite_generation.h"

#include <algorithm>
#include <functional>
#include <string>

#include "absl/hash/hash.h"

namespace parley::ice {
namespace {

// RFC 8445 section 5.1.2.2.
constexpr uint32_t kHostPreference = 126;

// That of one socket, before a NAT.
sdp::Candidate Gathered(const TransportAddress& socket, size_t index) {
  sdp::Candidate candidate;
  candidate.foundation = std::to_string(index + 1);
  candidate.priority = (kHostPreference << 24) |
                       static_cast<uint32_t>((65535 - index) << 8) |
                       (256 - candidate.component);
  candidate.address = socket.address.ToString();
  candidate.port = socket.port;
  return candidate;
}

std::vector<sdp::Candidate>::const_iterator FindAddress(
    const std::vector<sdp::Candidate>& candidates,
    const sdp::Candidate& candidate) {
  return std::find_if(candidates.begin(), candidates.end(),
                      [&](const sdp::Candidate& other) {
                        return other.address == candidate.address &&
                               other.port == candidate.port;
                      });
}

}  // namespace

LiteGeneration::Novelty LiteGeneration::Note(const TransactionId& transaction,
                                             const Path& path) {
  const size_t hash = absl::Hash<Path>()(path);
  const auto known = std::find_if(
      recent_.begin(), recent_.end(),
      [&](const Recent& r) { return r.transaction == transaction; });
  if (known != recent_.end()) {
    return known->path == hash ? Novelty::kRetransmitted : Novelty::kReplayed;
  }
  recent_[oldest_] = {transaction, hash};
  oldest_ = (oldest_ + 1) % kRecent;
  return Novelty::kNew;
}

std::optional<LiteGeneration::Path> LiteGeneration::OnCheck(const Path& path,
                                                            uint32_t priority) {
  auto known = std::find_if(seen_.begin(), seen_.end(),
                            [&](const Seen& s) { return s.path == path; });
  if (known != seen_.end()) {
    std::rotate(known, known + 1, seen_.end());
    return std::nullopt;
  }
  seen_.push_back({path, priority});
  if (seen_.size() <= kMaxPaths) return std::nullopt;
  auto oldest = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& s) {
    return s.path != nominated;
  });
  const Path given_up = oldest->path;
  seen_.erase(oldest);
  return given_up;
}

bool LiteGeneration::Has(const Path& path) const {
  return std::any_of(seen_.begin(), seen_.end(),
                     [&](const Seen& s) { return s.path == path; });
}

std::optional<LiteGeneration::Path> LiteGeneration::Selected() const {
  return IsUsable(status) ? nominated : std::nullopt;
}

std::vector<LiteGeneration::Path> LiteGeneration::Paths() const {
  std::vector<Path> paths;
  for (const Seen& seen : seen_) paths.push_back(seen.path);
  return paths;
}

const LiteGeneration::Signaled* LiteGeneration::FindSignaled(
    const TransportAddress& address) const {
  auto found =
      std::find_if(signaled_.begin(), signaled_.end(),
                   [&](const Signaled& s) { return s.address == address; });
  return found == signaled_.end() ? nullptr : &*found;
}

CandidateUse LiteGeneration::AddRemoteCandidate(
    const sdp::Candidate& candidate, const TransportAddress& address) {
  if (FindSignaled(address) != nullptr) return CandidateUse::kDuplicate;
  signaled_.push_back({address, candidate});
  return CandidateUse::kApplied;
}

std::vector<sdp::Candidate> LiteGeneration::RemoteCandidates() const {
  std::vector<sdp::Candidate> result;
  for (const Signaled& signaled : signaled_) {
    result.push_back(signaled.candidate);
  }
  std::vector<TransportAddress> reflexive;
  for (const Seen& seen : seen_) {
    const TransportAddress& remote = seen.path.remote;
    if (FindSignaled(remote) != nullptr ||
        std::find(reflexive.begin(), reflexive.end(), remote) !=
            reflexive.end()) {
      continue;
    }
    reflexive.push_back(remote);
    result.push_back(RemoteCandidate(remote));
  }
  return result;
}

sdp::Candidate LiteGeneration::RemoteCandidate(
    const TransportAddress& address) const {
  if (const Signaled* signaled = FindSignaled(address)) {
    return signaled->candidate;
  }
  sdp::Candidate candidate;
  candidate.type = sdp::CandidateType::kPeerReflexive;
  candidate.address = address.address.ToString();
  candidate.port = address.port;
  // Different from those of all others (RFC 8445 section 7.3.1.3).
  candidate.foundation =
      "prflx" +
      std::to_string(std::hash<std::string>()(ToString(address)) % 1000000000);
  for (const Seen& seen : seen_) {
    if (seen.path.remote == address) candidate.priority = seen.priority;
  }
  return candidate;
}

std::vector<sdp::Candidate> HostCandidates(
    std::span<const TransportAddress> sockets,
    const ExternalAddresses& external) {
  std::vector<sdp::Candidate> candidates;
  for (size_t i = 0; i < sockets.size(); ++i) {
    for (sdp::Candidate& told : Advertised(external, Gathered(sockets[i], i))) {
      if (FindAddress(candidates, told) == candidates.end()) {
        candidates.push_back(std::move(told));
      }
    }
  }
  return candidates;
}

sdp::Candidate HostCandidate(std::span<const TransportAddress> sockets,
                             const ExternalAddresses& external, size_t socket) {
  const auto own = Advertised(external, Gathered(sockets[socket], socket));
  const auto all = HostCandidates(sockets, external);
  return *FindAddress(all, own.front());
}

}  // namespace parley::ice
