// Simulcast layers of a section (RFC 8853, RFC 8851), by their rids.
#ifndef PARLEY_CORE_JSEP_SIMULCAST_H_
#define PARLEY_CORE_JSEP_SIMULCAST_H_

#include <string>
#include <vector>

#include "core/sdp/description.h"

namespace parley::jsep {

// The rids of one direction of a=simulcast, in order, the first alternative of
// each stream, repetitions dropped (W3C "set a session description"). Empty
// without a=simulcast.
std::vector<std::string> SimulcastRids(const sdp::MediaSection& section,
                                       sdp::RidDirection direction);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_SIMULCAST_H_
