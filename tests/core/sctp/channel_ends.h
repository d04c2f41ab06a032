// Two ends of data channels without a transport: what each wants done is kept
// by kind, and carried to the other on request. For one thread.
#ifndef PARLEY_TESTS_CORE_SCTP_CHANNEL_ENDS_H_
#define PARLEY_TESTS_CORE_SCTP_CHANNEL_ENDS_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/sctp/data_channels.h"
#include "gtest/gtest.h"

namespace parley::sctp {

inline constexpr StreamCounts kStreams = {.incoming = 256, .outgoing = 256};

// One end, with its effects sorted by what they are.
class ChannelEnd {
 public:
  explicit ChannelEnd(DataChannels::Limits limits = {}) : channels(limits) {}

  ChannelKey Create(ChannelInit init = {}) {
    const auto made = channels.Create(std::move(init));
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : 0;
  }
  const Channel& At(ChannelKey key) const { return *channels.Find(key); }
  ChannelState StateOf(ChannelKey key) const { return At(key).state; }

  void Connect(DataChannels::IdParity parity, StreamCounts streams = kStreams) {
    channels.SetIdParity(parity);
    channels.OnConnected(streams);
    Collect();
  }

  // Takes the effects and sorts them.
  void Collect() {
    for (ChannelEffect& effect : channels.TakeEffects()) {
      if (auto* send = std::get_if<SendMessage>(&effect)) {
        sent.push_back(std::move(send->message));
      } else if (auto* reset = std::get_if<ResetStream>(&effect)) {
        resets.push_back(reset->stream);
      } else if (auto* message = std::get_if<MessageReceived>(&effect)) {
        received.push_back(std::move(*message));
      } else if (auto* announced = std::get_if<ChannelAnnounced>(&effect)) {
        this->announced.push_back(announced->channel);
      } else if (auto* changed = std::get_if<ChannelStateChanged>(&effect)) {
        states.push_back({changed->channel, changed->state});
      } else if (auto* failed = std::get_if<ChannelFailed>(&effect)) {
        failures.push_back(failed->why);
      } else if (auto* low = std::get_if<BufferedAmountLow>(&effect)) {
        lows.push_back(low->channel);
      }
    }
  }

  DataChannels channels;
  std::vector<OutgoingMessage> sent;
  std::vector<uint16_t> resets;
  std::vector<MessageReceived> received;
  std::vector<ChannelKey> announced;
  std::vector<std::pair<ChannelKey, ChannelState>> states;
  std::vector<absl::Status> failures;
  std::vector<ChannelKey> lows;
};

// Carries what two ends send to each other, until nothing is left.
inline void Exchange(ChannelEnd& a, ChannelEnd& b) {
  const auto carry = [](ChannelEnd& from, ChannelEnd& to) {
    from.Collect();
    const auto sent = std::exchange(from.sent, {});
    const auto resets = std::exchange(from.resets, {});
    for (const OutgoingMessage& message : sent) {
      from.channels.OnBytesSent(message.stream, message.payload.size());
      to.channels.OnMessage({.stream = message.stream,
                             .ppid = message.ppid,
                             .payload = message.payload});
    }
    for (const uint16_t stream : resets) {
      to.channels.OnIncomingStreamsReset({&stream, 1});
      from.channels.OnOutgoingStreamsReset({&stream, 1});
    }
    from.Collect();
    to.Collect();
    return !sent.empty() || !resets.empty();
  };
  while (carry(a, b) || carry(b, a)) {
  }
}

// A client and a server of DTLS.
class DataChannelsTest : public ::testing::Test {
 protected:
  void ConnectBoth() {
    client.Connect(DataChannels::IdParity::kEven);
    server.Connect(DataChannels::IdParity::kOdd);
    Exchange(client, server);
  }
  // A channel that the client made, as the server has it.
  ChannelKey OnServer() const { return server.announced.back(); }

  ChannelEnd client;
  ChannelEnd server;
};

}  // namespace parley::sctp

#endif  // PARLEY_TESTS_CORE_SCTP_CHANNEL_ENDS_H_
