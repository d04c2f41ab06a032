// What a peer connection was configured with, as far as negotiation goes.
// Plain values.
#ifndef PARLEY_CORE_JSEP_CONFIGURATION_H_
#define PARLEY_CORE_JSEP_CONFIGURATION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/jsep/codecs.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// RTCBundlePolicy. On the wire, in a first offer (RFC 9429 section 4.1.1):
//   balanced    the first section of each kind carries transport attributes,
//               every other one is bundle-only with port 0
//   max-compat  every section carries transport attributes of its own
//   max-bundle  only the first section does (RFC 9429's must-bundle)
enum class BundlePolicy : uint8_t { kBalanced, kMaxCompat, kMaxBundle };

// RTCRtcpMuxPolicy; W3C has dropped `negotiate`. With it a remote section
// without a=rtcp-mux is accepted and its transport has two components.
enum class RtcpMuxPolicy : uint8_t { kNegotiate, kRequire };

enum class IceTransportPolicy : uint8_t { kAll, kRelay };

class MediaCatalog;

struct Configuration {
  BundlePolicy bundle_policy = BundlePolicy::kBalanced;
  RtcpMuxPolicy rtcp_mux_policy = RtcpMuxPolicy::kRequire;
  IceTransportPolicy ice_transport_policy = IceTransportPolicy::kAll;
  // Identifies the list of ICE servers (a digest, a version): negotiation only
  // needs to know that it changed.
  std::string ice_servers_key;
  uint32_t ice_candidate_pool_size = 0;  // 0-255
  // Our ICE agent is a lite one (RFC 8445 section 2.5): descriptions say so and
  // remote ones that do are refused with ICE_LITE_BOTH. First offers are those
  // of max-bundle, because all transports of a lite agent share one port.
  bool ice_lite = false;
  // Of the certificates, one per certificate and hash, the default first.
  // Empty: not generated yet, and no offer or answer can be created.
  std::vector<sdp::Fingerprint> fingerprints;
  // What we accept, in bytes, at least 1; 0: any size.
  uint64_t max_message_size = 262144;
  uint16_t sctp_port = 5000;
  // Of a remote description's text, and its m= lines; more is LIMIT_EXCEEDED.
  size_t max_description_bytes = size_t{4} << 20;
  size_t max_sections = 1024;
  // Never null.
  std::shared_ptr<const Capabilities> capabilities = DefaultCapabilities();
  // Made of them, to be shared by many sessions. Null: each makes its own.
  std::shared_ptr<const MediaCatalog> catalog;
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_CONFIGURATION_H_
