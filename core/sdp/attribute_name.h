// The attributes that the model has a place for, and their names. Internal.
#ifndef PARLEY_CORE_SDP_ATTRIBUTE_NAME_H_
#define PARLEY_CORE_SDP_ATTRIBUTE_NAME_H_

#include <cstdint>
#include <string_view>

namespace parley::sdp {

enum class AttributeId : uint8_t {
  kUnknown,
  kMid,
  kRid,
  kRtcp,
  kFmtp,
  kSsrc,
  kMsid,
  kGroup,
  kPtime,
  kSetup,
  kRtpmap,
  kExtmap,
  kTlsId,
  kIcePwd,
  kRtcpFb,
  kSctpmap,
  kSendRecv,
  kSendOnly,
  kRecvOnly,
  kInactive,
  kRtcpMux,
  kIceLite,
  kMaxptime,
  kIceUfrag,
  kCandidate,
  kSimulcast,
  kSctpPort,
  kSsrcGroup,
  kRtcpRsize,
  kIceOptions,
  kFingerprint,
  kBundleOnly,
  kRtcpMuxOnly,
  kMaxMessageSize,
  kEndOfCandidates,
  kRemoteCandidates,
  kExtmapAllowMixed,
};

// By exact name: attribute names are case-sensitive (RFC 8866 5.13).
AttributeId FindAttribute(std::string_view name);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_ATTRIBUTE_NAME_H_
