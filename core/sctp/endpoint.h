// The half of an association that is under the stack's mutex: its usrsctp
// socket, and what came out of it and was not yet handed on. For core/sctp's
// own .cc files. Every method wants the core's mutex held.
#ifndef PARLEY_CORE_SCTP_ENDPOINT_H_
#define PARLEY_CORE_SCTP_ENDPOINT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "core/sctp/association.h"
#include "core/sctp/message_transport.h"
#include "core/sctp/stack_core.h"

struct socket;
union sctp_notification;
struct sctp_assoc_change;
struct sctp_stream_reset_event;

namespace parley::sctp {

// What an endpoint has to hand on, in order.
struct Connected {
  StreamCounts streams;
};
struct Closed {
  absl::Status why;
};
struct StreamsReset {
  bool incoming = false;
  std::vector<uint16_t> streams;
};
using EndpointEvent =
    std::variant<Connected, Closed, StreamsReset, IncomingMessage>;

struct EndpointOutput {
  // Packets, one after the other, and where each ends.
  std::vector<uint8_t> packets;
  std::vector<size_t> packet_ends;
  std::vector<EndpointEvent> events;

  bool empty() const { return packet_ends.empty() && events.empty(); }
};

class Endpoint {
 public:
  // `wake` is called, under the mutex, when there is output that no call below
  // was the cause of; it must only post.
  Endpoint(Stack::Core& core, AssociationOptions options,
           std::function<void()> wake)
      : core_(core), options_(options), wake_(std::move(wake)) {}
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // MEMORY when usrsctp refuses.
  absl::Status Open(uint16_t local_port, uint16_t remote_port);
  bool open() const { return socket_ != nullptr; }

  void Input(std::span<const uint8_t> packet);

  // How many bytes of the message's rest usrsctp took: 0 when it has no room,
  // nullopt when it will never take it.
  std::optional<size_t> Write(const OutgoingMessage& message,
                              std::string_view rest);

  // While an earlier reset is under way usrsctp remembers the streams, each
  // once. Those that cannot be reset, or that there are not, count as reset.
  void ResetStreams(const std::set<uint16_t>& streams);

  void SetReceiving(bool receiving);

  // With an ABORT, if the remote could know of us. Its output can still be
  // taken.
  void Close();

  std::optional<AssociationStats> Stats() const;

  EndpointOutput TakeOutput() { return std::exchange(output_, {}); }

  // --- For the core ---

  void OnPacket(std::span<const uint8_t> packet);
  void OnReadable();
  // The tick made usrsctp do something here.
  void AfterTick();

 private:
  // Marks that what usrsctp does now is taken care of by the caller.
  class Call;

  template <typename Event>
  void Emit(Event event) {
    output_.events.emplace_back(std::in_place_type<Event>, std::move(event));
  }
  void Touch();
  bool RequestReset(std::span<const uint16_t> streams);
  bool Configure(uint16_t local_port);
  void ReadAll();
  void OnNotification(const sctp_notification& notification);
  void OnAssociationChange(const sctp_assoc_change& change);
  void OnStreamReset(const sctp_stream_reset_event& event);
  void OnData(std::span<const uint8_t> data, uint16_t stream, uint32_t ppid,
              bool last);
  void Fail(absl::Status why);

  Stack::Core& core_;
  const AssociationOptions options_;
  const std::function<void()> wake_;

  EndpointId id_ = 0;
  struct socket* socket_ = nullptr;
  StreamCounts streams_;
  bool connected_ = false;
  bool receiving_ = true;
  bool readable_ = false;
  bool in_call_ = false;
  bool touched_ = false;  // the core knows that AfterTick is due
  // A message of which usrsctp delivered only the first part so far.
  IncomingMessage partial_;
  EndpointOutput output_;
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_ENDPOINT_H_
