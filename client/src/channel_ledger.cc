#include "client/src/channel_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "parley/error_info.h"
#include "parley/names.h"

namespace parley::client::internal {

namespace {

// The contract has each message count so much at least.
constexpr size_t kLeastWindowBytes = 64;

size_t WindowBytes(size_t size) { return std::max(size, kLeastWindowBytes); }

bool IsOver(v1::DataChannelState state) {
  return state == v1::DATA_CHANNEL_STATE_CLOSING ||
         state == v1::DATA_CHANNEL_STATE_CLOSED;
}

}  // namespace

size_t SizeOf(const v1::DataMessage& message) {
  return message.has_text() ? message.text().size() : message.binary().size();
}

absl::Status NotOpen(v1::DataChannelState state) {
  const std::string name = W3cName(state);
  v1::Error error;
  error.set_code(static_cast<int>(absl::StatusCode::kFailedPrecondition));
  error.set_reason("CHANNEL_NOT_OPEN");
  error.set_dom_exception("InvalidStateError");
  error.set_message(absl::StrCat("the data channel is ", name));
  (*error.mutable_metadata())["state"] = name;
  return ToStatus(error);
}

v1::Attach ChannelLedger::NextAttach() const {
  v1::Attach attach = attach_;
  if (!ever_attached_) return attach;
  attach.set_take_over(true);  // from the stream that broke
  if (reads()) attach.set_after_sequence(acknowledged_);
  return attach;
}

void ChannelLedger::OnNewStream() {
  attached_ = false;
  written_ = 0;
  written_bytes_ = 0;
  window_ = 0;
}

bool ChannelLedger::OnAttached(const v1::Attached& attached,
                               Completions& completions) {
  attached_ = true;
  if (reads()) {
    // Later on this side knows better what it has received.
    if (!ever_attached_) received_ = attached.acknowledged_sequence();
    acknowledged_ = std::max(acknowledged_, attached.acknowledged_sequence());
    acknowledged_written_ = attached.acknowledged_sequence();
    seen_ = attached.acknowledged_sequence();
  }
  if (writes()) {
    window_ = attached.window();
    if (ever_attached_ && attached.accepted_sequence() > last_number_) {
      // Numbers were used that are not ours: of those that are under way nobody
      // can say any more which were accepted.
      while (!outgoing_.empty() && outgoing_.front().message.has_sequence()) {
        Complete(0,
                 absl::AbortedError("another writer had the channel meanwhile; "
                                    "the message may have been sent"),
                 completions);
      }
    }
    AcceptUpTo(attached.accepted_sequence(), completions);
    last_number_ = std::max(last_number_, attached.accepted_sequence());
  }
  OnReadyState(attached.data_channel().ready_state(), completions);
  return !std::exchange(ever_attached_, true);
}

void ChannelLedger::OnAcknowledge(const v1::Acknowledge& acknowledge,
                                  Completions& completions) {
  if (acknowledge.has_window()) window_ = acknowledge.window();
  AcceptUpTo(acknowledge.sequence(), completions);
}

void ChannelLedger::OnRejected(const v1::Rejected& rejected,
                               Completions& completions) {
  for (size_t i = 0; i < written_; ++i) {
    if (outgoing_[i].message.sequence() == rejected.sequence()) {
      Complete(i, ToStatus(rejected.error()), completions);
      return;
    }
  }
}

bool ChannelLedger::OnMessage(const v1::DataMessage& message) {
  seen_ = std::max(seen_, message.sequence());
  if (message.sequence() <= received_) return false;
  received_ = message.sequence();
  return true;
}

void ChannelLedger::OnReadyState(v1::DataChannelState state,
                                 Completions& completions) {
  ready_state_ = state;
  if (!IsOver(state)) return;
  // Those under way are the server's to judge.
  while (outgoing_.size() > written_) {
    Complete(written_, NotOpen(state), completions);
  }
}

void ChannelLedger::ReadOnly(const absl::Status& status,
                             Completions& completions) {
  Fail(status, completions);
  attach_.set_mode(v1::ATTACH_MODE_RECEIVE);
  OnNewStream();
}

void ChannelLedger::Fail(const absl::Status& status, Completions& completions) {
  while (!outgoing_.empty()) Complete(0, status, completions);
}

absl::Status ChannelLedger::Send(v1::DataMessage message, SendDone done) {
  if (IsOver(ready_state_)) return NotOpen(ready_state_);
  if (!writes()) {
    return absl::FailedPreconditionError(
        "the session is attached to receive only");
  }
  const size_t size = SizeOf(message);
  unaccepted_bytes_ += size;
  message.clear_sequence();
  outgoing_.push_back({std::move(message), size, std::move(done)});
  return absl::OkStatus();
}

void ChannelLedger::Acknowledge(uint64_t sequence) {
  // No further than what came: the server would take it for a fault.
  acknowledged_ = std::max(acknowledged_, std::min(sequence, received_));
}

const v1::DataMessage* ChannelLedger::NextToWrite(size_t room) {
  if (!attached_ || !writes() || written_ == outgoing_.size()) return nullptr;
  Outgoing& next = outgoing_[written_];
  // A message larger than the whole window goes alone: only the server can say
  // whether it is too large.
  if (window_ == 0 || next.size > room ||
      (written_ > 0 && written_bytes_ + WindowBytes(next.size) > window_)) {
    return nullptr;
  }
  if (!next.message.has_sequence()) {
    next.message.set_sequence(++last_number_);
  }
  ++written_;
  written_bytes_ += WindowBytes(next.size);
  return &next.message;
}

std::optional<uint64_t> ChannelLedger::AcknowledgementToWrite() {
  // What an earlier stream brought is acknowledged when this one brings it
  // again: to the server nothing else has been sent.
  const uint64_t sequence = std::min(acknowledged_, seen_);
  if (!attached_ || !reads() || sequence <= acknowledged_written_) {
    return std::nullopt;
  }
  acknowledged_written_ = sequence;
  return sequence;
}

bool ChannelLedger::reads() const {
  return attach_.mode() != v1::ATTACH_MODE_SEND;
}

bool ChannelLedger::writes() const {
  return attach_.mode() != v1::ATTACH_MODE_RECEIVE;
}

void ChannelLedger::AcceptUpTo(uint64_t sequence, Completions& completions) {
  while (!outgoing_.empty() && outgoing_.front().message.has_sequence() &&
         outgoing_.front().message.sequence() <= sequence) {
    Complete(0, absl::OkStatus(), completions);
  }
}

void ChannelLedger::Complete(size_t index, const absl::Status& status,
                             Completions& completions) {
  Outgoing& outgoing = outgoing_[index];
  unaccepted_bytes_ -= outgoing.size;
  if (index < written_) {
    --written_;
    written_bytes_ -= WindowBytes(outgoing.size);
  }
  if (outgoing.done != nullptr) {
    completions.push_back(
        [done = std::move(outgoing.done), status] { done(status); });
  }
  outgoing_.erase(outgoing_.begin() + static_cast<ptrdiff_t>(index));
}

}  // namespace parley::client::internal
