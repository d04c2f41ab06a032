#include "core/ice/tcp_bridge.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/ice/bound_socket.h"
#include "core/ice/connectivity_check.h"

namespace parley::ice {
namespace {

// Larger than any check.
constexpr size_t kMaxCheckBytes = 1500;
constexpr int kStreamsPerTurn = 16;
// While the process has no descriptor for a stream that waits.
constexpr absl::Duration kPause = absl::Seconds(1);
constexpr uint16_t kDiscardPort = 9;  // RFC 6544 section 4.5, of active ones

// RFC 6544 section 4.2: every UDP host candidate is better, and of two ends the
// one that connects.
uint32_t PriorityOf(sdp::TcpType type, size_t address) {
  constexpr uint32_t kType = 90;
  const uint32_t direction = type == sdp::TcpType::kActive ? 6 : 4;
  const uint32_t other = 8191 - static_cast<uint32_t>(address);
  return kType << 24 | (direction << 13 | other) << 8 | 255;
}

sdp::Candidate LocalCandidate(sdp::TcpType type, const TransportAddress& at,
                              size_t index) {
  sdp::Candidate out;
  // The numbers of libnice's foundations leave letters free.
  out.foundation = absl::StrCat("t", index + 1);
  out.transport = sdp::CandidateTransport::kTcp;
  out.priority = PriorityOf(type, index);
  out.address = at.address.ToString();
  out.port = type == sdp::TcpType::kActive ? kDiscardPort : at.port;
  out.tcp_type = type;
  return out;
}

sdp::Candidate PeerReflexive(const TransportAddress& remote, uint32_t priority,
                             size_t index) {
  sdp::Candidate out;
  out.foundation = absl::StrCat("tr", index + 1);
  out.transport = sdp::CandidateTransport::kTcp;
  out.priority = priority;
  out.address = remote.address.ToString();
  out.port = remote.port;
  out.type = sdp::CandidateType::kPeerReflexive;
  out.tcp_type = sdp::TcpType::kActive;
  return out;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpBridge>> TcpBridge::Open(
    EventLoop& loop, FdBudget& fds, Lobby& lobby,
    const std::vector<TransportAddress>& hosts, uint16_t port,
    Credentials local, OnChange on_change) {
  std::unique_ptr<TcpBridge> bridge(
      new TcpBridge(loop, fds, lobby, std::move(local), std::move(on_change)));
  for (const TransportAddress& host : hosts) {
    if (host.address.is_v6() && host.address.IsLinkLocal()) continue;
    if (absl::Status heard = bridge->Listen(host, port); !heard.ok()) {
      return heard;
    }
  }
  bridge->WatchListeners();
  return bridge;
}

TcpBridge::TcpBridge(EventLoop& loop, FdBudget& fds, Lobby& lobby,
                     Credentials local, OnChange on_change)
    : loop_(loop),
      fds_(fds),
      lobby_(lobby),
      credentials_(std::move(local)),
      passwords_{.local = credentials_.pwd, .remote = ""},
      on_change_(std::move(on_change)) {}

TcpBridge::~TcpBridge() {
  if (loop_.OnExecutor()) Close();
}

absl::Status TcpBridge::Listen(const TransportAddress& agent, uint16_t port) {
  absl::StatusOr<OwnedSocket> socket = ListenTcp({agent.address, port}, fds_);
  if (!socket.ok()) return socket.status();
  const TransportAddress at{agent.address, BoundAddress(socket->fd()).port};
  for (sdp::TcpType type : {sdp::TcpType::kPassive, sdp::TcpType::kActive}) {
    local_.push_back(LocalCandidate(type, at, listeners_.size()));
    local_.back().ufrag = credentials_.ufrag;
  }
  listeners_.push_back({agent, *std::move(socket)});
  return absl::OkStatus();
}

void TcpBridge::WatchListeners() {
  pause_ = EventLoop::TimerId::kNone;
  for (const Listener& one : listeners_) {
    // Without memory for a watch nobody can connect, as behind a firewall.
    (void)loop_.Watch(one.socket.fd(), EPOLLIN, *this);
  }
}

void TcpBridge::Close() {
  loop_.Cancel(std::exchange(pause_, EventLoop::TimerId::kNone));
  while (!waiting_.empty()) Drop(waiting_.front().stream.socket.fd());
  for (const Listener& one : listeners_) loop_.Unwatch(one.socket.fd(), *this);
  listeners_.clear();
  accepted_.clear();
  targets_.clear();
}

void TcpBridge::SetLocal(const Credentials& local) {
  credentials_ = local;
  passwords_.local = local.pwd;
  for (sdp::Candidate& one : local_) one.ufrag = local.ufrag;
}

void TcpBridge::SetRemote(const RemoteParameters& remote) {
  remote_ufrag_ = remote.ufrag;
  passwords_.remote = remote.pwd;
}

void TcpBridge::OnFdReady(int fd, uint32_t) {
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].socket.fd() == fd) return Accept(i);
  }
  for (Waiting& one : waiting_) {
    if (one.stream.socket.fd() == fd) return Hear(one);
  }
}

void TcpBridge::Accept(size_t listener) {
  for (int i = 0; i < kStreamsPerTurn; ++i) {
    AcceptedStream stream = AcceptTcp(listeners_[listener].socket.fd(), fds_);
    if (stream.error == EAGAIN || stream.error == EWOULDBLOCK) return;
    if (stream.error == EMFILE || stream.error == ENFILE ||
        stream.error == ENOMEM || stream.error == ENOBUFS) {
      return Pause();
    }
    if (stream.error == 0) Wait(listener, std::move(stream));
  }
}

void TcpBridge::Wait(size_t listener, AcceptedStream stream) {
  if (waiting_.size() == kMaxWaiting) {
    Drop(waiting_.front().stream.socket.fd());
  }
  if (lobby_.streams.size() == Lobby::kMax) {
    const auto [whose, oldest] = lobby_.streams.front();
    whose->Drop(oldest);
  }
  const int fd = stream.socket.fd();
  const auto timer = loop_.RunAfter(kPatience, [this, fd] { Drop(fd); });
  waiting_.push_back({listener, std::move(stream), timer, {}});
  lobby_.streams.emplace_back(this, fd);
  (void)loop_.Watch(fd, EPOLLIN, *this);
}

// Nothing else would end the readiness of those that wait.
void TcpBridge::Pause() {
  for (const Listener& one : listeners_) loop_.Unwatch(one.socket.fd(), *this);
  if (pause_ != EventLoop::TimerId::kNone) return;
  pause_ = loop_.RunAfter(kPause, [this] { WatchListeners(); });
}

TcpBridge::Waiting TcpBridge::Leave(int fd) {
  const auto one = std::find_if(
      waiting_.begin(), waiting_.end(),
      [=](const Waiting& w) { return w.stream.socket.fd() == fd; });
  Waiting leaving = std::move(*one);
  waiting_.erase(one);
  loop_.Cancel(leaving.timer);
  loop_.Unwatch(fd, *this);
  std::erase(lobby_.streams, std::pair(this, fd));
  return leaving;
}

void TcpBridge::Hear(Waiting& one) {
  const int fd = one.stream.socket.fd();
  std::array<uint8_t, FrameReader::kHeaderBytes + kMaxCheckBytes> bytes;
  const ssize_t got = recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return Drop(fd);
  one.read.insert(one.read.end(), bytes.begin(), bytes.begin() + got);
  uint32_t priority = 0;
  const Verdict verdict = Judge(one, priority);
  if (verdict == Verdict::kUnknown) return;
  Waiting heard = Leave(fd);
  if (verdict == Verdict::kMeant) Admit(std::move(heard), priority);
}

// Its first packet must be a check that knows the password. The agent answers
// it; also one with the same role, which settles a role conflict.
TcpBridge::Verdict TcpBridge::Judge(const Waiting& one,
                                    uint32_t& priority) const {
  const std::span<const uint8_t> read = one.read;
  if (read.size() < FrameReader::kHeaderBytes) return Verdict::kUnknown;
  const size_t size = FrameReader::LengthOf(read);
  if (size == 0 || size > kMaxCheckBytes) return Verdict::kNotMeant;
  if (read.size() < FrameReader::kHeaderBytes + size) return Verdict::kUnknown;
  const auto check = read.subspan(FrameReader::kHeaderBytes, size);
  const DatagramHeader header = ReadHeader(check);
  if (!remote_ufrag_.empty() && header.remote_ufrag != remote_ufrag_) {
    return Verdict::kNotMeant;  // of two generations, see IsCheckOfAnother
  }
  CheckResponder responder;
  const CheckAnswer answer =
      responder.Answer(check, credentials_, one.stream.remote);
  priority = answer.priority;
  return answer.verdict == CheckVerdict::kAuthentic ||
                 answer.verdict == CheckVerdict::kRoleConflict
             ? Verdict::kMeant
             : Verdict::kNotMeant;
}

void TcpBridge::Admit(Waiting one, uint32_t priority) {
  // Each is told of, and to everybody who watches the peer.
  if (admissions_.Take(kAdmissions, loop_.clock().Monotonic())) return;
  End* const end = PlaceFor(one.listener);
  if (end == nullptr) return;
  TuneStream(one.stream.socket.fd());
  end->remote =
      PeerReflexive(one.stream.remote, priority, end - accepted_.data());
  end->link->Attach(std::move(one.stream.socket), one.stream.remote, one.read);
  if (!end->link->has_stream()) return;  // what was behind the check is bad
  on_change_(end->link->stand_in(), Change::kAttached);
}

// One whose stream has ended is taken first: the agent, which may still be
// using it, sees the remote end come back. Null: there are no descriptors.
TcpBridge::End* TcpBridge::PlaceFor(size_t listener) {
  for (End& end : accepted_) {
    if (end.listener == listener && !end.link->has_stream()) return &end;
  }
  if (accepted_.size() < kMaxAccepted) {
    absl::StatusOr<std::unique_ptr<TcpLink>> link = MakeLink(listener);
    if (link.ok()) {
      accepted_.push_back({listener, sdp::Candidate(), *std::move(link)});
      return &accepted_.back();
    }
  }
  const auto quietest = std::min_element(
      accepted_.begin(), accepted_.end(), [](const End& a, const End& b) {
        return std::pair(a.link->has_stream(), a.link->heard()) <
               std::pair(b.link->has_stream(), b.link->heard());
      });
  if (quietest == accepted_.end()) return nullptr;
  if (quietest->listener != listener) {
    absl::StatusOr<std::unique_ptr<TcpLink>> link = MakeLink(listener);
    if (!link.ok()) return nullptr;
    *quietest = {listener, sdp::Candidate(), *std::move(link)};
  }
  return &*quietest;
}

absl::StatusOr<std::unique_ptr<TcpLink>> TcpBridge::MakeLink(size_t listener) {
  return TcpLink::Create(loop_, fds_, listeners_[listener].agent, passwords_,
                         [this](const TcpLink& link) {
                           on_change_(link.stand_in(), Change::kLost);
                         });
}

TcpBridge::Added TcpBridge::Add(const sdp::Candidate& remote,
                                const IpAddress& address) {
  std::optional<size_t> listener;
  if (remote.tcp_type == sdp::TcpType::kPassive) {
    listener = ListenerTowards(address);
  }
  if (!listener) {
    unreached_.push_back(remote);
    return {};
  }
  if (targets_.size() == kMaxTargets) {
    return {.use = CandidateUse::kIgnoredCount};
  }
  absl::StatusOr<std::unique_ptr<TcpLink>> link = MakeLink(*listener);
  if (!link.ok()) return {.use = CandidateUse::kIgnoredCount};
  (*link)->Target({address, remote.port});
  targets_.push_back({*listener, remote, *std::move(link)});
  return {.stand_in = targets_.back().link->stand_in()};
}

// Where packets to it would leave from, or else any of its family.
std::optional<size_t> TcpBridge::ListenerTowards(
    const IpAddress& remote) const {
  const std::optional<IpAddress> source = SourceTowards(remote);
  std::optional<size_t> any;
  for (size_t i = listeners_.size(); i-- > 0;) {
    const IpAddress& local = listeners_[i].agent.address;
    if (local == source) return i;
    if (local.is_v6() == remote.is_v6()) any = i;
  }
  return any;
}

std::vector<sdp::Candidate> TcpBridge::RemoteCandidates() const {
  std::vector<sdp::Candidate> result = unreached_;
  for (const End& end : targets_) result.push_back(end.remote);
  for (const End& end : accepted_) result.push_back(end.remote);
  return result;
}

std::optional<CandidatePair> TcpBridge::Find(
    const TransportAddress& stand_in) const {
  for (const auto* ends : {&accepted_, &targets_}) {
    for (const End& end : *ends) {
      if (end.link->stand_in() != stand_in) continue;
      const size_t active = ends == &targets_ ? 1 : 0;
      CandidatePair pair{.local = local_[2 * end.listener + active],
                         .remote = end.remote};
      pair.local.ufrag.clear();
      pair.remote.ufrag.clear();
      return pair;
    }
  }
  return std::nullopt;
}

}  // namespace parley::ice
