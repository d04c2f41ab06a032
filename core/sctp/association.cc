#include "core/sctp/association.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/sctp/endpoint.h"
#include "core/sctp/send_queue.h"
#include "core/sctp/stack_core.h"

namespace parley::sctp {

std::string_view StateName(State state) {
  switch (state) {
    case State::kNew:
      return "new";
    case State::kConnecting:
      return "connecting";
    case State::kConnected:
      return "connected";
    case State::kClosed:
      return "closed";
  }
  return "";
}

// The half that is on the executor. Lives as long as a call into it, though an
// observer's callback may have destroyed the Association; `observer_` is null
// from then on.
class Association::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(std::shared_ptr<Stack::Core> core, AssociationOptions options,
       Executor& executor, Observer& observer)
      : core_(std::move(core)),
        options_(options),
        executor_(executor),
        observer_(&observer) {
    options_.streams = std::clamp<uint16_t>(options_.streams, 1, kMaxStreams);
  }

  void Detach();
  absl::Status Connect(uint16_t local_port, uint16_t remote_port);
  void HandlePacket(std::span<const uint8_t> packet);
  void Send(OutgoingMessage message);
  void ResetStreams(std::span<const uint16_t> streams);
  void SetReceiving(bool receiving);
  void Close();

  State state() const { return state_; }
  size_t queued_bytes() const { return queue_.bytes(); }
  std::optional<AssociationStats> stats() const;

 private:
  struct SentBytes {
    uint16_t stream = 0;
    size_t bytes = 0;
  };
  // What is to be told to the observer.
  struct Report {
    EndpointOutput output;
    std::vector<SentBytes> sent;
  };

  bool Alive() const { return observer_ != nullptr; }
  bool Open() const {
    return state_ == State::kConnecting || state_ == State::kConnected;
  }
  void Work();
  Report FlushQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex());
  void Deliver(Report report);
  void DeliverOne(Report& report);
  void DeliverPackets(const EndpointOutput& output);
  void Handle(Connected event);
  void Handle(Closed event);
  void Handle(StreamsReset event);
  void Handle(IncomingMessage message);
  void SetState(State state, StreamCounts streams, const absl::Status& why);

  const std::shared_ptr<Stack::Core> core_;
  AssociationOptions options_;
  Executor& executor_;
  Observer* observer_;

  State state_ = State::kNew;
  bool receiving_ = true;
  SendQueue queue_;
  std::vector<Report> reports_;
  bool delivering_ = false;

  std::unique_ptr<Endpoint> endpoint_;  // its methods want core_->mutex()
};

void Association::Impl::Detach() {
  observer_ = nullptr;
  if (endpoint_ == nullptr) return;
  absl::MutexLock lock(&core_->mutex());
  endpoint_->Close();
}

absl::Status Association::Impl::Connect(uint16_t local_port,
                                        uint16_t remote_port) {
  if (state_ != State::kNew) return absl::OkStatus();
  const auto self = shared_from_this();
  Report report;
  {
    absl::MutexLock lock(&core_->mutex());
    endpoint_ = std::make_unique<Endpoint>(
        *core_, options_, [weak = weak_from_this(), &executor = executor_] {
          executor.Post([weak] {
            if (const auto self = weak.lock()) self->Work();
          });
        });
    const absl::Status opened = endpoint_->Open(local_port, remote_port);
    if (!opened.ok()) {
      endpoint_.reset();
      return opened;
    }
    endpoint_->SetReceiving(receiving_);
    report.output = endpoint_->TakeOutput();
  }
  SetState(State::kConnecting, {}, absl::OkStatus());
  Deliver(std::move(report));
  return absl::OkStatus();
}

void Association::Impl::HandlePacket(std::span<const uint8_t> packet) {
  if (!Open()) return;
  const auto self = shared_from_this();
  Report report;
  {
    absl::MutexLock lock(&core_->mutex());
    endpoint_->Input(packet);
    report = FlushQueue();
  }
  Deliver(std::move(report));
}

void Association::Impl::Work() {
  if (!Alive() || !Open()) return;
  Report report;
  {
    absl::MutexLock lock(&core_->mutex());
    report = FlushQueue();
  }
  Deliver(std::move(report));
}

void Association::Impl::Send(OutgoingMessage message) {
  if (state_ == State::kClosed || message.payload.empty()) return;
  const auto self = shared_from_this();
  queue_.Push(std::move(message));
  if (state_ == State::kConnected) Work();
}

void Association::Impl::ResetStreams(std::span<const uint16_t> streams) {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  for (const uint16_t stream : streams) queue_.PushReset(stream);
  if (state_ == State::kConnected) Work();
}

void Association::Impl::SetReceiving(bool receiving) {
  receiving_ = receiving;
  if (!Open()) return;
  const auto self = shared_from_this();
  Report report;
  {
    absl::MutexLock lock(&core_->mutex());
    endpoint_->SetReceiving(receiving);
    report.output = endpoint_->TakeOutput();
  }
  Deliver(std::move(report));
}

void Association::Impl::Close() {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  EndpointOutput output;
  if (endpoint_ != nullptr) {
    absl::MutexLock lock(&core_->mutex());
    endpoint_->Close();
    output = endpoint_->TakeOutput();
  }
  // What came in is nobody's any more; what goes out ends with the ABORT.
  reports_.clear();
  DeliverPackets(output);
  Handle(Closed{});
}

std::optional<AssociationStats> Association::Impl::stats() const {
  if (state_ != State::kConnected) return std::nullopt;
  absl::MutexLock lock(&core_->mutex());
  return endpoint_->Stats();
}

Association::Impl::Report Association::Impl::FlushQueue() {
  Report report;
  // Each stream once, however often it was asked for.
  std::set<uint16_t> resets;
  while (state_ == State::kConnected && !queue_.empty()) {
    const SendQueue::Next next = queue_.Front();
    if (next.reset) {
      resets.insert(next.stream);
      queue_.Drop();
      continue;
    }
    const auto taken = endpoint_->Write(*next.message, next.rest);
    if (taken == 0) break;
    report.sent.push_back({next.stream, taken ? *taken : next.rest.size()});
    if (taken) {
      queue_.Sent(*taken);
    } else {
      queue_.Drop();
    }
  }
  if (!resets.empty()) endpoint_->ResetStreams(resets);
  report.output = endpoint_->TakeOutput();
  return report;
}

// An observer's callback may cause more reports; they are told after this one.
void Association::Impl::Deliver(Report report) {
  if (report.output.empty() && report.sent.empty()) return;
  reports_.push_back(std::move(report));
  if (delivering_) return;
  const auto self = shared_from_this();
  delivering_ = true;
  while (Alive() && !reports_.empty()) {
    std::vector<Report> reports = std::exchange(reports_, {});
    for (Report& one : reports) DeliverOne(one);
  }
  delivering_ = false;
}

void Association::Impl::DeliverPackets(const EndpointOutput& output) {
  size_t begin = 0;
  for (const size_t end : output.packet_ends) {
    if (!Alive() || state_ == State::kClosed) return;
    observer_->OnSctpPacket({output.packets.data() + begin, end - begin});
    begin = end;
  }
}

void Association::Impl::DeliverOne(Report& report) {
  size_t begin = 0;
  for (const size_t end : report.output.packet_ends) {
    if (!Alive()) return;
    observer_->OnSctpPacket(
        {report.output.packets.data() + begin, end - begin});
    begin = end;
  }
  for (const SentBytes& sent : report.sent) {
    if (!Alive() || state_ == State::kClosed) break;
    observer_->OnBytesSent(sent.stream, sent.bytes);
  }
  for (EndpointEvent& event : report.output.events) {
    if (!Alive() || state_ == State::kClosed) return;
    std::visit([this](auto& one) { Handle(std::move(one)); }, event);
  }
}

void Association::Impl::Handle(Connected event) {
  SetState(State::kConnected, event.streams, absl::OkStatus());
  Work();  // what waited for this
}

void Association::Impl::Handle(Closed event) {
  if (state_ == State::kClosed) return;
  queue_.Clear();
  SetState(State::kClosed, {}, event.why);
}

void Association::Impl::Handle(StreamsReset event) {
  if (event.incoming) return observer_->OnIncomingStreamsReset(event.streams);
  observer_->OnOutgoingStreamsReset(event.streams);
  Work();  // messages may have waited for it
}

void Association::Impl::Handle(IncomingMessage message) {
  observer_->OnSctpMessage(std::move(message));
}

void Association::Impl::SetState(State state, StreamCounts streams,
                                 const absl::Status& why) {
  state_ = state;
  if (Alive()) observer_->OnSctpState(state, streams, why);
}

Association::Association(Stack& stack, AssociationOptions options,
                         Executor& executor, Observer& observer)
    : impl_(std::make_shared<Impl>(stack.core_, options, executor, observer)) {}

Association::~Association() { impl_->Detach(); }

absl::Status Association::Connect(uint16_t local_port, uint16_t remote_port) {
  return impl_->Connect(local_port, remote_port);
}
void Association::HandlePacket(std::span<const uint8_t> packet) {
  impl_->HandlePacket(packet);
}
void Association::Send(OutgoingMessage message) {
  impl_->Send(std::move(message));
}
void Association::ResetStreams(std::span<const uint16_t> streams) {
  impl_->ResetStreams(streams);
}
void Association::SetReceiving(bool receiving) {
  impl_->SetReceiving(receiving);
}
void Association::Close() { impl_->Close(); }
State Association::state() const { return impl_->state(); }
size_t Association::queued_bytes() const { return impl_->queued_bytes(); }
std::optional<AssociationStats> Association::stats() const {
  return impl_->stats();
}

}  // namespace parley::sctp
