#include "core/sctp/endpoint.h"

#include <usrsctp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/base/errors.h"

namespace parley::sctp {
namespace {

using Socket = struct socket;  // there is a function of that name, too

// In front of the network, behind our own queue: enough to fill the path.
constexpr int kSendBuffer = 256 * 1024;
constexpr size_t kSendPiece = 64 * 1024;
// The receive window, which is also what may lie unread.
constexpr int kReceiveBuffer = 256 * 1024;

sockaddr_conn AddressOf(EndpointId id, uint16_t port) {
  sockaddr_conn address = {};
  address.sconn_family = AF_CONN;
  address.sconn_port = htons(port);
  address.sconn_addr = reinterpret_cast<void*>(id);
  return address;
}

template <typename Option>
bool SetOption(Socket* socket, int level, int name, const Option& option) {
  return usrsctp_setsockopt(socket, level, name, &option, sizeof(option)) == 0;
}

// No heartbeats and no path MTU discovery: the path is ICE's business, and the
// DTLS record has a size that fits.
bool SetPath(Socket* socket) {
  sctp_paddrparams path = {};
  path.spp_assoc_id = SCTP_FUTURE_ASSOC;
  path.spp_address.ss_family = AF_CONN;
  path.spp_flags = SPP_HB_DISABLE | SPP_PMTUD_DISABLE;
  path.spp_pathmtu = Association::kMaxPacket - sizeof(sctp_common_header);
  return SetOption(socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
}

bool SetEvents(Socket* socket) {
  for (const uint16_t type :
       {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_SHUTDOWN_EVENT,
        SCTP_PARTIAL_DELIVERY_EVENT}) {
    sctp_event event = {};
    event.se_assoc_id = SCTP_FUTURE_ASSOC;
    event.se_type = type;
    event.se_on = 1;
    if (!SetOption(socket, IPPROTO_SCTP, SCTP_EVENT, event)) return false;
  }
  return true;
}

bool SetStreams(Socket* socket, uint16_t streams) {
  sctp_initmsg init = {};
  init.sinit_num_ostreams = streams;
  init.sinit_max_instreams = streams;
  sctp_assoc_value reset = {};
  reset.assoc_id = SCTP_FUTURE_ASSOC;
  reset.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ;
  return SetOption(socket, IPPROTO_SCTP, SCTP_INITMSG, init) &&
         SetOption(socket, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, reset);
}

bool SetBehaviour(Socket* socket) {
  const int on = 1;
  // Closing sends an ABORT and keeps nothing.
  const linger abort = {.l_onoff = 1, .l_linger = 0};
  return usrsctp_set_non_blocking(socket, 1) == 0 &&
         SetOption(socket, SOL_SOCKET, SO_LINGER, abort) &&
         SetOption(socket, SOL_SOCKET, SO_SNDBUF, kSendBuffer) &&
         SetOption(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer) &&
         SetOption(socket, IPPROTO_SCTP, SCTP_NODELAY, on) &&
         SetOption(socket, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, on) &&
         SetOption(socket, IPPROTO_SCTP, SCTP_RECVRCVINFO, on);
}

void OnUpcall(Socket*, void* id, int) {
  Endpoint* endpoint =
      Stack::Core::FindFromCallback(reinterpret_cast<EndpointId>(id));
  if (endpoint != nullptr) endpoint->OnReadable();
}

sctp_sendv_spa SendInfo(const OutgoingMessage& message) {
  sctp_sendv_spa info = {};
  info.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  info.sendv_sndinfo.snd_sid = message.stream;
  info.sendv_sndinfo.snd_ppid = htonl(message.ppid);
  if (!message.ordered) info.sendv_sndinfo.snd_flags |= SCTP_UNORDERED;
  if (message.max_retransmits) {
    info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    info.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
    info.sendv_prinfo.pr_value = *message.max_retransmits;
  } else if (message.max_lifetime_ms) {
    info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    info.sendv_prinfo.pr_policy = SCTP_PR_SCTP_TTL;
    info.sendv_prinfo.pr_value =
        std::max<uint32_t>(*message.max_lifetime_ms, 1);
  }
  return info;
}

}  // namespace

class Endpoint::Call {
 public:
  explicit Call(Endpoint& endpoint)
      : endpoint_(endpoint), outer_(endpoint.in_call_) {
    endpoint_.in_call_ = true;
    endpoint_.core_.MarkActive();
  }
  ~Call() { endpoint_.in_call_ = outer_; }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  Endpoint& endpoint_;
  const bool outer_;
};

Endpoint::~Endpoint() = default;

absl::Status Endpoint::Open(uint16_t local_port, uint16_t remote_port) {
  const Call call(*this);
  id_ = core_.Add(this);
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr,
                           0, nullptr);
  if (socket_ != nullptr && Configure(local_port)) {
    sockaddr_conn remote = AddressOf(id_, remote_port);
    if (usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&remote),
                        sizeof(remote)) == 0 ||
        errno == EINPROGRESS) {
      return absl::OkStatus();
    }
  }
  const std::string why = std::strerror(errno);
  Close();
  return MakeError(Reason::kMemory,
                   "usrsctp could not begin an association: " + why);
}

bool Endpoint::Configure(uint16_t local_port) {
  usrsctp_set_upcall(socket_, OnUpcall, reinterpret_cast<void*>(id_));
  sockaddr_conn local = AddressOf(id_, local_port);
  return SetBehaviour(socket_) && SetStreams(socket_, options_.streams) &&
         SetEvents(socket_) && SetPath(socket_) &&
         usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&local),
                      sizeof(local)) == 0;
}

void Endpoint::Close() {
  if (id_ == 0) return;
  const Call call(*this);
  if (socket_ != nullptr) {
    usrsctp_set_upcall(socket_, nullptr, nullptr);
    usrsctp_close(std::exchange(socket_, nullptr));
  }
  core_.Remove(std::exchange(id_, 0));
}

void Endpoint::Input(std::span<const uint8_t> packet) {
  if (socket_ == nullptr) return;
  const Call call(*this);
  usrsctp_conninput(reinterpret_cast<void*>(id_), packet.data(), packet.size(),
                    0);
  ReadAll();
}

std::optional<size_t> Endpoint::Write(const OutgoingMessage& message,
                                      std::string_view rest) {
  if (socket_ == nullptr || message.stream >= streams_.outgoing) {
    return std::nullopt;
  }
  const Call call(*this);
  // usrsctp refuses for good, rather than for now, what exceeds its buffer.
  const std::string_view piece = rest.substr(0, kSendPiece);
  sctp_sendv_spa info = SendInfo(message);
  // Means the end of the message if all of the piece is taken.
  if (piece.size() == rest.size()) {
    info.sendv_sndinfo.snd_flags |= SCTP_EOR;
  }
  const ssize_t taken =
      usrsctp_sendv(socket_, piece.data(), piece.size(), nullptr, 0, &info,
                    sizeof(info), SCTP_SENDV_SPA, 0);
  if (taken >= 0) return static_cast<size_t>(taken);
  if (errno == EWOULDBLOCK || errno == EAGAIN) return 0;
  return std::nullopt;
}

void Endpoint::ResetStreams(const std::set<uint16_t>& streams) {
  if (socket_ == nullptr) return;
  const Call call(*this);
  // One stream that there is not would make usrsctp refuse them all; an empty
  // list would mean every stream.
  const auto beyond = streams.lower_bound(streams_.outgoing);
  const std::vector<uint16_t> ours(streams.begin(), beyond);
  std::vector<uint16_t> ended(beyond, streams.end());
  if (!ours.empty() && !RequestReset(ours)) {
    // A remote that cannot reset streams.
    ended.insert(ended.begin(), ours.begin(), ours.end());
  }
  if (ended.empty()) return;
  Emit(StreamsReset{.incoming = false, .streams = std::move(ended)});
}

bool Endpoint::RequestReset(std::span<const uint16_t> streams) {
  std::vector<uint8_t> bytes(sizeof(sctp_reset_streams) + streams.size_bytes());
  auto* request = reinterpret_cast<sctp_reset_streams*>(bytes.data());
  request->srs_flags = SCTP_STREAM_RESET_OUTGOING;
  request->srs_number_streams = static_cast<uint16_t>(streams.size());
  std::memcpy(request->srs_stream_list, streams.data(), streams.size_bytes());
  return usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, request,
                            static_cast<socklen_t>(bytes.size())) == 0;
}

void Endpoint::SetReceiving(bool receiving) {
  receiving_ = receiving;
  if (!receiving || socket_ == nullptr) return;
  const Call call(*this);
  readable_ = true;
  ReadAll();
}

std::optional<AssociationStats> Endpoint::Stats() const {
  sctp_status status = {};
  socklen_t size = sizeof(status);
  if (socket_ == nullptr || !connected_ ||
      usrsctp_getsockopt(socket_, IPPROTO_SCTP, SCTP_STATUS, &status, &size) !=
          0) {
    return std::nullopt;
  }
  return AssociationStats{
      .smoothed_round_trip_time =
          absl::Milliseconds(status.sstat_primary.spinfo_srtt),
      .congestion_window = status.sstat_primary.spinfo_cwnd,
      .receiver_window = status.sstat_rwnd,
      .mtu = status.sstat_primary.spinfo_mtu +
             static_cast<uint32_t>(sizeof(sctp_common_header)),
      .unacknowledged = status.sstat_unackdata};
}

void Endpoint::OnPacket(std::span<const uint8_t> packet) {
  output_.packets.insert(output_.packets.end(), packet.begin(), packet.end());
  output_.packet_ends.push_back(output_.packets.size());
  Touch();
}

void Endpoint::OnReadable() {
  readable_ = true;
  Touch();
}

void Endpoint::Touch() {
  if (in_call_ || touched_) return;
  touched_ = true;
  core_.Touch(id_);
}

void Endpoint::AfterTick() {
  touched_ = false;
  const Call call(*this);
  ReadAll();
  wake_();
}

void Endpoint::ReadAll() {
  // A pause can begin only once there are messages.
  while (socket_ != nullptr && readable_ && (receiving_ || !connected_)) {
    std::vector<uint8_t>& buffer = core_.scratch();
    sockaddr_conn from;
    socklen_t from_size = sizeof(from);
    sctp_rcvinfo info;
    socklen_t info_size = sizeof(info);
    unsigned info_type = SCTP_RECVV_NOINFO;
    int flags = 0;
    const ssize_t size =
        usrsctp_recvv(socket_, buffer.data(), buffer.size(),
                      reinterpret_cast<sockaddr*>(&from), &from_size, &info,
                      &info_size, &info_type, &flags);
    if (size < 0 && (errno == EWOULDBLOCK || errno == EAGAIN)) {
      readable_ = false;
    } else if (size <= 0) {
      // The end of the stream, or its error: the notification said which, or
      // there was none because the association never came up.
      Fail(MakeError(Reason::kInternal, "the SCTP association was lost"));
    } else if ((flags & MSG_NOTIFICATION) != 0) {
      OnNotification(
          *reinterpret_cast<const sctp_notification*>(buffer.data()));
    } else if (info_type == SCTP_RECVV_RCVINFO) {
      OnData({buffer.data(), static_cast<size_t>(size)}, info.rcv_sid,
             ntohl(info.rcv_ppid), (flags & MSG_EOR) != 0);
    }
  }
}

void Endpoint::OnData(std::span<const uint8_t> data, uint16_t stream,
                      uint32_t ppid, bool last) {
  if (partial_.payload.size() + data.size() > options_.max_message_size) {
    return Fail(MakeError(
        Reason::kMessageTooLarge,
        "the remote sent a message above the a=max-message-size we announced",
        {{"limit", std::to_string(options_.max_message_size)}}));
  }
  partial_.stream = stream;
  partial_.ppid = ppid;
  partial_.payload.append(reinterpret_cast<const char*>(data.data()),
                          data.size());
  if (last) Emit(std::exchange(partial_, {}));
}

void Endpoint::OnNotification(const sctp_notification& notification) {
  switch (notification.sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
      return OnAssociationChange(notification.sn_assoc_change);
    case SCTP_STREAM_RESET_EVENT:
      return OnStreamReset(notification.sn_strreset_event);
    case SCTP_PARTIAL_DELIVERY_EVENT:
      // The remote gave up an unreliable message that we had begun to read.
      partial_ = {};
      return;
    case SCTP_SHUTDOWN_EVENT:
      return Fail(absl::OkStatus());
    default:
      return;
  }
}

void Endpoint::OnAssociationChange(const sctp_assoc_change& change) {
  switch (change.sac_state) {
    case SCTP_COMM_UP:
      connected_ = true;
      streams_ = {.incoming = change.sac_inbound_streams,
                  .outgoing = change.sac_outbound_streams};
      Emit(Connected{streams_});
      return;
    case SCTP_SHUTDOWN_COMP:
      return Fail(absl::OkStatus());
    case SCTP_COMM_LOST:
      // With the remote's ABORT chunk it was the remote's wish.
      if (change.sac_length > sizeof(change)) return Fail(absl::OkStatus());
      return Fail(
          MakeError(Reason::kInternal, "the SCTP association was lost"));
    case SCTP_RESTART:
      // All streams and their channels are void then.
      return Fail(MakeError(Reason::kInternal,
                            "the remote began its SCTP association anew"));
    case SCTP_CANT_STR_ASSOC:
      return Fail(MakeError(Reason::kInternal,
                            "no SCTP association could be established"));
    default:
      return;
  }
}

void Endpoint::OnStreamReset(const sctp_stream_reset_event& event) {
  const bool incoming =
      (event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0;
  const size_t count =
      (event.strreset_length - sizeof(event)) / sizeof(uint16_t);
  std::vector<uint16_t> streams(event.strreset_stream_list,
                                event.strreset_stream_list + count);
  if (streams.empty()) {  // all of them
    streams.resize(incoming ? streams_.incoming : streams_.outgoing);
    std::iota(streams.begin(), streams.end(), uint16_t{0});
  }
  // A remote that refuses will not be asked again: ours count as reset.
  Emit(StreamsReset{.incoming = incoming, .streams = std::move(streams)});
}

void Endpoint::Fail(absl::Status why) {
  Close();
  Emit(Closed{std::move(why)});
}

}  // namespace parley::sctp
