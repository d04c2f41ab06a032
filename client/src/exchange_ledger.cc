#include "client/src/exchange_ledger.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/src/strings.h"
#include "parley/error_info.h"
#include "parley/names.h"

namespace parley::client::internal {
namespace {

// Far below the server's limit, and enough to fill a network.
constexpr size_t kMaxRequestBytes = 256 * 1024;
// The server's limit.
constexpr int kMaxRequestFrames = 4096;

// Why messages that wait will not be sent.
absl::Status WhyDetached(const v1::Detached& detached) {
  if (detached.has_error()) return ToStatus(detached.error());
  if (detached.reason() == v1::DETACH_REASON_CHANNEL_CLOSED) {
    return NotOpen(v1::DATA_CHANNEL_STATE_CLOSED);
  }
  return absl::CancelledError("the session has let go of the data channel");
}

}  // namespace

void ExchangeLedger::Attach(std::string_view name, const v1::Attach& attach) {
  if (PeerOf(name) == name) {
    peers_.insert_or_assign(std::string(name), attach);
  } else {
    const auto [it, inserted] =
        channels_.try_emplace(std::string(name), attach);
    it->second.named = true;
    former_.erase(it->first);
    if (it->second.ledger.attached()) return;
  }
  v1::ClientFrame& frame = control_.emplace_back();
  frame.set_name(std::string(name));
  *frame.mutable_attach() = attach;
}

void ExchangeLedger::Detach(std::string_view name) {
  if (const auto peer = peers_.find(name); peer != peers_.end()) {
    peers_.erase(peer);
  } else if (const auto it = channels_.find(name); it != channels_.end()) {
    if (std::exchange(it->second.detaching, true)) return;
  } else {
    return;
  }
  v1::ClientFrame& frame = control_.emplace_back();
  frame.set_name(std::string(name));
  frame.mutable_detach();
}

void ExchangeLedger::DetachAll() {
  while (!peers_.empty()) Detach(std::string(peers_.begin()->first));
  for (auto it = channels_.begin(); it != channels_.end();) {
    if (it->second.named || it->second.ledger.attached()) {
      Detach(it->first);
      ++it;
    } else {
      it = channels_.erase(it);  // known to this side alone
    }
  }
}

absl::Status ExchangeLedger::Send(std::string_view channel,
                                  v1::DataMessage message, SendDone done) {
  if (const auto it = former_.find(channel); it != former_.end()) {
    return it->second;
  }
  Channel* const to = Find(channel);
  if (to == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the session is not attached to ", ToAbsl(channel), " or its peer"));
  }
  size_t waiting = 0;
  for (const auto& [name, other] : channels_) {
    waiting += other.ledger.unaccepted_bytes();
  }
  if (waiting > 0 && waiting + SizeOf(message) > max_unaccepted_bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "more than ", max_unaccepted_bytes_,
        " bytes wait to be accepted (max_unaccepted_bytes); wait for some"));
  }
  return to->ledger.Send(std::move(message), std::move(done));
}

void ExchangeLedger::Acknowledge(std::string_view channel, uint64_t sequence) {
  const auto it = channels_.find(channel);
  if (it != channels_.end()) it->second.ledger.Acknowledge(sequence);
}

void ExchangeLedger::OnNewStream() {
  last_name_in_.clear();
  last_name_out_.clear();
  control_.clear();
  // Channels first: by their names they go on where they were.
  for (auto& [name, channel] : channels_) {
    channel.ledger.OnNewStream();
    if (!channel.named && !channel.ledger.ever_attached()) continue;
    v1::ClientFrame& frame = control_.emplace_back();
    frame.set_name(name);
    *frame.mutable_attach() = channel.ledger.NextAttach();
    if (!channel.detaching) continue;
    v1::ClientFrame& detach = control_.emplace_back();
    detach.set_name(name);
    detach.mutable_detach();
  }
  for (const auto& [name, attach] : peers_) {
    v1::ClientFrame& frame = control_.emplace_back();
    frame.set_name(name);
    *frame.mutable_attach() = attach;
    const auto had = std::any_of(channels_.begin(), channels_.end(),
                                 [&peer = name](const auto& entry) {
                                   return PeerOf(entry.first) == peer &&
                                          entry.second.ledger.ever_attached();
                                 });
    if (had) frame.mutable_attach()->set_take_over(true);
  }
}

void ExchangeLedger::OnResponse(v1::ExchangeResponse response,
                                std::vector<v1::ServerFrame>& frames,
                                Completions& completions) {
  for (v1::ServerFrame& frame : *response.mutable_frames()) {
    if (frame.name().empty()) {
      frame.set_name(last_name_in_);
    } else {
      last_name_in_ = frame.name();
    }
    OnFrame(std::move(frame), frames, completions);
  }
}

void ExchangeLedger::OnFrame(v1::ServerFrame frame,
                             std::vector<v1::ServerFrame>& frames,
                             Completions& completions) {
  if (frame.has_attached()) {
    OnAttached(std::move(frame), frames, completions);
    return;
  }
  if (frame.has_detached()) {
    if (OnDetached(frame, completions)) frames.push_back(std::move(frame));
    return;
  }
  const auto it = channels_.find(frame.name());
  if (it == channels_.end()) return;  // let go of meanwhile
  ChannelLedger& ledger = it->second.ledger;
  switch (frame.frame_case()) {
    case v1::ServerFrame::kMessage:
      if (ledger.OnMessage(frame.message())) frames.push_back(std::move(frame));
      break;
    case v1::ServerFrame::kAcknowledge:
      ledger.OnAcknowledge(frame.acknowledge(), completions);
      break;
    case v1::ServerFrame::kRejected:
      ledger.OnRejected(frame.rejected(), completions);
      break;
    case v1::ServerFrame::kReadyStateChange:
      ledger.OnReadyState(frame.ready_state_change().ready_state(),
                          completions);
      frames.push_back(std::move(frame));
      break;
    default:
      break;  // of a newer server
  }
}

void ExchangeLedger::OnAttached(v1::ServerFrame frame,
                                std::vector<v1::ServerFrame>& frames,
                                Completions& completions) {
  former_.erase(frame.name());
  Channel* const channel = Find(frame.name());
  if (channel == nullptr) return;  // let go of meanwhile
  const v1::DataChannelState before = channel->ledger.ready_state();
  if (channel->ledger.OnAttached(frame.attached(), completions)) {
    frames.push_back(std::move(frame));
    return;
  }
  // Resumed. What the break has hidden is told now.
  const v1::DataChannelState now = channel->ledger.ready_state();
  if (now == before) return;
  v1::ServerFrame change;
  change.set_name(frame.name());
  change.mutable_ready_state_change()->set_ready_state(now);
  frames.push_back(std::move(change));
}

bool ExchangeLedger::OnDetached(const v1::ServerFrame& frame,
                                Completions& completions) {
  const absl::Status why = WhyDetached(frame.detached());
  if (const auto peer = peers_.find(frame.name()); peer != peers_.end()) {
    peers_.erase(peer);
    ForgetPeer(frame.name(), why, completions);
    return true;
  }
  const auto it = channels_.find(frame.name());
  if (it == channels_.end()) return true;
  Channel& channel = it->second;
  if (HasReason(why, "CHANNEL_NOT_OPEN") && channel.ledger.attached() &&
      channel.ledger.reads() && channel.ledger.writes() &&
      frame.detached().reason() == v1::DETACH_REASON_REFUSED) {
    // A message crossed the channel's closing. What the channel has received
    // can still be read.
    channel.ledger.ReadOnly(why, completions);
    v1::ClientFrame& attach = control_.emplace_back();
    attach.set_name(it->first);
    *attach.mutable_attach() = channel.ledger.NextAttach();
    return false;
  }
  channel.ledger.Fail(why, completions);
  former_.emplace(it->first, why);
  channels_.erase(it);
  return true;
}

void ExchangeLedger::ForgetPeer(std::string_view peer, const absl::Status& why,
                                Completions& completions) {
  std::erase_if(former_,
                [&](const auto& entry) { return PeerOf(entry.first) == peer; });
  // What waited for channels to come waits in vain.
  for (auto it = channels_.begin(); it != channels_.end();) {
    Channel& channel = it->second;
    if (PeerOf(it->first) == peer && !channel.named &&
        !channel.ledger.attached()) {
      channel.ledger.Fail(why, completions);
      it = channels_.erase(it);
    } else {
      ++it;
    }
  }
}

ExchangeLedger::Channel* ExchangeLedger::Find(std::string_view name) {
  const auto it = channels_.find(name);
  if (it != channels_.end()) return &it->second;
  const auto peer = peers_.find(PeerOf(name));
  if (peer == peers_.end() || peer->first == name) return nullptr;
  return &channels_.try_emplace(std::string(name), peer->second).first->second;
}

bool ExchangeLedger::Fill(v1::ExchangeRequest& request) {
  // Acknowledgements first: a detach ends the right to them.
  for (auto& [name, channel] : channels_) {
    if (request.frames_size() >= kMaxRequestFrames) return true;
    if (const auto sequence = channel.ledger.AcknowledgementToWrite()) {
      AddFrame(name, request)->mutable_acknowledge()->set_sequence(*sequence);
    }
  }
  for (; !control_.empty(); control_.pop_front()) {
    if (request.frames_size() >= kMaxRequestFrames) return true;
    v1::ClientFrame& control = control_.front();
    const std::string name = control.name();
    control.clear_name();
    v1::ClientFrame* frame = AddFrame(name, request);
    const std::string shown = frame->name();
    *frame = std::move(control);
    frame->set_name(shown);
  }
  FillMessages(request);
  return !request.frames().empty();
}

void ExchangeLedger::FillMessages(v1::ExchangeRequest& request) {
  size_t bytes = 0;
  auto it = channels_.upper_bound(turn_);
  // As many in a row without a message as there are channels: none is left.
  for (size_t idle = 0; idle < channels_.size() && bytes < kMaxRequestBytes &&
                        request.frames_size() < kMaxRequestFrames;
       ++it) {
    if (it == channels_.end()) it = channels_.begin();
    const size_t room = bytes == 0 ? std::numeric_limits<size_t>::max()
                                   : kMaxRequestBytes - bytes;
    const v1::DataMessage* message =
        it->second.detaching ? nullptr : it->second.ledger.NextToWrite(room);
    if (message == nullptr) {
      ++idle;
      continue;
    }
    idle = 0;
    bytes += SizeOf(*message);
    turn_ = it->first;
    *AddFrame(it->first, request)->mutable_message() = *message;
  }
}

v1::ClientFrame* ExchangeLedger::AddFrame(std::string_view name,
                                          v1::ExchangeRequest& request) {
  v1::ClientFrame* frame = request.add_frames();
  if (last_name_out_ != name) {
    last_name_out_ = std::string(name);
    frame->set_name(last_name_out_);
  }
  return frame;
}

void ExchangeLedger::Fail(const absl::Status& status,
                          Completions& completions) {
  for (auto& [name, channel] : channels_) {
    channel.ledger.Fail(status, completions);
  }
  channels_.clear();
  former_.clear();
  peers_.clear();
  control_.clear();
}

size_t ExchangeLedger::unaccepted() const {
  size_t count = 0;
  for (const auto& [name, channel] : channels_) {
    count += channel.ledger.unaccepted();
  }
  return count;
}

}  // namespace parley::client::internal
