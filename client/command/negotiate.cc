#include "client/command/negotiate.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "client/src/durations.h"

namespace parley::command {
namespace {

constexpr absl::Duration kGatherTime = absl::Seconds(5);

v1::IceGatheringState GatheringState(const v1::WatchPeerResponse& update) {
  if (update.has_snapshot()) {
    return update.snapshot().state().ice_gathering_state();
  }
  const v1::Event& event = update.event();
  if (event.has_description_applied()) {
    return event.description_applied().state().ice_gathering_state();
  }
  return event.ice_gathering_state_change().ice_gathering_state();
}

}  // namespace

std::vector<Option> PeerOptions() {
  return {
      {"--data", "LABEL", "with a data channel; may be repeated"},
      {"--audio", "", "with an audio transceiver"},
      {"--video", "", "with a video transceiver"},
      {"--label", "KEY=VALUE", "a mark on the peer; may be repeated"},
      {"--ttl", "TIME", "close the peer when nothing renews it for\nso long"},
      {"--single-port", "", "ICE-lite on the port that all peers share"},
  };
}

Option GatherOption() {
  return {"--gather", "[=TIME]",
          "wait for all candidates, at most so long (5s),\n"
          "and print them in the description"};
}

absl::StatusOr<v1::CreatePeerRequest> PeerRequest(const Arguments& arguments) {
  v1::CreatePeerRequest request;
  for (const std::string& label : arguments.All("--data")) {
    request.add_data_channels()->set_label(label);
  }
  if (arguments.Has("--audio")) {
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
  }
  if (arguments.Has("--video")) {
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_VIDEO);
  }
  if (arguments.Has("--single-port")) {
    request.set_ice_mode(v1::ICE_MODE_SINGLE_PORT);
  }
  const auto labels = arguments.Pairs("--label");
  if (!labels.ok()) return labels.status();
  request.mutable_labels()->insert(labels->begin(), labels->end());
  const auto ttl = arguments.Duration("--ttl");
  if (!ttl.ok()) return ttl.status();
  if (ttl->has_value()) {
    *request.mutable_lease_ttl() = client::internal::ToProto(**ttl);
  }
  return request;
}

absl::StatusOr<std::optional<absl::Duration>> GatherTime(
    const Arguments& arguments) {
  if (!arguments.Has("--gather")) return std::optional<absl::Duration>();
  const auto time = arguments.Duration("--gather");
  if (!time.ok()) return time.status();
  return std::optional<absl::Duration>(time->value_or(kGatherTime));
}

absl::StatusOr<bool> AwaitGathering(const Context& context,
                                    const std::string& peer,
                                    absl::Duration limit) {
  const absl::Time until = std::min(context.deadline, absl::Now() + limit);
  auto watch = context.client.WatchPeer(peer);
  while (true) {
    const auto update = watch.Next(until - absl::Now());
    if (absl::IsDeadlineExceeded(update.status())) return false;
    if (!update.ok()) return update.status();
    if (!update->has_value()) return false;  // closed meanwhile
    if (GatheringState(**update) == v1::ICE_GATHERING_STATE_COMPLETE) {
      return true;
    }
  }
}

absl::StatusOr<std::string> ReadOperand(const Context& context, size_t index) {
  const auto& operands = context.arguments.operands();
  return context.environment.read(index < operands.size() ? operands[index]
                                                          : "-");
}

}  // namespace parley::command
