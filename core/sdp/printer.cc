#include "core/sdp/printer.h"

#include <string_view>

#include "core/sdp/candidate_line.h"
#include "core/sdp/query.h"
#include "core/sdp/writer.h"

namespace parley::sdp {
namespace {

std::string_view Name(AddressFamily family) {
  return family == AddressFamily::kIp4 ? "IP4" : "IP6";
}

void WriteConnection(const Connection& connection, Writer& writer) {
  writer.Write("IN ", Name(connection.family), ' ', connection.address);
}

void WriteConnectionLine(const std::optional<Connection>& connection,
                         Writer& writer) {
  if (!connection) return;
  writer.Write("c=");
  WriteConnection(*connection, writer);
  writer.Line();
}

void WriteBandwidths(const std::vector<Bandwidth>& bandwidths, Writer& writer) {
  for (const Bandwidth& b : bandwidths) {
    writer.Line("b=", b.type, ':', b.value);
  }
}

// Those lines whose type is one of `types`.
void WriteOtherLines(const std::vector<Line>& lines, std::string_view types,
                     Writer& writer) {
  for (const Line& line : lines) {
    if (types.find(line.type) == std::string_view::npos) continue;
    writer.Line(line.type, '=', line.value);
  }
}

void WriteVerbatim(const std::vector<std::string>& attributes, Writer& writer) {
  for (const std::string& attribute : attributes) {
    writer.Line("a=", attribute);
  }
}

void WriteFlag(bool flag, std::string_view name, Writer& writer) {
  if (flag) writer.Line("a=", name);
}

void WriteTransport(const TransportAttributes& transport, Writer& writer) {
  if (!transport.ice_ufrag.empty()) {
    writer.Line("a=ice-ufrag:", transport.ice_ufrag);
  }
  if (!transport.ice_pwd.empty()) {
    writer.Line("a=ice-pwd:", transport.ice_pwd);
  }
  if (!transport.ice_options.empty()) {
    char separator = ':';
    writer.Write("a=ice-options");
    for (const std::string& option : transport.ice_options) {
      writer.Write(separator, option);
      separator = ' ';
    }
    writer.Line();
  }
  for (const Fingerprint& f : transport.fingerprints) {
    writer.Line("a=fingerprint:", f.algorithm, ' ', f.value);
  }
  if (transport.setup) writer.Line("a=setup:", ToString(*transport.setup));
  if (!transport.tls_id.empty()) writer.Line("a=tls-id:", transport.tls_id);
}

void WriteExtMaps(std::span<const ExtMap> extmaps, Writer& writer) {
  for (const ExtMap& e : extmaps) {
    writer.Write("a=extmap:", e.id);
    if (e.direction) writer.Write('/', ToString(*e.direction));
    writer.Write(' ', e.uri);
    if (!e.attributes.empty()) writer.Write(' ', e.attributes);
    writer.Line();
  }
}

void WriteCodec(const Codec& codec, Writer& writer) {
  const unsigned payload_type = codec.payload_type;
  if (!codec.name.empty()) {
    writer.Write("a=rtpmap:", payload_type, ' ', codec.name, '/',
                 codec.clock_rate);
    if (codec.channels != 1) writer.Write('/', codec.channels);
    writer.Line();
  }
  for (const std::string& feedback : codec.rtcp_feedback) {
    writer.Line("a=rtcp-fb:", payload_type, ' ', feedback);
  }
  if (!codec.fmtp.empty()) {
    writer.Line("a=fmtp:", payload_type, ' ', codec.fmtp);
  }
}

void WriteSimulcastStreams(std::string_view direction,
                           const std::vector<SimulcastStream>& streams,
                           Writer& writer) {
  writer.Write(direction);
  char before_stream = ' ';
  for (const SimulcastStream& stream : streams) {
    char separator = before_stream;
    for (const SimulcastAlternative& alternative : stream) {
      writer.Write(separator);
      if (alternative.paused) writer.Write('~');
      writer.Write(alternative.rid);
      separator = ',';
    }
    before_stream = ';';
  }
}

void WriteSimulcast(const Simulcast& simulcast, Writer& writer) {
  writer.Write("a=simulcast:");
  if (!simulcast.send.empty()) {
    WriteSimulcastStreams("send", simulcast.send, writer);
  }
  if (!simulcast.recv.empty()) {
    WriteSimulcastStreams(simulcast.send.empty() ? "recv" : " recv",
                          simulcast.recv, writer);
  }
  writer.Line();
}

void WriteFormatList(std::span<const Codec> codecs, Writer& writer) {
  for (const Codec& codec : codecs) {
    writer.Write(' ', unsigned{codec.payload_type});
  }
}

void WriteMediaLine(const MediaSection& section, const PrintedFormats* formats,
                    Writer& writer) {
  writer.Write("m=", section.media, ' ', section.port);
  if (section.port_count != 1) writer.Write('/', section.port_count);
  writer.Write(' ', section.protocol);
  if (formats) writer.Write(formats->list);
  WriteFormatList(section.codecs, writer);
  for (const std::string& format : section.formats) writer.Write(' ', format);
  writer.Line();
}

// What RTP needs in a section, in the order of RFC 9429's examples.
void WriteRtpAttributes(const MediaSection& section,
                        const PrintedFormats* formats, Writer& writer) {
  if (formats) writer.Write(formats->attributes);
  for (const Codec& codec : section.codecs) WriteCodec(codec, writer);
  for (const Codec& codec : section.unlisted_codecs) WriteCodec(codec, writer);
  for (const std::string& feedback : section.wildcard_rtcp_feedback) {
    writer.Line("a=rtcp-fb:* ", feedback);
  }
  if (section.ptime) writer.Line("a=ptime:", *section.ptime);
  if (section.maxptime) writer.Line("a=maxptime:", *section.maxptime);
  WriteExtMaps(section.extmaps, writer);
  WriteFlag(section.extmap_allow_mixed, "extmap-allow-mixed", writer);
  for (const Msid& msid : section.msids) {
    writer.Write("a=msid:", msid.stream_id);
    if (!msid.track_id.empty()) writer.Write(' ', msid.track_id);
    writer.Line();
  }
  for (const Rid& rid : section.rids) {
    writer.Write("a=rid:", rid.id, ' ',
                 rid.direction == RidDirection::kSend ? "send" : "recv");
    if (!rid.restrictions.empty()) writer.Write(' ', rid.restrictions);
    writer.Line();
  }
  if (section.simulcast) WriteSimulcast(*section.simulcast, writer);
}

void WriteSctpAttributes(const MediaSection& section, Writer& writer) {
  if (section.sctp_port) writer.Line("a=sctp-port:", *section.sctp_port);
  for (const SctpMap& map : section.sctpmaps) {
    writer.Write("a=sctpmap:", map.port, ' ', map.protocol);
    if (map.streams) writer.Write(' ', *map.streams);
    writer.Line();
  }
  if (section.max_message_size) {
    writer.Line("a=max-message-size:", *section.max_message_size);
  }
}

void WriteRtcp(const MediaSection& section, Writer& writer) {
  if (section.rtcp) {
    writer.Write("a=rtcp:", section.rtcp->port);
    if (section.rtcp->connection) {
      writer.Write(' ');
      WriteConnection(*section.rtcp->connection, writer);
    }
    writer.Line();
  }
  WriteFlag(section.rtcp_mux, "rtcp-mux", writer);
  WriteFlag(section.rtcp_mux_only, "rtcp-mux-only", writer);
  WriteFlag(section.rtcp_rsize, "rtcp-rsize", writer);
}

void WriteCandidates(const MediaSection& section, Writer& writer) {
  for (const Candidate& candidate : section.candidates) {
    writer.Write("a=");
    WriteCandidate(candidate, writer);
    writer.Line();
  }
  WriteFlag(section.end_of_candidates, "end-of-candidates", writer);
  if (section.remote_candidates.empty()) return;
  char separator = ':';
  writer.Write("a=remote-candidates");
  for (const RemoteCandidate& candidate : section.remote_candidates) {
    writer.Write(separator, candidate.component, ' ', candidate.address, ' ',
                 candidate.port);
    separator = ' ';
  }
  writer.Line();
}

void WriteSources(const MediaSection& section, Writer& writer) {
  for (const SsrcGroup& group : section.ssrc_groups) {
    writer.Write("a=ssrc-group:", group.semantics);
    for (uint32_t ssrc : group.ssrcs) writer.Write(' ', ssrc);
    writer.Line();
  }
  for (const SsrcAttribute& ssrc : section.ssrcs) {
    writer.Write("a=ssrc:", ssrc.ssrc);
    if (!ssrc.name.empty() || !ssrc.value.empty()) {
      writer.Write(' ', ssrc.name);
    }
    if (!ssrc.value.empty()) writer.Write(':', ssrc.value);
    writer.Line();
  }
}

void WriteSection(const MediaSection& section, const PrintedFormats* formats,
                  Writer& writer) {
  WriteMediaLine(section, formats, writer);
  WriteOtherLines(section.other_lines, "i", writer);
  WriteConnectionLine(section.connection, writer);
  WriteOtherLines(section.other_lines, "c", writer);
  WriteBandwidths(section.bandwidths, writer);
  WriteOtherLines(section.other_lines, "k", writer);
  if (!section.mid.empty()) writer.Line("a=mid:", section.mid);
  WriteFlag(section.bundle_only, "bundle-only", writer);
  if (section.direction) writer.Line("a=", ToString(*section.direction));
  WriteRtpAttributes(section, formats, writer);
  WriteSctpAttributes(section, writer);
  WriteTransport(section.transport, writer);
  WriteRtcp(section, writer);
  WriteCandidates(section, writer);
  WriteSources(section, writer);
  WriteVerbatim(section.other_attributes, writer);
  WriteVerbatim(section.conflicts, writer);
}

void WriteSessionPart(const Description& d, Writer& writer) {
  writer.Line("v=0");
  writer.Line("o=", d.origin.username, ' ', d.origin.session_id, ' ',
              d.origin.session_version, " IN ", Name(d.origin.family), ' ',
              d.origin.address);
  writer.Line("s=", d.session_name);
  WriteOtherLines(d.other_lines, "iuep", writer);
  WriteConnectionLine(d.connection, writer);
  WriteOtherLines(d.other_lines, "c", writer);
  WriteBandwidths(d.bandwidths, writer);
  writer.Line("t=", d.timing.start, ' ', d.timing.stop);
  WriteOtherLines(d.other_lines, "trzk", writer);
  for (const Group& group : d.groups) {
    writer.Write("a=group:", group.semantics);
    for (const std::string& mid : group.mids) writer.Write(' ', mid);
    writer.Line();
  }
  WriteFlag(d.ice_lite, "ice-lite", writer);
  WriteTransport(d.transport, writer);
  if (d.direction) writer.Line("a=", ToString(*d.direction));
  WriteExtMaps(d.extmaps, writer);
  WriteFlag(d.extmap_allow_mixed, "extmap-allow-mixed", writer);
  WriteVerbatim(d.other_attributes, writer);
  WriteVerbatim(d.conflicts, writer);
}

// A guess that is mostly a little too high, so that the text is written into
// space that is reserved once.
size_t ExpectedBytes(const Description& d) {
  size_t bytes = 512;
  for (const MediaSection& s : d.sections) {
    bytes += 768 + 160 * s.codecs.size() + 80 * s.extmaps.size() +
             112 * s.candidates.size() + 72 * s.ssrcs.size();
  }
  return bytes;
}

}  // namespace

PrintedFormats PrintFormats(std::span<const Codec> codecs,
                            std::span<const ExtMap> extmaps) {
  PrintedFormats formats;
  {
    Writer writer(formats.list, 4 * codecs.size());
    WriteFormatList(codecs, writer);
  }
  Writer writer(formats.attributes, 160 * codecs.size() + 80 * extmaps.size());
  for (const Codec& codec : codecs) WriteCodec(codec, writer);
  WriteExtMaps(extmaps, writer);
  return formats;
}

void Print(const Description& description, std::string& out) {
  Print(description, {}, out);
}

void Print(const Description& description,
           std::span<const PrintedFormats* const> formats, std::string& out) {
  size_t expected = ExpectedBytes(description);
  for (const PrintedFormats* printed : formats) {
    if (printed) expected += printed->list.size() + printed->attributes.size();
  }
  Writer writer(out, expected);
  WriteSessionPart(description, writer);
  for (size_t i = 0; i < description.sections.size(); ++i) {
    WriteSection(description.sections[i],
                 i < formats.size() ? formats[i] : nullptr, writer);
  }
}

std::string ToString(const Description& description) {
  std::string out;
  Print(description, out);
  return out;
}

}  // namespace parley::sdp
