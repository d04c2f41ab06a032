// The candidates of one call, on their way to what becomes of them. Private to
// core/peer.
#ifndef PARLEY_CORE_PEER_CANDIDATE_BATCH_H_
#define PARLEY_CORE_PEER_CANDIDATE_BATCH_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "core/ice/ice_transport.h"
#include "core/peer/peer.h"

namespace parley::peer {

struct Peer::CandidateBatch {
  // The results, with what the transports had to say.
  std::vector<CandidateResult> Judged();

  // Of negotiation, in the order of the call.
  std::vector<CandidateResult> results;
  bool handed = false;  // a transport has got one of them
  // What became of these, by index. On the executor until the call resumes.
  std::vector<std::pair<size_t, ice::CandidateUse>> uses;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_CANDIDATE_BATCH_H_
