#include <algorithm>
#include <bitset>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/jsep/apply.h"
#include "core/jsep/encodings.h"
#include "core/jsep/mids.h"
#include "core/jsep/simulcast.h"
#include "core/jsep/validate_remote.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

// W3C proposedSendEncodings: one for each layer the other end wants.
std::vector<Encoding> ProposedEncodings(const sdp::MediaSection& section) {
  std::vector<std::string> rids =
      SimulcastRids(section, sdp::RidDirection::kRecv);
  if (rids.size() > kMaxEncodings) rids.resize(kMaxEncodings);
  std::vector<Encoding> encodings;
  for (size_t i = 0; i < rids.size(); ++i) {
    encodings.push_back({.rid = std::move(rids[i]),
                         .scale_resolution_down_by = std::exp2(
                             static_cast<double>(rids.size() - i - 1))});
  }
  return encodings;
}

// Gives numbers the meaning that the other end gives them. What they meant in
// an answer, or earlier in the same offer, stays; what we merely offered or had
// in mind gives way, because the answer has to use them as they are offered.
class OfferedNumbers {
 public:
  explicit OfferedNumbers(const Session& session)
      : session_(session), numbering_(session.numbers) {}

  void Learn(const sdp::Description& offer, const sdp::MediaSection& section) {
    for (const Codec& codec : section.codecs) {
      if (!codec.name.empty()) LearnCodec(codec);
    }
    for (const sdp::ExtMap* extension : EffectiveExtensions(offer, section)) {
      LearnExtension(*extension);
    }
  }

  std::shared_ptr<const NumberBook> Take() && {
    return std::move(numbering_).Take();
  }

 private:
  void LearnCodec(const Codec& codec) {
    const CodecIdentity identity = IdentityOf(codec);
    if (!numbering_.Learn(codec.payload_type, identity) &&
        !IsSettled(settled_types_, codec.payload_type)) {
      numbering_.Relearn(codec.payload_type, identity);
    }
    settled_types_.set(codec.payload_type & 0x7f);
  }

  void LearnExtension(const sdp::ExtMap& extension) {
    if (extension.id >= NumberBook::kExtensionIds) return;
    if (!numbering_.LearnExtension(extension.id, extension.uri) &&
        !IsSettled(settled_ids_, extension.id)) {
      numbering_.RelearnExtension(extension.id, extension.uri);
    }
    settled_ids_.set(extension.id);
  }

  template <typename Set>
  bool IsSettled(const Set& set, size_t number) {
    if (!read_session_) ReadSession();
    return set[number];
  }

  // Only when numbers collide, which is rare.
  void ReadSession() {
    read_session_ = true;
    for (const Section& section : session_.sections) {
      if (section.media == nullptr) continue;
      for (const Codec& codec : section.media->local_codecs) {
        settled_types_.set(codec.payload_type & 0x7f);
      }
      for (const sdp::ExtMap& extension : section.media->extensions) {
        if (extension.id < settled_ids_.size()) settled_ids_.set(extension.id);
      }
    }
  }

  const Session& session_;
  Numbering numbering_;
  std::bitset<128> settled_types_;
  std::bitset<NumberBook::kExtensionIds> settled_ids_;
  bool read_session_ = false;
};

class RemoteOffer {
 public:
  RemoteOffer(Session& next, const sdp::Description& offer)
      : next_(next), offer_(offer), numbers_(next) {}

  void Apply() {
    for (size_t i = 0; i < offer_.sections.size(); ++i) ApplySection(i);
    ForgetTakenMids();
    next_.numbers = std::move(numbers_).Take();
  }

 private:
  void ApplySection(size_t i) {
    const sdp::MediaSection& theirs = offer_.sections[i];
    const bool rejected = sdp::IsRejected(theirs);
    Section* section = Place(i);
    if (section == nullptr) return;
    TakeMid(theirs, *section);
    if (!IsMedia(section->kind)) return;
    if (!rejected) numbers_.Learn(offer_, theirs);
    Transceiver* transceiver = FindOrMake(i, *section, rejected);
    if (transceiver == nullptr) return;
    section->transceiver = transceiver->id;
    transceiver->mid = section->mid;
    transceiver->mline_index = i;
    ProcessTrack(theirs, rejected, *transceiver);
  }

  // The section to write to. null: rejected by both already, so nothing.
  Section* Place(size_t i) {
    const sdp::MediaSection& theirs = offer_.sections[i];
    if (i == next_.sections.size()) {
      next_.sections.push_back({.kind = KindOfSection(theirs)});
      return &next_.sections.back();
    }
    Section& section = next_.sections[i];
    if (!section.rejected) return &section;
    if (sdp::IsRejected(theirs)) return nullptr;
    section = Section{.kind = KindOfSection(theirs)};
    return &section;
  }

  void TakeMid(const sdp::MediaSection& theirs, Section& section) {
    if (!theirs.mid.empty()) {
      section.mid = theirs.mid;
      section.mid_invented = false;
      NoteRemoteMid(next_, theirs.mid);
    } else if (section.mid.empty()) {
      section.mid = std::to_string(next_.next_mid++);
      section.mid_invented = true;
    }
  }

  // A mid that we proposed in an offer which was never set, and that the other
  // end has come to use, is not proposed again.
  void ForgetTakenMids() {
    const auto proposes = [](const Transceiver& transceiver) {
      return !transceiver.mline_index && !transceiver.proposed_mid.empty();
    };
    if (next_.proposed_data_mid.empty() &&
        std::none_of(next_.transceivers.begin(), next_.transceivers.end(),
                     proposes)) {
      return;
    }
    const MidIndex taken(offer_);
    if (taken.Find(next_.proposed_data_mid)) next_.proposed_data_mid.clear();
    for (Transceiver& transceiver : next_.transceivers) {
      if (proposes(transceiver) && taken.Find(transceiver.proposed_mid)) {
        transceiver.proposed_mid.clear();
      }
    }
  }

  Transceiver* FindOrMake(size_t i, const Section& section, bool rejected) {
    Transceiver* transceiver = MutableTransceiver(next_, section.transceiver);
    const sdp::MediaSection& theirs = offer_.sections[i];
    if (transceiver == nullptr && rejected) return nullptr;
    std::vector<Encoding> proposed;
    if (section.kind == SectionKind::kVideo) {
      proposed = ProposedEncodings(theirs);
    }
    const MediaKind kind = section.kind == SectionKind::kAudio
                               ? MediaKind::kAudio
                               : MediaKind::kVideo;
    if (transceiver == nullptr &&
        Receives(sdp::EffectiveDirection(offer_, theirs))) {
      transceiver = FindAdded(kind);
    }
    if (transceiver == nullptr) return Make(kind, std::move(proposed));
    if (!proposed.empty() && transceiver->encodings.size() == 1 &&
        transceiver->encodings.front().rid.empty()) {
      transceiver->encodings = std::move(proposed);
    }
    return transceiver;
  }

  // RFC 9429 section 5.10: of those that addTrack made, the first one which has
  // no section yet.
  Transceiver* FindAdded(MediaKind kind) {
    for (Transceiver& transceiver : next_.transceivers) {
      if (transceiver.kind == kind && transceiver.made_by_add_track &&
          !transceiver.mline_index && !transceiver.stopping &&
          !transceiver.stopped) {
        return &transceiver;
      }
    }
    return nullptr;
  }

  Transceiver* Make(MediaKind kind, std::vector<Encoding> encodings) {
    Transceiver& made = next_.transceivers.emplace_back();
    made.id = next_.next_transceiver_id++;
    made.kind = kind;
    made.direction = Direction::kRecvOnly;
    made.made_by_remote = true;
    made.encodings = std::move(encodings);
    if (made.encodings.empty()) made.encodings = DefaultEncodings(kind);
    made.receiver_track_id = ReceiverTrackId(made.id);
    return &made;
  }

  void ProcessTrack(const sdp::MediaSection& theirs, bool rejected,
                    Transceiver& transceiver) {
    const Direction direction =
        rejected ? Direction::kInactive
                 : Reversed(sdp::EffectiveDirection(offer_, theirs));
    ProcessRemoteTracks(transceiver, direction,
                        Receives(direction) ? StreamIdsOf(next_, theirs)
                                            : std::vector<std::string>());
    if (rejected && !transceiver.stopped) StopNow(transceiver);
  }

  Session& next_;
  const sdp::Description& offer_;
  OfferedNumbers numbers_;
};

}  // namespace

std::vector<std::string> StreamIdsOf(const Session& session,
                                     const sdp::MediaSection& section) {
  std::vector<std::string> ids;
  if (section.msids.empty()) ids.push_back(session.default_stream_id);
  for (const sdp::Msid& msid : section.msids) {
    if (msid.stream_id != "-" &&
        std::find(ids.begin(), ids.end(), msid.stream_id) == ids.end()) {
      ids.push_back(msid.stream_id);
    }
  }
  return ids;
}

void ProcessRemoteTracks(Transceiver& transceiver,
                         std::optional<Direction> direction,
                         std::vector<std::string> stream_ids) {
  transceiver.remote_stream_ids = std::move(stream_ids);
  transceiver.fired_direction = direction;
}

void StopNow(Transceiver& transceiver) {
  transceiver.stopping = true;
  transceiver.stopped = true;
  transceiver.direction = Direction::kInactive;
  transceiver.current_direction = std::nullopt;
}

void ApplyRemoteOffer(Session& next,
                      std::shared_ptr<const DescriptionBody> offer) {
  RemoteOffer(next, offer->parsed).Apply();
  if (!next.ice_role) {
    // RFC 8445 section 6.1.1: the full end controls a lite one, else the
    // offerer does.
    const bool control =
        offer->parsed.ice_lite && !next.configuration->ice_lite;
    next.ice_role = control ? IceRole::kControlling : IceRole::kControlled;
  }
  next.pending_remote = {.type = SdpType::kOffer, .body = std::move(offer)};
}

}  // namespace parley::jsep
