// One generation of a single-port transport: its credentials, the other end's
// candidates, and the paths that authentic checks have come over. A value, and
// no IO.
#ifndef PARLEY_CORE_ICE_LITE_GENERATION_H_
#define PARLEY_CORE_ICE_LITE_GENERATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/ice/binding_check.h"
#include "core/ice/external_addresses.h"
#include "core/ice/generations.h"
#include "core/ice/ice_transport.h"
#include "core/ice/path_watch.h"
#include "core/ice/shared_port.h"
#include "core/loop/executor.h"

namespace parley::ice {

class LiteGeneration : public BasicGeneration {
 public:
  using Path = SharedPort::Path;

  // More of a generation are not kept: a NAT that changes its mapping, or
  // someone who plays with ports, shall not fill the table.
  static constexpr size_t kMaxPaths = 8;

  LiteGeneration(uint64_t id, Credentials local, TransportPolicy policy,
                 const LiteTiming& timing)
      : BasicGeneration(id, std::move(local)), policy(policy), watch(timing) {}

  // Whether a check is new, or has come before and how. A check counts once:
  // who repeats what the other end has sent proves nothing. Of those before
  // only the last kRecent are known.
  enum class Novelty { kNew, kRetransmitted, kReplayed };
  static constexpr size_t kRecent = 32;
  Novelty Note(const TransactionId& transaction, const Path& path);

  // A new authentic check has come over the path. Returns the one that was
  // given up for it: the one whose last check is the longest ago, but never the
  // nominated one.
  std::optional<Path> OnCheck(const Path& path, uint32_t priority);
  bool Has(const Path& path) const;
  // The path that the last nomination was for, once the remote parameters are
  // known too (RFC 8445 section 8.1.2: of several the last).
  std::optional<Path> Selected() const;
  std::vector<Path> Paths() const;

  // kDuplicate when there is one with this address.
  CandidateUse AddRemoteCandidate(const sdp::Candidate& candidate,
                                  const TransportAddress& address);
  size_t signaled() const { return signaled_.size(); }
  bool tcp() const { return false; }
  bool open() const { return listening; }
  // The candidates that were signaled, then those that checks have shown.
  std::vector<sdp::Candidate> RemoteCandidates() const;
  // The signaled one of this address, else a peer-reflexive one.
  sdp::Candidate RemoteCandidate(const TransportAddress& address) const;

  // With kRelay there is nothing that a lite end may use.
  const TransportPolicy policy;
  std::optional<Path> nominated;
  PathWatch watch;
  // Checks for it are answered: its ufrag is claimed.
  bool listening = false;
  Executor::TimerId watch_timer = Executor::TimerId::kNone;

 private:
  struct Seen {
    Path path;
    uint32_t priority;
  };
  struct Signaled {
    TransportAddress address;
    sdp::Candidate candidate;
  };

  struct Recent {
    TransactionId transaction = {};
    size_t path = 0;  // its hash
  };

  const Signaled* FindSignaled(const TransportAddress& address) const;

  std::array<Recent, kRecent> recent_;  // a ring; unused ones are zero
  size_t oldest_ = 0;
  std::vector<Seen> seen_;  // the one whose last check is the newest at the end
  std::vector<Signaled> signaled_;
};

// The candidates of the sockets, in their order (RFC 8445 section 5.1.2.1), as
// they are told to others; each address once.
std::vector<sdp::Candidate> HostCandidates(
    std::span<const TransportAddress> sockets,
    const ExternalAddresses& external);
// The first of them that one socket stands behind.
sdp::Candidate HostCandidate(std::span<const TransportAddress> sockets,
                             const ExternalAddresses& external, size_t socket);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_LITE_GENERATION_H_
