#include "core/sdp/query.h"

#include <algorithm>
#include <charconv>

namespace parley::sdp {
namespace {

constexpr std::string_view kDtlsSctp = "DTLS/SCTP";
constexpr std::string_view kDataChannels = "webrtc-datachannel";

// The characters of RFC 8866's `token`.
constexpr bool IsTokenChar(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  if (c >= '0' && c <= '9') return true;
  return std::string_view("!#$%&'*+-.^_`{|}~").find(c) !=
         std::string_view::npos;
}

}  // namespace

bool IsRtpProtocol(std::string_view protocol) {
  return protocol.starts_with("RTP/") ||
         protocol.find("/RTP/") != std::string_view::npos;
}

bool IsRtpSection(const MediaSection& section) {
  return (section.media == "audio" || section.media == "video") &&
         IsRtpProtocol(section.protocol);
}

bool IsDataSection(const MediaSection& section) {
  if (section.media != "application") return false;
  if (section.protocol == kDtlsSctp && !section.sctpmaps.empty()) {
    return std::any_of(
        section.sctpmaps.begin(), section.sctpmaps.end(),
        [](const SctpMap& m) { return m.protocol == kDataChannels; });
  }
  return (section.protocol == "UDP/DTLS/SCTP" ||
          section.protocol == "TCP/DTLS/SCTP" ||
          section.protocol == kDtlsSctp) &&
         std::find(section.formats.begin(), section.formats.end(),
                   kDataChannels) != section.formats.end();
}

std::optional<uint16_t> SctpPort(const MediaSection& section) {
  if (section.sctp_port) return section.sctp_port;
  if (section.protocol != kDtlsSctp || section.formats.empty()) {
    return std::nullopt;
  }
  const std::string& format = section.formats.front();
  uint16_t port = 0;
  const char* end = format.data() + format.size();
  auto [stop, error] = std::from_chars(format.data(), end, port);
  if (error != std::errc() || stop != end) return std::nullopt;
  return port;
}

bool IsRejected(const MediaSection& section) {
  return section.port == 0 && !section.bundle_only;
}

IceCredentials EffectiveIceCredentials(const Description& description,
                                       const MediaSection& section) {
  const TransportAttributes& own = section.transport;
  const TransportAttributes& attributes =
      own.ice_ufrag.empty() && own.ice_pwd.empty() ? description.transport
                                                   : own;
  return {attributes.ice_ufrag, attributes.ice_pwd};
}

std::span<const Fingerprint> EffectiveFingerprints(
    const Description& description, const MediaSection& section) {
  return section.transport.fingerprints.empty()
             ? description.transport.fingerprints
             : section.transport.fingerprints;
}

std::span<const std::string> EffectiveIceOptions(const Description& description,
                                                 const MediaSection& section) {
  return section.transport.ice_options.empty()
             ? description.transport.ice_options
             : section.transport.ice_options;
}

std::optional<Setup> EffectiveSetup(const Description& description,
                                    const MediaSection& section) {
  return section.transport.setup ? section.transport.setup
                                 : description.transport.setup;
}

std::string_view EffectiveTlsId(const Description& description,
                                const MediaSection& section) {
  return section.transport.tls_id.empty() ? description.transport.tls_id
                                          : section.transport.tls_id;
}

Direction EffectiveDirection(const Description& description,
                             const MediaSection& section) {
  if (section.direction) return *section.direction;
  return description.direction.value_or(Direction::kSendRecv);
}

const Connection* EffectiveConnection(const Description& description,
                                      const MediaSection& section) {
  if (section.connection) return &*section.connection;
  return description.connection ? &*description.connection : nullptr;
}

const MediaSection* FindSection(const Description& description,
                                std::string_view mid) {
  if (mid.empty()) return nullptr;
  auto found =
      std::find_if(description.sections.begin(), description.sections.end(),
                   [mid](const MediaSection& s) { return s.mid == mid; });
  return found == description.sections.end() ? nullptr : &*found;
}

MediaSection* FindSection(Description& description, std::string_view mid) {
  return const_cast<MediaSection*>(
      FindSection(static_cast<const Description&>(description), mid));
}

const Codec* FindCodec(const MediaSection& section, uint8_t payload_type) {
  auto found = std::find_if(section.codecs.begin(), section.codecs.end(),
                            [payload_type](const Codec& c) {
                              return c.payload_type == payload_type;
                            });
  return found == section.codecs.end() ? nullptr : &*found;
}

std::string_view AttributeName(std::string_view attribute) {
  return attribute.substr(0, attribute.find(':'));
}

std::optional<std::string_view> AttributeValue(std::string_view attribute) {
  size_t colon = attribute.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return attribute.substr(colon + 1);
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

std::string_view ToString(Direction direction) {
  switch (direction) {
    case Direction::kSendRecv:
      return "sendrecv";
    case Direction::kSendOnly:
      return "sendonly";
    case Direction::kRecvOnly:
      return "recvonly";
    case Direction::kInactive:
      return "inactive";
  }
  return "";
}

std::string_view ToString(Setup setup) {
  switch (setup) {
    case Setup::kActpass:
      return "actpass";
    case Setup::kActive:
      return "active";
    case Setup::kPassive:
      return "passive";
    case Setup::kHoldconn:
      return "holdconn";
  }
  return "";
}

}  // namespace parley::sdp
