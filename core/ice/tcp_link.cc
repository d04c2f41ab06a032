#include "core/ice/tcp_link.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/ice/binding_check.h"
#include "core/ice/bound_socket.h"

namespace parley::ice {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(5);
// Between the end of a stream and the attempt at another one.
constexpr absl::Duration kRest = absl::Seconds(1);
// What is carried before others have their turn. Towards the agent it is less
// than its socket holds, unless packets are tiny: then some are lost.
constexpr size_t kBytesPerTurn = 8192;
constexpr int kPacketsPerTurn = 64;

constexpr uint32_t kNothing = 0;

// The success answer of a Binding request, or nothing.
std::optional<TransactionId> SuccessOf(std::span<const uint8_t> packet) {
  if (packet.size() < 2 || packet[0] != 0x01 || packet[1] != 0x01) {
    return std::nullopt;
  }
  return TransactionOf(packet);
}

bool WouldBlock(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpLink>> TcpLink::Create(
    EventLoop& loop, FdBudget& fds, const TransportAddress& agent,
    const Passwords& passwords, OnLost on_lost) {
  absl::StatusOr<OwnedSocket> udp = OpenUdpTo(agent, fds);
  if (!udp.ok()) return udp.status();
  std::unique_ptr<TcpLink> link(new TcpLink(loop, fds, *std::move(udp), agent,
                                            passwords, std::move(on_lost)));
  // What others sent before the socket had its peer.
  link->Discard();
  return link;
}

TcpLink::TcpLink(EventLoop& loop, FdBudget& fds, OwnedSocket stand_in,
                 const TransportAddress& agent, const Passwords& passwords,
                 OnLost on_lost)
    : loop_(loop),
      fds_(fds),
      agent_(agent),
      passwords_(passwords),
      udp_(std::move(stand_in)),
      stand_in_(BoundAddress(udp_.fd())),
      on_lost_(std::move(on_lost)) {}

TcpLink::~TcpLink() {
  if (loop_.OnExecutor()) Close();
}

void TcpLink::Target(const TransportAddress& remote) {
  target_ = remote;
  remote_ = remote;
  Follow();
}

void TcpLink::Attach(OwnedSocket stream, const TransportAddress& remote,
                     std::span<const uint8_t> read) {
  EndStream();
  Discard();
  stream_ = std::move(stream);
  remote_ = remote;
  heard_ = loop_.clock().Monotonic();
  Follow();
  if (!TakeFrames(read)) LoseStream();
}

void TcpLink::Close() {
  if (stream_.open() && !connecting_) {
    ReadAgent();
    // Bytes left unread would make the kernel tear down what was just written.
    for (int i = 0; i < kPacketsPerTurn && stream_.open(); ++i) {
      std::array<uint8_t, kBytesPerTurn> unread;
      if (recv(stream_.fd(), unread.data(), unread.size(), MSG_DONTWAIT) <= 0) {
        break;
      }
    }
  }
  target_.reset();
  EndStream();
  udp_.Close();
}

void TcpLink::OnFdReady(int fd, uint32_t events) {
  if (fd == udp_.fd()) {
    if (stream_.open()) return ReadAgent();
    // Left in its queue until there is a stream.
    return Connect();
  }
  if (connecting_) return OnConnecting();
  if ((events & EPOLLOUT) != 0) WriteRest();
  if (stream_.open() && (events & ~uint32_t{EPOLLOUT}) != 0) ReadStream();
}

void TcpLink::Connect() {
  stream_ = ConnectTcp(agent_.address, *target_, fds_);
  if (!stream_.open()) return Retry();
  connecting_ = true;
  timer_ = loop_.RunAfter(kConnectTimeout, [this] {
    timer_ = EventLoop::TimerId::kNone;
    EndStream();
  });
  Follow();
}

void TcpLink::OnConnecting() {
  if (ErrorOf(stream_.fd()) != 0) return EndStream();
  // Where nobody listens on the machine itself a stream may be its own end.
  if (BoundAddress(stream_.fd()) == *target_) return EndStream();
  loop_.Cancel(std::exchange(timer_, EventLoop::TimerId::kNone));
  connecting_ = false;
  heard_ = loop_.clock().Monotonic();
  Follow();
}

void TcpLink::EndStream() {
  loop_.Cancel(std::exchange(timer_, EventLoop::TimerId::kNone));
  Watch(stream_, kNothing, stream_events_);
  const bool ended = stream_.open();
  stream_.Close();
  connecting_ = false;
  reader_.Clear();
  unwritten_ = {};
  if (ended && target_) return Retry();
  Follow();
}

void TcpLink::LoseStream() {
  EndStream();
  on_lost_(*this);
}

// What the agent sends meanwhile is lost, as on a path that is down.
void TcpLink::Retry() {
  timer_ = loop_.RunAfter(kRest, [this] {
    timer_ = EventLoop::TimerId::kNone;
    Discard();
    Follow();
  });
  Follow();
}

// It ends: the agent, on the same loop, sends nothing meanwhile.
void TcpLink::Discard() {
  uint8_t byte;
  while (recv(udp_.fd(), &byte, sizeof(byte), MSG_DONTWAIT) >= 0 ||
         errno == ECONNREFUSED || errno == EINTR) {
  }
}

void TcpLink::ReadStream() {
  std::array<uint8_t, kBytesPerTurn> bytes;
  const ssize_t got =
      recv(stream_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0 && WouldBlock(errno)) return;
  if (got <= 0) return LoseStream();
  heard_ = loop_.clock().Monotonic();
  if (!TakeFrames({bytes.data(), static_cast<size_t>(got)})) LoseStream();
}

bool TcpLink::TakeFrames(std::span<const uint8_t> bytes) {
  return reader_.Feed(
      bytes, kMaxPacketBytes,
      [this](std::span<const uint8_t> packet) { ToAgent(packet); });
}

void TcpLink::ToAgent(std::span<const uint8_t> packet) {
  BindingSuccess anew;
  if (const std::optional<TransactionId> id = SuccessOf(packet)) {
    if (ReadBindingAnswer(packet, *id, passwords_.remote) !=
        BindingAnswer::kSuccess) {
      return;
    }
    packet = std::span(anew).first(
        WriteBindingSuccess(*id, agent_, passwords_.remote, anew));
    if (packet.empty()) return;
  }
  // Where the agent's socket has no room the packet is lost.
  (void)send(udp_.fd(), packet.data(), packet.size(),
             MSG_DONTWAIT | MSG_NOSIGNAL);
}

void TcpLink::ReadAgent() {
  Frame frame;
  for (int i = 0; i < kPacketsPerTurn && stream_.open() && unwritten_.empty();
       ++i) {
    const ssize_t got =
        recv(udp_.fd(), frame.data() + FrameReader::kHeaderBytes,
             frame.size() - FrameReader::kHeaderBytes, MSG_DONTWAIT);
    if (got < 0 && WouldBlock(errno)) return;
    // Otherwise empty, or word that the agent's socket is gone.
    if (got > 0) ToStream(frame, static_cast<size_t>(got));
  }
}

// `frame` has the packet behind the place of its length.
void TcpLink::ToStream(Frame& frame, size_t size) {
  uint8_t* const packet = frame.data() + FrameReader::kHeaderBytes;
  if (const std::optional<TransactionId> id = SuccessOf({packet, size})) {
    BindingSuccess anew;
    size = WriteBindingSuccess(*id, remote_, passwords_.local, anew);
    if (size == 0) return;
    std::copy_n(anew.begin(), size, packet);
  }
  frame[0] = static_cast<uint8_t>(size >> 8);
  frame[1] = static_cast<uint8_t>(size);
  unwritten_.assign(frame.begin(),
                    frame.begin() + FrameReader::kHeaderBytes + size);
  WriteRest();
}

void TcpLink::WriteRest() {
  if (unwritten_.empty()) return;
  const ssize_t sent = send(stream_.fd(), unwritten_.data(), unwritten_.size(),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && !WouldBlock(errno)) return LoseStream();
  if (sent > 0) {
    unwritten_.erase(unwritten_.begin(), unwritten_.begin() + sent);
  }
  Follow();
}

// Watches for what something can be done about.
void TcpLink::Follow() {
  const bool carries = stream_.open() && !connecting_ && unwritten_.empty();
  const bool may_connect =
      !stream_.open() && target_ && timer_ == EventLoop::TimerId::kNone;
  Watch(udp_, carries || may_connect ? EPOLLIN : kNothing, udp_events_);
  uint32_t wanted = kNothing;
  if (stream_.open() && !connecting_) wanted = EPOLLIN;
  if (connecting_ || !unwritten_.empty()) wanted |= EPOLLOUT;
  Watch(stream_, wanted, stream_events_);
}

void TcpLink::Watch(const OwnedSocket& socket, uint32_t wanted,
                    uint32_t& watched) {
  if (wanted == watched) return;
  watched = wanted;
  if (wanted == kNothing) return loop_.Unwatch(socket.fd(), *this);
  // Without memory for a watch nothing is carried, as on a path that is down.
  (void)loop_.Watch(socket.fd(), wanted, *this);
}

}  // namespace parley::ice
