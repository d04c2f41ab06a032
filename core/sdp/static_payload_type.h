// RFC 3551's static payload types. Internal.
#ifndef PARLEY_CORE_SDP_STATIC_PAYLOAD_TYPE_H_
#define PARLEY_CORE_SDP_STATIC_PAYLOAD_TYPE_H_

#include "core/sdp/description.h"

namespace parley::sdp {

// Gives the codec the encoding which RFC 3551 6 assigns to its payload type, if
// there is one.
void SetStaticEncoding(Codec& codec);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_STATIC_PAYLOAD_TYPE_H_
