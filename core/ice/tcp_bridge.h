// ICE over TCP (RFC 6544) for an agent that knows only UDP: listens beside each
// of its host candidates and connects to remote ends that listen, and stands in
// for each of them with a UDP socket of its own (tcp_link.h). To the agent they
// are peers of its own host.
//
// libnice could do TCP itself, but not so that a remote end could do no harm:
// version 0.1.21 ends the process when the selected stream ends, shares one
// buffer among all streams, and neither reading nor queueing has a bound.
//
// Whoever connects has to show at once, by an authentic check, that it is meant
// to (RFC 6544 section 7.2); until then it costs a descriptor, for seconds.
//
// One event loop's.
#ifndef PARLEY_CORE_ICE_TCP_BRIDGE_H_
#define PARLEY_CORE_ICE_TCP_BRIDGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "core/base/rate_limit.h"
#include "core/ice/ice_transport.h"
#include "core/ice/tcp_link.h"
#include "core/ice/tcp_sockets.h"
#include "core/ice/transport_address.h"
#include "core/loop/event_loop.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

class TcpBridge final : private EventLoop::FdHandler {
 public:
  // Streams that others have opened: authentic ones, the one least recently
  // heard of making room, and those that have yet to show it, the oldest
  // making room.
  static constexpr size_t kMaxAccepted = 8;
  static constexpr size_t kMaxWaiting = 8;
  // Remote candidates that are connected to.
  static constexpr size_t kMaxTargets = 8;
  // How long one may take to show that it is meant to connect.
  static constexpr absl::Duration kPatience = absl::Seconds(5);
  // Authentic streams after a pause, and from then on.
  static constexpr Rate kAdmissions = {.per_second = 4, .burst = 64};

  // Where the streams of all bridges of a loop wait until they have shown it.
  // At most so many: the oldest makes room, whosever it is.
  struct Lobby {
    static constexpr size_t kMax = 256;
    std::vector<std::pair<TcpBridge*, int>> streams;  // by descriptor
  };

  // Called with a stand-in whose remote end is another one from now on, or has
  // ended its stream.
  enum class Change { kAttached, kLost };
  using OnChange =
      absl::AnyInvocable<void(const TransportAddress& stand_in, Change change)>;

  // The lobby must outlive the bridge. `hosts` are the agent's UDP sockets.
  // Listens on the same addresses, at `port` (0: any). Link-local addresses of
  // IPv6, which need a zone, are left out. Errors as of ListenTcp.
  static absl::StatusOr<std::unique_ptr<TcpBridge>> Open(
      EventLoop& loop, FdBudget& fds, Lobby& lobby,
      const std::vector<TransportAddress>& hosts, uint16_t port,
      Credentials local, OnChange on_change);
  ~TcpBridge();
  TcpBridge(const TcpBridge&) = delete;
  TcpBridge& operator=(const TcpBridge&) = delete;

  void SetLocal(const Credentials& local);
  void SetRemote(const RemoteParameters& remote);

  // A remote candidate: kIgnoredCount, or kApplied and where the agent is to
  // look for it; nowhere when it connects itself, or no address here is of its
  // family.
  struct Added {
    CandidateUse use = CandidateUse::kApplied;
    std::optional<TransportAddress> stand_in;
  };
  Added Add(const sdp::Candidate& remote, const IpAddress& address);

  // A passive and an active one for each address, with the local ufrag.
  const std::vector<sdp::Candidate>& LocalCandidates() const { return local_; }
  // Those added, and those that have connected.
  std::vector<sdp::Candidate> RemoteCandidates() const;
  // The two ends that a stand-in connects; nullopt if it is none.
  std::optional<CandidatePair> Find(const TransportAddress& stand_in) const;

  // Carries on what the agent has sent until now, and ends.
  void Close();

 private:
  struct Listener {
    TransportAddress agent;
    OwnedSocket socket;
  };
  // One that has yet to show that it is meant to be here.
  struct Waiting {
    size_t listener;
    AcceptedStream stream;
    EventLoop::TimerId timer;
    std::vector<uint8_t> read;
  };
  struct End {
    size_t listener;
    sdp::Candidate remote;
    std::unique_ptr<TcpLink> link;
  };
  enum class Verdict { kUnknown, kMeant, kNotMeant };

  TcpBridge(EventLoop& loop, FdBudget& fds, Lobby& lobby, Credentials local,
            OnChange on_change);

  absl::Status Listen(const TransportAddress& agent, uint16_t port);
  void WatchListeners();
  void OnFdReady(int fd, uint32_t events) override;
  void Accept(size_t listener);
  void Pause();
  void Wait(size_t listener, AcceptedStream stream);
  Waiting Leave(int fd);
  void Drop(int fd) { Leave(fd); }
  void Hear(Waiting& one);
  Verdict Judge(const Waiting& one, uint32_t& priority) const;
  void Admit(Waiting one, uint32_t priority);
  End* PlaceFor(size_t listener);
  absl::StatusOr<std::unique_ptr<TcpLink>> MakeLink(size_t listener);
  std::optional<size_t> ListenerTowards(const IpAddress& remote) const;

  EventLoop& loop_;
  FdBudget& fds_;
  Lobby& lobby_;
  Credentials credentials_;
  std::string remote_ufrag_;  // empty: not known yet
  TcpLink::Passwords passwords_;
  OnChange on_change_;

  std::vector<Listener> listeners_;
  std::vector<sdp::Candidate> local_;  // two for each listener
  EventLoop::TimerId pause_ = EventLoop::TimerId::kNone;
  std::vector<Waiting> waiting_;  // the oldest first
  RateLimit admissions_;
  std::vector<End> accepted_;
  std::vector<End> targets_;
  // Remote candidates that nobody here connects to.
  std::vector<sdp::Candidate> unreached_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_TCP_BRIDGE_H_
