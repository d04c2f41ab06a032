// A pair of ICE and DTLS transports as negotiation sees it.
#ifndef PARLEY_CORE_JSEP_TRANSPORT_H_
#define PARLEY_CORE_JSEP_TRANSPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/sdp/description.h"

namespace parley::jsep {

// Given once and never again in the life of a session; 0 is none.
using TransportId = uint64_t;

struct IceCredentials {
  std::string ufrag;
  std::string pwd;  // a secret

  friend bool operator==(const IceCredentials&,
                         const IceCredentials&) = default;
};

struct RemoteIce {
  IceCredentials credentials;
  bool lite = false;
  bool trickle = false;  // a=ice-options:trickle
  bool ice2 = false;

  friend bool operator==(const RemoteIce&, const RemoteIce&) = default;
};

enum class DtlsRole : uint8_t { kClient, kServer };

struct Transport {
  TransportId id = 0;
  // The m= section that carries its attributes: the tagged one of a bundle.
  std::string mid;

  // Our side of ICE. Generations count from 1 and never repeat, also not after
  // a rollback; each has credentials of its own.
  uint32_t generation = 0;
  IceCredentials local;
  // Absent until a remote description is in force together with ours.
  std::optional<RemoteIce> remote;

  // One component instead of two. Never changes once negotiated.
  bool rtcp_mux = true;

  // Absent until negotiated. One DTLS association after another: a changed
  // fingerprint or tls-id, which takes an ICE restart, begins the next one.
  std::optional<DtlsRole> dtls_role;
  std::vector<sdp::Fingerprint> remote_fingerprints;
  std::string remote_tls_id;
  uint32_t dtls_association = 0;

  friend bool operator==(const Transport&, const Transport&) = default;
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_TRANSPORT_H_
