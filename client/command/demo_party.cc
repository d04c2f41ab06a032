#include "client/command/demo_party.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/command/describe.h"
#include "parley/names.h"

namespace parley::command {
namespace {

using client::W3cName;

// Should the demonstration be killed, its peers go soon.
constexpr int kLeaseSeconds = 60;

// Reads on until the watch ends; every update goes to the inbox.
void ReadOn(std::shared_ptr<client::PeerWatch> watch,
            std::shared_ptr<DemoInbox> inbox, int party) {
  client::PeerWatch& reader = *watch;
  reader.Next([watch = std::move(watch), inbox = std::move(inbox),
               party](absl::StatusOr<client::PeerWatch::Update> update) {
    if (!update.ok()) {
      inbox->Put({party, update.status()});
    } else if (!update->has_value()) {
      inbox->Put({party, absl::OkStatus()});
    } else {
      inbox->Put({party, **std::move(update)});
      ReadOn(watch, inbox, party);
    }
  });
}

}  // namespace

void DemoInbox::Put(DemoItem item) {
  absl::MutexLock lock(&mutex_);
  items_.push_back(std::move(item));
}

std::optional<DemoItem> DemoInbox::Take(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto has_items = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !items_.empty();
  };
  if (!mutex_.AwaitWithDeadline(absl::Condition(&has_items), deadline)) {
    return std::nullopt;
  }
  DemoItem item = std::move(items_.front());
  items_.pop_front();
  return item;
}

DemoParty::DemoParty(const Context& context, int number, std::string name,
                     std::shared_ptr<DemoInbox> inbox, DemoSay say)
    : context_(context),
      number_(number),
      name_(std::move(name)),
      inbox_(std::move(inbox)),
      say_(std::move(say)) {}

DemoParty::~DemoParty() {
  if (watch_ != nullptr) watch_->Cancel();
  if (!peer_.empty()) {
    (void)context_.client.ClosePeer(peer_, {.timeout = absl::Seconds(2)});
  }
}

absl::Status DemoParty::Create(const std::string& label) {
  v1::CreatePeerRequest request;
  request.mutable_lease_ttl()->set_seconds(kLeaseSeconds);
  (*request.mutable_labels())["demo"] = name_;
  if (!label.empty()) request.add_data_channels()->set_label(label);
  const auto reply = context_.client.CreatePeer(request, context_.Options());
  if (!reply.ok()) return reply.status();
  peer_ = reply->peer().name();
  say_(name_, absl::StrCat("createPeer: ", peer_));
  watch_ =
      std::make_shared<client::PeerWatch>(context_.client.WatchPeer(peer_));
  ReadOn(watch_, inbox_, number_);
  return absl::OkStatus();
}

absl::Status DemoParty::Handle(const v1::WatchPeerResponse& update) {
  if (update.has_snapshot()) {
    const v1::PeerState& state = update.snapshot().state();
    for (const auto& channel : state.data_channels()) NoteChannel(channel);
    return state.negotiation_needed() ? MakeOffer() : absl::OkStatus();
  }
  const v1::Event& event = update.event();
  say_(name_,
       absl::StrCat("event ", event.sequence(), ": ", DescribeEvent(event)));
  switch (event.event_case()) {
    case v1::Event::kNegotiationNeeded:
      return MakeOffer();
    case v1::Event::kLocalCandidate:
      Send(event.local_candidate().candidate());
      return absl::OkStatus();
    case v1::Event::kDataChannel:
      NoteChannel(event.data_channel().data_channel());
      return absl::OkStatus();
    case v1::Event::kDataChannelStateChange:
      NoteChannel(event.data_channel_state_change().data_channel());
      return absl::OkStatus();
    case v1::Event::kConnectionStateChange:
      return NoteConnection(event.connection_state_change().connection_state());
    case v1::Event::kDescriptionApplied:
      return NoteConnection(
          event.description_applied().state().connection_state());
    case v1::Event::kClosed:
      closed_ = true;
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

absl::Status DemoParty::Handle(const Signal& signal) {
  if (const auto* description = std::get_if<v1::SessionDescription>(&signal)) {
    return TakeDescription(*description);
  }
  return TakeCandidate(std::get<v1::IceCandidate>(signal));
}

void DemoParty::Send(Signal signal) {
  inbox_->Put({1 - number_, std::move(signal)});
}

absl::Status DemoParty::MakeOffer() {
  say_(name_, "negotiation needed");
  const auto offer = context_.client.CreateOffer(peer_, context_.Options());
  if (!offer.ok()) return offer.status();
  say_(name_, absl::StrCat("createOffer:\n", offer->description().sdp()));
  v1::SetLocalDescriptionRequest request;
  request.set_name(peer_);
  *request.mutable_description() = offer->description();
  const auto set =
      context_.client.SetLocalDescription(request, context_.Options());
  if (!set.ok()) return set.status();
  say_(name_, absl::StrCat("setLocalDescription(offer): ",
                           DescribeState(set->state())));
  say_(name_, "sends the offer by its signaling");
  Send(set->description());
  return absl::OkStatus();
}

absl::Status DemoParty::TakeDescription(
    const v1::SessionDescription& description) {
  const std::string type = W3cName(description.type());
  say_(name_, absl::StrCat("receives the ", type));
  const auto set = context_.client.SetRemoteDescription(peer_, description,
                                                        context_.Options());
  if (!set.ok()) return set.status();
  say_(name_, absl::StrCat("setRemoteDescription(", type,
                           "): ", DescribeState(set->state())));
  if (description.type() != v1::SDP_TYPE_OFFER) return absl::OkStatus();

  const auto answer = context_.client.CreateAnswer(peer_, context_.Options());
  if (!answer.ok()) return answer.status();
  say_(name_, absl::StrCat("createAnswer: ", answer->description().sdp().size(),
                           " bytes"));
  v1::SetLocalDescriptionRequest request;
  request.set_name(peer_);
  *request.mutable_description() = answer->description();
  const auto local =
      context_.client.SetLocalDescription(request, context_.Options());
  if (!local.ok()) return local.status();
  say_(name_, absl::StrCat("setLocalDescription(answer): ",
                           DescribeState(local->state())));
  say_(name_, "sends the answer by its signaling");
  Send(local->description());
  return absl::OkStatus();
}

absl::Status DemoParty::TakeCandidate(const v1::IceCandidate& candidate) {
  v1::AddIceCandidatesRequest request;
  request.set_name(peer_);
  *request.add_candidates() = candidate;
  const auto reply =
      context_.client.AddIceCandidates(request, context_.Options());
  if (!reply.ok()) return reply.status();
  for (const v1::IceCandidateResult& result : reply->results()) {
    say_(name_,
         absl::StrCat("addIceCandidate: ", DescribeCandidateResult(result)));
    if (result.has_error()) return client::ToStatus(result.error());
  }
  return absl::OkStatus();
}

void DemoParty::NoteChannel(const v1::DataChannel& channel) {
  open_channel_ = channel.ready_state() == v1::DATA_CHANNEL_STATE_OPEN
                      ? channel.name()
                      : "";
}

absl::Status DemoParty::NoteConnection(v1::PeerConnectionState state) {
  connected_ = state == v1::PEER_CONNECTION_STATE_CONNECTED;
  if (state != v1::PEER_CONNECTION_STATE_FAILED) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the connection of ", name_,
                                          " failed; parley get ", peer_,
                                          " --full shows its candidates"));
}

absl::Status DemoParty::Close() {
  v1::ClosePeerRequest request;
  request.set_name(peer_);
  request.set_detail("the demonstration is over");
  const auto reply = context_.client.ClosePeer(request, context_.Options());
  if (!reply.ok()) return reply.status();
  peer_.clear();
  say_(name_, "closePeer");
  return absl::OkStatus();
}

}  // namespace parley::command
