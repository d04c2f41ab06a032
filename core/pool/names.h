// Resource names: peers/{node}.{epoch}{random}, the ids below a peer, and
// certificates/{node}.{epoch}{random}.
//
// Callers must treat a name as opaque; Parley itself reads it to tell what is
// of another node from what is of an earlier life of this node. Pure functions.
#ifndef PARLEY_CORE_POOL_NAMES_H_
#define PARLEY_CORE_POOL_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/base/random.h"

namespace parley::pool {

// A name is at most this long; longer ones are refused unread.
inline constexpr size_t kMaxNameBytes = 128;
// A DNS label: what Kubernetes calls a pod.
inline constexpr size_t kMaxNodeBytes = 63;
inline constexpr size_t kEpochChars = 10;   // 50 bits
inline constexpr size_t kRandomChars = 20;  // 100 bits

// What one process knows about the names it gives.
struct Identity {
  std::string node = "local";
  std::string epoch;  // of this incarnation

  // The epoch is random: two lives of a node never share one, whatever its
  // clock says. Fails with ARGUMENT if `node` is not a DNS label.
  static absl::StatusOr<Identity> Make(std::string node, Random& random);
};

// "peers/local.abcdefghij...".
std::string NewPeerName(const Identity& identity, Random& random);
// "certificates/local.abcdefghij...".
std::string NewCertificateName(const Identity& identity, Random& random);

// A name, taken apart. The views point into it.
struct ParsedName {
  std::string_view owner;  // "peers/..." without the child
  std::string_view node;
  std::string_view epoch;
  uint64_t child = 0;  // the number of the transceiver or data channel
};

// ARGUMENT when it is not such a name.
absl::StatusOr<ParsedName> ParsePeerName(std::string_view name);
absl::StatusOr<ParsedName> ParseTransceiverName(std::string_view name);
absl::StatusOr<ParsedName> ParseDataChannelName(std::string_view name);
absl::StatusOr<ParsedName> ParseCertificateName(std::string_view name);

// OK when what has this name can only live in this process; WRONG_NODE when
// it belongs to another node; when to an earlier life of this one, PEER_LOST,
// of a certificate CERTIFICATE_UNKNOWN.
absl::Status CheckHome(const Identity& identity, const ParsedName& name);

std::string TransceiverName(std::string_view peer, uint64_t id);
std::string DataChannelName(std::string_view peer, uint64_t id);

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_NAMES_H_
