// One side of the demonstration: a peer in the server, and what a backend does
// with it. Belongs to one thread; its events come by the inbox.
#ifndef PARLEY_CLIENT_COMMAND_DEMO_PARTY_H_
#define PARLEY_CLIENT_COMMAND_DEMO_PARTY_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/command/command.h"
#include "parley/messages.h"

namespace parley::command {

// What one party has to say to the other by the signaling of the application,
// which here is a queue.
using Signal = std::variant<v1::SessionDescription, v1::IceCandidate>;

// What happens to a party: an update of its watch, the end of that, or a signal
// from the other.
struct DemoItem {
  int party;
  std::variant<v1::WatchPeerResponse, absl::Status, Signal> what;
};

// Safe for concurrent use.
class DemoInbox {
 public:
  void Put(DemoItem item);
  // nullopt: nothing came in time.
  std::optional<DemoItem> Take(absl::Time deadline);

 private:
  absl::Mutex mutex_;
  std::deque<DemoItem> items_ ABSL_GUARDED_BY(mutex_);
};

// Says what a party does or sees.
using DemoSay =
    std::function<void(std::string_view who, std::string_view what)>;

class DemoParty {
 public:
  DemoParty(const Context& context, int number, std::string name,
            std::shared_ptr<DemoInbox> inbox, DemoSay say);
  // Closes the peer, if that has not been done.
  ~DemoParty();
  DemoParty(const DemoParty&) = delete;
  DemoParty& operator=(const DemoParty&) = delete;

  // Creates the peer, with a data channel if `label` is not empty, and watches
  // it.
  absl::Status Create(const std::string& label);

  // Does what the item asks for.
  absl::Status Handle(const v1::WatchPeerResponse& update);
  absl::Status Handle(const Signal& signal);

  absl::Status Close();

  const std::string& name() const { return name_; }
  const std::string& peer() const { return peer_; }
  // The data channel, once it is open; else empty.
  const std::string& open_channel() const { return open_channel_; }
  bool connected() const { return connected_; }
  bool closed() const { return closed_; }

 private:
  void Watch();
  void Send(Signal signal);
  absl::Status MakeOffer();
  absl::Status TakeDescription(const v1::SessionDescription& description);
  absl::Status TakeCandidate(const v1::IceCandidate& candidate);
  void NoteChannel(const v1::DataChannel& channel);
  absl::Status NoteConnection(v1::PeerConnectionState state);

  const Context& context_;
  const int number_;
  const std::string name_;
  const std::shared_ptr<DemoInbox> inbox_;
  const DemoSay say_;

  std::string peer_;
  std::shared_ptr<client::PeerWatch> watch_;
  std::string open_channel_;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace parley::command

#endif  // PARLEY_CLIENT_COMMAND_DEMO_PARTY_H_
