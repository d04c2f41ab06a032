#include "core/jsep/negotiation_needed.h"

#include <algorithm>
#include <string>

#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

// The section of the transceiver in a description; nullptr: it is not there.
const sdp::MediaSection* SectionOf(
    const Transceiver& transceiver,
    const std::optional<SessionDescription>& description) {
  if (!transceiver.mline_index || !description) return nullptr;
  const auto& sections = description->body->parsed.sections;
  return *transceiver.mline_index < sections.size()
             ? &sections[*transceiver.mline_index]
             : nullptr;
}

// Where it was negotiated: a section of a description that is still the one
// the transceiver is associated with, and not what stood there before it.
bool IsAssociated(const Session& session, const Transceiver& transceiver) {
  if (!transceiver.mline_index) return false;
  const Section& section = session.sections[*transceiver.mline_index];
  return section.transceiver == transceiver.id &&
         (section.answered || section.rejected);
}

bool HasNegotiatedData(const Session& session) {
  return std::any_of(session.sections.begin(), session.sections.end(),
                     [](const Section& section) {
                       return section.kind == SectionKind::kData &&
                              (section.answered || section.rejected);
                     });
}

bool MsidsDiffer(const Transceiver& transceiver,
                 const sdp::MediaSection& section) {
  std::vector<std::string> shown;
  for (const sdp::Msid& msid : section.msids) {
    if (msid.stream_id != "-") shown.push_back(msid.stream_id);
  }
  if (section.msids.empty()) return true;
  std::vector<std::string> wanted = transceiver.stream_ids;
  std::sort(shown.begin(), shown.end());
  std::sort(wanted.begin(), wanted.end());
  return shown != wanted;
}

Direction DirectionIn(const SessionDescription& description,
                      const sdp::MediaSection& section) {
  return sdp::EffectiveDirection(description.body->parsed, section);
}

// W3C steps 5.3.2 and 5.3.3.
bool DirectionDiffers(const Session& session, const Transceiver& transceiver,
                      const sdp::MediaSection& local) {
  const Direction ours = DirectionIn(*session.current_local, local);
  const sdp::MediaSection* remote =
      SectionOf(transceiver, session.current_remote);
  if (session.current_local->type == SdpType::kOffer) {
    if (transceiver.direction == ours) return false;
    return remote == nullptr ||
           transceiver.direction !=
               Reversed(DirectionIn(*session.current_remote, *remote));
  }
  const Direction offered =
      remote ? Reversed(DirectionIn(*session.current_remote, *remote))
             : Direction::kInactive;
  return ours != Intersected(transceiver.direction, offered);
}

bool NeededBy(const Session& session, const Transceiver& transceiver) {
  if (transceiver.stopping && !transceiver.stopped) return true;
  const bool associated = IsAssociated(session, transceiver);
  if (transceiver.stopped) {
    return associated && !session.sections[*transceiver.mline_index].rejected;
  }
  if (!associated) return true;
  const sdp::MediaSection* local =
      SectionOf(transceiver, session.current_local);
  if (local == nullptr) return true;
  return (Sends(transceiver.direction) && MsidsDiffer(transceiver, *local)) ||
         DirectionDiffers(session, transceiver, *local);
}

}  // namespace

bool NegotiationNeeded(const Session& session) {
  if (session.state == SignalingState::kClosed) return false;
  if (!session.ufrags_to_replace.empty()) return true;
  if (session.data_channel_created && !HasNegotiatedData(session)) return true;
  return std::any_of(session.transceivers.begin(), session.transceivers.end(),
                     [&](const Transceiver& transceiver) {
                       return NeededBy(session, transceiver);
                     });
}

bool NegotiationNeededFlag::Update(const Session& session, bool chain_empty) {
  if (!chain_empty || session.state != SignalingState::kStable) return false;
  if (!NegotiationNeeded(session)) {
    needed_ = false;
    return false;
  }
  if (needed_) return false;
  needed_ = true;
  return true;
}

}  // namespace parley::jsep
