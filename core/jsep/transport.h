// A pair of ICE and DTLS transports as negotiation sees it.
#ifndef PARLEY_CORE_JSEP_TRANSPORT_H_
#define PARLEY_CORE_JSEP_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
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

// Of RFC 8839's characters, with 40 and 140 random bits.
IceCredentials MakeIceCredentials(Random& random);

enum class DtlsRole : uint8_t { kClient, kServer };

struct Transport {
  TransportId id = 0;
  // The m= section that carries its attributes: the tagged one of a bundle.
  std::string mid;
  size_t mline_index = 0;  // of that section

  // Our side of ICE. Generations count from 1 and never repeat, also not after
  // a rollback; each has credentials of its own.
  uint32_t generation = 0;
  uint32_t last_generation = 0;  // the highest one given, to count on from
  IceCredentials local;
  // Absent until an answer was applied. While a restart awaits its answer it is
  // still that of an earlier generation: `remote_generation` says which.
  std::optional<RemoteIce> remote;
  uint32_t remote_generation = 0;

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
