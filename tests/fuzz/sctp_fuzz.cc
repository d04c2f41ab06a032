#include "tests/fuzz/sctp_fuzz.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/sctp/data_channels.h"
#include "core/sctp/dcep.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using sctp::Channel;
using sctp::ChannelKey;
using sctp::ChannelState;
using sctp::DataChannels;

// Small, so that an input reaches them.
constexpr DataChannels::Limits kLimits = {.max_channels = 8,
                                          .max_send_buffer = 1000,
                                          .max_name_bytes = 600,
                                          .max_early_bytes = 500,
                                          .max_early_messages = 5};

// Reads an input from its beginning on; zeros behind its end.
class Bytes {
 public:
  explicit Bytes(std::string_view input) : left_(input) {}

  bool empty() const { return left_.empty(); }
  uint8_t Number() {
    if (left_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return byte;
  }
  std::string Text() {
    const size_t wanted = Number();
    const size_t size = std::min(wanted, left_.size());
    std::string text(left_.substr(0, size));
    left_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view left_;
};

class Walk {
 public:
  explicit Walk(std::string_view input) : bytes_(input) {}

  void Run() {
    channels_.SetIdParity(bytes_.Number() % 2 == 0
                              ? DataChannels::IdParity::kEven
                              : DataChannels::IdParity::kOdd);
    while (!bytes_.empty()) {
      Step();
      TakeEffects();
      Check();
    }
    channels_.OnClosed(absl::OkStatus());
    TakeEffects();
    Check();
    Require(channels_.live() == 0, "all channels end with the transport");
    for (const auto& [channel, state] : states_) {
      Require(state == ChannelState::kClosed, "and each of them is told of");
    }
  }

 private:
  void Step() {
    switch (bytes_.Number() % 9) {
      case 0:
      case 1:
        return Receive();
      case 2: {
        const uint16_t stream = bytes_.Number();
        return channels_.OnIncomingStreamsReset({&stream, 1});
      }
      case 3:
        return EndReset();
      case 4:
        return Create();
      case 5:
        return static_cast<void>(channels_.Close(bytes_.Number()));
      case 6: {
        const ChannelKey key = bytes_.Number();
        const bool binary = bytes_.Number() % 2 == 0;
        return static_cast<void>(channels_.Send(key, binary, bytes_.Text()));
      }
      case 7:
        return channels_.OnBytesSent(bytes_.Number(), bytes_.Number());
      default:
        return Connect();
    }
  }

  void Receive() {
    static constexpr uint32_t kPpids[] = {50, 50, 51, 53, 56, 57, 0, 52};
    const uint16_t stream = bytes_.Number();
    const uint32_t ppid = kPpids[bytes_.Number() % std::size(kPpids)];
    channels_.OnMessage(
        {.stream = stream, .ppid = ppid, .payload = bytes_.Text()});
  }

  // The remote agrees to one that was asked for.
  void EndReset() {
    if (resets_.empty()) return;
    const uint16_t stream = resets_.front();
    resets_.erase(resets_.begin());
    channels_.OnOutgoingStreamsReset({&stream, 1});
  }

  void Create() {
    const uint8_t kind = bytes_.Number();
    sctp::ChannelInit init = {.negotiated = kind % 2 == 1,
                              .id = bytes_.Number()};
    init.ordered = kind % 4 < 2;
    init.label = bytes_.Text();
    const size_t before = channels_.live();
    const bool made = channels_.Create(std::move(init)).ok();
    Require(channels_.live() == before + (made ? 1 : 0),
            "what is refused changes nothing");
  }

  void Connect() {
    if (connected_) return;
    connected_ = true;
    channels_.OnConnected(
        {.incoming = bytes_.Number(), .outgoing = bytes_.Number()});
  }

  void TakeEffects() {
    while (TakeSome()) {
    }
  }

  // False: there were none any more.
  bool TakeSome() {
    const auto effects = channels_.TakeEffects();
    for (const sctp::ChannelEffect& effect : effects) {
      if (const auto* reset = std::get_if<sctp::ResetStream>(&effect)) {
        resets_.push_back(reset->stream);
      } else if (const auto* change =
                     std::get_if<sctp::ChannelStateChanged>(&effect)) {
        ChannelState& state = states_[change->channel];
        Require(change->state > state, "a channel lives in one direction");
        state = change->state;
      } else if (const auto* message =
                     std::get_if<sctp::MessageReceived>(&effect)) {
        Require(states_[message->channel] == ChannelState::kOpen,
                "messages come while the channel is open");
      } else if (const auto* send = std::get_if<sctp::SendMessage>(&effect)) {
        Require(!send->message.payload.empty(), "SCTP has no empty messages");
      }
    }
    return !effects.empty();
  }

  void Check() const {
    size_t live = 0;
    size_t live_names = 0;
    size_t names = 0;
    std::set<uint16_t> streams;
    for (const Channel* channel : channels_.All()) {
      const size_t bytes =
          channel->init.label.size() + channel->init.protocol.size();
      names += bytes;
      if (channel->state == ChannelState::kClosed) continue;
      ++live;
      live_names += bytes;
      Require(channel->buffered_amount <= kLimits.max_send_buffer,
              "what waits to be sent is bounded");
      if (!channel->id) continue;
      Require(streams.insert(*channel->id).second, "a stream has one channel");
      Require(channels_.FindByStream(*channel->id) == channel,
              "a channel is found by its stream");
    }
    Require(live == channels_.live(), "channels are counted");
    Require(live <= kLimits.max_channels, "channels are bounded");
    Require(live_names <= kLimits.max_name_bytes &&
                names <= 2 * kLimits.max_name_bytes,
            "their names are bounded");
    Require(channels_.All().size() <= live + DataChannels::kClosedKept,
            "so are the closed ones");
  }

  Bytes bytes_;
  DataChannels channels_{kLimits};
  bool connected_ = false;
  std::map<ChannelKey, ChannelState> states_;
  std::vector<uint16_t> resets_;  // that the remote has not agreed to yet
};

}  // namespace

void DcepMessage(std::string_view input) {
  (void)sctp::ReadDcepType(input);
  const auto open = sctp::ParseDcepOpen(input);
  if (!open.ok()) return;
  const auto again = sctp::ParseDcepOpen(sctp::PrintDcepOpen(*open));
  Require(again.ok() && *again == *open, "what was read is written the same");
}

void DataChannelSteps(std::string_view input) { Walk(input).Run(); }

}  // namespace parley::fuzz
