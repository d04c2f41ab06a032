// PeerService's GetStats.

#include <utility>

#include "core/pool/names.h"
#include "service/convert_stats.h"
#include "service/peer_service.h"
#include "service/unary.h"

namespace parley::service {
namespace {

// Which of the three a name is of, by its form.
Named KindOf(std::string_view name) {
  if (pool::ParseTransceiverName(name).ok()) return Named::kTransceiver;
  if (pool::ParseDataChannelName(name).ok()) return Named::kDataChannel;
  return Named::kPeer;
}

absl::StatusOr<peer::MeasurementSelector> SelectorOf(Named named,
                                                     uint64_t child) {
  peer::MeasurementSelector selector;
  if (named == Named::kTransceiver) selector.transceiver = child;
  if (named == Named::kDataChannel) {
    const auto key = ToChannelKey(child);
    if (!key.ok()) return key.status();
    selector.channel = *key;
  }
  return selector;
}

}  // namespace

PeerService::Unary* PeerService::GetStats(Context* context,
                                          const v1::GetStatsRequest* request,
                                          v1::GetStatsResponse* response) {
  const Ending ending(core_, "GetStats", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  const Named named = KindOf(request->name());
  const auto subject =
      Find(core_.pool, ending.caller(), named, request->name());
  if (!subject.ok()) return ending.FinishNow(subject.status());
  const auto selector = SelectorOf(named, subject->child);
  if (!selector.ok()) return ending.FinishNow(selector.status());
  subject->peer->Measure(
      *selector,
      [ending, response, selector = *selector](
          absl::StatusOr<peer::Measurement> measured, const peer::View&) {
        if (measured.ok()) {
          ToProto(*measured, selector, response->mutable_report());
        }
        ending.Finish(measured.status());
      });
  return ending.reactor();
}

}  // namespace parley::service
