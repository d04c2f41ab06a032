// What a lite ICE agent does with STUN: it tells checks from everything else
// and answers them (RFC 8445 section 7.3, RFC 8489, RFC 7983). The codec is
// libnice's STUN library.
#ifndef PARLEY_CORE_ICE_CONNECTIVITY_CHECK_H_
#define PARLEY_CORE_ICE_CONNECTIVITY_CHECK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/ice/binding_check.h"
#include "core/ice/ice_types.h"
#include "core/ice/transport_address.h"

namespace parley::ice {

enum class DatagramKind {
  kMalformed,  // empty, or in STUN's range (RFC 7983) and not STUN
  kCheck,      // a Binding request that says whom it is for
  kOtherStun,  // an indication or an answer
  kData,       // everything else: DTLS, RTP
};

struct DatagramHeader {
  DatagramKind kind = DatagramKind::kMalformed;
  // Of a check, the halves of its USERNAME: whom it is for, and who has sent
  // it. They point into the datagram; nothing is verified.
  std::string_view ufrag;
  std::string_view remote_ufrag;
};

// Looks at each attribute once at most. Safe on any thread.
DatagramHeader ReadHeader(std::span<const uint8_t> datagram);

// Whether the datagram is a check for the one with the local ufrag, or brings
// one over a TURN server, that somebody else than the one with the remote ufrag
// has sent. A check names both (RFC 8445 section 7.2.2), and a restart of ICE
// changes both. An end that restarts may send checks from its new ports to the
// candidates of before until it has got the new ones: such a pair of two
// generations, once answered, would be taken for a good one, and stay.
bool IsCheckOfAnother(std::span<const uint8_t> datagram,
                      std::string_view local_ufrag,
                      std::string_view remote_ufrag);

enum class CheckVerdict {
  kAuthentic,        // from someone who knows the password; success
  kRoleConflict,     // from someone who does, and who is controlled: 487
  kUnknownRequired,  // from someone who does, with what is unknown here: 420
  kUnauthenticated,  // no integrity or a wrong one: 400, 401
  kNotACheck,        // also without the right fingerprint; no answer
};

struct CheckAnswer {
  CheckVerdict verdict = CheckVerdict::kNotACheck;
  bool use_candidate = false;
  // That the sender would have as a candidate; of a role conflict, too.
  uint32_t priority = 0;
  TransactionId transaction = {};  // of a check that is authentic
  // To be sent to where the check came from; never longer than the check by
  // more than 40 bytes. Valid until the next call. Empty: none.
  std::span<const uint8_t> datagram;
};

// Answers checks. Not safe for concurrent use.
class CheckResponder {
 public:
  CheckResponder();
  ~CheckResponder();

  // Verifies the check with the credentials of the one it is for, who is
  // controlled and stays so: a lite end never controls (RFC 8445 section 6.1.1,
  // the other end must be a full one).
  CheckAnswer Answer(std::span<const uint8_t> check, const Credentials& local,
                     const TransportAddress& from);

 private:
  struct Agent;

  const std::unique_ptr<Agent> agent_;
  std::array<uint8_t, 512> answer_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_CONNECTIVITY_CHECK_H_
