// A session description as a value: what RFC 8866 and the RFCs that WebRTC's
// offers and answers (RFC 9429) build on can say, typed.
//
// Plain data without invariants, so that whoever builds or checks a description
// writes to the fields; the parser makes sure of syntax only, and questions of
// content (a missing mid, a group that names an unknown one) are for the
// negotiation. Copies are deep, moves are a few pointers. Thread-compatible.
//
// How text becomes fields and fields text:
//  * Lines that may occur several times are lists and keep their order.
//  * The order between different attributes is not kept: it has no meaning, and
//    Print writes one good order.
//  * Unknown attributes stand verbatim, in order, in `other_attributes`; so do
//    known ones whose value cannot be used but which RFCs or browsers say to
//    ignore then (a=ptime:abc), and known ones at a level where they have no
//    meaning (a=candidate at session level).
//  * Of an attribute that may occur once the first one counts. A repetition
//  with
//    the same value is dropped; one with another value is kept verbatim in
//    `conflicts`, so that the negotiation can refuse it (a second a=mid) or let
//    it pass (a second a=ptime).
//  * The conventional absent value is an empty string or list; std::optional
//    stands where absent differs from every value.
#ifndef PARLEY_CORE_SDP_DESCRIPTION_H_
#define PARLEY_CORE_SDP_DESCRIPTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/sdp/candidate.h"

namespace parley::sdp {

enum class AddressFamily : uint8_t { kIp4, kIp6 };

// a=sendrecv and so on (RFC 8866 6.7). With no attribute at either level the
// direction is sendrecv: see EffectiveDirection in query.h.
enum class Direction : uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };

// a=setup (RFC 4145 4, RFC 8842 5).
enum class Setup : uint8_t { kActpass, kActive, kPassive, kHoldconn };

// o= (RFC 8866 5.2), of network type IN.
struct Origin {
  std::string username = "-";
  uint64_t session_id = 0;  // ours: below 2^63 (RFC 9429 5.2.1)
  uint64_t session_version = 0;
  AddressFamily family = AddressFamily::kIp4;
  std::string address = "0.0.0.0";  // IP address or host name

  bool operator==(const Origin&) const = default;
};

// t= (RFC 8866 5.9), seconds since 1900. WebRTC's is always "0 0".
struct Timing {
  uint64_t start = 0;
  uint64_t stop = 0;

  bool operator==(const Timing&) const = default;
};

// c= (RFC 8866 5.7), of network type IN.
struct Connection {
  AddressFamily family = AddressFamily::kIp4;
  std::string address = "0.0.0.0";  // with /ttl or /count where it had one

  bool operator==(const Connection&) const = default;
};

// b= (RFC 8866 5.8): AS in kbit/s, TIAS (RFC 3890) in bit/s, others by type.
struct Bandwidth {
  std::string type;
  uint64_t value = 0;

  bool operator==(const Bandwidth&) const = default;
};

// A line of a type that WebRTC does not use, kept verbatim: i u e p r z k, and
// any t= or c= after the first one.
struct Line {
  char type = 'i';
  std::string value;

  bool operator==(const Line&) const = default;
};

// a=group (RFC 5888 5, RFC 9143): BUNDLE, LS and any other semantics. A group
// without mids is legal: libwebrtc sends it when all sections are rejected.
struct Group {
  std::string semantics;
  std::vector<std::string> mids;

  bool operator==(const Group&) const = default;
};

// a=fingerprint (RFC 8122 5).
struct Fingerprint {
  std::string algorithm;  // lower case: "sha-256"
  std::string value;      // upper-case hex octets, separated by colons

  bool operator==(const Fingerprint&) const = default;
};

// a=extmap (RFC 8285 8).
struct ExtMap {
  uint16_t id = 0;  // 1-255, or 4096-4351 for "to be chosen by the answerer"
  std::optional<Direction> direction;
  std::string uri;
  std::string attributes;  // verbatim; mostly empty

  bool operator==(const ExtMap&) const = default;
};

// The attributes of ICE and DTLS that may stand at session level or at media
// level, where the media level's win attribute by attribute: see query.h.
struct TransportAttributes {
  std::string ice_ufrag;                 // RFC 8839 5.4: 4-256 characters
  std::string ice_pwd;                   // RFC 8839 5.4: 22-256; a secret
  std::vector<std::string> ice_options;  // RFC 8839 5.6: "trickle", "ice2"
  std::vector<Fingerprint> fingerprints;
  std::optional<Setup> setup;
  std::string tls_id;  // RFC 8842 4

  bool operator==(const TransportAttributes&) const = default;
};

// All that is said about one RTP payload type.
struct Codec {
  // RTP carries 0-127 (RFC 3550 5.1). Descriptions of real stacks name higher
  // ones, which can be read but never be used.
  uint8_t payload_type = 0;
  // a=rtpmap (RFC 8866 6.6), compared without regard to case. Empty when there
  // was none for a dynamic payload type; the parser fills in RFC 3551's static
  // ones.
  std::string name;
  uint32_t clock_rate = 0;  // Hz
  uint32_t channels = 1;
  // a=fmtp (RFC 8866 6.15) after the payload type, verbatim: see fmtp.h.
  // Several lines for one payload type are joined with ';'.
  std::string fmtp;
  // a=rtcp-fb (RFC 4585 4.2) after the payload type, single-spaced: "nack pli".
  std::vector<std::string> rtcp_feedback;

  bool operator==(const Codec&) const = default;
};

// a=rtcp (RFC 3605).
struct RtcpAddress {
  uint16_t port = 9;
  std::optional<Connection> connection;

  bool operator==(const RtcpAddress&) const = default;
};

// a=msid (RFC 8830 2).
struct Msid {
  std::string stream_id;  // "-": in no stream
  std::string track_id;   // appdata; empty: absent

  bool operator==(const Msid&) const = default;
};

// a=ssrc (RFC 5576 4.1), one line.
struct SsrcAttribute {
  uint32_t ssrc = 0;
  std::string name;   // "cname"; empty where the line had none
  std::string value;  // empty: absent

  bool operator==(const SsrcAttribute&) const = default;
};

// a=ssrc-group (RFC 5576 4.2): FID, FEC-FR, SIM and others.
struct SsrcGroup {
  std::string semantics;
  std::vector<uint32_t> ssrcs;

  bool operator==(const SsrcGroup&) const = default;
};

enum class RidDirection : uint8_t { kSend, kRecv };

// a=rid (RFC 8851 4).
struct Rid {
  std::string id;
  RidDirection direction = RidDirection::kSend;
  // "pt=97,98;max-width=1280", verbatim: the helpers of fmtp.h read it.
  std::string restrictions;

  bool operator==(const Rid&) const = default;
};

struct SimulcastAlternative {
  std::string rid;
  bool paused = false;  // '~'

  bool operator==(const SimulcastAlternative&) const = default;
};

// One simulcast stream: its alternatives, the preferred one first. Never empty.
using SimulcastStream = std::vector<SimulcastAlternative>;

// a=simulcast (RFC 8853 5.1). At least one of the lists is not empty.
struct Simulcast {
  std::vector<SimulcastStream> send;
  std::vector<SimulcastStream> recv;

  bool operator==(const Simulcast&) const = default;
};

// a=sctpmap of `DTLS/SCTP 5000` sections (draft-ietf-mmusic-sctp-sdp before
// -26), superseded by a=sctp-port.
struct SctpMap {
  uint16_t port = 0;
  std::string protocol;  // "webrtc-datachannel"
  std::optional<uint32_t> streams;

  bool operator==(const SctpMap&) const = default;
};

// One entry of a=remote-candidates (RFC 8839 5.2).
struct RemoteCandidate {
  uint32_t component = 1;
  std::string address;
  uint16_t port = 0;

  bool operator==(const RemoteCandidate&) const = default;
};

// One m= section (RFC 8866 5.14).
struct MediaSection {
  std::string media;        // "audio", "video", "application", or any other
  uint16_t port = 9;        // 0: rejected or bundle-only, see query.h
  uint32_t port_count = 1;  // of `port/count`
  std::string protocol;     // "UDP/TLS/RTP/SAVPF"; verbatim

  // The formats. In audio and video sections over RTP they are `codecs`, in the
  // order of preference of the m= line, and `formats` is empty; in all others
  // they are `formats`, verbatim. One of the two must have an entry: a section
  // without any format is not valid SDP.
  std::vector<Codec> codecs;
  std::vector<std::string> formats;  // "webrtc-datachannel"; legacy "5000"
  // Codecs which a=rtpmap, a=fmtp or a=rtcp-fb lines speak of but which the m=
  // line does not list: ignored, but kept. In order of first mention.
  std::vector<Codec> unlisted_codecs;
  std::vector<std::string> wildcard_rtcp_feedback;  // a=rtcp-fb:*

  std::optional<Connection> connection;
  std::vector<Bandwidth> bandwidths;
  std::vector<Line> other_lines;

  std::string mid;  // RFC 5888 4; empty: absent
  bool bundle_only = false;
  std::optional<Direction> direction;
  std::vector<Msid> msids;

  TransportAttributes transport;
  std::vector<Candidate> candidates;
  bool end_of_candidates = false;
  std::vector<RemoteCandidate> remote_candidates;

  std::optional<RtcpAddress> rtcp;
  bool rtcp_mux = false;       // RFC 5761
  bool rtcp_mux_only = false;  // RFC 8858
  bool rtcp_rsize = false;     // RFC 5506

  std::vector<ExtMap> extmaps;
  bool extmap_allow_mixed = false;
  std::optional<uint32_t> ptime;     // ms; a fractional one: other_attributes
  std::optional<uint32_t> maxptime;  // ms

  std::vector<SsrcGroup> ssrc_groups;
  std::vector<SsrcAttribute> ssrcs;
  std::vector<Rid> rids;
  std::optional<Simulcast> simulcast;

  std::optional<uint16_t> sctp_port;         // RFC 8841 5
  std::optional<uint64_t> max_message_size;  // bytes, 0: any (RFC 8841 6)
  std::vector<SctpMap> sctpmaps;

  std::vector<std::string> other_attributes;  // each without "a="
  std::vector<std::string> conflicts;         // each without "a="

  bool operator==(const MediaSection&) const = default;
};

// A whole description. A default one is legal: it has no sections.
struct Description {
  Origin origin;
  std::string session_name = "-";
  std::optional<Connection> connection;
  std::vector<Bandwidth> bandwidths;
  Timing timing;
  std::vector<Line> other_lines;

  std::vector<Group> groups;
  bool ice_lite = false;
  TransportAttributes transport;
  std::optional<Direction> direction;
  std::vector<ExtMap> extmaps;
  bool extmap_allow_mixed = false;

  std::vector<std::string> other_attributes;  // each without "a="
  std::vector<std::string> conflicts;         // each without "a="

  std::vector<MediaSection> sections;

  bool operator==(const Description&) const = default;
};

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_DESCRIPTION_H_
