#include "core/jsep/validate_section.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/validate_remote.h"
#include "core/sdp/fmtp.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

constexpr size_t kMaxMidBytes = 255;    // RFC 9143 section 15: an RTP SDES item
constexpr size_t kMaxTlsIdBytes = 255;  // RFC 8842 section 4
// Each transport keeps its own copy, also of what stands at session level.
constexpr size_t kMaxFingerprintBytes = 8192;
// As many as there are ids (RFC 8285 section 4.3, 8).
constexpr size_t kMaxExtensions = 255;
// RFC 8830 section 2 ends ids at 64 characters; some stacks do not.
constexpr size_t kMaxStreamIdBytes = 256;
constexpr size_t kMaxStreams = 64;

std::string Label(const sdp::Description& description, size_t index) {
  const std::string& mid = description.sections[index].mid;
  if (!mid.empty()) return mid;
  std::string label(1, '#');
  label += std::to_string(index);
  return label;
}

absl::Status SectionError(Reason reason, const sdp::Description& description,
                          size_t index, const char* attribute,
                          const std::string& what) {
  std::string label = Label(description, index);
  return MakeError(reason, "section \"" + label + "\": " + what,
                   {{"mid", label},
                    {"attribute", attribute},
                    {"mline_index", std::to_string(index)}});
}

// RFC 8839 section 5.4 asks for ice-chars; browsers take others too.
bool IsIceText(std::string_view text, size_t min, size_t max) {
  return text.size() >= min && text.size() <= max &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~'; });
}

absl::Status CheckIce(const sdp::Description& description, size_t index) {
  const auto ice =
      sdp::EffectiveIceCredentials(description, description.sections[index]);
  if (ice.ufrag.empty()) {
    return SectionError(Reason::kIceCredentialsMissing, description, index,
                        "ice-ufrag", "a=ice-ufrag is missing");
  }
  if (ice.pwd.empty()) {
    return SectionError(Reason::kIceCredentialsMissing, description, index,
                        "ice-pwd", "a=ice-pwd is missing");
  }
  if (!IsIceText(ice.ufrag, 4, 256)) {
    return InvalidSection(description, index, "ice-ufrag",
                          "a=ice-ufrag must have 4 to 256 characters");
  }
  if (!IsIceText(ice.pwd, 22, 256)) {
    return InvalidSection(description, index, "ice-pwd",
                          "a=ice-pwd must have 22 to 256 characters");
  }
  return absl::OkStatus();
}

// Octets of a hash that may prove a certificate; 0: none of these (RFC 8122
// section 5 forbids md5 and md2).
size_t HashOctets(std::string_view algorithm) {
  constexpr std::pair<std::string_view, size_t> kHashes[] = {
      {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64},
      {"sha-224", 28}, {"sha-1", 20},
  };
  for (const auto& [name, octets] : kHashes) {
    if (name == algorithm) return octets;
  }
  return 0;
}

absl::Status CheckDtls(const sdp::Description& description, size_t index) {
  const sdp::MediaSection& section = description.sections[index];
  const auto fingerprints = sdp::EffectiveFingerprints(description, section);
  bool usable = false;
  size_t bytes = 0;
  for (const sdp::Fingerprint& fingerprint : fingerprints) {
    bytes += fingerprint.algorithm.size() + fingerprint.value.size();
    if (bytes > kMaxFingerprintBytes) {
      return InvalidSection(description, index, "fingerprint",
                            "a=fingerprint has more than 8,192 bytes in all");
    }
    const size_t octets = HashOctets(fingerprint.algorithm);
    if (octets == 0) continue;
    if (fingerprint.value.size() != octets * 3 - 1) {
      return InvalidSection(description, index, "fingerprint",
                            "a=fingerprint has not the length of its hash");
    }
    usable = true;
  }
  if (!usable) {
    return InvalidSection(description, index, "fingerprint",
                          fingerprints.empty()
                              ? "a=fingerprint is missing"
                              : "no a=fingerprint has a hash that we may use");
  }
  if (sdp::EffectiveSetup(description, section) == sdp::Setup::kHoldconn) {
    return InvalidSection(description, index, "setup",
                          "a=setup:holdconn has no meaning for DTLS");
  }
  if (sdp::EffectiveTlsId(description, section).size() > kMaxTlsIdBytes) {
    return InvalidSection(description, index, "tls-id",
                          "a=tls-id has more than 255 characters");
  }
  return absl::OkStatus();
}

absl::Status CheckFormats(const sdp::Description& description, size_t index) {
  const sdp::MediaSection& section = description.sections[index];
  for (const Codec& codec : section.codecs) {
    if (RoleOf(codec) != CodecRole::kRetransmission) continue;
    const auto apt = sdp::AssociatedPayloadType(codec);
    if (!apt) continue;
    const Codec* primary = sdp::FindCodec(section, *apt);
    if (primary == nullptr || primary == &codec) {
      return InvalidSection(description, index, "fmtp",
                            "rtx repairs payload type " + std::to_string(*apt) +
                                ", which the section does not list");
    }
  }
  return absl::OkStatus();
}

// Larger ids are provisional ones, which the answerer would have to choose for
// (RFC 8285 section 7); no peer sends them and browsers refuse them.
absl::Status CheckExtensions(const sdp::Description& description,
                             size_t index) {
  constexpr uint16_t kLastId = 255;
  if (description.sections[index].extmaps.size() > kMaxExtensions ||
      description.extmaps.size() > kMaxExtensions) {
    return InvalidSection(description, index, "extmap",
                          "there are more header extensions than ids");
  }
  for (const sdp::ExtMap* extension :
       EffectiveExtensions(description, description.sections[index])) {
    if (extension->id <= kLastId) continue;
    return InvalidSection(description, index, "extmap",
                          "a header extension's id is 1 to 255");
  }
  return absl::OkStatus();
}

// Of what is read here each transceiver and many an event keep a copy.
absl::Status CheckMsids(const sdp::Description& description, size_t index) {
  const std::vector<sdp::Msid>& msids = description.sections[index].msids;
  if (msids.size() > kMaxStreams) {
    return InvalidSection(description, index, "msid",
                          "a track is in at most 64 streams");
  }
  const bool long_id =
      std::any_of(msids.begin(), msids.end(), [](const sdp::Msid& msid) {
        return msid.stream_id.size() > kMaxStreamIdBytes;
      });
  if (!long_id) return absl::OkStatus();
  return InvalidSection(description, index, "msid",
                        "a stream id has more than 256 characters");
}

bool Declares(const sdp::MediaSection& section, const std::string& rid,
              sdp::RidDirection direction) {
  return std::any_of(
      section.rids.begin(), section.rids.end(), [&](const sdp::Rid& declared) {
        return declared.id == rid && declared.direction == direction;
      });
}

absl::Status CheckSimulcast(const sdp::Description& description, size_t index) {
  const sdp::MediaSection& section = description.sections[index];
  if (!section.simulcast) return absl::OkStatus();
  const auto check = [&](const std::vector<sdp::SimulcastStream>& streams,
                         sdp::RidDirection direction) -> absl::Status {
    for (const sdp::SimulcastStream& stream : streams) {
      for (const sdp::SimulcastAlternative& alternative : stream) {
        if (Declares(section, alternative.rid, direction)) continue;
        return InvalidSection(description, index, "simulcast",
                              "a=simulcast names a rid that no a=rid declares");
      }
    }
    return absl::OkStatus();
  };
  absl::Status status =
      check(section.simulcast->send, sdp::RidDirection::kSend);
  if (!status.ok()) return status;
  return check(section.simulcast->recv, sdp::RidDirection::kRecv);
}

absl::Status CheckSctp(const sdp::Description& description, size_t index) {
  const auto port = sdp::SctpPort(description.sections[index]);
  if (!port) {
    return InvalidSection(description, index, "sctp-port",
                          "a=sctp-port is missing");
  }
  if (*port == 0) {
    return InvalidSection(description, index, "sctp-port",
                          "SCTP port 0 means no association");
  }
  return absl::OkStatus();
}

absl::Status CheckMid(const sdp::Description& description, size_t index) {
  const sdp::MediaSection& section = description.sections[index];
  const bool twice = std::any_of(
      section.conflicts.begin(), section.conflicts.end(),
      [](const std::string& a) { return sdp::AttributeName(a) == "mid"; });
  if (twice) {
    return InvalidSection(description, index, "mid", "a=mid stands twice");
  }
  if (section.mid.empty()) {
    return InvalidSection(description, index, "mid",
                          "a=mid is missing, while other sections have it");
  }
  if (!sdp::IsToken(section.mid) || section.mid.size() > kMaxMidBytes) {
    return InvalidSection(description, index, "mid",
                          "a=mid must be a token of at most 255 characters");
  }
  return absl::OkStatus();
}

bool SameFingerprints(const std::vector<sdp::Fingerprint>& a,
                      std::span<const sdp::Fingerprint> b) {
  return a.size() == b.size() &&
         std::all_of(a.begin(), a.end(), [&](const sdp::Fingerprint& one) {
           return std::find(b.begin(), b.end(), one) != b.end();
         });
}

}  // namespace

absl::Status InvalidSection(const sdp::Description& description, size_t index,
                            const char* attribute, const std::string& what) {
  return SectionError(Reason::kSdpInvalid, description, index, attribute, what);
}

absl::Status CheckMids(const sdp::Description& description) {
  const auto& sections = description.sections;
  const bool none =
      std::all_of(sections.begin(), sections.end(),
                  [](const sdp::MediaSection& s) { return s.mid.empty(); });
  if (none) return absl::OkStatus();
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < sections.size(); ++i) {
    absl::Status status = CheckMid(description, i);
    if (!status.ok()) return status;
    if (!seen.insert(sections[i].mid).second) {
      return InvalidSection(description, i, "mid",
                            "another section has the same a=mid");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLiveSection(const Session& session,
                              const sdp::Description& description,
                              const Bundle& bundle, size_t index) {
  const sdp::MediaSection& section = description.sections[index];
  absl::Status status;
  if (bundle.TagOf(index) == index) {
    status = CheckIce(description, index);
    if (status.ok()) status = CheckDtls(description, index);
    if (!status.ok()) return status;
  }
  if (KindOfSection(section) == SectionKind::kData) {
    return CheckSctp(description, index);
  }
  if (session.configuration->rtcp_mux_policy == RtcpMuxPolicy::kRequire &&
      !SaysInBundle(description, bundle, index, &sdp::MediaSection::rtcp_mux)) {
    return SectionError(Reason::kRtcpMuxRequired, description, index,
                        "rtcp-mux", "a=rtcp-mux is missing");
  }
  status = CheckMsids(description, index);
  if (!status.ok()) return status;
  status = CheckFormats(description, index);
  if (status.ok()) status = CheckExtensions(description, index);
  if (!status.ok()) return status;
  return CheckSimulcast(description, index);
}

absl::Status CheckContinuity(const sdp::Description& description, size_t index,
                             const Transport& in_force, bool& restarted) {
  const sdp::MediaSection& section = description.sections[index];
  restarted = true;
  if (!in_force.remote) return absl::OkStatus();
  const IceCredentials& before = in_force.remote->credentials;
  const auto now = sdp::EffectiveIceCredentials(description, section);
  const bool ufrag_changed = now.ufrag != before.ufrag;
  const bool pwd_changed = now.pwd != before.pwd;
  if (ufrag_changed != pwd_changed) {
    return InvalidSection(
        description, index, ufrag_changed ? "ice-pwd" : "ice-ufrag",
        "an ICE restart changes both a=ice-ufrag and a=ice-pwd");
  }
  restarted = ufrag_changed;
  if (restarted) return absl::OkStatus();
  if (!SameFingerprints(in_force.remote_fingerprints,
                        sdp::EffectiveFingerprints(description, section))) {
    return InvalidSection(description, index, "fingerprint",
                          "a=fingerprint changes without an ICE restart");
  }
  const std::string_view tls_id = sdp::EffectiveTlsId(description, section);
  if (!tls_id.empty() && !in_force.remote_tls_id.empty() &&
      tls_id != in_force.remote_tls_id) {
    return InvalidSection(description, index, "tls-id",
                          "a=tls-id changes without an ICE restart");
  }
  return absl::OkStatus();
}

}  // namespace parley::jsep
