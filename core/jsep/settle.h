// What an offer/answer exchange comes to, once both descriptions are known:
// the same for the side that offered and the side that answered.
#ifndef PARLEY_CORE_JSEP_SETTLE_H_
#define PARLEY_CORE_JSEP_SETTLE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/jsep/session.h"
#include "core/jsep/signaling.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// One section, from our point of view.
struct SettledSection {
  bool rejected = true;
  bool bundled = false;
  TransportId transport = 0;
  Direction direction = Direction::kInactive;
  std::shared_ptr<const MediaParameters> media;
  std::vector<std::string> send_rids;
  std::vector<std::string> recv_rids;
  bool simulcast_offered = false;  // we offered to send several layers
};

// One transport in use.
struct SettledTransport {
  TransportId id = 0;
  size_t mline_index = 0;   // of our section that carries its attributes
  size_t remote_index = 0;  // of the remote one
  DtlsRole role = DtlsRole::kClient;
};

struct Settlement {
  Side answerer = Side::kLocal;
  SdpType type = SdpType::kAnswer;  // or kPranswer
  std::vector<SettledSection> sections;
  std::vector<SettledTransport> transports;
};

// Brings the settlement into force. `remote` is the remote end's description of
// the exchange, offer or answer. The descriptions themselves are the caller's.
void Settle(Session& next, const Settlement& settlement,
            const sdp::Description& remote);

// After a final answer has become current: W3C's last steps.
void FinishExchange(Session& next);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_SETTLE_H_
