#include "service/exchange_stream.h"

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/pool/names.h"
#include "service/convert_basic.h"
#include "service/exchange_peer.h"
#include "service/status.h"
#include "service/unary.h"

namespace parley::service {
namespace {

// Beyond, attachments hold messages back and nothing more is read.
constexpr size_t kMaxPendingBytes = 1 << 20;
constexpr size_t kFrameOverheadBytes = 64;
constexpr int kMaxAttachments = 4096;
// So few peers are not worth looking through for those that have gone.
constexpr size_t kFewPeers = 64;
// Each is an object many times the size of its few bytes.
constexpr size_t kMaxFrames = 4096;

// The name of the peer: of itself, or of its channel.
absl::StatusOr<std::string> PeerOf(const std::string& name) {
  if (const auto channel = pool::ParseDataChannelName(name); channel.ok()) {
    return std::string(channel->owner);
  }
  const auto peer = pool::ParsePeerName(name);
  if (!peer.ok()) return peer.status();
  return name;
}

size_t Bytes(const v1::DataMessage& message) {
  return message.text().size() + message.binary().size();
}

}  // namespace

ExchangeStream* ExchangeStream::Start(const Core& core,
                                      grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<ExchangeStream>(core, context);
  stream->self_ = stream;
  if (absl::Status refused = stream->call_.Admit(); !refused.ok()) {
    stream->End(refused);
    return stream.get();
  }
  stream->StartRead(&stream->request_);
  return stream.get();
}

// --- Reading ---

void ExchangeStream::OnReadDone(bool ok) {
  if (!ok) return HalfClose();
  const absl::Status checked = Check(request_);
  if (!checked.ok()) return End(checked);
  auto runs = Sort(request_);
  if (!runs.ok()) return End(runs.status());
  {
    absl::MutexLock lock(&mutex_);
    // One more than there are, so that reading goes on after all were given.
    frames_left_ = runs->size() + 1;
  }
  for (Run& run : *runs) run.peer->Handle(std::move(run.frames));
  FramesDone();
}

absl::Status ExchangeStream::Check(const v1::ExchangeRequest& request) const {
  size_t bytes = 0;
  for (const v1::ClientFrame& frame : request.frames()) {
    bytes += Bytes(frame.message());
  }
  if (request.frames_size() <= 1) return absl::OkStatus();
  absl::Status fits =
      CheckLimit("frames", static_cast<size_t>(request.frames_size()), "frames",
                 kMaxFrames);
  if (!fits.ok()) return fits;
  return CheckLimit("frames", bytes, "bytes of messages",
                    core_.options.max_exchange_bytes);
}

// Lets go of peers of which nothing is attached any more: those that came and
// went cost a long stream nothing. All frames read before were dealt with.
void ExchangeStream::ForgetIdle() {
  if (peers_.size() < forget_beyond_) return;
  std::erase_if(peers_, [](const auto& one) { return one.second->idle(); });
  forget_beyond_ = std::max(kFewPeers, 2 * peers_.size());
  std::vector<std::shared_ptr<ExchangePeer>> gone;  // destroyed unlocked
  absl::MutexLock lock(&mutex_);
  std::erase_if(written_, [&gone](const auto& one) {
    if (!one.first.first->idle()) return false;
    gone.push_back(one.first.first);
    return true;
  });
}

absl::StatusOr<std::vector<ExchangeStream::Run>> ExchangeStream::Sort(
    v1::ExchangeRequest& request) {
  ForgetIdle();
  std::vector<Run> runs;
  int attaching = 0;
  for (int i = 0; i < request.frames_size(); ++i) {
    v1::ClientFrame& frame = *request.mutable_frames(i);
    const auto path = [i](std::string_view field) {
      return FieldPath("frames", static_cast<size_t>(i), field);
    };
    if (frame.frame_case() == v1::ClientFrame::FRAME_NOT_SET) {
      return BadField(path("frame"), "is missing");
    }
    if (frame.name().empty()) {
      if (name_.empty()) return BadField(path("name"), "is missing");
      frame.set_name(name_);
    }
    if (frame.name().size() > pool::kMaxNameBytes) {
      return TooMuch(path("name"), frame.name().size(), "bytes",
                     pool::kMaxNameBytes);
    }
    name_ = frame.name();
    if (frame.has_attach()) {
      absl::MutexLock lock(&mutex_);
      // Those of this request come about later.
      if (attachments_ + attaching >= kMaxAttachments ||
          peers_.size() >= static_cast<size_t>(kMaxAttachments)) {
        return TooMuch("frames",
                       static_cast<uint64_t>(attachments_ + attaching) + 1,
                       "attachments", kMaxAttachments);
      }
      ++attaching;
    }
    const auto peer = FindPeer(name_, frame);
    if (!peer) continue;
    if (runs.empty() || runs.back().peer != peer) runs.push_back({peer, {}});
    runs.back().frames.push_back(std::move(frame));
  }
  return runs;
}

// Null: the frame was answered.
std::shared_ptr<ExchangePeer> ExchangeStream::FindPeer(
    const std::string& name, const v1::ClientFrame& frame) {
  absl::StatusOr<std::string> peer_name = PeerOf(name);
  absl::Status status = peer_name.status();
  if (status.ok()) {
    const auto known = peers_.find(*peer_name);
    if (known != peers_.end()) return known->second;
    auto found = core_.pool.Find(*call_.caller().tenant, *peer_name);
    if (found.ok()) {
      if (frame.has_attach()) {
        return peers_[*peer_name] = std::make_shared<ExchangePeer>(
                   shared_from_this(), *std::move(found));
      }
      status = BadField("name", "was not attached on this stream");
    } else {
      status = found.status();
    }
  }
  v1::ServerFrame refusal;
  refusal.mutable_detached()->set_reason(v1::DETACH_REASON_REFUSED);
  ToProto(status, refusal.mutable_detached()->mutable_error());
  Send(name, std::move(refusal));
  return nullptr;
}

void ExchangeStream::FramesDone() {
  {
    absl::MutexLock lock(&mutex_);
    if (--frames_left_ > 0) return;
  }
  ReadOn();
}

void ExchangeStream::ReadOn() {
  bool read = false;
  {
    absl::MutexLock lock(&mutex_);
    if (!end_ && !half_closed_) {
      read = pending_.bytes < kMaxPendingBytes;
      reading_held_ = !read;
      if (read) ++beginning_reads_;
    }
  }
  if (read) {
    StartRead(&request_);
    absl::MutexLock lock(&mutex_);
    --beginning_reads_;
  }
  Advance();
}

// The client will send no more; or the call has broken, which only its end will
// tell.
void ExchangeStream::HalfClose() {
  {
    absl::MutexLock lock(&mutex_);
    half_closed_ = true;
    frames_left_ = peers_.size() + 1;
  }
  for (const auto& [name, peer] : peers_) peer->HalfClose();
  FramesDone();
}

// --- Writing ---

void ExchangeStream::Append(std::string_view name, v1::ServerFrame frame) {
  if (name != last_name_) {
    frame.set_name(std::string(name));
    last_name_ = name;
  }
  pending_.bytes += Bytes(frame.message()) + kFrameOverheadBytes;
  *pending_.response.add_frames() = std::move(frame);
}

void ExchangeStream::Send(std::string_view name, v1::ServerFrame frame) {
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    Append(name, std::move(frame));
  }
  Advance();
}

void ExchangeStream::SendMessage(std::string_view name, v1::ServerFrame frame,
                                 const std::shared_ptr<ExchangePeer>& peer,
                                 sctp::ChannelKey channel, uint64_t sequence) {
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    Append(name, std::move(frame));
    std::vector<Receipt>& receipts = pending_.receipts;
    if (receipts.empty() || receipts.back().peer != peer ||
        receipts.back().channel != channel) {
      receipts.push_back({peer, channel, sequence});
    }
    receipts.back().sequence = sequence;
  }
  Advance();
}

bool ExchangeStream::HasRoom(const std::shared_ptr<ExchangePeer>& peer) {
  absl::MutexLock lock(&mutex_);
  if (finished_) return false;
  if (pending_.bytes < kMaxPendingBytes) return true;
  for (const auto& one : starved_) {
    if (one == peer) return false;
  }
  starved_.push_back(peer);
  return false;
}

absl::Status ExchangeStream::TakeAttachment() {
  absl::MutexLock lock(&mutex_);
  if (attachments_ >= kMaxAttachments) {
    return TooMuch("attach", static_cast<uint64_t>(attachments_) + 1,
                   "attachments", kMaxAttachments);
  }
  ++attachments_;
  return absl::OkStatus();
}

void ExchangeStream::ForgetWritten(const std::shared_ptr<ExchangePeer>& peer,
                                   sctp::ChannelKey channel) {
  absl::MutexLock lock(&mutex_);
  written_.erase({peer, channel});
}

void ExchangeStream::CountAttachments(int difference) {
  {
    absl::MutexLock lock(&mutex_);
    attachments_ += difference;
  }
  if (difference < 0) Advance();
}

void ExchangeStream::Advance() {
  std::optional<absl::Status> end;
  {
    absl::MutexLock lock(&mutex_);
    if (writing_ || beginning_reads_ > 0 || finished_) return;
    if (!end_ && half_closed_ && frames_left_ == 0 && attachments_ == 0 &&
        pending_.response.frames_size() == 0) {
      end_ = absl::OkStatus();
    }
    if (end_) {
      finished_ = true;
      end = end_;
    } else if (pending_.response.frames_size() > 0) {
      writing_ = true;
      writing_batch_ = std::exchange(pending_, Batch());
      writing_batch_.after_half_close = half_closed_;
    } else {
      return;
    }
  }
  if (!end) return StartWrite(&writing_batch_.response);
  call_.NoteEnd("", *end);
  Finish(ToGrpcStatus(*end));
}

void ExchangeStream::OnWriteDone(bool ok) {
  Written told;
  std::vector<std::shared_ptr<ExchangePeer>> starved;
  bool read = false;
  {
    absl::MutexLock lock(&mutex_);
    for (const Receipt& receipt : writing_batch_.receipts) {
      written_[{receipt.peer, receipt.channel}] = receipt.sequence;
    }
    // A broken call looks like a half-close, and what was written before may be
    // lost. But nothing can be written to it any more: this was none.
    if (ok && writing_batch_.after_half_close) {
      told = std::exchange(written_, {});
    }
    if (!ok && !end_) end_ = MakeError(Reason::kCancelled, "the call broke");
    if (pending_.bytes < kMaxPendingBytes) {
      starved = std::exchange(starved_, {});
      read = std::exchange(reading_held_, false);
    }
    // The next write may begin, and even end, as soon as the lock is released.
    writing_ = false;
  }
  for (const auto& [end, sequence] : told) {
    end.first->Written(end.second, sequence);
  }
  Advance();
  for (const auto& peer : starved) peer->PumpAll();
  if (read) ReadOn();
}

// --- The end ---

void ExchangeStream::End(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    if (!end_) end_ = status;
  }
  Advance();
}

// What is being written then ends too, and unwritten.
void ExchangeStream::OnCancel() {
  End(MakeError(Reason::kCancelled, "the caller gave up"));
}

void ExchangeStream::OnDone() {
  bool in_order = false;
  {
    absl::MutexLock lock(&mutex_);
    // They keep the peers' ends, which keep the stream.
    starved_.clear();
    pending_ = Batch();
    finished_ = true;
    in_order = half_closed_ && end_ && end_->ok();
    written_.clear();
  }
  // What was written to a call that ended in order was delivered, as far as
  // anybody here can know.
  const bool delivered = in_order && !context_->IsCancelled();
  for (const auto& [name, peer] : peers_) peer->Close(delivered);
  peers_.clear();
  writing_batch_ = Batch();
  self_.reset();
}

}  // namespace parley::service
