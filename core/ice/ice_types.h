// The words of ICE as W3C WebRTC and RFC 8445 use them. Plain values.
#ifndef PARLEY_CORE_ICE_ICE_TYPES_H_
#define PARLEY_CORE_ICE_ICE_TYPES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/base/random.h"
#include "core/ice/address_policy.h"
#include "core/ice/external_addresses.h"
#include "core/ice/ice_server.h"

namespace parley::ice {

// Which kind of IceTransport.
enum class Mode {
  kFull,        // LibniceFactory's
  kSinglePort,  // SinglePortFactory's: lite
};

// RTCIceGathererState.
enum class GatheringState { kNew, kGathering, kComplete };

// RTCIceTransportState.
enum class ConnectionState {
  kNew,
  kChecking,
  kConnected,
  kCompleted,
  kDisconnected,
  kFailed,
  kClosed,
};

// RTCIceRole, once known.
enum class Role { kControlling, kControlled };

// The W3C names: "new", "gathering", "controlling" and so on.
std::string_view Name(GatheringState state);
std::string_view Name(ConnectionState state);
std::string_view Name(Role role);

// RFC 8839 section 5.4: ufrag 4 to 256, pwd 22 to 256 ice-chars.
struct Credentials {
  std::string ufrag;
  std::string pwd;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

// Fresh ones: 40 random bits of ufrag and 160 of pwd, where RFC 8445 section
// 5.3 asks for 24 and 128. A secret: pwd never goes to a log.
Credentials MakeCredentials(Random& random);

// What a remote description says of one transport.
struct RemoteParameters {
  std::string ufrag;
  std::string pwd;
  bool lite = false;  // a=ice-lite: it answers checks and never sends any
  // They came in an offer: the other end learns of ours by the answer, which is
  // on its way. No part of what the parameters are.
  bool offered = false;

  friend bool operator==(const RemoteParameters& a, const RemoteParameters& b) {
    return a.ufrag == b.ufrag && a.pwd == b.pwd && a.lite == b.lite;
  }
};

// RTCIceTransportPolicy.
enum class TransportPolicy { kAll, kRelay };

// What setConfiguration may change; a generation keeps what it began with.
struct GatheringConfiguration {
  std::vector<Server> servers;
  TransportPolicy policy = TransportPolicy::kAll;
  // Candidates for TCP (RFC 6544) besides those for UDP; not of a relay policy,
  // and never of a single port.
  bool tcp = false;

  friend bool operator==(const GatheringConfiguration&,
                         const GatheringConfiguration&) = default;
};

enum class LoopbackUse {
  kNever,
  kWhenAlone,  // when the machine has no other usable address
  kAlways,
};

// Which of the machine's addresses become host candidates.
struct AddressSelection {
  // IP literals. When not empty they alone are used, whatever the rest says.
  std::vector<std::string> addresses;
  // Names of interfaces; a trailing '*' matches any rest. With `interfaces`
  // empty all are used; those in `excluded_interfaces` never are.
  std::vector<std::string> interfaces;
  std::vector<std::string> excluded_interfaces;
  LoopbackUse loopback = LoopbackUse::kWhenAlone;
  bool ipv4 = true;
  bool ipv6 = true;
  bool link_local = false;
};

// How the selected pair is watched (RFC 7675 section 5.1); see consent.h. All
// but the default is for tests.
struct ConsentTiming {
  // Between two checks, times 0.8 to 1.2.
  absl::Duration interval = absl::Seconds(5);
  // Without an answer for this long nothing more is sent.
  absl::Duration expiry = absl::Seconds(30);
  // After a check without answer: the first probe; the second comes at three
  // times this, and at `silence` the path is called silent.
  absl::Duration retry = absl::Milliseconds(500);
  absl::Duration silence = absl::Milliseconds(2500);
};

// How a lite end watches its selected path; see path_watch.h. All but the
// default is for tests.
struct LiteTiming {
  // Without any packet for this long the path is called silent. Full agents
  // check at most 6 s apart (RFC 7675 section 5.1).
  absl::Duration silence = absl::Seconds(7);
  // Without a check for this long nothing more is sent.
  absl::Duration expiry = absl::Seconds(30);
};

// Fixed for the life of a transport.
struct TransportOptions {
  AddressSelection addresses;
  // Where packets may go: remote candidates and servers. Loopback is allowed
  // besides to a transport that gathers on loopback.
  AddressPolicy policy;
  // What is told of them where a NAT stands in front of this machine.
  ExternalAddresses external;
  // Ports of host candidates, both ends included; 0 and 0: any.
  uint16_t min_port = 0;
  uint16_t max_port = 0;
  // RFC 8863: how long after checks could begin a transport may not be called
  // failed. The default is that of the default STUN timers.
  absl::Duration pac_timeout = absl::Milliseconds(39500);
  // How long after a restart what comes over the old pair is still taken.
  absl::Duration restart_overlap = absl::Seconds(3);
  ConsentTiming consent;
  LiteTiming lite;
  // A close that the network does not finish is finished without it.
  absl::Duration close_timeout = absl::Seconds(2);
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_ICE_TYPES_H_
