#include "core/sdp/section_parser.h"

#include <algorithm>
#include <utility>

#include "core/sdp/attribute_parser.h"
#include "core/sdp/candidate_line.h"
#include "core/sdp/query.h"
#include "core/sdp/scanner.h"
#include "core/sdp/shared_attributes.h"
#include "core/sdp/static_payload_type.h"

namespace parley::sdp {
namespace {

constexpr char kPayloadTypeProblem[] = "needs payload types of 0 to 255";

// RFC 5888 4 wants a token; browsers take any visible characters, which is what
// keeps a group's list of mids apart.
Outcome ParseMid(std::string_view value, std::string& field) {
  const bool visible = std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
  });
  if (value.empty() || !visible) {
    return {Outcome::kProblem, "needs an identification of visible characters"};
  }
  return SetOnce(field, value);
}

// A time in whole milliseconds. RFC 8866 6.4 also allows fractions, which are
// of no use here.
Outcome ParseMilliseconds(std::string_view value,
                          std::optional<uint32_t>& field) {
  uint32_t milliseconds = 0;
  if (!ParseNumber(value, milliseconds)) return {Outcome::kUnknown};
  return SetOnce(field, milliseconds);
}

Outcome ParseRtcp(std::string_view value, std::optional<RtcpAddress>& field) {
  RtcpAddress address;
  if (ParseRtcpAddress(value, address)) return {Outcome::kUnknown};
  return SetOnce(field, std::move(address));
}

// RFC 8851 6: a line that is not understood is ignored.
Outcome AddRid(std::string_view value, std::vector<Rid>& rids) {
  Rid rid;
  if (ParseRid(value, rid)) return {Outcome::kUnknown};
  rids.push_back(std::move(rid));
  return {};
}

Outcome ParseSimulcastOnce(std::string_view value,
                           std::optional<Simulcast>& field) {
  // The form of draft-ietf-mmusic-sdp-simulcast before -08 cannot be answered.
  if (value.find('=') != std::string_view::npos) return {Outcome::kUnknown};
  Simulcast simulcast;
  if (Problem problem = ParseSimulcast(value, simulcast)) {
    return Strict(problem);
  }
  return SetOnce(field, std::move(simulcast));
}

bool IsSingleSpaced(std::string_view words) {
  bool after_blank = true;
  for (char c : words) {
    const bool blank = IsBlank(c);
    if (c == '\t' || (blank && after_blank)) return false;
    after_blank = blank;
  }
  return true;
}

std::string SingleSpaced(std::string_view words) {
  if (IsSingleSpaced(words)) return std::string(words);
  std::string out(TakeWord(words));
  for (auto word = TakeWord(words); !word.empty(); word = TakeWord(words)) {
    out += ' ';
    out += word;
  }
  return out;
}

}  // namespace

Problem SectionParser::Start(std::string_view value, MediaSection& section) {
  section_ = &section;
  section.media = TakeWord(value);
  if (section.media.empty()) return "lacks a media type";
  std::string_view port = TakeWord(value);
  const size_t slash = port.find('/');
  if (!ParseNumber(port.substr(0, slash), section.port)) {
    return "needs a port of 0 to 65535";
  }
  if (slash != std::string_view::npos &&
      !ParseNumber(port.substr(slash + 1), section.port_count)) {
    return "needs a number of ports after the '/'";
  }
  section.protocol = TakeWord(value);
  if (section.protocol.empty()) return "lacks a protocol";
  is_rtp_ = IsRtpSection(section);
  return ParseFormats(value);
}

Problem SectionParser::ParseFormats(std::string_view formats) {
  if (TrimLeft(formats).empty()) return "lacks a format";
  if (!is_rtp_) {
    for (auto word = TakeWord(formats); !word.empty();
         word = TakeWord(formats)) {
      section_->formats.emplace_back(word);
    }
    return nullptr;
  }
  codec_positions_.fill(kNoCodec);
  section_->codecs.reserve(std::min<size_t>(formats.size() / 3 + 1, kUnlisted));
  for (auto word = TakeWord(formats); !word.empty(); word = TakeWord(formats)) {
    uint8_t payload_type = 0;
    if (!ParseNumber(word, payload_type)) {
      return kPayloadTypeProblem;
    }
    int16_t& position = codec_positions_[payload_type];
    if (position != kNoCodec) continue;  // named twice: the first one counts
    position = static_cast<int16_t>(section_->codecs.size());
    section_->codecs.emplace_back().payload_type = payload_type;
  }
  return nullptr;
}

Codec& SectionParser::FindOrAddCodec(uint8_t payload_type) {
  int16_t& position = codec_positions_[payload_type];
  if (position == kNoCodec) {
    position =
        static_cast<int16_t>(kUnlisted + section_->unlisted_codecs.size());
    section_->unlisted_codecs.emplace_back().payload_type = payload_type;
  }
  return position < kUnlisted ? section_->codecs[position]
                              : section_->unlisted_codecs[position - kUnlisted];
}

Outcome SectionParser::ParseAttribute(AttributeId id, std::string_view value) {
  MediaSection& section = *section_;
  switch (id) {
    case AttributeId::kRtpmap:
    case AttributeId::kFmtp:
    case AttributeId::kRtcpFb:
      return is_rtp_ ? ParseRtpAttribute(id, value)
                     : Outcome{Outcome::kUnknown};
    case AttributeId::kMid:
      return ParseMid(value, section.mid);
    case AttributeId::kBundleOnly:
      return SetFlag(section.bundle_only);
    case AttributeId::kMsid:
      return Strict(ParseMsid(value, section.msids.emplace_back()));
    case AttributeId::kRtcp:
      return ParseRtcp(value, section.rtcp);
    case AttributeId::kRtcpMux:
      return SetFlag(section.rtcp_mux);
    case AttributeId::kRtcpMuxOnly:
      return SetFlag(section.rtcp_mux_only);
    case AttributeId::kRtcpRsize:
      return SetFlag(section.rtcp_rsize);
    case AttributeId::kPtime:
      return ParseMilliseconds(value, section.ptime);
    case AttributeId::kMaxptime:
      return ParseMilliseconds(value, section.maxptime);
    case AttributeId::kSsrc:
      return Strict(ParseSsrc(value, section.ssrcs.emplace_back()));
    case AttributeId::kSsrcGroup:
      return Strict(ParseSsrcGroup(value, section.ssrc_groups.emplace_back()));
    case AttributeId::kRid:
      return AddRid(value, section.rids);
    case AttributeId::kSimulcast:
      return ParseSimulcastOnce(value, section.simulcast);
    case AttributeId::kSctpPort:
    case AttributeId::kMaxMessageSize:
    case AttributeId::kSctpmap:
      return ParseSctpAttribute(id, value);
    case AttributeId::kCandidate:
    case AttributeId::kEndOfCandidates:
    case AttributeId::kRemoteCandidates:
      return ParseIceAttribute(id, value);
    default:
      return ParseSharedAttribute(
          id, value,
          {section.transport, section.direction, section.extmaps,
           section.extmap_allow_mixed});
  }
}

Outcome SectionParser::ParseRtpAttribute(AttributeId id,
                                         std::string_view value) {
  if (id == AttributeId::kRtcpFb) return ParseRtcpFeedback(value);
  if (id == AttributeId::kRtpmap) return ParseRtpmap(value);
  return ParseFmtp(value);
}

Outcome SectionParser::ParseRtpmap(std::string_view value) {
  uint8_t payload_type = 0;
  if (!ParseNumber(TakeWord(value), payload_type)) {
    return {Outcome::kProblem, kPayloadTypeProblem};
  }
  value = TrimLeft(value);
  Codec& codec = FindOrAddCodec(payload_type);
  if (codec.name.empty()) return Strict(ParseEncoding(value, codec));
  Codec second;
  if (Problem problem = ParseEncoding(value, second)) return Strict(problem);
  const bool same = second.name == codec.name &&
                    second.clock_rate == codec.clock_rate &&
                    second.channels == codec.channels;
  return {same ? Outcome::kTaken : Outcome::kConflict};
}

Outcome SectionParser::ParseFmtp(std::string_view value) {
  uint8_t payload_type = 0;
  const bool valid = ParseNumber(TakeWord(value), payload_type);
  value = TrimLeft(value);
  if (!valid || value.empty()) return {Outcome::kUnknown};
  std::string& fmtp = FindOrAddCodec(payload_type).fmtp;
  if (!fmtp.empty()) fmtp += ';';
  fmtp += value;
  return {};
}

Outcome SectionParser::ParseRtcpFeedback(std::string_view value) {
  std::string_view format = TakeWord(value);
  uint8_t payload_type = 0;
  const bool wildcard = format == "*";
  const bool valid = wildcard || ParseNumber(format, payload_type);
  value = TrimLeft(value);
  if (!valid || value.empty()) return {Outcome::kUnknown};
  std::vector<std::string>& feedback =
      wildcard ? section_->wildcard_rtcp_feedback
               : FindOrAddCodec(payload_type).rtcp_feedback;
  // Browsers send five kinds for each video codec.
  if (feedback.empty()) feedback.reserve(5);
  feedback.push_back(SingleSpaced(value));
  return {};
}

Outcome SectionParser::ParseSctpAttribute(AttributeId id,
                                          std::string_view value) {
  if (id == AttributeId::kSctpPort) {
    uint16_t port = 0;
    if (!ParseNumber(value, port)) {
      return {Outcome::kProblem, "needs a port of 0 to 65535"};
    }
    return SetOnce(section_->sctp_port, port);
  }
  if (id == AttributeId::kMaxMessageSize) {
    uint64_t bytes = 0;
    if (!ParseNumber(value, bytes)) {
      return {Outcome::kProblem, "needs a number of bytes below 2^64"};
    }
    return SetOnce(section_->max_message_size, bytes);
  }
  SctpMap map;
  if (ParseSctpMap(value, map)) return {Outcome::kUnknown};
  section_->sctpmaps.push_back(std::move(map));
  return {};
}

Outcome SectionParser::ParseIceAttribute(AttributeId id,
                                         std::string_view value) {
  if (id == AttributeId::kEndOfCandidates) {
    return SetFlag(section_->end_of_candidates);
  }
  if (id == AttributeId::kRemoteCandidates) {
    std::vector<RemoteCandidate> candidates;
    if (ParseRemoteCandidates(value, candidates)) return {Outcome::kUnknown};
    return SetOnce(section_->remote_candidates, std::move(candidates));
  }
  if (section_->candidates.size() == max_candidates_) {
    return {Outcome::kLimit, "candidates_per_section"};
  }
  return Strict(
      ParseCandidateValue(value, section_->candidates.emplace_back()));
}

void SectionParser::Finish() {
  for (Codec& codec : section_->codecs) {
    if (codec.name.empty()) SetStaticEncoding(codec);
  }
}

}  // namespace parley::sdp
