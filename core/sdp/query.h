// Questions about a description that the RFCs on SDP answer. Pure functions:
// safe from any thread. References and views live as long as the arguments.
#ifndef PARLEY_CORE_SDP_QUERY_H_
#define PARLEY_CORE_SDP_QUERY_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/sdp/description.h"

namespace parley::sdp {

// Whether the protocol names an RTP profile: "RTP/AVP", "UDP/TLS/RTP/SAVPF" and
// all others with an "RTP/" element (RFC 9429 5.1.2).
bool IsRtpProtocol(std::string_view protocol);

// An audio or video section over RTP: one whose formats are `codecs`.
bool IsRtpSection(const MediaSection& section);

// An SCTP section over DTLS for data channels, in today's form
// (`UDP/DTLS/SCTP webrtc-datachannel`, also over TCP) or in the legacy one
// (`DTLS/SCTP 5000` with a=sctpmap).
bool IsDataSection(const MediaSection& section);

// The SCTP port of a data section in either form. nullopt: it has none.
std::optional<uint16_t> SctpPort(const MediaSection& section);

// Port 0 without a=bundle-only (RFC 9143 6).
bool IsRejected(const MediaSection& section);

// Attributes that may stand at both levels; the media level's win (RFC 8866 6,
// RFC 8839 5.4, RFC 8122 5). ufrag and pwd go together: a section with either
// of its own takes neither from the session.
struct IceCredentials {
  std::string_view ufrag;
  std::string_view pwd;
};
IceCredentials EffectiveIceCredentials(const Description& description,
                                       const MediaSection& section);
std::span<const Fingerprint> EffectiveFingerprints(
    const Description& description, const MediaSection& section);
std::span<const std::string> EffectiveIceOptions(const Description& description,
                                                 const MediaSection& section);
std::optional<Setup> EffectiveSetup(const Description& description,
                                    const MediaSection& section);
std::string_view EffectiveTlsId(const Description& description,
                                const MediaSection& section);
// kSendRecv when neither level says anything.
Direction EffectiveDirection(const Description& description,
                             const MediaSection& section);
// nullptr: none.
const Connection* EffectiveConnection(const Description& description,
                                      const MediaSection& section);

// The section with this mid; nullptr: none, or no mid given. The first of
// several.
const MediaSection* FindSection(const Description& description,
                                std::string_view mid);
MediaSection* FindSection(Description& description, std::string_view mid);

// The codec that the m= line lists with this payload type; nullptr: none.
const Codec* FindCodec(const MediaSection& section, uint8_t payload_type);

// "audio" of "audio:1"; all of it where there is no colon.
std::string_view AttributeName(std::string_view attribute);
// "1" of "audio:1"; nullopt where there is no colon.
std::optional<std::string_view> AttributeValue(std::string_view attribute);

// RFC 8866 9: a non-empty `token`, which is what mids, rids, stream and track
// ids may safely be.
bool IsToken(std::string_view text);

// "sendrecv", "actpass" and so on.
std::string_view ToString(Direction direction);
std::string_view ToString(Setup setup);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_QUERY_H_
