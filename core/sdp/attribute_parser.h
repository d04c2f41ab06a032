// The value of one attribute (what stands after "a=name:", without spaces at
// the end) to its typed form. Internal. On a problem `out` holds no meaningful
// value.
#ifndef PARLEY_CORE_SDP_ATTRIBUTE_PARSER_H_
#define PARLEY_CORE_SDP_ATTRIBUTE_PARSER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/sdp/description.h"
#include "core/sdp/scanner.h"

namespace parley::sdp {

// "IN IP4 address".
Problem ParseConnection(std::string_view value, Connection& out);
Problem ParseBandwidth(std::string_view value, Bandwidth& out);

Problem ParseGroup(std::string_view value, Group& out);
Problem ParseFingerprint(std::string_view value, Fingerprint& out);
Problem ParseSetup(std::string_view value, Setup& out);
// Separated by spaces, or by the commas that some stacks write.
Problem ParseIceOptions(std::string_view value, std::vector<std::string>& out);
Problem ParseRemoteCandidates(std::string_view value,
                              std::vector<RemoteCandidate>& out);

Problem ParseExtMap(std::string_view value, ExtMap& out);
// Name, clock rate and channels; what comes after the payload type.
Problem ParseEncoding(std::string_view value, Codec& out);
Problem ParseRtcpAddress(std::string_view value, RtcpAddress& out);
Problem ParseMsid(std::string_view value, Msid& out);
Problem ParseSsrc(std::string_view value, SsrcAttribute& out);
Problem ParseSsrcGroup(std::string_view value, SsrcGroup& out);
Problem ParseRid(std::string_view value, Rid& out);
Problem ParseSimulcast(std::string_view value, Simulcast& out);

Problem ParseSctpMap(std::string_view value, SctpMap& out);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_ATTRIBUTE_PARSER_H_
