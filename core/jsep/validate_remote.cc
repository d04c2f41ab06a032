#include "core/jsep/validate_remote.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/errors.h"
#include "core/jsep/section_writer.h"
#include "core/jsep/simulcast.h"
#include "core/jsep/validate_section.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

absl::Status CheckLite(const Session& session,
                       const sdp::Description& description) {
  if (!description.ice_lite || !session.configuration->ice_lite) {
    return absl::OkStatus();
  }
  return MakeError(Reason::kIceLiteBoth,
                   "both ends are ICE-lite: neither would send checks; use a "
                   "full ICE agent on one of them",
                   {{"attribute", "ice-lite"}});
}

// RFC 3264 section 8: sections stay where they are and what they are, unless
// they were rejected.
absl::Status CheckPlace(const Section& have, const sdp::Description& offer,
                        size_t i) {
  if (have.rejected) return absl::OkStatus();
  const sdp::MediaSection& theirs = offer.sections[i];
  if (!theirs.mid.empty() && !have.mid_invented && theirs.mid != have.mid) {
    return InvalidSection(
        offer, i, "mid",
        "a=mid of the section in use here was \"" + have.mid + "\"");
  }
  // Of a rejected one only the media type still says something.
  const bool same = sdp::IsRejected(theirs)
                        ? have.kind == SectionKind::kOther ||
                              theirs.media == MediaName(have.kind)
                        : KindOfSection(theirs) == have.kind;
  if (same) return absl::OkStatus();
  return InvalidSection(offer, i, "m",
                        "the section in use here is of another kind");
}

// Whether the layers of `now` are those in force, or some of them in the same
// order.
bool KeepsRids(const std::vector<std::string>& in_force,
               const std::vector<std::string>& now) {
  if (in_force.empty()) return true;
  auto from = in_force.begin();
  for (const std::string& rid : now) {
    from = std::find(from, in_force.end(), rid);
    if (from == in_force.end()) return false;
    ++from;
  }
  return true;
}

absl::Status CheckRids(const Section& have, const sdp::Description& description,
                       size_t i) {
  const sdp::MediaSection& theirs = description.sections[i];
  if (KeepsRids(have.send_rids,
                SimulcastRids(theirs, sdp::RidDirection::kRecv)) &&
      KeepsRids(have.recv_rids,
                SimulcastRids(theirs, sdp::RidDirection::kSend))) {
    return absl::OkStatus();
  }
  return InvalidSection(description, i, "simulcast",
                        "the rids of a section cannot be negotiated again");
}

absl::Status CheckOfferedSection(const Session& session,
                                 const sdp::Description& offer,
                                 const Bundle& bundle, size_t i) {
  const Section* have =
      i < session.sections.size() ? &session.sections[i] : nullptr;
  if (have) {
    absl::Status status = CheckPlace(*have, offer, i);
    if (!status.ok()) return status;
  }
  const sdp::MediaSection& theirs = offer.sections[i];
  if (sdp::IsRejected(theirs) || KindOfSection(theirs) == SectionKind::kOther) {
    return absl::OkStatus();
  }
  absl::Status status = CheckLiveSection(session, offer, bundle, i);
  if (!status.ok() || have == nullptr || !have->answered) return status;
  if (bundle.TagOf(i) == i) {
    if (const Transport* in_force = FindTransport(session, have->transport)) {
      bool restarted = false;
      status = CheckContinuity(offer, i, *in_force, restarted);
      if (!status.ok()) return status;
    }
  }
  return CheckRids(*have, offer, i);
}

// --- Answers ---

bool SameFamily(const sdp::MediaSection& offered,
                const sdp::MediaSection& answered) {
  if (offered.media != answered.media) return false;
  // The RTP profiles all mean the same (RFC 9429 section 5.1.2), and so do the
  // spellings of SCTP over DTLS; peers mix them up.
  return sdp::IsRtpProtocol(offered.protocol) ==
         sdp::IsRtpProtocol(answered.protocol);
}

absl::Status CheckAnswerPlace(const sdp::Description& offer,
                              const sdp::Description& answer, size_t i) {
  const sdp::MediaSection& offered = offer.sections[i];
  const sdp::MediaSection& answered = answer.sections[i];
  if (!SameFamily(offered, answered)) {
    return InvalidSection(answer, i, "m",
                          "the offer has another media type or protocol here");
  }
  if (!answered.mid.empty() && answered.mid != offered.mid) {
    return InvalidSection(answer, i, "mid",
                          "the offer has a=mid:" + offered.mid + " here");
  }
  return absl::OkStatus();
}

// RFC 9143 section 7.3: a group of the answer is part of one of the offer, and
// what was offered in a bundle only cannot be had outside of it.
absl::Status CheckAnswerBundle(const sdp::Description& offer,
                               const sdp::Description& answer,
                               const Bundle& answered) {
  const absl::StatusOr<Bundle> offered = ReadBundle(offer);
  if (!offered.ok()) return offered.status();
  for (const std::vector<size_t>& members : answered.groups) {
    std::optional<size_t> common;
    for (const size_t i : members) {
      // What our offer rejects stays so, wherever the answer names it.
      if (sdp::IsRejected(offer.sections[i])) continue;
      const auto& group = offered->group_of[i];
      if (!common) common = group;
      if (group && group == common) continue;
      return InvalidSection(answer, i, "group",
                            "the offer did not bundle it with the others");
    }
  }
  for (size_t i = 0; i < offer.sections.size(); ++i) {
    if (offer.sections[i].bundle_only && !answered.group_of[i] &&
        answer.sections[i].port != 0) {
      return InvalidSection(answer, i, "group",
                            "it was offered bundle-only and is accepted "
                            "outside of the bundle");
    }
  }
  return absl::OkStatus();
}

// RFC 9429 section 5.10: the answer restarts ICE exactly where the offer did.
absl::Status CheckAnswerTransport(const Session& session,
                                  const sdp::Description& answer, size_t i) {
  const auto setup = sdp::EffectiveSetup(answer, answer.sections[i]);
  if (setup == sdp::Setup::kActpass) {
    return InvalidSection(answer, i, "setup",
                          "an answer chooses a=setup:active or passive");
  }
  const Section& section = session.sections[i];
  const Transport* now = FindTransport(session, section.transport);
  // As it was before our offer; none: it came with this offer.
  const Transport* before =
      now && session.last_stable
          ? FindTransport(session.last_stable->transports, now->id)
          : nullptr;
  if (before == nullptr || !before->remote) return absl::OkStatus();
  bool restarted = false;
  absl::Status status = CheckContinuity(answer, i, *before, restarted);
  if (!status.ok()) return status;
  const bool we_restarted = now->generation != before->generation;
  if (restarted == we_restarted) return absl::OkStatus();
  return InvalidSection(
      answer, i, "ice-ufrag",
      we_restarted
          ? "the offer restarts ICE and the answer keeps its credentials"
          : "the answer changes ICE credentials and the offer did not");
}

absl::Status CheckAnsweredSection(const Session& session,
                                  const sdp::Description& offer,
                                  const sdp::Description& answer,
                                  const Bundle& bundle, size_t i) {
  absl::Status status = CheckAnswerPlace(offer, answer, i);
  if (!status.ok() || answer.sections[i].port == 0 ||
      sdp::IsRejected(offer.sections[i])) {
    return status;
  }
  status = CheckLiveSection(session, answer, bundle, i);
  if (!status.ok()) return status;
  if (bundle.TagOf(i) == i) {
    status = CheckAnswerTransport(session, answer, i);
    if (!status.ok()) return status;
  }
  return CheckRids(session.sections[i], answer, i);
}

}  // namespace

SectionKind KindOfSection(const sdp::MediaSection& section) {
  if (sdp::IsRtpSection(section)) {
    return section.media == "audio" ? SectionKind::kAudio : SectionKind::kVideo;
  }
  return sdp::IsDataSection(section) ? SectionKind::kData : SectionKind::kOther;
}

absl::Status ValidateRemoteOffer(const Session& session,
                                 const sdp::Description& offer,
                                 const Bundle& bundle) {
  absl::Status status = CheckLite(session, offer);
  if (!status.ok()) return status;
  status = CheckMids(offer);
  if (!status.ok()) return status;
  if (offer.sections.size() < session.sections.size()) {
    return MakeError(Reason::kSdpInvalid,
                     "the offer has fewer m= sections than were negotiated",
                     {{"attribute", "m"}});
  }
  for (size_t i = 0; i < offer.sections.size(); ++i) {
    status = CheckOfferedSection(session, offer, bundle, i);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ValidateRemoteAnswer(const Session& session,
                                  const sdp::Description& answer,
                                  const Bundle& bundle) {
  const sdp::Description& offer = session.pending_local->body->parsed;
  absl::Status status = CheckLite(session, answer);
  if (!status.ok()) return status;
  status = CheckMids(answer);
  if (!status.ok()) return status;
  if (answer.sections.size() != offer.sections.size()) {
    return MakeError(
        Reason::kSdpInvalid,
        "the answer has " + std::to_string(answer.sections.size()) +
            " m= sections, the offer " + std::to_string(offer.sections.size()),
        {{"attribute", "m"}});
  }
  status = CheckAnswerBundle(offer, answer, bundle);
  if (!status.ok()) return status;
  for (size_t i = 0; i < answer.sections.size(); ++i) {
    status = CheckAnsweredSection(session, offer, answer, bundle, i);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace parley::jsep
