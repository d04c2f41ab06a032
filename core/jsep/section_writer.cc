#include "core/jsep/section_writer.h"

#include <algorithm>
#include <utility>

#include "core/jsep/candidate_book.h"
#include "core/sdp/printer.h"

namespace parley::jsep {
sdp::Setup SetupOf(const Blueprint::TransportPlan& transport) {
  if (!transport.role) return sdp::Setup::kActpass;
  return *transport.role == DtlsRole::kClient ? sdp::Setup::kActive
                                              : sdp::Setup::kPassive;
}

std::string MediaName(SectionKind kind) {
  if (kind == SectionKind::kAudio) return "audio";
  return kind == SectionKind::kVideo ? "video" : "application";
}

void StartSection(std::string media, std::string protocol,
                  sdp::MediaSection& section) {
  section.media = std::move(media);
  section.protocol = std::move(protocol);
  section.connection.emplace();
}

void StartRejected(std::string media, std::string protocol,
                   sdp::MediaSection& section) {
  StartSection(std::move(media), std::move(protocol), section);
  section.port = 0;
}

void AddPlaceholderFormat(SectionKind kind, sdp::MediaSection& section) {
  if (kind == SectionKind::kAudio) {
    section.codecs.push_back(
        {.payload_type = 0, .name = "PCMU", .clock_rate = 8000});
  } else if (kind == SectionKind::kVideo) {
    section.codecs.push_back(
        {.payload_type = 96, .name = "VP8", .clock_rate = 90000});
  } else if (kind == SectionKind::kData) {
    section.formats.emplace_back("webrtc-datachannel");
  }
}

void WriteTransport(const Session& session,
                    const Blueprint::TransportPlan& transport,
                    sdp::MediaSection& section) {
  section.transport.ice_ufrag = transport.local.ufrag;
  section.transport.ice_pwd = transport.local.pwd;
  section.transport.fingerprints = session.configuration->fingerprints;
  section.transport.setup = SetupOf(transport);
  const CandidateList* list = FindCandidates(
      session.local_candidates, transport.mid, transport.local.ufrag);
  if (list) WriteCandidates(*list, section);
}

void WriteSharedTransport(const Session& session, const Blueprint& blueprint,
                          sdp::Description& description) {
  for (size_t i = 0; i < blueprint.sections.size(); ++i) {
    const Blueprint::SectionPlan& section = blueprint.sections[i];
    if (!section.transport) continue;
    const Blueprint::TransportPlan& transport =
        blueprint.transports[*section.transport];
    if (transport.mline_index == i) continue;
    description.transport.ice_ufrag = transport.local.ufrag;
    description.transport.ice_pwd = transport.local.pwd;
    description.transport.fingerprints = session.configuration->fingerprints;
    description.transport.setup = SetupOf(transport);
    return;
  }
}

void WriteMsids(const Transceiver& transceiver, sdp::MediaSection& section) {
  section.msids.reserve(std::max<size_t>(transceiver.stream_ids.size(), 1));
  for (const std::string& id : transceiver.stream_ids) {
    section.msids.push_back({.stream_id = id});
  }
  if (section.msids.empty()) section.msids.push_back({.stream_id = "-"});
}

void WriteRids(const std::vector<std::string>& send,
               const std::vector<std::string>& recv,
               const std::vector<std::string>& paused, bool simulcast_of_one,
               sdp::MediaSection& section) {
  const auto write =
      [&](const std::vector<std::string>& rids, sdp::RidDirection direction,
          std::vector<sdp::SimulcastStream> sdp::Simulcast::*streams) {
        for (const std::string& rid : rids) {
          section.rids.push_back({.id = rid, .direction = direction});
        }
        if (rids.size() < (simulcast_of_one ? 1 : 2)) return;
        if (!section.simulcast) section.simulcast.emplace();
        for (const std::string& rid : rids) {
          const bool pause =
              std::find(paused.begin(), paused.end(), rid) != paused.end();
          ((*section.simulcast).*streams)
              .push_back({{.rid = rid, .paused = pause}});
        }
      };
  write(send, sdp::RidDirection::kSend, &sdp::Simulcast::send);
  write(recv, sdp::RidDirection::kRecv, &sdp::Simulcast::recv);
}

void WriteSessionPart(const Session& session, uint64_t version,
                      std::vector<std::string> ice_options,
                      sdp::Description& description) {
  description.origin.session_id = session.session_id;
  description.origin.session_version = version;
  description.ice_lite = session.configuration->ice_lite;
  description.transport.ice_options = std::move(ice_options);
}

void Finish(sdp::Description outline, Blueprint& blueprint) {
  // Of answers the formats are printed here, of offers they may have been long
  // ago.
  std::vector<sdp::PrintedFormats> printed;
  printed.reserve(blueprint.sections.size());
  std::vector<const sdp::PrintedFormats*> formats;
  formats.reserve(blueprint.sections.size());
  for (const Blueprint::SectionPlan& section : blueprint.sections) {
    if (section.media && !section.rejected) {
      formats.push_back(&printed.emplace_back(sdp::PrintFormats(
          section.media->local_codecs, section.media->extensions)));
    } else {
      formats.push_back(section.offer ? &section.offer->printed : nullptr);
    }
  }
  blueprint.id = DescriptionId(outline.origin);
  sdp::Print(outline, formats, blueprint.text);
  blueprint.outline = std::move(outline);
}

std::string DescriptionId(const sdp::Origin& origin) {
  return std::to_string(origin.session_id) + "." +
         std::to_string(origin.session_version);
}

}  // namespace parley::jsep
