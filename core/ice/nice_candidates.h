// Candidates and addresses between libnice's types and ours. Pure functions.
#ifndef PARLEY_CORE_ICE_NICE_CANDIDATES_H_
#define PARLEY_CORE_ICE_NICE_CANDIDATES_H_

#include <nice/agent.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "core/ice/ice_transport.h"
#include "core/ice/ip_address.h"
#include "core/sdp/candidate.h"

namespace parley::ice {

struct NiceCandidateDeleter {
  void operator()(NiceCandidate* candidate) const {
    nice_candidate_free(candidate);
  }
};
using NiceCandidatePtr = std::unique_ptr<NiceCandidate, NiceCandidateDeleter>;

NiceAddress ToNice(const IpAddress& address, uint16_t port);

// A remote candidate of component 1 over UDP whose address is `address`.
NiceCandidatePtr ToNice(const sdp::Candidate& candidate,
                        const IpAddress& address, guint stream);

// As it would stand in SDP. With `hide_related` the related address is
// 0.0.0.0 or ::, with port 0: a relay policy shows nothing of what lies behind
// the relay (RFC 9429 section 3.5.3).
sdp::Candidate FromNice(const NiceCandidate& candidate, bool hide_related);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_NICE_CANDIDATES_H_
