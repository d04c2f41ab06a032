#include "core/jsep/offer.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "core/jsep/blueprint.h"
#include "core/jsep/section_writer.h"
#include "core/jsep/simulcast.h"
#include "core/jsep/transceivers.h"

namespace parley::jsep {
namespace {

// A section of the offer to be.
struct Slot {
  SectionKind kind = SectionKind::kOther;
  std::string mid;
  const Section* old = nullptr;  // null: fresh
  const Transceiver* transceiver = nullptr;
  bool live = false;
  bool bundle_only = false;
  bool bundled = false;
  size_t transport = 0;  // of live ones, index into the plans
};

SectionKind KindOf(const Transceiver& transceiver) {
  return transceiver.kind == MediaKind::kAudio ? SectionKind::kAudio
                                               : SectionKind::kVideo;
}

class OfferBuilder {
 public:
  OfferBuilder(const Session& session, const OfferOptions& options,
               Random& random)
      : session_(session),
        options_(options),
        random_(random),
        book_(session.numbers),
        blueprint_(std::make_shared<Blueprint>()) {
    blueprint_->next_mid = session.next_mid;
  }

  CreatedDescription Build() {
    KeepSections();
    PlaceTransceivers();
    PlaceData();
    ChooseTransports();
    sdp::Description description;
    WriteSessionPart(session_, session_.last_version + 1, {"trickle", "ice2"},
                     description);
    WriteGroups(description);
    description.extmap_allow_mixed = std::any_of(
        slots_.begin(), slots_.end(),
        [](const Slot& slot) { return slot.live && IsMedia(slot.kind); });
    description.sections.resize(slots_.size());
    blueprint_->sections.reserve(slots_.size());
    for (size_t i = 0; i < slots_.size(); ++i) {
      blueprint_->sections.push_back(PlanOf(slots_[i]));
      Write(i, description.sections[i]);
    }
    WriteSharedTransport(session_, *blueprint_, description);
    blueprint_->base_numbers = session_.numbers;
    blueprint_->numbers = std::move(book_);
    blueprint_->revision = session_.revision;
    blueprint_->options = options_;
    Finish(std::move(description), *blueprint_);
    return {.type = SdpType::kOffer, .blueprint = std::move(blueprint_)};
  }

 private:
  // --- Which sections (RFC 9429 section 5.2.2) ---

  // The m= sections there are stay, in their order. Those whose rejection was
  // negotiated are free for others.
  void KeepSections() {
    slots_.reserve(session_.sections.size() + session_.transceivers.size() + 1);
    for (const Section& section : session_.sections) {
      Slot slot{.kind = section.kind, .mid = section.mid, .old = &section};
      if (IsMedia(section.kind)) {
        slot.transceiver = FindTransceiver(session_, section.transceiver);
      }
      if (section.rejected || section.kind == SectionKind::kOther ||
          (IsMedia(section.kind) && slot.transceiver == nullptr)) {
        slot.transceiver = nullptr;
        vacant_.push_back(slots_.size());
      } else if (slot.transceiver) {
        slot.live = !slot.transceiver->stopping && !slot.transceiver->stopped;
      } else {
        slot.live = true;
      }
      slots_.push_back(std::move(slot));
    }
  }

  void Place(Slot slot) {
    if (next_vacant_ < vacant_.size()) {
      slots_[vacant_[next_vacant_++]] = std::move(slot);
    } else {
      slots_.push_back(std::move(slot));
    }
  }

  std::string NextMid(const std::string& proposed) {
    if (!proposed.empty()) return proposed;
    return std::to_string(blueprint_->next_mid++);
  }

  void PlaceTransceivers() {
    for (const Transceiver& transceiver : session_.transceivers) {
      if (transceiver.mline_index || transceiver.stopping ||
          transceiver.stopped) {
        continue;
      }
      Place({.kind = KindOf(transceiver),
             .mid = NextMid(transceiver.proposed_mid),
             .transceiver = &transceiver,
             .live = true});
    }
  }

  void PlaceData() {
    if (!session_.data_channel_created) return;
    for (const Slot& slot : slots_) {
      if (slot.kind == SectionKind::kData && slot.live) return;
    }
    Place({.kind = SectionKind::kData,
           .mid = NextMid(session_.proposed_data_mid),
           .live = true});
  }

  // --- Which transports (RFC 9429 sections 4.1.1 and 5.2) ---

  void ChooseTransports() {
    const bool answered =
        std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
          return slot.live && slot.old && slot.old->answered;
        });
    if (answered) {
      ChooseForReoffer();
    } else {
      ChooseForFirstOffer();
    }
  }

  // Nothing is agreed yet: the bundle policy says who gets a transport.
  void ChooseForFirstOffer() {
    // A lite agent has one port, and checks tell transports there by nothing
    // but their credentials, which sections share here.
    const BundlePolicy policy = session_.configuration->ice_lite
                                    ? BundlePolicy::kMaxBundle
                                    : session_.configuration->bundle_policy;
    shared_ = session_.proposed_credentials
                  ? session_.proposed_credentials
                  : std::optional(MakeIceCredentials(random_));
    blueprint_->shared_credentials = shared_;
    std::optional<size_t> tag;
    bool seen[4] = {};
    for (size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      if (!slot.live) continue;
      slot.bundled = true;
      bool& kind_seen = seen[static_cast<size_t>(slot.kind)];
      const bool own = !tag || policy == BundlePolicy::kMaxCompat ||
                       (policy == BundlePolicy::kBalanced && !kind_seen) ||
                       OwnOf(slot);
      kind_seen = true;
      if (own) {
        slot.transport = AddTransport(i, OwnOf(slot));
      } else {
        slot.transport = slots_[*tag].transport;
        slot.bundle_only = true;
      }
      if (!tag) tag = i;
    }
  }

  // What is agreed stays; newcomers join the bundle, or where the other end
  // does not bundle get a transport each.
  void ChooseForReoffer() {
    std::vector<std::pair<TransportId, size_t>> plans;
    const auto find_plan = [&](TransportId id) -> std::optional<size_t> {
      for (const auto& [known, plan] : plans) {
        if (known == id) return plan;
      }
      return std::nullopt;
    };
    std::optional<size_t> bundle;
    for (size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      if (!slot.live || !slot.old || !slot.old->answered) continue;
      slot.bundled = slot.old->bundled;
      const Transport* transport = FindTransport(session_, slot.old->transport);
      const auto known = transport ? find_plan(transport->id) : std::nullopt;
      slot.transport = known ? *known : AddTransport(i, transport);
      if (transport && !known)
        plans.emplace_back(transport->id, slot.transport);
      if (slot.bundled && !bundle) bundle = slot.transport;
      // The tag stays where it is while its section lives.
      Blueprint::TransportPlan& plan = blueprint_->transports[slot.transport];
      if (transport && transport->mid == slot.mid) {
        plan.mid = slot.mid;
        plan.mline_index = i;
      }
    }
    for (size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      if (!slot.live || (slot.old && slot.old->answered)) continue;
      slot.bundled = true;
      slot.transport = bundle ? *bundle : AddTransport(i, OwnOf(slot));
    }
  }

  // The transport that this very section brought with an earlier offer.
  const Transport* OwnOf(const Slot& slot) const {
    if (slot.old == nullptr) return nullptr;
    const Transport* transport = FindTransport(session_, slot.old->transport);
    return transport && transport->mid == slot.mid ? transport : nullptr;
  }

  size_t AddTransport(size_t index, const Transport* transport) {
    Blueprint::TransportPlan plan{.mline_index = index,
                                  .mid = slots_[index].mid};
    if (transport) {
      plan.id = transport->id;
      plan.local = Restarts(*transport) ? NewCredentials() : transport->local;
    } else {
      plan.local = NewCredentials();
    }
    blueprint_->transports.push_back(std::move(plan));
    return blueprint_->transports.size() - 1;
  }

  // In a first offer the same for all transports, which are to become one, as
  // browsers have it: old versions of Pion refuse differing ones, and browsers
  // hold each section's against its own of before, so that bundling would look
  // like an ICE restart.
  IceCredentials NewCredentials() {
    return shared_ ? *shared_ : MakeIceCredentials(random_);
  }

  // RFC 9429 sections 5.2.3.1 and 3.5.1, W3C restartIce. The option has nothing
  // to restart before the first answer.
  bool Restarts(const Transport& transport) const {
    const auto& marked = session_.ufrags_to_replace;
    return (options_.ice_restart && transport.remote) ||
           session_.needs_ice_restart ||
           std::find(marked.begin(), marked.end(), transport.local.ufrag) !=
               marked.end();
  }

  // --- Writing ---

  // One group of all in a first offer; then a group for each bundle agreed on,
  // the newcomers in the first one. The tagged mid comes first.
  void WriteGroups(sdp::Description& description) const {
    std::vector<sdp::Group> groups;
    std::vector<std::optional<size_t>> group_of(blueprint_->transports.size());
    const bool one =
        std::none_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
          return slot.live && slot.old && slot.old->answered && slot.bundled;
        });
    for (const Slot& slot : slots_) {
      if (!slot.live || !slot.bundled) continue;
      auto& group = group_of[one ? 0 : slot.transport];
      if (!group) {
        group = groups.size();
        groups.push_back({.semantics = "BUNDLE"});
      }
      std::vector<std::string>& mids = groups[*group].mids;
      const bool tag =
          !one && blueprint_->transports[slot.transport].mid == slot.mid;
      mids.insert(tag ? mids.begin() : mids.end(), slot.mid);
    }
    description.groups = std::move(groups);
  }

  Blueprint::SectionPlan PlanOf(const Slot& slot) const {
    Blueprint::SectionPlan plan{
        .kind = slot.kind,
        .mid = slot.mid,
        .transceiver = slot.transceiver ? slot.transceiver->id : 0,
        .fresh = slot.old == nullptr,
        .rejected = !slot.live,
        .bundle_only = slot.bundle_only,
        .bundled = slot.bundled};
    if (!slot.live) return plan;
    plan.transport = slot.transport;
    if (slot.transceiver == nullptr) return plan;
    plan.msid_shown = Sends(slot.transceiver->direction) ||
                      (slot.old && slot.old->msid_shown);
    if (Sends(slot.transceiver->direction)) {
      plan.send_rids = RidsOf(*slot.transceiver);
    }
    if (slot.old && Receives(slot.transceiver->direction)) {
      plan.recv_rids = slot.old->recv_rids;
    }
    return plan;
  }

  static std::vector<std::string> RidsOf(const Transceiver& transceiver) {
    std::vector<std::string> rids;
    for (const Encoding& encoding : transceiver.encodings) {
      if (!encoding.rid.empty()) rids.push_back(encoding.rid);
    }
    return rids;
  }

  static std::string ProtocolOf(SectionKind kind) {
    return IsMedia(kind) ? "UDP/TLS/RTP/SAVPF" : "UDP/DTLS/SCTP";
  }

  void Write(size_t index, sdp::MediaSection& section) {
    const Slot& slot = slots_[index];
    section.mid = slot.mid;
    if (!slot.live) {
      WriteRejected(index, section);
      return;
    }
    StartSection(MediaName(slot.kind), ProtocolOf(slot.kind), section);
    if (slot.bundle_only) {
      section.port = 0;
      section.bundle_only = true;
    }
    const Blueprint::TransportPlan& transport =
        blueprint_->transports[slot.transport];
    const bool carries = transport.mline_index == index;
    if (IsMedia(slot.kind)) {
      WriteMedia(index, carries, blueprint_->sections[index], section);
    } else {
      section.formats.emplace_back("webrtc-datachannel");
      section.sctp_port = session_.configuration->sctp_port;
      section.max_message_size = session_.configuration->max_message_size;
    }
    if (carries) WriteTransport(session_, transport, section);
  }

  void WriteRejected(size_t index, sdp::MediaSection& section) const {
    const SectionKind kind = slots_[index].kind;
    // A section of a kind that we do not know keeps its own words.
    const SessionDescription* remote = RemoteDescription(session_);
    if (kind == SectionKind::kOther && remote &&
        index < remote->body->parsed.sections.size()) {
      const sdp::MediaSection& theirs = remote->body->parsed.sections[index];
      StartRejected(theirs.media, theirs.protocol, section);
      section.formats = theirs.formats;
      section.codecs = theirs.codecs;
      return;
    }
    StartRejected(MediaName(kind), ProtocolOf(kind), section);
    AddPlaceholderFormat(kind, section);
    if (IsMedia(kind)) section.direction = Direction::kInactive;
  }

  // What was offered here before, to be offered again if nothing changed.
  std::shared_ptr<const MediaOffer> EarlierOffer(size_t index) const {
    if (!session_.last_offer) return nullptr;
    const auto& sections = session_.last_offer->blueprint->sections;
    return index < sections.size() ? sections[index].offer : nullptr;
  }

  void WriteMedia(size_t index, bool carries, Blueprint::SectionPlan& plan,
                  sdp::MediaSection& section) {
    const Slot& slot = slots_[index];
    const Transceiver& transceiver = *slot.transceiver;
    const std::shared_ptr<const MediaParameters> in_force =
        slot.old ? slot.old->media : nullptr;
    plan.offer =
        OfferMedia({.catalog = *session_.catalog,
                    .kind = transceiver.kind,
                    .preferences = transceiver.codec_preferences,
                    .comfort_noise = options_.voice_activity_detection},
                   in_force, book_, EarlierOffer(index));
    book_ = plan.offer->book;
    section.direction = transceiver.direction;
    if (plan.msid_shown) WriteMsids(transceiver, section);
    WriteRids(plan.send_rids, plan.recv_rids, PausedRids(transceiver.encodings),
              /*simulcast_of_one=*/false, section);
    // Chromium demands a=rtcp-mux of every bundled section, although RFC 8859
    // makes it one that the tagged section alone may carry.
    section.rtcp_mux = in_force == nullptr || in_force->rtcp_mux;
    section.rtcp_rsize = true;
    if (!carries) return;
    section.rtcp.emplace().connection.emplace();
    section.rtcp_mux_only =
        in_force == nullptr &&
        session_.configuration->rtcp_mux_policy == RtcpMuxPolicy::kRequire;
  }

  const Session& session_;
  const OfferOptions options_;
  Random& random_;
  std::shared_ptr<const NumberBook> book_;
  std::shared_ptr<Blueprint> blueprint_;
  std::vector<Slot> slots_;
  std::vector<size_t> vacant_;
  size_t next_vacant_ = 0;
  std::optional<IceCredentials> shared_;  // of first offers
};

}  // namespace

absl::Status CheckCanCreateOffer(const Session& session) {
  const auto next = NextState(session.state, Side::kLocal, SdpType::kOffer);
  if (next.ok()) return absl::OkStatus();
  const bool closed = session.state == SignalingState::kClosed;
  const std::string state(SignalingStateName(session.state));
  return MakeError(
      closed ? Reason::kPeerClosed : Reason::kSignalingState,
      closed ? "createOffer: the peer connection is closed"
             : "createOffer is not allowed in signaling state " + state,
      {{"state", state}, {"operation", "createOffer"}});
}

absl::StatusOr<CreatedDescription> CreateOffer(const Session& session,
                                               const OfferOptions& options,
                                               Random& random) {
  absl::Status status = CheckCanCreateOffer(session);
  if (!status.ok()) return status;
  if (session.configuration->fingerprints.empty()) {
    return MakeError(Reason::kCertificateGeneration,
                     "createOffer: the certificate is not ready");
  }
  if (session.last_offer &&
      session.last_offer->blueprint->revision == session.revision &&
      session.last_offer->blueprint->options == options) {
    return *session.last_offer;
  }
  return OfferBuilder(session, options, random).Build();
}

void OfferToReceive(Session& session, MediaKind kind, bool receive,
                    Random& random) {
  bool receiving = false;
  for (Transceiver& transceiver : session.transceivers) {
    if (transceiver.kind != kind || transceiver.stopping ||
        transceiver.stopped) {
      continue;
    }
    if (!receive && Receives(transceiver.direction)) {
      transceiver.direction =
          MakeDirection(Sends(transceiver.direction), false);
      ++session.revision;
    }
    receiving = receiving || Receives(transceiver.direction);
  }
  if (!receive || receiving) return;
  // Cannot fail: an open session and nothing to be wrong about. On a closed one
  // there is nothing to offer either.
  (void)AddTransceiver(session, kind, {.direction = Direction::kRecvOnly},
                       random);
}

}  // namespace parley::jsep
