#include "core/dtls/dtls_transport.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "core/base/errors.h"
#include "core/dtls/dtls_record.h"
#include "core/dtls/dtls_session.h"

namespace parley::dtls {
namespace {

constexpr size_t kMaxPlaintext = 16384;
// What is kept before Start: a ClientHello may come in parts, and again.
constexpr size_t kMaxEarlyPackets = 8;
constexpr size_t kMaxEarlyPacketSize = 1500;
// What is kept while an observer that was told of a packet brings the next.
constexpr size_t kMaxBacklog = 64;

}  // namespace

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
    case State::kFailed:
      return "failed";
  }
  return "";
}

// Lives as long as a call into it, though an observer's callback may have
// destroyed the Transport; `observer_` is null from then on.
class Transport::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(std::shared_ptr<Context> context, crypto::CertificateList certificates,
       TransportOptions options, Executor& executor, Observer& observer)
      : context_(std::move(context)),
        certificates_(std::move(certificates)),
        options_(options),
        executor_(executor),
        observer_(&observer) {}

  void Detach() {
    observer_ = nullptr;
    StopTimer();
  }

  void Start(Role role, std::vector<crypto::Fingerprint> fingerprints);
  void HandlePacket(std::span<const uint8_t> packet);
  bool Send(std::span<const uint8_t> data);
  void Close();
  bool MatchesRemote(std::span<const crypto::Fingerprint> fingerprints) const;
  absl::StatusOr<std::vector<uint8_t>> Export(std::string_view label,
                                              size_t size) const;

  State state() const { return state_; }
  std::optional<Role> role() const { return role_; }
  const Counters& counters() const { return counters_; }
  const crypto::CertificateList& certificates() const { return certificates_; }
  const std::vector<std::vector<uint8_t>>& remote_chain() const {
    return remote_chain_;
  }
  const std::optional<SessionInfo>& info() const { return info_; }

 private:
  bool Alive() const { return observer_ != nullptr; }
  void KeepEarly(std::span<const uint8_t> packet);
  void Process(std::span<const uint8_t> packet);
  bool EnsureSession();
  void Handshake(std::span<const uint8_t> packet);
  void FailHandshake(const Outbox& out);
  void Connected();
  void ReadAll(std::span<const uint8_t> packet);
  void RemoteClosed();
  void Fail(absl::Status why);
  void SetState(State state, absl::Status why = absl::OkStatus());
  void Flush(const Outbox& out);
  void KeepHello(const Outbox& out);
  void RepeatHello();
  void StartTimer(std::optional<absl::Duration> delay);
  void StopTimer();
  void OnTimer();

  const std::shared_ptr<Context> context_;
  const crypto::CertificateList certificates_;
  const TransportOptions options_;
  Executor& executor_;
  Observer* observer_;

  State state_ = State::kNew;
  std::optional<Role> role_;
  std::vector<crypto::Fingerprint> remote_fingerprints_;
  // Before Start, and while a packet is being handled: packets for later.
  std::deque<std::vector<uint8_t>> backlog_;
  bool handling_ = false;
  std::unique_ptr<Session> session_;
  // The client's first flight, while it waits for an answer.
  std::vector<std::vector<uint8_t>> hello_;
  absl::Duration hello_interval_;
  Executor::TimerId timer_ = Executor::TimerId::kNone;
  std::vector<std::vector<uint8_t>> remote_chain_;
  std::optional<SessionInfo> info_;
  Counters counters_;
};

void Transport::Impl::Start(Role role,
                            std::vector<crypto::Fingerprint> fingerprints) {
  if (state_ != State::kNew) return;
  const auto self = shared_from_this();
  role_ = role;
  remote_fingerprints_ = std::move(fingerprints);
  std::deque<std::vector<uint8_t>> early;
  early.swap(backlog_);
  SetState(State::kConnecting);
  if (role == Role::kClient) {
    // A client never has use for what came before its ClientHello.
    counters_.packets_dropped += early.size();
    if (state_ == State::kConnecting && EnsureSession()) Handshake({});
    return;
  }
  for (const auto& packet : early) {
    if (Alive()) HandlePacket(packet);
  }
}

void Transport::Impl::KeepEarly(std::span<const uint8_t> packet) {
  if (packet.size() > kMaxEarlyPacketSize) {
    ++counters_.packets_dropped;
    return;
  }
  if (backlog_.size() == kMaxEarlyPackets) {
    backlog_.pop_front();
    ++counters_.packets_dropped;
  }
  backlog_.emplace_back(packet.begin(), packet.end());
}

void Transport::Impl::HandlePacket(std::span<const uint8_t> packet) {
  if (!handling_) ++counters_.packets_received;
  if (!IsRecord(packet) || state_ == State::kClosed ||
      state_ == State::kFailed) {
    ++counters_.packets_dropped;
    return;
  }
  if (state_ == State::kNew) return KeepEarly(packet);
  if (handling_) {
    if (backlog_.size() < kMaxBacklog) {
      backlog_.emplace_back(packet.begin(), packet.end());
    } else {
      ++counters_.packets_dropped;
    }
    return;
  }
  const auto self = shared_from_this();
  handling_ = true;
  Process(packet);
  while (Alive() && !backlog_.empty()) {
    const std::vector<uint8_t> next = std::move(backlog_.front());
    backlog_.pop_front();
    ++counters_.packets_received;
    Process(next);
  }
  handling_ = false;
}

void Transport::Impl::Process(std::span<const uint8_t> packet) {
  if (state_ == State::kConnecting) {
    const bool first = role_ == Role::kServer ? counters_.packets_sent == 0
                                              : session_->AwaitsServerHello();
    if (first && !CanBeFirst(packet, *role_)) {
      ++counters_.packets_dropped;
    } else if (EnsureSession()) {
      Handshake(packet);
    }
  } else if (state_ == State::kConnected) {
    ReadAll(packet);
  } else {
    ++counters_.packets_dropped;
  }
}

bool Transport::Impl::EnsureSession() {
  if (session_ != nullptr) return true;
  session_ = Session::Create(*context_, certificates_, *role_,
                             remote_fingerprints_, options_);
  if (session_ != nullptr) return true;
  Fail(MakeError(Reason::kInternal, "OpenSSL could not begin a handshake"));
  return false;
}

void Transport::Impl::Handshake(std::span<const uint8_t> packet) {
  session_->Offer(packet);
  Outbox out;
  switch (session_->Handshake(out)) {
    case Session::Step::kPending:
      if (session_->AwaitsServerHello()) {
        if (out.size() > 0) KeepHello(out);
      } else {
        hello_.clear();
        StartTimer(session_->Timeout());
      }
      return Flush(out);
    case Session::Step::kComplete:
      StartTimer(session_->Timeout());
      Flush(out);
      if (Alive() && state_ == State::kConnecting) Connected();
      return;
    case Session::Step::kClosed:
      return RemoteClosed();
    case Session::Step::kFailed:
      return FailHandshake(out);
  }
}

void Transport::Impl::FailHandshake(const Outbox& out) {
  // Before we answered a ClientHello anything may come that is none, from
  // whoever can send to this address: it is dropped, and the wait goes on.
  if (role_ == Role::kServer && counters_.packets_sent == 0 && out.size() > 0 &&
      SaysNonsense(out.packet(0))) {
    ++counters_.packets_dropped;
    session_.reset();
    StopTimer();
    return;
  }
  absl::Status why =
      session_->certificate_refused()
          ? MakeError(Reason::kSdpInvalid,
                      "the remote's DTLS certificate matches no fingerprint of "
                      "its description",
                      {{"attribute", "fingerprint"}})
          : MakeError(Reason::kInternal,
                      "the DTLS handshake failed: " + session_->failure());
  Flush(out);
  if (Alive()) Fail(std::move(why));
}

void Transport::Impl::Connected() {
  remote_chain_ = session_->TakeRemoteChain();
  info_ = session_->Info();
  SetState(State::kConnected);
  // The datagram that ended the handshake may have brought data as well.
  if (Alive() && state_ == State::kConnected) ReadAll({});
}

void Transport::Impl::ReadAll(std::span<const uint8_t> packet) {
  std::array<uint8_t, kMaxPlaintext> buffer;
  session_->Offer(packet);
  while (true) {
    Outbox out;
    size_t size = 0;
    const Session::Step step = session_->Read(buffer, size, out);
    Flush(out);
    if (!Alive() || state_ != State::kConnected) return;
    switch (step) {
      case Session::Step::kComplete:
        observer_->OnDtlsData({buffer.data(), size});
        if (!Alive() || state_ != State::kConnected) return;
        break;
      case Session::Step::kPending:
        return session_->ReleaseBuffers();
      case Session::Step::kClosed:
        return RemoteClosed();
      case Session::Step::kFailed:
        return Fail(
            MakeError(Reason::kInternal,
                      "the DTLS association failed: " + session_->failure()));
    }
  }
}

void Transport::Impl::RemoteClosed() {
  Outbox out;
  session_->SayClose(out);  // RFC 5246 7.2.1: answered by our own
  Flush(out);
  if (Alive()) SetState(State::kClosed);
}

bool Transport::Impl::Send(std::span<const uint8_t> data) {
  if (state_ != State::kConnected || data.empty() ||
      data.size() > kMaxPlaintext) {
    return false;
  }
  const auto self = shared_from_this();
  Outbox out;
  if (!session_->Write(data, out)) {
    Fail(MakeError(Reason::kInternal, "a DTLS record could not be written: " +
                                          session_->failure()));
    return false;
  }
  session_->ReleaseBuffers();
  Flush(out);
  return true;
}

void Transport::Impl::Close() {
  if (state_ == State::kClosed || state_ == State::kFailed) return;
  const auto self = shared_from_this();
  if (state_ == State::kConnected) {
    Outbox out;
    session_->SayClose(out);
    Flush(out);
  }
  if (Alive()) SetState(State::kClosed);
}

void Transport::Impl::Fail(absl::Status why) {
  SetState(State::kFailed, std::move(why));
}

void Transport::Impl::SetState(State state, absl::Status why) {
  if (state_ == state || state_ == State::kClosed || state_ == State::kFailed) {
    return;
  }
  state_ = state;
  if (state == State::kClosed || state == State::kFailed) {
    StopTimer();
    session_.reset();
    backlog_.clear();
  }
  if (Alive()) observer_->OnDtlsState(state, why);
}

void Transport::Impl::Flush(const Outbox& out) {
  for (size_t i = 0; i < out.size() && Alive(); ++i) {
    ++counters_.packets_sent;
    observer_->OnDtlsPacket(out.packet(i));
  }
}

void Transport::Impl::KeepHello(const Outbox& out) {
  hello_.clear();
  for (size_t i = 0; i < out.size(); ++i) {
    hello_.emplace_back(out.packet(i).begin(), out.packet(i).end());
  }
  hello_interval_ = options_.first_retransmit;
  StartTimer(hello_interval_);
}

void Transport::Impl::RepeatHello() {
  ++counters_.flights_retransmitted;
  hello_interval_ = std::min(2 * hello_interval_, options_.max_retransmit);
  StartTimer(hello_interval_);
  const std::vector<std::vector<uint8_t>> packets = hello_;
  for (const auto& packet : packets) {
    if (!Alive() || state_ != State::kConnecting) return;
    ++counters_.packets_sent;
    observer_->OnDtlsPacket(packet);
  }
}

void Transport::Impl::StartTimer(std::optional<absl::Duration> delay) {
  StopTimer();
  if (!delay) return;
  timer_ = executor_.RunAfter(*delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnTimer();
  });
}

void Transport::Impl::StopTimer() {
  executor_.Cancel(std::exchange(timer_, Executor::TimerId::kNone));
}

void Transport::Impl::OnTimer() {
  timer_ = Executor::TimerId::kNone;
  if (session_ == nullptr) return;
  if (session_->AwaitsServerHello()) return RepeatHello();
  Outbox out;
  switch (session_->Retransmit(out)) {
    case Session::Step::kComplete:
      ++counters_.flights_retransmitted;
      [[fallthrough]];
    case Session::Step::kPending:
      StartTimer(session_->Timeout());
      return Flush(out);
    case Session::Step::kClosed:
    case Session::Step::kFailed:
      return FailHandshake(out);
  }
}

bool Transport::Impl::MatchesRemote(
    std::span<const crypto::Fingerprint> fingerprints) const {
  return !remote_chain_.empty() &&
         crypto::MatchesAny(fingerprints, remote_chain_.front());
}

absl::StatusOr<std::vector<uint8_t>> Transport::Impl::Export(
    std::string_view label, size_t size) const {
  std::vector<uint8_t> out(size);
  if (state_ != State::kConnected || !session_->Export(label, out)) {
    return MakeError(Reason::kInternal,
                     "keying material is there only while DTLS is connected");
  }
  return out;
}

Transport::Transport(std::shared_ptr<Context> context,
                     crypto::CertificateList certificates,
                     TransportOptions options, Executor& executor,
                     Observer& observer)
    : impl_(std::make_shared<Impl>(std::move(context), std::move(certificates),
                                   options, executor, observer)) {}

Transport::~Transport() { impl_->Detach(); }

void Transport::Start(Role role,
                      std::vector<crypto::Fingerprint> remote_fingerprints) {
  impl_->Start(role, std::move(remote_fingerprints));
}
bool Transport::MatchesRemote(
    std::span<const crypto::Fingerprint> fingerprints) const {
  return impl_->MatchesRemote(fingerprints);
}
void Transport::HandlePacket(std::span<const uint8_t> packet) {
  impl_->HandlePacket(packet);
}
bool Transport::Send(std::span<const uint8_t> data) {
  return impl_->Send(data);
}
void Transport::Close() { impl_->Close(); }
State Transport::state() const { return impl_->state(); }
std::optional<Role> Transport::role() const { return impl_->role(); }
Counters Transport::counters() const { return impl_->counters(); }
const crypto::CertificateList& Transport::certificates() const {
  return impl_->certificates();
}
const std::vector<std::vector<uint8_t>>& Transport::remote_certificates()
    const {
  return impl_->remote_chain();
}
const std::optional<SessionInfo>& Transport::session() const {
  return impl_->info();
}
absl::StatusOr<std::vector<uint8_t>> Transport::ExportKeyingMaterial(
    std::string_view label, size_t size) const {
  return impl_->Export(label, size);
}

}  // namespace parley::dtls
