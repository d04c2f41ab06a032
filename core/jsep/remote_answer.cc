#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "core/jsep/apply.h"
#include "core/jsep/media.h"
#include "core/jsep/settle.h"
#include "core/jsep/simulcast.h"
#include "core/jsep/validate_remote.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

// Those of `ours` that are in `theirs`, in our order.
std::vector<std::string> CommonRids(const std::vector<std::string>& ours,
                                    const std::vector<std::string>& theirs) {
  std::vector<std::string> common;
  for (const std::string& rid : ours) {
    if (std::find(theirs.begin(), theirs.end(), rid) != theirs.end()) {
      common.push_back(rid);
    }
  }
  return common;
}

class RemoteAnswer {
 public:
  RemoteAnswer(const Session& session, const sdp::Description& answer,
               const Bundle& bundle, SdpType type)
      : session_(session),
        offer_(session.pending_local->body->parsed),
        answer_(answer),
        bundle_(bundle) {
    settlement_.answerer = Side::kRemote;
    settlement_.type = type;
    settlement_.sections.resize(answer.sections.size());
  }

  absl::StatusOr<Settlement> Settle() && {
    for (const std::vector<size_t>& members : bundle_.groups) {
      absl::Status status = SettleGroup(members);
      if (!status.ok()) return status;
    }
    for (size_t i = 0; i < answer_.sections.size(); ++i) {
      if (!IsAccepted(i) || bundle_.group_of[i]) continue;
      absl::Status status = SettleAlone(i);
      if (!status.ok()) return status;
    }
    return std::move(settlement_);
  }

 private:
  // What we rejected ourselves stays so, whatever the answer says.
  bool IsAccepted(size_t i) const {
    return answer_.sections[i].port != 0 &&
           !sdp::IsRejected(offer_.sections[i]);
  }

  absl::Status SettleGroup(const std::vector<size_t>& members) {
    std::vector<size_t> accepted;
    for (const size_t i : members) {
      if (IsAccepted(i)) accepted.push_back(i);
    }
    if (accepted.empty()) return absl::OkStatus();
    const Transport* transport = ChooseTransport(accepted);
    if (transport == nullptr) return NoTransport(accepted.front());
    AddTransport(*transport, accepted.front(), members.front());
    for (const size_t i : accepted) {
      absl::Status status = SettleSection(i, transport->id);
      if (!status.ok()) return status;
      settlement_.sections[i].bundled = true;
    }
    return absl::OkStatus();
  }

  absl::Status SettleAlone(size_t i) {
    const Transport* transport = OwnTransport(i);
    if (transport == nullptr) return NoTransport(i);
    AddTransport(*transport, i, i);
    return SettleSection(i, transport->id);
  }

  absl::Status NoTransport(size_t i) const {
    return InvalidSection(answer_, i, "group",
                          "it leaves a bundle that was negotiated");
  }

  // The one that the offer's tag brought, if the answer keeps that section; the
  // first one that any brought, if not.
  const Transport* ChooseTransport(const std::vector<size_t>& accepted) const {
    for (const size_t i : accepted) {
      const Transport* transport =
          FindTransport(session_, session_.sections[i].transport);
      if (transport && transport->mline_index == i) return transport;
    }
    return FindTransport(session_,
                         session_.sections[accepted.front()].transport);
  }

  // The transport with this section's attributes; another section may share it
  // since a provisional answer.
  const Transport* OwnTransport(size_t i) const {
    const Transport* used =
        FindTransport(session_, session_.sections[i].transport);
    if (used && used->mline_index == i) return used;
    for (const Transport& transport : session_.transports) {
      if (transport.mline_index == i) return &transport;
    }
    return nullptr;
  }

  void AddTransport(const Transport& transport, size_t ours, size_t theirs) {
    // Without a=setup the answerer is the active one (RFC 4145 section 4).
    const auto setup = sdp::EffectiveSetup(answer_, answer_.sections[theirs]);
    settlement_.transports.push_back({.id = transport.id,
                                      .mline_index = ours,
                                      .remote_index = theirs,
                                      .role = setup == sdp::Setup::kPassive
                                                  ? DtlsRole::kClient
                                                  : DtlsRole::kServer});
  }

  absl::Status SettleSection(size_t i, TransportId transport) {
    const sdp::MediaSection& offered = offer_.sections[i];
    const sdp::MediaSection& answered = answer_.sections[i];
    SettledSection& settled = settlement_.sections[i];
    settled.rejected = false;
    settled.transport = transport;
    if (!IsMedia(session_.sections[i].kind)) return absl::OkStatus();
    auto media = SettleMedia(offer_, offered, answer_, answered);
    if (!media.ok()) {
      return WithMetadata(media.status(), "mid", session_.sections[i].mid);
    }
    media->rtcp_mux =
        offered.rtcp_mux &&
        SaysInBundle(answer_, bundle_, i, &sdp::MediaSection::rtcp_mux);
    media->rtcp_reduced_size =
        offered.rtcp_rsize &&
        SaysInBundle(answer_, bundle_, i, &sdp::MediaSection::rtcp_rsize);
    settled.media = std::make_shared<MediaParameters>(*std::move(media));
    settled.direction =
        Intersected(sdp::EffectiveDirection(offer_, offered),
                    Reversed(sdp::EffectiveDirection(answer_, answered)));
    const std::vector<std::string> sent =
        SimulcastRids(offered, sdp::RidDirection::kSend);
    // Where the other end does not receive it says nothing about layers.
    settled.simulcast_offered = !sent.empty() && Sends(settled.direction);
    settled.send_rids =
        CommonRids(sent, SimulcastRids(answered, sdp::RidDirection::kRecv));
    settled.recv_rids =
        CommonRids(SimulcastRids(offered, sdp::RidDirection::kRecv),
                   SimulcastRids(answered, sdp::RidDirection::kSend));
    return absl::OkStatus();
  }

  const Session& session_;
  const sdp::Description& offer_;
  const sdp::Description& answer_;
  const Bundle& bundle_;
  Settlement settlement_;
};

}  // namespace

absl::Status ApplyRemoteAnswer(Session& next,
                               std::shared_ptr<const DescriptionBody> answer,
                               const Bundle& bundle, SdpType type) {
  auto settlement = RemoteAnswer(next, answer->parsed, bundle, type).Settle();
  if (!settlement.ok()) return settlement.status();
  Settle(next, *settlement, answer->parsed);
  next.pending_remote = {.type = type, .body = std::move(answer)};
  if (type == SdpType::kAnswer) {
    next.current_remote = std::exchange(next.pending_remote, std::nullopt);
    next.current_local = std::exchange(next.pending_local, std::nullopt);
    FinishExchange(next);
  }
  return absl::OkStatus();
}

}  // namespace parley::jsep
