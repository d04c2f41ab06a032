// The account of all channels of a data session: which frames a stream is to
// be told, and what its frames mean. Outlives the streams.
//
// Sans-IO: frames in, frames out. Not safe for concurrent use.
#ifndef PARLEY_CLIENT_SRC_EXCHANGE_LEDGER_H_
#define PARLEY_CLIENT_SRC_EXCHANGE_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/src/channel_ledger.h"
#include "parley/v1/exchange.pb.h"

namespace parley::client::internal {

class ExchangeLedger {
 public:
  explicit ExchangeLedger(size_t max_unaccepted_bytes)
      : max_unaccepted_bytes_(max_unaccepted_bytes) {}

  // `name` is a channel or a peer.
  void Attach(std::string_view name, const v1::Attach& attach);
  void Detach(std::string_view name);
  void DetachAll();

  // Takes the message, or refuses it and leaves `done` to the caller.
  absl::Status Send(std::string_view channel, v1::DataMessage message,
                    SendDone done);

  void Acknowledge(std::string_view channel, uint64_t sequence);

  // The stream broke: what follows is for the next one.
  void OnNewStream();

  // Appends what the user is to see to `frames`, with full names.
  void OnResponse(v1::ExchangeResponse response,
                  std::vector<v1::ServerFrame>& frames,
                  Completions& completions);

  // Fills the next request of the stream. False: there is nothing to say.
  bool Fill(v1::ExchangeRequest& request);

  // The session is over: every message not accepted fails so.
  void Fail(const absl::Status& status, Completions& completions);

  // Whether the stream has, or was asked for, any channel.
  bool attached() const { return !channels_.empty() || !peers_.empty(); }
  size_t unaccepted() const;

 private:
  struct Channel {
    explicit Channel(const v1::Attach& attach) : ledger(attach) {}

    ChannelLedger ledger;
    bool named = false;  // by an Attach of its own, not only through its peer
    bool detaching = false;
  };
  using Channels = std::map<std::string, Channel, std::less<>>;

  void OnFrame(v1::ServerFrame frame, std::vector<v1::ServerFrame>& frames,
               Completions& completions);
  void OnAttached(v1::ServerFrame frame, std::vector<v1::ServerFrame>& frames,
                  Completions& completions);
  // True: the user is to see the frame.
  bool OnDetached(const v1::ServerFrame& frame, Completions& completions);

  // The peer is no longer attached: nor will channels of it come.
  void ForgetPeer(std::string_view peer, const absl::Status& why,
                  Completions& completions);

  // The channel; made, if an attached peer has it; else nullptr.
  Channel* Find(std::string_view name);

  // Adds a frame with its name, which is left out where it is the last one's.
  v1::ClientFrame* AddFrame(std::string_view name,
                            v1::ExchangeRequest& request);
  void FillMessages(v1::ExchangeRequest& request);

  const size_t max_unaccepted_bytes_;
  std::map<std::string, v1::Attach, std::less<>> peers_;
  Channels channels_;
  // Channels that were detached, and why: there is nothing to wait for any
  // more.
  std::map<std::string, absl::Status, std::less<>> former_;
  std::deque<v1::ClientFrame> control_;  // attach and detach, with full names
  std::string turn_;  // the channel that wrote last: the next one begins

  // Of the present stream.
  std::string last_name_in_;
  std::string last_name_out_;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_EXCHANGE_LEDGER_H_
