// Simulcast layers of a section (RFC 8853, RFC 8851), by their rids.
#ifndef PARLEY_CORE_JSEP_SIMULCAST_H_
#define PARLEY_CORE_JSEP_SIMULCAST_H_

#include <string>
#include <vector>

#include "core/jsep/transceiver.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// The rids of one direction of a=simulcast, in order, the first alternative of
// each stream, repetitions dropped (W3C "set a session description"). Empty
// without a=simulcast.
std::vector<std::string> SimulcastRids(const sdp::MediaSection& section,
                                       sdp::RidDirection direction);

// Of those the ones that begin paused ('~', RFC 8853 section 5.2), appended.
void AppendPausedRids(const sdp::MediaSection& section,
                      sdp::RidDirection direction,
                      std::vector<std::string>& rids);

// The rids of the encodings that are not active.
std::vector<std::string> PausedRids(const std::vector<Encoding>& encodings);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_SIMULCAST_H_
