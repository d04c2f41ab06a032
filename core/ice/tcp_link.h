// One remote end that is reached over TCP, as an agent that knows only UDP sees
// it: a UDP socket on the machine stands for it, and packets are carried
// between that and the stream (RFC 4571 framing). Either side may fall behind:
// then packets are lost, which is UDP's promise, and nothing piles up.
//
// Binding answers tell the address that a request came from, and the stand-in
// is nobody's: answers are written anew with the address that is meant, those
// of the other end only if they are authentic.
//
// One event loop's.
#ifndef PARLEY_CORE_ICE_TCP_LINK_H_
#define PARLEY_CORE_ICE_TCP_LINK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/ice/frame_reader.h"
#include "core/ice/tcp_sockets.h"
#include "core/ice/transport_address.h"
#include "core/ice/transport_rules.h"
#include "core/loop/event_loop.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

class TcpLink final : private EventLoop::FdHandler {
 public:
  struct Passwords {
    std::string local;
    std::string remote;
  };

  // `agent` is where the agent's UDP socket is. The passwords, whatever they
  // are at the time, must outlive the link. `on_lost` is called whenever the
  // other end has ended a stream. Errors as of OpenUdpTo.
  using OnLost = absl::AnyInvocable<void(const TcpLink&)>;
  static absl::StatusOr<std::unique_ptr<TcpLink>> Create(
      EventLoop& loop, FdBudget& fds, const TransportAddress& agent,
      const Passwords& passwords, OnLost on_lost);
  ~TcpLink();
  TcpLink(const TcpLink&) = delete;
  TcpLink& operator=(const TcpLink&) = delete;

  const TransportAddress& agent() const { return agent_; }
  // Whom the agent sees.
  const TransportAddress& stand_in() const { return stand_in_; }
  // Whether there is a stream, connected or connecting.
  bool has_stream() const { return stream_.open(); }
  // When the stream last brought something, by Clock::Monotonic.
  absl::Duration heard() const { return heard_; }

  // From now on a stream is connected whenever there is none and the agent has
  // something to send.
  void Target(const TransportAddress& remote);
  // Takes a stream that was accepted, in place of any other, and what was read
  // from it already.
  void Attach(OwnedSocket stream, const TransportAddress& remote,
              std::span<const uint8_t> read);
  // Carries what the agent has sent until now, as far as the stream takes it,
  // and ends.
  void Close();

 private:
  using Frame =
      std::array<uint8_t, FrameReader::kHeaderBytes + kMaxPacketBytes>;

  TcpLink(EventLoop& loop, FdBudget& fds, OwnedSocket stand_in,
          const TransportAddress& agent, const Passwords& passwords,
          OnLost on_lost);

  void OnFdReady(int fd, uint32_t events) override;
  void Connect();
  void OnConnecting();
  void EndStream();
  void LoseStream();
  void Retry();
  void Discard();
  void ReadStream();
  bool TakeFrames(std::span<const uint8_t> bytes);
  void ToAgent(std::span<const uint8_t> packet);
  void ReadAgent();
  void ToStream(Frame& frame, size_t size);
  void WriteRest();
  void Follow();
  void Watch(const OwnedSocket& socket, uint32_t wanted, uint32_t& watched);

  EventLoop& loop_;
  FdBudget& fds_;
  const TransportAddress agent_;
  const Passwords& passwords_;
  OwnedSocket udp_;
  const TransportAddress stand_in_;
  OnLost on_lost_;

  std::optional<TransportAddress> target_;
  TransportAddress remote_;
  OwnedSocket stream_;
  bool connecting_ = false;
  FrameReader reader_;
  std::vector<uint8_t> unwritten_;  // of a frame that was begun
  absl::Duration heard_;
  EventLoop::TimerId timer_ = EventLoop::TimerId::kNone;  // connecting, or rest
  uint32_t udp_events_ = 0;                               // that are watched
  uint32_t stream_events_ = 0;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_TCP_LINK_H_
