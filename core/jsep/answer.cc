#include "core/jsep/answer.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "core/jsep/blueprint.h"
#include "core/jsep/bundle.h"
#include "core/jsep/section_writer.h"
#include "core/jsep/simulcast.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

// One section of the answer to be; its index is that of the offer's.
struct Decision {
  const Transceiver* transceiver = nullptr;
  bool accepted = false;
  std::shared_ptr<const MediaParameters> media;
  Direction direction = Direction::kInactive;
  std::optional<size_t> transport;
};

bool Has(const std::vector<std::string>& list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

class AnswerBuilder {
 public:
  AnswerBuilder(const Session& session, const sdp::Description& offer,
                Bundle bundle, const AnswerOptions& options, Random& random)
      : session_(session),
        offer_(offer),
        bundle_(std::move(bundle)),
        options_(options),
        random_(random),
        numbering_(session.numbers),
        blueprint_(std::make_shared<Blueprint>()),
        decisions_(offer.sections.size()) {}

  CreatedDescription Build() {
    data_ = FindData();
    for (size_t i = 0; i < decisions_.size(); ++i) Decide(i);
    for (size_t g = 0; g < bundle_.groups.size(); ++g) KeepTag(g);
    ChooseTransports();
    sdp::Description description;
    WriteSessionPart(session_, session_.last_version + 1, OfferedIceOptions(),
                     description);
    WriteGroups(description);
    description.extmap_allow_mixed = offer_.extmap_allow_mixed;
    description.sections.resize(decisions_.size());
    blueprint_->sections.reserve(decisions_.size());
    for (size_t i = 0; i < decisions_.size(); ++i) {
      blueprint_->sections.push_back(PlanOf(i));
      Write(i, description.sections[i]);
    }
    WriteSharedTransport(session_, *blueprint_, description);
    blueprint_->base_numbers = session_.numbers;
    blueprint_->numbers = std::move(numbering_).Take();
    blueprint_->revision = session_.revision;
    blueprint_->answered_offer = session_.pending_remote->body;
    blueprint_->next_mid = session_.next_mid;
    blueprint_->options.voice_activity_detection =
        options_.voice_activity_detection;
    Finish(std::move(description), *blueprint_);
    return {.type = SdpType::kAnswer, .blueprint = std::move(blueprint_)};
  }

 private:
  // --- Which sections are accepted (RFC 9429 section 5.3.1) ---

  // A peer connection has one association (W3C RTCSctpTransport): in the
  // section that has it already, or else in the first.
  std::optional<size_t> FindData() const {
    std::optional<size_t> first;
    for (size_t i = 0; i < decisions_.size(); ++i) {
      const Section& section = session_.sections[i];
      if (section.kind != SectionKind::kData ||
          sdp::IsRejected(offer_.sections[i]) || !BundlePolicyAllows(i)) {
        continue;
      }
      if (session_.sctp && session_.sctp->mid == section.mid) return i;
      if (!first) first = i;
    }
    return first;
  }

  void Decide(size_t i) {
    const sdp::MediaSection& offered = offer_.sections[i];
    const Section& section = session_.sections[i];
    if (sdp::IsRejected(offered) || section.kind == SectionKind::kOther ||
        !BundlePolicyAllows(i)) {
      return;
    }
    Decision& decision = decisions_[i];
    if (section.kind == SectionKind::kData) {
      decision.accepted = data_ == i;
      return;
    }
    decision.transceiver = FindTransceiver(session_, section.transceiver);
    if (decision.transceiver == nullptr || decision.transceiver->stopped) {
      return;
    }
    const Transceiver& transceiver = *decision.transceiver;
    const MediaWishes wishes{
        .catalog = *session_.catalog,
        .kind = transceiver.kind,
        .preferences = transceiver.codec_preferences,
        .comfort_noise = options_.voice_activity_detection};
    auto media = std::make_shared<MediaParameters>(
        AnswerMedia(wishes, offer_, offered, numbering_));
    if (media->local_codecs.empty()) return;
    media->rtcp_mux =
        SaysInBundle(offer_, bundle_, i, &sdp::MediaSection::rtcp_mux);
    media->rtcp_reduced_size =
        SaysInBundle(offer_, bundle_, i, &sdp::MediaSection::rtcp_rsize);
    decision.media = std::move(media);
    decision.accepted = true;
    // What is only stopping is for an offer of our own to reject; an answer
    // lets it rest (W3C RTCRtpTransceiverDirection, "stopped").
    decision.direction =
        transceiver.stopping
            ? Direction::kInactive
            : Intersected(Reversed(sdp::EffectiveDirection(offer_, offered)),
                          transceiver.direction);
  }

  bool BundlePolicyAllows(size_t i) const {
    const auto& group = bundle_.group_of[i];
    if (offer_.sections[i].bundle_only && offer_.sections[i].port == 0 &&
        !group) {
      return false;
    }
    if (session_.configuration->bundle_policy != BundlePolicy::kMaxBundle) {
      return true;
    }
    size_t first = 0;
    while (sdp::IsRejected(offer_.sections[first])) ++first;
    return i == first || (group && group == bundle_.group_of[first]);
  }

  // RFC 9143 section 7.3.3: whoever rejects the tagged section rejects its
  // whole group.
  void KeepTag(size_t group) {
    const std::vector<size_t>& members = bundle_.groups[group];
    if (decisions_[members.front()].accepted) return;
    for (const size_t i : members) decisions_[i].accepted = false;
  }

  // --- Transports ---

  void ChooseTransports() {
    std::vector<TransportId> taken;
    for (const std::vector<size_t>& members : bundle_.groups) {
      std::optional<size_t> plan;
      for (const size_t i : members) {
        if (!decisions_[i].accepted) continue;
        if (!plan) plan = AddTransport(i, InUse(members, taken));
        decisions_[i].transport = plan;
      }
    }
    for (size_t i = 0; i < decisions_.size(); ++i) {
      if (!decisions_[i].accepted || decisions_[i].transport) continue;
      decisions_[i].transport = AddTransport(i, InUse({i}, taken));
    }
  }

  // The transport that the first of these sections has that has one, unless
  // other sections went away with it.
  const Transport* InUse(const std::vector<size_t>& members,
                         std::vector<TransportId>& taken) const {
    for (const size_t i : members) {
      const Transport* transport =
          FindTransport(session_, session_.sections[i].transport);
      if (transport == nullptr ||
          std::find(taken.begin(), taken.end(), transport->id) != taken.end()) {
        continue;
      }
      taken.push_back(transport->id);
      return transport;
    }
    return nullptr;
  }

  size_t AddTransport(size_t tag, const Transport* transport) {
    const sdp::MediaSection& offered = offer_.sections[tag];
    Blueprint::TransportPlan plan{.mline_index = tag,
                                  .mid = session_.sections[tag].mid};
    const auto theirs = sdp::EffectiveIceCredentials(offer_, offered);
    if (transport) plan.id = transport->id;
    const bool same = transport && transport->remote &&
                      transport->remote->credentials.ufrag == theirs.ufrag &&
                      transport->remote->credentials.pwd == theirs.pwd;
    plan.local = same ? transport->local : MakeIceCredentials(random_);
    plan.role = ChooseRole(sdp::EffectiveSetup(offer_, offered), transport);
    blueprint_->transports.push_back(std::move(plan));
    return blueprint_->transports.size() - 1;
  }

  // RFC 8842 section 5.3: what the offer leaves us, the role in use if it may
  // stay, or else active.
  static DtlsRole ChooseRole(std::optional<sdp::Setup> offered,
                             const Transport* transport) {
    if (offered == sdp::Setup::kActive) return DtlsRole::kServer;
    if (offered == sdp::Setup::kPassive) return DtlsRole::kClient;
    if (transport && transport->dtls_role) return *transport->dtls_role;
    return DtlsRole::kClient;
  }

  // --- Writing ---

  std::vector<std::string> OfferedIceOptions() const {
    std::vector<std::string> result;
    for (const char* option : {"trickle", "ice2"}) {
      const bool offered =
          Has(offer_.transport.ice_options, option) ||
          std::any_of(offer_.sections.begin(), offer_.sections.end(),
                      [&](const sdp::MediaSection& section) {
                        return Has(section.transport.ice_options, option);
                      });
      if (offered) result.emplace_back(option);
    }
    return result;
  }

  void WriteGroups(sdp::Description& description) const {
    for (const std::vector<size_t>& members : bundle_.groups) {
      sdp::Group group{.semantics = "BUNDLE"};
      for (const size_t i : members) {
        if (decisions_[i].accepted)
          group.mids.push_back(offer_.sections[i].mid);
      }
      if (!group.mids.empty()) description.groups.push_back(std::move(group));
    }
  }

  Blueprint::SectionPlan PlanOf(size_t i) const {
    const Section& section = session_.sections[i];
    const Decision& decision = decisions_[i];
    Blueprint::SectionPlan plan{.kind = section.kind,
                                .mid = section.mid,
                                .transceiver = section.transceiver,
                                .rejected = !decision.accepted,
                                .bundled = bundle_.group_of[i].has_value(),
                                .msid_shown = section.msid_shown,
                                .transport = decision.transport,
                                .media = decision.media};
    if (!decision.accepted || decision.transceiver == nullptr) return plan;
    const sdp::MediaSection& offered = offer_.sections[i];
    // Also where the offer does not let us send now: W3C's "check if
    // negotiation is needed" looks for them.
    if (Sends(decision.transceiver->direction)) plan.msid_shown = true;
    if (Sends(decision.direction)) {
      plan.send_rids = SendRids(*decision.transceiver, offered);
    }
    if (Receives(decision.direction)) {
      plan.recv_rids = SimulcastRids(offered, sdp::RidDirection::kSend);
    }
    return plan;
  }

  // What the other end wants to receive and we have encodings for.
  static std::vector<std::string> SendRids(const Transceiver& transceiver,
                                           const sdp::MediaSection& offered) {
    const std::vector<std::string> wanted =
        SimulcastRids(offered, sdp::RidDirection::kRecv);
    std::vector<std::string> rids;
    for (const Encoding& encoding : transceiver.encodings) {
      if (Has(wanted, encoding.rid)) rids.push_back(encoding.rid);
    }
    return rids;
  }

  void Write(size_t i, sdp::MediaSection& section) {
    const sdp::MediaSection& offered = offer_.sections[i];
    const Decision& decision = decisions_[i];
    section.mid = offered.mid;
    if (!decision.accepted) {
      WriteRejected(offered, section);
      return;
    }
    StartSection(offered.media, offered.protocol, section);
    const Blueprint::TransportPlan& transport =
        blueprint_->transports[*decision.transport];
    const bool carries = transport.mline_index == i;
    if (decision.media) {
      WriteMedia(offered, decision, carries, blueprint_->sections[i], section);
    } else {
      WriteData(offered, section);
    }
    if (carries) WriteTransport(session_, transport, section);
  }

  static void WriteRejected(const sdp::MediaSection& offered,
                            sdp::MediaSection& section) {
    StartRejected(offered.media, offered.protocol, section);
    section.formats = offered.formats;
    if (!offered.codecs.empty()) {
      const Codec& first = offered.codecs.front();
      section.codecs.push_back({.payload_type = first.payload_type,
                                .name = first.name,
                                .clock_rate = first.clock_rate,
                                .channels = first.channels});
    }
    if (sdp::IsRtpSection(offered)) section.direction = Direction::kInactive;
  }

  void WriteMedia(const sdp::MediaSection& offered, const Decision& decision,
                  bool carries, const Blueprint::SectionPlan& plan,
                  sdp::MediaSection& section) const {
    section.direction = decision.direction;
    if (plan.msid_shown) WriteMsids(*decision.transceiver, section);
    // What the other end begins with paused it may (RFC 8853).
    std::vector<std::string> paused =
        PausedRids(decision.transceiver->encodings);
    AppendPausedRids(offered, sdp::RidDirection::kSend, paused);
    WriteRids(plan.send_rids, plan.recv_rids, paused, /*simulcast_of_one=*/true,
              section);
    section.rtcp_mux = offered.rtcp_mux;
    section.rtcp_rsize = offered.rtcp_rsize;
    section.extmap_allow_mixed = offered.extmap_allow_mixed;
    if (carries) section.rtcp.emplace().connection.emplace();
  }

  void WriteData(const sdp::MediaSection& offered,
                 sdp::MediaSection& section) const {
    const Configuration& configuration = *session_.configuration;
    section.max_message_size = configuration.max_message_size;
    if (offered.sctpmaps.empty() || offered.sctp_port) {
      section.formats = offered.formats;
      section.sctp_port = configuration.sctp_port;
      return;
    }
    // The draft before RFC 8841, which old browsers speak.
    section.formats.push_back(std::to_string(configuration.sctp_port));
    section.sctpmaps.push_back({.port = configuration.sctp_port,
                                .protocol = "webrtc-datachannel",
                                .streams = offered.sctpmaps.front().streams});
  }

  const Session& session_;
  const sdp::Description& offer_;
  const Bundle bundle_;
  const AnswerOptions options_;
  Random& random_;
  Numbering numbering_;
  std::shared_ptr<Blueprint> blueprint_;
  std::vector<Decision> decisions_;
  std::optional<size_t> data_;  // the data section to accept
};

}  // namespace

absl::Status CheckCanCreateAnswer(const Session& session) {
  if (NextState(session.state, Side::kLocal, SdpType::kAnswer).ok()) {
    return absl::OkStatus();
  }
  const bool closed = session.state == SignalingState::kClosed;
  const std::string state(SignalingStateName(session.state));
  return MakeError(
      closed ? Reason::kPeerClosed : Reason::kSignalingState,
      closed ? "createAnswer: the peer connection is closed"
             : "createAnswer is not allowed in signaling state " + state,
      {{"state", state}, {"operation", "createAnswer"}});
}

absl::StatusOr<CreatedDescription> CreateAnswer(const Session& session,
                                                Random& random,
                                                const AnswerOptions& options) {
  absl::Status status = CheckCanCreateAnswer(session);
  if (!status.ok()) return status;
  if (session.configuration->fingerprints.empty()) {
    return MakeError(Reason::kCertificateGeneration,
                     "createAnswer: the certificate is not ready");
  }
  if (session.last_answer &&
      session.last_answer->blueprint->revision == session.revision &&
      session.last_answer->blueprint->options.voice_activity_detection ==
          options.voice_activity_detection) {
    return *session.last_answer;
  }
  const sdp::Description& offer = session.pending_remote->body->parsed;
  absl::StatusOr<Bundle> bundle = ReadBundle(offer);
  if (!bundle.ok()) return bundle.status();
  return AnswerBuilder(session, offer, *std::move(bundle), options, random)
      .Build();
}

}  // namespace parley::jsep
